//! What a leader does to a batch before it writes it: offset, epoch and, with LogAppendTime, the timestamp.

use super::{Attributes, RecordBatch, RecordError, TimestampType};
use crate::base::{LeaderEpoch, Offset};

/// A batch that may be changed where it lies.
#[derive(Debug)]
pub struct RecordBatchMut<'a> {
    bytes: &'a mut [u8],
}

impl<'a> RecordBatchMut<'a> {
    /// The batch at the start of `bytes`; more may follow it.
    pub fn parse(bytes: &'a mut [u8]) -> Result<Self, RecordError> {
        let size = RecordBatch::parse(bytes)?.size_in_bytes();
        Ok(Self { bytes: &mut bytes[..size] })
    }

    /// The same batch to read.
    #[must_use]
    pub fn as_batch(&self) -> RecordBatch<'_> {
        RecordBatch::parse(self.bytes).expect("was parsed before, and no setter touches length or magic")
    }

    /// Moves the batch so that its first offset is `offset`. The CRC does not cover this field.
    pub fn set_base_offset(&mut self, offset: Offset) {
        self.bytes[0..8].copy_from_slice(&offset.to_be_bytes());
    }

    /// Moves the batch so that its last offset is `offset`.
    pub fn set_last_offset(&mut self, offset: Offset) {
        let delta = self.as_batch().last_offset_delta();
        self.set_base_offset(offset - i64::from(delta));
    }

    /// Stamps the leader's term. The CRC does not cover this field.
    pub fn set_partition_leader_epoch(&mut self, epoch: LeaderEpoch) {
        self.bytes[12..16].copy_from_slice(&epoch.to_be_bytes());
    }

    /// Sets the timestamp type and the largest timestamp, and the CRC anew if that changed anything.
    pub fn set_max_timestamp(&mut self, timestamp_type: TimestampType, max_timestamp: i64) {
        let batch = self.as_batch();
        if batch.timestamp_type() == timestamp_type && batch.max_timestamp() == max_timestamp {
            return;
        }
        let Attributes(attributes) = batch.attributes().with_timestamp_type(timestamp_type);
        self.bytes[21..23].copy_from_slice(&attributes.to_be_bytes());
        self.bytes[35..43].copy_from_slice(&max_timestamp.to_be_bytes());
        let crc = self.as_batch().compute_checksum();
        self.bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    }
}
