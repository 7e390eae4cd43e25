//! Which partition a record goes to (Kafka's `BuiltInPartitioner`).
//!
//! A record with a key goes where murmur2 of the key's bytes points, among *all* partitions, so that the same key always meets
//! itself. A record without a key goes to the sticky partition: one is drawn, and kept until about `batch.size` bytes have gone
//! there, so that batches fill up (KIP-480, KIP-794).
//!
//! Left out so far: the load-aware draw (`partitioner.adaptive.partitioning.enable`), `partitioner.class`.

use crate::base::Rng;

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

/// The sticky partition of one topic.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct StickyPartition {
    current: Option<i32>,
    produced: usize,
}

impl StickyPartition {
    /// The partition for the next record without a key: the one it sticks to, or, if there is none yet or that one has no leader, a new
    /// one drawn among those that have a leader (among all if none has).
    pub fn peek(&mut self, rng: &mut Rng, partitions: usize, with_leader: &[i32]) -> i32 {
        let fit = |partition: &i32| with_leader.is_empty() || with_leader.contains(partition);
        match self.current.filter(fit) {
            Some(partition) => partition,
            None => self.draw(rng, partitions, with_leader),
        }
    }

    fn draw(&mut self, rng: &mut Rng, partitions: usize, with_leader: &[i32]) -> i32 {
        let partition = match with_leader {
            [] => rng.below(partitions as u64) as i32,
            some => some[rng.below(some.len() as u64) as usize],
        };
        self.current = Some(partition);
        self.produced = 0;
        partition
    }

    /// Counts bytes that went to the sticky partition, and lets go of it when that is enough: at `batch_size` if no batch is left half
    /// full by that, at twice that in any case.
    pub fn count(&mut self, bytes: usize, batch_size: usize, no_open_batch: bool) {
        self.produced += bytes;
        if self.produced >= batch_size && (no_open_batch || self.produced >= 2 * batch_size) {
            self.current = None;
        }
    }
}
