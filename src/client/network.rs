//! What every client does alike: number its requests, remember who leads what, and notice when nobody answers.
//!
//! Kafka's `NetworkClient` and `Metadata`. A client begins with its bootstrap brokers, learns the cluster from a Metadata
//! response, and asks again when an answer tells it that its picture is old, or after `metadata.max.age.ms`.

use super::ClientTimer;
use crate::base::{BrokerId, Deadlines, LeaderEpoch, Map, NodeId, SimTime, TopicName, TopicPartition};
use crate::protocol::{Effects, ErrorCode, MetadataResponse, Request};
use crate::trace::EventSeq;

/// A request that has not been answered; `P` is what the client wants to remember of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InFlight<P> {
    /// To which broker it went.
    pub to: BrokerId,
    /// When.
    pub sent_at: SimTime,
    /// Until when its answer is waited for.
    deadline: SimTime,
    /// The trace event that made the client send it: why it runs out of time when it does.
    pub cause: Option<EventSeq>,
    /// What it was for.
    pub purpose: P,
}

/// The requests of one client that have not been answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NetworkClient<P> {
    next_correlation: u32,
    request_timeout: SimTime,
    in_flight: Map<u32, InFlight<P>>,
    deadlines: Deadlines<u32>,
}

impl<P> NetworkClient<P> {
    /// A client that waits `request_timeout` for an answer (`request.timeout.ms`).
    #[must_use]
    pub fn new(request_timeout: SimTime) -> Self {
        Self { next_correlation: 0, request_timeout, in_flight: Map::new(), deadlines: Deadlines::default() }
    }

    /// Sends a request, and sees to it that a timer tells when to stop waiting: [`ClientTimer::RequestTimeout`].
    pub fn send(&mut self, to: BrokerId, request: Request, purpose: P, fx: &mut Effects<ClientTimer>) -> u32 {
        self.send_within(self.request_timeout, to, request, purpose, fx)
    }

    /// [`Self::send`] with a time-out of its own: a JoinGroup may rightly be parked for minutes.
    pub fn send_within(
        &mut self,
        timeout: SimTime,
        to: BrokerId,
        request: Request,
        purpose: P,
        fx: &mut Effects<ClientTimer>,
    ) -> u32 {
        let correlation = self.next_correlation;
        self.next_correlation += 1;
        let deadline = fx.now + timeout;
        self.in_flight.insert(correlation, InFlight { to, sent_at: fx.now, deadline, cause: fx.cause(), purpose });
        fx.request(NodeId::Broker(to), correlation, request);
        if let Some(wait) = self.deadlines.add(fx.now, deadline, correlation) {
            fx.timer(wait, ClientTimer::RequestTimeout);
        }
        correlation
    }

    /// Sends a request that nobody answers: a Produce with `acks=0`.
    pub fn send_and_forget(&mut self, to: BrokerId, request: Request, fx: &mut Effects<ClientTimer>) {
        fx.request(NodeId::Broker(to), self.next_correlation, request);
        self.next_correlation += 1;
    }

    /// The request that an answer is for; `None` if the client has given it up.
    pub fn take(&mut self, correlation: u32) -> Option<InFlight<P>> {
        let request = self.in_flight.remove(&correlation)?;
        self.deadlines.remove(request.deadline, correlation);
        Some(request)
    }

    /// The timer fired: the requests that have waited too long for an answer, which the client gives up. What is done about each has its cause in
    /// what made the client ask.
    pub fn timed_out(&mut self, fx: &mut Effects<ClientTimer>) -> Vec<InFlight<P>> {
        let (due, next) = self.deadlines.fire(fx.now);
        if let Some(wait) = next {
            fx.timer(wait, ClientTimer::RequestTimeout);
        }
        due.into_iter().filter_map(|correlation| self.in_flight.remove(&correlation)).collect()
    }

    /// The requests that will never be answered because the broker's process is gone, oldest first.
    pub fn disconnected(&mut self, peer: NodeId) -> Vec<InFlight<P>> {
        let gone: Vec<u32> =
            self.in_flight.iter().filter(|(_, r)| NodeId::Broker(r.to) == peer).map(|(number, _)| *number).collect();
        gone.into_iter().filter_map(|number| self.take(number)).collect()
    }

    /// What is in flight, oldest first.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlight<P>> {
        self.in_flight.values()
    }
}

/// What a client knows of one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartitionInfo {
    /// The leader.
    pub leader: Option<BrokerId>,
    /// Its term.
    pub leader_epoch: LeaderEpoch,
}

/// What a client knows of the cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MetadataCache {
    bootstrap: Vec<BrokerId>,
    turn: usize,
    /// The brokers that the last answer named.
    pub brokers: Vec<BrokerId>,
    /// The partitions of each topic that the last answer knew.
    pub topics: Map<TopicName, Vec<PartitionInfo>>,
    /// When the last answer came; `None` before the first.
    pub updated_at: Option<SimTime>,
}

impl MetadataCache {
    /// Knows nothing but where to ask first (`bootstrap.servers`).
    #[must_use]
    pub fn new(bootstrap: Vec<BrokerId>) -> Self {
        Self { bootstrap, turn: 0, brokers: Vec::new(), topics: Map::new(), updated_at: None }
    }

    /// A broker to ask; each call goes one on in the circle, so that a dead broker is not asked for ever.
    pub fn any_broker(&mut self) -> BrokerId {
        let circle = if self.brokers.is_empty() { &self.bootstrap } else { &self.brokers };
        let broker = circle[self.turn % circle.len()];
        self.turn = self.turn.wrapping_add(1);
        broker
    }

    /// Takes in an answer. An older leader's term never replaces a newer one.
    pub fn update(&mut self, now: SimTime, response: &MetadataResponse) {
        self.updated_at = Some(now);
        if !response.brokers.is_empty() {
            self.brokers.clone_from(&response.brokers);
        }
        for topic in &response.topics {
            if topic.error != ErrorCode::None {
                continue;
            }
            let known = self.topics.entry(topic.name.clone()).or_default();
            for (place, told) in topic.partitions.iter().enumerate() {
                let info = PartitionInfo { leader: told.leader, leader_epoch: told.leader_epoch };
                match known.get_mut(place) {
                    Some(old) if old.leader_epoch > info.leader_epoch => {}
                    Some(old) => *old = info,
                    None => known.push(info),
                }
            }
        }
    }

    /// What is known of a partition.
    #[must_use]
    pub fn partition(&self, tp: &TopicPartition) -> Option<&PartitionInfo> {
        self.topics.get(&tp.topic)?.get(usize::try_from(tp.partition).ok()?)
    }

    /// How many partitions a topic has, if it is known.
    #[must_use]
    pub fn partition_count(&self, topic: &str) -> Option<usize> {
        self.topics.get(topic).map(Vec::len)
    }
}
