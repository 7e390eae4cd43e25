//! The proof that a transaction is one that its coordinator knows of (KIP-890).
//!
//! A producer that was slow, or a bug in a client, could write into a transaction that is over, and no marker would ever
//! follow: the last stable offset would stand still for good. So before the first record of a transaction is written to a
//! partition, its leader asks the coordinator. The question and its answer take time, in which the transaction may end
//! and another begin. A [`VerificationGuard`], of which there are no two alike, ties the answer to the question.

/// A ticket for one append.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VerificationGuard(pub(super) u64);

impl VerificationGuard {
    /// The ticket of whoever has none; it proves nothing.
    pub const SENTINEL: Self = Self(0);

    /// Whether `shown` is this ticket.
    #[must_use]
    pub fn verify(self, shown: Self) -> bool {
        shown != Self::SENTINEL && shown == self
    }
}

/// What is kept of a producer between the question to the coordinator and the append.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VerificationStateEntry {
    pub(super) timestamp: i64,
    pub(super) guard: VerificationGuard,
    pub(super) lowest_sequence: i32,
    pub(super) epoch: i16,
    pub(super) supports_epoch_bump: bool,
}

impl VerificationStateEntry {
    /// The ticket.
    #[must_use]
    pub fn verification_guard(&self) -> VerificationGuard {
        self.guard
    }

    /// The lowest sequence that waits; none above it may be written first.
    #[must_use]
    pub fn lowest_sequence(&self) -> i32 {
        self.lowest_sequence
    }

    /// The producer's epoch.
    #[must_use]
    pub fn epoch(&self) -> i16 {
        self.epoch
    }

    /// Whether the producer speaks TV2, in which every transaction has an epoch of its own.
    #[must_use]
    pub fn supports_epoch_bump(&self) -> bool {
        self.supports_epoch_bump
    }

    /// A batch with this sequence waits, too. A lower one of the same epoch, or any one of a newer, sets the limit anew.
    pub(super) fn maybe_update_lowest_sequence_and_epoch(&mut self, sequence: i32, epoch: i16) {
        if epoch == self.epoch {
            self.lowest_sequence = self.lowest_sequence.min(sequence);
        } else if epoch > self.epoch {
            self.epoch = epoch;
            self.lowest_sequence = sequence;
        }
    }
}
