//! Where records wait to become batches (Kafka's `RecordAccumulator`).
//!
//! One queue of batches for each partition. Records join the last batch while it has room; a batch is ready when it is full, when
//! it has lingered, or when the producer is closing. A batch that failed comes back to the front of its queue and waits out its
//! backoff.

use crate::base::{Bytes, Map, RecordId, SimTime, TopicPartition};
use crate::record::{RECORD_BATCH_OVERHEAD, RecordBatchBuilder, record_size};
use std::collections::VecDeque;
use std::rc::Rc;

/// A record that the application handed over.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProducerRecord {
    /// The observer's name of it.
    pub id: RecordId,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value.
    pub value: Option<Bytes>,
    /// Its timestamp, in Unix ms.
    pub timestamp: i64,
}

/// Records of one partition that travel together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProducerBatch {
    /// The partition.
    pub partition: TopicPartition,
    /// The records.
    pub records: Vec<ProducerRecord>,
    /// When the first record came: `delivery.timeout.ms` runs from here.
    pub created_at: SimTime,
    /// How often it was sent.
    pub attempts: u32,
    /// Before this it is not sent again.
    pub not_before: SimTime,
    size: usize,
    closed: bool,
}

impl ProducerBatch {
    /// The batch's bytes, as they go on the wire.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut builder = RecordBatchBuilder::new();
        for record in &self.records {
            builder.append(record.timestamp, record.key.as_deref(), record.value.as_deref(), &[]);
        }
        builder.build().into()
    }

    /// By how much the batch would grow with one more record.
    fn size_of_next(&self, record: &ProducerRecord) -> usize {
        let timestamp_delta = record.timestamp - self.records.first().map_or(record.timestamp, |first| first.timestamp);
        record_size(self.records.len() as i32, timestamp_delta, record.key.as_deref(), record.value.as_deref(), &[])
    }

    /// The observer's names of the records.
    #[must_use]
    pub fn ids(&self) -> Rc<[RecordId]> {
        self.records.iter().map(|record| record.id).collect()
    }
}

/// The queues of all partitions.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct RecordAccumulator {
    queues: Map<TopicPartition, VecDeque<ProducerBatch>>,
}

/// What became of a record that was added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// By how much the batch grew, its header included if it is new.
    pub bytes: usize,
    /// Whether a new batch was begun.
    pub new_batch: bool,
    /// Whether no batch of the partition takes more records.
    pub all_full: bool,
}

impl RecordAccumulator {
    /// Adds a record.
    pub fn append(&mut self, now: SimTime, tp: &TopicPartition, record: ProducerRecord, batch_size: usize) -> Appended {
        let queue = self.queues.entry(tp.clone()).or_default();
        if let Some(batch) = queue.back_mut() {
            let bytes = batch.size_of_next(&record);
            if !batch.closed && batch.attempts == 0 && batch.size + bytes <= batch_size {
                batch.size += bytes;
                batch.records.push(record);
                return Appended { bytes, new_batch: false, all_full: batch.size >= batch_size };
            }
            batch.closed = true;
        }
        let size = RECORD_BATCH_OVERHEAD + record_size(0, 0, record.key.as_deref(), record.value.as_deref(), &[]);
        queue.push_back(ProducerBatch {
            partition: tp.clone(),
            records: vec![record],
            created_at: now,
            attempts: 0,
            not_before: SimTime::ZERO,
            size,
            closed: size >= batch_size,
        });
        Appended { bytes: size, new_batch: true, all_full: size >= batch_size }
    }

    /// When the front batch of a partition may be sent; `None` if there is none.
    fn ready_at(queue: &VecDeque<ProducerBatch>, linger: SimTime, flushing: bool) -> Option<SimTime> {
        let front = queue.front()?;
        Some(match front.attempts {
            0 if flushing || front.closed || queue.len() > 1 => SimTime::ZERO,
            0 => front.created_at + linger,
            _ => front.not_before,
        })
    }

    /// The partitions whose front batch may be sent now.
    pub fn ready(&self, now: SimTime, linger: SimTime, flushing: bool) -> Vec<TopicPartition> {
        let ready = |queue: &VecDeque<_>| Self::ready_at(queue, linger, flushing).is_some_and(|at| at <= now);
        self.queues.iter().filter(|(_, queue)| ready(queue)).map(|(tp, _)| tp.clone()).collect()
    }

    /// Takes the front batch of a partition to send it.
    pub fn drain(&mut self, tp: &TopicPartition) -> Option<ProducerBatch> {
        let queue = self.queues.get_mut(tp)?;
        let batch = queue.pop_front();
        if queue.is_empty() {
            self.queues.remove(tp);
        }
        batch
    }

    /// Puts a batch that failed back to the front.
    pub fn reenqueue(&mut self, batch: ProducerBatch) {
        self.queues.entry(batch.partition.clone()).or_default().push_front(batch);
    }

    /// Takes out the batches that have waited for `timeout` since their creation.
    pub fn expired(&mut self, now: SimTime, timeout: SimTime) -> Vec<ProducerBatch> {
        let mut expired = Vec::new();
        for queue in self.queues.values_mut() {
            while queue.front().is_some_and(|batch| now.since(batch.created_at) >= timeout) {
                expired.extend(queue.pop_front());
            }
        }
        self.queues.retain(|_, queue| !queue.is_empty());
        expired
    }

    /// The next moment at which a batch becomes ready or runs out of time; `None` if that is now, or if there is nothing.
    pub fn next_event(&self, linger: SimTime, flushing: bool, delivery: SimTime, now: SimTime) -> Option<SimTime> {
        let ready = self.queues.values().filter_map(|queue| Self::ready_at(queue, linger, flushing));
        let expiry = self.queues.values().filter_map(|queue| Some(queue.front()?.created_at + delivery));
        ready.chain(expiry).filter(|at| *at > now).min()
    }

    /// How many records wait, by partition.
    #[must_use]
    pub fn by_partition(&self) -> Map<TopicPartition, usize> {
        let count = |queue: &VecDeque<ProducerBatch>| queue.iter().map(|batch| batch.records.len()).sum();
        self.queues.iter().map(|(tp, queue)| (tp.clone(), count(queue))).collect()
    }

    /// How many records wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queues.values().flatten().map(|batch| batch.records.len()).sum()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }
}
