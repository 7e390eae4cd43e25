//! Waiting: backoffs that grow, and an alarm over timers that cannot be taken back.

use crate::base::{Rng, SimTime};

/// Kafka's `ExponentialBackoff`: `initial · 2^attempts`, at most `max`, give or take a fifth so that clients which failed
/// together do not return together.
pub(super) fn backoff(rng: &mut Rng, initial: SimTime, max: SimTime, attempts: u32) -> SimTime {
    let grown = initial.0.saturating_mul(1 << attempts.min(20)).min(max.0.max(initial.0));
    SimTime(grown / 100 * (80 + rng.below(41)))
}

/// One thread's next moment. A timer that fires carries the number under which it was set.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Alarm {
    number: u32,
    armed: Option<SimTime>,
}

impl Alarm {
    /// Makes sure that a timer fires at `at` or before; says how long a new one must run and under which number, if one
    /// is needed.
    pub(super) fn arm(&mut self, now: SimTime, at: SimTime) -> Option<(SimTime, u32)> {
        if self.armed.is_some_and(|armed| armed <= at) {
            return None;
        }
        self.number += 1;
        self.armed = Some(at);
        Some((at.since(now), self.number))
    }

    /// Whether the timer numbered `number` is the one that was set last.
    pub(super) fn fired(&mut self, number: u32) -> bool {
        let live = number == self.number;
        if live {
            self.armed = None;
        }
        live
    }
}
