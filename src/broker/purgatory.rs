//! Requests that wait (Kafka's `DelayedOperationPurgatory`).
//!
//! A produce with `acks=all` waits for the high watermark, a fetch waits for bytes. Each is watched under the partitions that it
//! waits for, so that a change of one partition looks only at those. One timer stands for the time-outs of all.

use super::{BrokerTimer, Fx};
use crate::base::{Deadlines, Map, Set, SimTime, TopicPartition};
use crate::trace::EventSeq;

/// An operation that waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Waiting<T> {
    operation: T,
    partitions: Vec<TopicPartition>,
    /// Until when.
    deadline: SimTime,
    /// The trace event that brought it: why it runs out of time when it does.
    cause: Option<EventSeq>,
}

/// Operations of one kind that wait.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Purgatory<T> {
    timer: BrokerTimer,
    next: u64,
    waiting: Map<u64, Waiting<T>>,
    watched: Map<TopicPartition, Set<u64>>,
    deadlines: Deadlines<u64>,
}

impl<T> Purgatory<T> {
    /// One in which nothing waits, and that looks for what is out of time when `timer` fires.
    pub(super) fn new(timer: BrokerTimer) -> Self {
        Self { timer, next: 0, waiting: Map::new(), watched: Map::new(), deadlines: Deadlines::default() }
    }

    /// Lets `operation` wait for changes of `partitions`, for so long at most.
    pub(super) fn watch(&mut self, operation: T, partitions: Vec<TopicPartition>, timeout: SimTime, fx: &mut Fx) {
        let id = self.next;
        self.next += 1;
        for partition in &partitions {
            self.watched.entry(partition.clone()).or_default().insert(id);
        }
        let deadline = fx.now + timeout;
        if let Some(wait) = self.deadlines.add(fx.now, deadline, id) {
            fx.timer(wait, self.timer.clone());
        }
        self.waiting.insert(id, Waiting { operation, partitions, deadline, cause: fx.cause() });
    }

    /// The operations that wait for this partition, oldest first.
    pub(super) fn watching(&self, partition: &TopicPartition) -> Vec<u64> {
        self.watched.get(partition).into_iter().flatten().copied().collect()
    }

    /// A waiting operation.
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.waiting.get_mut(&id).map(|waiting| &mut waiting.operation)
    }

    /// Takes an operation out.
    pub(super) fn take(&mut self, id: u64) -> Option<T> {
        let Waiting { operation, partitions, deadline, .. } = self.waiting.remove(&id)?;
        self.deadlines.remove(deadline, id);
        for partition in partitions {
            if let Some(ids) = self.watched.get_mut(&partition) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.watched.remove(&partition);
                }
            }
        }
        Some(operation)
    }

    /// The timer fired: takes out the operations that are out of time, each with what brought it.
    pub(super) fn expire(&mut self, fx: &mut Fx) -> Vec<(Option<EventSeq>, T)> {
        let (due, next) = self.deadlines.fire(fx.now);
        if let Some(wait) = next {
            fx.timer(wait, self.timer.clone());
        }
        let expired = due.into_iter().filter_map(|id| Some((self.waiting.get(&id)?.cause, self.take(id)?)));
        expired.collect()
    }

    /// How many operations wait.
    pub(super) fn len(&self) -> u64 {
        self.waiting.len() as u64
    }
}
