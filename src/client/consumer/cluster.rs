//! Whom to ask: the metadata, the group's coordinator, and brokers that do not answer.
//!
//! Metadata is asked for at the start, when an answer shows that it is old, when something in it is missing, and after
//! `metadata.max.age.ms`; never twice within the backoff. A broker whose connection broke is left alone for
//! `reconnect.backoff.ms`, doubling up to `reconnect.backoff.max.ms`.

use super::Consumer;
use super::dispatch::Purpose;
use super::timing::backoff;
use crate::base::{BrokerId, Map, Set, SimTime, TopicName};
use crate::client::{ClientTimer, MetadataCache};
use crate::protocol::{Effects, ErrorCode, FindCoordinatorResponse, MetadataResponse, Request};

/// What the consumer knows of the cluster, and is asking.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Cluster {
    pub(super) cache: MetadataCache,
    /// How many answers have come.
    pub(super) version: u64,
    wanted: bool,
    in_flight: bool,
    attempts: u32,
    not_before: SimTime,
    /// The topics of the other members, for the group's leader.
    pub(super) group_topics: Set<TopicName>,
    pub(super) coordinator: Option<BrokerId>,
    finding: bool,
    find_attempts: u32,
    find_not_before: SimTime,
    /// Brokers whose connection broke: how often in a row, and until when they are left alone.
    unreachable: Map<BrokerId, (u32, SimTime)>,
}

impl Cluster {
    pub(super) fn new(bootstrap: Vec<BrokerId>) -> Self {
        Self {
            cache: MetadataCache::new(bootstrap),
            version: 0,
            wanted: false,
            in_flight: false,
            attempts: 0,
            not_before: SimTime::ZERO,
            group_topics: Set::new(),
            coordinator: None,
            finding: false,
            find_attempts: 0,
            find_not_before: SimTime::ZERO,
            unreachable: Map::new(),
        }
    }

    pub(super) fn request_update(&mut self) {
        self.wanted = true;
    }

    /// Whether an update is asked for or on its way.
    pub(super) fn update_pending(&self) -> bool {
        self.wanted || self.in_flight
    }

    pub(super) fn is_ready(&self, now: SimTime, broker: BrokerId) -> bool {
        self.unreachable.get(&broker).is_none_or(|(_, until)| *until <= now)
    }

    pub(super) fn reached(&mut self, broker: BrokerId) {
        self.unreachable.remove(&broker);
    }

    pub(super) fn ready_coordinator(&self, now: SimTime) -> Option<BrokerId> {
        self.coordinator.filter(|broker| self.is_ready(now, *broker))
    }

    /// A broker that may be asked now, going round; any one if none may.
    fn ready_broker(&mut self, now: SimTime) -> Option<BrokerId> {
        let known = self.cache.brokers.len().max(1);
        for _ in 0..known.max(16) {
            let broker = self.cache.any_broker();
            if self.is_ready(now, broker) {
                return Some(broker);
            }
        }
        None
    }

    fn next_reachable(&self, now: SimTime) -> Option<SimTime> {
        self.unreachable.values().map(|(_, until)| *until).filter(|until| *until > now).min()
    }
}

impl Consumer {
    pub(super) fn start(&mut self, _now: SimTime) {
        self.cluster.request_update();
        match self.assigned.clone() {
            Some((partition, to)) => self.seek_by_hand(partition, to),
            None => self.membership.rejoin_needed = true,
        }
        self.app.start();
    }

    pub(super) fn backoff(&mut self, attempts: u32) -> SimTime {
        backoff(&mut self.rng, self.config.retry_backoff, self.config.retry_backoff_max, attempts)
    }

    /// Leaves a broker alone for a while.
    pub(super) fn mark_unreachable(&mut self, now: SimTime, broker: BrokerId) {
        let attempts = self.cluster.unreachable.get(&broker).map_or(0, |(attempts, _)| *attempts);
        let (initial, max) = (self.config.reconnect_backoff, self.config.reconnect_backoff_max);
        let until = now + backoff(&mut self.rng, initial, max, attempts);
        self.cluster.unreachable.insert(broker, (attempts + 1, until));
        if self.cluster.coordinator == Some(broker) {
            self.cluster.coordinator = None;
        }
        self.cluster.request_update();
    }

    pub(super) fn mark_coordinator_unknown(&mut self) {
        self.cluster.coordinator = None;
    }

    /// Asks for metadata if it is wanted, or old, and the backoff is over.
    pub(super) fn maybe_update_metadata(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let cluster = &mut self.cluster;
        let old = cluster.cache.updated_at.is_some_and(|at| now.since(at) >= self.config.metadata_max_age);
        if cluster.in_flight || !(cluster.wanted || old) || now < cluster.not_before {
            return;
        }
        let Some(broker) = cluster.ready_broker(now) else { return };
        cluster.in_flight = true;
        cluster.wanted = false;
        let mut topics: Set<TopicName> = self.topics.iter().cloned().collect();
        topics.extend(cluster.group_topics.iter().cloned());
        let request = Request::Metadata(topics.into_iter().collect());
        self.net.send(broker, request, Purpose::Metadata, fx);
    }

    pub(super) fn on_metadata(&mut self, now: SimTime, response: &MetadataResponse) {
        let missing = |error: ErrorCode| !error.is_ok();
        let incomplete = response
            .topics
            .iter()
            .any(|topic| missing(topic.error) || topic.partitions.iter().any(|partition| missing(partition.error)));
        self.cluster.cache.update(now, response);
        self.cluster.version += 1;
        self.cluster.in_flight = false;
        self.cluster.wanted |= incomplete;
        self.cluster.attempts = if incomplete { self.cluster.attempts + 1 } else { 0 };
        self.cluster.not_before = now + self.backoff(self.cluster.attempts.saturating_sub(1));
    }

    pub(super) fn on_metadata_failed(&mut self, now: SimTime) {
        self.cluster.in_flight = false;
        self.cluster.wanted = true;
        self.cluster.not_before = now + self.backoff(self.cluster.attempts);
        self.cluster.attempts += 1;
    }

    /// Asks who the coordinator is, if that is not known.
    pub(super) fn maybe_find_coordinator(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let cluster = &mut self.cluster;
        let alone = self.assigned.is_some();
        if alone || cluster.coordinator.is_some() || cluster.finding || now < cluster.find_not_before {
            return;
        }
        let Some(broker) = cluster.ready_broker(now) else { return };
        cluster.finding = true;
        let request = Request::FindCoordinator(self.config.group_id.clone());
        self.net.send(broker, request, Purpose::FindCoordinator, fx);
    }

    pub(super) fn on_find_coordinator(&mut self, now: SimTime, response: &FindCoordinatorResponse) {
        self.cluster.finding = false;
        match (response.error, response.coordinator) {
            (ErrorCode::None, Some(broker)) => {
                self.cluster.coordinator = Some(broker);
                self.cluster.find_attempts = 0;
                self.heartbeat.reset_session(now);
            }
            (ErrorCode::InvalidGroupId, _) => self.fail(ErrorCode::InvalidGroupId.name()),
            (error, _) => {
                self.last_error = Some(error.name());
                self.on_find_coordinator_failed(now);
            }
        }
    }

    pub(super) fn on_find_coordinator_failed(&mut self, now: SimTime) {
        self.cluster.finding = false;
        self.cluster.find_not_before = now + self.backoff(self.cluster.find_attempts);
        self.cluster.find_attempts += 1;
    }

    /// When something of this room can go on by itself.
    pub(super) fn next_cluster_wake(&self, now: SimTime) -> Option<SimTime> {
        let cluster = &self.cluster;
        let metadata = match cluster.cache.updated_at {
            _ if cluster.in_flight => None,
            _ if cluster.wanted => Some(cluster.not_before),
            at => at.map(|at| (at + self.config.metadata_max_age).max(cluster.not_before)),
        };
        let find = (cluster.coordinator.is_none() && !cluster.finding).then_some(cluster.find_not_before);
        [metadata, find, cluster.next_reachable(now)].into_iter().flatten().filter(|at| *at > now).min()
    }
}
