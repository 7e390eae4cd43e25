//! What an operator watches, under Kafka's own names, sampled over simulated time.
//!
//! An observer beside the ledger: it reads messages and trace events as they pass, and once in a while takes a sample of what it counted and of how things stand.
//! No node knows of it. Counters (`…PerSec`, times) are of what happened since the sample before; gauges are of the moment. There are at most
//! [`MOST_SAMPLES`] samples: when there are more, every two become one and the distance between them doubles, so that a long session
//! is seen as a whole and a short one in detail.
//!
//! Left out: percentiles and moving averages, which Kafka's reporters make of the same counts; network and request handler idle ratios, which
//! a world without threads does not have. Of `LeaderElectionRateAndTimeMs` and `LogFlushRateAndTimeMs` only the rates are here: deciding takes the
//! controller no time, and what the device did is in `disk show`.

use super::Cluster;
use crate::base::{BrokerId, Map, NodeId, SimTime};
use crate::protocol::{Body, ErrorCode, Request, Response};
use crate::trace::{EventSeq, Trace, TraceEvent, TraceKind};
use std::rc::Rc;

/// How many samples are kept at most.
const MOST_SAMPLES: usize = 600;
/// How far apart samples are at first.
const FIRST_INTERVAL: SimTime = SimTime::from_secs(1);

/// A metric: Kafka's name, and for requests the API's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Metric {
    /// The name in Kafka's MBean: `UnderReplicatedPartitions`.
    pub name: &'static str,
    /// What of it: the request's or the operation's name; empty for most.
    pub of: &'static str,
}

const fn metric(name: &'static str) -> Metric {
    Metric { name, of: "" }
}

/// How values of several samples become one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MetricKind {
    /// A count of what happened: they are added.
    Count,
    /// How things stand: the later one holds.
    Gauge,
    /// The longest time: the larger one holds.
    Most,
}

impl Metric {
    /// What kind of metric it is.
    #[must_use]
    pub fn kind(self) -> MetricKind {
        match self.name {
            "TotalTimeMs.max" => MetricKind::Most,
            name if name.ends_with("PerSec") || name.ends_with("TimeMs") => MetricKind::Count,
            _ => MetricKind::Gauge,
        }
    }

    /// Whether its values are times, in µs.
    #[must_use]
    pub fn is_time(self) -> bool {
        self.name.starts_with("TotalTimeMs")
    }
}

/// The values of one sample, by node and metric. Counters that stood still are left out.
pub type Values = Map<(NodeId, Metric), u64>;

/// What was seen up to a moment since the sample before.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sample {
    /// The moment.
    pub at: SimTime,
    /// Since when its counters count.
    pub since: SimTime,
    /// The values.
    pub values: Values,
}

impl Sample {
    /// This one and the one after it as one.
    #[must_use]
    pub fn and(&self, later: &Sample) -> Sample {
        let mut values = later.values.clone();
        for ((node, metric), value) in &self.values {
            match metric.kind() {
                MetricKind::Count => *values.entry((*node, *metric)).or_default() += value,
                MetricKind::Most => {
                    let most = values.entry((*node, *metric)).or_default();
                    *most = (*most).max(*value);
                }
                MetricKind::Gauge => {}
            }
        }
        Sample { at: later.at, since: self.since, values }
    }
}

/// A request that a node works on.
type Open = (NodeId, NodeId, u32);

/// All samples, and what was counted since the last.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Metrics {
    interval: SimTime,
    next: SimTime,
    since: SimTime,
    samples: Vec<Rc<Sample>>,
    counted: Values,
    /// The requests that have arrived and are not answered: what they ask, and when they came.
    open: Map<Open, (&'static str, SimTime)>,
    /// How many `fsync`s each device had counted at the last sample.
    flushed: Map<BrokerId, u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            interval: FIRST_INTERVAL,
            next: FIRST_INTERVAL,
            since: SimTime::ZERO,
            samples: Vec::new(),
            counted: Map::new(),
            open: Map::new(),
            flushed: Map::new(),
        }
    }
}

impl Metrics {
    /// The samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &Sample> + ExactSizeIterator {
        self.samples.iter().map(|sample| &**sample)
    }

    /// How far apart they are.
    #[must_use]
    pub fn interval(&self) -> SimTime {
        self.interval
    }

    /// The samples as if they were taken only so often; the last may be younger.
    #[must_use]
    pub fn every(&self, interval: SimTime) -> Vec<Sample> {
        let mut coarse: Vec<Sample> = Vec::new();
        for sample in self.samples() {
            match coarse.last_mut() {
                Some(last) if sample.at.since(last.since) <= interval => *last = last.and(sample),
                _ => coarse.push(sample.clone()),
            }
        }
        coarse
    }

    /// When the next sample is due.
    pub(super) fn next(&self) -> SimTime {
        self.next
    }

    fn count(&mut self, node: NodeId, metric: Metric, by: u64) {
        *self.counted.entry((node, metric)).or_default() += by;
    }

    /// A request came to a broker or controller.
    pub(super) fn request(&mut self, at: SimTime, to: NodeId, from: NodeId, name: &'static str, body: &Body) {
        let Body::Request { correlation, request } = body else { return };
        self.count(to, Metric { name: "RequestsPerSec", of: name }, 1);
        if let Request::Produce(produce) = request {
            let bytes = produce.partitions.iter().map(|(_, records, _)| records.len() as u64).sum();
            self.count(to, metric("BytesInPerSec"), bytes);
            if produce.acks == 0 {
                // Nobody answers it.
                return;
            }
        }
        self.open.insert((to, from, *correlation), (name, at));
    }

    /// A broker or controller sends an answer.
    pub(super) fn response(&mut self, at: SimTime, from: NodeId, to: NodeId, body: &Body) {
        let Body::Response { correlation, response } = body else { return };
        if let Response::Fetch(fetch) = response {
            let bytes = fetch.partitions.iter().map(|answer| answer.records.len() as u64).sum();
            let name = if to.broker().is_some() { "ReplicationBytesOutPerSec" } else { "BytesOutPerSec" };
            self.count(from, metric(name), bytes);
        }
        if let Response::Produce(produce) = response {
            let failed = produce.partitions.iter().filter(|answer| answer.error != ErrorCode::None).count() as u64;
            if failed > 0 {
                self.count(from, metric("FailedProduceRequestsPerSec"), failed);
            }
        }
        let Some((name, came)) = self.open.remove(&(from, to, *correlation)) else { return };
        let took = at.since(came).0;
        self.count(from, Metric { name: "TotalTimeMs", of: name }, took);
        let most = self.counted.entry((from, Metric { name: "TotalTimeMs.max", of: name })).or_default();
        *most = (*most).max(took);
    }

    /// A process is gone, and what it worked on with it.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.open.retain(|(at, from, _), _| *at != node && *from != node);
    }

    /// Whether an event concerns it.
    pub(super) fn concerns(kind: &TraceKind) -> bool {
        matches!(
            kind,
            TraceKind::Appended { as_leader: true, .. }
                | TraceKind::IsrChanged { .. }
                | TraceKind::LeaderElected { .. }
        )
    }

    /// Takes in an event; `trace` holds what came before it.
    pub(super) fn read(&mut self, event: &TraceEvent, trace: &Trace) {
        let Some(node) = event.node else { return };
        match &event.kind {
            TraceKind::Appended { first, last, as_leader: true, .. } => {
                self.count(node, metric("MessagesInPerSec"), (last - first + 1).unsigned_abs());
            }
            TraceKind::LeaderElected { to: Some(_), unclean, .. } => {
                self.count(node, metric("LeaderElectionRateAndTimeMs"), 1);
                if *unclean {
                    self.count(node, metric("UncleanLeaderElectionsPerSec"), 1);
                }
            }
            TraceKind::IsrChanged { from, to, .. } => {
                // As in Kafka, it is the leader's who asked for it; what the controller does of its own accord does not count.
                let Some(leader) = asked_by(event.cause, trace) else { return };
                let name = if to.len() < from.len() { "IsrShrinksPerSec" } else { "IsrExpandsPerSec" };
                self.count(leader, metric(name), 1);
            }
            _ => {}
        }
    }

    fn take(&mut self, more: Values) {
        let mut values = std::mem::take(&mut self.counted);
        values.extend(more);
        let sample = Sample { at: self.next, since: self.since, values };
        self.since = self.next;
        self.samples.push(Rc::new(sample));
        if self.samples.len() > MOST_SAMPLES {
            let pairs = self.samples.chunks(2);
            self.samples =
                pairs.map(|pair| pair.iter().skip(1).fold((*pair[0]).clone(), |a, b| a.and(b)).into()).collect();
            self.interval += self.interval;
        }
        self.next = self.since + self.interval;
    }
}

/// The broker whose AlterPartition led to an event.
fn asked_by(cause: Option<EventSeq>, trace: &Trace) -> Option<NodeId> {
    match &trace.get(cause?)?.kind {
        TraceKind::Delivered { from, label, .. } if label.name == "AlterPartition" => Some(*from),
        _ => None,
    }
}

impl Cluster {
    /// What an operator watches.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Takes the samples that are due by `time`, before anything happens then.
    pub(super) fn take_samples(&mut self, time: SimTime) {
        while self.metrics.next() <= time {
            let mut values = self.gauges();
            let flushed = self.brokers().map(|(id, node)| (id, node.disk().device_stat().fsyncs));
            let flushed: Map<BrokerId, u64> = flushed.collect();
            for (id, fsyncs) in &flushed {
                let before = self.metrics.flushed.get(id).copied().unwrap_or(0);
                if *fsyncs > before {
                    values.insert((NodeId::Broker(*id), metric("LogFlushRateAndTimeMs")), fsyncs - before);
                }
            }
            let metrics = Rc::make_mut(&mut self.metrics);
            metrics.flushed = flushed;
            metrics.take(values);
        }
    }

    /// How things stand, by node and metric.
    #[must_use]
    pub fn gauges(&self) -> Values {
        let mut values = Values::new();
        for (id, _) in self.brokers() {
            self.broker_gauges(id, &mut values);
        }
        for (id, node) in self.controllers() {
            let Some(controller) = node.process() else { continue };
            let mut say = |name, value| values.insert((NodeId::Controller(id), metric(name)), value);
            say("ActiveControllerCount", u64::from(controller.is_active()));
            if !controller.is_active() {
                continue;
            }
            let image = controller.image();
            let partitions = || image.topics.values().flat_map(|topic| topic.partitions.values());
            let imbalanced = |leader: Option<BrokerId>, first: Option<BrokerId>| leader != first;
            say("GlobalTopicCount", image.topics.len() as u64);
            say("GlobalPartitionCount", partitions().count() as u64);
            say("OfflinePartitionsCount", partitions().filter(|it| it.leader.is_none()).count() as u64);
            let moved = partitions().filter(|it| imbalanced(it.leader, it.replicas.first().copied()));
            say("PreferredReplicaImbalanceCount", moved.count() as u64);
            say("ActiveBrokerCount", image.brokers.values().filter(|it| !it.fenced).count() as u64);
            say("FencedBrokerCount", image.brokers.values().filter(|it| it.fenced).count() as u64);
        }
        for client in self.clients().filter(|client| !client.is_tool()) {
            let Some(consumer) = client.consumer().filter(|_| self.is_alive(NodeId::Client(client.id))) else {
                continue;
            };
            let lag =
                |it: &crate::client::PartitionView| Some((it.high_watermark? - it.position?).max(0).unsigned_abs());
            let most = consumer.partitions().filter_map(|it| lag(&it)).max();
            if let Some(most) = most {
                values.insert((NodeId::Client(client.id), metric("records-lag-max")), most);
            }
        }
        values
    }

    fn broker_gauges(&self, id: BrokerId, values: &mut Values) {
        let Some(broker) = self.broker(id) else { return };
        let (mut leads, mut under_replicated, mut under_min, mut at_min) = (0, 0, 0, 0);
        let (mut count, mut lag) = (0, 0);
        for partition in broker.partitions() {
            count += 1;
            match partition.leader() {
                Some(state) => {
                    let in_sync = state.isr.committed.len();
                    leads += 1;
                    under_replicated += u64::from(in_sync < state.remote.len() + 1);
                    under_min += u64::from(partition.is_under_min_isr());
                    at_min += u64::from(in_sync == partition.effective_min_isr());
                }
                None => {
                    let end = self.leader_replica(&partition.partition).map(|leader| leader.log.log_end_offset());
                    let behind = end.map_or(0, |end| (end - partition.log.log_end_offset()).max(0).unsigned_abs());
                    lag = lag.max(behind);
                }
            }
        }
        let mut say = |name, of, value| values.insert((NodeId::Broker(id), Metric { name, of }), value);
        say("PartitionCount", "", count);
        say("LeaderCount", "", leads);
        say("UnderReplicatedPartitions", "", under_replicated);
        say("UnderMinIsrPartitionCount", "", under_min);
        say("AtMinIsrPartitionCount", "", at_min);
        say("MaxLag", "", lag);
        let waiting = broker.purgatory_sizes();
        say("PurgatorySize", "Produce", waiting.0);
        say("PurgatorySize", "Fetch", waiting.1);
        say("PurgatorySize", "DeleteRecords", waiting.2);
    }
}
