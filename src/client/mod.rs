//! The programs that use Kafka: producers, consumers, and the command-line tools' own little client.
//!
//! A client is a process with one connection to each broker that it talks to. It knows the cluster only by what brokers
//! told it, so its picture may be old; Kafka's clients are built around that, and so are these.

mod admin;
mod assignor;
mod consumer;
mod network;
mod producer;

pub use admin::{Admin, AdminQuestion, LeaderQuestion, Outcome};
pub use assignor::{AssignorMember, RANGE_ASSIGNOR_NAME, range_assign};
pub use consumer::{
    AutoOffsetReset, ConfigError, ConsumedRecord, Consumer, ConsumerConfig, FetchException, MemberState, PartitionView,
    SeekTo,
};
pub use network::{InFlight, MetadataCache, NetworkClient, PartitionInfo};
pub use producer::{
    Appended, Choice, Keys, Producer, ProducerBatch, ProducerConfig, ProducerConfigError, ProducerRecord, Ready,
    RecordAccumulator, StickyPartition, Workload, murmur2, partition_for_key,
};

use crate::base::NodeId;
use crate::protocol::Body;

/// The timers that clients set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ClientTimer {
    /// A request may have waited for `request.timeout.ms`.
    RequestTimeout,
    /// Ask for the cluster's metadata again.
    Metadata,
    /// The application hands the producer its next record.
    NextRecord,
    /// The producer's sender has something to look at: a batch has lingered, or a retry's backoff is over.
    Sender,
    /// The consumer's heartbeat thread is due; the number tells a stale timer from the live one.
    Heartbeat(u32),
    /// The consumer's application has processed what `poll()` gave it, or calls `poll()` again.
    Poll(u32),
    /// The consumer tries again to find or reach its coordinator.
    Coordinator(u32),
}

/// What comes to a client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ClientInput {
    /// The process starts.
    Start,
    /// A message came.
    Message {
        /// From whom.
        from: NodeId,
        /// What it says.
        body: Body,
    },
    /// A timer fired.
    Timer(ClientTimer),
}
