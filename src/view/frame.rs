//! The frame: all that the stage shows, as plain data.
//!
//! A frame is projected from a `Session` and knows nothing of pixels. Parts that did not change are the same `Rc`, so a
//! component whose part is unchanged need not draw again. A packet carries when it was sent and when it arrives; where it
//! is follows from those two and the moment shown, which is why playing backwards needs no code of its own.

use crate::base::{BrokerId, ClientId, ControllerId, LeaderEpoch, NodeId, Offset, SimTime, TopicPartition};
use std::rc::Rc;

/// The world at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frame {
    /// The moment.
    pub now: SimTime,
    /// The controllers.
    pub quorum: Rc<QuorumView>,
    /// The brokers, by id: the columns.
    pub brokers: Vec<Rc<BrokerView>>,
    /// The partitions of all topics that are not internal: the rows. Internal topics are counted only.
    pub partitions: Vec<Rc<PartitionView>>,
    /// Internal topics' partitions that exist but are not drawn.
    pub hidden_partitions: usize,
    /// The producers, in the order of their start.
    pub producers: Vec<Rc<ProducerView>>,
    /// The groups, by name.
    pub groups: Vec<Rc<GroupView>>,
    /// What is on its way.
    pub packets: Vec<Rc<PacketView>>,
    /// Links with which something is wrong.
    pub links: Vec<LinkView>,
}

impl Frame {
    /// The nodes whose link with `node` is cut, in one direction at least.
    pub fn cut_from(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        self.links.iter().filter(|link| link.cut).filter_map(move |link| link.other_end(node))
    }
}

/// What is wrong with the way between two nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkView {
    /// Where the way begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// Whether the way back is like it.
    pub both: bool,
    /// Whether nothing gets through.
    pub cut: bool,
    /// What is wrong, in a few words.
    pub words: Rc<str>,
}

impl LinkView {
    /// The end that is not `node`, if `node` is the other.
    #[must_use]
    pub fn other_end(&self, node: NodeId) -> Option<NodeId> {
        match node {
            _ if node == self.from => Some(self.to),
            _ if node == self.to => Some(self.from),
            _ => None,
        }
    }
}

/// The controller quorum.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuorumView {
    /// The controllers, by id.
    pub controllers: Vec<ControllerView>,
    /// The quorum's term, as the newest among them knows it.
    pub epoch: i32,
    /// The metadata log's high watermark at the active controller.
    pub metadata_offset: Offset,
}

/// A process, as seen from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessState {
    /// It runs.
    Running,
    /// It hangs.
    Paused,
    /// It is dead.
    Dead,
}

/// What a controller is in its quorum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuorumRole {
    /// It leads.
    Active,
    /// It follows.
    Standby,
    /// It asks whether it would be elected.
    Prospective,
    /// It stands for election.
    Candidate,
    /// It knows no leader.
    Unattached,
}

/// One controller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControllerView {
    /// Which.
    pub id: ControllerId,
    /// Its process.
    pub process: ProcessState,
    /// Its part in the quorum.
    pub role: QuorumRole,
}

/// One broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerView {
    /// Which.
    pub id: BrokerId,
    /// The rack that it stands in, as it told the controller.
    pub rack: Option<Rc<str>>,
    /// Its process.
    pub process: ProcessState,
    /// Shut out by the controller, or not let in yet.
    pub fenced: bool,
    /// Leaving in good order.
    pub leaving: bool,
    /// Pages of its disk's files that the page cache holds.
    pub cached_pages: usize,
    /// Of these, pages that have not been written to the platter.
    pub dirty_pages: usize,
    /// How many times slower than usual its disk is; 1 is as usual.
    pub disk_slowness: u32,
    /// Whether its disk has failed.
    pub disk_failed: bool,
    /// How many of the partitions shown it leads.
    pub leads: usize,
    /// Groups that it coordinates.
    pub coordinates: Vec<Rc<str>>,
}

/// One partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionView {
    /// Which.
    pub partition: TopicPartition,
    /// Its leader, as the controller recorded it.
    pub leader: Option<BrokerId>,
    /// The leader's term.
    pub leader_epoch: LeaderEpoch,
    /// Its replicas, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// Those in sync, as the controller recorded them.
    pub isr: Vec<BrokerId>,
    /// Of the replicas, those that a reassignment brings.
    pub adding: Vec<BrokerId>,
    /// Of the replicas, those that a reassignment takes away.
    pub removing: Vec<BrokerId>,
    /// The eligible leader replicas (ELR): out of sync, but they have all that is committed.
    pub elr: Vec<BrokerId>,
    /// `min.insync.replicas`.
    pub min_isr: usize,
    /// Its replicas' logs, in the order of `replicas`.
    pub logs: Vec<Rc<ReplicaView>>,
}

impl PartitionView {
    /// What the controller has recorded of the replica on `broker`, beside its being in sync or not.
    #[must_use]
    pub fn standing(&self, broker: BrokerId) -> Standing {
        match broker {
            _ if self.adding.contains(&broker) => Standing::Adding,
            _ if self.removing.contains(&broker) => Standing::Removing,
            _ if self.elr.contains(&broker) => Standing::Eligible,
            _ => Standing::Usual,
        }
    }
}

/// What a replica is to its partition, beside being in sync or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// One of its replicas.
    Usual,
    /// A reassignment brings it.
    Adding,
    /// A reassignment takes it away.
    Removing,
    /// It may lead without loss, though it is out of sync (ELR).
    Eligible,
}

impl Standing {
    /// In a word, if there is something to say.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Usual => None,
            Self::Adding => Some("추가 중"),
            Self::Removing => Some("제거 중"),
            Self::Eligible => Some("ELR"),
        }
    }
}

/// What a replica does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplicaRole {
    /// It takes writes.
    Leader,
    /// It copies its leader.
    Follower,
    /// Its broker is down, or does not know its part yet.
    Offline,
}

/// One replica's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaView {
    /// On which broker.
    pub broker: BrokerId,
    /// Of which partition.
    pub partition: TopicPartition,
    /// What it does, as its own broker sees it.
    pub role: ReplicaRole,
    /// Whether it is in sync, as the controller recorded it.
    pub in_isr: bool,
    /// The leader's term, as its own broker knows it.
    pub leader_epoch: LeaderEpoch,
    /// Its first offset.
    pub log_start: Offset,
    /// Its next offset.
    pub log_end: Offset,
    /// Its high watermark, as it knows it.
    pub high_watermark: Offset,
    /// Its segments, oldest first; the last one is active.
    pub segments: Vec<SegmentView>,
    /// Its records from the newest back, as many as a stage could ever show of them, oldest first.
    pub records: Vec<RecordView>,
    /// Where leaders' terms begin: (term, start offset).
    pub epochs: Vec<(LeaderEpoch, Offset)>,
}

/// One segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentView {
    /// Its base offset, which names its files.
    pub base: Offset,
    /// The offset behind its last record.
    pub end: Offset,
    /// The size of its `.log`, in bytes.
    pub bytes: u64,
}

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordView {
    /// Its offset.
    pub offset: Offset,
    /// The term of the leader that wrote it.
    pub leader_epoch: LeaderEpoch,
    /// Its key as text, if it has one.
    pub key: Option<Rc<str>>,
    /// One of eight colours that its key always has; records without a key have the colour 0.
    pub hue: u8,
    /// The first offset of its batch: records with the same one travelled together.
    pub batch: Offset,
}

/// One producer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProducerView {
    /// Its client's number.
    pub id: ClientId,
    /// Its name.
    pub name: Rc<str>,
    /// Its process.
    pub process: ProcessState,
    /// `0`, `1` or `all`.
    pub acks: &'static str,
    /// The topic that it writes to.
    pub topic: Rc<str>,
    /// Records handed to `send()`.
    pub sent: u64,
    /// Records that it was told are safe.
    pub acked: u64,
    /// Records that it gave up on.
    pub failed: u64,
    /// Records waiting in its accumulator or in flight.
    pub pending: u64,
    /// Kafka's name of the error that it met last, until something succeeds.
    pub error: Option<&'static str>,
}

/// One consumer group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupView {
    /// Its name.
    pub name: Rc<str>,
    /// Kafka's name of its state; empty while no coordinator has it.
    pub state: &'static str,
    /// Its generation.
    pub generation: i32,
    /// Its coordinator.
    pub coordinator: Option<BrokerId>,
    /// The consumers that belong to it, in the order of their start.
    pub members: Vec<Rc<ConsumerView>>,
    /// Per partition that it has committed: the committed offset.
    pub committed: Vec<(TopicPartition, Offset)>,
    /// Records between the committed offsets and the high watermarks.
    pub lag: u64,
}

/// One consumer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerView {
    /// Its client's number.
    pub id: ClientId,
    /// Its name.
    pub name: Rc<str>,
    /// Its process.
    pub process: ProcessState,
    /// Its membership, in Kafka's words: `UNJOINED`, `PREPARING_REBALANCE`, `COMPLETING_REBALANCE`, `STABLE`.
    pub state: &'static str,
    /// Whether it is the group's leader, which assigns.
    pub is_group_leader: bool,
    /// What it reads, each with its position; −1 while it has none.
    pub assignment: Vec<(TopicPartition, Offset)>,
    /// Records fetched but not yet handed to the application.
    pub buffered: u64,
    /// Records processed.
    pub processed: u64,
}

/// What a packet is, for its colour and shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketKind {
    /// A producer's records.
    Produce,
    /// The answer to it.
    Ack,
    /// A question for records: from a follower it is also the acknowledgement of what it has.
    Fetch,
    /// Records, or only a high watermark, on their way back.
    Records,
    /// Between members and their coordinator.
    Group,
    /// Between brokers and controllers, or among controllers.
    Control,
    /// A client's other questions, and their answers.
    Other,
    /// A closed connection.
    Disconnect,
}

/// One message on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PacketView {
    /// Its number.
    pub id: u64,
    /// From whom.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// When it was sent.
    pub sent_at: SimTime,
    /// When it arrives.
    pub deliver_at: SimTime,
    /// What it is.
    pub kind: PacketKind,
    /// The partition that it is about, if it is about one.
    pub partition: Option<TopicPartition>,
    /// What it says, as short as can be: `Fetch @9`, `HW 9`, `9–11`.
    pub text: Rc<str>,
    /// Kafka's name of the API: for a title or a table.
    pub api: &'static str,
    /// Background traffic, to be drawn small and without words.
    pub idle: bool,
    /// It carries an error.
    pub failed: bool,
    /// It carries records.
    pub loaded: bool,
    /// It gets lost halfway.
    pub lost: bool,
}

impl PacketView {
    /// How far it has come at `now`, in thousandths of its way; one that gets lost comes no further than the half.
    #[must_use]
    pub fn progress(&self, now: SimTime) -> u64 {
        let whole = self.deliver_at.since(self.sent_at).0.max(1);
        (now.since(self.sent_at).0 * 1000 / whole).min(if self.lost { 500 } else { 1000 })
    }
}
