//! What a consumer gets from a log: a fetch at a time, as Kafka's own client reads it.

use kafkascope::base::Set;
use kafkascope::coordinator::records::GroupRecord;
use kafkascope::disk::Disk;
use kafkascope::log::{AbortedTransaction, FetchIsolation, UnifiedLog};
use kafkascope::record::{ControlRecordType, Record, RecordBatch, batches};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How much a fetch brings: little, so that there are many.
const FETCH_BYTES: u32 = 16 * 1024;

/// All that a consumer with `isolation` gets, a JSON object a line, the extent of the log first.
pub(crate) fn consume(log: &UnifiedLog, disk: &Disk, isolation: &str, lines: &mut String) {
    let committed = isolation == "read_committed";
    let (fetch, end) = match committed {
        true => (FetchIsolation::TxnCommitted, log.last_stable_offset()),
        false => (FetchIsolation::HighWatermark, log.high_watermark()),
    };
    let (name, start) = (log.topic_partition().to_string(), log.log_start_offset());
    let _ = writeln!(lines, r#"{{"log":"{name}","isolation":"{isolation}","start":{start},"end":{end}}}"#);
    let mut position = start;
    while position < end {
        let data = log.read(disk, position, FETCH_BYTES, fetch, true).expect("a read");
        let mut aborted = Aborted::new(data.aborted_transactions.unwrap_or_default());
        let before = position;
        for batch in batches(&data.records).map_while(Result::ok) {
            batch.ensure_valid().expect("a valid batch");
            // A marker too has to be shown to it: it ends what it hides.
            let hidden = committed && aborted.hides(&batch);
            if !hidden && !batch.is_control_batch() {
                for record in batch.records().map(|record| record.expect("a record")) {
                    if record.offset >= before {
                        lines.push_str(&line(&record, batch.partition_leader_epoch()));
                    }
                }
            }
            position = batch.next_offset();
        }
        assert!(position > before, "{name}: nothing at {position} of {end}");
    }
}

/// What each group has committed, by the partitions of `__consumer_offsets`.
pub(crate) fn committed_offsets<'a>(logs: impl Iterator<Item = &'a UnifiedLog>, disk: &Disk, lines: &mut String) {
    let mut groups: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for log in logs {
        for stored in log.batches(disk, log.log_start_offset()) {
            let stored = stored.expect("a batch");
            for record in stored.batch().records().map(|record| record.expect("a record")) {
                let key = record.key.unwrap_or_default();
                match GroupRecord::decode(&key, record.value.as_deref()).expect("a record of a group") {
                    GroupRecord::OffsetCommit { group, partition, value } => {
                        let committed = groups.entry(group.to_string()).or_default();
                        match value {
                            Some(value) => committed.insert(partition.to_string(), value.offset),
                            None => committed.remove(&partition.to_string()),
                        };
                    }
                    GroupRecord::GroupMetadata { group, value: Some(_) } => {
                        groups.entry(group.to_string()).or_default();
                    }
                    GroupRecord::GroupMetadata { group, value: None } => drop(groups.remove(&*group)),
                    GroupRecord::Other(kind) => panic!("a record of kind {kind}"),
                }
            }
        }
    }
    for (group, committed) in groups {
        let committed: Value = committed.into_iter().map(|(partition, offset)| json!([partition, offset])).collect();
        let _ = writeln!(lines, r#"{{"group":"{group}","committed":{committed}}}"#);
    }
}

/// The aborted transactions that a fetch told of, and those of them that the reader is amidst.
struct Aborted {
    ahead: Vec<AbortedTransaction>,
    producers: Set<i64>,
}

impl Aborted {
    fn new(mut ahead: Vec<AbortedTransaction>) -> Self {
        ahead.sort_by_key(|txn| txn.first_offset);
        Self { ahead, producers: Set::new() }
    }

    fn hides(&mut self, batch: &RecordBatch<'_>) -> bool {
        let begun = self.ahead.partition_point(|txn| txn.first_offset <= batch.last_offset());
        self.producers.extend(self.ahead.drain(..begun).map(|txn| txn.producer_id));
        let is_marker = |record: Record<'_>| {
            let key = record.key.unwrap_or_default();
            ControlRecordType::parse(&key) == Ok(ControlRecordType::Abort)
        };
        if batch.is_control_batch() && batch.records().flatten().next().is_some_and(is_marker) {
            self.producers.remove(&batch.producer_id());
        }
        batch.is_transactional() && self.producers.contains(&batch.producer_id())
    }
}

fn line(record: &Record<'_>, leader_epoch: i32) -> String {
    let headers: Value =
        record.headers.iter().map(|header| json!([header.key, bytes(header.value.as_deref())])).collect();
    let (key, value) = (json!(bytes(record.key.as_deref())), json!(bytes(record.value.as_deref())));
    format!(
        r#"{{"offset":{},"timestamp":{},"leaderEpoch":{leader_epoch},"key":{key},"value":{value},"headers":{headers}}}{}"#,
        record.offset, record.timestamp, '\n'
    )
}

/// Bytes in hexadecimal; of many, their number and CRC-32C.
fn bytes(bytes: Option<&[u8]>) -> Option<String> {
    let bytes = bytes?;
    Some(match bytes.len() {
        0..=256 => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        len => format!("{len} bytes, crc {:08x}", crc32c::crc32c(bytes)),
    })
}
