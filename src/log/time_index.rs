//! The time index: timestamp → offset.
//!
//! An entry is twelve bytes: a timestamp, eight, and an offset less the segment's base offset, four. It says that the
//! largest timestamp so far was reached by the batch that ends with that offset; nothing before that batch is younger.
//! Entries are added together with those of the offset index, but only if the timestamp has grown, and once more when
//! the segment is closed: so the last entry of a sealed segment tells how old the segment is.

use super::LogError;
use super::search::{Probe, largest_lower_bound};
use crate::base::Offset;
use crate::disk::{Disk, OpenFile};
use crate::record::NO_TIMESTAMP;
use std::rc::Rc;

const ENTRY_SIZE: u32 = 12;

/// An entry of the time index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimestampOffset {
    /// The largest timestamp up to and with the batch.
    pub timestamp: i64,
    /// The last offset of the batch.
    pub offset: Offset,
}

/// A segment's time index. Its entries are in its file; here is what must be at hand to add one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TimeIndex {
    path: Rc<str>,
    base_offset: Offset,
    max_entries: u32,
    entries: u32,
    last_entry: TimestampOffset,
}

impl TimeIndex {
    /// An index that takes at most `max_size` bytes, with what its file holds; of a last entry that is cut, nothing.
    pub(super) fn open(disk: &mut Disk, path: Rc<str>, base_offset: Offset, max_size: u32) -> Result<Self, LogError> {
        let len = disk.len(&path)?;
        disk.truncate(&path, len - len % u64::from(ENTRY_SIZE))?;
        let (max_entries, entries) = (max_size / ENTRY_SIZE, (len / u64::from(ENTRY_SIZE)) as u32);
        let last_entry = TimestampOffset { timestamp: NO_TIMESTAMP, offset: base_offset };
        let mut index = Self { path, base_offset, max_entries, entries, last_entry };
        index.last_entry = index.read_last_entry(disk)?;
        Ok(index)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How many entries it has.
    #[must_use]
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// The size of its entries.
    #[must_use]
    pub fn size_in_bytes(&self) -> u32 {
        self.entries * ENTRY_SIZE
    }

    /// The last entry; without one, timestamp −1 at the segment's base offset.
    #[must_use]
    pub fn last_entry(&self) -> TimestampOffset {
        self.last_entry
    }

    /// Whether it has room for no more than the entry that is added when the segment is closed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries + 1 >= self.max_entries
    }

    /// Entry number `slot`, from 0.
    pub fn entry(&self, disk: &Disk, slot: u32) -> Result<TimestampOffset, LogError> {
        self.entry_of(disk.open(&self.path)?, slot)
    }

    fn entry_of(&self, file: OpenFile<'_>, slot: u32) -> Result<TimestampOffset, LogError> {
        let mut bytes = [0; ENTRY_SIZE as usize];
        file.read_at(u64::from(slot) * u64::from(ENTRY_SIZE), &mut bytes)?;
        let [timestamp @ .., a, b, c, d] = bytes;
        let relative = i32::from_be_bytes([a, b, c, d]);
        Ok(TimestampOffset { timestamp: i64::from_be_bytes(timestamp), offset: self.base_offset + i64::from(relative) })
    }

    /// All entries, in order.
    pub fn all(&self, disk: &Disk) -> Result<Vec<TimestampOffset>, LogError> {
        let file = disk.open(&self.path)?;
        (0..self.entries).map(|slot| self.entry_of(file, slot)).collect()
    }

    /// The last entry whose timestamp is at most `target`; without one, timestamp −1 at the segment's base offset.
    pub fn lookup(&self, disk: &Disk, target: i64) -> Result<TimestampOffset, LogError> {
        match self.search(disk, target, |_| {})? {
            Some(slot) => self.entry(disk, slot),
            None => Ok(TimestampOffset { timestamp: NO_TIMESTAMP, offset: self.base_offset }),
        }
    }

    /// The entries that [`TimeIndex::lookup`] looks at, in the order in which it does.
    pub fn walk(&self, disk: &Disk, target: i64) -> Result<Vec<Probe<TimestampOffset>>, LogError> {
        let mut walk = Vec::new();
        self.search(disk, target, |probe| walk.push(probe))?;
        Ok(walk)
    }

    /// Adds an entry if its timestamp is above the last one's. The last place is kept for a segment that `closes`.
    pub(super) fn maybe_append(
        &mut self,
        disk: &mut Disk,
        entry: TimestampOffset,
        closes: bool,
    ) -> Result<(), LogError> {
        if entry.timestamp <= self.last_entry.timestamp || (self.is_full() && !closes) {
            return Ok(());
        }
        let relative = (entry.offset - self.base_offset) as u32;
        let mut bytes = entry.timestamp.to_be_bytes().to_vec();
        bytes.extend_from_slice(&relative.to_be_bytes());
        disk.append(&self.path, &bytes)?;
        self.entries += 1;
        self.last_entry = entry;
        Ok(())
    }

    /// Drops all entries at or behind `offset`.
    pub(super) fn truncate_to(&mut self, disk: &mut Disk, offset: Offset) -> Result<(), LogError> {
        let file = disk.open(&self.path)?;
        let key = |slot| Ok(self.entry_of(file, slot)?.offset);
        let lower = largest_lower_bound(self.entries, ENTRY_SIZE, offset, key)?;
        let keep = match lower {
            None => 0,
            Some(slot) if self.entry(disk, slot)?.offset == offset => slot,
            Some(slot) => slot + 1,
        };
        self.truncate_to_entries(disk, keep)
    }

    /// Drops all entries.
    pub(super) fn reset(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        self.truncate_to_entries(disk, 0)
    }

    fn truncate_to_entries(&mut self, disk: &mut Disk, entries: u32) -> Result<(), LogError> {
        disk.truncate(&self.path, u64::from(entries) * u64::from(ENTRY_SIZE))?;
        self.entries = entries;
        self.last_entry = self.read_last_entry(disk)?;
        Ok(())
    }

    fn read_last_entry(&self, disk: &Disk) -> Result<TimestampOffset, LogError> {
        match self.entries.checked_sub(1) {
            None => Ok(TimestampOffset { timestamp: NO_TIMESTAMP, offset: self.base_offset }),
            Some(last) => self.entry(disk, last),
        }
    }

    fn search(
        &self,
        disk: &Disk,
        target: i64,
        mut seen: impl FnMut(Probe<TimestampOffset>),
    ) -> Result<Option<u32>, LogError> {
        let file = disk.open(&self.path)?;
        largest_lower_bound(self.entries, ENTRY_SIZE, target, |slot| {
            let entry = self.entry_of(file, slot)?;
            seen(Probe { slot, entry });
            Ok(entry.timestamp)
        })
    }
}
