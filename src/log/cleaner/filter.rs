//! What stays of one batch: the filter that Kafka's `Cleaner` hands to `MemoryRecords.filterTo`.
//!
//! A record stays if no newer one has its key and, if it is a tombstone, as long as its time is not up. That time, the
//! *delete horizon*, is written into the batch by the first round that keeps the tombstone: it is the round's own time
//! and `delete.retention.ms`. It takes the place of the base timestamp, so the batch is written anew. Markers of
//! transactions whose records are all gone are treated the same way.
//!
//! A batch stays with base offset, last offset and sequence as they were, whatever is left in it: offsets never change.
//! If nothing is left it goes, with two exceptions, of which the bare header stays: the last batch of a producer that is
//! still active, for its sequence must not be forgotten, and the last batch of the round, for the offset where the clean
//! part ends must not.

use super::CleanerStats;
use super::offset_map::OffsetMap;
use super::transactions::{CleanedTransactionMetadata, Verdict};
use crate::base::{Map, Offset};
use crate::log::AbortedTxn;
use crate::record::{Record, RecordBatch, RecordBatchBuilder, RecordError};

/// What becomes of a batch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BatchPlan {
    /// Its base offset, which it keeps.
    pub base_offset: Offset,
    /// Its last offset, which it keeps.
    pub last_offset: Offset,
    /// What becomes of it.
    pub fate: BatchFate,
    /// How many of its records stay.
    pub kept: u32,
    /// Its records that go, in order, each with the reason.
    pub removed: Vec<(Offset, Removal)>,
}

/// What becomes of a batch as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BatchFate {
    /// It stays, byte for byte.
    Copied,
    /// It stays with fewer records, or with a delete horizon.
    Rebuilt {
        /// The delete horizon that it gets in this round, in Unix ms; none if it has one already, or needs none.
        stamped: Option<i64>,
    },
    /// Its header stays, without a record.
    HeaderOnly,
    /// It goes.
    Dropped,
}

/// Why a record goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Removal {
    /// A newer record has its key.
    Superseded {
        /// The newest one's offset.
        by: Offset,
    },
    /// It is a tombstone, and its delete horizon has passed.
    TombstoneExpired,
    /// Its transaction was aborted.
    Aborted,
    /// It is the marker of a transaction of which nothing is left, and its delete horizon has passed.
    MarkerExpired,
    /// It has no key, without which nothing is kept in a compacted topic.
    NoKey,
}

/// What happens to a batch of which no record stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BatchRetention {
    /// It goes, and need not even be looked into.
    Delete,
    /// Its header stays.
    RetainEmpty,
    /// It goes.
    DeleteEmpty,
}

/// What a log has of a producer that is still active.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LastRecord {
    /// The offset of its last record; none if only markers of it are known.
    pub(super) last_data_offset: Option<Offset>,
    pub(super) producer_epoch: i16,
}

/// The filter of one round.
#[derive(Debug)]
pub(super) struct BatchFilter<'a> {
    pub(super) map: &'a OffsetMap,
    pub(super) now_ms: i64,
    pub(super) delete_retention_ms: i64,
    /// The offset before which the round ends.
    pub(super) upper_bound: Offset,
    pub(super) last_records: &'a Map<i64, LastRecord>,
    pub(super) transactions: &'a mut CleanedTransactionMetadata,
    pub(super) stats: &'a mut CleanerStats,
}

/// What came of a batch.
#[derive(Debug)]
pub(super) struct Filtered {
    pub(super) plan: BatchPlan,
    /// The batch as it is to be written; empty if it goes.
    pub(super) bytes: Vec<u8>,
    /// What the transaction index of the cleaned segment has to hold.
    pub(super) aborted: Option<AbortedTxn>,
}

impl BatchFilter<'_> {
    pub(super) fn filter(&mut self, batch: &RecordBatch<'_>) -> Result<Filtered, RecordError> {
        let verdict = if batch.is_control_batch() {
            self.transactions.on_control_batch_read(batch)?
        } else {
            self.transactions.on_batch_read(batch)
        };
        let discardable = verdict == Verdict::Discardable;
        let horizon = batch.delete_horizon_ms();
        let discarded = discardable && (!batch.is_control_batch() || horizon.is_some_and(|at| at <= self.now_ms));
        let retention = self.retention(batch, discarded);
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        for record in batch.records() {
            let record = record?;
            match self.removal(batch, &record, discarded) {
                None => kept.push(record),
                Some(reason) => removed.push((record.offset, reason)),
            }
        }
        let has_tombstones = kept.iter().any(|record| record.value.is_none());
        let marks_empty_transaction = discardable && batch.is_control_batch();
        let needs_horizon = (has_tombstones || marks_empty_transaction) && horizon.is_none();
        let stamped = needs_horizon.then(|| self.now_ms.saturating_add(self.delete_retention_ms));
        let (fate, bytes) = match kept.is_empty() {
            true if retention == BatchRetention::RetainEmpty => {
                (BatchFate::HeaderOnly, RecordBatchBuilder::empty_batch(batch))
            }
            true => (BatchFate::Dropped, Vec::new()),
            false if removed.is_empty() && !needs_horizon => (BatchFate::Copied, batch.bytes().to_vec()),
            false => (BatchFate::Rebuilt { stamped }, rebuild(batch, &kept, stamped)?),
        };
        self.count(batch, retention, &kept, removed.len(), &bytes);
        let aborted = if let Verdict::Needed(aborted) = verdict { aborted } else { None };
        let (base_offset, last_offset) = (batch.base_offset(), batch.last_offset());
        let plan = BatchPlan { base_offset, last_offset, fate, kept: kept.len() as u32, removed };
        Ok(Filtered { plan, bytes, aborted })
    }

    fn retention(&self, batch: &RecordBatch<'_>, discarded: bool) -> BatchRetention {
        // A producer that has written nothing but markers is remembered by its newest marker, for the epoch in it.
        let is_last_of_producer = |last: &LastRecord| match last.last_data_offset {
            Some(offset) => batch.last_offset() == offset,
            None => batch.is_control_batch() && batch.producer_epoch() == last.producer_epoch,
        };
        let last_of_producer =
            batch.has_producer_id() && self.last_records.get(&batch.producer_id()).is_some_and(is_last_of_producer);
        match () {
            () if last_of_producer || batch.next_offset() == self.upper_bound => BatchRetention::RetainEmpty,
            () if discarded => BatchRetention::Delete,
            () => BatchRetention::DeleteEmpty,
        }
    }

    /// Why a record goes, if it does. Of a control batch the record goes with the batch, or not at all.
    fn removal(&mut self, batch: &RecordBatch<'_>, record: &Record<'_>, discarded: bool) -> Option<Removal> {
        match (discarded, batch.is_control_batch()) {
            (true, true) => return Some(Removal::MarkerExpired),
            (true, false) => return Some(Removal::Aborted),
            (false, true) => return None,
            (false, false) => {}
        }
        if record.offset > self.map.latest_offset() {
            return None;
        }
        let Some(key) = &record.key else {
            self.stats.invalid_messages_read += 1;
            return Some(Removal::NoKey);
        };
        if let Some(by) = self.map.get(key).filter(|newest| record.offset < *newest) {
            return Some(Removal::Superseded { by });
        }
        let expired = record.value.is_none() && batch.delete_horizon_ms().is_some_and(|horizon| self.now_ms >= horizon);
        expired.then_some(Removal::TombstoneExpired)
    }

    /// Counts as Kafka does, to whom the records of a batch that goes unread are no records read.
    fn count(
        &mut self,
        batch: &RecordBatch<'_>,
        retention: BatchRetention,
        kept: &[Record<'_>],
        removed: usize,
        bytes: &[u8],
    ) {
        self.stats.bytes_read += batch.size_in_bytes() as u64;
        self.stats.bytes_written += bytes.len() as u64;
        if retention != BatchRetention::Delete {
            self.stats.messages_read += (kept.len() + removed) as u64;
            self.stats.messages_written += kept.len() as u64;
        }
    }
}

/// `batch` with only `records` left, in its codec. If a round stamps it, the delete horizon takes the place of its base
/// timestamp.
fn rebuild(batch: &RecordBatch<'_>, records: &[Record<'_>], stamped: Option<i64>) -> Result<Vec<u8>, RecordError> {
    let mut builder = RecordBatchBuilder::retaining(batch)?;
    if let Some(horizon) = stamped {
        builder = builder.with_delete_horizon(horizon);
    }
    for record in records {
        builder.append_record(record);
    }
    Ok(builder.build())
}
