//! The offset index: offset → position in the segment's `.log`.
//!
//! An entry is eight bytes: the offset less the segment's base offset, and the position, four bytes each. An entry says
//! where the batch *begins* that *ends* with its offset. Not every batch has one, so a look-up gives a place at or before
//! what is sought, and the reader walks on from there.

use super::LogError;
use super::search::{Probe, largest_lower_bound};
use crate::base::Offset;
use crate::disk::{Disk, OpenFile};
use std::rc::Rc;

const ENTRY_SIZE: u32 = 8;

/// An entry of the offset index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OffsetPosition {
    /// The last offset of a batch.
    pub offset: Offset,
    /// Where the batch begins in the `.log`.
    pub position: u32,
}

/// A segment's offset index. Its entries are in its file; here is what must be at hand to add one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OffsetIndex {
    path: Rc<str>,
    base_offset: Offset,
    max_entries: u32,
    entries: u32,
    last_offset: Offset,
}

impl OffsetIndex {
    /// An index that takes at most `max_size` bytes, with what its file holds; of a last entry that is cut, nothing.
    pub(super) fn open(disk: &mut Disk, path: Rc<str>, base_offset: Offset, max_size: u32) -> Result<Self, LogError> {
        let len = disk.len(&path)?;
        disk.truncate(&path, len - len % u64::from(ENTRY_SIZE))?;
        let (max_entries, entries) = (max_size / ENTRY_SIZE, (len / u64::from(ENTRY_SIZE)) as u32);
        let mut index = Self { path, base_offset, max_entries, entries, last_offset: base_offset };
        index.last_offset = index.read_last_offset(disk)?;
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

    /// The last entry's offset, or the segment's base offset.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.last_offset
    }

    /// Whether it has room for no more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries >= self.max_entries
    }

    /// Whether an entry can say `offset`: it must lie within 2³¹ of the base offset.
    #[must_use]
    pub fn can_append_offset(&self, offset: Offset) -> bool {
        (0..=i64::from(i32::MAX)).contains(&offset.wrapping_sub(self.base_offset))
    }

    /// Entry number `slot`, from 0.
    pub fn entry(&self, disk: &Disk, slot: u32) -> Result<OffsetPosition, LogError> {
        self.entry_of(disk.open(&self.path)?, slot)
    }

    fn entry_of(&self, file: OpenFile<'_>, slot: u32) -> Result<OffsetPosition, LogError> {
        let mut bytes = [0; ENTRY_SIZE as usize];
        file.read_at(u64::from(slot) * u64::from(ENTRY_SIZE), &mut bytes)?;
        let [a, b, c, d, position @ ..] = bytes;
        let relative = i32::from_be_bytes([a, b, c, d]);
        Ok(OffsetPosition { offset: self.base_offset + i64::from(relative), position: u32::from_be_bytes(position) })
    }

    /// All entries, in order.
    pub fn all(&self, disk: &Disk) -> Result<Vec<OffsetPosition>, LogError> {
        let file = disk.open(&self.path)?;
        (0..self.entries).map(|slot| self.entry_of(file, slot)).collect()
    }

    /// The last entry whose offset is at most `target`; without one, the start of the segment.
    pub fn lookup(&self, disk: &Disk, target: Offset) -> Result<OffsetPosition, LogError> {
        match self.search(disk, target, |_| {})? {
            Some(slot) => self.entry(disk, slot),
            None => Ok(OffsetPosition { offset: self.base_offset, position: 0 }),
        }
    }

    /// The entries that [`OffsetIndex::lookup`] looks at, in the order in which it does.
    pub fn walk(&self, disk: &Disk, target: Offset) -> Result<Vec<Probe<OffsetPosition>>, LogError> {
        let mut walk = Vec::new();
        self.search(disk, target, |probe| walk.push(probe))?;
        Ok(walk)
    }

    /// The first entry whose batch begins at or behind `position`.
    pub(super) fn first_at_or_behind_position(
        &self,
        disk: &Disk,
        position: u32,
    ) -> Result<Option<OffsetPosition>, LogError> {
        let file = disk.open(&self.path)?;
        let key = |slot| Ok(i64::from(self.entry_of(file, slot)?.position));
        let before = largest_lower_bound(self.entries, ENTRY_SIZE, i64::from(position) - 1, key)?;
        let slot = before.map_or(0, |slot| slot + 1);
        if slot < self.entries { self.entry(disk, slot).map(Some) } else { Ok(None) }
    }

    /// Adds an entry; without effect if the index is full or has one for that offset or a later one.
    pub(super) fn append(&mut self, disk: &mut Disk, offset: Offset, position: u32) -> Result<(), LogError> {
        if self.is_full() || (self.entries > 0 && offset <= self.last_offset) {
            return Ok(());
        }
        let relative = (offset - self.base_offset) as u32;
        let entry = u64::from(relative) << 32 | u64::from(position);
        disk.append(&self.path, &entry.to_be_bytes())?;
        self.entries += 1;
        self.last_offset = offset;
        Ok(())
    }

    /// Drops all entries at or behind `offset`.
    pub(super) fn truncate_to(&mut self, disk: &mut Disk, offset: Offset) -> Result<(), LogError> {
        let keep = match self.search(disk, offset, |_| {})? {
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
        self.last_offset = self.read_last_offset(disk)?;
        Ok(())
    }

    fn read_last_offset(&self, disk: &Disk) -> Result<Offset, LogError> {
        match self.entries.checked_sub(1) {
            None => Ok(self.base_offset),
            Some(last) => Ok(self.entry(disk, last)?.offset),
        }
    }

    fn search(
        &self,
        disk: &Disk,
        target: Offset,
        mut seen: impl FnMut(Probe<OffsetPosition>),
    ) -> Result<Option<u32>, LogError> {
        let file = disk.open(&self.path)?;
        largest_lower_bound(self.entries, ENTRY_SIZE, target, |slot| {
            let entry = self.entry_of(file, slot)?;
            seen(Probe { slot, entry });
            Ok(entry.offset)
        })
    }
}
