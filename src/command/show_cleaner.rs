//! `show cleaner`: how dirty the compacted logs of a broker are, and what the cleaner did to them last.

use super::Problem;
use super::call::{Call, number};
use super::job::Reply;
use super::output::Line;
use super::table::{aligned, row};
use super::words::Word;
use crate::base::{BrokerId, NodeId};
use crate::broker::{Broker, LogCleaner, Partition};
use crate::log::cleaner::LogToClean;
use crate::sim::{BrokerNode, Session};

/// `show cleaner ID`.
pub(super) fn cleaner(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (cluster, word) = (session.cluster(), call.need(0)?);
    let bare = Word { text: word.text.strip_prefix("broker-").unwrap_or(&word.text).into(), ..word.clone() };
    let id = BrokerId(i32::try_from(number(&bare, "브로커", 1, 1000)?).unwrap_or(0));
    let Some(node) = cluster.broker_node(id) else {
        return Err(Problem::new(word.column, format!("그런 브로커는 없어요: {}", word.text)));
    };
    let state = node.process().map_or("dead".into(), state);
    let mut lines = vec![format!("{}  cleaner {state}", NodeId::Broker(id))];
    if let Some(broker) = node.process() {
        lines.extend(aligned(&rows(broker, node, cluster.now().wall_clock_ms())));
    }
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}

fn state(broker: &Broker) -> String {
    match broker.log_cleaner().manager.in_progress() {
        _ if !broker.config().cleaner.enable => "disabled".into(),
        Some(cleaning) => format!("cleaning {}", cleaning.partition),
        None => "idle".into(),
    }
}

fn rows(broker: &Broker, node: &BrokerNode, now_ms: i64) -> Vec<Vec<String>> {
    let cleaner = broker.log_cleaner();
    let checkpoints = cleaner.manager.all_cleaner_checkpoints(node.disk());
    let compacted =
        |partition: &&Partition| partition.log.config().cleanup_policy.compact && !partition.partition.is_internal();
    let row = |partition: &Partition| {
        let checkpoint = checkpoints.get(&partition.partition).copied();
        let to_clean = LogToClean::new(&partition.log, checkpoint, now_ms);
        let mut row = row![
            format!("  {}", partition.partition),
            format!("clean {}", to_clean.clean_bytes),
            format!("cleanable {}", to_clean.cleanable_bytes),
            format!("uncleanable {}", to_clean.uncleanable_bytes),
            format!("ratio {}", to_clean.cleanable_ratio().map_or("-".into(), |ratio| ratio.to_string())),
            format!("dirty {}–{}", to_clean.first_dirty_offset, to_clean.first_uncleanable_offset),
        ];
        row.push(last_run(cleaner, partition));
        row
    };
    broker.partitions().map(|partition| &**partition).filter(compacted).map(row).collect()
}

fn last_run(cleaner: &LogCleaner, partition: &Partition) -> String {
    if cleaner.manager.uncleanable_partitions().contains(&partition.partition) {
        return "given up".into();
    }
    match cleaner.last_runs.get(&partition.partition) {
        None => "never cleaned".into(),
        Some(run) => format!(
            "cleaned at {}: {} → {} bytes, {} → {} records",
            run.at, run.bytes.0, run.bytes.1, run.records.0, run.records.1
        ),
    }
}
