//! What a log leaves for later.
//!
//! Two things do not happen in the moment in which a log decides them; Kafka hands them to the threads of its scheduler.
//! A sealed segment is brought to the platter by `flush-log`, a moment after the roll, so that no producer waits for the
//! disk. And a file that is out of use is only renamed at first, `….deleted`; `delete-file` removes it
//! `file.delete.delay.ms` later, when whoever was reading it has long finished.
//!
//! A log keeps these tasks with the moments at which they are due, and whoever owns it lets [`UnifiedLog::run_due_tasks`]
//! carry them out. They live in memory only. What a crash keeps from being done is made up for when the log is opened
//! again: a segment that was not flushed lies behind the recovery point and is read through, a `.deleted` file is removed.

use super::files::{
    DELETED_FILE_SUFFIX, PRODUCER_SNAPSHOT_SUFFIX, change_file_suffixes, delete_if_exists, segment_file,
    suffixed_segment_file,
};
use super::{LogConfig, LogError, UnifiedLog};
use crate::base::Offset;
use crate::disk::Disk;
use std::rc::Rc;

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LogTask {
    /// `flush-log`: everything before this offset is to go to the platter.
    Flush {
        /// The base offset of the segment behind the sealed one.
        offset: Offset,
    },
    /// `delete-file`: these files are to be removed.
    DeleteFiles {
        /// Their paths.
        paths: Vec<Rc<str>>,
    },
}

/// What is to be done, and when.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ScheduledTask {
    /// From when on, on the broker's clock, in Unix milliseconds.
    pub due_ms: i64,
    /// What.
    pub task: LogTask,
}

impl UnifiedLog {
    /// What it has left for later, in the order in which it was decided.
    #[must_use]
    pub fn scheduled_tasks(&self) -> &[ScheduledTask] {
        &self.tasks
    }

    /// When the next of its tasks is due, in Unix milliseconds.
    #[must_use]
    pub fn next_task_due_ms(&self) -> Option<i64> {
        self.tasks.iter().map(|task| task.due_ms).min()
    }

    /// Does what is due.
    pub fn run_due_tasks(&mut self, disk: &mut Disk, now_ms: i64) -> Result<(), LogError> {
        let (due, later) = std::mem::take(&mut self.tasks).into_iter().partition(|task| task.due_ms <= now_ms);
        self.tasks = later;
        let due: Vec<ScheduledTask> = due;
        for ScheduledTask { task, .. } in due {
            match task {
                LogTask::Flush { offset } => {
                    self.producer_state.flush_snapshot(disk, offset)?;
                    self.flush(disk, offset, now_ms)?;
                }
                LogTask::DeleteFiles { paths } => {
                    for path in paths {
                        delete_if_exists(disk, &path)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn schedule_flush(&mut self, offset: Offset, now_ms: i64) {
        self.tasks.push(ScheduledTask { due_ms: now_ms, task: LogTask::Flush { offset } });
    }

    /// Marks the files of segments that are out of use and lets them be removed later; `snapshots` says whether the
    /// producer snapshots of the same offsets go with them.
    pub(super) fn delete_segment_files(
        &mut self,
        disk: &mut Disk,
        base_offsets: &[Offset],
        snapshots: bool,
        now_ms: i64,
    ) -> Result<(), LogError> {
        let task = mark_deleted(disk, &self.dir, base_offsets, snapshots, &self.config, now_ms)?;
        if snapshots {
            self.producer_state.forget_snapshots(base_offsets);
        }
        self.tasks.extend(task);
        Ok(())
    }
}

/// Puts `.deleted` behind the names of segments' files, and of producer snapshots if `snapshots` says so. What remains
/// to be done then, if there were any files.
pub(super) fn mark_deleted(
    disk: &mut Disk,
    dir: &str,
    base_offsets: &[Offset],
    snapshots: bool,
    config: &LogConfig,
    now_ms: i64,
) -> Result<Option<ScheduledTask>, LogError> {
    let mut paths = Vec::new();
    for base_offset in base_offsets {
        paths.extend(change_file_suffixes(disk, dir, *base_offset, "", DELETED_FILE_SUFFIX)?);
        let snapshot = segment_file(dir, *base_offset, PRODUCER_SNAPSHOT_SUFFIX);
        if snapshots && disk.exists(&snapshot) {
            let marked = suffixed_segment_file(dir, *base_offset, PRODUCER_SNAPSHOT_SUFFIX, DELETED_FILE_SUFFIX);
            disk.rename(&snapshot, &marked)?;
            paths.push(marked);
        }
    }
    let due_ms = now_ms.saturating_add(config.file_delete_delay_ms);
    Ok((!paths.is_empty()).then_some(ScheduledTask { due_ms, task: LogTask::DeleteFiles { paths } }))
}
