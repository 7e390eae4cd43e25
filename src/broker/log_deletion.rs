//! A topic is deleted: its replicas go (Kafka's `LogManager.asyncDelete` and `ReplicaManager.stopPartitions`).
//!
//! The broker serves the partition no longer from this moment on. Its folder is only renamed, to
//! `orders-0.<32 hex digits>-delete`, so that a new topic of the same name can have a folder at once; the files are removed
//! `log.segment.delete.delay.ms` later. A broker that comes up deletes what an earlier process left so. What it finds on its disk
//! that the metadata log does not give it (the topic was deleted while it was away) is *stray*: the folder becomes
//! `orders-0.<32 hex digits>-stray`, and is left for a person to look at.
//!
//! Left out: the id of a topic that came again under its old name while a broker was down is not held against the one in
//! `partition.metadata`; such a replica follows its new leader and truncates.

use super::{Broker, BrokerTimer, Fx, LOG_DIR};
use crate::base::{SimTime, TopicName, TopicPartition};
use crate::disk::Disk;
use crate::log::{DELETE_DIR_SUFFIX, LogError, STRAY_DIR_SUFFIX, log_dir_name_with_suffix, parse_log_dir_name};
use crate::trace::TraceKind;
use std::rc::Rc;

/// `log.segment.delete.delay.ms`.
const DELETE_DELAY: SimTime = SimTime::from_ms(60_000);

impl Broker {
    /// Gives up the replicas of topics that the metadata log no longer knows.
    pub(super) fn stop_deleted(&mut self, removed: &[TopicName], disk: &mut Disk, fx: &mut Fx) {
        let gone: Vec<TopicPartition> =
            self.partitions.keys().filter(|tp| removed.contains(&tp.topic)).cloned().collect();
        for tp in gone {
            self.stop_replica(&tp, disk, fx);
        }
    }

    fn stop_replica(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        self.unfollow(tp);
        let Some(partition) = self.partitions.remove(tp) else { return };
        self.log_tasks.remove(tp);
        let unique_id = self.unique_id();
        fx.trace(TraceKind::ReplicaDeleted { partition: tp.clone() });
        let marked = Rc::unwrap_or_clone(partition).log.mark_for_deletion(disk, &unique_id);
        if let Some(dir) = self.online(marked) {
            fx.timer(DELETE_DELAY, BrokerTimer::DeleteLog(dir));
        }
        // Whoever waits for it must hear that it is gone.
        self.changed.insert(tp.clone());
    }

    /// Takes replicas out of use that were found on the disk, but are not this broker's by the metadata log.
    pub(super) fn set_aside_strays(&mut self, disk: &mut Disk) {
        let is_mine =
            |tp: &TopicPartition| self.image.partition(tp).is_some_and(|told| told.replicas.contains(&self.id));
        let strays: Vec<TopicPartition> = self.partitions.keys().filter(|tp| !is_mine(tp)).cloned().collect();
        for tp in strays {
            let Some(partition) = self.partitions.remove(&tp) else { continue };
            self.log_tasks.remove(&tp);
            let name = log_dir_name_with_suffix(&tp, &self.unique_id(), STRAY_DIR_SUFFIX);
            let renamed = disk.rename_dir(partition.log.dir(), &format!("{LOG_DIR}/{name}"));
            self.online(renamed.map_err(LogError::Disk));
        }
    }

    /// Thirty-two hex digits that no other folder has.
    fn unique_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.rng.next_u64(), self.rng.next_u64())
    }

    /// Sets a timer for each folder that an earlier process renamed.
    pub(super) fn resume_deletions(&mut self, disk: &Disk, fx: &mut Fx) {
        for name in disk.list(LOG_DIR) {
            if parse_log_dir_name(name).is_some_and(|(_, suffix)| suffix == Some(DELETE_DIR_SUFFIX)) {
                fx.timer(DELETE_DELAY, BrokerTimer::DeleteLog(format!("{LOG_DIR}/{name}").into()));
            }
        }
    }

    pub(super) fn delete_log(&mut self, dir: &str, disk: &mut Disk) {
        let deleted = disk.in_background(|disk| disk.delete_dir(dir));
        self.online(deleted.map_err(LogError::Disk));
    }
}
