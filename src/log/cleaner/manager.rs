//! Which log is cleaned next, and where each one's last round ended: Kafka's `LogCleanerManager`.
//!
//! Where the clean part of each log ends is kept in the file `cleaner-offset-checkpoint` of the log directory, and read
//! from there each time. If a log is cut, or its start moves, the checkpoint may point outside of it: it is set back with
//! the truncation, and to the log start when the cleaner next looks at it.
//!
//! A round takes a while. If its log is cut meanwhile, the round is aborted: what it has read may be gone. A log whose
//! cleaning fails (because a segment is damaged, say) is left alone from then on, until the broker starts again; the
//! others go on being cleaned.
//!
//! Left out: the state *paused*, by which Kafka keeps retention and the cleaner, two threads, off one another's logs. Here
//! neither is ever in the middle of a change when the other begins.

use super::LogToClean;
use crate::base::{Map, Offset, Set, TopicPartition};
use crate::disk::Disk;
use crate::log::{LogError, UnifiedLog, read_offsets, write_offsets};
use std::rc::Rc;

/// Where the clean part of each log of a log directory ends.
pub const CLEANER_OFFSET_CHECKPOINT: &str = "cleaner-offset-checkpoint";

/// How far a round is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogCleaningState {
    /// It goes on.
    InProgress,
    /// Its log was cut; it will come to nothing.
    Aborted,
}

/// A round that was begun and is not done yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cleaning {
    /// The partition whose log is cleaned.
    pub partition: TopicPartition,
    /// What there was to clean when it began.
    pub to_clean: LogToClean,
    /// When it began, in Unix ms.
    pub started_ms: i64,
    /// How far it is.
    pub state: LogCleaningState,
}

/// The cleaner's account of the logs of one log directory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogCleanerManager {
    checkpoint: Rc<str>,
    in_progress: Option<Cleaning>,
    uncleanable: Set<TopicPartition>,
}

impl LogCleanerManager {
    /// The account of the logs in the folder `log_dir`; nothing is under way.
    #[must_use]
    pub fn new(log_dir: &str) -> Self {
        let checkpoint = format!("{log_dir}/{CLEANER_OFFSET_CHECKPOINT}").into();
        Self { checkpoint, in_progress: None, uncleanable: Set::new() }
    }

    /// The round that is under way.
    #[must_use]
    pub fn in_progress(&self) -> Option<&Cleaning> {
        self.in_progress.as_ref()
    }

    /// The partitions that are left alone because cleaning them failed.
    #[must_use]
    pub fn uncleanable_partitions(&self) -> &Set<TopicPartition> {
        &self.uncleanable
    }

    /// Where the last round of each log ended. A file that cannot be read counts as empty: the logs are cleaned from
    /// their start again, which costs time and nothing else.
    #[must_use]
    pub fn all_cleaner_checkpoints(&self, disk: &Disk) -> Map<TopicPartition, Offset> {
        read_offsets(disk, &self.checkpoint).unwrap_or_default()
    }

    /// Chooses the log of which the largest share is dirty, among those that are due, and begins a round over it.
    pub fn grab_filthiest_compacted_log<'a>(
        &mut self,
        logs: impl Iterator<Item = &'a UnifiedLog> + Clone,
        disk: &mut Disk,
        now_ms: i64,
    ) -> Result<Option<Cleaning>, LogError> {
        let mut checkpoints = self.all_cleaner_checkpoints(disk);
        let mut filthiest: Option<(&UnifiedLog, LogToClean)> = None;
        let mut updated = false;
        for log in logs.clone().filter(|log| self.is_cleanable(log)) {
            let to_clean = LogToClean::new(log, checkpoints.get(log.topic_partition()).copied(), now_ms);
            if to_clean.force_update_checkpoint {
                checkpoints.insert(log.topic_partition().clone(), to_clean.first_dirty_offset);
                updated = true;
            }
            let due = to_clean.is_due(log.config().min_cleanable_dirty_ratio);
            if due && filthiest.is_none_or(|(_, other)| to_clean.is_filthier_than(&other)) {
                filthiest = Some((log, to_clean));
            }
        }
        if updated {
            self.write_checkpoints(checkpoints, logs, disk)?;
        }
        self.in_progress = filthiest.map(|(log, to_clean)| Cleaning {
            partition: log.topic_partition().clone(),
            to_clean,
            started_ms: now_ms,
            state: LogCleaningState::InProgress,
        });
        Ok(self.in_progress.clone())
    }

    /// Whether a log is the cleaner's to clean.
    #[must_use]
    pub fn is_cleanable(&self, log: &UnifiedLog) -> bool {
        log.config().cleanup_policy.compact && !self.uncleanable.contains(log.topic_partition())
    }

    /// The round that was under way is over. It is handed back if it was not aborted.
    pub fn take_cleaning(&mut self) -> Option<Cleaning> {
        self.in_progress.take().filter(|cleaning| cleaning.state == LogCleaningState::InProgress)
    }

    /// Remembers where a round ended. Partitions that are no longer among `logs` are forgotten.
    pub fn done_cleaning<'a>(
        &self,
        partition: &TopicPartition,
        end_offset: Offset,
        logs: impl Iterator<Item = &'a UnifiedLog>,
        disk: &mut Disk,
    ) -> Result<(), LogError> {
        let mut checkpoints = self.all_cleaner_checkpoints(disk);
        checkpoints.insert(partition.clone(), end_offset);
        self.write_checkpoints(checkpoints, logs, disk)
    }

    /// A log was cut, whose active segment began at `active_before`. If that segment is gone, a round over the log is
    /// aborted, and its checkpoint goes back to the start of what is the active segment now if it lies behind that.
    pub fn on_truncated(&mut self, log: &UnifiedLog, active_before: Offset, disk: &mut Disk) -> Result<(), LogError> {
        let (partition, offset) = (log.topic_partition(), log.active_segment().base_offset());
        if offset == active_before {
            return Ok(());
        }
        if let Some(cleaning) = self.in_progress.as_mut().filter(|cleaning| cleaning.partition == *partition) {
            cleaning.state = LogCleaningState::Aborted;
        }
        if !log.config().cleanup_policy.compact {
            return Ok(());
        }
        let mut checkpoints = self.all_cleaner_checkpoints(disk);
        match checkpoints.get_mut(partition) {
            Some(checkpoint) if *checkpoint > offset => *checkpoint = offset,
            _ => return Ok(()),
        }
        write_offsets(disk, &self.checkpoint, &checkpoints)
    }

    /// Leaves a partition alone from now on.
    pub fn mark_partition_uncleanable(&mut self, partition: TopicPartition) {
        self.uncleanable.insert(partition);
    }

    /// Forgets partitions that are no longer there.
    pub fn maintain_uncleanable_partitions(&mut self, exists: impl Fn(&TopicPartition) -> bool) {
        self.uncleanable.retain(exists);
    }

    fn write_checkpoints<'a>(
        &self,
        mut checkpoints: Map<TopicPartition, Offset>,
        logs: impl Iterator<Item = &'a UnifiedLog>,
        disk: &mut Disk,
    ) -> Result<(), LogError> {
        let known: Set<_> = logs.map(UnifiedLog::topic_partition).collect();
        checkpoints.retain(|partition, _| known.contains(partition));
        write_offsets(disk, &self.checkpoint, &checkpoints)
    }
}
