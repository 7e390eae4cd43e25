//! Appending: as a leader, which gives records their offsets, and as a follower, which keeps those they have.
//!
//! The order is Kafka's: a segment is begun if need be, then producers are checked, then the batches are written, and only
//! then is what they change made known: producers, the transaction index, the last stable offset.

use super::producer_state::{BatchMetadata, VerificationGuard};
use super::segment::RollParams;
use super::transactions::Producers;
use super::{AppendError, UnifiedLog};
use crate::base::{LeaderEpoch, Offset};
use crate::disk::Disk;
use crate::record::{BatchHeader, NO_TIMESTAMP, TimestampType};
use std::rc::Rc;

/// Who appends; it decides how closely the batches are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AppendOrigin {
    /// A producer: all is checked.
    Client,
    /// A coordinator of this broker: it numbers nothing, but its epochs are checked.
    Coordinator,
    /// The partition's leader, which has checked everything.
    Replication,
    /// The leader of the metadata quorum.
    RaftLeader,
}

/// How batches come to a leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AppendParams {
    /// The leader's term.
    pub leader_epoch: LeaderEpoch,
    /// Who appends.
    pub origin: AppendOrigin,
    /// The broker's clock, in ms.
    pub now_ms: i64,
    /// The proof that the transaction's coordinator knows of it, if one was asked for.
    pub verification_guard: VerificationGuard,
    /// For a marker: 2 if it carries the epoch of its producer's next transaction, 0 or 1 if that of the one it ends.
    pub transaction_version: i16,
}

impl AppendParams {
    /// Without a guard, and with markers as before TV2.
    #[must_use]
    pub fn new(leader_epoch: LeaderEpoch, origin: AppendOrigin, now_ms: i64) -> Self {
        let verification_guard = VerificationGuard::SENTINEL;
        Self { leader_epoch, origin, now_ms, verification_guard, transaction_version: 0 }
    }
}

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
    /// The broker's clock, if it stamped the records; of a duplicate, the largest timestamp of the batch that is there.
    pub log_append_time: Option<i64>,
    /// Whether the batch was there already. Then nothing was written, and the offsets are those of then.
    pub duplicate: bool,
    /// Where the log started then.
    pub log_start_offset: Offset,
    /// How many bytes were appended.
    pub bytes: u32,
    /// The base offsets of the segments that were begun for it; a leader begins one at most.
    pub rolled: Vec<Offset>,
}

impl UnifiedLog {
    /// Appends the one batch that a producer or a coordinator sent: checks it, gives it the next offsets and the leader's
    /// term, and, with LogAppendTime, the broker's clock. The quorum's leader has given its batches all that before.
    pub fn append_as_leader(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        leader_epoch: LeaderEpoch,
        origin: AppendOrigin,
        now_ms: i64,
    ) -> Result<LogAppendInfo, AppendError> {
        self.append_as_leader_with(disk, records, AppendParams::new(leader_epoch, origin, now_ms))
    }

    /// The same, with all that can be said of an append.
    pub fn append_as_leader_with(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        params: AppendParams,
    ) -> Result<LogAppendInfo, AppendError> {
        let AppendParams { leader_epoch, origin, now_ms, .. } = params;
        if origin == AppendOrigin::RaftLeader {
            let analyzed = self.validate_with_offsets(records, leader_epoch, origin)?;
            return self.append(disk, &records[..analyzed.valid_bytes], &analyzed.batches, params);
        }
        let bytes = self.validate_for_leader(records, leader_epoch, origin, now_ms)?;
        let header = BatchHeader::parse(&bytes)?;
        let stamped = self.config.message_timestamp_type == TimestampType::LogAppendTime;
        let mut info = self.append(disk, &bytes, &[header], params)?;
        info.log_append_time = info.log_append_time.or(stamped.then_some(now_ms));
        Ok(info)
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
        let analyzed = self.validate_with_offsets(records, current_leader_epoch, AppendOrigin::Replication)?;
        let params = AppendParams::new(current_leader_epoch, AppendOrigin::Replication, now_ms);
        self.append(disk, &records[..analyzed.valid_bytes], &analyzed.batches, params)
    }

    /// Writes `records`, which are `batches`, all found good.
    fn append(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        batches: &[BatchHeader],
        params: AppendParams,
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
            rolled.extend(self.maybe_roll(disk, chunk, params.now_ms)?);
            if let Some(duplicate) = self.append_chunk(disk, &records[position..end], chunk, params)? {
                return Ok(self.duplicate_info(duplicate, rolled));
            }
            (position, rest) = (end, others);
        }
        if self.log_end_offset - self.recovery_point >= self.config.flush_messages {
            self.flush(disk, self.log_end_offset, params.now_ms)?;
        }
        Ok(self.append_info(records, batches, rolled))
    }

    /// Begins a segment for `batches` if the active one cannot take them, and says its base offset.
    fn maybe_roll(
        &mut self,
        disk: &mut Disk,
        batches: &[BatchHeader],
        now_ms: i64,
    ) -> Result<Option<Offset>, AppendError> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return Ok(None) };
        let incoming = RollParams {
            max_timestamp: batches.iter().map(|batch| batch.max_timestamp).max().unwrap_or(NO_TIMESTAMP),
            last_offset: last.last_offset,
            size: batches.iter().map(|batch| batch.size).sum(),
            now_ms,
        };
        if !self.active_segment().should_roll(&self.config, incoming) {
            return Ok(None);
        }
        Ok(Some(self.roll(disk, Some(first.base_offset), now_ms)?))
    }

    /// Writes what fits into the active segment, unless it is a batch that is there already, which it says then.
    fn append_chunk(
        &mut self,
        disk: &mut Disk,
        records: &[u8],
        batches: &[BatchHeader],
        params: AppendParams,
    ) -> Result<Option<BatchMetadata>, AppendError> {
        let Some(last) = batches.last() else { return Ok(None) };
        let producers = match self.analyze_producers(records, params)? {
            Producers::Duplicate(duplicate) => return Ok(Some(duplicate)),
            Producers::Updated(updated, completed) => (updated, completed),
        };
        let active = self.segments.values_mut().next_back().expect("a log has at least one segment");
        Rc::make_mut(active).append(disk, &self.config, records, batches, params.now_ms)?;
        self.log_end_offset = last.last_offset + 1;
        self.update_producers(disk, &producers.0, &producers.1)?;
        self.producer_state.update_map_end_offset(self.log_end_offset);
        Ok(None)
    }

    fn duplicate_info(&self, duplicate: BatchMetadata, rolled: Vec<Offset>) -> LogAppendInfo {
        LogAppendInfo {
            first_offset: duplicate.first_offset(),
            last_offset: duplicate.last_offset,
            last_leader_epoch: -1,
            max_timestamp: NO_TIMESTAMP,
            offset_of_max_timestamp: -1,
            log_append_time: Some(duplicate.timestamp),
            duplicate: true,
            log_start_offset: self.log_start_offset,
            bytes: 0,
            rolled,
        }
    }

    fn append_info(&self, records: &[u8], batches: &[BatchHeader], rolled: Vec<Offset>) -> LogAppendInfo {
        let mut info = LogAppendInfo {
            first_offset: batches.first().map_or(-1, |first| first.base_offset),
            last_offset: batches.last().map_or(-1, |last| last.last_offset),
            last_leader_epoch: batches.last().map_or(-1, |last| last.partition_leader_epoch),
            max_timestamp: NO_TIMESTAMP,
            offset_of_max_timestamp: -1,
            log_append_time: None,
            duplicate: false,
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
