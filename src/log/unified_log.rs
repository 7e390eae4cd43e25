//! The log of one replica, as a broker holds it.

use super::files::{DELETE_DIR_SUFFIX, LEADER_EPOCH_CHECKPOINT, log_dir_name_with_suffix, rename_dir};
use super::segment::SegmentParams;
use super::tasks::ScheduledTask;
use super::{
    EpochEntry, LeaderEpochFileCache, LogBatch, LogConfig, LogError, LogSegment, OffsetAndEpoch, ProducerStateManager,
    RecoveryReport,
};
use crate::base::{LeaderEpoch, Map, Offset, Rng, TopicPartition};
use crate::disk::Disk;
use std::rc::Rc;

/// A replica's log. Its bytes are on a [`Disk`], which every call that needs them is given; here is what must be at hand.
///
/// `log start ≤ high watermark ≤ log end` holds at all times.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct UnifiedLog {
    pub(super) topic_partition: TopicPartition,
    pub(super) dir: Rc<str>,
    pub(super) config: LogConfig,
    /// By base offset. The last one is active; there always is one.
    pub(super) segments: Map<Offset, Rc<LogSegment>>,
    pub(super) log_start_offset: Offset,
    pub(super) log_end_offset: Offset,
    pub(super) high_watermark: Offset,
    pub(super) recovery_point: Offset,
    pub(super) leader_epoch_cache: LeaderEpochFileCache,
    pub(super) producer_state: ProducerStateManager,
    /// What it has left for later.
    pub(super) tasks: Vec<ScheduledTask>,
    /// When all of it was last brought to the platter, or it was opened.
    pub(super) last_flush_ms: i64,
    /// Draws the jitter of each new segment.
    pub(super) rng: Rng,
    pub(super) recovery_report: RecoveryReport,
}

impl UnifiedLog {
    /// Which partition it is a replica of.
    #[must_use]
    pub fn topic_partition(&self) -> &TopicPartition {
        &self.topic_partition
    }

    /// The folder of its files.
    #[must_use]
    pub fn dir(&self) -> &str {
        &self.dir
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Gives it other settings; those of the indexes hold from the next segment on.
    pub fn update_config(&mut self, config: LogConfig) {
        self.config = config;
    }

    /// The first offset that may be read.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.log_start_offset
    }

    /// The offset of the next record, LEO for short.
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.log_end_offset
    }

    /// The first offset that consumers may not see yet.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// The first offset that `read_committed` consumers may not see yet, LSO for short: where the oldest transaction begins
    /// that is open, or whose marker the high watermark has not passed; without one, the high watermark.
    #[must_use]
    pub fn last_stable_offset(&self) -> Offset {
        self.first_unstable_offset().map_or(self.high_watermark, |offset| offset.min(self.high_watermark))
    }

    /// The first offset of the oldest transaction that is open, or whose marker the high watermark has not passed; the log
    /// start if the transaction began before that.
    #[must_use]
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        self.producer_state.first_unstable_offset().map(|offset| offset.max(self.log_start_offset))
    }

    /// What it knows of its producers.
    #[must_use]
    pub fn producer_state(&self) -> &ProducerStateManager {
        &self.producer_state
    }

    /// Forgets producers that have not written for long. `now_ms` is the broker's clock.
    pub fn remove_expired_producers(&mut self, now_ms: i64) {
        self.producer_state.remove_expired_producers(now_ms);
    }

    /// Everything before this offset is on the platter.
    #[must_use]
    pub fn recovery_point(&self) -> Offset {
        self.recovery_point
    }

    /// What opening it took.
    #[must_use]
    pub fn recovery_report(&self) -> RecoveryReport {
        self.recovery_report
    }

    /// Moves the high watermark, up or down, as near to `high_watermark` as the log allows; says where it is now.
    pub fn update_high_watermark(&mut self, high_watermark: Offset) -> Offset {
        self.high_watermark = high_watermark.clamp(self.log_start_offset, self.log_end_offset);
        self.producer_state.on_high_watermark_updated(self.high_watermark);
        self.high_watermark
    }

    /// Moves the log start up to `offset`, which hides what lies before it, for good. Says whether that moved anything.
    pub fn maybe_increment_log_start_offset(&mut self, disk: &mut Disk, offset: Offset) -> Result<bool, LogError> {
        if offset > self.high_watermark {
            let (log_start_offset, log_end_offset) = (self.log_start_offset, self.high_watermark);
            return Err(LogError::OffsetOutOfRange { offset, log_start_offset, log_end_offset });
        }
        if offset <= self.log_start_offset {
            return Ok(false);
        }
        self.log_start_offset = offset;
        self.leader_epoch_cache.truncate_from_start(disk, offset)?;
        self.producer_state.on_log_start_offset_incremented(offset);
        Ok(true)
    }

    /// The size of all its segments.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.segments().map(|segment| u64::from(segment.size())).sum()
    }

    /// Its segments, oldest first; the last one is active, the others are sealed.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &LogSegment> {
        self.segments.values().map(Rc::as_ref)
    }

    /// The segment that is written to.
    ///
    /// # Panics
    /// Never: a log has at least one segment.
    #[must_use]
    pub fn active_segment(&self) -> &LogSegment {
        self.segments().next_back().expect("a log has at least one segment")
    }

    pub(super) fn active_segment_mut(&mut self) -> &mut LogSegment {
        Rc::make_mut(self.segments.values_mut().next_back().expect("a log has at least one segment"))
    }

    /// The newest term that the log knows.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.leader_epoch_cache.latest_epoch()
    }

    /// Its terms.
    #[must_use]
    pub fn leader_epoch_cache(&self) -> &LeaderEpochFileCache {
        &self.leader_epoch_cache
    }

    /// Its terms, oldest first.
    pub fn epoch_entries(&self) -> impl Iterator<Item = EpochEntry> + '_ {
        self.leader_epoch_cache.entries()
    }

    /// Enters that the term `epoch` begins at `start_offset`: what a new leader does with its own epoch and its LEO.
    pub fn assign_epoch_start_offset(
        &mut self,
        disk: &mut Disk,
        epoch: LeaderEpoch,
        start_offset: Offset,
    ) -> Result<(), LogError> {
        self.leader_epoch_cache.assign(disk, epoch, start_offset)
    }

    /// Where the term `epoch`, or the newest known one before it, ends in this log.
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> OffsetAndEpoch {
        self.leader_epoch_cache.end_offset_for(epoch, self.log_end_offset)
    }

    /// The batches from the one that holds `from_offset` to the end of the log, to be looked into. It ends at the first
    /// that cannot be read.
    pub fn batches<'a>(
        &'a self,
        disk: &'a Disk,
        from_offset: Offset,
    ) -> impl Iterator<Item = Result<LogBatch, LogError>> + 'a {
        let first = self.floor_base_offset(from_offset);
        self.segments.range(first..).flat_map(move |(_, segment)| {
            let near = segment.offset_index().lookup(disk, from_offset).map_or(0, |entry| entry.position);
            segment.batches_from(disk, near).filter_map(move |batch| match batch {
                Ok((_, header)) if header.last_offset < from_offset => None,
                Ok((position, header)) => {
                    let bytes = disk.read(segment.path(), u64::from(position), u64::from(header.size));
                    let segment_base_offset = segment.base_offset();
                    Some(bytes.map_err(LogError::from).map(|bytes| LogBatch {
                        segment_base_offset,
                        position,
                        bytes: bytes.into(),
                    }))
                }
                Err(error) => Some(Err(error)),
            })
        })
    }

    /// The base offset of the segment that `offset` belongs to; the first one's if it lies before all.
    pub(super) fn floor_base_offset(&self, offset: Offset) -> Offset {
        self.segments
            .range(..=offset)
            .next_back()
            .or_else(|| self.segments.first_key_value())
            .map_or(0, |(base, _)| *base)
    }

    /// The base offset of the segment behind the one that begins at `base_offset`.
    pub(super) fn next_base_offset(&self, base_offset: Offset) -> Option<Offset> {
        self.segments.range(base_offset + 1..).next().map(|(next, _)| *next)
    }

    /// The segment that `offset` belongs to and those behind it.
    pub(super) fn segments_from(&self, offset: Offset) -> impl Iterator<Item = &LogSegment> {
        self.segments.range(self.floor_base_offset(offset)..).map(|(_, segment)| segment.as_ref())
    }

    /// Begins a new segment at the log end, or at `expected_next_offset` if that lies behind it: the next record goes
    /// there. The one before is sealed; that it is flushed is left for later. Says the new base offset.
    pub fn roll(
        &mut self,
        disk: &mut Disk,
        expected_next_offset: Option<Offset>,
        now_ms: i64,
    ) -> Result<Offset, LogError> {
        let base_offset = self.log_end_offset.max(expected_next_offset.unwrap_or(0));
        let active = self.active_segment();
        if active.base_offset() == base_offset {
            // Happens to an empty segment only; Kafka too replaces it by another empty one.
            assert_eq!(active.size(), 0, "a segment that holds records begins before the log end");
            self.delete_segment_files(disk, &[base_offset], false, now_ms)?;
        } else {
            self.active_segment_mut().on_become_inactive_segment(disk)?;
        }
        self.create_segment(disk, base_offset, now_ms)?;
        // The snapshot bears the new segment's base offset, even if the records before it end earlier.
        self.producer_state.update_map_end_offset(base_offset);
        self.producer_state.take_snapshot(disk, false)?;
        self.schedule_flush(base_offset, now_ms);
        Ok(base_offset)
    }

    /// Begins an empty segment.
    pub(super) fn create_segment(&mut self, disk: &mut Disk, base_offset: Offset, now_ms: i64) -> Result<(), LogError> {
        let roll_jitter_ms = self.config.random_segment_jitter(&mut self.rng);
        let (dir, config) = (&self.dir, &self.config);
        let params = SegmentParams { dir, base_offset, file_suffix: "", config, roll_jitter_ms, now_ms };
        let segment = LogSegment::create(disk, params)?;
        self.segments.insert(base_offset, Rc::new(segment));
        Ok(())
    }

    /// Brings everything before `offset` to the platter, by whole segments.
    pub fn flush(&mut self, disk: &mut Disk, offset: Offset, now_ms: i64) -> Result<(), LogError> {
        // It may have been asked for before the log was cut.
        let offset = offset.min(self.log_end_offset);
        if offset <= self.recovery_point {
            return Ok(());
        }
        let first = self.floor_base_offset(self.recovery_point);
        for segment in self.segments.range(first..offset).map(|(_, segment)| segment) {
            segment.flush(disk)?;
        }
        self.recovery_point = offset;
        self.last_flush_ms = now_ms;
        Ok(())
    }

    /// Brings all of it to the platter if that was last done `flush.ms` ago.
    pub fn flush_if_due(&mut self, disk: &mut Disk, now_ms: i64) -> Result<(), LogError> {
        if now_ms.saturating_sub(self.last_flush_ms) < self.config.flush_ms {
            return Ok(());
        }
        self.flush(disk, self.log_end_offset, now_ms)
    }

    /// Closes the log in good order: all of it is on the platter, the indexes are complete, and a snapshot of the
    /// producers lies at its end.
    pub fn close(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        self.producer_state.take_snapshot(disk, true)?;
        self.active_segment_mut().on_become_inactive_segment(disk)?;
        self.active_segment().flush(disk)?;
        self.flush(disk, self.log_end_offset, self.last_flush_ms)
    }

    /// Takes the log out of use because its partition is no more: its folder gets a name that says so, which `unique_id`
    /// keeps apart from others. Says the new path; whoever owns the log removes it `file.delete.delay.ms` later.
    pub fn mark_for_deletion(self, disk: &mut Disk, unique_id: &str) -> Result<Rc<str>, LogError> {
        let parent = self.dir.rsplit_once('/').map_or("", |(parent, _)| parent);
        let name = log_dir_name_with_suffix(&self.topic_partition, unique_id, DELETE_DIR_SUFFIX);
        let dir = format!("{parent}/{name}");
        rename_dir(disk, &self.dir, &dir)?;
        Ok(dir.into())
    }

    /// Removes the log with all its files.
    pub fn delete(self, disk: &mut Disk) -> Result<(), LogError> {
        Ok(disk.delete_dir(&self.dir)?)
    }

    pub(super) fn epoch_cache_path(dir: &str) -> String {
        format!("{dir}/{LEADER_EPOCH_CHECKPOINT}")
    }
}
