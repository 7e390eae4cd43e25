//! How clean a log is, and whether it is worth cleaning: Kafka's `LogToClean`, and the part of `LogCleanerManager` that
//! finds its bounds.
//!
//! ```text
//!   log start        first dirty offset        first uncleanable offset          log end
//!      │    clean          │       cleanable            │        uncleanable        │
//!      └───────────────────┴────────────────────────────┴───────────────────────────┘
//!                          └──────────────────────── dirty ─────────────────────────┘
//! ```
//! What is clean was looked at in an earlier round, and holds each key at most once. What is uncleanable has to wait: the
//! active segment, whatever is not decided yet (above the last stable offset), and what is younger than
//! `min.compaction.lag.ms`. All of it goes by whole segments.

use crate::base::Offset;
use crate::disk::{Disk, DiskError};
use crate::log::{LogSegment, Ratio, UnifiedLog};
use std::ops::Range;

/// A log, seen through the eyes of the cleaner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LogToClean {
    /// Everything before it was cleaned in an earlier round.
    pub first_dirty_offset: Offset,
    /// Where a round must end at the latest: the base offset of a segment.
    pub first_uncleanable_offset: Offset,
    /// The size of the segments that are clean.
    pub clean_bytes: u64,
    /// The size of the segments that are dirty and may be cleaned.
    pub cleanable_bytes: u64,
    /// The size of the segments that may not be cleaned yet.
    pub uncleanable_bytes: u64,
    /// How long it has been due by `max.compaction.lag.ms`, in ms; 0 if it is not.
    pub compaction_delay_ms: i64,
    /// Whether the checkpoint that it was made from does not fit the log, and has to be replaced by the first dirty
    /// offset.
    pub force_update_checkpoint: bool,
}

impl LogToClean {
    /// What there is to clean in `log`, whose last round ended at `checkpoint`, at the time `now_ms`.
    #[must_use]
    pub fn new(log: &UnifiedLog, checkpoint: Option<Offset>, now_ms: i64) -> Self {
        let (start, end) = (log.log_start_offset(), log.log_end_offset());
        let checkpoint = checkpoint.unwrap_or(start);
        // A checkpoint outside of the log tells nothing: perhaps the log was cut, or lost its end.
        let force_update_checkpoint = !(start..=end).contains(&checkpoint);
        let first_dirty_offset = if force_update_checkpoint { start } else { checkpoint };
        let limit = first_uncleanable_dirty_offset(log, first_dirty_offset, now_ms).max(first_dirty_offset);
        let active = log.active_segment().base_offset();
        let uncleanable = non_active_segments_from(log, limit).next().map_or(active, LogSegment::base_offset);
        Self {
            first_dirty_offset,
            first_uncleanable_offset: uncleanable,
            clean_bytes: size_of(segments_between(log, -1..first_dirty_offset)),
            cleanable_bytes: size_of(segments_between(log, first_dirty_offset.min(uncleanable)..uncleanable)),
            uncleanable_bytes: size_of(log.segments().filter(|segment| segment.base_offset() >= uncleanable)),
            compaction_delay_ms: max_compaction_delay(log, first_dirty_offset, now_ms),
            force_update_checkpoint,
        }
    }

    /// Accounts for what a round reads: the dirty part for the keys in it, and then all of it.
    pub fn touch(&self, log: &UnifiedLog, disk: &mut Disk) -> Result<(), DiskError> {
        let end = self.first_uncleanable_offset;
        for segment in segments_between(log, self.first_dirty_offset..end).chain(segments_between(log, 0..end)) {
            disk.touch(segment.path(), 0, u64::from(segment.size()))?;
        }
        Ok(())
    }

    /// What is clean and what may be cleaned, together: what the ratio is a share of.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.clean_bytes + self.cleanable_bytes
    }

    /// Which share of it is dirty, rounded down; none if there is nothing to clean at all.
    #[must_use]
    pub fn cleanable_ratio(&self) -> Option<Ratio> {
        let millionths = u128::from(self.cleanable_bytes) * u128::from(Ratio::ONE.0);
        Some(Ratio(millionths.checked_div(u128::from(self.total_bytes()))? as u32))
    }

    /// Whether a round is due: enough of it is dirty, or something has been dirty for too long.
    #[must_use]
    pub fn is_due(&self, min_cleanable_ratio: Ratio) -> bool {
        (self.compaction_delay_ms > 0 && self.cleanable_bytes > 0)
            || min_cleanable_ratio.is_exceeded_by(self.cleanable_bytes, self.total_bytes())
    }

    /// Whether a larger share of it is dirty than of `other`.
    #[must_use]
    pub fn is_filthier_than(&self, other: &Self) -> bool {
        u128::from(self.cleanable_bytes) * u128::from(other.total_bytes())
            > u128::from(other.cleanable_bytes) * u128::from(self.total_bytes())
    }
}

/// The segments that hold the offsets of `range`: from the one that its start belongs to up to the last that begins
/// before its end.
pub(super) fn segments_between(log: &UnifiedLog, range: Range<Offset>) -> impl Iterator<Item = &LogSegment> + Clone {
    let first = if range.is_empty() { range.end } else { log.floor_base_offset(range.start).min(range.end) };
    log.segments.range(first..range.end).map(|(_, segment)| segment.as_ref())
}

fn non_active_segments_from(log: &UnifiedLog, offset: Offset) -> impl Iterator<Item = &LogSegment> + Clone {
    segments_between(log, offset..log.active_segment().base_offset())
}

fn size_of<'a>(segments: impl Iterator<Item = &'a LogSegment>) -> u64 {
    segments.map(|segment| u64::from(segment.size())).sum()
}

/// The offset that a round may not pass, wherever in a segment it lies.
fn first_uncleanable_dirty_offset(log: &UnifiedLog, first_dirty_offset: Offset, now_ms: i64) -> Offset {
    let lag = log.config().min_compaction_lag_ms.max(0);
    let young = |segment: &&LogSegment| lag > 0 && segment.largest_timestamp() > now_ms.saturating_sub(lag);
    let first_young = non_active_segments_from(log, first_dirty_offset).find(young).map(LogSegment::base_offset);
    [Some(log.last_stable_offset()), Some(log.active_segment().base_offset()), first_young]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(first_dirty_offset)
}

/// How long the oldest dirty segment is past `max.compaction.lag.ms`; 0 if it is not.
fn max_compaction_delay(log: &UnifiedLog, first_dirty_offset: Offset, now_ms: i64) -> i64 {
    let first_batches = non_active_segments_from(log, first_dirty_offset).filter_map(LogSegment::first_batch_timestamp);
    let Some(earliest) = first_batches.filter(|timestamp| *timestamp > 0).min() else { return 0 };
    let clean_until = now_ms.saturating_sub(log.config().max_compaction_lag_ms.max(0));
    clean_until.saturating_sub(earliest).max(0)
}
