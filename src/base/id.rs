//! Identities. All are small, ordered and cheap to clone.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A position in a partition's log. Kafka's offsets are signed; −1 means "unknown".
pub type Offset = i64;

/// The number of a leader's term on one partition; −1 means "none yet".
pub type LeaderEpoch = i32;

/// A topic's name, shared because it is in nearly every message.
pub type TopicName = Rc<str>;

/// A broker's `node.id`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct BrokerId(pub i32);

/// A controller's `node.id`. Kafka draws brokers and controllers from one number space; the page shows them as two
/// rows, so each row counts from 1 here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ControllerId(pub i32);

/// A client process: a producer, a consumer, or a command-line tool. Numbered in the order of their start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ClientId(pub u32);

/// The name that the *observer* gives a record, to follow it through the system. It is no part of Kafka's protocol and no
/// node acts on it; it rides beside the bytes so that the ledger can tell a duplicate from a twin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordId {
    /// Who sent it.
    pub producer: ClientId,
    /// Its number with its producer, from 0.
    pub number: u64,
}

/// Whoever can send and receive messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum NodeId {
    /// A member of the controller quorum.
    Controller(ControllerId),
    /// A broker.
    Broker(BrokerId),
    /// A client.
    Client(ClientId),
}

impl NodeId {
    /// The broker behind this id, if it is one.
    #[must_use]
    pub fn broker(self) -> Option<BrokerId> {
        match self {
            NodeId::Broker(id) => Some(id),
            _ => None,
        }
    }
}

impl fmt::Display for BrokerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ControllerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeId::Controller(id) => write!(f, "controller-{id}"),
            NodeId::Broker(id) => write!(f, "broker-{id}"),
            NodeId::Client(id) => write!(f, "client-{}", id.0),
        }
    }
}

/// One partition of one topic, written `topic-partition` as Kafka names its folders.
///
/// In one world nearly all names of a topic are one name, shared; so two of them are first compared by where they lie.
#[derive(Clone, Debug)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl PartialEq for TopicPartition {
    fn eq(&self, other: &Self) -> bool {
        self.partition == other.partition && (Rc::ptr_eq(&self.topic, &other.topic) || self.topic == other.topic)
    }
}

impl Eq for TopicPartition {}

impl PartialOrd for TopicPartition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TopicPartition {
    fn cmp(&self, other: &Self) -> Ordering {
        let topics = if Rc::ptr_eq(&self.topic, &other.topic) { Ordering::Equal } else { self.topic.cmp(&other.topic) };
        topics.then(self.partition.cmp(&other.partition))
    }
}

impl Hash for TopicPartition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.topic, self.partition).hash(state);
    }
}

impl TopicPartition {
    /// The partition numbered `partition` of `topic`.
    #[must_use]
    pub fn new(topic: &TopicName, partition: i32) -> Self {
        Self { topic: topic.clone(), partition }
    }

    /// Whether the topic is one of Kafka's own, such as `__consumer_offsets`.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.topic.starts_with("__")
    }

    /// Reads `topic-partition`; a topic's name may itself hold dashes, so the last one divides.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (topic, partition) = text.rsplit_once('-')?;
        if topic.is_empty() || !partition.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Self { topic: topic.into(), partition: partition.parse().ok()? })
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}
