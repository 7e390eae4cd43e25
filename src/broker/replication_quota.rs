//! A limit to what replicas that catch up may take (Kafka's `ReplicationQuotaManager`).
//!
//! A reassignment copies whole logs, and would take the disks and the network from everybody else. So one may name replicas
//! (`leader.` and `follower.replication.throttled.replicas` of a topic: `partition:broker`, or `*`) and give each broker a rate for what it
//! sends to such replicas as a leader, and another for what it fetches for them as a follower, in bytes per second. All that such replicas
//! take is counted; but only those outside the ISR are held back, lest the others fall out of it: a leader gives them nothing, a follower
//! does not ask, until the rate has fallen below the limit.
//!
//! The rate is measured as Kafka measures it: eleven samples of a second each, divided by the time since the oldest began, but by a second
//! at least. So it may be passed for a moment, and holds over ten seconds.
//!
//! Left out: what a response takes beside its records; moves between a broker's disks.

use super::{Broker, Partition};
use crate::base::{BrokerId, SimTime, TopicPartition};

/// How many samples count (`replication.quota.window.num`, which is fixed).
const SAMPLES: usize = 11;

/// How long each is, in ms (`replication.quota.window.size.seconds`, which is fixed).
const WINDOW_MS: u64 = 1000;

/// What was taken within a second.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Sample {
    start_ms: u64,
    last_event_ms: u64,
    bytes: u64,
}

/// How fast throttled replicas take, one way.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ReplicationQuota {
    /// In a circle, with one more than count.
    samples: Vec<Sample>,
    current: u32,
}

impl ReplicationQuota {
    /// Counts bytes that a throttled replica took.
    pub fn record(&mut self, now: SimTime, bytes: u64) {
        let now_ms = now.as_ms();
        let fresh = Sample { start_ms: now_ms, last_event_ms: now_ms, bytes: 0 };
        let place = self.current as usize;
        match self.samples.get(place) {
            None => self.samples.push(fresh),
            Some(sample) if now_ms - sample.start_ms >= WINDOW_MS => {
                let next = (place + 1) % (SAMPLES + 1);
                self.current = next as u32;
                match self.samples.get_mut(next) {
                    Some(oldest) => *oldest = fresh,
                    None => self.samples.push(fresh),
                }
            }
            Some(_) => {}
        }
        let sample = &mut self.samples[self.current as usize];
        sample.bytes += bytes;
        sample.last_event_ms = now_ms;
    }

    /// What was taken of late, in bytes, and within how many ms.
    #[must_use]
    pub fn measured(&self, now: SimTime) -> (u64, u64) {
        let now_ms = now.as_ms();
        let counts = |sample: &&Sample| now_ms - sample.last_event_ms < SAMPLES as u64 * WINDOW_MS;
        let bytes = self.samples.iter().filter(counts).map(|sample| sample.bytes).sum();
        let oldest = self.samples.iter().filter(counts).map(|sample| sample.start_ms).min().unwrap_or(now_ms);
        (bytes, (now_ms - oldest).max(WINDOW_MS))
    }

    /// Whether more was taken than `rate` bytes per second.
    #[must_use]
    pub fn is_exceeded(&self, now: SimTime, rate: u64) -> bool {
        let (bytes, within_ms) = self.measured(now);
        u128::from(bytes) * 1000 > u128::from(rate) * u128::from(within_ms)
    }
}

/// Which side of the copying a quota is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QuotaSide {
    /// What a leader sends.
    Leader,
    /// What a follower fetches.
    Follower,
}

impl QuotaSide {
    fn replicas_config(self) -> &'static str {
        match self {
            Self::Leader => "leader.replication.throttled.replicas",
            Self::Follower => "follower.replication.throttled.replicas",
        }
    }

    fn rate_config(self) -> &'static str {
        match self {
            Self::Leader => "leader.replication.throttled.rate",
            Self::Follower => "follower.replication.throttled.rate",
        }
    }
}

impl Broker {
    /// The rate that throttled replicas may not pass, in bytes per second; none for no limit.
    #[must_use]
    pub fn throttled_rate(&self, side: QuotaSide) -> Option<u64> {
        self.image.broker_config(self.id, side.rate_config())?.trim().parse().ok()
    }

    /// What throttled replicas took of late, in bytes, and within how many ms.
    #[must_use]
    pub fn throttled_traffic(&self, side: QuotaSide, now: SimTime) -> (u64, u64) {
        self.quota(side).measured(now)
    }

    fn quota(&self, side: QuotaSide) -> &ReplicationQuota {
        match side {
            QuotaSide::Leader => &self.leader_quota,
            QuotaSide::Follower => &self.follower_quota,
        }
    }

    /// Whether this broker's replica is among those to be counted.
    fn is_throttled(&self, side: QuotaSide, tp: &TopicPartition) -> bool {
        let Some(list) = self.image.topic_config(&tp.topic, side.replicas_config()) else { return false };
        let names_it = |part: &str| {
            let numbers = part.trim().split_once(':');
            let numbers = numbers.and_then(|(partition, broker)| Some((partition.parse().ok()?, broker.parse().ok()?)));
            numbers == Some((tp.partition, self.id.0))
        };
        list.trim() == "*" || list.split(',').any(names_it)
    }

    fn is_quota_exceeded(&self, side: QuotaSide, now: SimTime) -> bool {
        self.throttled_rate(side).is_some_and(|rate| self.quota(side).is_exceeded(now, rate))
    }

    /// Whether a follower gets nothing now because it has had too much.
    pub(super) fn should_leader_throttle(&self, partition: &Partition, follower: BrokerId, now: SimTime) -> bool {
        let in_sync = partition.leader().is_some_and(|state| state.isr.committed.contains(&follower));
        !in_sync
            && self.is_throttled(QuotaSide::Leader, &partition.partition)
            && self.is_quota_exceeded(QuotaSide::Leader, now)
    }

    /// Whether a partition is not asked for now because this broker has fetched too much. One that has reached its leader's high
    /// watermark is.
    pub(super) fn should_follower_throttle(&self, tp: &TopicPartition, caught_up: bool, now: SimTime) -> bool {
        !caught_up && self.is_throttled(QuotaSide::Follower, tp) && self.is_quota_exceeded(QuotaSide::Follower, now)
    }

    /// Counts what was sent or fetched of a partition.
    pub(super) fn record_replicated(&mut self, side: QuotaSide, tp: &TopicPartition, bytes: usize, now: SimTime) {
        if bytes == 0 || !self.is_throttled(side, tp) {
            return;
        }
        let quota = match side {
            QuotaSide::Leader => &mut self.leader_quota,
            QuotaSide::Follower => &mut self.follower_quota,
        };
        quota.record(now, bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_eleven_seconds() {
        let mut quota = ReplicationQuota::default();
        let at = SimTime::from_ms;
        assert_eq!(quota.measured(at(5000)), (0, 1000));
        quota.record(at(5000), 600);
        quota.record(at(5500), 400);
        // The first window counts as a whole second, however little of it has passed.
        assert_eq!(quota.measured(at(5500)), (1000, 1000));
        assert!(!quota.is_exceeded(at(5500), 1000) && quota.is_exceeded(at(5500), 999));
        assert_eq!(quota.measured(at(7000)), (1000, 2000));
        assert!(!quota.is_exceeded(at(7000), 500));
        for second in 1..=11 {
            quota.record(at(5000 + 1000 * second), 100);
        }
        // The sample that began at 5 s had its last bytes at 5.5 s, and counts for eleven seconds from then.
        assert_eq!(quota.measured(at(16_499)), (2100, 11_499));
        assert_eq!(quota.measured(at(16_500)), (1100, 10_500));
        assert_eq!(quota.measured(at(60_000)), (0, 1000));
    }
}
