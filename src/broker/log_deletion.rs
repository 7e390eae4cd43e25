//! A topic is deleted, or a replica moved to another broker: the replica goes (Kafka's `LogManager.asyncDelete` and `ReplicaManager.stopPartitions`).
//!
//! The broker serves the partition no longer from this moment on. Its folder is only renamed, to
//! `orders-0.<32 hex digits>-delete`, so that a new topic of the same name can have a folder at once; the files are removed
//! `log.segment.delete.delay.ms` later. A broker that comes up deletes what an earlier process left so.

use super::{Broker, BrokerTimer, Fx};
use crate::base::{SimTime, TopicName, TopicPartition};
use crate::disk::Disk;
use crate::log::LogError;
use crate::trace::TraceKind;
use std::rc::Rc;

impl Broker {
    /// Gives up the replicas of topics that the metadata log no longer knows.
    pub(super) fn stop_deleted(&mut self, removed: &[TopicName], disk: &mut Disk, fx: &mut Fx) {
        let gone: Vec<TopicPartition> =
            self.partitions.keys().filter(|tp| removed.contains(&tp.topic)).cloned().collect();
        for tp in gone {
            self.stop_replica(&tp, disk, fx);
        }
    }

    /// Gives up a replica: its topic is no more, or it was moved to another broker.
    pub(super) fn stop_replica(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        self.unfollow(tp);
        self.on_leadership_lost(tp, disk, fx);
        let Some(partition) = self.partitions.remove(tp) else { return };
        self.log_tasks.remove(tp);
        let unique_id = self.unique_id();
        fx.trace(TraceKind::ReplicaDeleted { partition: tp.clone() });
        let marked = Rc::unwrap_or_clone(partition).log.mark_for_deletion(disk, &unique_id);
        if let Some(dir) = self.online(marked) {
            self.schedule_deletion(dir, fx);
            let written = self.checkpoint_recovery_points(disk).and_then(|()| self.checkpoint_log_starts(disk));
            self.online(written);
        }
        // Whoever waits for it must hear that it is gone.
        self.changed.insert(tp.clone());
    }

    /// Sets a timer for the removal of a folder.
    pub(super) fn schedule_deletion(&mut self, dir: Rc<str>, fx: &mut Fx) {
        let delay_ms = self.config.log_defaults.config().file_delete_delay_ms;
        fx.timer(SimTime::from_ms(delay_ms.cast_unsigned()), BrokerTimer::DeleteLog(dir));
    }

    pub(super) fn delete_log(&mut self, dir: &str, disk: &mut Disk) {
        let deleted = disk.in_background(|disk| disk.delete_dir(dir));
        self.online(deleted.map_err(LogError::Disk));
    }
}
