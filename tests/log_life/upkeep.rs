//! What takes from a log in its life: retention and the cleaner.

use crate::checks;
use crate::life::Life;
use kafkascope::base::Offset;
use kafkascope::log::cleaner::{OffsetMapSize, plan};
use kafkascope::log::{DeletedSegment, DeletionReason};

impl Life {
    /// Retention takes whole segments from the front, each for a reason, and stops where none is left.
    pub(crate) fn retain(&mut self) {
        let before = self.sizes();
        let deleted = self.log.delete_old_segments(&mut self.disk, self.now_ms).expect("deleted");
        self.say(format!("retention takes {:?}", deleted.iter().map(|it| it.base_offset).collect::<Vec<_>>()));
        for (segment, (base, size)) in deleted.iter().zip(&before) {
            assert_eq!((segment.base_offset, segment.size), (*base, *size), "they go in order");
            assert!(segment.end_offset <= self.model.high_watermark, "what is not committed stays");
            self.assert_reason(segment, before.iter().filter(|(it, _)| it >= base).map(|(_, size)| size).sum());
        }
        if let Some(last) = deleted.last() {
            self.model.start = self.model.start.max(last.end_offset);
            self.model.farthest_start = self.model.farthest_start.max(self.model.start);
            self.model.first_segment = last.end_offset;
        }
        assert_eq!(self.log.plan_retention(self.now_ms), [], "nothing more is to go");
    }

    /// Base offset and size of each segment.
    fn sizes(&self) -> Vec<(Offset, u32)> {
        self.log.segments().map(|segment| (segment.base_offset(), segment.size())).collect()
    }

    /// Whether a segment goes for good reason, when it and all behind it have `size` bytes.
    fn assert_reason(&self, segment: &DeletedSegment, size: u32) {
        let (config, model) = (self.log.config(), &self.model);
        match segment.reason {
            DeletionReason::LogStartOffset => assert!(segment.end_offset <= model.start, "{segment:?}"),
            DeletionReason::RetentionSize => {
                let rest = i64::from(size) - i64::from(segment.size);
                assert!(config.cleanup_policy.delete && rest >= config.retention_bytes, "{segment:?}");
            }
            DeletionReason::RetentionTime => {
                let inside = model.batches.iter().filter(|it| segment.base_offset <= it.base);
                let inside = inside.filter(|it| it.base < segment.end_offset);
                // A record that the cleaner took says no more, nor does a time index that was not flushed.
                let unknown = config.cleanup_policy.compact || model.lost_power;
                let old = |at: i64| self.now_ms - at > config.retention_ms;
                let youngest = inside.map(|it| it.max_timestamp).max();
                assert!(config.cleanup_policy.delete && (unknown || youngest.is_none_or(old)), "{segment:?}");
            }
        }
    }

    /// A round of the cleaner, if it finds one to be due: with appends while it goes on, and now and then an end in the middle.
    pub(crate) fn clean(&mut self) {
        if !self.log.config().cleanup_policy.compact {
            return;
        }
        let logs = std::iter::once(&self.log);
        let grabbed = self.cleaner.grab_filthiest_compacted_log(logs, &mut self.disk, self.now_ms);
        let Some(cleaning) = grabbed.expect("read") else { return };
        let plan = plan(&self.log, &self.disk, &cleaning.to_clean, OffsetMapSize::default(), cleaning.started_ms);
        let plan = plan.expect("planned");
        self.say(format!("clean {} to {}", plan.first_dirty_offset, plan.next_dirty_offset));
        assert!(plan.next_dirty_offset <= self.model.high_watermark, "what is not decided is left alone");
        for _ in 0..self.rng.below(3) {
            self.append();
        }
        let to = plan.next_dirty_offset;
        self.model.see_round(to, plan.now_ms);
        let breaks_off = self.rng.below(4) == 0;
        let mut moments = Vec::new();
        let mut watch = |disk: &kafkascope::disk::Disk| {
            if breaks_off {
                moments.push(disk.clone());
            }
        };
        self.log.apply_cleaning_watched(&mut self.disk, &plan, &mut watch).expect("cleaned");
        if breaks_off && !moments.is_empty() {
            return self.break_off(moments);
        }
        let cleaning = self.cleaner.take_cleaning().expect("nothing has aborted it");
        let logs = std::iter::once(&self.log);
        self.cleaner.done_cleaning(&cleaning.partition, to, logs, &mut self.disk).expect("written");
        checks::clean_part(&self.log, &self.disk, &self.model, to);
    }

    /// The round ends at one of the moments that it went through, with the process or the whole machine.
    fn break_off(&mut self, mut moments: Vec<kafkascope::disk::Disk>) {
        let at = self.rng.below(moments.len() as u64) as usize;
        self.disk = moments.swap_remove(at);
        match self.rng.below(2) {
            0 => self.crash(),
            _ => self.lose_power(),
        }
    }
}
