//! The kinds of things that happen.

use super::{Loss, MachineNews, NetworkNews};
use crate::base::{BrokerId, LeaderEpoch, NodeId, Offset, RecordId, TopicPartition};
use std::fmt;
use std::rc::Rc;

/// What matters in a message, in a word; written out only when somebody looks.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// These words.
    Text(Rc<str>),
    /// An error's name.
    Error(&'static str),
    /// From which offset, or at which: `@9`.
    At(Offset),
    /// The high watermark.
    HighWatermark(Offset),
    /// The offsets of the records that it carries: `9–11`.
    Offsets(Offset, Offset),
    /// How many of what it is about: `×3`.
    Count(u64),
    /// How many metadata records it carries.
    Metadata(u64),
    /// The term that it is about: `e3`.
    Epoch(i32),
}

impl Detail {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Detail::None) || matches!(self, Detail::Text(text) if text.is_empty())
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Detail::None => Ok(()),
            Detail::Text(text) => f.write_str(text),
            Detail::Error(name) => f.write_str(name),
            Detail::At(offset) => write!(f, "@{offset}"),
            Detail::HighWatermark(offset) => write!(f, "HW {offset}"),
            Detail::Offsets(first, last) if first == last => write!(f, "{first}"),
            Detail::Offsets(first, last) => write!(f, "{first}–{last}"),
            Detail::Count(count) => write!(f, "×{count}"),
            Detail::Metadata(count) => write!(f, "metadata ×{count}"),
            Detail::Epoch(epoch) => write!(f, "e{epoch}"),
        }
    }
}

/// A message in a few words: what a packet on the stage is labelled with.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MessageLabel {
    /// The API's name as Kafka writes it: `Fetch`, `ProduceResponse`.
    pub name: &'static str,
    /// What matters in it.
    pub detail: Detail,
    /// The partition it is about, when it is about one.
    pub partition: Option<TopicPartition>,
    /// Background traffic: heartbeats, metadata, and fetches that say and bring nothing new.
    pub idle: bool,
    /// Whether it carries an error.
    pub failed: bool,
    /// Whether it carries records.
    pub loaded: bool,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TraceKind {
    /// Somebody gave a command; the text is what one would type.
    Command(Rc<str>),
    /// A message went on its way; `id` names it until it arrives.
    Sent {
        /// The message.
        id: u64,
        /// To whom.
        to: NodeId,
        /// What it says.
        label: Rc<MessageLabel>,
        /// Why it will never arrive, if it will not.
        lost: Option<Loss>,
    },
    /// A message arrived.
    Delivered {
        /// The message.
        id: u64,
        /// From whom.
        from: NodeId,
        /// What it says.
        label: Rc<MessageLabel>,
    },
    /// A connection broke: the peer's process is gone.
    Disconnected {
        /// The peer.
        peer: NodeId,
    },
    /// A process came up.
    Started,
    /// A process was killed; the machine and its page cache stay.
    Killed,
    /// A process stopped in good order.
    Stopped,
    /// Something happened to a node's machine.
    Machine(MachineNews),
    /// A broker's only log directory cannot be used any more: the broker halts.
    LogDirFailed {
        /// What went wrong, as the broker's own log says it.
        error: Rc<str>,
    },
    /// A process hangs: it neither reads nor writes until resumed.
    Paused,
    /// A process goes on after a hang.
    Resumed,
    /// The network between two nodes was cut.
    LinkCut {
        /// One side, or where the way begins.
        a: NodeId,
        /// The other side, or where it ends.
        b: NodeId,
        /// Only from `a` to `b`.
        one_way: bool,
    },
    /// The network between two nodes works again.
    LinkHealed {
        /// One side, or where the way begins.
        a: NodeId,
        /// The other side, or where it ends.
        b: NodeId,
        /// Only from `a` to `b`.
        one_way: bool,
    },
    /// Something else happened on the network.
    Network(NetworkNews),
    /// Records were appended to a replica's log.
    Appended {
        /// The partition.
        partition: TopicPartition,
        /// The first record's offset.
        first: Offset,
        /// The last record's offset.
        last: Offset,
        /// The term of the leader that wrote them.
        epoch: LeaderEpoch,
        /// The observer's names of the records; only where a leader took them in from a producer.
        ids: Rc<[RecordId]>,
        /// As leader, or as a follower copying its leader.
        as_leader: bool,
    },
    /// A replica began a new segment.
    SegmentRolled {
        /// The partition.
        partition: TopicPartition,
        /// The new segment's base offset.
        base: Offset,
    },
    /// A replica's log was read through after a shutdown that was not in good order.
    LogRecovered {
        /// The partition.
        partition: TopicPartition,
        /// How many segments were read.
        segments: u32,
        /// How many bytes of record batches they held.
        bytes_read: u64,
        /// How many of them were damaged, or lay behind damage, and were cut.
        bytes_cut: u64,
    },
    /// A replica deleted a segment.
    SegmentDeleted {
        /// The partition.
        partition: TopicPartition,
        /// The segment's base offset.
        base: Offset,
        /// The first offset behind it.
        end: Offset,
        /// The setting that asked for it, `retention.ms` or `retention.bytes`, or `log start offset`.
        why: &'static str,
    },
    /// The cleaner ended a round over a replica's log.
    LogCleaned {
        /// The partition.
        partition: TopicPartition,
        /// Where the dirty part began.
        from: Offset,
        /// Where the clean part ends now.
        to: Offset,
        /// The size of the segments that were cleaned, before and after.
        bytes: (u64, u64),
        /// How many records they held, before and after.
        records: (u64, u64),
    },
    /// The cleaner failed on a replica's log, and leaves it alone from now on.
    CleaningFailed {
        /// The partition.
        partition: TopicPartition,
        /// What was wrong.
        why: Rc<str>,
    },
    /// A replica cut its log.
    Truncated {
        /// The partition.
        partition: TopicPartition,
        /// The log end before.
        from: Offset,
        /// The log end after.
        to: Offset,
    },
    /// A replica's high watermark moved.
    HighWatermark {
        /// The partition.
        partition: TopicPartition,
        /// Before.
        from: Offset,
        /// After.
        to: Offset,
        /// On the leader, or on a follower that learned it.
        on_leader: bool,
    },
    /// A broker took up the lead of a partition.
    BecameLeader {
        /// The partition.
        partition: TopicPartition,
        /// Its term.
        epoch: LeaderEpoch,
        /// Where in the log the term begins.
        start: Offset,
    },
    /// A broker began to follow.
    BecameFollower {
        /// The partition.
        partition: TopicPartition,
        /// Whom; `None` while the partition has no leader.
        leader: Option<BrokerId>,
        /// The leader's term.
        epoch: LeaderEpoch,
    },
    /// A leader asks the controller for another ISR.
    IsrProposed {
        /// The partition.
        partition: TopicPartition,
        /// The ISR now.
        from: Vec<BrokerId>,
        /// The ISR asked for.
        to: Vec<BrokerId>,
    },
    /// The controller recorded another ISR.
    IsrChanged {
        /// The partition.
        partition: TopicPartition,
        /// Before.
        from: Vec<BrokerId>,
        /// After.
        to: Vec<BrokerId>,
    },
    /// The controller named a leader, or none.
    LeaderElected {
        /// The partition.
        partition: TopicPartition,
        /// The leader before.
        from: Option<BrokerId>,
        /// The leader after.
        to: Option<BrokerId>,
        /// The new term.
        epoch: LeaderEpoch,
        /// The new leader may lack committed records.
        unclean: bool,
    },
    /// The controller recorded other replicas, or that replicas begin to come or go.
    ReplicasReassigned {
        /// The partition.
        partition: TopicPartition,
        /// The replicas before.
        from: Vec<BrokerId>,
        /// The replicas after; as long as some come or go, those and the others.
        to: Vec<BrokerId>,
        /// Those that come.
        adding: Vec<BrokerId>,
        /// Those that will go once the others have come.
        removing: Vec<BrokerId>,
    },
    /// A controller asks whether it would be elected.
    Prospective {
        /// The quorum's term, which that does not end.
        epoch: i32,
    },
    /// A controller stands for election.
    Candidate {
        /// The quorum's term it stands for.
        epoch: i32,
    },
    /// A controller was elected.
    ControllerElected {
        /// The quorum's term.
        epoch: i32,
    },
    /// A controller gave up the lead.
    ControllerResigned {
        /// The quorum's term it led.
        epoch: i32,
    },
    /// The controller registered a broker.
    BrokerRegistered {
        /// The broker.
        broker: BrokerId,
    },
    /// The controller shut a broker out: its heartbeats stopped, or it is leaving.
    BrokerFenced {
        /// The broker.
        broker: BrokerId,
    },
    /// The controller let a broker in.
    BrokerUnfenced {
        /// The broker.
        broker: BrokerId,
    },
    /// A topic was created.
    TopicCreated {
        /// Its name.
        topic: Rc<str>,
        /// How many partitions it has.
        partitions: i32,
    },
    /// A topic got more partitions.
    PartitionsCreated {
        /// Its name.
        topic: Rc<str>,
        /// How many it had.
        from: i32,
        /// How many it has.
        to: i32,
    },
    /// A topic was deleted.
    TopicDeleted {
        /// Its name.
        topic: Rc<str>,
    },
    /// A setting was changed.
    ConfigChanged {
        /// Whose: `topic orders`.
        resource: Rc<str>,
        /// Its name.
        name: Rc<str>,
        /// Its value; none if it was taken back.
        value: Option<Rc<str>>,
    },
    /// A broker gave up its replica of a deleted partition; the files go later.
    ReplicaDeleted {
        /// The partition.
        partition: TopicPartition,
    },
    /// A replica's log starts later than before: what lies before that can no longer be read.
    LogStartIncremented {
        /// The partition.
        partition: TopicPartition,
        /// Where it started.
        from: Offset,
        /// Where it starts.
        to: Offset,
        /// Whether that is the leader's replica.
        on_leader: bool,
    },
    /// A producer's application handed over a record.
    RecordSent {
        /// The partition chosen for it.
        partition: TopicPartition,
        /// The record's number with its producer, from 0.
        number: u64,
    },
    /// A producer learned that records are safe, as its `acks` understands it.
    RecordsAcked {
        /// The partition.
        partition: TopicPartition,
        /// The records.
        ids: Rc<[RecordId]>,
        /// The first one's offset; −1 when the broker did not say (`acks=0`).
        first: Offset,
    },
    /// A producer is told that a request failed, and tries again.
    ProduceRetried {
        /// The partition.
        partition: TopicPartition,
        /// Kafka's name of the error.
        error: &'static str,
    },
    /// A producer gave up on records.
    RecordsFailed {
        /// The partition.
        partition: TopicPartition,
        /// The records.
        ids: Rc<[RecordId]>,
        /// Kafka's name of the error.
        error: &'static str,
        /// What the broker said of them in Kafka's words; empty if it said no more than the error.
        message: Rc<str>,
    },
    /// A consumer's application processed records.
    Processed {
        /// The partition.
        partition: TopicPartition,
        /// The first record's offset.
        first: Offset,
        /// The last record's offset.
        last: Offset,
    },
    /// A consumer met bytes that are no records, and its application gave up.
    FetchFailed {
        /// The partition.
        partition: TopicPartition,
        /// The exception, in Kafka's words.
        cause: Rc<str>,
    },
    /// A consumer has no position in a partition and takes the one that `auto.offset.reset` says.
    OffsetReset {
        /// The partition.
        partition: TopicPartition,
        /// The new position.
        to: Offset,
    },
    /// A coordinator recorded an offset for a group.
    OffsetCommitted {
        /// The group.
        group: Rc<str>,
        /// The partition.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
    },
    /// A group went from one state to another.
    GroupState {
        /// The group.
        group: Rc<str>,
        /// Kafka's name of the state before.
        from: &'static str,
        /// Kafka's name of the state after.
        to: &'static str,
        /// The generation after.
        generation: i32,
    },
    /// A member came into a group.
    MemberJoined {
        /// The group.
        group: Rc<str>,
        /// The member's id.
        member: Rc<str>,
    },
    /// A member left a group or was put out.
    MemberLeft {
        /// The group.
        group: Rc<str>,
        /// The member's id.
        member: Rc<str>,
        /// Why, in a word: `leave`, `session.timeout.ms`, `rebalance timeout`.
        why: &'static str,
    },
    /// A consumer received partitions to read.
    Assigned {
        /// The group.
        group: Rc<str>,
        /// The generation.
        generation: i32,
        /// What it reads from now on.
        partitions: Vec<TopicPartition>,
    },
}

impl TraceKind {
    /// Whether a viewer sees it on the stage; one step forward or back goes from one such event to the next. What happens to
    /// internal topics is not shown.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        match self {
            TraceKind::Sent { label, .. } | TraceKind::Delivered { label, .. } => !label.idle,
            TraceKind::RecordSent { .. } | TraceKind::Disconnected { .. } => false,
            TraceKind::Machine(MachineNews::WrittenBack { .. }) => false,
            TraceKind::Network(news) => news.label().is_none_or(|label| !label.idle),
            other => other.partition().is_none_or(|partition| !partition.is_internal()),
        }
    }

    /// The partition that it is about, if it is about one.
    #[must_use]
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            TraceKind::Sent { label, .. } | TraceKind::Delivered { label, .. } => label.partition.as_ref(),
            TraceKind::Network(news) => news.label()?.partition.as_ref(),
            TraceKind::Appended { partition, .. }
            | TraceKind::SegmentRolled { partition, .. }
            | TraceKind::LogRecovered { partition, .. }
            | TraceKind::SegmentDeleted { partition, .. }
            | TraceKind::ReplicaDeleted { partition, .. }
            | TraceKind::LogStartIncremented { partition, .. }
            | TraceKind::Truncated { partition, .. }
            | TraceKind::LogCleaned { partition, .. }
            | TraceKind::CleaningFailed { partition, .. }
            | TraceKind::HighWatermark { partition, .. }
            | TraceKind::BecameLeader { partition, .. }
            | TraceKind::BecameFollower { partition, .. }
            | TraceKind::IsrProposed { partition, .. }
            | TraceKind::IsrChanged { partition, .. }
            | TraceKind::LeaderElected { partition, .. }
            | TraceKind::ReplicasReassigned { partition, .. }
            | TraceKind::RecordSent { partition, .. }
            | TraceKind::RecordsAcked { partition, .. }
            | TraceKind::ProduceRetried { partition, .. }
            | TraceKind::RecordsFailed { partition, .. }
            | TraceKind::Processed { partition, .. }
            | TraceKind::FetchFailed { partition, .. }
            | TraceKind::OffsetReset { partition, .. }
            | TraceKind::OffsetCommitted { partition, .. } => Some(partition),
            _ => None,
        }
    }
}

impl MessageLabel {
    /// The API's name, and whether this is the answer rather than the question. A pre-vote is a Vote.
    #[must_use]
    pub fn api(&self) -> (&'static str, bool) {
        let (name, response) = match self.name.strip_suffix("Response") {
            Some(name) => (name, true),
            None => (self.name, false),
        };
        (name.strip_prefix("Pre").unwrap_or(name), response)
    }
}

impl fmt::Display for MessageLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(partition) = &self.partition {
            write!(f, " {partition}")?;
        }
        if !self.detail.is_empty() {
            write!(f, " {}", self.detail)?;
        }
        Ok(())
    }
}
