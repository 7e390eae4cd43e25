//! The only randomness in the model: SplitMix64, a 64-bit state that every draw advances.
//!
//! Each node and the network own one, seeded from the world's seed and their name, so that a draw on one node never
//! shifts the draws of another.

use std::hash::Hash;

/// A seeded generator; two with the same state draw the same numbers on every platform.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The generator of `owner` in the world seeded `seed`.
    #[must_use]
    pub fn new<T: Hash>(seed: u64, owner: &T) -> Self {
        Self { state: super::digest_of(&(seed, owner)) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`. The bias of the multiply-shift is below 2⁻³² for the bounds that the model draws.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a draw needs at least one outcome");
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}
