//! A log under test, and the comparison of what it holds with what Kafka's held.

use super::support::{Vectors, hex_of, list, maybe_hex};
use kafkascope::base::TopicPartition;
use kafkascope::disk::Disk;
use kafkascope::log::{AbortedTxn, LoadParams, LogBatch, LogConfig, LogSegment, UnifiedLog};
use kafkascope::record::{Record, RecordBatch};
use serde_json::{Value, json};
use std::borrow::Cow;

/// What the clock shows when a case begins.
pub(crate) const CLOCK_START_MS: i64 = 1_700_000_000_000;

/// The folder of the log under test.
pub(crate) const DIR: &str = "/var/lib/kafka/data/topic-0";

/// Opens the log under test.
pub(crate) fn open_log(disk: &mut Disk, config: &LogConfig, params: LoadParams) -> UnifiedLog {
    let topic_partition = TopicPartition::parse("topic-0").expect("a partition");
    UnifiedLog::open(topic_partition, DIR, config.clone(), disk, params).expect("opened")
}

/// A log that holds nothing.
pub(crate) fn new_log(disk: &mut Disk, config: &LogConfig) -> UnifiedLog {
    open_log(disk, config, LoadParams { now_ms: CLOCK_START_MS, ..LoadParams::default() })
}

/// The epochs of a log, as the files write them.
pub(crate) fn epochs_of(log: &UnifiedLog) -> Value {
    log.epoch_entries().map(|entry| json!([entry.epoch, entry.start_offset])).collect()
}

/// Compares all that `state` says about the log.
pub(crate) fn check_state(vectors: &mut Vectors, case: &Value, log: &UnifiedLog, disk: &Disk, state: &Value) {
    let name = &case["name"];
    for (part, expected) in state.as_object().into_iter().flatten() {
        match part.as_str() {
            "offsets" => check_offsets(vectors, case, log, expected),
            "segments" => check_segments(vectors, case, log, disk, list(state, part)),
            "leader_epochs" => assert_eq!(&epochs_of(log), expected, "{name}"),
            "producers" => check_producers(vectors, case, log, list(state, part)),
            "files" => check_files(case, disk, list(state, part)),
            "file_hex" => {
                for (file, bytes) in expected.as_object().into_iter().flatten() {
                    check_bytes(case, disk, file, bytes);
                }
            }
            other => vectors.skip(case, format!("state.{other}")),
        }
    }
}

fn check_offsets(vectors: &mut Vectors, case: &Value, log: &UnifiedLog, expected: &Value) {
    for (key, expected) in expected.as_object().into_iter().flatten() {
        let found = match key.as_str() {
            "log_start_offset" => log.log_start_offset(),
            "log_end_offset" => log.log_end_offset(),
            "high_watermark" => log.high_watermark(),
            "recovery_point" => log.recovery_point(),
            "last_stable_offset" => log.last_stable_offset(),
            other => {
                vectors.skip(case, format!("state.offsets.{other}"));
                continue;
            }
        };
        assert_eq!(&json!(found), expected, "{}: {key}", case["name"]);
    }
}

fn check_segments(vectors: &mut Vectors, case: &Value, log: &UnifiedLog, disk: &Disk, expected: &[Value]) {
    let name = &case["name"];
    let found: Vec<_> = log.segments().map(LogSegment::base_offset).collect();
    let bases: Vec<_> = expected.iter().map(|segment| segment["base_offset"].as_i64().expect("an offset")).collect();
    assert_eq!(found, bases, "{name}: base offsets");
    for (segment, expected) in log.segments().zip(expected) {
        let index = segment.offset_index().all(disk).expect("an index");
        let aborted = segment.txn_index().all(disk).expect("a transaction index");
        if expected["txnindex"].is_null() {
            assert_eq!(aborted, [], "{name}: transaction index of segment {}", segment.base_offset());
        }
        let times = segment.time_index().all(disk).expect("a time index");
        for (key, expected) in expected.as_object().into_iter().flatten() {
            let found: Value = match key.as_str() {
                "base_offset" => json!(segment.base_offset()),
                "size" => json!(segment.size()),
                "index" => index.iter().map(|entry| json!([entry.offset, entry.position])).collect(),
                "timeindex" => times.iter().map(|entry| json!([entry.timestamp, entry.offset])).collect(),
                "txnindex" => aborted.iter().map(aborted_json).collect(),
                "batches" => batches_of(log, disk, segment),
                other => {
                    vectors.skip(case, format!("state.segments.{other}"));
                    continue;
                }
            };
            let same = matches(&found, expected);
            assert!(same, "{name}: {key} of segment {}:\n{found}\n{expected}", segment.base_offset());
        }
    }
}

fn aborted_json(entry: &AbortedTxn) -> Value {
    json!({
        "producer_id": entry.producer_id,
        "first_offset": entry.first_offset,
        "last_offset": entry.last_offset,
        "last_stable_offset": entry.last_stable_offset,
    })
}

fn check_producers(vectors: &mut Vectors, case: &Value, log: &UnifiedLog, expected: &[Value]) {
    let name = &case["name"];
    let found: Vec<_> = log.producer_state().active_producers().collect();
    let ids: Vec<_> = found.iter().map(|producer| json!(producer.producer_id())).collect();
    assert_eq!(ids, expected.iter().map(|producer| producer["pid"].clone()).collect::<Vec<_>>(), "{name}: producers");
    for (producer, expected) in found.into_iter().zip(expected) {
        for (key, expected) in expected.as_object().into_iter().flatten() {
            let found: Value = match key.as_str() {
                "pid" => json!(producer.producer_id()),
                "epoch" => json!(producer.producer_epoch()),
                "last_seq" => json!(producer.last_sequence()),
                "last_data_offset" => json!(producer.last_data_offset()),
                "coordinator_epoch" => json!(producer.coordinator_epoch()),
                "last_timestamp" => json!(producer.last_timestamp()),
                "current_txn_first_offset" => json!(producer.current_txn_first_offset()),
                "cached_batches" => {
                    let batches = producer.batch_metadata().iter();
                    batches.map(|it| json!([it.first_seq(), it.last_seq, it.first_offset(), it.last_offset])).collect()
                }
                other => {
                    vectors.skip(case, format!("state.producers.{other}"));
                    continue;
                }
            };
            assert_eq!(&found, expected, "{name}: {key} of producer {}", producer.producer_id());
        }
        let is_open = producer.current_txn_first_offset().is_some();
        assert_eq!(is_open, expected["current_txn_first_offset"].is_number(), "{name}: an open transaction");
    }
}

fn batches_of(log: &UnifiedLog, disk: &Disk, segment: &LogSegment) -> Value {
    let batches = log.batches(disk, segment.base_offset()).map(|batch| batch.expect("a batch"));
    batches.filter(|batch| batch.segment_base_offset == segment.base_offset()).map(|batch| batch_json(&batch)).collect()
}

fn batch_json(stored: &LogBatch) -> Value {
    let batch = stored.batch();
    let records: Value = batch.records().map(|record| record_json(&batch, &record.expect("a record"))).collect();
    let mut json = json!({
        "position": stored.position,
        "size": batch.size_in_bytes(),
        "base_offset": batch.base_offset(),
        "last_offset": batch.last_offset(),
        "leader_epoch": batch.partition_leader_epoch(),
        "max_timestamp": batch.max_timestamp(),
        "records": records,
    });
    if batch.has_producer_id() {
        json["txn"] = json!(batch.is_transactional());
        json["pid"] = json!(batch.producer_id());
        json["epoch"] = json!(batch.producer_epoch());
        json["base_seq"] = json!(batch.base_sequence());
    }
    if batch.is_control_batch() {
        json["control"] = json!(true);
    }
    if let Some(horizon) = batch.delete_horizon_ms() {
        json["delete_horizon_ms"] = json!(horizon);
    }
    json
}

fn record_json(batch: &RecordBatch<'_>, record: &Record<'_>) -> Value {
    if batch.is_control_batch() {
        return json!([record.offset, record.control_record_type().expect("a marker").name(), record.timestamp]);
    }
    let text = |bytes: &Option<Cow<'_, [u8]>>| bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    json!([record.offset, text(&record.key), text(&record.value), record.timestamp])
}

/// Whether two values are the same; the files write long texts as `<100 bytes>`.
fn matches(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| matches(a, b))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && found.iter().all(|(key, a)| expected.get(key).is_some_and(|b| matches(a, b)))
        }
        (Value::String(found), Value::String(expected)) => {
            found == expected || *expected == format!("<{} bytes>", found.len())
        }
        _ => found == expected,
    }
}

fn check_files(case: &Value, disk: &Disk, expected: &[Value]) {
    let files: Vec<_> = expected.iter().map(|file| file.as_str().expect("a file's name")).collect();
    assert_eq!(disk.list(DIR), files, "{}", case["name"]);
}

/// Compares a file byte by byte.
pub(crate) fn check_bytes(case: &Value, disk: &Disk, file: &str, expected: &Value) {
    let found = disk.read(&format!("{DIR}/{file}"), 0, u64::MAX).unwrap_or_else(|error| panic!("{error}"));
    let expected = maybe_hex(expected).expect("bytes");
    assert_eq!(hex_of(&found), hex_of(&expected), "{}: {file}", case["name"]);
}
