//! One direction of the way between two nodes, what may be wrong with it, and what TCP makes of that.
//!
//! Kafka speaks over TCP, and trouble comes on either side of it:
//!
//! * **Below** the connection packets get lost, come twice, or overtake each other. TCP hides all three, and what it cannot hide is
//!   time. A lost packet is sent again when the retransmission time-out is over (200 ms and a round trip, doubled each time); a packet on a
//!   detour is waited for; and whatever was sent after it waits in the receiver's socket until it is its turn. A packet that comes
//!   twice is thrown away. So `drop`, `dup` and `reorder` never lose, double or exchange a message: they make Kafka wait.
//! * **Above** it a message is gone for good: its link was cut while it was on its way (`cut`), or it is among the next few of its
//!   kind that are to be lost (`lose`), as when a firewall forgets a connection. Nobody is told; only time-outs notice. Or the connection
//!   is broken under it (`reset`): then both ends hear of it at once.
//!
//! Left out: that later packets make TCP send a lost one again sooner (fast retransmit, tail loss probes), congestion windows, bandwidth. After
//! seven tries in a row, half a minute, we let TCP give up; Linux takes a quarter of an hour, but whoever asked has long given up by then.

use crate::base::{Rng, SimTime};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long TCP waits at least, beyond a round trip, before it sends a packet again.
const RETRANSMISSION_TIMEOUT: SimTime = SimTime::from_ms(200);

/// How often TCP sends a packet again before it gives up.
const RETRANSMISSIONS: u32 = 7;

/// How much longer a packet on a detour takes, at most; others overtake it meanwhile.
const DETOUR: SimTime = SimTime::from_ms(20);

/// A chance in hundredths of a percent, up to 10,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Chance(pub u32);

impl Chance {
    /// That it happens for sure.
    pub const SURE: Self = Self(10_000);

    /// Reads `10%` or `0.5%`; none if it is not between 0% and 100%, or finer than a hundredth.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(());
        digits(whole).and(digits(fraction))?;
        if fraction.len() > 2 {
            return None;
        }
        let hundredths = fraction.parse::<u32>().ok()? * if fraction.len() == 1 { 10 } else { 1 };
        let chance = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
        (chance <= Self::SURE.0).then_some(Self(chance))
    }

    /// Draws; nothing is drawn where there is no chance.
    fn strikes(self, rng: &mut Rng) -> bool {
        self.0 > 0 && rng.below(u64::from(Self::SURE.0)) < u64::from(self.0)
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}%", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}%"),
        }
    }
}

/// What may become of a link.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LinkChange {
    /// Nothing gets through any more, and what is on its way is lost.
    Cut,
    /// All is well again: no cut, no delay, no loss.
    Heal,
    /// Every message takes longer.
    Delay {
        /// By so much.
        by: SimTime,
        /// And by up to so much more, drawn for each.
        jitter: SimTime,
    },
    /// Packets get lost.
    Drop(Chance),
    /// Packets come twice.
    Duplicate(Chance),
    /// Packets take a detour on which others overtake them.
    Reorder(Chance),
    /// The next messages of a kind are lost for good.
    Lose {
        /// The API, by Kafka's name: `Produce`.
        api: String,
        /// The answer to it rather than the question.
        response: bool,
        /// How many.
        count: u32,
    },
    /// All connections between the two break now.
    Reset,
}

/// One direction of the way between two nodes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Link {
    /// Nothing gets through.
    pub cut: bool,
    /// How much longer a message takes.
    pub delay: SimTime,
    /// Up to how much longer still.
    pub jitter: SimTime,
    /// How likely a packet is to get lost.
    pub drop: Chance,
    /// How likely a packet is to come twice.
    pub duplicate: Chance,
    /// How likely a packet is to take a detour.
    pub reorder: Chance,
    /// Its own, so that trouble here shifts no draw elsewhere.
    rng: Rng,
}

/// What befell a message's packet on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Trip {
    /// How much later it arrives than on a link that is well.
    pub(super) later: SimTime,
    /// How often it was lost, and sent again.
    pub(super) resent: u32,
    /// It was lost so often that TCP gave up.
    pub(super) given_up: bool,
    /// It took a detour.
    pub(super) detour: bool,
    /// It comes once more, so much later.
    pub(super) again: Option<SimTime>,
}

impl Link {
    /// One that is well.
    pub(super) fn new(rng: Rng) -> Self {
        Self {
            cut: false,
            delay: SimTime::ZERO,
            jitter: SimTime::ZERO,
            drop: Chance(0),
            duplicate: Chance(0),
            reorder: Chance(0),
            rng,
        }
    }

    /// Takes a change; false for one that is not a link's to take.
    pub(super) fn change(&mut self, change: &LinkChange) {
        match *change {
            LinkChange::Cut => self.cut = true,
            LinkChange::Delay { by, jitter } => (self.delay, self.jitter) = (by, jitter),
            LinkChange::Drop(chance) => self.drop = chance,
            LinkChange::Duplicate(chance) => self.duplicate = chance,
            LinkChange::Reorder(chance) => self.reorder = chance,
            LinkChange::Heal => *self = Self::new(self.rng.clone()),
            LinkChange::Lose { .. } | LinkChange::Reset => {}
        }
    }

    /// Whether nothing is wrong with it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        *self == Self::new(self.rng.clone())
    }

    /// Sends a message's packet, which takes `usual` on a link that is well.
    pub(super) fn travel(&mut self, usual: SimTime) -> Trip {
        let mut trip = Trip { later: self.delay, ..Trip::default() };
        if self.jitter > SimTime::ZERO {
            trip.later += SimTime(self.rng.below(self.jitter.0));
        }
        let there_and_back = SimTime(2 * (usual + self.delay + self.jitter).0);
        let mut wait = RETRANSMISSION_TIMEOUT + there_and_back;
        while self.drop.strikes(&mut self.rng) {
            if trip.resent == RETRANSMISSIONS {
                return Trip { given_up: true, ..trip };
            }
            trip.later += wait;
            wait = SimTime(2 * wait.0);
            trip.resent += 1;
        }
        trip.detour = self.reorder.strikes(&mut self.rng);
        if trip.detour {
            trip.later += SimTime(1 + self.rng.below(DETOUR.0));
        }
        if self.duplicate.strikes(&mut self.rng) {
            trip.again = Some(SimTime(1 + self.rng.below(usual.0.max(1))));
        }
        trip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_read_and_written() {
        for (text, chance) in [("0%", 0), ("10%", 1000), ("0.5%", 50), ("0.25%", 25), ("100%", 10_000)] {
            assert_eq!(Chance::parse(text), Some(Chance(chance)));
            assert_eq!(Chance(chance).to_string(), text);
        }
        assert_eq!(Chance(5).to_string(), "0.05%");
        for text in ["", "%", "10", "-1%", "101%", "100.01%", "1.234%", ".5%", "5.%", "1e2%", "99999999999%"] {
            assert_eq!(Chance::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_packet_that_gets_lost_comes_later_and_at_last_not_at_all() {
        let usual = SimTime::from_ms(1);
        let mut link = Link::new(Rng::new(1, &"link"));
        assert_eq!(link.travel(usual), Trip::default());
        link.change(&LinkChange::Drop(Chance::SURE));
        assert!(link.travel(usual).given_up);
        link.change(&LinkChange::Drop(Chance(5000)));
        let mut times: Vec<(u32, u64)> = Vec::new();
        for _ in 0..2000 {
            let trip = link.travel(usual);
            if !trip.given_up && !times.contains(&(trip.resent, trip.later.as_ms())) {
                times.push((trip.resent, trip.later.as_ms()));
            }
        }
        times.sort_unstable();
        // Each time TCP waits twice as long: 202, 404, 808 ms, …
        assert_eq!(times[..4], [(0, 0), (1, 202), (2, 606), (3, 1414)]);
        assert_eq!(times.last(), Some(&(7, 202 * 127)));
    }

    #[test]
    fn trouble_comes_as_often_as_was_asked() {
        let mut link = Link::new(Rng::new(2, &"link"));
        link.change(&LinkChange::Duplicate(Chance(2500)));
        link.change(&LinkChange::Reorder(Chance(1000)));
        let trips: Vec<Trip> = (0..10_000).map(|_| link.travel(SimTime::from_ms(1))).collect();
        let twice = trips.iter().filter(|trip| trip.again.is_some()).count();
        let detours = trips.iter().filter(|trip| trip.detour).count();
        assert!((2300..2700).contains(&twice) && (900..1100).contains(&detours), "{twice} {detours}");
        link.change(&LinkChange::Heal);
        assert!(link.is_well());
    }
}
