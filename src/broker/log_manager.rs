//! What a broker does with its logs as time goes by (Kafka's `LogManager`).
//!
//! A log leaves some things for later: bringing a sealed segment to the platter, removing files that are out of use. It
//! says when they are due; a timer for each log sees to it.

use super::{Broker, BrokerTimer, Fx};
use crate::base::{SimTime, TopicPartition};
use crate::disk::Disk;
use std::rc::Rc;

/// How soon a thread of the scheduler takes up what is due at once.
const TASK_DELAY: SimTime = SimTime::from_ms(1);

impl Broker {
    /// Sets a timer for what the log of a partition has left for later, unless one is set that fires as early.
    pub(super) fn schedule_log_tasks(&mut self, tp: &TopicPartition, fx: &mut Fx) {
        let Some(due_ms) = self.partitions.get(tp).and_then(|partition| partition.log.next_task_due_ms()) else {
            return;
        };
        if self.log_tasks.get(tp).is_some_and(|set| *set <= due_ms) {
            return;
        }
        self.log_tasks.insert(tp.clone(), due_ms);
        let wait = u64::try_from(due_ms - fx.now.wall_clock_ms()).unwrap_or(0);
        fx.timer(SimTime::from_ms(wait).max(TASK_DELAY), BrokerTimer::LogTasks(tp.clone()));
    }

    /// Looks which producers have not written for too long; runs every `producer.id.expiration.check.interval.ms`.
    pub(super) fn expire_producers(&mut self, fx: &mut Fx) {
        for partition in self.partitions.values_mut().filter(|partition| !partition.log.producer_state().is_empty()) {
            Rc::make_mut(partition).log.remove_expired_producers(fx.now.wall_clock_ms());
        }
        fx.timer(self.config.producer_id_expiration_check_interval, BrokerTimer::ProducerExpiration);
    }

    pub(super) fn run_log_tasks(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        self.log_tasks.remove(tp);
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        if partition.log.next_task_due_ms().is_some() {
            let log = &mut Rc::make_mut(partition).log;
            let done = disk.in_background(|disk| log.run_due_tasks(disk, fx.now.wall_clock_ms()));
            self.online(done);
        }
        self.schedule_log_tasks(tp, fx);
    }
}
