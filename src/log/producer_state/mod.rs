//! What a partition remembers of its producers: Kafka's `ProducerStateManager`.
//!
//! An idempotent producer numbers its records, per partition, from 0 on. The leader keeps, for each producer id, the
//! epoch and the last five batches, and so can tell a retry (the very same sequences again: answered with the offsets of
//! then, nothing is written) from a gap (`OUT_OF_ORDER_SEQUENCE_NUMBER`), and a producer from its own ghost (an older
//! epoch: `INVALID_PRODUCER_EPOCH`).
//!
//! A transaction adds its first offset here. It is open from its first record to its marker, and the oldest open one
//! holds back the *last stable offset*, up to which a `read_committed` consumer may read. A transaction that has its
//! marker still holds it back until the high watermark has passed the marker: before that, the decision may be lost.
//!
//! All of this follows from the log, so replicas agree without speaking of it. Since a log is long, it is written down at
//! times, in a [`snapshot`]: whenever a segment is begun, so that a segment can be recovered from the snapshot of
//! its own base offset, and when the log is closed. Only the last batch of each producer is in it.
//!
//! * [`ProducerStateEntry`]: one producer;
//! * [`ProducerAppendInfo`]: the checks of an append, made before anything is written;
//! * [`ProducerStateManager`]: all producers, open transactions, and the snapshots;
//! * [`VerificationGuard`]: the proof that a coordinator knows of a transaction before its first record is written;
//! * [`rebuild`]: how the state is found again from the files.
//!
//! Left out: the gauge of transactions that are late to end.

mod append_info;
mod entry;
mod hash_order;
mod manager;
mod rebuild;
mod snapshot;
#[cfg(test)]
mod tests;
mod verification;

pub(super) use append_info::{CompletedTxn, ProducerAppendInfo};
pub use entry::{BatchMetadata, ProducerStateEntry};
pub use manager::{ProducerStateManager, ProducerStateManagerConfig};
pub(super) use rebuild::{Rebuild, rebuild_producer_state, what_no_leader_took};
pub use snapshot::read_snapshot;
pub use verification::{VerificationGuard, VerificationStateEntry};

use super::AppendError;
use super::append::AppendOrigin;
use crate::base::Map;
use crate::record::RecordBatch;

/// Takes a batch with a producer id into account, in `updated`: what the manager is to be told of once the batch is
/// written. Says whether the batch ends a transaction.
pub(super) fn update_producers(
    manager: &mut ProducerStateManager,
    updated: &mut Map<i64, ProducerAppendInfo>,
    batch: &RecordBatch<'_>,
    origin: AppendOrigin,
    transaction_version: i16,
) -> Result<Option<CompletedTxn>, AppendError> {
    let producer_id = batch.producer_id();
    let info = updated.entry(producer_id).or_insert_with(|| manager.prepare_update(producer_id, origin));
    let completed = info.append(batch, transaction_version)?;
    if batch.is_transactional() {
        // Data: from here on the transaction is known to be open. A marker: it is over. Either way nothing is left to
        // prove, unless the proof is for the transaction after this one, which under TV2 has the marker's epoch.
        let of_the_next = |entry: &VerificationStateEntry| {
            entry.supports_epoch_bump() && batch.is_control_batch() && batch.producer_epoch() == entry.epoch()
        };
        if !manager.verification_state_entry(producer_id).is_some_and(of_the_next) {
            manager.clear_verification_state_entry(producer_id);
        }
    }
    Ok(completed)
}
