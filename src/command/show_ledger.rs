//! `show ledger`: what producers believe of their records, beside what truly became of them.

use super::Problem;
use super::call::Call;
use super::job::Reply;
use super::output::Line;
use super::table::{aligned, row};
use crate::base::Map;
use crate::sim::{Belief, Cluster, Fate, RecordFate, Session};

/// What `--fate` calls records that were called safe and are not there.
const LOST: &str = "lost";

/// `show ledger`: a line for each producer and belief, and what is wrong in all; with `--records` a line for each record.
pub(super) fn ledger(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let cluster = session.cluster();
    if call.has("--records") {
        return records(call, cluster);
    }
    if let Some(word) = call.value("--fate").or(call.value("--last")) {
        return Err(Problem::new(word.column, "--fate와 --last는 --records와 함께 써요."));
    }
    let mut lines = summary(cluster);
    let totals =
        format!("lost {}  duplicates {}  reordered {}", cluster.lost(), cluster.duplicates(), cluster.reordered());
    lines.push(totals);
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}

/// How many records there are of each belief and fate, a line for each producer and belief that has any. Fates that nothing met are left out.
fn summary(cluster: &Cluster) -> Vec<String> {
    let fates = cluster.fates();
    let mut counts: Map<_, Map<Fate, u64>> = Map::new();
    for client in cluster.clients().filter(|client| client.producer().is_some()) {
        counts.insert((client.id, Belief::Acked), Map::new());
    }
    for record in &fates {
        *counts.entry((record.id.producer, record.belief)).or_default().entry(record.fate).or_default() += 1;
    }
    let met = |fate: &Fate| *fate == Fate::Committed || fates.iter().any(|record| record.fate == *fate);
    let columns: Vec<Fate> = Fate::ALL.into_iter().filter(met).collect();
    let mut head = row!["producer", "believes", "records"];
    head.extend(columns.iter().map(|fate| fate.name().to_string()));
    let mut rows = vec![head];
    for ((producer, belief), of_fate) in &counts {
        let name = cluster.client(*producer).map_or("-".into(), |client| client.name.to_string());
        let mut row = row![name, belief.name(), of_fate.values().sum::<u64>()];
        row.extend(columns.iter().map(|fate| of_fate.get(fate).copied().unwrap_or(0).to_string()));
        rows.push(row);
    }
    aligned(&rows)
}

fn records(call: &Call, cluster: &Cluster) -> Result<Reply, Problem> {
    let last = call.number("--last", 1, 1_000_000)?.unwrap_or(20).unsigned_abs() as usize;
    let mut fates = cluster.fates();
    if let Some(word) = call.value("--fate") {
        let wanted = Fate::ALL.into_iter().find(|fate| fate.name() == word.text);
        if wanted.is_none() && word.text != LOST {
            let known = || Fate::ALL.into_iter().map(Fate::name).chain([LOST]);
            let message = format!("{} 가운데 하나를 적어요: {}.", known().collect::<Vec<_>>().join(", "), word.text);
            return Err(Problem::new(word.column, message).or_rather(&word.text, known()));
        }
        fates.retain(|record| match wanted {
            Some(fate) => record.fate == fate,
            None => record.fate.is_lost(record.belief),
        });
    }
    if fates.is_empty() {
        return Ok(Reply::note("그런 레코드는 없어요."));
    }
    let earlier = fates.len().saturating_sub(last);
    let rows: Vec<Vec<String>> = fates[earlier..].iter().map(|record| line(cluster, record)).collect();
    let mut lines: Vec<Line> = aligned(&rows).into_iter().map(Line::out).collect();
    if earlier > 0 {
        lines.push(Line::note(format!("그 앞의 {earlier}건은 --last로 더 볼 수 있어요.")));
    }
    Ok(Reply::done(lines))
}

fn line(cluster: &Cluster, record: &RecordFate) -> Vec<String> {
    let name = cluster.client(record.id.producer).map_or("-".into(), |client| client.name.to_string());
    let place = match &record.place {
        Some(place) => format!("{}@{}  epoch {}", place.partition, place.offset, place.epoch),
        None => "-".into(),
    };
    let lost = if record.fate.is_lost(record.belief) { LOST } else { "" };
    row![format!("{name}#{}", record.id.number), record.belief.name(), record.fate.name(), place, lost]
}
