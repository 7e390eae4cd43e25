//! A moment that can be put off, over timers that cannot be taken back.
//!
//! Kafka's timer cancels and schedules anew at every heartbeat. Here a set timer always fires; so a deadline keeps at
//! most one timer on its way, and when that fires too early, because the deadline has been put off, sets the next one.

use crate::base::SimTime;

/// What a timer that fired means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fired {
    /// Nothing: the deadline was taken back, or another timer stands for it.
    Stale,
    /// The deadline was put off: set the timer again, this long from now.
    Early(SimTime),
    /// The time has come.
    Due,
}

/// A deadline, which may be none.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Deadline {
    at: Option<SimTime>,
    /// When the timer on its way fires.
    armed: Option<SimTime>,
}

impl Deadline {
    /// Moves the deadline to `after` from now; says how long a new timer must run, if one is needed.
    #[must_use]
    pub(super) fn schedule(&mut self, now: SimTime, after: SimTime) -> Option<SimTime> {
        let at = now + after;
        self.at = Some(at);
        if self.armed.is_some_and(|armed| armed <= at) {
            return None;
        }
        self.armed = Some(at);
        Some(after)
    }

    /// Takes the deadline back.
    pub(super) fn cancel(&mut self) {
        self.at = None;
    }

    /// A timer fired; late, perhaps, if the process hung.
    pub(super) fn fire(&mut self, now: SimTime) -> Fired {
        if self.armed.is_none_or(|armed| armed > now) {
            return Fired::Stale;
        }
        self.armed = None;
        match self.at {
            None => Fired::Stale,
            Some(at) if at > now => {
                self.armed = Some(at);
                Fired::Early(at - now)
            }
            Some(_) => {
                self.at = None;
                Fired::Due
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Deadline, Fired};
    use crate::base::SimTime;

    #[test]
    fn one_timer_serves_a_deadline_that_is_put_off() {
        let ms = SimTime::from_ms;
        let mut deadline = Deadline::default();
        assert_eq!(deadline.schedule(ms(0), ms(10)), Some(ms(10)));
        assert_eq!(deadline.schedule(ms(4), ms(10)), None);
        assert_eq!(deadline.fire(ms(10)), Fired::Early(ms(4)));
        assert_eq!(deadline.fire(ms(14)), Fired::Due);
        assert_eq!(deadline.fire(ms(14)), Fired::Stale);
    }

    #[test]
    fn an_earlier_deadline_gets_a_timer_of_its_own() {
        let ms = SimTime::from_ms;
        let mut deadline = Deadline::default();
        assert_eq!(deadline.schedule(ms(0), ms(100)), Some(ms(100)));
        assert_eq!(deadline.schedule(ms(0), ms(10)), Some(ms(10)));
        assert_eq!(deadline.fire(ms(10)), Fired::Due);
        assert_eq!(deadline.fire(ms(100)), Fired::Stale);
        let mut cancelled = Deadline::default();
        assert_eq!(cancelled.schedule(ms(0), ms(10)), Some(ms(10)));
        cancelled.cancel();
        assert_eq!(cancelled.fire(ms(10)), Fired::Stale);
    }
}
