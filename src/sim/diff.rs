//! What differs between two worlds, as data: two stories of one session, or two moments of one.
//!
//! Of each world a portrait is taken: for every thing that an operator would look at, a value. What is not the same in both portraits is a
//! difference. Records are compared by who sent them, so that "record 12 of producer p" is the same one in both stories.

use super::ledger::Belief;
use super::{ClientNode, ClientProcess, Cluster, Fate, RecordFate};
use crate::base::{BrokerId, ClientId, Map, NodeId, Offset, TopicName, TopicPartition};
use std::fmt;
use std::rc::Rc;

/// What a difference is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// The world as a whole.
    World,
    /// A broker or controller.
    Node(NodeId),
    /// A topic.
    Topic(TopicName),
    /// A partition.
    Partition(TopicPartition),
    /// A broker's replica of a partition.
    Replica(TopicPartition, BrokerId),
    /// The producers or consumers of a name.
    Client(Rc<str>),
    /// A consumer group.
    Group(Rc<str>),
    /// A record, by the name of its producer and its number.
    Record(Rc<str>, u64),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::World => f.write_str("world"),
            Subject::Node(node) => node.fmt(f),
            Subject::Topic(name) | Subject::Client(name) | Subject::Group(name) => f.write_str(name),
            Subject::Partition(tp) => tp.fmt(f),
            Subject::Replica(tp, broker) => write!(f, "{tp}@{broker}"),
            Subject::Record(producer, number) => write!(f, "{producer}#{number}"),
        }
    }
}

/// Which side of it differs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Aspect {
    /// The time.
    Time,
    /// How its process is.
    Status,
    /// The active controller.
    Controller,
    /// Who leads.
    Leader,
    /// The leader's term.
    LeaderEpoch,
    /// The ISR.
    Isr,
    /// The replicas.
    Replicas,
    /// Where the log starts.
    LogStartOffset,
    /// The high watermark.
    HighWatermark,
    /// The log end offset.
    LogEndOffset,
    /// The record at this offset, the first at which the two logs have different ones.
    RecordAt(Offset),
    /// A group's state.
    State,
    /// A group's generation.
    Generation,
    /// The offset committed for a partition.
    Committed(TopicPartition),
    /// Records handed to `send()`.
    Sent,
    /// Records that the producer was told are safe.
    Acked,
    /// Records that the producer gave up.
    Failed,
    /// Records that were handled.
    Processed,
    /// Records that were handled more than once.
    Reprocessed,
    /// Acknowledged records that are gone.
    Lost,
    /// Records that are there more than once.
    Duplicates,
    /// Records that lie before one that was sent earlier.
    Reordered,
    /// What became of a record.
    Fate,
    /// A setting.
    Setting(Rc<str>),
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Aspect::Time => "time",
            Aspect::Status => "status",
            Aspect::Controller => "controller",
            Aspect::Leader => "leader",
            Aspect::LeaderEpoch => "epoch",
            Aspect::Isr => "isr",
            Aspect::Replicas => "replicas",
            Aspect::LogStartOffset => "start",
            Aspect::HighWatermark => "hw",
            Aspect::LogEndOffset => "leo",
            Aspect::RecordAt(offset) => return write!(f, "record @{offset}"),
            Aspect::State => "state",
            Aspect::Generation => "generation",
            Aspect::Committed(tp) => return write!(f, "committed {tp}"),
            Aspect::Sent => "sent",
            Aspect::Acked => "acked",
            Aspect::Failed => "failed",
            Aspect::Processed => "processed",
            Aspect::Reprocessed => "reprocessed",
            Aspect::Lost => "lost",
            Aspect::Duplicates => "duplicates",
            Aspect::Reordered => "reordered",
            Aspect::Fate => "fate",
            Aspect::Setting(name) => name,
        })
    }
}

/// Something that is not the same in two worlds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// Which side of it.
    pub aspect: Aspect,
    /// How it is in the one; none if that has no such thing.
    pub left: Option<Rc<str>>,
    /// How it is in the other.
    pub right: Option<Rc<str>>,
}

/// What differs between two worlds, from the world as a whole down to single records.
///
/// Of single records those are named that both worlds know and of which one tells a sorrier tale: lost, there more than once, or given up and
/// yet there.
#[must_use]
pub fn differences(left: &Cluster, right: &Cluster) -> Vec<Difference> {
    let (mut one, mut other) = (Portrait::of(left), Portrait::of(right));
    let records = (Records::of(left), Records::of(right));
    for number in records.0.by_name.keys().filter(|key| records.1.by_name.contains_key(*key)) {
        let (a, b) = (&records.0.by_name[number], &records.1.by_name[number]);
        if (a.belief, a.fate) != (b.belief, b.fate) && (is_sorry(a) || is_sorry(b)) {
            let subject = Subject::Record(number.0.clone(), number.1);
            one.say(subject.clone(), Aspect::Fate, tale(a));
            other.say(subject, Aspect::Fate, tale(b));
        }
    }
    for (tp, offset) in first_parting(&records.0, &records.1) {
        let name = |records: &Records| records.by_place[&tp][&offset].clone();
        one.say(Subject::Partition(tp.clone()), Aspect::RecordAt(offset), name(&records.0));
        other.say(Subject::Partition(tp.clone()), Aspect::RecordAt(offset), name(&records.1));
    }
    one.against(&other)
}

/// What is to be seen of a world.
#[derive(Default)]
struct Portrait(Map<(Subject, Aspect), Rc<str>>);

impl Portrait {
    fn of(cluster: &Cluster) -> Self {
        let mut portrait = Self::default();
        portrait.world(cluster);
        portrait.topics(cluster);
        portrait.clients(cluster);
        portrait.groups(cluster);
        portrait
    }

    fn say(&mut self, subject: Subject, aspect: Aspect, value: impl ToString) {
        self.0.insert((subject, aspect), value.to_string().into());
    }

    fn world(&mut self, cluster: &Cluster) {
        let world = || Subject::World;
        self.say(world(), Aspect::Time, cluster.now());
        self.say(world(), Aspect::Controller, or_none(cluster.active_controller().map(|it| it.id())));
        self.say(world(), Aspect::Lost, cluster.lost());
        self.say(world(), Aspect::Duplicates, cluster.duplicates());
        self.say(world(), Aspect::Reordered, cluster.reordered());
        let brokers = cluster.brokers().map(|(id, _)| NodeId::Broker(id));
        for node in cluster.controllers().map(|(id, _)| NodeId::Controller(id)).chain(brokers) {
            self.say(Subject::Node(node), Aspect::Status, cluster.status_word(node));
        }
        let Some(image) = cluster.image() else { return };
        for (resource, settings) in &image.broker_configs {
            let subject = match resource {
                crate::protocol::ConfigResource::Broker(id) => Subject::Node(NodeId::Broker(*id)),
                _ => Subject::World,
            };
            for (name, value) in settings {
                self.say(subject.clone(), Aspect::Setting(name.clone()), value);
            }
        }
    }

    fn topics(&mut self, cluster: &Cluster) {
        let Some(image) = cluster.image() else { return };
        for (name, topic) in image.topics.iter().filter(|(name, _)| !name.starts_with("__")) {
            for (setting, value) in &topic.configs {
                self.say(Subject::Topic(name.clone()), Aspect::Setting(setting.clone()), value);
            }
        }
        for (tp, partition) in image.partitions().filter(|(tp, _)| !tp.is_internal()) {
            let subject = || Subject::Partition(tp.clone());
            self.say(subject(), Aspect::Leader, or_none(partition.leader));
            self.say(subject(), Aspect::LeaderEpoch, partition.leader_epoch);
            self.say(subject(), Aspect::Isr, list(&partition.isr));
            self.say(subject(), Aspect::Replicas, list(&partition.replicas));
            if let Some(replica) = cluster.leader_replica(&tp) {
                self.say(subject(), Aspect::LogStartOffset, replica.log.log_start_offset());
                self.say(subject(), Aspect::HighWatermark, replica.log.high_watermark());
                self.say(subject(), Aspect::LogEndOffset, replica.log.log_end_offset());
            }
            for broker in partition.replicas.iter().filter(|id| Some(**id) != partition.leader) {
                if let Some(replica) = cluster.replica(&tp, *broker) {
                    let subject = Subject::Replica(tp.clone(), *broker);
                    self.say(subject, Aspect::LogEndOffset, replica.log.log_end_offset());
                }
            }
        }
    }

    fn clients(&mut self, cluster: &Cluster) {
        let mut totals: Map<(Rc<str>, Aspect), u64> = Map::new();
        for client in cluster.clients().filter(|client| !client.is_tool()) {
            let subject = || Subject::Client(client.name.clone());
            self.say(subject(), Aspect::Status, cluster.status_word(NodeId::Client(client.id)));
            for (name, value) in client.settings() {
                self.say(subject(), Aspect::Setting(name.as_str().into()), value);
            }
            for (aspect, count) in counts(client) {
                *totals.entry((client.name.clone(), aspect)).or_default() += count;
            }
        }
        for ((name, aspect), count) in totals {
            self.say(Subject::Client(name), aspect, count);
        }
    }

    fn groups(&mut self, cluster: &Cluster) {
        for name in cluster.clients().filter(|client| !client.is_tool()).filter_map(|client| client.group()) {
            let subject = || Subject::Group(name.into());
            if let Some((_, view)) = cluster.group(name) {
                self.say(subject(), Aspect::State, view.state.name());
                self.say(subject(), Aspect::Generation, view.generation);
                for (tp, committed) in &view.offsets {
                    self.say(subject(), Aspect::Committed(tp.clone()), committed.offset);
                }
            }
            let handled = || cluster.ledger().group(name).into_iter().flat_map(|line| line.handled.values());
            self.say(subject(), Aspect::Processed, handled().map(|it| it.once.len()).sum::<u64>());
            self.say(subject(), Aspect::Reprocessed, handled().map(|it| it.again.len()).sum::<u64>());
        }
    }

    fn against(&self, other: &Self) -> Vec<Difference> {
        let mut keys: Vec<&(Subject, Aspect)> = self.0.keys().chain(other.0.keys()).collect();
        keys.sort();
        keys.dedup();
        let sides = keys.into_iter().map(|key| (key, self.0.get(key), other.0.get(key)));
        sides
            .filter(|(_, left, right)| left != right)
            .map(|((subject, aspect), left, right)| Difference {
                subject: subject.clone(),
                aspect: aspect.clone(),
                left: left.cloned(),
                right: right.cloned(),
            })
            .collect()
    }
}

/// The records of a world.
struct Records {
    by_name: Map<(Rc<str>, u64), RecordFate>,
    /// Those that the leaders' logs hold, by partition and offset: their names.
    by_place: Map<TopicPartition, Map<Offset, Rc<str>>>,
}

impl Records {
    fn of(cluster: &Cluster) -> Self {
        let mut records = Self { by_name: Map::new(), by_place: Map::new() };
        // A name may have had several processes, each of which counts from 0.
        let mut before: Map<Rc<str>, (ClientId, u64)> = Map::new();
        for fate in cluster.fates() {
            let Some(client) = cluster.client(fate.id.producer) else { continue };
            let base = before.entry(client.name.clone()).or_insert((client.id, 0));
            if base.0 != client.id {
                let earlier = cluster.client(base.0).and_then(|client| client.producer()).map_or(0, |p| p.sent());
                *base = (client.id, base.1 + earlier);
            }
            let name = (client.name.clone(), base.1 + fate.id.number);
            if let (Some(place), Fate::Committed | Fate::Uncommitted | Fate::Duplicated) = (&fate.place, fate.fate) {
                let label = format!("{}#{}", name.0, name.1).into();
                records.by_place.entry(place.partition.clone()).or_default().insert(place.offset, label);
            }
            records.by_name.insert(name, fate);
        }
        records
    }
}

/// For each partition the first offset at which both logs have a record, but not the same.
fn first_parting(left: &Records, right: &Records) -> Vec<(TopicPartition, Offset)> {
    let parting = |(tp, one): (&TopicPartition, &Map<Offset, Rc<str>>)| {
        let other = right.by_place.get(tp)?;
        let differs = |(offset, name): &(&Offset, &Rc<str>)| other.get(*offset).is_some_and(|it| it != *name);
        Some((tp.clone(), *one.iter().find(differs)?.0))
    };
    left.by_place.iter().filter_map(parting).collect()
}

fn is_sorry(record: &RecordFate) -> bool {
    let there = matches!(record.fate, Fate::Committed | Fate::Uncommitted | Fate::Duplicated);
    record.fate.is_lost(record.belief) || record.fate == Fate::Duplicated || record.belief == Belief::Failed && there
}

fn tale(record: &RecordFate) -> String {
    let place = record.place.as_ref().map_or(String::new(), |place| format!(" {}@{}", place.partition, place.offset));
    format!("{} {}{place}", record.belief.name(), record.fate.name())
}

fn counts(client: &ClientNode) -> Vec<(Aspect, u64)> {
    match client.program() {
        ClientProcess::Producer(producer) => vec![
            (Aspect::Sent, producer.sent()),
            (Aspect::Acked, producer.acked()),
            (Aspect::Failed, producer.failed()),
        ],
        ClientProcess::Consumer(consumer) => vec![(Aspect::Processed, consumer.processed())],
        ClientProcess::Admin(_) => Vec::new(),
    }
}

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or("none".into(), |value| value.to_string())
}

fn list(ids: &[BrokerId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
