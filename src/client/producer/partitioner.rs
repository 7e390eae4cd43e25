//! Which partition a record goes to (Kafka's `BuiltInPartitioner`).
//!
//! A record with a key goes where murmur2 of the key's bytes points, among *all* partitions, so that the same key always meets
//! itself. A record without a key goes to the sticky partition: one is drawn, and kept until about `batch.size` bytes have gone
//! there, so that batches fill up (KIP-480, KIP-794).
//!
//! Left out so far: the load-aware draw (`partitioner.adaptive.partitioning.enable`), `partitioner.class`.

use super::{ProducerRecord, RecordAccumulator};
use crate::base::{TopicName, TopicPartition};

/// Kafka's 32-bit murmur2 of `data`, with its seed.
#[must_use]
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut h: u32 = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * place);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    (h ^ (h >> 15)) as i32
}

/// The partition of a key, among `partitions`.
///
/// # Panics
/// If there are no partitions.
#[must_use]
pub fn partition_for_key(key: &[u8], partitions: usize) -> i32 {
    assert!(partitions > 0, "a topic has at least one partition");
    (murmur2(key) & 0x7fff_ffff) % partitions as i32
}

/// The partitions among which one is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// How many there are.
    pub partitions: usize,
    /// Those that have a leader.
    pub with_leader: &'a [i32],
}

impl Choice<'_> {
    /// Draws one that has a leader, or any if none has; `draw(n)` gives a random number below n.
    fn next(self, draw: &mut impl FnMut(u64) -> u64) -> i32 {
        match self.with_leader {
            [] => draw(self.partitions as u64) as i32,
            some => some[draw(some.len() as u64) as usize],
        }
    }
}

/// The sticky partition of one topic.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct StickyPartition {
    current: Option<i32>,
    produced: usize,
}

impl StickyPartition {
    /// The partition for the next record without a key. A leader is asked for when a partition is drawn; should it go afterwards, the
    /// records wait for the next one.
    fn peek(&mut self, choice: Choice<'_>, draw: &mut impl FnMut(u64) -> u64) -> i32 {
        *self.current.get_or_insert_with(|| choice.next(draw))
    }

    /// The partition for this record, which has no key. Before a new batch is begun, enough bytes may have gone one way.
    pub fn place(
        &mut self,
        accumulator: &mut RecordAccumulator,
        topic: &TopicName,
        record: &ProducerRecord,
        batch_size: usize,
        choice: Choice<'_>,
        draw: &mut impl FnMut(u64) -> u64,
    ) -> i32 {
        loop {
            let number = self.peek(choice, draw);
            let has_room = accumulator.has_room(&TopicPartition::new(topic, number), record);
            if has_room || !self.update(0, batch_size, true, choice, draw) {
                return number;
            }
        }
    }

    /// Counts bytes that went to the sticky partition, and draws another when that is enough: at `batch_size` if no batch is left half
    /// full by that, at twice that in any case. Returns whether it did.
    pub fn update(
        &mut self,
        bytes: usize,
        batch_size: usize,
        no_open_batch: bool,
        choice: Choice<'_>,
        draw: &mut impl FnMut(u64) -> u64,
    ) -> bool {
        self.produced += bytes;
        let enough = self.produced >= batch_size && (no_open_batch || self.produced >= 2 * batch_size);
        if enough {
            self.current = Some(choice.next(draw));
            self.produced = 0;
        }
        enough
    }
}
