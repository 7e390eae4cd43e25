//! `show metrics`: what an operator watches, under Kafka's names.

use super::Problem;
use super::call::Call;
use super::duration::parse_duration;
use super::job::Reply;
use super::output::Line;
use super::table::{aligned, row};
use crate::base::{Map, NodeId, SimTime};
use crate::sim::{Cluster, Metric, MetricKind, Sample, Session};

/// How far apart the samples are that are shown, if nothing else is asked for.
const EVERY: SimTime = SimTime::from_secs(1);
/// How many are shown.
const LAST: i64 = 10;

/// `show metrics`: how all stand now. `show metrics NAME`: how one went.
pub(super) fn metrics(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let cluster = session.cluster();
    let every = match call.value("--every") {
        Some(word) => parse_duration(&word.text)
            .filter(|every| *every >= EVERY)
            .ok_or_else(|| Problem::new(word.column, format!("--every는 1s보다 길게 적어요: {}", word.text)))?,
        None => EVERY,
    };
    let last = call.number("--last", 1, 1000)?.unwrap_or(LAST).unsigned_abs() as usize;
    let samples = cluster.metrics().every(every);
    let Some(word) = call.given(0) else { return Ok(Reply::done(overview(cluster, samples.last()))) };
    let mut known: Vec<&str> = samples.iter().flat_map(|sample| sample.values.keys()).map(|(_, it)| it.name).collect();
    known.sort_unstable();
    known.dedup();
    if !known.contains(&&*word.text) {
        let problem = Problem::new(word.column, format!("그런 지표는 아직 없어요: {}.", word.text));
        return Err(problem.or_rather(&word.text, known));
    }
    let shown = &samples[samples.len().saturating_sub(last)..];
    Ok(Reply::done(series(cluster, &word.text, shown)))
}

/// Every metric of every node: gauges as they stand now, counters as of the last sample.
fn overview(cluster: &Cluster, sample: Option<&Sample>) -> Vec<Line> {
    let now = Sample { at: cluster.now(), since: cluster.now(), values: cluster.gauges() };
    let mut rows: Map<(Metric, NodeId), String> = Map::new();
    for sample in sample.into_iter().chain([&now]) {
        for (node, metric) in sample.values.keys() {
            rows.insert((*metric, *node), shown(sample, *node, *metric));
        }
    }
    // What was true at the last sample only of what is no more.
    let is_current =
        |metric: Metric, node: NodeId| metric.kind() != MetricKind::Gauge || now.values.contains_key(&(node, metric));
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .filter(|((metric, node), _)| is_current(*metric, *node))
        .map(|((metric, node), value)| row![metric.name, metric.of, name(cluster, node), value])
        .collect();
    aligned(&rows).into_iter().map(Line::out).collect()
}

/// One metric over time, a column for each node.
fn series(cluster: &Cluster, wanted: &str, samples: &[Sample]) -> Vec<Line> {
    let mut columns: Vec<(Metric, NodeId)> = Vec::new();
    for (node, metric) in samples.iter().flat_map(|sample| sample.values.keys()) {
        if metric.name == wanted && !columns.contains(&(*metric, *node)) {
            columns.push((*metric, *node));
        }
    }
    columns.sort_unstable();
    let mut head = row!["time"];
    head.extend(columns.iter().map(|(metric, node)| format!("{} {}", name(cluster, *node), metric.of).trim().into()));
    let mut rows = vec![head];
    for sample in samples {
        let mut row = row![sample.at];
        row.extend(columns.iter().map(|(metric, node)| shown(sample, *node, *metric)));
        rows.push(row);
    }
    aligned(&rows).into_iter().map(Line::out).collect()
}

/// A value in words: counts per second, times as the mean in ms, gauges as they are.
fn shown(sample: &Sample, node: NodeId, metric: Metric) -> String {
    let value = sample.values.get(&(node, metric)).copied();
    let thousandths = |value: u64| format!("{}.{:03}", value / 1000, value % 1000);
    match (metric.kind(), value) {
        (MetricKind::Gauge, None) => "-".into(),
        (MetricKind::Gauge, Some(value)) => value.to_string(),
        (MetricKind::Most, value) => thousandths(value.unwrap_or(0)),
        (MetricKind::Count, value) if metric.is_time() => {
            let requests = Metric { name: "RequestsPerSec", of: metric.of };
            let count = sample.values.get(&(node, requests)).copied().unwrap_or(0).max(1);
            thousandths(value.unwrap_or(0) / count)
        }
        (MetricKind::Count, value) => {
            let length = sample.at.since(sample.since).0.max(1);
            let tenths = value.unwrap_or(0) * 10_000_000 / length;
            format!("{}.{}", tenths / 10, tenths % 10)
        }
    }
}

fn name(cluster: &Cluster, node: NodeId) -> String {
    match node {
        NodeId::Client(id) => cluster.client(id).map_or_else(|| node.to_string(), |client| client.name.to_string()),
        node => node.to_string(),
    }
}
