//! One producer, as a partition knows it.

use crate::base::Offset;
use crate::record::{NO_PRODUCER_EPOCH, NO_SEQUENCE, NO_TIMESTAMP, RecordBatch};

/// How many batches are remembered, to know them again: as many as a producer may have on their way at a time.
const NUM_BATCHES_TO_RETAIN: usize = 5;

/// A batch, as long as its retry may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BatchMetadata {
    /// The sequence of its last record.
    pub last_seq: i32,
    /// The offset of its last record.
    pub last_offset: Offset,
    /// The distance from its first offset to its last.
    pub offset_delta: i32,
    /// Its largest timestamp, in ms.
    pub timestamp: i64,
}

impl BatchMetadata {
    /// The sequence of its first record. Before 0 comes 2³¹−1.
    #[must_use]
    pub fn first_seq(&self) -> i32 {
        self.last_seq.wrapping_sub(self.offset_delta) & i32::MAX
    }

    /// The offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.last_offset - i64::from(self.offset_delta)
    }
}

/// A producer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProducerStateEntry {
    pub(super) producer_id: i64,
    pub(super) producer_epoch: i16,
    pub(super) coordinator_epoch: i32,
    pub(super) last_timestamp: i64,
    pub(super) current_txn_first_offset: Option<Offset>,
    /// Oldest first.
    batches: Vec<BatchMetadata>,
}

impl ProducerStateEntry {
    /// A producer of which nothing is known.
    #[must_use]
    pub fn empty(producer_id: i64) -> Self {
        Self {
            producer_id,
            producer_epoch: NO_PRODUCER_EPOCH,
            coordinator_epoch: -1,
            last_timestamp: NO_TIMESTAMP,
            current_txn_first_offset: None,
            batches: Vec::new(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn producer_id(&self) -> i64 {
        self.producer_id
    }

    /// Its newest epoch; −1 if none was seen.
    #[must_use]
    pub fn producer_epoch(&self) -> i16 {
        self.producer_epoch
    }

    /// The epoch of the coordinator that wrote its last marker; −1 if there was none.
    #[must_use]
    pub fn coordinator_epoch(&self) -> i32 {
        self.coordinator_epoch
    }

    /// When it wrote last, by the timestamps of its batches, in ms; −1 if it did not.
    #[must_use]
    pub fn last_timestamp(&self) -> i64 {
        self.last_timestamp
    }

    /// Where its open transaction begins, if one is open.
    #[must_use]
    pub fn current_txn_first_offset(&self) -> Option<Offset> {
        self.current_txn_first_offset
    }

    /// The batches that are remembered, oldest first.
    #[must_use]
    pub fn batch_metadata(&self) -> &[BatchMetadata] {
        &self.batches
    }

    /// The sequence of its last record; −1 if no batch is remembered.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        self.batches.last().map_or(NO_SEQUENCE, |batch| batch.last_seq)
    }

    /// The offset of its last record; −1 if no batch is remembered.
    #[must_use]
    pub fn last_data_offset(&self) -> Offset {
        self.batches.last().map_or(-1, |batch| batch.last_offset)
    }

    /// The distance from the first offset of its last batch to the last; 0 if no batch is remembered.
    pub(super) fn last_offset_delta(&self) -> i32 {
        self.batches.last().map_or(0, |batch| batch.offset_delta)
    }

    /// Whether no batch is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The same producer without its batches: where an append sets out from.
    pub(super) fn without_batches(&self) -> Self {
        Self { batches: Vec::new(), ..*self }
    }

    /// The batch that `batch` repeats, if it does.
    #[must_use]
    pub fn find_duplicate_batch(&self, batch: &RecordBatch<'_>) -> Option<BatchMetadata> {
        let (first, last) = (batch.base_sequence(), batch.last_sequence());
        let same = |known: &&BatchMetadata| known.first_seq() == first && known.last_seq == last;
        self.batches.iter().filter(|_| batch.producer_epoch() == self.producer_epoch).find(same).copied()
    }

    /// Remembers one more batch. What was remembered of an older epoch is forgotten.
    pub(super) fn add_batch(&mut self, producer_epoch: i16, batch: BatchMetadata) {
        self.maybe_update_producer_epoch(producer_epoch);
        self.add_batch_metadata(batch);
        self.last_timestamp = batch.timestamp;
    }

    /// Takes over what an append left.
    pub(super) fn update(&mut self, next: &Self) {
        self.maybe_update_producer_epoch(next.producer_epoch);
        for batch in &next.batches {
            self.add_batch_metadata(*batch);
        }
        self.coordinator_epoch = next.coordinator_epoch;
        self.current_txn_first_offset = next.current_txn_first_offset;
        self.last_timestamp = next.last_timestamp;
    }

    /// A marker has ended its transaction.
    pub(super) fn end_transaction(&mut self, producer_epoch: i16, coordinator_epoch: i32, timestamp: i64) {
        self.maybe_update_producer_epoch(producer_epoch);
        self.coordinator_epoch = coordinator_epoch;
        self.current_txn_first_offset = None;
        self.last_timestamp = timestamp;
    }

    fn maybe_update_producer_epoch(&mut self, producer_epoch: i16) {
        if self.producer_epoch != producer_epoch {
            self.batches.clear();
            self.producer_epoch = producer_epoch;
        }
    }

    fn add_batch_metadata(&mut self, batch: BatchMetadata) {
        if self.batches.len() == NUM_BATCHES_TO_RETAIN {
            self.batches.remove(0);
        }
        self.batches.push(batch);
    }
}
