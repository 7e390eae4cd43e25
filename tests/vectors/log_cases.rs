//! The `log_*.json` files: cases of steps on one log, with what Kafka's log answered and held.

use super::log_cleaner;
use super::log_state::{CLOCK_START_MS, DIR, check_state, open_log};
use super::support::{Vectors, flag, int, list, maybe_int, text};
use kafkascope::base::{LeaderEpoch, Offset};
use kafkascope::disk::Disk;
use kafkascope::log::{
    AppendError, AppendOrigin, AppendParams, FetchIsolation, LoadParams, LogAppendInfo, LogConfig, LogError,
    ProducerStateManagerConfig, UnifiedLog,
};
use kafkascope::record::{
    ControlRecordType, EndTransactionMarker, RecordBatch, RecordBatchBuilder, RecordBatchMut, batches,
};
use serde_json::{Value, json};

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.cases() {
        match config_of(&case).and_then(|config| match list(&case, "steps").iter().find_map(unsupported) {
            Some(reason) => Err(reason),
            None => Ok(config),
        }) {
            Err(reason) => vectors.skip(&case, reason),
            Ok(config) => {
                let mut world = World::new(config, flag(&case, "verification"));
                for step in list(&case, "steps") {
                    world.check_step(vectors, &case, step);
                    check_state(vectors, &case, &world.log, &world.disk, &step["state"]);
                }
                vectors.checked();
            }
        }
    }
}

/// The case's settings, or the one that the model does not have.
pub(crate) fn config_of(case: &Value) -> Result<LogConfig, String> {
    let mut config = LogConfig::default();
    for (name, value) in case["config"].as_object().into_iter().flatten() {
        if !LogConfig::NAMES.contains(&name.as_str()) {
            return Err(format!("setting {name}"));
        }
        config.set(name, value.as_str().expect("settings are text")).expect("a value that Kafka takes");
    }
    Ok(config)
}

/// Why the model cannot do a step.
fn unsupported(step: &Value) -> Option<String> {
    const OPERATIONS: &[&str] = &[
        "append",
        "append_follower",
        "set_high_watermark",
        "advance_ms",
        "roll",
        "truncate_to",
        "truncate_fully_and_start_at",
        "become_leader",
        "end_offset_for_epoch",
        "read",
        "offset_for_timestamp",
        "delete_records",
        "restart",
        "apply_retention",
        "dump",
        "clean",
        "marker",
        "expire_producers",
    ];
    let operation = text(step, "op");
    (!OPERATIONS.contains(&operation.as_str())).then(|| format!("operation {operation}"))
}

struct World {
    disk: Disk,
    log: UnifiedLog,
    config: LogConfig,
    producer_state: ProducerStateManagerConfig,
    now_ms: i64,
    /// Where the last round of the cleaner ended.
    cleaner_checkpoint: Option<Offset>,
}

impl World {
    fn new(config: LogConfig, transaction_verification_enabled: bool) -> Self {
        let mut disk = Disk::new();
        let producer_state = ProducerStateManagerConfig { transaction_verification_enabled, ..Default::default() };
        let params = LoadParams { now_ms: CLOCK_START_MS, producer_state, ..LoadParams::default() };
        let log = open_log(&mut disk, &config, params);
        Self { disk, log, config, producer_state, now_ms: CLOCK_START_MS, cleaner_checkpoint: None }
    }

    /// Takes a step, and compares every part of the answer that the case gives.
    fn check_step(&mut self, vectors: &mut Vectors, case: &Value, step: &Value) {
        let answer = self.take(step);
        // The scheduler of a test has no threads: what is due is done before the next step.
        self.log.run_due_tasks(&mut self.disk, self.now_ms).expect("done");
        let name = &case["name"];
        match &answer {
            Err(error) => assert_eq!(step["error"], json!(error), "{name}: {step}"),
            Ok(answer) => {
                assert!(step["error"].is_null(), "{name}: {step} was answered by {answer}");
                match &step["result"] {
                    Value::Object(expected) => {
                        for (key, expected) in expected {
                            match answer.get(key) {
                                Some(found) => assert_eq!(found, expected, "{name}: {key} of {step}"),
                                None if answer.is_null() => panic!("{name}: {step} found nothing"),
                                None => vectors.skip(case, format!("result.{key}")),
                            }
                        }
                    }
                    expected => assert!(expected.is_null(), "{name}: {step} was answered by {answer}"),
                }
            }
        }
    }

    fn take(&mut self, step: &Value) -> Result<Value, String> {
        let (log, disk) = (&mut self.log, &mut self.disk);
        let broken = |error: LogError| log_error(&error);
        Ok(match text(step, "op").as_str() {
            "append" => return self.append(step),
            "append_follower" => return self.append_follower(step),
            "marker" => return self.marker(step),
            "expire_producers" => {
                log.remove_expired_producers(self.now_ms);
                json!({"producers": log.producer_state().active_producers().count()})
            }
            "read" => return self.read(step),
            "restart" => self.restart(step),
            "dump" => json!({}),
            "clean" => return log_cleaner::clean(log, disk, &mut self.cleaner_checkpoint, self.now_ms, step),
            "advance_ms" => {
                self.now_ms += int(step, "ms");
                json!({"now": self.now_ms})
            }
            "set_high_watermark" => {
                let at = maybe_int(step, "offset").unwrap_or(log.log_end_offset());
                let high_watermark = log.update_high_watermark(at);
                json!({"high_watermark": high_watermark, "last_stable_offset": log.last_stable_offset()})
            }
            "roll" => json!({"active_base_offset": log.roll(disk, None, self.now_ms).map_err(broken)?}),
            "truncate_to" => {
                let truncated = log.truncate_to(disk, int(step, "offset"), self.now_ms).map_err(broken)?;
                let (end, high_watermark) = (log.log_end_offset(), log.high_watermark());
                json!({"truncated": truncated, "log_end_offset": end, "high_watermark": high_watermark})
            }
            "truncate_fully_and_start_at" => {
                log.truncate_fully_and_start_at(disk, int(step, "offset"), self.now_ms).map_err(broken)?;
                json!({
                    "log_end_offset": log.log_end_offset(),
                    "log_start_offset": log.log_start_offset(),
                    "high_watermark": log.high_watermark(),
                })
            }
            "become_leader" => {
                let (epoch, end) = (epoch(step, "leader_epoch"), log.log_end_offset());
                log.assign_epoch_start_offset(disk, epoch, end).map_err(broken)?;
                json!({"epoch_start_offset": end})
            }
            "end_offset_for_epoch" => {
                let end = log.end_offset_for_epoch(epoch(step, "epoch"));
                json!({"epoch": end.leader_epoch, "end_offset": end.offset})
            }
            "delete_records" => {
                let incremented = log.maybe_increment_log_start_offset(disk, int(step, "offset")).map_err(broken)?;
                json!({"incremented": incremented, "log_start_offset": log.log_start_offset()})
            }
            "apply_retention" => {
                let deleted = log.delete_old_segments(disk, self.now_ms).map_err(broken)?;
                json!({"deleted_segments": deleted.len(), "log_start_offset": log.log_start_offset()})
            }
            "offset_for_timestamp" => {
                let target = maybe_int(step, "timestamp").or(maybe_int(step, "ts")).expect("a timestamp");
                match log.offset_for_timestamp(disk, target).map_err(broken)? {
                    None => Value::Null,
                    Some(it) => json!({
                        "timestamp": it.timestamp, "offset": it.offset,
                        "leader_epoch": it.leader_epoch, "epoch": it.leader_epoch,
                    }),
                }
            }
            other => panic!("{other} is among the operations, but is not done"),
        })
    }

    fn append(&mut self, step: &Value) -> Result<Value, String> {
        let records = batch_of(step, self.now_ms, RecordBatchBuilder::new());
        let mut params = AppendParams::new(leader_epoch(step), AppendOrigin::Client, self.now_ms);
        if flag(step, "verified") {
            let batch = RecordBatch::parse(&records).expect("built here");
            let (id, sequence, epoch) = (batch.producer_id(), batch.base_sequence(), batch.producer_epoch());
            let (bumps, now_ms) = (flag(step, "supports_epoch_bump"), self.now_ms);
            let guard = self.log.maybe_start_transaction_verification(id, sequence, epoch, bumps, now_ms);
            params.verification_guard = guard.map_err(append_error)?;
        }
        let info = self.log.append_as_leader_with(&mut self.disk, &records, params).map_err(append_error)?;
        Ok(append_answer(&info))
    }

    fn marker(&mut self, step: &Value) -> Result<Value, String> {
        let records = marker_of(step, self.now_ms).build();
        let mut params = AppendParams::new(leader_epoch(step), AppendOrigin::Coordinator, self.now_ms);
        params.transaction_version = maybe_int(step, "transaction_version").map_or(0, |version| version as i16);
        let info = self.log.append_as_leader_with(&mut self.disk, &records, params).map_err(append_error)?;
        Ok(append_answer(&info))
    }

    fn append_follower(&mut self, step: &Value) -> Result<Value, String> {
        let batches = list(step, "batches");
        let records: Vec<u8> = batches
            .iter()
            .flat_map(|batch| {
                if batch["marker"].is_string() {
                    let mut records = marker_of(batch, self.now_ms).build();
                    let mut marker = RecordBatchMut::parse(&mut records).expect("built here");
                    marker.set_base_offset(int(batch, "base_offset"));
                    marker.set_partition_leader_epoch(epoch(batch, "leader_epoch"));
                    return records;
                }
                let builder = RecordBatchBuilder::new()
                    .with_base_offset(int(batch, "base_offset"))
                    .with_partition_leader_epoch(epoch(batch, "leader_epoch"));
                batch_of(batch, self.now_ms, builder)
            })
            .collect();
        let newest = batches.iter().map(|batch| epoch(batch, "leader_epoch")).max().unwrap_or(0);
        let current = maybe_int(step, "leader_epoch").map_or(newest, |_| epoch(step, "leader_epoch"));
        let info = self.log.append_as_follower(&mut self.disk, &records, current, self.now_ms).map_err(append_error)?;
        Ok(append_answer(&info))
    }

    fn read(&mut self, step: &Value) -> Result<Value, String> {
        let isolation = match text(step, "isolation").as_str() {
            "LOG_END" => FetchIsolation::LogEnd,
            "HIGH_WATERMARK" => FetchIsolation::HighWatermark,
            "TXN_COMMITTED" => FetchIsolation::TxnCommitted,
            other => panic!("isolation {other}"),
        };
        let max_bytes = u32::try_from(int(step, "max_bytes")).expect("a size");
        let min_one = flag(step, "min_one");
        let data = self.log.read(&self.disk, int(step, "offset"), max_bytes, isolation, min_one);
        let data = data.map_err(|error| log_error(&error))?;
        let complete: Value = batches(&data.records)
            .map(|batch| batch.expect("a batch"))
            .map(|batch| json!([batch.base_offset(), batch.last_offset()]))
            .collect();
        let aborted = data.aborted_transactions.map(|told| {
            told.iter()
                .map(|it| json!({"producer_id": it.producer_id, "first_offset": it.first_offset}))
                .collect::<Vec<_>>()
        });
        Ok(json!({
            "bytes": data.records.len(),
            "first_entry_incomplete": data.first_entry_incomplete,
            "fetch_offset": data.fetch_offset_metadata.message_offset,
            "position_in_segment": data.fetch_offset_metadata.relative_position_in_segment,
            "segment_base_offset": data.fetch_offset_metadata.segment_base_offset,
            "complete_batches": complete,
            "aborted_transactions": aborted,
        }))
    }

    fn restart(&mut self, step: &Value) -> Value {
        let clean = flag(step, "clean");
        if clean {
            self.log.close(&mut self.disk).expect("closed");
        }
        self.damage(step);
        let params = LoadParams {
            had_clean_shutdown: clean,
            recovery_point: maybe_int(step, "recovery_point").unwrap_or(self.log.recovery_point()),
            log_start_offset: self.log.log_start_offset(),
            now_ms: self.now_ms,
            producer_state: self.producer_state,
            ..LoadParams::default()
        };
        self.log = open_log(&mut self.disk, &self.config, params);
        json!({
            "log_start_offset": self.log.log_start_offset(),
            "log_end_offset": self.log.log_end_offset(),
            "recovery_point": self.log.recovery_point(),
            "segments": self.log.segments().count(),
        })
    }

    /// Does to the files what a case has done to them while the broker was down.
    fn damage(&mut self, step: &Value) {
        let file = |it: &Value| format!("{DIR}/{}", text(it, "file"));
        let corrupt = &step["corrupt"];
        if corrupt.is_object() {
            let (path, at) = (file(corrupt), int(corrupt, "at").cast_unsigned());
            let byte = self.disk.read(&path, at, 1).expect("a file")[0];
            self.disk.write_at(&path, at, &[!byte]).expect("written");
        }
        let chop = &step["chop"];
        if chop.is_object() {
            let path = file(chop);
            let len = self.disk.len(&path).expect("a file") - int(chop, "bytes").cast_unsigned();
            self.disk.truncate(&path, len).expect("cut");
        }
        for name in list(step, "delete_files").iter().map(|name| name.as_str().expect("a file's name")) {
            let path = format!("{DIR}/{name}");
            if self.disk.exists(&path) {
                self.disk.delete(&path).expect("deleted");
            }
        }
    }
}

fn epoch(value: &Value, key: &str) -> LeaderEpoch {
    i32::try_from(int(value, key)).expect("32 bits")
}

fn leader_epoch(step: &Value) -> LeaderEpoch {
    maybe_int(step, "leader_epoch").map_or(0, |_| epoch(step, "leader_epoch"))
}

fn short(value: &Value, key: &str) -> i16 {
    i16::try_from(int(value, key)).expect("16 bits")
}

fn marker_of(step: &Value, now_ms: i64) -> RecordBatchBuilder {
    let kind = match step["type"].as_str().or(step["marker"].as_str()) {
        Some("COMMIT") => ControlRecordType::Commit,
        Some("ABORT") => ControlRecordType::Abort,
        other => panic!("marker {other:?}"),
    };
    let marker = EndTransactionMarker { kind, coordinator_epoch: epoch(step, "coordinator_epoch") };
    let timestamp = maybe_int(step, "ts").unwrap_or(now_ms);
    RecordBatchBuilder::end_transaction_marker(timestamp, int(step, "pid"), short(step, "epoch"), marker)
}

fn batch_of(step: &Value, now_ms: i64, mut builder: RecordBatchBuilder) -> Vec<u8> {
    if let Some(producer_id) = maybe_int(step, "pid") {
        let sequence = i32::try_from(int(step, "seq")).expect("32 bits");
        builder = builder.with_producer(producer_id, short(step, "epoch"), sequence);
    }
    if flag(step, "txn") {
        builder = builder.transactional();
    }
    for record in list(step, "records") {
        let value = match maybe_int(record, "value_size") {
            Some(size) => Some(vec![b'v'; usize::try_from(size).expect("a size")]),
            None => record["value"].as_str().map(|value| value.as_bytes().to_vec()),
        };
        let timestamp = maybe_int(record, "ts").unwrap_or(now_ms);
        builder.append(timestamp, record["key"].as_str().map(str::as_bytes), value.as_deref(), &[]);
    }
    builder.build()
}

fn append_answer(info: &LogAppendInfo) -> Value {
    json!({
        "first_offset": info.first_offset,
        "last_offset": info.last_offset,
        "log_append_time": info.log_append_time,
        "duplicate": info.duplicate,
    })
}

/// What Kafka calls the error.
fn append_error(error: AppendError) -> String {
    let name = match error {
        AppendError::Record(_) => "CORRUPT_MESSAGE",
        AppendError::InvalidRecord { .. } => "INVALID_RECORD",
        AppendError::Rejected(records) if records.has_invalid_timestamp() => "INVALID_TIMESTAMP",
        AppendError::Rejected(_) => "INVALID_RECORD",
        AppendError::RecordTooLarge { .. } => "MESSAGE_TOO_LARGE",
        AppendError::RecordBatchTooLarge { .. } => "RECORD_LIST_TOO_LARGE",
        AppendError::OutOfOrderSequence { .. } => "OUT_OF_ORDER_SEQUENCE_NUMBER",
        AppendError::InvalidProducerEpoch { .. } => "INVALID_PRODUCER_EPOCH",
        AppendError::InvalidTxnState { .. } => "INVALID_TXN_STATE",
        AppendError::TransactionCoordinatorFenced { .. } => "TRANSACTION_COORDINATOR_FENCED",
        AppendError::OffsetsOutOfOrder { .. } => "OffsetsOutOfOrderException",
        AppendError::UnexpectedAppendOffset { .. } => "UnexpectedAppendOffsetException",
        AppendError::Log(error) => return log_error(&error),
    };
    name.into()
}

fn log_error(error: &LogError) -> String {
    match error {
        LogError::OffsetOutOfRange { .. } => "OFFSET_OUT_OF_RANGE".into(),
        other => other.to_string(),
    }
}
