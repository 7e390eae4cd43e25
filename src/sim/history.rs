//! Whether a log holds what was once written to its partition.
//!
//! A log's leader-epoch cache tells which leader wrote at an offset, and so whether a place in one history is a place in
//! this one. With compaction there is more to it: a record may be gone and yet not lost, because a newer one has its key.
//! And a replica that copied what compaction had left knows of a term only from the first batch of it that was there.

use crate::base::{LeaderEpoch, Map, Offset};
use crate::disk::Disk;
use crate::log::UnifiedLog;

/// Whether the history of `log` contains what a leader wrote at `offset` in its term `epoch`, compacted away or not. What lies before
/// the log's start was deleted, which is not to be lost.
pub(super) fn has_in_its_history(log: &UnifiedLog, offset: Offset, epoch: LeaderEpoch) -> bool {
    if offset >= log.log_end_offset() {
        return false;
    }
    if offset < log.log_start_offset() {
        return true;
    }
    let known = log.leader_epoch_cache().epoch_for_offset(offset);
    if known.is_none() && !log.config().cleanup_policy.compact {
        // The terms were cut off with what was deleted; a crash may bring records back of which no term is known any more.
        return log.epoch_entries().next().is_some();
    }
    if known == Some(epoch) || !log.config().cleanup_policy.compact {
        return known == Some(epoch);
    }
    // Nothing of that term may be left here, but then it stands between the terms that are.
    let next = log.epoch_entries().find(|entry| entry.start_offset > offset);
    known.is_none_or(|known| known < epoch) && next.is_some_and(|next| next.epoch >= epoch)
}

/// The offsets at which what is in the history of `log` may change: between two of them, one term wrote all, and all is there or nothing.
pub(super) fn breaks_of_history(log: &UnifiedLog) -> impl Iterator<Item = Offset> {
    let terms = log.epoch_entries().map(|entry| entry.start_offset);
    [log.log_start_offset(), log.log_end_offset()].into_iter().chain(terms)
}

/// Whether the record at `offset` itself is there to be read.
pub(super) fn is_still_there(log: &UnifiedLog, disk: &Disk, offset: Offset) -> bool {
    let Some(Ok(found)) = log.batches(disk, offset).next() else { return false };
    found.batch().records().flatten().any(|record| record.offset == offset)
}

/// Whether two logs have the same terms below `common`. Of compacted ones those of the batches count that both have.
pub(super) fn agree_below(one: (&UnifiedLog, &Disk), other: (&UnifiedLog, &Disk), common: Offset) -> bool {
    if !one.0.config().cleanup_policy.compact {
        // Where one log starts later than the other, only what both have can be compared.
        let start = one.0.log_start_offset().max(other.0.log_start_offset());
        let terms = |log: &UnifiedLog| -> Vec<_> {
            let behind = log.epoch_entries().filter(|entry| (start + 1..common).contains(&entry.start_offset));
            let first = log.leader_epoch_cache().epoch_for_offset(start);
            std::iter::once((start, first)).chain(behind.map(|entry| (entry.start_offset, Some(entry.epoch)))).collect()
        };
        return start >= common || terms(one.0) == terms(other.0);
    }
    let terms = |(log, disk): (&UnifiedLog, &Disk)| -> Map<Offset, LeaderEpoch> {
        let batches = log.batches(disk, log.log_start_offset()).flatten();
        let terms = batches.map(|found| (found.batch().last_offset(), found.batch().partition_leader_epoch()));
        terms.take_while(|(last_offset, _)| *last_offset < common).collect()
    };
    let (one, other) = (terms(one), terms(other));
    one.iter().all(|(last_offset, epoch)| other.get(last_offset).is_none_or(|it| it == epoch))
}
