//! The messages of the classic group protocol.
//!
//! `subscription` and `assignment` travel as opaque bytes in Kafka, because the coordinator never looks inside; so they
//! do here, encoded as Kafka's `ConsumerProtocolSubscription` and `ConsumerProtocolAssignment` by the client.

use super::ErrorCode;
use crate::base::{BrokerId, Bytes, LeaderEpoch, Offset, TopicPartition};
use std::rc::Rc;

/// A group's name (`group.id`).
pub type GroupName = Rc<str>;

/// A member's id, given out by the coordinator; empty before that.
pub type MemberId = Rc<str>;

/// JoinGroup.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JoinGroupRequest {
    /// The group.
    pub group: GroupName,
    /// The member's id; empty at the first call.
    pub member: MemberId,
    /// `client.id`, of which the coordinator makes the member's id.
    pub client_id: Rc<str>,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// How long the coordinator waits for this member in a rebalance: `max.poll.interval.ms`.
    pub rebalance_timeout_ms: i32,
    /// The assignors that the member can do, the dearest first, each with its subscription.
    pub protocols: Vec<(Rc<str>, Bytes)>,
}

/// One member, as the group's leader sees it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JoinGroupMember {
    /// Its id.
    pub member: MemberId,
    /// Its subscription.
    pub subscription: Bytes,
}

/// The answer to JoinGroup.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JoinGroupResponse {
    /// The error.
    pub error: ErrorCode,
    /// The generation; −1 with an error.
    pub generation: i32,
    /// The assignor that was chosen.
    pub protocol: Option<Rc<str>>,
    /// The member that assigns.
    pub leader: MemberId,
    /// The id of the member that asked.
    pub member: MemberId,
    /// All members; only the leader is told.
    pub members: Vec<JoinGroupMember>,
}

/// SyncGroup.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SyncGroupRequest {
    /// The group.
    pub group: GroupName,
    /// The generation.
    pub generation: i32,
    /// Who asks.
    pub member: MemberId,
    /// What each member gets; only the leader sends it.
    pub assignments: Vec<(MemberId, Bytes)>,
}

/// The answer to SyncGroup.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SyncGroupResponse {
    /// The error.
    pub error: ErrorCode,
    /// What the member gets.
    pub assignment: Bytes,
}

/// Heartbeat.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HeartbeatRequest {
    /// The group.
    pub group: GroupName,
    /// The generation.
    pub generation: i32,
    /// Who lives.
    pub member: MemberId,
}

/// LeaveGroup.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LeaveGroupRequest {
    /// The group.
    pub group: GroupName,
    /// Who leaves.
    pub member: MemberId,
}

/// The answer to FindCoordinator.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FindCoordinatorResponse {
    /// The error.
    pub error: ErrorCode,
    /// The group that was asked for.
    pub group: GroupName,
    /// Its coordinator.
    pub coordinator: Option<BrokerId>,
}

/// OffsetCommit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OffsetCommitRequest {
    /// The group.
    pub group: GroupName,
    /// The generation; −1 for a client that is no member.
    pub generation: i32,
    /// Who commits; empty for a client that is no member.
    pub member: MemberId,
    /// Per partition the *next* offset to read and the leader epoch of the record before it (−1 if unknown).
    pub offsets: Vec<(TopicPartition, Offset, LeaderEpoch)>,
}

/// OffsetFetch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OffsetFetchRequest {
    /// The group.
    pub group: GroupName,
    /// The partitions; empty asks for all.
    pub partitions: Vec<TopicPartition>,
}

/// The answer to OffsetFetch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OffsetFetchResponse {
    /// The error.
    pub error: ErrorCode,
    /// Per partition the committed offset (−1 if none) and its leader epoch.
    pub offsets: Vec<(TopicPartition, Offset, LeaderEpoch)>,
}
