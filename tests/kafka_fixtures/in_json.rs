//! A log of ours in the form in which `tests/conformance` writes down Kafka's.

use kafkascope::disk::Disk;
use kafkascope::log::{LogError, LogSegment, UnifiedLog};
use kafkascope::record::{Header, Record, RecordBatch};
use serde_json::{Value, json};

/// Every batch from the log start on, each followed by its records.
pub(crate) fn records(log: &UnifiedLog, disk: &Disk) -> Vec<Value> {
    let mut lines = Vec::new();
    let name = log.topic_partition().to_string();
    for stored in log.batches(disk, log.log_start_offset()) {
        let stored = stored.expect("a batch");
        let batch = stored.batch();
        lines.push(batch_line(&name, &batch));
        lines.extend(batch.records().map(|record| record_line(&record.expect("a record"))));
    }
    lines
}

fn batch_line(log: &str, batch: &RecordBatch<'_>) -> Value {
    let mut line = json!({
        "log": log,
        "baseOffset": batch.base_offset(),
        "lastOffset": batch.last_offset(),
        "size": batch.size_in_bytes(),
        "leaderEpoch": batch.partition_leader_epoch(),
        "control": batch.is_control_batch(),
    });
    if let Some(horizon) = batch.delete_horizon_ms() {
        line["deleteHorizonMs"] = json!(horizon);
    }
    if !batch.is_valid() {
        line["invalid"] = json!(true);
    }
    line
}

fn record_line(record: &Record<'_>) -> Value {
    let mut line = json!({
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": bytes(record.key.as_deref()),
        "value": bytes(record.value.as_deref()),
    });
    if !record.headers.is_empty() {
        let header = |header: &Header<'_>| json!([header.key, bytes(header.value.as_deref())]);
        line["headers"] = record.headers.iter().map(header).collect();
    }
    line
}

/// Bytes in hexadecimal; of many, their number and CRC-32C.
fn bytes(bytes: Option<&[u8]>) -> Option<String> {
    let bytes = bytes?;
    Some(match bytes.len() {
        0..=256 => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        len => format!("{len} bytes, crc {:08x}", crc32c::crc32c(bytes)),
    })
}

/// What is known of a log in memory, and its answers to some questions for timestamps.
pub(crate) fn state(log: &UnifiedLog, disk: &Disk, timestamps: impl Iterator<Item = i64>) -> Value {
    let epochs: Value = log.epoch_entries().map(|entry| json!([entry.epoch, entry.start_offset])).collect();
    let segments: Value = log.segments().map(segment).collect();
    let offsets: Value = timestamps.map(|timestamp| offset_for_timestamp(log, disk, timestamp)).collect();
    json!({
        "logStartOffset": log.log_start_offset(),
        "logEndOffset": log.log_end_offset(),
        "highWatermark": log.high_watermark(),
        "lastStableOffset": log.last_stable_offset(),
        "recoveryPoint": log.recovery_point(),
        "epochs": epochs,
        "segments": segments,
        "producers": producers(log),
        "abortedTransactions": aborted_transactions(log, disk),
        "offsetsForTimestamps": offsets,
    })
}

fn segment(segment: &LogSegment) -> Value {
    let largest = segment.max_timestamp_and_offset_so_far();
    json!({
        "baseOffset": segment.base_offset(),
        "size": segment.size(),
        "indexEntries": segment.offset_index().entries(),
        "timeIndexEntries": segment.time_index().entries(),
        "maxTimestamp": largest.timestamp,
        "offsetOfMaxTimestamp": largest.offset,
    })
}

fn producers(log: &UnifiedLog) -> Value {
    let batch = |batch: &kafkascope::log::BatchMetadata| {
        json!([batch.first_seq(), batch.last_seq, batch.first_offset(), batch.last_offset, batch.timestamp])
    };
    let entries = log.producer_state().active_producers().map(|entry| {
        json!({
            "producerId": entry.producer_id(),
            "producerEpoch": entry.producer_epoch(),
            "coordinatorEpoch": entry.coordinator_epoch(),
            "lastTimestamp": entry.last_timestamp(),
            "currentTxnFirstOffset": entry.current_txn_first_offset().unwrap_or(-1),
            "batches": entry.batch_metadata().iter().map(batch).collect::<Value>(),
        })
    });
    entries.collect()
}

fn aborted_transactions(log: &UnifiedLog, disk: &Disk) -> Value {
    let all = log.segments().flat_map(|segment| segment.txn_index().all(disk).expect("an index"));
    all.map(|txn| {
        json!({
            "producerId": txn.producer_id,
            "firstOffset": txn.first_offset,
            "lastOffset": txn.last_offset,
            "lastStableOffset": txn.last_stable_offset,
        })
    })
    .collect()
}

fn offset_for_timestamp(log: &UnifiedLog, disk: &Disk, timestamp: i64) -> Value {
    match log.offset_for_timestamp(disk, timestamp) {
        Ok(Some(found)) => json!([timestamp, found.timestamp, found.offset, found.leader_epoch]),
        // Where an index leads into the middle of a batch, Kafka takes what it finds there for a batch, and comes to
        // nothing. We say that it is none.
        Ok(None) | Err(LogError::Corrupt { .. }) => json!([timestamp]),
        Err(error) => panic!("{error}"),
    }
}
