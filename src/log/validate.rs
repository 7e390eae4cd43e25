//! What is looked at before anything is written: Kafka's `analyzeAndValidateRecords` and `LogValidator`.

use super::{AppendError, UnifiedLog};
use crate::base::LeaderEpoch;
use crate::record::{BatchHeader, NO_TIMESTAMP, RecordBatch, TimestampType, batches};

/// The batches at the front of some bytes that may be appended.
pub(super) struct Analyzed {
    pub(super) batches: Vec<BatchHeader>,
    /// How many bytes they take.
    pub(super) valid_bytes: usize,
}

impl UnifiedLog {
    /// The one batch that a producer sends to a partition.
    pub(super) fn validate_from_client<'a>(
        &self,
        records: &'a [u8],
        now_ms: i64,
    ) -> Result<RecordBatch<'a>, AppendError> {
        let invalid = |reason| Err(AppendError::InvalidRecord { reason });
        let mut walk = batches(records);
        let Some(batch) = walk.next().transpose()? else { return invalid("the request holds no record batch") };
        if walk.next().is_some() {
            return invalid("the request holds more than one record batch");
        }
        if batch.base_offset() != 0 {
            return invalid("the base offset of a new record batch must be 0");
        }
        self.check_size_and_crc(&batch)?;
        if i64::from(batch.last_offset_delta()) + 1 != i64::from(batch.records_count()) || batch.records_count() <= 0 {
            return invalid("the offset range and the count of records disagree");
        }
        if batch.is_control_batch() {
            return invalid("clients are not allowed to write control records");
        }
        if batch.has_producer_id() && batch.base_sequence() < 0 {
            return invalid("a record batch with a producer id needs a sequence");
        }
        self.validate_records(&batch, now_ms)?;
        Ok(batch)
    }

    fn check_size_and_crc(&self, batch: &RecordBatch<'_>) -> Result<(), AppendError> {
        let (size, max) = (batch.size_in_bytes() as u64, u64::from(self.config.max_message_bytes));
        if size > max {
            return Err(AppendError::RecordTooLarge { size, max });
        }
        batch.ensure_valid()?;
        batch.compression_type()?;
        Ok(())
    }

    fn validate_records(&self, batch: &RecordBatch<'_>, now_ms: i64) -> Result<(), AppendError> {
        let config = &self.config;
        for (expected_offset, record) in (0..).zip(batch.records()) {
            let record = record?;
            if record.offset != expected_offset {
                return Err(AppendError::InvalidRecord {
                    reason: "the offsets of a new record batch must be contiguous",
                });
            }
            let timestamp = record.timestamp;
            if config.message_timestamp_type == TimestampType::CreateTime && timestamp != NO_TIMESTAMP {
                let behind = now_ms.saturating_sub(timestamp) > config.message_timestamp_before_max_ms;
                let ahead = timestamp.saturating_sub(now_ms) > config.message_timestamp_after_max_ms;
                if behind || ahead {
                    return Err(AppendError::InvalidTimestamp { timestamp, now_ms });
                }
            }
        }
        Ok(())
    }

    /// The batches that a follower may take over: those before the first of a later term than its own. Such a batch can
    /// arrive if the answer to a fetch was held up while the leadership changed; its turn comes with the next fetch.
    pub(super) fn validate_from_leader(
        &self,
        records: &[u8],
        current_leader_epoch: LeaderEpoch,
    ) -> Result<Analyzed, AppendError> {
        let mut analyzed = Analyzed { batches: Vec::new(), valid_bytes: 0 };
        for batch in batches(records) {
            let batch = batch?;
            let header = BatchHeader::from(&batch);
            if header.partition_leader_epoch > current_leader_epoch {
                break;
            }
            if header.partition_leader_epoch < 0 || header.base_offset < 0 || header.last_offset < header.base_offset {
                return Err(AppendError::InvalidRecord {
                    reason: "a record batch from a leader has no place in a log",
                });
            }
            let last_offset = analyzed.batches.last().map_or(-1, |last: &BatchHeader| last.last_offset);
            if header.last_offset <= last_offset {
                return Err(AppendError::OffsetsOutOfOrder { last_offset, next: header.last_offset });
            }
            batch.ensure_valid()?;
            analyzed.valid_bytes += batch.size_in_bytes();
            analyzed.batches.push(header);
        }
        match analyzed.batches.first() {
            Some(first) if first.base_offset < self.log_end_offset => Err(AppendError::UnexpectedAppendOffset {
                first_offset: first.base_offset,
                log_end_offset: self.log_end_offset,
            }),
            _ => Ok(analyzed),
        }
    }
}
