//! Cutting a log: what a follower does with records that its leader does not have.

use super::producer_state::{ProducerStateManager, Rebuild, rebuild_producer_state};
use super::{LogError, LogSegment, UnifiedLog};
use crate::base::Offset;
use crate::disk::Disk;
use std::rc::Rc;

impl UnifiedLog {
    /// Cuts the log so that it ends at `offset`; says whether that cut anything. A batch is dropped whole, so the bytes
    /// may end before the offset does. `now_ms` is the broker's clock.
    ///
    /// # Panics
    /// If `offset` is negative.
    pub fn truncate_to(&mut self, disk: &mut Disk, offset: Offset, now_ms: i64) -> Result<bool, LogError> {
        assert!(offset >= 0, "a log cannot end at {offset}");
        if offset >= self.log_end_offset {
            // The term of a leader that never wrote a record may begin at the log end; it is dropped all the same.
            self.leader_epoch_cache.truncate_from_end(disk, self.log_end_offset)?;
            return Ok(false);
        }
        if self.segments.first_key_value().is_some_and(|(base_offset, _)| *base_offset > offset) {
            self.truncate_fully_and_start_at(disk, offset, now_ms)?;
            return Ok(true);
        }
        for segment in self.segments.split_off(&(offset + 1)).values() {
            delete_files(disk, segment, &mut self.producer_state)?;
        }
        self.active_segment_mut().truncate_to(disk, offset)?;
        self.leader_epoch_cache.truncate_from_end(disk, offset)?;
        self.set_log_end_offset(offset);
        self.log_start_offset = self.log_start_offset.min(offset);
        self.rebuild_producer_state(disk, offset, now_ms)?;
        if self.high_watermark >= offset {
            self.update_high_watermark(offset);
        }
        Ok(true)
    }

    /// Drops everything and starts again, empty, at `offset`. `now_ms` is the broker's clock.
    pub fn truncate_fully_and_start_at(
        &mut self,
        disk: &mut Disk,
        offset: Offset,
        now_ms: i64,
    ) -> Result<(), LogError> {
        for segment in std::mem::take(&mut self.segments).values() {
            delete_files(disk, segment, &mut self.producer_state)?;
        }
        let segment = LogSegment::create(disk, &self.dir, offset, &self.config)?;
        self.segments.insert(offset, Rc::new(segment));
        self.leader_epoch_cache.clear(disk)?;
        self.producer_state.truncate_fully_and_start_at(disk, offset)?;
        self.set_log_end_offset(offset);
        self.log_start_offset = offset;
        self.rebuild_producer_state(disk, offset, now_ms)?;
        self.update_high_watermark(offset);
        Ok(())
    }

    fn rebuild_producer_state(&mut self, disk: &mut Disk, last_offset: Offset, now_ms: i64) -> Result<(), LogError> {
        let log = Rebuild {
            segments: &self.segments,
            log_start_offset: self.log_start_offset,
            last_offset,
            after_clean_shutdown: false,
            now_ms,
        };
        rebuild_producer_state(&mut self.producer_state, disk, log)
    }

    fn set_log_end_offset(&mut self, offset: Offset) {
        self.log_end_offset = offset;
        self.recovery_point = self.recovery_point.min(offset);
    }
}

/// Removes the files of a segment that is no part of its log any more, and the snapshot that was taken when it began.
pub(super) fn delete_files(
    disk: &mut Disk,
    segment: &LogSegment,
    producers: &mut ProducerStateManager,
) -> Result<(), LogError> {
    for path in segment.files() {
        if disk.exists(path) {
            disk.delete(path)?;
        }
    }
    if let Some(snapshot) = producers.remove_and_mark_snapshot_for_deletion(disk, segment.base_offset()) {
        disk.delete(&snapshot)?;
    }
    Ok(())
}
