//! `lookup`: how a log finds an offset or a time, step by step.
//!
//! Kafka has no such tool; what is printed is the [`LookupWalk`] that the log itself would go.

use super::Problem;
use super::call::Call;
use super::job::Reply;
use super::output::{Line, Status};
use super::predicate::partition_named;
use super::table::{aligned, row};
use crate::base::josa::{Josa, josa};
use crate::base::{BrokerId, TopicPartition};
use crate::log::{
    IndexWalk, LogError, LookupTarget, LookupWalk, Probe, ScannedBatch, SegmentWalk, filename_prefix_from_offset,
};
use crate::sim::Session;

/// How many of a long row of things are shown at its beginning and at its end.
const SHOWN_AT_EACH_END: usize = 6;

/// `lookup orders-0@1234` or `lookup orders-0 --time MS`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let time = call.number("--time", 0, i64::MAX)?;
    let (name, offset) = match word.text.split_once('@') {
        Some((name, offset)) => (name, offset.parse::<i64>().ok()),
        None => (word.text.as_str(), None),
    };
    let tp = partition_named(session.cluster(), name, word.column)?;
    let target = match (offset, time, word.text.contains('@')) {
        (Some(offset), None, _) => LookupTarget::Offset(offset),
        (None, Some(time), false) => LookupTarget::Timestamp(time),
        (_, Some(_), true) => {
            return Err(Problem::new(word.column, "오프셋과 --time 가운데 하나만 적어요."));
        }
        _ => {
            let message = format!("{name}@1234처럼 오프셋을 적거나 --time을 주세요: {}", word.text);
            return Err(Problem::new(word.column, message));
        }
    };
    let broker = broker(call, session, &tp, word.column)?;
    let cluster = session.cluster();
    let (Some(replica), Some(node)) = (cluster.replica(&tp, broker), cluster.broker_node(broker)) else {
        return Err(Problem::new(word.column, format!("broker-{broker}에는 지금 {tp}의 레플리카가 없어요.")));
    };
    let walk = match target {
        LookupTarget::Offset(offset) => replica.log.walk_to_offset(node.disk(), offset),
        LookupTarget::Timestamp(timestamp) => replica.log.walk_to_timestamp(node.disk(), timestamp),
    };
    Ok(match walk {
        Ok(walk) => Reply::done(told(&walk, &tp, broker).into_iter().map(Line::out).collect()),
        Err(LogError::OffsetOutOfRange { log_start_offset, log_end_offset, .. }) => {
            let text =
                format!("OFFSET_OUT_OF_RANGE: 이 로그에는 {log_start_offset}부터 {log_end_offset} 앞까지 있어요.");
            Reply::end(Status::ToolFailed, vec![Line::err(text)])
        }
        Err(error) => Reply::end(Status::ToolFailed, vec![Line::err(error.to_string())]),
    })
}

/// The broker whose replica is looked into: the one that was named, or the leader.
fn broker(call: &Call, session: &Session, tp: &TopicPartition, column: usize) -> Result<BrokerId, Problem> {
    if let Some(id) = call.number("--broker", 1, i64::from(i32::MAX))? {
        return Ok(BrokerId(i32::try_from(id).unwrap_or(i32::MAX)));
    }
    let leader = session.cluster().registration(tp).and_then(|partition| partition.leader);
    leader.ok_or_else(|| Problem::new(column, format!("{tp}에는 지금 리더가 없어요. --broker로 골라 주세요.")))
}

/// A walk in words.
fn told(walk: &LookupWalk, tp: &TopicPartition, broker: BrokerId) -> Vec<String> {
    let target = match walk.target {
        LookupTarget::Offset(offset) => format!("오프셋 {offset}"),
        LookupTarget::Timestamp(timestamp) => format!("시각 {timestamp} 이후의 첫 레코드"),
    };
    let mut lines = vec![format!("broker-{broker}의 {tp}에서 찾기: {target}")];
    lines.extend(segments(walk));
    for step in &walk.walks {
        lines.extend(step.time_index.as_ref().map(time_index).unwrap_or_default());
        lines.extend(offset_index(&step.offset_index));
        lines.extend(scan(step));
    }
    lines.push(match (&walk.found, walk.target) {
        (Some(found), LookupTarget::Offset(_)) => {
            format!("→ {}에서 시작하는 배치를 통째로 읽어요", found.position)
        }
        (Some(found), LookupTarget::Timestamp(_)) => {
            format!("→ 오프셋 {} (시각 {})", found.offset, found.timestamp)
        }
        (None, LookupTarget::Offset(_)) => "→ 로그의 끝이에요. 아직 읽을 것이 없어요".into(),
        (None, LookupTarget::Timestamp(_)) => "→ 그 시각 이후의 레코드가 없어요".into(),
    });
    lines
}

fn segments(walk: &LookupWalk) -> Vec<String> {
    let by_time = matches!(walk.target, LookupTarget::Timestamp(_));
    let rule = if by_time {
        "세그먼트: 가장 늦은 시각이 찾는 시각보다 이르지 않은 첫 번째"
    } else {
        "세그먼트: 기준 오프셋이 찾는 오프셋을 넘지 않는 마지막"
    };
    let row = |it: &crate::log::SegmentChoice| {
        let time = if by_time { format!("가장 늦은 시각 {}", it.largest_timestamp) } else { String::new() };
        row![format!("  {}.log", filename_prefix_from_offset(it.base_offset)), time, mark(it.chosen)]
    };
    let chosen = walk.segments.iter().position(|it| it.chosen);
    titled(rule.into(), walk.segments.iter().map(row).collect(), chosen)
}

fn time_index(walk: &IndexWalk<crate::log::TimestampOffset>) -> Vec<String> {
    let rows = probes(walk, |entry| row![entry.timestamp, "→", entry.offset], |entry| entry.timestamp);
    let mut lines = titled(search_title(walk), rows, None);
    lines.push(format!("  오프셋 {}부터 찾아요", walk.result.offset));
    lines
}

fn offset_index(walk: &IndexWalk<crate::log::OffsetPosition>) -> Vec<String> {
    let rows = probes(walk, |entry| row![entry.offset, "→", entry.position], |entry| entry.offset);
    let mut lines = titled(search_title(walk), rows, None);
    lines.push(format!("  위치 {}부터 읽어요", walk.result.position));
    lines
}

fn search_title<E>(walk: &IndexWalk<E>) -> String {
    let name = walk.path.rsplit('/').next().unwrap_or_default();
    let key = josa(&walk.key.to_string(), Josa::Object);
    format!("{name}: 항목 {}개에서 {key} 넘지 않는 마지막 항목 (이진 탐색)", walk.entries)
}

fn probes<E>(walk: &IndexWalk<E>, cells: impl Fn(&E) -> Vec<String>, key: impl Fn(&E) -> i64) -> Vec<Vec<String>> {
    // Of an index with one entry the last is also the first; it need not be told twice in a row.
    let mut probes: Vec<&Probe<E>> = walk.probes.iter().collect();
    probes.dedup_by_key(|probe| probe.slot);
    let row = |(place, probe): (usize, &&Probe<E>)| {
        let mut row = row![format!("  항목 {}", probe.slot)];
        row.extend(cells(&probe.entry));
        row.push(if key(&probe.entry) > walk.key { "넘어요".into() } else { "넘지 않아요".into() });
        // The search may look at the entry more than once; it is settled with the last look.
        let settled =
            walk.slot == Some(probe.slot) && !probes[place + 1..].iter().any(|later| Some(later.slot) == walk.slot);
        row.push(mark(settled));
        row
    };
    probes.iter().enumerate().map(row).collect()
}

fn scan(walk: &SegmentWalk) -> Vec<String> {
    let name = walk.path.rsplit('/').next().unwrap_or_default();
    let row = |batch: &ScannedBatch| {
        let offsets = format!("오프셋 {}–{}", batch.base_offset, batch.last_offset);
        row![format!("  위치 {}", batch.position), offsets, format!("시각 {}", batch.max_timestamp), mark(batch.hit)]
    };
    let hit = walk.scanned.iter().position(|batch| batch.hit);
    let mut lines = titled(
        format!("{name}: 배치를 차례로 {}개 읽어요", walk.scanned.len()),
        walk.scanned.iter().map(row).collect(),
        hit,
    );
    if let Some(batch) = walk.scanned.last().filter(|batch| !batch.records.is_empty()) {
        let records = batch.records.iter().map(|(offset, timestamp)| format!("{offset} (시각 {timestamp})"));
        lines.push(format!("  레코드: {}", records.collect::<Vec<_>>().join(", ")));
    }
    lines
}

fn mark(yes: bool) -> String {
    if yes { "← 여기".into() } else { String::new() }
}

/// A title and rows below it; of many rows the middle is left out, but not what is around `keep`.
fn titled(title: String, rows: Vec<Vec<String>>, keep: Option<usize>) -> Vec<String> {
    let count = rows.len();
    let is_shown = |place: usize| {
        place < SHOWN_AT_EACH_END
            || place + SHOWN_AT_EACH_END >= count
            || keep.is_some_and(|keep| place.abs_diff(keep) <= 1)
    };
    let mut lines = vec![title];
    let mut skipping = false;
    for (place, line) in aligned(&rows).into_iter().enumerate() {
        if is_shown(place) {
            lines.push(line);
        } else if !skipping {
            lines.push("  …".into());
        }
        skipping = !is_shown(place);
    }
    lines
}
