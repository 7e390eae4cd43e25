//! Simulated time. Nothing in the model reads a clock; time is what the event queue says it is.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// What a broker's wall clock shows at simulated time 0, in Unix milliseconds: 2025-01-01T00:00:00Z.
pub const WALL_CLOCK_START_MS: i64 = 1_735_689_600_000;

/// A moment, or a length of time, in microseconds since the world began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct SimTime(pub u64);

impl SimTime {
    /// The beginning.
    pub const ZERO: SimTime = SimTime(0);

    /// `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1000)
    }

    /// `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000)
    }

    /// Whole milliseconds, rounded down.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0 / 1000
    }

    /// The same moment on a broker's wall clock, in Unix milliseconds: what goes into a record's timestamp.
    #[must_use]
    pub const fn wall_clock_ms(self) -> i64 {
        WALL_CLOCK_START_MS + (self.0 / 1000) as i64
    }

    /// `self − earlier`, or zero if that lies in the future.
    #[must_use]
    pub const fn since(self, earlier: SimTime) -> SimTime {
        SimTime(self.0.saturating_sub(earlier.0))
    }
}

impl Add for SimTime {
    type Output = SimTime;
    fn add(self, other: SimTime) -> SimTime {
        SimTime(self.0 + other.0)
    }
}

impl Sub for SimTime {
    type Output = SimTime;
    fn sub(self, other: SimTime) -> SimTime {
        SimTime(self.0 - other.0)
    }
}

impl AddAssign for SimTime {
    fn add_assign(&mut self, other: SimTime) {
        self.0 += other.0;
    }
}

impl fmt::Display for SimTime {
    /// Seconds with three digits, `7.418`: enough to tell two steps of one hop apart by eye.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.as_ms();
        write!(f, "{}.{:03}", ms / 1000, ms % 1000)
    }
}
