//! A topic is deleted: its replicas go (Kafka's `LogManager.asyncDelete` and `ReplicaManager.stopPartitions`).
//!
//! The broker serves the partition no longer from this moment on. Its folder is only renamed, to
//! `orders-0.<32 hex digits>-delete`, so that a new topic of the same name can have a folder at once; the files are removed
//! `log.segment.delete.delay.ms` later. A broker that comes up deletes what an earlier process left so.
//!
//! Left out: the id of a topic that came again under its old name while a broker was down is not held against the one in
//! `partition.metadata`; such a replica follows its new leader and truncates.

use super::{Broker, BrokerTimer, Fx, LOG_DIR};
use crate::base::{SimTime, TopicName, TopicPartition};
use crate::disk::Disk;
use crate::trace::TraceKind;

/// `log.segment.delete.delay.ms`.
const DELETE_DELAY: SimTime = SimTime::from_ms(60_000);

/// The end of the name of a folder that is on its way out.
const DELETE_DIR_SUFFIX: &str = "-delete";

/// How long a folder's name may be.
const LONGEST_NAME: usize = 255;

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
        let dir = format!("{LOG_DIR}/{}", self.delete_dir_name(tp));
        fx.trace(TraceKind::ReplicaDeleted { partition: tp.clone() });
        if disk.rename_dir(partition.log.dir(), &dir).is_ok() {
            fx.timer(DELETE_DELAY, BrokerTimer::DeleteLog(dir.into()));
        }
        // Whoever waits for it must hear that it is gone.
        self.changed.insert(tp.clone());
    }

    /// `orders-0.<32 hex digits>-delete`, the topic's name cut where that would be too long.
    fn delete_dir_name(&mut self, tp: &TopicPartition) -> String {
        let unique = format!("{:016x}{:016x}", self.rng.next_u64(), self.rng.next_u64());
        let suffix = format!("-{}.{unique}{DELETE_DIR_SUFFIX}", tp.partition);
        let room = LONGEST_NAME - suffix.len();
        format!("{}{suffix}", &tp.topic[..tp.topic.len().min(room)])
    }

    /// Sets a timer for each folder that an earlier process renamed.
    pub(super) fn resume_deletions(&mut self, disk: &Disk, fx: &mut Fx) {
        for name in disk.list(LOG_DIR) {
            if name.ends_with(DELETE_DIR_SUFFIX) && name.contains('.') {
                fx.timer(DELETE_DELAY, BrokerTimer::DeleteLog(format!("{LOG_DIR}/{name}").into()));
            }
        }
    }

    pub(super) fn delete_log(dir: &str, disk: &mut Disk) {
        // A disk that refuses has failed, and the broker learns of that elsewhere.
        let _ = disk.delete_dir(dir);
    }
}
