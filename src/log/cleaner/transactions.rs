//! Which transactions a walk over a log has met: Kafka's `CleanedTransactionMetadata`.
//!
//! The records of an aborted transaction are worth nothing and go at once. Its marker must stay as long as any batch of
//! it is there, for a reader that does not know the transaction index would take the records for good. So the walk
//! remembers, for each producer, whether it has met a batch of the transaction that a marker ends.

use crate::base::{Map, Offset, Set};
use crate::log::AbortedTxn;
use crate::record::{ControlRecordType, RecordBatch, RecordError};

/// What the walk knows.
#[derive(Clone, Debug, Default)]
pub(super) struct CleanedTransactionMetadata {
    /// Producers of which a batch was met whose transaction was committed.
    ongoing_committed: Set<i64>,
    /// Aborted transactions by producer, and whether a batch was met.
    ongoing_aborted: Map<i64, (AbortedTxn, bool)>,
    /// Aborted transactions that begin further on, the last one first.
    ahead: Vec<AbortedTxn>,
}

/// Whether the batch is of no more use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It still is of use; an abort marker goes on standing in the transaction index.
    Needed(Option<AbortedTxn>),
    /// It is not: it was aborted, or it is a marker whose transaction has no batch left.
    Discardable,
}

impl CleanedTransactionMetadata {
    /// Learns of transactions that were aborted further on.
    pub(super) fn add_aborted_transactions(&mut self, aborted: impl IntoIterator<Item = AbortedTxn>) {
        self.ahead.extend(aborted);
        self.ahead.sort_by_key(|txn| std::cmp::Reverse(txn.first_offset));
    }

    pub(super) fn on_batch_read(&mut self, batch: &RecordBatch<'_>) -> Verdict {
        self.consume_aborted_up_to(batch.last_offset());
        if !batch.is_transactional() {
            return Verdict::Needed(None);
        }
        match self.ongoing_aborted.get_mut(&batch.producer_id()) {
            Some((_, met)) => {
                *met = true;
                Verdict::Discardable
            }
            None => {
                self.ongoing_committed.insert(batch.producer_id());
                Verdict::Needed(None)
            }
        }
    }

    pub(super) fn on_control_batch_read(&mut self, batch: &RecordBatch<'_>) -> Result<Verdict, RecordError> {
        self.consume_aborted_up_to(batch.last_offset());
        let producer = batch.producer_id();
        let Some(record) = batch.records().next().transpose()? else {
            // An earlier round has emptied it.
            return Ok(Verdict::Discardable);
        };
        Ok(match record.control_record_type()? {
            ControlRecordType::Abort => match self.ongoing_aborted.remove(&producer) {
                Some((txn, true)) => Verdict::Needed(Some(txn)),
                _ => Verdict::Discardable,
            },
            ControlRecordType::Commit if !self.ongoing_committed.remove(&producer) => Verdict::Discardable,
            _ => Verdict::Needed(None),
        })
    }

    fn consume_aborted_up_to(&mut self, offset: Offset) {
        while let Some(txn) = self.ahead.pop_if(|txn| txn.first_offset <= offset) {
            self.ongoing_aborted.entry(txn.producer_id).or_insert((txn, false));
        }
    }
}
