//! What a controller keeps on its disk: its log, its term and its vote.
//!
//! Kafka keeps the log as segments of `__cluster_metadata-0` and the other two in `quorum-state`. Here the log is a list of
//! records; it is never shortened by snapshots.

use crate::base::{ControllerId, Offset};
use crate::protocol::QuorumEntry;

/// The metadata log of one controller.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct QuorumLog {
    entries: Vec<QuorumEntry>,
}

impl QuorumLog {
    /// The offset behind the last record.
    #[must_use]
    pub fn end_offset(&self) -> Offset {
        self.entries.len() as Offset
    }

    /// The term of the last record; 0 if there is none.
    #[must_use]
    pub fn last_epoch(&self) -> i32 {
        self.entries.last().map_or(0, |entry| entry.epoch)
    }

    /// The record at an offset.
    #[must_use]
    pub fn get(&self, offset: Offset) -> Option<&QuorumEntry> {
        self.entries.get(usize::try_from(offset).ok()?)
    }

    /// The term of the record before `offset`; 0 at the beginning.
    #[must_use]
    pub fn epoch_before(&self, offset: Offset) -> i32 {
        self.get(offset - 1).map_or(0, |entry| entry.epoch)
    }

    /// At most `most` records from `offset` on.
    #[must_use]
    pub fn read(&self, offset: Offset, most: usize) -> Vec<QuorumEntry> {
        let from = usize::try_from(offset).unwrap_or(0).min(self.entries.len());
        self.entries[from..].iter().take(most).cloned().collect()
    }

    /// Adds a record.
    pub fn append(&mut self, entry: QuorumEntry) {
        self.entries.push(entry);
    }

    /// Drops the records from `offset` on.
    pub fn truncate(&mut self, offset: Offset) {
        self.entries.truncate(usize::try_from(offset).unwrap_or(0));
    }

    /// The largest term that is not above `epoch`, and where it ends: where a log that parted from this one must go back to.
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: i32) -> (i32, Offset) {
        let end = self.entries.partition_point(|entry| entry.epoch <= epoch) as Offset;
        (self.epoch_before(end), end)
    }
}

/// What outlives a controller's process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct QuorumStore {
    /// The newest term that it has heard of.
    pub epoch: i32,
    /// To whom it gave its voice in that term.
    pub voted_for: Option<ControllerId>,
    /// Its log.
    pub log: QuorumLog,
}
