//! What a leader looks at in the batch that it is about to write, and what it changes: Kafka's `LogValidator`.
//!
//! Usually the batch is written as it came, but for four fields of its header: the base offset and the leader's term,
//! which the checksum does not cover, and the largest timestamp with its type, which it does. That is how a broker can
//! take in batches at the speed of memory. It has to look into the records all the same (keys on a compacted topic,
//! timestamps), and a compressed batch is decompressed for that and thrown away again.
//!
//! A batch is built anew if it is not compressed as the topic wants it (`compression.type`), or if it is compressed and its
//! offsets do not count 0, 1, 2 … That costs: it is why `compression.type=producer` is the default.

#[cfg(test)]
mod tests;

use super::rejected::{RejectedReason, RejectedRecord, RejectedRecords};
use super::{AppendError, AppendOrigin, LogConfig};
use crate::base::{LeaderEpoch, Offset, TopicPartition};
use crate::record::{
    CompressionType, NO_TIMESTAMP, RecordBatch, RecordBatchBuilder, RecordBatchMut, RecordError, RecordHead,
    TimestampType,
};

/// Checks a batch and makes it what the log stores.
#[derive(Debug)]
pub(super) struct LogValidator<'a> {
    /// Where the batch goes.
    pub(super) partition: &'a TopicPartition,
    /// The topic's settings.
    pub(super) config: &'a LogConfig,
    /// Who appends.
    pub(super) origin: AppendOrigin,
    /// The leader's term.
    pub(super) leader_epoch: LeaderEpoch,
    /// The broker's clock, in ms.
    pub(super) now_ms: i64,
}

/// What the records of a batch have in common.
struct Scan {
    max_timestamp: i64,
    /// Whether their offsets count 0, 1, 2 …
    contiguous: bool,
}

impl LogValidator<'_> {
    /// The batch as it is to be written from `offset` on.
    pub(super) fn validate_and_assign_offsets(
        &self,
        batch: &RecordBatch<'_>,
        offset: Offset,
    ) -> Result<Vec<u8>, AppendError> {
        if self.origin == AppendOrigin::Client {
            validate_batch(batch)?;
        }
        let source = batch.compression_type()?;
        let target = self.config.compression_type.unwrap_or(source);
        let scan = self.validate_records(batch)?;
        // A marker that came plain stays so.
        let as_wanted = source == target || (source == CompressionType::None && batch.is_control_batch());
        let plain = source == CompressionType::None && target == CompressionType::None;
        if plain || (as_wanted && scan.contiguous) {
            return Ok(self.in_place(batch, offset, scan.max_timestamp));
        }
        let rebuilt = self.rebuild(batch, offset, target)?;
        let (size, max) = (rebuilt.len() as u64, u64::from(self.config.max_message_bytes));
        if size > max {
            return Err(AppendError::RecordTooLarge { size, max });
        }
        Ok(rebuilt)
    }

    fn in_place(&self, batch: &RecordBatch<'_>, offset: Offset, max_timestamp: i64) -> Vec<u8> {
        let mut bytes = batch.bytes().to_vec();
        let mut batch = RecordBatchMut::parse(&mut bytes).expect("a copy of what was parsed");
        batch.set_last_offset(offset + i64::from(batch.as_batch().records_count()) - 1);
        batch.set_partition_leader_epoch(self.leader_epoch);
        // The producer's word for the largest timestamp is not taken.
        let timestamp_type = self.config.message_timestamp_type;
        let max_timestamp = if timestamp_type == TimestampType::LogAppendTime { self.now_ms } else { max_timestamp };
        batch.set_max_timestamp(timestamp_type, max_timestamp);
        bytes
    }

    /// The same records in another batch.
    fn rebuild(
        &self,
        batch: &RecordBatch<'_>,
        offset: Offset,
        target: CompressionType,
    ) -> Result<Vec<u8>, RecordError> {
        let mut builder = RecordBatchBuilder::new()
            .with_base_offset(offset)
            .with_partition_leader_epoch(self.leader_epoch)
            .with_producer(batch.producer_id(), batch.producer_epoch(), batch.base_sequence())
            .with_transactional(batch.is_transactional())
            .with_compression(target);
        if self.config.message_timestamp_type == TimestampType::LogAppendTime {
            builder = builder.with_log_append_time(self.now_ms);
        }
        for (offset, record) in (offset..).zip(batch.records()) {
            let record = record?;
            builder.append_record(&crate::record::Record { offset, ..record });
        }
        Ok(builder.build())
    }

    /// Looks at every record; says what is wrong with all that are wrong.
    fn validate_records(&self, batch: &RecordBatch<'_>) -> Result<Scan, AppendError> {
        let records = batch.decompressed()?;
        let mut scan = Scan { max_timestamp: NO_TIMESTAMP, contiguous: true };
        let mut rejected = Vec::new();
        for (batch_index, head) in (0..).zip(batch.heads(&records)) {
            let head = head?;
            scan.max_timestamp = scan.max_timestamp.max(head.timestamp);
            scan.contiguous &= head.offset_delta == batch_index;
            if let Some(reason) = self.validate_record(batch, &head) {
                rejected.push(RejectedRecord { batch_index, reason });
            }
        }
        if rejected.is_empty() {
            return Ok(scan);
        }
        Err(AppendError::Rejected(RejectedRecords { partition: self.partition.clone(), records: rejected.into() }))
    }

    fn validate_record(&self, batch: &RecordBatch<'_>, head: &RecordHead) -> Option<RejectedReason> {
        if self.config.cleanup_policy.compact && !head.has_key {
            return Some(RejectedReason::NoKey);
        }
        let (config, timestamp) = (self.config, head.timestamp);
        if config.message_timestamp_type == TimestampType::CreateTime && timestamp != NO_TIMESTAMP {
            // Kafka's arithmetic, which wraps: no timestamp is too far off for a limit that is the largest number.
            let behind = self.now_ms.wrapping_sub(timestamp);
            let (before, after) = (config.message_timestamp_before_max_ms, config.message_timestamp_after_max_ms);
            let out_of_range = behind > before || behind.wrapping_neg() > after;
            return out_of_range.then(|| RejectedReason::TimestampOutOfRange {
                timestamp,
                offset: batch.base_offset().wrapping_add(i64::from(head.offset_delta)),
                earliest: self.now_ms.wrapping_sub(before),
                latest: self.now_ms.wrapping_add(after),
            });
        }
        let stamped = batch.timestamp_type() == TimestampType::LogAppendTime;
        stamped.then_some(RejectedReason::LogAppendTimeFromProducer { timestamp })
    }
}

/// What only a client has to be told.
fn validate_batch(batch: &RecordBatch<'_>) -> Result<(), AppendError> {
    let invalid = |reason| Err(AppendError::InvalidRecord { reason });
    if batch.last_offset_delta() < 0 {
        return invalid("the batch has an invalid offset range");
    }
    if batch.records_count() <= 0 {
        return invalid("the batch holds no records");
    }
    if i64::from(batch.last_offset_delta()) + 1 != i64::from(batch.records_count()) {
        return invalid("the offset range and the count of records disagree");
    }
    if batch.is_control_batch() {
        return invalid("clients are not allowed to write control records");
    }
    if batch.has_producer_id() && batch.base_sequence() < 0 {
        return invalid("a record batch with a producer id needs a sequence");
    }
    Ok(())
}
