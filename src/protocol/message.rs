//! Requests and responses, except those of administrators, of groups and of the quorum, which have rooms of their own.

use super::{
    AlterPartitionReassignmentsRequest, ConfigResource, DeleteRecordsPartition, DeleteRecordsRequest,
    DescribeConfigsResponse, ElectLeadersRequest, ErrorCode, FetchMetadata, FindCoordinatorResponse, GroupName,
    HeartbeatRequest, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, JoinGroupRequest,
    JoinGroupResponse, LeaveGroupRequest, ListPartitionReassignmentsResponse, LogDirDescription, OffsetCommitRequest,
    OffsetFetchRequest, OffsetFetchResponse, PartitionResults, QuorumFetchRequest, QuorumFetchResponse,
    SyncGroupRequest, SyncGroupResponse, VoteRequest, VoteResponse,
};
use crate::base::{BrokerId, Bytes, ControllerId, LeaderEpoch, Offset, RecordId, SimTime, TopicName, TopicPartition};
use crate::log::AbortedTransaction;
use std::rc::Rc;

/// A question to another node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Request {
    /// Append records.
    Produce(ProduceRequest),
    /// Read records, as a consumer or as a follower.
    Fetch(FetchRequest),
    /// Which offset is the first, the last, or the first from a time on.
    ListOffsets(ListOffsetsRequest),
    /// Who leads what. Empty asks for all topics.
    Metadata(Vec<TopicName>),
    /// Make topics.
    CreateTopics(CreateTopicsRequest),
    /// Give topics more partitions.
    CreatePartitions(Vec<CreatePartitionsTopic>),
    /// Do away with topics.
    DeleteTopics(Vec<TopicName>),
    /// Let others lead.
    ElectLeaders(ElectLeadersRequest),
    /// Move replicas to other brokers, or stop doing so.
    AlterPartitionReassignments(AlterPartitionReassignmentsRequest),
    /// Which replicas are being moved; of these partitions, or of all.
    ListPartitionReassignments(Option<Vec<TopicPartition>>),
    /// Change settings.
    IncrementalAlterConfigs(IncrementalAlterConfigsRequest),
    /// What is set, and where.
    DescribeConfigs(ConfigResource),
    /// Do away with records at the beginning of partitions.
    DeleteRecords(DeleteRecordsRequest),
    /// What lies in a broker's log directories.
    DescribeLogDirs,
    /// Which broker coordinates a group.
    FindCoordinator(GroupName),
    /// Come into a group, or back into it.
    JoinGroup(JoinGroupRequest),
    /// Get, or as the leader give, the assignment.
    SyncGroup(SyncGroupRequest),
    /// A member lives.
    Heartbeat(HeartbeatRequest),
    /// A member goes.
    LeaveGroup(LeaveGroupRequest),
    /// Record how far a group has read.
    OffsetCommit(OffsetCommitRequest),
    /// How far a group has read.
    OffsetFetch(OffsetFetchRequest),
    /// A leader asks the controller for another ISR.
    AlterPartition(AlterPartitionRequest),
    /// A broker comes to the cluster.
    BrokerRegistration {
        /// Which.
        broker: BrokerId,
        /// Its process; differs after every start.
        incarnation: u32,
        /// `broker.rack`.
        rack: Option<Rc<str>>,
    },
    /// A broker lives.
    BrokerHeartbeat {
        /// Which.
        broker: BrokerId,
        /// Its registration.
        epoch: i64,
        /// How far it has replayed the metadata log.
        metadata_offset: Offset,
        /// It wants to leave in good order.
        want_shut_down: bool,
    },
    /// A controller stands for election.
    Vote(VoteRequest),
    /// An elected controller says so.
    BeginQuorumEpoch {
        /// The term.
        epoch: i32,
        /// Who leads it.
        leader: ControllerId,
    },
    /// Read the metadata log.
    QuorumFetch(QuorumFetchRequest),
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// To Produce.
    Produce(ProduceResponse),
    /// To Fetch.
    Fetch(FetchResponse),
    /// To ListOffsets.
    ListOffsets(ListOffsetsResponse),
    /// To Metadata.
    Metadata(MetadataResponse),
    /// To CreateTopics: per topic the error and, for a person, what was wrong.
    CreateTopics(Vec<(TopicName, ErrorCode, Rc<str>)>),
    /// To CreatePartitions: per topic the error and, for a person, what was wrong.
    CreatePartitions(Vec<(TopicName, ErrorCode, Rc<str>)>),
    /// To DeleteTopics: per topic the error and, for a person, what was wrong.
    DeleteTopics(Vec<(TopicName, ErrorCode, Rc<str>)>),
    /// To ElectLeaders.
    ElectLeaders(PartitionResults),
    /// To AlterPartitionReassignments.
    AlterPartitionReassignments(PartitionResults),
    /// To ListPartitionReassignments.
    ListPartitionReassignments(ListPartitionReassignmentsResponse),
    /// To IncrementalAlterConfigs.
    IncrementalAlterConfigs(IncrementalAlterConfigsResponse),
    /// To DescribeConfigs.
    DescribeConfigs(DescribeConfigsResponse),
    /// To DeleteRecords, per partition.
    DeleteRecords(Vec<DeleteRecordsPartition>),
    /// To DescribeLogDirs.
    DescribeLogDirs(Vec<LogDirDescription>),
    /// To FindCoordinator.
    FindCoordinator(FindCoordinatorResponse),
    /// To JoinGroup.
    JoinGroup(JoinGroupResponse),
    /// To SyncGroup.
    SyncGroup(SyncGroupResponse),
    /// To Heartbeat.
    Heartbeat(ErrorCode),
    /// To LeaveGroup.
    LeaveGroup(ErrorCode),
    /// To OffsetCommit: an error for each partition.
    OffsetCommit(Vec<(TopicPartition, ErrorCode)>),
    /// To OffsetFetch.
    OffsetFetch(OffsetFetchResponse),
    /// To AlterPartition.
    AlterPartition(AlterPartitionResponse),
    /// To BrokerRegistration: the broker's epoch.
    BrokerRegistration(Result<i64, ErrorCode>),
    /// To BrokerHeartbeat.
    BrokerHeartbeat(BrokerHeartbeatResponse),
    /// To Vote.
    Vote(VoteResponse),
    /// To BeginQuorumEpoch.
    BeginQuorumEpoch(ErrorCode),
    /// To a Fetch of the metadata log.
    QuorumFetch(QuorumFetchResponse),
}

impl Response {
    /// Whether it says that the active controller is another one: the same question may be asked again.
    #[must_use]
    pub fn is_not_controller(&self) -> bool {
        match self {
            Response::CreateTopics(topics) | Response::CreatePartitions(topics) | Response::DeleteTopics(topics) => {
                topics.iter().any(|(_, error, _)| *error == ErrorCode::NotController)
            }
            Response::IncrementalAlterConfigs(response) => response.error == ErrorCode::NotController,
            Response::ElectLeaders(response) | Response::AlterPartitionReassignments(response) => {
                response.error == ErrorCode::NotController
            }
            Response::ListPartitionReassignments(response) => response.error == ErrorCode::NotController,
            _ => false,
        }
    }
}

/// Produce.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProduceRequest {
    /// 0, 1, or −1 for all.
    pub acks: i16,
    /// How long the broker may wait for the replicas.
    pub timeout: SimTime,
    /// One batch per partition, with the observer's names of its records.
    pub partitions: Vec<(TopicPartition, Bytes, Rc<[RecordId]>)>,
}

/// The answer to Produce.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProduceResponse {
    /// Per partition.
    pub partitions: Vec<ProducePartitionResponse>,
}

/// The answer to Produce for one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProducePartitionResponse {
    /// The partition.
    pub partition: TopicPartition,
    /// The error.
    pub error: ErrorCode,
    /// The offset of the batch's first record; −1 with an error.
    pub base_offset: Offset,
    /// The records that are at fault, if there are some: the number in the batch, from 0, and what is wrong with it.
    pub record_errors: Rc<[(i32, Rc<str>)]>,
}

/// Who fetches, if it is a replica.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReplicaState {
    /// The broker.
    pub broker: BrokerId,
    /// Its registration.
    pub epoch: i64,
}

/// Which records a consumer wants to see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum IsolationLevel {
    /// All below the high watermark.
    #[default]
    ReadUncommitted,
    /// Those below the last stable offset, with word of which transactions were aborted.
    ReadCommitted,
}

/// Fetch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchRequest {
    /// The follower; `None` for a consumer.
    pub replica: Option<ReplicaState>,
    /// What a consumer wants to see; a follower sees all.
    pub isolation_level: IsolationLevel,
    /// How long the broker may hold the request back.
    pub max_wait: SimTime,
    /// From how many bytes on the broker answers at once.
    pub min_bytes: i32,
    /// How many bytes at most, in all.
    pub max_bytes: i32,
    /// Which session it belongs to, and which of its requests it is.
    pub session: FetchMetadata,
    /// From where, for each partition; within a session only those that are new to it or are asked from elsewhere than before.
    pub partitions: Vec<FetchPartition>,
    /// The partitions that are no longer part of the session.
    pub forgotten: Vec<TopicPartition>,
    /// `client.rack`: where a consumer stands.
    pub rack: Option<Rc<str>>,
}

/// What a Fetch asks of one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// The first offset wanted. From a follower it also says: all before it I have.
    pub fetch_offset: Offset,
    /// The leader's term, as the asker knows it; −1 if it does not.
    pub current_leader_epoch: LeaderEpoch,
    /// The term of the last record that the asker has; −1 if none, or if it does not say.
    pub last_fetched_epoch: LeaderEpoch,
    /// Where the asker's own log starts, if it is a follower; −1 otherwise.
    pub log_start_offset: Offset,
    /// How many bytes at most from this partition.
    pub max_bytes: i32,
}

/// The answer to Fetch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchResponse {
    /// What is wrong with the session.
    pub error: ErrorCode,
    /// The session; 0 for none.
    pub session_id: i32,
    /// Per partition; within a session only those of which there is news.
    pub partitions: Vec<FetchPartitionResponse>,
}

/// The answer to Fetch for one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchPartitionResponse {
    /// The partition.
    pub partition: TopicPartition,
    /// The error.
    pub error: ErrorCode,
    /// The leader's high watermark; for a follower, as it was before this fetch was counted.
    pub high_watermark: Offset,
    /// The leader's last stable offset: where the oldest transaction begins that is not decided for good, or the high
    /// watermark.
    pub last_stable_offset: Offset,
    /// The leader's log start.
    pub log_start_offset: Offset,
    /// Where the logs part: (term, the leader's end offset for it); then there are no records.
    pub diverging: Option<(LeaderEpoch, Offset)>,
    /// Whom the consumer had better ask, because it is nearer; then there are no records.
    pub preferred_read_replica: Option<BrokerId>,
    /// With READ_COMMITTED, the aborted transactions whose records are to be skipped.
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Whole batches, the last of which may be cut.
    pub records: Bytes,
}

/// ListOffsets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ListOffsetsRequest {
    /// The follower that asks, for which the latest offset is the log end; `None` for a client.
    pub replica: Option<BrokerId>,
    /// What counts as the latest offset: the high watermark, or the last stable offset.
    pub isolation_level: IsolationLevel,
    /// Per partition a timestamp in Unix ms, or −1 for the latest, −2 for the earliest offset.
    pub partitions: Vec<(TopicPartition, i64)>,
}

/// The answer to ListOffsets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ListOffsetsResponse {
    /// Per partition.
    pub partitions: Vec<ListOffsetsPartition>,
}

/// The answer to ListOffsets for one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ListOffsetsPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// The error.
    pub error: ErrorCode,
    /// The offset; −1 if there is none.
    pub offset: Offset,
    /// The leader's term.
    pub leader_epoch: LeaderEpoch,
}

/// A partition, as Metadata tells it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MetadataPartition {
    /// Its number.
    pub partition: i32,
    /// NONE or LEADER_NOT_AVAILABLE.
    pub error: ErrorCode,
    /// The leader.
    pub leader: Option<BrokerId>,
    /// Its term.
    pub leader_epoch: LeaderEpoch,
    /// The replicas, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// Those in sync.
    pub isr: Vec<BrokerId>,
    /// The eligible leader replicas. Kafka tells them in DescribeTopicPartitions only, a request of its own.
    pub elr: Vec<BrokerId>,
    /// Who led last, while nobody does; like those before it.
    pub last_known_elr: Vec<BrokerId>,
}

/// A topic, as Metadata tells it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MetadataTopic {
    /// NONE or UNKNOWN_TOPIC_OR_PARTITION.
    pub error: ErrorCode,
    /// Its name.
    pub name: TopicName,
    /// Its partitions, by number.
    pub partitions: Vec<MetadataPartition>,
}

/// The answer to Metadata.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MetadataResponse {
    /// The live brokers.
    pub brokers: Vec<BrokerId>,
    /// The topics asked for.
    pub topics: Vec<MetadataTopic>,
}

/// CreateTopics, for one topic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CreateTopicsRequest {
    /// Its name.
    pub name: TopicName,
    /// How many partitions; −1 takes the broker's `num.partitions`.
    pub partitions: i32,
    /// How many replicas of each; −1 takes the broker's `default.replication.factor`.
    pub replication_factor: i16,
    /// The replicas of each partition, the preferred leader first, if whoever asks has chosen them; then the two numbers are −1.
    pub assignments: Vec<Vec<BrokerId>>,
    /// Settings by Kafka's names.
    pub configs: Vec<(Rc<str>, Rc<str>)>,
}

/// CreatePartitions, for one topic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CreatePartitionsTopic {
    /// Its name.
    pub name: TopicName,
    /// How many partitions it is to have.
    pub count: i32,
    /// The replicas of each further partition, if whoever asks has chosen them.
    pub assignments: Option<Vec<Vec<BrokerId>>>,
}

/// AlterPartition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AlterPartitionRequest {
    /// The leader that asks, and its registration.
    pub broker: ReplicaState,
    /// The partition.
    pub partition: TopicPartition,
    /// The leader's term.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch that the change builds on.
    pub partition_epoch: i32,
    /// The ISR wanted, each with the registration under which it fetched (−1 if unknown).
    pub new_isr: Vec<ReplicaState>,
}

/// The answer to AlterPartition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AlterPartitionResponse {
    /// The partition.
    pub partition: TopicPartition,
    /// The error.
    pub error: ErrorCode,
    /// The leader after it.
    pub leader: Option<BrokerId>,
    /// Its term.
    pub leader_epoch: LeaderEpoch,
    /// The ISR after it.
    pub isr: Vec<BrokerId>,
    /// The partition epoch after it.
    pub partition_epoch: i32,
}

/// The answer to BrokerHeartbeat.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BrokerHeartbeatResponse {
    /// The error.
    pub error: ErrorCode,
    /// Whether the broker is shut out.
    pub fenced: bool,
    /// Whether it may stop now.
    pub should_shut_down: bool,
}
