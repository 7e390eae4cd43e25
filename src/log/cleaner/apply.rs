//! Carrying out a round: the second half of Kafka's `Cleaner`, and `replaceSegments`.
//!
//! A broker may die at any moment, so the files change hands in an order that never leaves a doubt. The cleaned segment
//! is written under names that end in `.cleaned`, and flushed. Then they are renamed to `.swap`, the old files to
//! `.deleted`, and at last the `.swap` loses its suffix. A broker that starts and finds a `.cleaned` throws it away, and
//! with it any `.swap` of the same segment: the old files are all there. If it finds a `.swap` and no `.cleaned`, the
//! new segment is complete: what it replaces goes, and it gets its name.

use super::plan::{CleaningPlan, SegmentGroup};
use crate::disk::Disk;
use crate::log::files::{CLEANED_FILE_SUFFIX, SWAP_FILE_SUFFIX, delete_if_exists};
use crate::log::{LogError, UnifiedLog};
use std::rc::Rc;

impl UnifiedLog {
    /// Carries out `plan`. It must have been made for this log as it is now, or for an earlier state of it of which the
    /// segments that the plan names are left as they were.
    pub fn apply_cleaning(&mut self, disk: &mut Disk, plan: &CleaningPlan) -> Result<(), LogError> {
        self.apply_cleaning_watched(disk, plan, &mut |_| {})
    }

    /// The same; `watch` sees the disk after each change of it: every moment in which a broker may die.
    pub fn apply_cleaning_watched(
        &mut self,
        disk: &mut Disk,
        plan: &CleaningPlan,
        watch: &mut dyn FnMut(&Disk),
    ) -> Result<(), LogError> {
        for group in &plan.groups {
            self.check_sources(group)?;
        }
        for group in &plan.groups {
            self.write_cleaned(disk, group, watch)?;
            self.replace_segments(disk, plan.now_ms, group, watch)?;
        }
        Ok(())
    }

    /// A round that was overtaken, by a truncation or a deletion, must not touch the log any more.
    fn check_sources(&self, group: &SegmentGroup) -> Result<(), LogError> {
        let active = self.active_segment().base_offset();
        for (base_offset, size) in &group.sources {
            let same = self.segments.get(base_offset).is_some_and(|segment| segment.size() == *size);
            if !same || *base_offset == active {
                return Err(LogError::CleaningAborted { base_offset: *base_offset });
            }
        }
        Ok(())
    }

    fn write_cleaned(
        &self,
        disk: &mut Disk,
        group: &SegmentGroup,
        watch: &mut dyn FnMut(&Disk),
    ) -> Result<(), LogError> {
        let youngest = group.sources.last().and_then(|(base_offset, _)| self.segments.get(base_offset));
        let modified = youngest.map(|segment| disk.stat(segment.path())).transpose()?.map(|stat| stat.mtime);
        for (path, content) in &group.files {
            let path = format!("{path}{CLEANED_FILE_SUFFIX}");
            delete_if_exists(disk, &path)?;
            disk.create(&path)?;
            watch(disk);
            disk.append(&path, content)?;
            watch(disk);
        }
        for (path, _) in &group.files {
            let path = format!("{path}{CLEANED_FILE_SUFFIX}");
            disk.fsync(&path)?;
            if let Some(modified) = modified {
                disk.set_mtime(&path, modified)?;
            }
            watch(disk);
        }
        Ok(())
    }

    fn replace_segments(
        &mut self,
        disk: &mut Disk,
        now_ms: i64,
        group: &SegmentGroup,
        watch: &mut dyn FnMut(&Disk),
    ) -> Result<(), LogError> {
        rename_all(disk, group, CLEANED_FILE_SUFFIX, SWAP_FILE_SUFFIX, watch)?;
        let cleaned = &group.cleaned;
        for (base_offset, _) in &group.sources {
            self.segments.remove(base_offset);
            // What is known of producers at the start of a segment that is no more is of no use.
            let snapshots = *base_offset != cleaned.base_offset();
            self.delete_segment_files(disk, &[*base_offset], snapshots, now_ms)?;
            watch(disk);
        }
        self.segments.insert(cleaned.base_offset(), Rc::new(cleaned.clone()));
        rename_all(disk, group, SWAP_FILE_SUFFIX, "", watch)
    }
}

fn rename_all(
    disk: &mut Disk,
    group: &SegmentGroup,
    from: &str,
    to: &str,
    watch: &mut dyn FnMut(&Disk),
) -> Result<(), LogError> {
    for (path, _) in &group.files {
        disk.rename(&format!("{path}{from}"), &format!("{path}{to}"))?;
        watch(disk);
    }
    Ok(())
}
