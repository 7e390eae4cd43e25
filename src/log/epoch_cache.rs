//! The leader-epoch cache: at which offset each leader's term began in this log.
//!
//! A high watermark tells a follower what is safe, but late and only roughly. To cut its log exactly where it parts from
//! the leader's, a follower compares terms: every batch carries the epoch of the leader that took it in, and this cache
//! holds the first offset of each epoch. "Where does epoch 3 end with you?" has one answer per log, and the earlier of
//! two logs' answers is where they agree last.
//!
//! An epoch is entered when a replica becomes leader and when a batch with a new epoch is appended. Epochs and offsets
//! both grow; an entry that would break this removes those it contradicts. The entries are kept in
//! `leader-epoch-checkpoint`, written anew on each change. (Kafka writes at once when it adds an entry, and a moment later
//! when it removes some.)

use super::LogError;
use super::checkpoint::{read_entries, write_entries};
use crate::base::{LeaderEpoch, Map, Offset};
use crate::disk::Disk;
use std::rc::Rc;

/// The begin of a leader's term.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EpochEntry {
    /// The term.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// The end of a leader's term.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OffsetAndEpoch {
    /// The first offset behind the term, or −1.
    pub offset: Offset,
    /// The term, or −1.
    pub leader_epoch: LeaderEpoch,
}

impl OffsetAndEpoch {
    /// The answer of one who does not know.
    pub const UNDEFINED: Self = Self { offset: -1, leader_epoch: -1 };

    /// Whether there is an answer.
    #[must_use]
    pub fn is_defined(self) -> bool {
        self != Self::UNDEFINED
    }
}

/// The terms of one log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LeaderEpochFileCache {
    path: Rc<str>,
    epochs: Map<LeaderEpoch, Offset>,
}

impl LeaderEpochFileCache {
    /// The cache kept at `path`, which is made if there is no such file.
    pub fn open(disk: &mut Disk, path: &str) -> Result<Self, LogError> {
        let mut cache = Self { path: path.into(), epochs: Map::new() };
        if !disk.exists(path) {
            disk.create(path)?;
        }
        let parse = |line: &str| {
            let (epoch, start_offset) = line.split_once(' ')?;
            Some((epoch.parse().ok()?, start_offset.parse().ok()?))
        };
        for (epoch, start_offset) in read_entries(disk, path, parse)? {
            cache.insert(epoch, start_offset);
        }
        Ok(cache)
    }

    /// Enters that `epoch` begins at `start_offset`. Without effect if it is the latest and began no later.
    ///
    /// # Panics
    /// If either is negative.
    pub fn assign(&mut self, disk: &mut Disk, epoch: LeaderEpoch, start_offset: Offset) -> Result<(), LogError> {
        assert!(epoch >= 0 && start_offset >= 0, "epoch {epoch} cannot begin at {start_offset}");
        if self.insert(epoch, start_offset) { self.flush(disk) } else { Ok(()) }
    }

    fn insert(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        if let Some(latest) = self.latest_entry()
            && latest.epoch == epoch
            && latest.start_offset <= start_offset
        {
            return false;
        }
        while let Some(latest) = self.latest_entry()
            && (latest.epoch >= epoch || latest.start_offset >= start_offset)
        {
            self.epochs.pop_last();
        }
        self.epochs.insert(epoch, start_offset);
        true
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = EpochEntry> + '_ {
        self.epochs.iter().map(entry)
    }

    /// The oldest entry.
    #[must_use]
    pub fn earliest_entry(&self) -> Option<EpochEntry> {
        self.epochs.first_key_value().map(entry)
    }

    /// The newest entry.
    #[must_use]
    pub fn latest_entry(&self) -> Option<EpochEntry> {
        self.epochs.last_key_value().map(entry)
    }

    /// The newest term.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.latest_entry().map(|entry| entry.epoch)
    }

    /// The newest known term below `epoch`.
    #[must_use]
    pub fn previous_epoch(&self, epoch: LeaderEpoch) -> Option<LeaderEpoch> {
        self.epochs.range(..epoch).next_back().map(|(epoch, _)| *epoch)
    }

    /// The term that `offset` was, or will be, written in.
    #[must_use]
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.entries().take_while(|entry| entry.start_offset <= offset).last().map(|entry| entry.epoch)
    }

    /// Where the term `epoch`, or the newest one before it, ends in a log that ends at `log_end_offset`. A term older
    /// than all that are known ends where the oldest of them begins; one newer than all is unknown.
    #[must_use]
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end_offset: Offset) -> OffsetAndEpoch {
        if epoch < 0 {
            return OffsetAndEpoch::UNDEFINED;
        }
        if self.latest_epoch() == Some(epoch) {
            return OffsetAndEpoch { offset: log_end_offset, leader_epoch: epoch };
        }
        let Some((_, end)) = self.epochs.range(epoch + 1..).next() else { return OffsetAndEpoch::UNDEFINED };
        let leader_epoch = self.epochs.range(..=epoch).next_back().map_or(epoch, |(epoch, _)| *epoch);
        OffsetAndEpoch { offset: *end, leader_epoch }
    }

    /// Removes the terms that begin at or behind `end_offset`.
    pub fn truncate_from_end(&mut self, disk: &mut Disk, end_offset: Offset) -> Result<(), LogError> {
        let before = self.epochs.len();
        while self.latest_entry().is_some_and(|latest| latest.start_offset >= end_offset) {
            self.epochs.pop_last();
        }
        if self.epochs.len() < before { self.flush(disk) } else { Ok(()) }
    }

    /// Removes the terms that end at or before `start_offset`, and has the one around it begin there.
    pub fn truncate_from_start(&mut self, disk: &mut Disk, start_offset: Offset) -> Result<(), LogError> {
        let mut around = None;
        while let Some(earliest) = self.earliest_entry()
            && earliest.start_offset <= start_offset
        {
            around = Some(earliest.epoch);
            self.epochs.pop_first();
        }
        let Some(epoch) = around else { return Ok(()) };
        self.epochs.insert(epoch, start_offset);
        self.flush(disk)
    }

    /// Removes all terms.
    pub fn clear(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        self.epochs.clear();
        self.flush(disk)
    }

    fn flush(&self, disk: &mut Disk) -> Result<(), LogError> {
        let lines = self.epochs.iter().map(|(epoch, start_offset)| format!("{epoch} {start_offset}"));
        write_entries(disk, &self.path, lines)
    }
}

fn entry((epoch, start_offset): (&LeaderEpoch, &Offset)) -> EpochEntry {
    EpochEntry { epoch: *epoch, start_offset: *start_offset }
}
