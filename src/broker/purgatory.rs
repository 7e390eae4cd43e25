//! Requests that wait (Kafka's `DelayedOperationPurgatory`).
//!
//! A produce with `acks=all` waits for the high watermark, a fetch waits for bytes. Each is watched under the partitions that it
//! waits for, so that a change of one partition looks only at those.

use crate::base::{Map, Set, TopicPartition};

/// Operations of one kind that wait.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Purgatory<T> {
    next: u64,
    waiting: Map<u64, (T, Vec<TopicPartition>)>,
    watched: Map<TopicPartition, Set<u64>>,
}

impl<T> Default for Purgatory<T> {
    fn default() -> Self {
        Self { next: 0, waiting: Map::new(), watched: Map::new() }
    }
}

impl<T> Purgatory<T> {
    /// Lets `operation` wait for changes of `partitions`; returns its number.
    pub(super) fn watch(&mut self, operation: T, partitions: Vec<TopicPartition>) -> u64 {
        let id = self.next;
        self.next += 1;
        for partition in &partitions {
            self.watched.entry(partition.clone()).or_default().insert(id);
        }
        self.waiting.insert(id, (operation, partitions));
        id
    }

    /// The operations that wait for this partition, oldest first.
    pub(super) fn watching(&self, partition: &TopicPartition) -> Vec<u64> {
        self.watched.get(partition).into_iter().flatten().copied().collect()
    }

    /// A waiting operation.
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.waiting.get_mut(&id).map(|(operation, _)| operation)
    }

    /// Takes an operation out.
    pub(super) fn take(&mut self, id: u64) -> Option<T> {
        let (operation, partitions) = self.waiting.remove(&id)?;
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
}
