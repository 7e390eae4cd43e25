//! Moments by which something must have come, over one timer.
//!
//! Nearly everything that waits is answered long before its time is up. A timer for each, which cannot be taken back, would leave
//! the queue of the world full of timers that mean nothing any more. So whoever waits for many things keeps their deadlines here and one timer on its
//! way, for the earliest of them; when it fires, what is due is handed out and the next one is set. (Kafka's `InFlightRequests` are looked through at
//! each poll, its purgatories sit on a timing wheel whose entries can be cancelled.)

use super::{Set, SimTime};

/// The deadlines of what waits; `K` tells one from another.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Deadlines<K> {
    waiting: Set<(SimTime, K)>,
    /// When the timer on its way fires.
    armed: Option<SimTime>,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self { waiting: Set::new(), armed: None }
    }
}

impl<K: Ord + Clone> Deadlines<K> {
    /// `what` must have come by `at`. Says how long a new timer must run, if one is needed.
    #[must_use]
    pub fn add(&mut self, now: SimTime, at: SimTime, what: K) -> Option<SimTime> {
        self.waiting.insert((at, what));
        if self.armed.is_some_and(|armed| armed <= at) {
            return None;
        }
        self.armed = Some(at);
        Some(at.since(now))
    }

    /// `what` was to come by `at`, and has, or will not.
    pub fn remove(&mut self, at: SimTime, what: K) {
        self.waiting.remove(&(at, what));
    }

    /// A timer fired; late, perhaps, if the process hung. Takes out what is due, and says how long the next timer must run, if something still
    /// waits.
    #[must_use]
    pub fn fire(&mut self, now: SimTime) -> (Vec<K>, Option<SimTime>) {
        if self.armed.is_none_or(|armed| armed > now) {
            // A timer that an earlier one took the place of.
            return (Vec::new(), None);
        }
        let mut due = Vec::new();
        while self.waiting.iter().next().is_some_and(|(at, _)| *at <= now) {
            due.extend(self.waiting.pop_first().map(|(_, what)| what));
        }
        self.armed = self.waiting.iter().next().map(|(at, _)| *at);
        (due, self.armed.map(|at| at.since(now)))
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;
    use std::collections::BTreeMap;

    #[test]
    fn everything_is_handed_out_at_its_time_and_few_timers_are_set() {
        let mut rng = Rng::new(1, &"deadlines");
        let (mut deadlines, mut waiting) = (Deadlines::default(), BTreeMap::new());
        let (mut timers, mut set) = (BTreeMap::<SimTime, u32>::new(), 0);
        for now in (0..20_000).map(SimTime) {
            if timers.remove(&now).is_some() {
                let (due, next) = deadlines.fire(now);
                let really: Vec<u64> = waiting.iter().filter(|(_, at)| **at == now).map(|(what, _)| *what).collect();
                assert_eq!(due, really);
                due.iter().for_each(|what| assert!(waiting.remove(what).is_some()));
                next.into_iter().for_each(|wait| *timers.entry(now + wait).or_default() += 1);
            }
            let at = now + SimTime(if rng.below(10) == 0 { 50 } else { 500 });
            assert!(waiting.insert(now.0, at).is_none());
            if let Some(wait) = deadlines.add(now, at, now.0) {
                *timers.entry(now + wait).or_default() += 1;
                set += 1;
            }
            // Most of it comes in time.
            if let Some((what, at)) = waiting.iter().next().map(|(what, at)| (*what, *at)).filter(|_| rng.below(20) > 0)
            {
                waiting.remove(&what);
                deadlines.remove(at, what);
            }
            assert!(waiting.values().all(|at| *at > now), "nothing is forgotten");
            assert_eq!(deadlines.len(), waiting.len());
        }
        assert!(set < 4000, "{set} timers were set");
    }
}
