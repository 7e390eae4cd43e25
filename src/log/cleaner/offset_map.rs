//! Which offset is the newest of each key: Kafka's `SkimpyOffsetMap`.
//!
//! Kafka's cleaner cannot hold the keys of a whole log in memory. It keeps the MD5 of each instead, 16 bytes, and the
//! offset, 8: so a key costs 24 bytes however long it is, and `log.cleaner.dedupe.buffer.size` says how many keys one
//! round of cleaning can tell apart. When the map is as full as `log.cleaner.io.buffer.load.factor` allows, the round
//! goes no further.
//!
//! Kafka's map is a table with open addressing that fills its whole buffer in advance. Ours is an ordered map over the
//! same 16 bytes that grows with what is in it. Both find the same offset for the same key, and are full at the same
//! moment.

use crate::base::Offset;
use crate::log::Ratio;
use md5::{Digest, Md5};
use std::collections::BTreeMap;

/// What an entry takes: the hash of a key and an offset.
const BYTES_PER_ENTRY: u64 = 24;

/// How much the map may hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OffsetMapSize {
    /// `log.cleaner.dedupe.buffer.size`: its memory, in bytes. Of more than 2 GiB the rest is not used.
    pub dedupe_buffer_size: u64,
    /// `log.cleaner.io.buffer.load.factor`: how full it may become.
    pub load_factor: Ratio,
}

impl Default for OffsetMapSize {
    fn default() -> Self {
        Self { dedupe_buffer_size: 128 << 20, load_factor: Ratio(900_000) }
    }
}

impl OffsetMapSize {
    /// How many entries fit into the memory.
    #[must_use]
    pub fn slots(self) -> u64 {
        self.dedupe_buffer_size.min(i32::MAX as u64) / BYTES_PER_ENTRY
    }

    /// How many keys a round can tell apart.
    #[must_use]
    pub fn max_entries(self) -> u64 {
        self.slots() * u64::from(self.load_factor.0) / u64::from(Ratio::ONE.0)
    }
}

/// The newest offset of each key in the dirty part of a log.
#[derive(Clone, Debug)]
pub(super) struct OffsetMap {
    size: OffsetMapSize,
    entries: BTreeMap<[u8; 16], Offset>,
    latest_offset: Offset,
}

impl OffsetMap {
    pub(super) fn new(size: OffsetMapSize) -> Self {
        Self { size, entries: BTreeMap::new(), latest_offset: -1 }
    }

    /// Whether it takes no further record, be its key known or not.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() as u64 >= self.size.max_entries()
    }

    pub(super) fn put(&mut self, key: &[u8], offset: Offset) {
        self.entries.insert(Md5::digest(key).into(), offset);
        self.latest_offset = offset;
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Offset> {
        let hash: [u8; 16] = Md5::digest(key).into();
        self.entries.get(&hash).copied()
    }

    /// Everything up to this offset has been looked at; −1 at first.
    pub(super) fn latest_offset(&self) -> Offset {
        self.latest_offset
    }

    pub(super) fn update_latest_offset(&mut self, offset: Offset) {
        self.latest_offset = offset;
    }

    /// How many of the slots are in use.
    pub(super) fn utilization(&self) -> Ratio {
        let part = self.entries.len() as u64 * u64::from(Ratio::ONE.0) / self.size.slots().max(1);
        Ratio(part.min(Ratio::ONE.0.into()) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_takes_24_bytes() {
        let size = OffsetMapSize { dedupe_buffer_size: 24 * 10 + 23, load_factor: Ratio(900_000) };
        assert_eq!((size.slots(), size.max_entries()), (10, 9));
        assert_eq!((OffsetMapSize::default().slots(), OffsetMapSize::default().max_entries()), (5_592_405, 5_033_164));
        assert_eq!(OffsetMapSize { dedupe_buffer_size: u64::MAX, ..size }.slots(), 89_478_485);
    }

    #[test]
    fn the_newest_offset_of_a_key_is_found() {
        let mut map = OffsetMap::new(OffsetMapSize { dedupe_buffer_size: 24 * 4, load_factor: Ratio(500_000) });
        assert_eq!((map.latest_offset(), map.get(b"a"), map.is_full()), (-1, None, false));
        map.put(b"a", 3);
        map.put(b"", 4);
        map.put(b"a", 7);
        assert_eq!((map.get(b"a"), map.get(b""), map.get(b"b"), map.latest_offset()), (Some(7), Some(4), None, 7));
        assert!(map.is_full());
        assert_eq!(map.utilization(), Ratio(500_000));
    }
}
