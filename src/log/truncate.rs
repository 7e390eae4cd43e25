//! Cutting a log: what a follower does with records that its leader does not have.

use super::producer_state::{Rebuild, rebuild_producer_state};
use super::{LogError, UnifiedLog};
use crate::base::Offset;
use crate::disk::Disk;

impl UnifiedLog {
    /// Cuts the log so that it ends at `offset`; says whether that cut anything. A batch is dropped whole, so the bytes
    /// may end before the offset does.
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
        let dropped: Vec<Offset> = self.segments.split_off(&(offset + 1)).keys().copied().collect();
        self.delete_segment_files(disk, &dropped, true, now_ms)?;
        self.active_segment_mut().truncate_to(disk, offset, now_ms)?;
        self.leader_epoch_cache.truncate_from_end(disk, offset)?;
        self.set_log_end_offset(offset);
        self.log_start_offset = self.log_start_offset.min(offset);
        self.rebuild_producer_state(disk, offset, now_ms)?;
        // Also tells the producers anew which markers are safe.
        self.update_high_watermark(self.high_watermark.min(offset));
        Ok(true)
    }

    /// Drops everything and starts again, empty, at `offset`.
    pub fn truncate_fully_and_start_at(
        &mut self,
        disk: &mut Disk,
        offset: Offset,
        now_ms: i64,
    ) -> Result<(), LogError> {
        let dropped: Vec<Offset> = std::mem::take(&mut self.segments).keys().copied().collect();
        self.delete_segment_files(disk, &dropped, true, now_ms)?;
        self.create_segment(disk, offset, now_ms)?;
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
