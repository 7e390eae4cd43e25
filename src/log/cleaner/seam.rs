//! What the cleaner wants to know of producers and transactions, of which the log keeps no account yet.

use crate::base::{Map, Offset};
use crate::disk::Disk;
use crate::log::{LogError, LogSegment, UnifiedLog};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct AbortedTxn {
    pub(super) producer_id: i64,
    pub(super) first_offset: Offset,
    pub(super) last_offset: Offset,
    pub(super) last_stable_offset: Offset,
}

pub(super) fn last_stable_offset(log: &UnifiedLog) -> Offset {
    log.high_watermark()
}

pub(super) fn collect_aborted_transactions(
    _log: &UnifiedLog,
    _disk: &Disk,
    _start: Offset,
    _upper: Offset,
) -> Result<Vec<AbortedTxn>, LogError> {
    Ok(Vec::new())
}

/// What the log has of a producer that is still active.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LastRecord {
    pub(super) last_data_offset: Option<Offset>,
    pub(super) producer_epoch: i16,
}

pub(super) fn last_records_of_active_producers(_log: &UnifiedLog) -> Map<i64, LastRecord> {
    Map::new()
}

pub(super) fn append_to_txn_index(_segment: &mut LogSegment, _disk: &mut Disk, _aborted: AbortedTxn) {}
