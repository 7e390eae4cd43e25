//! Appending: as a leader, which gives records their offsets, and as a follower, which keeps those they have.

use super::segment::RollParams;
use super::{AppendError, LogError, UnifiedLog};
use crate::base::{LeaderEpoch, Offset};
use crate::disk::Disk;
use crate::record::{BatchHeader, NO_TIMESTAMP, RecordBatchMut, TimestampType};

/// What became of an append.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogAppendInfo {
    /// The offset of the first record; −1 if nothing was appended.
    pub first_offset: Offset,
    /// The offset of the last record; −1 if nothing was appended.
    pub last_offset: Offset,
    /// The term of the last batch; −1 if nothing was appended.
    pub last_leader_epoch: LeaderEpoch,
    /// The largest timestamp; −1 if there is none.
    pub max_timestamp: i64,
    /// The last offset of the first batch that has it; −1 if there is none.
    pub offset_of_max_timestamp: Offset,
    /// The broker's clock, if it stamped the records.
    pub log_append_time: Option<i64>,
    /// Where the log started then.
    pub log_start_offset: Offset,
    /// How many bytes were appended.
    pub bytes: u32,
    /// The base offsets of the segments that were begun for it; a leader begins one at most.
    pub rolled: Vec<Offset>,
}

impl UnifiedLog {
    /// Appends the one batch that a producer sent: checks it, gives it the next offsets and the leader's term, and, with
    /// LogAppendTime, the broker's clock.
    pub fn append_as_leader(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        leader_epoch: LeaderEpoch,
        now_ms: i64,
    ) -> Result<LogAppendInfo, AppendError> {
        let mut bytes = self.validate_from_client(records, now_ms)?.bytes().to_vec();
        let mut batch = RecordBatchMut::parse(&mut bytes)?;
        batch.set_base_offset(self.log_end_offset);
        batch.set_partition_leader_epoch(leader_epoch);
        let timestamp_type = self.config.message_timestamp_type;
        let log_append_time = (timestamp_type == TimestampType::LogAppendTime).then_some(now_ms);
        let read = batch.as_batch();
        // The producer's word for the largest timestamp is not taken.
        let largest = || read.records().flatten().map(|record| record.timestamp).max().unwrap_or(NO_TIMESTAMP);
        let max_timestamp = log_append_time.unwrap_or_else(largest);
        batch.set_max_timestamp(timestamp_type, max_timestamp);
        let header = BatchHeader::from(&batch.as_batch());
        let info = self.append(disk, &bytes, &[header], now_ms)?;
        Ok(LogAppendInfo { log_append_time, ..info })
    }

    /// Appends batches that a leader sent, as they are. A batch that is cut at the end, or of a later term than
    /// `current_leader_epoch`, and all behind it, are left for the next fetch; perhaps nothing remains to append.
    pub fn append_as_follower(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        current_leader_epoch: LeaderEpoch,
        now_ms: i64,
    ) -> Result<LogAppendInfo, AppendError> {
        let analyzed = self.validate_from_leader(records, current_leader_epoch)?;
        self.append(disk, &records[..analyzed.valid_bytes], &analyzed.batches, now_ms)
    }

    /// Writes `records`, which are `batches`, all found good.
    fn append(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        batches: &[BatchHeader],
        now_ms: i64,
    ) -> Result<LogAppendInfo, AppendError> {
        let max = self.config.segment_size();
        if let Some(batch) = batches.iter().find(|batch| batch.size > max) {
            return Err(AppendError::RecordBatchTooLarge { size: u64::from(batch.size), max: u64::from(max) });
        }
        for batch in batches {
            self.leader_epoch_cache.assign(disk, batch.partition_leader_epoch, batch.base_offset)?;
        }
        let (mut rolled, mut position, mut rest) = (Vec::new(), 0, batches);
        while !rest.is_empty() {
            let (chunk, others) = rest.split_at(fitting(rest, max));
            let size: u32 = chunk.iter().map(|batch| batch.size).sum();
            let end = position + size as usize;
            rolled.extend(self.append_chunk(disk, &records[position..end], chunk, now_ms)?);
            (position, rest) = (end, others);
        }
        if self.log_end_offset - self.recovery_point >= self.config.flush_messages {
            self.flush(disk, self.log_end_offset, now_ms)?;
        }
        Ok(self.append_info(records, batches, rolled))
    }

    /// Writes what fits into one segment: the active one, or else the next, whose base offset it says.
    fn append_chunk(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        batches: &[BatchHeader],
        now_ms: i64,
    ) -> Result<Option<Offset>, LogError> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return Ok(None) };
        let max_timestamp = batches.iter().map(|batch| batch.max_timestamp).max().unwrap_or(NO_TIMESTAMP);
        let incoming = RollParams { max_timestamp, last_offset: last.last_offset, size: records.len() as u32, now_ms };
        let mut rolled = None;
        if self.active_segment().should_roll(&self.config, incoming) {
            rolled = Some(self.roll(disk, Some(first.base_offset), now_ms)?);
        }
        let config = self.config.clone();
        self.active_segment_mut().append(disk, &config, records, batches, now_ms)?;
        self.log_end_offset = last.last_offset + 1;
        Ok(rolled)
    }

    fn append_info(&self, records: &[u8], batches: &[BatchHeader], rolled: Vec<Offset>) -> LogAppendInfo {
        let mut info = LogAppendInfo {
            first_offset: batches.first().map_or(-1, |first| first.base_offset),
            last_offset: batches.last().map_or(-1, |last| last.last_offset),
            last_leader_epoch: batches.last().map_or(-1, |last| last.partition_leader_epoch),
            max_timestamp: NO_TIMESTAMP,
            offset_of_max_timestamp: -1,
            log_append_time: None,
            log_start_offset: self.log_start_offset,
            bytes: records.len() as u32,
            rolled,
        };
        for batch in batches.iter().filter(|batch| batch.max_timestamp > NO_TIMESTAMP) {
            if batch.max_timestamp > info.max_timestamp {
                info.max_timestamp = batch.max_timestamp;
                info.offset_of_max_timestamp = batch.last_offset;
            }
        }
        info
    }
}

/// How many of `batches`, from the front, one segment of `max` bytes takes. Kafka refuses an append that exceeds a
/// segment; its segments are never smaller than what a follower fetches. Ours may be, so that one can see them roll.
fn fitting(batches: &[BatchHeader], max: u32) -> usize {
    let mut size = 0u64;
    let fits = |batch: &&BatchHeader| {
        size += u64::from(batch.size);
        size <= u64::from(max)
    };
    batches.iter().take_while(fits).count()
}
