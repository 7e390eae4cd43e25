//! What a person may do to the world.
//!
//! Actions are plain data and are saved with a session; replaying them at their moments gives the same world again. An action that cannot
//! be done leaves the world as it was.

use super::faults::FaultOptions;
use crate::base::{BrokerId, NodeId};
use crate::disk::DiskError;
use crate::net::LinkChange;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which keys a running producer gives its records.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum KeySpec {
    /// None.
    None,
    /// Always this one.
    One(String),
    /// One of so many, drawn for each record.
    Several(u32),
}

/// A producer to start.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ProducerSpec {
    /// Its name.
    pub name: String,
    /// The topic that it writes to.
    pub topic: String,
    /// The time between two records, in µs; `None` if it sends only when told to.
    pub interval_us: Option<u64>,
    /// How many records it sends by itself; `None` for ever.
    pub count: Option<u64>,
    /// Its keys.
    pub keys: KeySpec,
    /// The size of a value, in bytes.
    pub value_size: usize,
    /// Settings by Kafka's names.
    pub config: Vec<(String, String)>,
    /// Whether it belongs to a command-line tool.
    pub tool: bool,
}

/// A consumer to start.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ConsumerSpec {
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: String,
    /// The topics that it subscribes to.
    pub topics: Vec<String>,
    /// Settings by Kafka's names.
    pub config: Vec<(String, String)>,
    /// The partition of the one topic that it reads without a group, and the offset at which it begins: −1 for the end, −2 for
    /// the beginning. None for a consumer that subscribes.
    #[serde(default)]
    pub assign: Option<(i32, i64)>,
    /// How long it works on one record, in µs.
    pub processing_us: u64,
    /// After how many records it ends by itself; `None` for never.
    pub limit: Option<u64>,
    /// Whether it belongs to a command-line tool, and so keeps what it read.
    pub tool: bool,
}

/// Whose settings a tool is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ConfigTarget {
    /// A topic's.
    Topic(String),
    /// One broker's.
    Broker(i32),
    /// Those of all brokers that have none of their own.
    DefaultBroker,
}

/// What a command-line tool asks of the cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AdminCall {
    /// `kafka-topics --create`.
    CreateTopic {
        /// Its name.
        name: String,
        /// How many partitions; −1 for the broker's default.
        partitions: i32,
        /// How many replicas; −1 for the broker's default.
        replication_factor: i16,
        /// Settings by Kafka's names.
        configs: Vec<(String, String)>,
    },
    /// `kafka-topics --describe` and `--list`; no name asks for all.
    Describe {
        /// The topics.
        topics: Vec<String>,
    },
    /// `kafka-topics --alter`.
    CreatePartitions {
        /// Topics, each with how many partitions it is to have.
        topics: Vec<(String, i32)>,
    },
    /// `kafka-topics --create --replica-assignment`.
    CreateTopicOn {
        /// Its name.
        name: String,
        /// The brokers of each partition, the preferred leader first.
        replicas: Vec<Vec<i32>>,
        /// Settings by Kafka's names.
        configs: Vec<(String, String)>,
    },
    /// `kafka-topics --alter --replica-assignment`.
    CreatePartitionsOn {
        /// The topic.
        topic: String,
        /// How many partitions it is to have.
        count: i32,
        /// The brokers of each further partition, the preferred leader first.
        replicas: Vec<Vec<i32>>,
    },
    /// `kafka-leader-election`.
    ElectLeaders {
        /// Whether a replica may lead that lacks something.
        unclean: bool,
        /// Topics and partitions; none for all.
        partitions: Option<Vec<(String, i32)>>,
    },
    /// `kafka-reassign-partitions --execute` and `--cancel`.
    AlterPartitionReassignments {
        /// Topics and partitions, each with the brokers wanted, or none to end a reassignment.
        reassignments: Vec<(String, i32, Option<Vec<i32>>)>,
        /// Whether a partition may get more or fewer replicas than it has.
        allow_replication_factor_change: bool,
    },
    /// `kafka-reassign-partitions --list`.
    ListPartitionReassignments {
        /// Topics and partitions; none for all.
        partitions: Option<Vec<(String, i32)>>,
    },
    /// `kafka-topics --delete`.
    DeleteTopics {
        /// The topics.
        topics: Vec<String>,
    },
    /// `kafka-configs --alter`.
    AlterConfigs {
        /// Whose settings.
        target: ConfigTarget,
        /// Names, each with the value to set, or none to take it back.
        ops: Vec<(String, Option<String>)>,
    },
    /// `kafka-configs --describe`.
    DescribeConfigs {
        /// Whose settings.
        target: ConfigTarget,
    },
    /// `kafka-delete-records`.
    DeleteRecords {
        /// Topic, partition and the first offset that is to stay; −1 for the high watermark.
        offsets: Vec<(String, i32, i64)>,
    },
    /// `kafka-get-offsets`.
    ListOffsets {
        /// Topics and partitions.
        partitions: Vec<(String, i32)>,
        /// A timestamp in Unix ms, or −1 for the latest, −2 for the earliest, −3 for the largest timestamp's.
        timestamp: i64,
    },
    /// `kafka-log-dirs --describe`.
    DescribeLogDirs {
        /// The brokers.
        brokers: Vec<i32>,
    },
}

/// What a person may do to a broker's disk and page cache.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum DiskChange {
    /// Let everything take so many times longer than it should; 1 for as long as it should.
    Slow(u32),
    /// Let so many bytes fit.
    Capacity(u64),
    /// Give the page cache so many bytes of memory.
    Memory(u64),
    /// Make it another kind of disk, by its name: `hdd`, `ssd`.
    Profile(String),
    /// Let it stop working.
    Fail,
    /// Put a new one in its place, with nothing on it.
    Repair,
    /// Turn a byte of a file into another.
    Corrupt {
        /// The file.
        path: String,
        /// Which byte.
        position: u64,
    },
}

/// What a person may do to the world.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Action {
    /// A new broker, with this id or the next free one.
    Add(Option<i32>),
    /// Start a broker's or controller's process, or a client's again.
    Start(NodeId),
    /// Ask a broker's process to leave in good order; close a client.
    Stop(NodeId),
    /// Kill a process; its machine and page cache stay.
    Kill(NodeId),
    /// Take the power from a machine: its process ends, nobody is told, and what was in memory only is gone.
    PowerOff(NodeId),
    /// Do something to a broker's disk.
    Disk(BrokerId, DiskChange),
    /// Let a process hang.
    Pause(NodeId),
    /// Let it go on.
    Resume(NodeId),
    /// Do something to the network between nodes: between each on one side and each on the other, but never between a node and itself.
    Link {
        /// The nodes on one side; where the way begins.
        a: Vec<NodeId>,
        /// The nodes on the other side; where the way ends.
        b: Vec<NodeId>,
        /// Only the way from `a` to `b`.
        one_way: bool,
        /// What.
        change: LinkChange,
    },
    /// Set a node's clock: by how many ms it is to be fast; negative for slow.
    SkewClock(NodeId, i64),
    /// Let faults come by themselves from now on; none lets them stop.
    Faults(Option<FaultOptions>),
    /// Start a producer.
    StartProducer(ProducerSpec),
    /// Start a consumer.
    StartConsumer(ConsumerSpec),
    /// Hand a record to the running producer of this name.
    Send {
        /// The producer's name.
        producer: String,
        /// The key.
        key: Option<String>,
        /// The value.
        value: Option<String>,
        /// The partition, if the producer is not to choose.
        partition: Option<i32>,
    },
    /// Let a command-line tool ask something.
    Admin(AdminCall),
}

impl Action {
    /// Cuts the network between two nodes.
    #[must_use]
    pub fn cut_link(a: NodeId, b: NodeId) -> Self {
        Self::Link { a: vec![a], b: vec![b], one_way: false, change: LinkChange::Cut }
    }

    /// Mends the network between two nodes.
    #[must_use]
    pub fn heal_link(a: NodeId, b: NodeId) -> Self {
        Self::Link { a: vec![a], b: vec![b], one_way: false, change: LinkChange::Heal }
    }
}

/// Why an action could not be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionError {
    /// There is no such node.
    NoSuchNode(NodeId),
    /// There is such a broker already.
    BrokerExists(i32),
    /// There is no running producer of that name.
    NoSuchProducer(String),
    /// A client of that name is running already.
    NameTaken(String),
    /// The process is not in the state for it.
    WrongState {
        /// Whose.
        node: NodeId,
        /// How it is.
        is: &'static str,
    },
    /// A setting was refused.
    Config(String),
    /// The file system refused.
    Disk(DiskError),
    /// There is no such kind of disk.
    NoSuchProfile(String),
    /// It makes no sense for that kind of node.
    NotForThisNode(NodeId),
    /// There are no two different nodes to have a link between them.
    NoLink,
    /// A clock cannot be wrong by so much.
    ClockTooWrong,
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ActionError::NoSuchNode(node) => write!(f, "there is no {node}"),
            ActionError::BrokerExists(id) => write!(f, "there is a broker {id} already"),
            ActionError::NoSuchProducer(name) => write!(f, "no producer named '{name}' is running"),
            ActionError::NameTaken(name) => write!(f, "a client named '{name}' is running already"),
            ActionError::WrongState { node, is } => write!(f, "{node} is {is}"),
            ActionError::Config(message) => f.write_str(message),
            ActionError::Disk(error) => error.fmt(f),
            ActionError::NoSuchProfile(name) => write!(f, "there is no kind of disk called '{name}'"),
            ActionError::NotForThisNode(node) => write!(f, "that cannot be done to {node}"),
            ActionError::NoLink => f.write_str("a link is between two different nodes"),
            ActionError::ClockTooWrong => f.write_str("a clock can be wrong by 30 days at most"),
        }
    }
}
