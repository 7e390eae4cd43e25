//! Retention: which segments of a log are old enough to go.
//!
//! Kafka deletes whole segments, oldest first, and stops at the first that has to stay. It looks three times over, for
//! three reasons, each going on where the one before stopped:
//!
//! 1. all of it lies before the log start, because somebody had records deleted (DeleteRecords);
//! 2. the log is larger than `retention.bytes`, by at least this segment: so up to one segment more than the limit stays;
//! 3. its *youngest* record is older than `retention.ms`. A record with a timestamp in the future therefore keeps its
//!    segment, and all behind it. A segment without timestamps is as old as its file.
//!
//! The last two are for topics with `cleanup.policy=delete`; the cleaner sees to compacted ones. Nothing goes that the
//! high watermark has not passed, or a leader could forget what its followers do not have yet. The active segment may go
//! like any other; the log rolls first, so that it has one.
//!
//! [`UnifiedLog::plan_retention`] decides and changes nothing; [`UnifiedLog::delete_old_segments`] does what it says.

use super::{LogError, LogSegment, UnifiedLog};
use crate::base::Offset;
use crate::disk::Disk;

/// Why a segment goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeletionReason {
    /// It lies before the log start.
    LogStartOffset,
    /// The log is larger than `retention.bytes`.
    RetentionSize,
    /// Its youngest record is older than `retention.ms`.
    RetentionTime,
}

/// A segment that goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DeletedSegment {
    /// Its base offset.
    pub base_offset: Offset,
    /// The first offset behind it.
    pub end_offset: Offset,
    /// The size of its `.log`, in bytes.
    pub size: u32,
    /// Its largest timestamp, or, without one, when its file was last written to; Unix milliseconds.
    pub largest_timestamp: i64,
    /// Why it goes.
    pub reason: DeletionReason,
}

impl UnifiedLog {
    /// The segments that retention would delete at `now_ms`, oldest first.
    #[must_use]
    pub fn plan_retention(&self, now_ms: i64) -> Vec<DeletedSegment> {
        let mut plan = Vec::new();
        let log_start_offset = self.log_start_offset;
        self.plan_pass(&mut plan, DeletionReason::LogStartOffset, |_, next| {
            next.is_some_and(|next| next <= log_start_offset)
        });
        let config = &self.config;
        if !config.cleanup_policy.delete {
            return plan;
        }
        let size = self.size_bytes() - plan.iter().map(|gone| u64::from(gone.size)).sum::<u64>();
        if let Some(mut excess) = u64::try_from(config.retention_bytes).ok().and_then(|limit| size.checked_sub(limit)) {
            self.plan_pass(&mut plan, DeletionReason::RetentionSize, |segment, _| {
                let rest = excess.checked_sub(u64::from(segment.size()));
                excess = rest.unwrap_or(excess);
                rest.is_some()
            });
        }
        if config.retention_ms >= 0 {
            self.plan_pass(&mut plan, DeletionReason::RetentionTime, |segment, _| {
                now_ms.saturating_sub(segment.largest_timestamp()) > config.retention_ms
            });
        }
        plan
    }

    /// Goes on behind what is planned already, as long as `goes` says so of a segment and the base offset of the next.
    fn plan_pass(
        &self,
        plan: &mut Vec<DeletedSegment>,
        reason: DeletionReason,
        mut goes: impl FnMut(&LogSegment, Option<Offset>) -> bool,
    ) {
        for segment in self.segments().skip(plan.len()) {
            let base_offset = segment.base_offset();
            let next = self.next_base_offset(base_offset);
            let end_offset = next.unwrap_or(self.log_end_offset);
            let is_last_and_empty = next.is_none() && segment.size() == 0;
            if self.high_watermark < end_offset || !goes(segment, next) || is_last_and_empty {
                return;
            }
            plan.push(DeletedSegment {
                base_offset,
                end_offset,
                size: segment.size(),
                largest_timestamp: segment.largest_timestamp(),
                reason,
            });
        }
    }

    /// Deletes what retention has nothing more to say for. Says which segments went.
    pub fn delete_old_segments(&mut self, disk: &mut Disk, now_ms: i64) -> Result<Vec<DeletedSegment>, LogError> {
        let plan = self.plan_retention(now_ms);
        self.apply_retention(disk, &plan, now_ms)?;
        Ok(plan)
    }

    /// Deletes the segments of `plan`, which [`UnifiedLog::plan_retention`] made and nothing has overtaken.
    pub fn apply_retention(&mut self, disk: &mut Disk, plan: &[DeletedSegment], now_ms: i64) -> Result<(), LogError> {
        for same in plan.chunk_by(|a, b| a.reason == b.reason) {
            if same.len() == self.segments.len() {
                self.roll(disk, None, now_ms)?;
            }
            let Some(last) = same.last() else { continue };
            let base_offsets: Vec<Offset> = same.iter().map(|segment| segment.base_offset).collect();
            // The log start moves before anything goes, so that nobody is led to what is not there.
            if let Some(next) = self.next_base_offset(last.base_offset) {
                self.maybe_increment_log_start_offset(disk, next)?;
            }
            for base_offset in &base_offsets {
                self.segments.remove(base_offset);
            }
            self.delete_segment_files(disk, &base_offsets, true, now_ms)?;
        }
        Ok(())
    }
}
