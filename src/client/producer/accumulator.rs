//! Where records wait to become batches (Kafka's `RecordAccumulator`).
//!
//! One queue of batches for each partition. Records join the last batch while it has room; a batch is ready when it is full, when
//! it has lingered, or when the producer is closing. As soon as one batch for a broker is ready, the first batches of *all*
//! partitions that this broker leads go along, full or not. A batch that failed comes back to the front of its queue and
//! waits out its backoff.
//!
//! A batch is encoded when it is taken out for the first time, and compressed then. How large it will be is a guess until
//! then: [`CompressionRatioEstimator`] makes it.

use super::compression_ratio::CompressionRatioEstimator;
use crate::base::{BrokerId, Bytes, Map, RecordId, Set, SimTime, TopicPartition};
use crate::record::{CompressionType, RECORD_BATCH_OVERHEAD, RecordBatchBuilder, record_size, varint_size};
use std::collections::VecDeque;
use std::rc::Rc;

/// What a record can need at most beside its key and value: Kafka's `DefaultRecord.MAX_RECORD_OVERHEAD`.
const MAX_RECORD_OVERHEAD: usize = 21;

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
    /// What its records take before compression.
    records_size: usize,
    /// How they are compressed, and what that is expected to make of them.
    compression: (CompressionType, CompressionRatioEstimator),
    /// The batch as it goes on the wire, once it was taken out.
    encoded: Option<Bytes>,
    /// The room that was made for it: `batch.size`, or as much as its first record may need.
    limit: usize,
    closed: bool,
}

impl ProducerBatch {
    fn begin(
        partition: &TopicPartition,
        record: ProducerRecord,
        now: SimTime,
        batch_size: usize,
        compression: (CompressionType, CompressionRatioEstimator),
    ) -> Self {
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let bytes = |part: Option<&[u8]>| part.map_or(1, |part| part.len() + varint_size(part.len() as i32));
        let most = RECORD_BATCH_OVERHEAD + MAX_RECORD_OVERHEAD + bytes(key) + bytes(value) + 1;
        Self {
            partition: partition.clone(),
            records_size: record_size(0, 0, key, value, &[]),
            compression,
            encoded: None,
            limit: batch_size.max(most),
            records: vec![record],
            created_at: now,
            attempts: 0,
            not_before: SimTime::ZERO,
            closed: false,
        }
    }

    /// Its size, as far as one can tell before it is encoded.
    #[must_use]
    pub fn estimated_size(&self) -> usize {
        RECORD_BATCH_OVERHEAD
            + match self.compression {
                (CompressionType::None, _) => self.records_size,
                (_, estimator) => estimator.estimate(self.records_size),
            }
    }

    /// Whether it takes no more records.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.closed || self.estimated_size() >= self.limit
    }

    fn has_room_for(&self, record: &ProducerRecord) -> bool {
        !self.is_full() && self.estimated_size() + self.size_of_next(record) <= self.limit
    }

    /// The batch's bytes, as they go on the wire.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        if let Some(encoded) = &self.encoded {
            return encoded.clone();
        }
        let mut builder = RecordBatchBuilder::new().with_compression(self.compression.0);
        for record in &self.records {
            builder.append(record.timestamp, record.key.as_deref(), record.value.as_deref(), &[]);
        }
        builder.build().into()
    }

    /// Closes and encodes it, and tells what compression has made of its records.
    fn close(&mut self, estimator: &mut CompressionRatioEstimator) {
        let encoded = self.encode();
        if self.compression.0 != CompressionType::None {
            estimator.update(self.records_size, encoded.len() - RECORD_BATCH_OVERHEAD);
        }
        self.encoded = Some(encoded);
        self.closed = true;
    }

    /// By how much the batch would grow with one more record, before compression.
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
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RecordAccumulator {
    compression: (CompressionType, CompressionRatioEstimator),
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
    /// Whether a batch of the partition may be sent without waiting any longer.
    pub any_full: bool,
}

/// For whom there is something to send.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ready {
    /// The brokers.
    pub leaders: Set<BrokerId>,
    /// Whether something waits for a partition that has no leader, as far as one knows.
    pub leaderless: bool,
    /// When the next broker will be ready, as far as one can tell.
    pub next: Option<SimTime>,
}

impl RecordAccumulator {
    /// Empty queues, for batches that are compressed with `codec`.
    #[must_use]
    pub fn new(codec: CompressionType) -> Self {
        Self { compression: (codec, CompressionRatioEstimator::default()), queues: Map::new() }
    }

    /// Whether the last batch of a partition takes this record; if it does not, it takes no other any more either.
    pub fn has_room(&mut self, tp: &TopicPartition, record: &ProducerRecord) -> bool {
        let Some(last) = self.queues.get_mut(tp).and_then(VecDeque::back_mut) else { return false };
        last.closed |= !last.has_room_for(record);
        !last.closed
    }

    /// Adds a record.
    pub fn append(&mut self, now: SimTime, tp: &TopicPartition, record: ProducerRecord, batch_size: usize) -> Appended {
        let new_batch = !self.has_room(tp, &record);
        let queue = self.queues.entry(tp.clone()).or_default();
        let bytes = match queue.back_mut() {
            Some(last) if !new_batch => {
                let before = last.estimated_size();
                last.records_size += last.size_of_next(&record);
                last.records.push(record);
                last.estimated_size() - before
            }
            _ => {
                let batch = ProducerBatch::begin(tp, record, now, batch_size, self.compression);
                let bytes = batch.estimated_size();
                queue.push_back(batch);
                bytes
            }
        };
        let all_full = queue.back().is_none_or(ProducerBatch::is_full);
        Appended { bytes, new_batch, all_full, any_full: all_full || queue.len() > 1 }
    }

    /// When the front batch of a partition may be sent; `None` if there is none.
    fn ready_at(queue: &VecDeque<ProducerBatch>, linger: SimTime, flushing: bool) -> Option<SimTime> {
        let front = queue.front()?;
        Some(match front.attempts {
            0 if flushing || front.is_full() || queue.len() > 1 => SimTime::ZERO,
            0 => front.created_at + linger,
            _ => front.not_before,
        })
    }

    /// The brokers to which something may be sent now; `leader_of` knows who leads what, and `is_muted` which partitions must wait.
    pub fn ready(
        &self,
        now: SimTime,
        linger: SimTime,
        flushing: bool,
        leader_of: impl Fn(&TopicPartition) -> Option<BrokerId>,
        is_muted: impl Fn(&TopicPartition) -> bool,
    ) -> Ready {
        let mut ready = Ready::default();
        for (tp, queue) in &self.queues {
            let Some(at) = Self::ready_at(queue, linger, flushing) else { continue };
            match leader_of(tp) {
                None => ready.leaderless = true,
                Some(leader) if ready.leaders.contains(&leader) || is_muted(tp) => {}
                Some(leader) if at <= now => drop(ready.leaders.insert(leader)),
                Some(_) => ready.next = Some(ready.next.map_or(at, |next| next.min(at))),
            }
        }
        ready
    }

    /// Takes the front batch of every partition that `takes_part`, unless it waits out its backoff.
    pub fn drain(&mut self, now: SimTime, takes_part: impl Fn(&TopicPartition) -> bool) -> Vec<ProducerBatch> {
        let mut drained = Vec::new();
        for (_, queue) in self.queues.iter_mut().filter(|(tp, _)| takes_part(tp)) {
            if queue.front().is_some_and(|front| front.not_before <= now) {
                drained.extend(queue.pop_front());
            }
        }
        self.queues.retain(|_, queue| !queue.is_empty());
        for batch in &mut drained {
            batch.close(&mut self.compression.1);
        }
        drained
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
