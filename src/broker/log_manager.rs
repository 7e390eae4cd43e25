//! What a broker does with its logs as time goes by (Kafka's `LogManager`).
//!
//! When it has caught up with the metadata log for the first time it opens the logs that an earlier process left: their
//! settings are known by then, and which of them are still wanted. A log that the cluster does not know is *stray*: its
//! folder gets another name and nobody touches it again. From `log.initial.task.delay.ms` later on, at Kafka's intervals:
//!
//! * retention: what is old goes, `log.retention.check.interval.ms`. Compacted logs are left to the cleaner;
//! * recovery points and log starts are written down, `log.flush.offset.checkpoint.interval.ms` and
//!   `log.flush.start.offset.checkpoint.interval.ms`;
//! * logs are brought to the platter after `flush.ms`, `log.flush.scheduler.interval.ms`; by default never;
//! * producers that were silent for `producer.id.expiration.ms` are forgotten,
//!   `producer.id.expiration.check.interval.ms`.
//!
//! A log also leaves things for later on its own account: bringing a sealed segment to the platter, removing files that
//! are out of use. It says when they are due; a timer for each log sees to it.
//!
//! Left out: moving a log to another directory (`-future` folders); a broker has one log directory.

use super::{Broker, BrokerTimer, Fx, LOG_DIR, Partition};
use crate::base::{Map, Offset, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{
    DELETE_DIR_SUFFIX, DeletedSegment, DeletionReason, LOG_START_OFFSET_CHECKPOINT, LoadParams, LogError,
    MetaProperties, RECOVERY_POINT_CHECKPOINT, REPLICATION_OFFSET_CHECKPOINT, UnifiedLog, lock_log_dir,
    parse_log_dir_name, read_offsets, read_topic_id, take_clean_shutdown, unlock_log_dir, write_clean_shutdown,
    write_offsets, write_topic_id,
};
use crate::trace::TraceKind;
use std::rc::Rc;

/// How soon a thread of the scheduler takes up what is due at once.
const TASK_DELAY: SimTime = SimTime::from_ms(1);

/// What a log manager does again and again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LogManagerTask {
    /// `kafka-log-retention`: deletes old segments.
    Retention,
    /// `kafka-log-flusher`: brings logs to the platter that have waited for `flush.ms`.
    Flusher,
    /// `kafka-recovery-point-checkpoint`: writes the recovery points down.
    RecoveryPointCheckpoint,
    /// `kafka-log-start-offset-checkpoint`: writes the log starts down.
    LogStartOffsetCheckpoint,
    /// `PeriodicProducerExpirationCheck`: forgets producers that have long been silent.
    ProducerExpiration,
}

impl Broker {
    /// Makes sure that the log directory can be used, and marks it as in use: the first thing that a process does.
    pub(super) fn take_log_dir(disk: &mut Disk) -> Result<(), LogError> {
        MetaProperties::read(disk, LOG_DIR)?;
        lock_log_dir(disk, LOG_DIR)
    }

    /// Opens the logs that an earlier process left, and begins to look after them.
    pub(super) fn start_log_manager(&mut self, disk: &mut Disk, fx: &mut Fx) {
        if let Err(error) = self.load_logs(disk, fx) {
            // Whatever it is, Kafka does not start with logs that it cannot load.
            return self.add_offline_log_dir(&error);
        }
        let delay = self.config.log_initial_task_delay;
        fx.timer(delay, BrokerTimer::LogManager(LogManagerTask::Retention));
        if self.config.log_flush_scheduler_interval.is_some() {
            fx.timer(delay, BrokerTimer::LogManager(LogManagerTask::Flusher));
        }
        fx.timer(delay, BrokerTimer::LogManager(LogManagerTask::RecoveryPointCheckpoint));
        fx.timer(delay, BrokerTimer::LogManager(LogManagerTask::LogStartOffsetCheckpoint));
        let interval = self.config.producer_id_expiration_check_interval;
        fx.timer(interval, BrokerTimer::LogManager(LogManagerTask::ProducerExpiration));
    }

    fn load_logs(&mut self, disk: &mut Disk, fx: &mut Fx) -> Result<(), LogError> {
        let had_clean_shutdown = take_clean_shutdown(disk, LOG_DIR)?;
        // A checkpoint that cannot be read says nothing; Kafka goes on without it.
        let read = |name: &str| read_offsets(disk, &log_dir_file(name)).unwrap_or_default();
        let checkpoints = Checkpoints {
            high_watermarks: read(REPLICATION_OFFSET_CHECKPOINT),
            recovery_points: read(RECOVERY_POINT_CHECKPOINT),
            log_starts: read(LOG_START_OFFSET_CHECKPOINT),
        };
        let names: Vec<String> = disk.list(LOG_DIR).into_iter().map(Into::into).collect();
        for name in names {
            let dir: Rc<str> = format!("{LOG_DIR}/{name}").into();
            if disk.list(&dir).is_empty() {
                continue;
            }
            match parse_log_dir_name(&name) {
                Some((_, Some(DELETE_DIR_SUFFIX))) => self.schedule_deletion(dir, fx),
                Some((tp, None)) => self.load_log(&tp, had_clean_shutdown, &checkpoints, disk, fx)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn load_log(
        &mut self,
        tp: &TopicPartition,
        had_clean_shutdown: bool,
        checkpoints: &Checkpoints,
        disk: &mut Disk,
        fx: &mut Fx,
    ) -> Result<(), LogError> {
        let of = |offsets: &Map<TopicPartition, Offset>| offsets.get(tp).copied().unwrap_or(0);
        let params = LoadParams {
            had_clean_shutdown,
            recovery_point: of(&checkpoints.recovery_points),
            log_start_offset: of(&checkpoints.log_starts),
            ..self.load_params(fx)
        };
        let mut log = self.open_log(tp, params, disk)?;
        let report = log.recovery_report();
        if report.bytes_read > 0 {
            fx.trace(TraceKind::LogRecovered {
                partition: tp.clone(),
                segments: report.segments_scanned,
                bytes_read: report.bytes_read,
                bytes_cut: report.bytes_cut,
            });
        }
        if self.is_stray(tp, disk) {
            let unique_id = self.unique_id();
            log.mark_as_stray(disk, &unique_id)?;
            return Ok(());
        }
        log.update_high_watermark(of(&checkpoints.high_watermarks));
        self.partitions.insert(tp.clone(), Rc::new(Partition::new(tp.clone(), log)));
        self.schedule_log_tasks(tp, fx);
        Ok(())
    }

    /// Whether the cluster has no such partition, or no replica of it here. A folder that does not say which topic's it is
    /// was left before anything was written to it.
    fn is_stray(&self, tp: &TopicPartition, disk: &Disk) -> bool {
        let id = read_topic_id(disk, &format!("{LOG_DIR}/{tp}")).unwrap_or_default();
        let known = self.image.topics.get(&tp.topic).map(|topic| topic.id.to_string());
        let is_mine = || self.image.partition(tp).is_some_and(|told| told.replicas.contains(&self.id));
        id.is_none() || id != known || !is_mine()
    }

    fn load_params(&self, fx: &Fx) -> LoadParams {
        // A log draws for itself; what it draws shifts nobody else's draws.
        let (now_ms, seed) = (fx.wall_clock_ms(), self.rng.clone().next_u64());
        let producer_state = self.config.producer_state;
        LoadParams { now_ms, seed, producer_state, ..LoadParams::default() }
    }

    fn open_log(&self, tp: &TopicPartition, params: LoadParams, disk: &mut Disk) -> Result<UnifiedLog, LogError> {
        UnifiedLog::open(tp.clone(), &format!("{LOG_DIR}/{tp}"), self.log_config(&tp.topic), disk, params)
    }

    /// The log of a replica that is new here, with the id of its topic beside it.
    pub(super) fn create_log(&self, tp: &TopicPartition, disk: &mut Disk, fx: &Fx) -> Result<UnifiedLog, LogError> {
        let params = LoadParams { had_clean_shutdown: true, ..self.load_params(fx) };
        let log = self.open_log(tp, params, disk)?;
        if let Some(topic) = self.image.topics.get(&tp.topic) {
            write_topic_id(disk, log.dir(), &topic.id.to_string())?;
        }
        Ok(log)
    }

    /// Something that no folder's name had before: a random UUID without its dashes.
    pub(super) fn unique_id(&mut self) -> String {
        let random = (u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64());
        let version_4 = (random & !(0xf << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
        format!("{version_4:032x}")
    }

    /// Brings every log to the platter and leaves the mark of a shutdown in good order.
    pub(super) fn shut_down_log_manager(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        if !self.published {
            // The logs were never opened; what the last process left is as it was.
            return unlock_log_dir(disk, LOG_DIR);
        }
        for partition in self.partitions.values_mut() {
            Rc::make_mut(partition).log.close(disk)?;
        }
        self.checkpoint_recovery_points(disk)?;
        self.checkpoint_log_starts(disk)?;
        write_clean_shutdown(disk, LOG_DIR, self.lifecycle.epoch.unwrap_or(-1))?;
        unlock_log_dir(disk, LOG_DIR)
    }

    pub(super) fn on_log_manager_timer(&mut self, task: LogManagerTask, disk: &mut Disk, fx: &mut Fx) {
        let done = disk.in_background(|disk| match task {
            LogManagerTask::Retention => self.clean_up_logs(disk, fx),
            LogManagerTask::RecoveryPointCheckpoint => self.checkpoint_recovery_points(disk),
            LogManagerTask::LogStartOffsetCheckpoint => self.checkpoint_log_starts(disk),
            LogManagerTask::Flusher => self.flush_dirty_logs(disk, fx),
            LogManagerTask::ProducerExpiration => {
                self.remove_expired_producers(fx);
                Ok(())
            }
        });
        self.online(done);
        let next = match task {
            LogManagerTask::Retention => Some(self.config.log_retention_check_interval),
            LogManagerTask::RecoveryPointCheckpoint => Some(self.config.log_flush_offset_checkpoint_interval),
            LogManagerTask::LogStartOffsetCheckpoint => Some(self.config.log_flush_start_offset_checkpoint_interval),
            LogManagerTask::Flusher => self.config.log_flush_scheduler_interval,
            LogManagerTask::ProducerExpiration => Some(self.config.producer_id_expiration_check_interval),
        };
        if let Some(next) = next {
            fx.timer(next, BrokerTimer::LogManager(task));
        }
    }

    fn clean_up_logs(&mut self, disk: &mut Disk, fx: &mut Fx) -> Result<(), LogError> {
        let now_ms = fx.wall_clock_ms();
        let old = |partition: &Partition| {
            !partition.log.config().cleanup_policy.compact && !partition.log.plan_retention(now_ms).is_empty()
        };
        let with_old: Vec<TopicPartition> =
            self.partitions.iter().filter(|(_, partition)| old(partition)).map(|(tp, _)| tp.clone()).collect();
        with_old.iter().try_for_each(|tp| self.delete_old_segments(tp, disk, fx))
    }

    /// Deletes what retention has nothing more to say for in one log.
    pub(super) fn delete_old_segments(
        &mut self,
        tp: &TopicPartition,
        disk: &mut Disk,
        fx: &mut Fx,
    ) -> Result<(), LogError> {
        let Some(partition) = self.partitions.get_mut(tp) else { return Ok(()) };
        let on_leader = partition.leader().is_some();
        let log = &mut Rc::make_mut(partition).log;
        let before = log.log_start_offset();
        let deleted = log.delete_old_segments(disk, fx.wall_clock_ms())?;
        let after = log.log_start_offset();
        for DeletedSegment { base_offset, end_offset, reason, .. } in deleted {
            let why = match reason {
                DeletionReason::LogStartOffset => "log start offset",
                DeletionReason::RetentionSize => "retention.bytes",
                DeletionReason::RetentionTime => "retention.ms",
            };
            fx.trace(TraceKind::SegmentDeleted { partition: tp.clone(), base: base_offset, end: end_offset, why });
        }
        if after != before {
            let kind = TraceKind::LogStartIncremented { partition: tp.clone(), from: before, to: after, on_leader };
            fx.trace(kind);
            self.changed.insert(tp.clone());
        }
        self.schedule_log_tasks(tp, fx);
        Ok(())
    }

    fn flush_dirty_logs(&mut self, disk: &mut Disk, fx: &Fx) -> Result<(), LogError> {
        let mut logs = self.partitions.values_mut().map(|partition| &mut Rc::make_mut(partition).log);
        logs.try_for_each(|log| log.flush_if_due(disk, fx.wall_clock_ms()))
    }

    fn remove_expired_producers(&mut self, fx: &Fx) {
        for partition in self.partitions.values_mut() {
            if partition.log.producer_state().active_producers().next().is_some() {
                Rc::make_mut(partition).log.remove_expired_producers(fx.wall_clock_ms());
            }
        }
    }

    pub(super) fn checkpoint_recovery_points(&self, disk: &mut Disk) -> Result<(), LogError> {
        let points = self.partitions.iter().map(|(tp, partition)| (tp.clone(), partition.log.recovery_point()));
        write_offsets(disk, &log_dir_file(RECOVERY_POINT_CHECKPOINT), &points.collect())
    }

    /// Writes down where logs start; one that starts with its first segment need not be remembered.
    pub(super) fn checkpoint_log_starts(&self, disk: &mut Disk) -> Result<(), LogError> {
        let starts_inside =
            |log: &UnifiedLog| log.segments().next().is_some_and(|first| log.log_start_offset() > first.base_offset());
        let inside = self.partitions.iter().filter(|(_, partition)| starts_inside(&partition.log));
        let starts = inside.map(|(tp, partition)| (tp.clone(), partition.log.log_start_offset())).collect();
        write_offsets(disk, &log_dir_file(LOG_START_OFFSET_CHECKPOINT), &starts)
    }

    /// Sets a timer for what the log of a partition has left for later, unless one is set that fires as early.
    pub(super) fn schedule_log_tasks(&mut self, tp: &TopicPartition, fx: &mut Fx) {
        let Some(due_ms) = self.partitions.get(tp).and_then(|partition| partition.log.next_task_due_ms()) else {
            return;
        };
        if self.log_tasks.get(tp).is_some_and(|set| *set <= due_ms) {
            return;
        }
        self.log_tasks.insert(tp.clone(), due_ms);
        let wait = u64::try_from(due_ms - fx.wall_clock_ms()).unwrap_or(0);
        fx.timer(SimTime::from_ms(wait).max(TASK_DELAY), BrokerTimer::LogTasks(tp.clone()));
    }

    pub(super) fn run_log_tasks(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        self.log_tasks.remove(tp);
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        if partition.log.next_task_due_ms().is_some() {
            let log = &mut Rc::make_mut(partition).log;
            let done = disk.in_background(|disk| log.run_due_tasks(disk, fx.wall_clock_ms()));
            self.online(done);
        }
        self.schedule_log_tasks(tp, fx);
    }
}

/// What an earlier process wrote down.
struct Checkpoints {
    high_watermarks: Map<TopicPartition, Offset>,
    recovery_points: Map<TopicPartition, Offset>,
    log_starts: Map<TopicPartition, Offset>,
}

/// The path of a file at the top of the log directory.
pub(super) fn log_dir_file(name: &str) -> String {
    format!("{LOG_DIR}/{name}")
}
