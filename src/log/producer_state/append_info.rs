//! The checks of an append, and what it changes, for one producer: Kafka's `ProducerAppendInfo`.

use super::entry::{BatchMetadata, ProducerStateEntry};
use super::verification::VerificationStateEntry;
use crate::base::Offset;
use crate::log::AppendError;
use crate::log::append::AppendOrigin;
use crate::record::{ControlRecordType, EndTransactionMarker, NO_PRODUCER_EPOCH, NO_SEQUENCE, RecordBatch};

/// A transaction that has its marker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::log) struct CompletedTxn {
    /// Whose it was.
    pub(in crate::log) producer_id: i64,
    /// Its first offset.
    pub(in crate::log) first_offset: Offset,
    /// Its last: that of the marker.
    pub(in crate::log) last_offset: Offset,
    /// Whether it came to nothing.
    pub(in crate::log) is_aborted: bool,
}

/// One producer's part in an append: what is known of it, and what will be, once the batches are written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::log) struct ProducerAppendInfo {
    origin: AppendOrigin,
    verification: Option<VerificationStateEntry>,
    /// The epoch before the append.
    current_epoch: i16,
    /// The last sequence before the append; none if no batch is remembered.
    current_last_seq: Option<i32>,
    updated: ProducerStateEntry,
    started: Vec<Offset>,
}

impl ProducerAppendInfo {
    /// Sets out from what is known.
    pub(super) fn new(
        current: &ProducerStateEntry,
        origin: AppendOrigin,
        verification: Option<VerificationStateEntry>,
    ) -> Self {
        Self {
            origin,
            verification,
            current_epoch: current.producer_epoch,
            current_last_seq: (!current.is_empty()).then(|| current.last_sequence()),
            updated: current.without_batches(),
            started: Vec::new(),
        }
    }

    /// What is known after the append; its batches are only those of the append.
    pub(super) fn updated(&self) -> &ProducerStateEntry {
        &self.updated
    }

    /// The first offsets of the transactions that the append begins.
    pub(super) fn started_transactions(&self) -> &[Offset] {
        &self.started
    }

    /// Checks a batch and takes it into account. Says whether it ends a transaction.
    pub(super) fn append(
        &mut self,
        batch: &RecordBatch<'_>,
        transaction_version: i16,
    ) -> Result<Option<CompletedTxn>, AppendError> {
        if !batch.is_control_batch() {
            return self.append_data_batch(batch).map(|()| None);
        }
        // The cleaner leaves a control batch without its record when all of the transaction is gone.
        let Some(marker) = batch.end_transaction_marker()? else { return Ok(None) };
        self.append_end_txn_marker(marker, batch, transaction_version)
    }

    fn append_data_batch(&mut self, batch: &RecordBatch<'_>) -> Result<(), AppendError> {
        let (epoch, first_offset) = (batch.producer_epoch(), batch.base_offset());
        if epoch < self.updated.producer_epoch {
            self.invalid_epoch(epoch, first_offset)?;
        }
        if self.origin == AppendOrigin::Client {
            self.check_sequence(epoch, batch.base_sequence(), first_offset)?;
        }
        let (last_seq, last_offset, timestamp) = (batch.last_sequence(), batch.last_offset(), batch.max_timestamp());
        let offset_delta = last_offset.wrapping_sub(first_offset) as i32;
        self.updated.add_batch(epoch, BatchMetadata { last_seq, last_offset, offset_delta, timestamp });
        match self.updated.current_txn_first_offset {
            Some(_) if !batch.is_transactional() => Err(AppendError::InvalidTxnState {
                producer_id: self.updated.producer_id,
                reason: "a transaction is open, the batch belongs to none",
            }),
            None if batch.is_transactional() => {
                self.updated.current_txn_first_offset = Some(first_offset);
                self.started.push(first_offset);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn check_sequence(&self, epoch: i16, first_seq: i32, offset: Offset) -> Result<(), AppendError> {
        let out_of_order = |expected| {
            let producer_id = self.updated.producer_id;
            Err(AppendError::OutOfOrderSequence { producer_id, offset, sequence: first_seq, expected })
        };
        if let Some(verification) = self.verification {
            let is_fresh = verification.supports_epoch_bump && self.current_last_seq.is_none();
            if is_fresh && first_seq != 0 {
                return out_of_order(0);
            }
            if first_seq > verification.lowest_sequence {
                return out_of_order(verification.lowest_sequence);
            }
        }
        if epoch != self.updated.producer_epoch {
            let is_known = self.updated.producer_epoch != NO_PRODUCER_EPOCH;
            return if first_seq != 0 && is_known { out_of_order(0) } else { Ok(()) };
        }
        let last_seq = if !self.updated.is_empty() {
            self.updated.last_sequence()
        } else if epoch == self.current_epoch {
            self.current_last_seq.unwrap_or(NO_SEQUENCE)
        } else {
            NO_SEQUENCE
        };
        let next_seq = last_seq.wrapping_add(1) & i32::MAX;
        // All that a producer wrote may have been deleted; then it may go on from anywhere.
        if self.current_epoch == NO_PRODUCER_EPOCH || first_seq == next_seq { Ok(()) } else { out_of_order(next_seq) }
    }

    /// Under TV1 a marker carries the epoch of its transaction, so one that comes late cannot be told from that of the next
    /// transaction. Under TV2 it carries the next epoch: one that is not newer is late, unless it repeats the marker that
    /// ended the last transaction, which is harmless.
    fn append_end_txn_marker(
        &mut self,
        marker: EndTransactionMarker,
        batch: &RecordBatch<'_>,
        transaction_version: i16,
    ) -> Result<Option<CompletedTxn>, AppendError> {
        let (epoch, offset, current) = (batch.producer_epoch(), batch.base_offset(), self.updated.producer_epoch);
        let first_offset = self.updated.current_txn_first_offset;
        let is_repeat = epoch == current && (first_offset.is_none() || epoch == i16::MAX);
        if epoch < current || (transaction_version >= 2 && epoch == current && !is_repeat) {
            self.invalid_epoch(epoch, offset)?;
        }
        if marker.coordinator_epoch < self.updated.coordinator_epoch && self.origin != AppendOrigin::Replication {
            return Err(AppendError::TransactionCoordinatorFenced {
                producer_id: self.updated.producer_id,
                offset,
                coordinator_epoch: marker.coordinator_epoch,
                current: self.updated.coordinator_epoch,
            });
        }
        let producer_id = self.updated.producer_id;
        let completed = first_offset.map(|first_offset| CompletedTxn {
            producer_id,
            first_offset,
            last_offset: offset,
            is_aborted: marker.kind == ControlRecordType::Abort,
        });
        self.updated.end_transaction(epoch, marker.coordinator_epoch, batch.max_timestamp());
        Ok(completed)
    }

    /// An error, except for a follower, which takes what its leader took.
    fn invalid_epoch(&self, epoch: i16, offset: Offset) -> Result<(), AppendError> {
        let (producer_id, current) = (self.updated.producer_id, self.updated.producer_epoch);
        match self.origin {
            AppendOrigin::Replication => Ok(()),
            _ => Err(AppendError::InvalidProducerEpoch { producer_id, offset, epoch, current }),
        }
    }
}
