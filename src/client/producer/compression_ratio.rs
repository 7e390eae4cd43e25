//! How small compression will make a batch, guessed from what it made of those before: Kafka's
//! `CompressionRatioEstimator`.
//!
//! The guess starts at "not at all", improves by half a percent with each batch that does better, and gives way at once to
//! one that does worse. A producer here writes to one topic, so it has one ratio; Kafka keeps one for each topic and codec.

/// The ratio as a whole, in millionths: nothing is gained.
const WHOLE: u64 = 1_000_000;
/// How much better a batch makes the guess, at most.
const IMPROVING_STEP: u64 = 5_000;
/// How much worse a batch makes the guess, at least.
const DETERIORATE_STEP: u64 = 50_000;
/// Room that is left for a batch that does not keep to the guess, in percent.
const ESTIMATION_FACTOR: u64 = 105;

/// The guess: how many bytes become of a million.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CompressionRatioEstimator(u64);

impl Default for CompressionRatioEstimator {
    fn default() -> Self {
        Self(WHOLE)
    }
}

impl CompressionRatioEstimator {
    /// What `size` bytes of records will take.
    pub(super) fn estimate(self, size: usize) -> usize {
        (size as u64 * self.0 / WHOLE * ESTIMATION_FACTOR / 100) as usize
    }

    /// Learns what became of `size` bytes of records.
    pub(super) fn update(&mut self, size: usize, compressed: usize) {
        let observed = compressed as u64 * WHOLE / (size as u64).max(1);
        if observed > self.0 {
            self.0 = observed.max(self.0 + DETERIORATE_STEP);
        } else if observed < self.0 {
            self.0 = observed.max(self.0.saturating_sub(IMPROVING_STEP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CompressionRatioEstimator;

    #[test]
    fn the_guess_improves_slowly_and_gives_way_at_once() {
        let mut estimator = CompressionRatioEstimator::default();
        assert_eq!(estimator.estimate(1000), 1050);
        estimator.update(1000, 100);
        assert_eq!(estimator.estimate(1000), 1044);
        for _ in 0..1000 {
            estimator.update(1000, 100);
        }
        assert_eq!(estimator.estimate(1000), 105);
        estimator.update(1000, 110);
        assert_eq!(estimator.estimate(1000), 157);
        estimator.update(1000, 900);
        assert_eq!(estimator.estimate(1000), 945);
    }
}
