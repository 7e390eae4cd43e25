//! Finding the state of producers again from snapshots and batches: Kafka's `UnifiedLog.rebuildProducerState`.

use super::manager::ProducerStateManager;
use super::update_producers;
use crate::base::{Map, Offset};
use crate::disk::Disk;
use crate::log::append::AppendOrigin;
use crate::log::{AppendError, LogError, LogSegment};
use crate::record::{RecordBatch, RecordError};
use std::rc::Rc;

/// The log whose producers are to be known.
#[derive(Clone, Copy, Debug)]
pub(in crate::log) struct Rebuild<'a> {
    /// Its segments.
    pub(in crate::log) segments: &'a Map<Offset, Rc<LogSegment>>,
    /// Where it starts.
    pub(in crate::log) log_start_offset: Offset,
    /// Batches from here on are not looked at.
    pub(in crate::log) last_offset: Offset,
    /// Whether the log was closed in good order. If there is no snapshot then, there were no producers.
    pub(in crate::log) after_clean_shutdown: bool,
    /// The broker's clock, in ms.
    pub(in crate::log) now_ms: i64,
}

/// Brings `manager` to where it was when the log ended at `last_offset`: by the newest snapshot before that, and by the
/// batches behind the snapshot. Snapshots are written on the way, so that the next time there is less to read.
pub(in crate::log) fn rebuild_producer_state(
    manager: &mut ProducerStateManager,
    disk: &mut Disk,
    log: Rebuild<'_>,
) -> Result<(), LogError> {
    let last_two: Vec<Offset> = log.segments.keys().rev().take(2).rev().copied().collect();
    if manager.latest_snapshot_offset().is_none() && log.after_clean_shutdown {
        for offset in last_two.into_iter().chain([log.last_offset]) {
            manager.update_map_end_offset(offset);
            manager.take_snapshot(disk, true)?;
        }
        return Ok(());
    }
    let nothing_to_find = manager.is_empty() && manager.map_end_offset() >= log.last_offset;
    manager.truncate_and_reload(disk, log.log_start_offset, log.last_offset, log.now_ms)?;
    if log.last_offset > manager.map_end_offset() && !nothing_to_find {
        let from = manager.map_end_offset();
        let first = log.segments.range(..=from).next_back().map_or(Offset::MIN, |(base_offset, _)| *base_offset);
        for (base_offset, segment) in log.segments.range(first..log.last_offset) {
            let start = manager.map_end_offset().max(*base_offset).max(log.log_start_offset);
            manager.update_map_end_offset(start);
            if last_two.contains(base_offset) {
                manager.take_snapshot(disk, true)?;
            }
            load_producers(manager, disk, segment, start, log.last_offset)?;
        }
    }
    manager.update_map_end_offset(log.last_offset);
    manager.take_snapshot(disk, true)
}

/// Takes account of the batches from `start`, or the batch that holds it, up to `last_offset`.
fn load_producers(
    manager: &mut ProducerStateManager,
    disk: &Disk,
    segment: &LogSegment,
    start: Offset,
    last_offset: Offset,
) -> Result<(), LogError> {
    let Some(first) = segment.translate_offset(disk, start)? else { return Ok(()) };
    let end = segment.translate_offset(disk, last_offset)?.map_or(segment.size(), |batch| batch.position);
    let (mut updated, mut completed) = (Map::new(), Vec::new());
    for batch in segment.batches_from(disk, first.position) {
        let (position, header) = batch?;
        if position >= end {
            break;
        }
        let bytes = disk.lend(segment.path(), u64::from(position), u64::from(header.size))?;
        let corrupt = |error| LogError::Corrupt { path: segment.path().into(), position, error };
        let batch = RecordBatch::parse(&bytes).map_err(corrupt)?;
        if batch.has_producer_id() {
            let ended = update_producers(manager, &mut updated, &batch, AppendOrigin::Replication, 0);
            completed.extend(ended.map_err(|error| corrupt(what_no_leader_took(error)))?);
        }
    }
    updated.values().for_each(|info| manager.update(info));
    completed.iter().for_each(|txn| manager.complete_txn(txn));
    Ok(())
}

/// What is wrong with a batch that lies in a log and that no leader can have taken.
pub(in crate::log) fn what_no_leader_took(error: AppendError) -> RecordError {
    match error {
        AppendError::Record(error) => error,
        _ => RecordError::InvalidRecord { index: 0, reason: "its batch is of no transaction, in the middle of one" },
    }
}
