//! Producers and transactions in an append, and aborted transactions in a read.

use super::append::{AppendOrigin, AppendParams};
use super::producer_state::{
    BatchMetadata, CompletedTxn, ProducerAppendInfo, ProducerStateEntry, VerificationGuard, update_producers,
};
use super::read::FetchDataInfo;
use super::{AbortedTransaction, AbortedTxn, AppendError, LogError, LogSegment, UnifiedLog};
use crate::base::{Map, Offset};
use crate::disk::Disk;
use crate::record::{RecordBatch, batches};

/// What is found out about the producers of batches before they are written.
pub(super) enum Producers {
    /// A producer's batch is there already.
    Duplicate(BatchMetadata),
    /// What changes: by producer, and the transactions that end.
    Updated(Map<i64, ProducerAppendInfo>, Vec<CompletedTxn>),
}

impl UnifiedLog {
    /// Before the first record of a transaction is written, its coordinator must be asked whether it knows of it. The
    /// guard goes with the question, and then with the append. The sentinel says that there is nothing to ask: the
    /// transaction is open. `now_ms` is the broker's clock.
    pub fn maybe_start_transaction_verification(
        &mut self,
        producer_id: i64,
        sequence: i32,
        epoch: i16,
        supports_epoch_bump: bool,
        now_ms: i64,
    ) -> Result<VerificationGuard, AppendError> {
        self.check_epoch_is_current(producer_id, epoch)?;
        let producers = &mut self.producer_state;
        if producers.has_ongoing_transaction(producer_id, epoch) {
            return Ok(VerificationGuard::SENTINEL);
        }
        let guard =
            producers.maybe_create_verification_state_entry(producer_id, sequence, epoch, supports_epoch_bump, now_ms);
        Ok(guard)
    }

    /// Checks the producers of `records`, which are about to be written.
    pub(super) fn analyze_producers(&mut self, records: &[u8], params: AppendParams) -> Result<Producers, AppendError> {
        let (mut updated, mut completed) = (Map::new(), Vec::new());
        for batch in batches(records) {
            let batch = batch?;
            if !batch.has_producer_id() {
                continue;
            }
            if params.origin == AppendOrigin::Client {
                let known = self.producer_state.last_entry(batch.producer_id());
                if let Some(duplicate) = known.and_then(|entry| entry.find_duplicate_batch(&batch)) {
                    return Ok(Producers::Duplicate(duplicate));
                }
            }
            if matches!(params.origin, AppendOrigin::Client | AppendOrigin::Coordinator) {
                self.check_transaction(&batch, params.verification_guard)?;
            }
            let (origin, version) = (params.origin, params.transaction_version);
            completed.extend(update_producers(&mut self.producer_state, &mut updated, &batch, origin, version)?);
        }
        Ok(Producers::Updated(updated, completed))
    }

    /// Whether a batch may be the first of a transaction here, if it would be.
    fn check_transaction(&self, batch: &RecordBatch<'_>, shown: VerificationGuard) -> Result<(), AppendError> {
        let (producer_id, epoch, producers) = (batch.producer_id(), batch.producer_epoch(), &self.producer_state);
        if !batch.is_transactional() || producers.has_ongoing_transaction(producer_id, epoch) {
            return Ok(());
        }
        self.check_epoch_is_current(producer_id, epoch)?;
        let must_be_verified = producers.config().transaction_verification_enabled && !batch.is_control_batch();
        if must_be_verified && !producers.verification_guard(producer_id).verify(shown) {
            let reason = "the record belongs to no transaction that is known to be open";
            return Err(AppendError::InvalidTxnState { producer_id, reason });
        }
        Ok(())
    }

    fn check_epoch_is_current(&self, producer_id: i64, epoch: i16) -> Result<(), AppendError> {
        let current = self.producer_state.last_entry(producer_id).map(ProducerStateEntry::producer_epoch);
        match current {
            Some(current) if epoch < current => {
                Err(AppendError::InvalidProducerEpoch { producer_id, offset: self.log_end_offset, epoch, current })
            }
            _ => Ok(()),
        }
    }

    /// Makes known what batches change that have just been written to the active segment.
    pub(super) fn update_producers(
        &mut self,
        disk: &mut Disk,
        updated: &Map<i64, ProducerAppendInfo>,
        completed: &[CompletedTxn],
    ) -> Result<(), LogError> {
        updated.values().for_each(|info| self.producer_state.update(info));
        for txn in completed {
            let last_stable_offset = self.producer_state.last_stable_offset(txn);
            self.active_segment_mut().update_txn_index(disk, txn, last_stable_offset)?;
            self.producer_state.complete_txn(txn);
        }
        Ok(())
    }

    /// Adds the list of aborted transactions to what was read from `segment` at `start_offset`. It reaches a little
    /// further than the records: to the first index entry behind them.
    pub(super) fn add_aborted_transactions(
        &self,
        disk: &Disk,
        segment: &LogSegment,
        start_offset: Offset,
        mut data: FetchDataInfo,
    ) -> Result<FetchDataInfo, LogError> {
        let start = data.fetch_offset_metadata.relative_position_in_segment;
        let end = start.saturating_add(data.records.len() as u32);
        let upper_bound = match segment.offset_index().first_at_or_behind_position(disk, end)? {
            Some(entry) => entry.offset,
            None => self.next_base_offset(segment.base_offset()).unwrap_or(self.log_end_offset),
        };
        let aborted = self.aborted_from(disk, segment.base_offset(), start_offset, upper_bound)?;
        let told: Vec<AbortedTransaction> = aborted.iter().map(AbortedTxn::as_aborted_transaction).collect();
        data.aborted_transactions = Some(told);
        Ok(data)
    }

    /// The aborted transactions that overlap the offsets from `start_offset` to before `upper_bound_offset`.
    pub fn collect_aborted_transactions(
        &self,
        disk: &Disk,
        start_offset: Offset,
        upper_bound_offset: Offset,
    ) -> Result<Vec<AbortedTxn>, LogError> {
        self.aborted_from(disk, self.floor_base_offset(start_offset), start_offset, upper_bound_offset)
    }

    /// Looks through the transaction indexes from one segment on.
    fn aborted_from(
        &self,
        disk: &Disk,
        first_segment: Offset,
        start_offset: Offset,
        upper_bound_offset: Offset,
    ) -> Result<Vec<AbortedTxn>, LogError> {
        let mut aborted = Vec::new();
        for (_, segment) in self.segments.range(first_segment..) {
            let found = segment.txn_index().collect_aborted_txns(disk, start_offset, upper_bound_offset)?;
            aborted.extend(found.aborted_transactions);
            if found.is_complete {
                break;
            }
        }
        Ok(aborted)
    }
}
