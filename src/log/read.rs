//! Reading: by offset, as fetches do, and by timestamp.

use super::{AbortedTransaction, LogError, UnifiedLog};
use crate::base::{Bytes, LeaderEpoch, Offset};
use crate::disk::Disk;
use crate::record::{NO_TIMESTAMP, RecordBatch};

/// In place of a timestamp: the end of the log.
pub const LATEST_TIMESTAMP: i64 = -1;

/// In place of a timestamp: the start of the log.
pub const EARLIEST_TIMESTAMP: i64 = -2;

/// In place of a timestamp: the record with the largest one.
pub const MAX_TIMESTAMP: i64 = -3;

/// How far a reader may see.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FetchIsolation {
    /// To the log end: a follower.
    LogEnd,
    /// To the high watermark: a consumer with `read_uncommitted`.
    HighWatermark,
    /// To the last stable offset: a consumer with `read_committed`, which is also told of aborted transactions.
    TxnCommitted,
}

/// An offset, and where its batch lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogOffsetMetadata {
    /// The offset.
    pub message_offset: Offset,
    /// The base offset of the segment.
    pub segment_base_offset: Offset,
    /// The place in the segment's `.log`.
    pub relative_position_in_segment: u32,
}

/// What a read found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchDataInfo {
    /// Where the records begin. The offset is the base offset of the first batch, which may lie before what was asked
    /// for.
    pub fetch_offset_metadata: LogOffsetMetadata,
    /// Batches, the last one cut wherever the limit fell.
    pub records: Bytes,
    /// Whether the limit cut even the first batch.
    pub first_entry_incomplete: bool,
    /// With [`FetchIsolation::TxnCommitted`], the aborted transactions that the records may be part of.
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
}

/// A record found by its time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimestampAndOffset {
    /// Its timestamp; −1 for the ends of the log.
    pub timestamp: i64,
    /// Its offset.
    pub offset: Offset,
    /// The term of its batch; −1 if it is not known.
    pub leader_epoch: LeaderEpoch,
}

impl UnifiedLog {
    /// Reads from the batch that holds `start_offset` (in a gap, the next one) up to `max_bytes`, to where `isolation`
    /// lets one see, and to the end of the segment, whichever comes first. With `min_one_message` the first batch comes
    /// whole, however large.
    ///
    /// An offset outside of the log is an error; one between what may be seen and the log end gives no records.
    pub fn read(
        &self,
        disk: &Disk,
        start_offset: Offset,
        max_bytes: u32,
        isolation: FetchIsolation,
        min_one_message: bool,
    ) -> Result<FetchDataInfo, LogError> {
        let max_offset = match isolation {
            FetchIsolation::LogEnd => self.log_end_offset,
            FetchIsolation::HighWatermark => self.high_watermark,
            FetchIsolation::TxnCommitted => self.last_stable_offset(),
        };
        let with_aborted = isolation == FetchIsolation::TxnCommitted;
        let nothing = |fetch_offset_metadata| FetchDataInfo {
            fetch_offset_metadata,
            records: Bytes::default(),
            first_entry_incomplete: false,
            aborted_transactions: with_aborted.then(Vec::new),
        };
        let (log_start_offset, log_end_offset) = (self.log_start_offset, self.log_end_offset);
        if !(log_start_offset..=log_end_offset).contains(&start_offset) {
            return Err(LogError::OffsetOutOfRange { offset: start_offset, log_start_offset, log_end_offset });
        }
        if start_offset >= max_offset {
            let mut fetch_offset_metadata = self.offset_metadata(disk, start_offset)?;
            if start_offset == max_offset {
                fetch_offset_metadata.message_offset = start_offset;
            }
            return Ok(nothing(fetch_offset_metadata));
        }
        let end = self.offset_metadata(disk, max_offset)?;
        for segment in self.segments_from(start_offset).take_while(|it| it.base_offset() <= end.segment_base_offset) {
            let last = segment.base_offset() == end.segment_base_offset;
            let max_position = if last { end.relative_position_in_segment } else { segment.size() };
            if let Some(data) = segment.read(disk, start_offset, max_bytes, max_position, min_one_message)? {
                return if with_aborted {
                    self.add_aborted_transactions(disk, segment, start_offset, data)
                } else {
                    Ok(data)
                };
            }
        }
        Ok(nothing(end))
    }

    /// The base offset and the place of the batch that holds `offset`, or of the next one if there is none; the end of
    /// the log for all behind.
    pub fn offset_metadata(&self, disk: &Disk, offset: Offset) -> Result<LogOffsetMetadata, LogError> {
        if offset < self.log_end_offset {
            for segment in self.segments_from(offset) {
                if let Some(batch) = segment.translate_offset(disk, offset)? {
                    return Ok(LogOffsetMetadata {
                        message_offset: batch.base_offset,
                        segment_base_offset: segment.base_offset(),
                        relative_position_in_segment: batch.position,
                    });
                }
            }
        }
        let active = self.active_segment();
        Ok(LogOffsetMetadata {
            message_offset: self.log_end_offset,
            segment_base_offset: active.base_offset(),
            relative_position_in_segment: active.size(),
        })
    }

    /// The first record whose timestamp is at least `timestamp`, if there is one. Three negative numbers stand for
    /// [the end](LATEST_TIMESTAMP) and [the start](EARLIEST_TIMESTAMP) of the log and for [its largest
    /// timestamp](MAX_TIMESTAMP).
    pub fn offset_for_timestamp(&self, disk: &Disk, timestamp: i64) -> Result<Option<TimestampAndOffset>, LogError> {
        let start = self.log_start_offset;
        match timestamp {
            EARLIEST_TIMESTAMP => {
                let earliest = self.leader_epoch_cache.earliest_entry().filter(|entry| entry.start_offset <= start);
                let leader_epoch = earliest.map_or(-1, |entry| entry.epoch);
                Ok(Some(TimestampAndOffset { timestamp: NO_TIMESTAMP, offset: start, leader_epoch }))
            }
            LATEST_TIMESTAMP => {
                let (offset, leader_epoch) = (self.log_end_offset, self.latest_epoch().unwrap_or(-1));
                Ok(Some(TimestampAndOffset { timestamp: NO_TIMESTAMP, offset, leader_epoch }))
            }
            MAX_TIMESTAMP => self.offset_of_max_timestamp(disk),
            _ => {
                // An emptied segment counts as old as its file: where it comes first, nothing behind it is found. Kafka
                // looks no further either.
                let young = |it: &&super::LogSegment| it.largest_timestamp() >= timestamp;
                match self.segments().find(young) {
                    None => Ok(None),
                    Some(segment) => segment.find_offset_by_timestamp(disk, timestamp, start),
                }
            }
        }
    }

    fn offset_of_max_timestamp(&self, disk: &Disk) -> Result<Option<TimestampAndOffset>, LogError> {
        // Of equals, the first.
        let youngest = self.segments().rev().max_by_key(|segment| segment.max_timestamp_and_offset_so_far().timestamp);
        let Some(segment) = youngest else { return Ok(None) };
        let largest = segment.max_timestamp_and_offset_so_far();
        let near = segment.offset_index().lookup(disk, largest.offset)?.position;
        for batch in segment.batches_from(disk, near) {
            let (position, header) = batch?;
            if header.max_timestamp != largest.timestamp {
                continue;
            }
            let bytes = disk.read(segment.path(), u64::from(position), u64::from(header.size))?;
            let corrupt = |error| LogError::Corrupt { path: segment.path().into(), position, error };
            for record in RecordBatch::parse(&bytes).map_err(corrupt)?.records() {
                let record = record.map_err(corrupt)?;
                if record.timestamp == largest.timestamp {
                    let (offset, leader_epoch) = (record.offset, header.partition_leader_epoch);
                    return Ok(Some(TimestampAndOffset { timestamp: record.timestamp, offset, leader_epoch }));
                }
            }
        }
        Ok(None)
    }
}
