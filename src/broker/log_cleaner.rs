//! Compaction in the background (Kafka's `LogCleaner` and its thread).
//!
//! The cleaner looks for the filthiest log that is due, cleans it, and looks again at once; when nothing is due it sleeps
//! for `log.cleaner.backoff.ms`. It also lets compacted logs delete what lies before their start and, with
//! `cleanup.policy=compact,delete`, what is too old: of other logs the log manager does so.
//!
//! A round takes time: it ends when the disk has read what it is about, at no more than
//! `log.cleaner.io.max.bytes.per.second`, and the cleaner looks for the next one when what it wrote is on the platter. No
//! client waits for any of that, but for a disk that is busy with it. Whatever happens to the log in between, the round
//! cleans what it set out to clean, or is aborted.
//!
//! Left out: more than one thread (`log.cleaner.threads`).

use super::{Broker, BrokerTimer, Fx, LOG_DIR, Partition};
use crate::base::{Map, Offset, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::cleaner::{CleanerStats, Cleaning, LogCleanerManager, OffsetMapSize, plan};
use crate::log::{LogError, UnifiedLog};
use crate::trace::TraceKind;
use std::rc::Rc;

/// A broker's cleaner.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogCleaner {
    /// Which logs it cleans, and where their last rounds ended.
    pub manager: LogCleanerManager,
    /// The last round of each log since the process began.
    pub last_runs: Map<TopicPartition, CleanerRun>,
}

/// A round that is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CleanerRun {
    /// When it was done.
    pub at: SimTime,
    /// Where the dirty part began.
    pub from: Offset,
    /// Where the clean part ends now.
    pub to: Offset,
    /// The size of the segments that were cleaned, before and after.
    pub bytes: (u64, u64),
    /// How many records they held, before and after.
    pub records: (u64, u64),
    /// Kafka's own numbers.
    pub stats: CleanerStats,
}

impl LogCleaner {
    pub(super) fn new() -> Self {
        Self { manager: LogCleanerManager::new(LOG_DIR), last_runs: Map::new() }
    }
}

impl Broker {
    /// Its cleaner.
    #[must_use]
    pub fn log_cleaner(&self) -> &LogCleaner {
        &self.log_cleaner
    }

    /// The cleaner wakes up: it ends the round that is under way and begins the next, until there is something to wait for.
    pub(super) fn run_log_cleaner(&mut self, disk: &mut Disk, fx: &mut Fx) {
        if !self.config.cleaner.enable {
            return;
        }
        loop {
            let mut wait = self.finish_cleaning(disk, fx);
            self.delete_old_segments_of_compacted_logs(disk, fx);
            if wait == SimTime::ZERO {
                // Even a cleaner that needs no sleep lets some time pass.
                let sleep = SimTime::from_ms(self.config.cleaner.backoff_ms.max(1).into());
                wait = self.begin_cleaning(disk, fx).unwrap_or(sleep);
            }
            if wait > SimTime::ZERO {
                return fx.timer(wait, BrokerTimer::LogCleaner);
            }
        }
    }

    /// Chooses a log and begins a round over it; says how long reading takes. None if no log is due.
    fn begin_cleaning(&mut self, disk: &mut Disk, fx: &mut Fx) -> Option<SimTime> {
        let logs = self.partitions.values().map(|partition| &partition.log);
        let manager = &mut self.log_cleaner.manager;
        if !logs.clone().any(|log| manager.is_cleanable(log)) {
            return None;
        }
        let now_ms = fx.wall_clock_ms();
        let grabbed = disk.in_background(|disk| manager.grab_filthiest_compacted_log(logs, disk, now_ms));
        let Cleaning { partition, to_clean, .. } = self.online(grabbed)??;
        let log = &self.partitions.get(&partition)?.log;
        let read = disk.in_background(|disk| to_clean.touch(log, disk)).map_err(LogError::from);
        self.online(read)?;
        Some(self.io_time(to_clean.total_bytes() + to_clean.cleanable_bytes, disk, fx.now))
    }

    /// Ends the round that is under way, if there is one; says how long writing takes.
    fn finish_cleaning(&mut self, disk: &mut Disk, fx: &mut Fx) -> SimTime {
        let Some(cleaning) = self.log_cleaner.manager.take_cleaning() else { return SimTime::ZERO };
        let Some(partition) = self.partitions.get_mut(&cleaning.partition) else { return SimTime::ZERO };
        match clean(&mut Rc::make_mut(partition).log, disk, &cleaning, self.config.cleaner.offset_map, fx.now) {
            Ok(run) => self.on_cleaned(cleaning.partition, run, disk, fx),
            // Overtaken by a truncation, or by the failure of the disk: neither is the log's fault.
            Err(error @ (LogError::CleaningAborted { .. } | LogError::Disk(_))) => {
                self.maybe_add_offline_log_dir(&error);
                SimTime::ZERO
            }
            Err(error) => {
                let partition = cleaning.partition;
                self.log_cleaner.manager.mark_partition_uncleanable(partition.clone());
                fx.trace(TraceKind::CleaningFailed { partition, why: error.to_string().into() });
                SimTime::ZERO
            }
        }
    }

    fn on_cleaned(&mut self, partition: TopicPartition, run: CleanerRun, disk: &mut Disk, fx: &mut Fx) -> SimTime {
        let logs = self.partitions.values().map(|partition| &partition.log);
        let manager = &self.log_cleaner.manager;
        let done = disk.in_background(|disk| manager.done_cleaning(&partition, run.to, logs, disk));
        self.online(done);
        let partitions = &self.partitions;
        self.log_cleaner.manager.maintain_uncleanable_partitions(|partition| partitions.contains_key(partition));
        self.log_cleaner.last_runs.insert(partition.clone(), run);
        self.schedule_log_tasks(&partition, fx);
        let CleanerRun { from, to, bytes, records, .. } = run;
        fx.trace(TraceKind::LogCleaned { partition, from, to, bytes, records });
        self.io_time(run.stats.bytes_written, disk, fx.now)
    }

    /// Lets compacted logs delete what lies before their start and, if their topic says so, what is too old.
    fn delete_old_segments_of_compacted_logs(&mut self, disk: &mut Disk, fx: &mut Fx) {
        let now_ms = fx.wall_clock_ms();
        let manager = &self.log_cleaner.manager;
        let due = |partition: &Rc<Partition>| {
            manager.is_cleanable(&partition.log) && !partition.log.plan_retention(now_ms).is_empty()
        };
        let due: Vec<_> = self.partitions.iter().filter(|(_, it)| due(it)).map(|(tp, _)| tp.clone()).collect();
        for tp in due {
            let deleted = disk.in_background(|disk| self.delete_old_segments(&tp, disk, fx));
            self.online(deleted);
        }
    }

    /// A log was cut, whose active segment began at `active_before`. What will come where something was cut away is on no platter yet: the
    /// recovery point has to say so before a machine dies (`LogManager.truncateTo`).
    pub(super) fn on_log_truncated(&mut self, tp: &TopicPartition, active_before: Offset, disk: &mut Disk) {
        let checkpointed = self.checkpoint_recovery_points(disk);
        self.online(checkpointed);
        if let Some(partition) = self.partitions.get(tp) {
            let set_back = self.log_cleaner.manager.on_truncated(&partition.log, active_before, disk);
            self.online(set_back);
        }
    }

    /// How long reading or writing takes that the disk has just been asked for.
    fn io_time(&self, bytes: u64, disk: &Disk, now: SimTime) -> SimTime {
        let throttled = match self.config.cleaner.io_max_bytes_per_second {
            None => SimTime::ZERO,
            Some(rate) => SimTime(bytes.saturating_mul(1_000_000) / rate.max(1)),
        };
        throttled.max(disk.busy_until().since(now))
    }
}

/// Cleans `log` as the round `cleaning` set out to.
fn clean(
    log: &mut UnifiedLog,
    disk: &mut Disk,
    cleaning: &Cleaning,
    map: OffsetMapSize,
    now: SimTime,
) -> Result<CleanerRun, LogError> {
    let plan = plan(log, disk, &cleaning.to_clean, map, cleaning.started_ms)?;
    disk.in_background(|disk| log.apply_cleaning(disk, &plan))?;
    let bytes = (plan.size_before(), plan.size_after());
    let records = (plan.records_before(), plan.records_after());
    let (from, to) = (plan.first_dirty_offset, plan.next_dirty_offset);
    Ok(CleanerRun { at: now, from, to, bytes, records, stats: plan.stats })
}
