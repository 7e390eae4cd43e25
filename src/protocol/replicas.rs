//! What administrators ask about who leads and who holds replicas: elections and reassignments.

use super::ErrorCode;
use crate::base::{BrokerId, TopicPartition};
use std::rc::Rc;

/// Which election an administrator wants (Kafka's `ElectionType`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElectionType {
    /// The preferred replica is to lead, if it has everything.
    Preferred,
    /// Whoever lives is to lead what nobody leads, whatever it lacks.
    Unclean,
}

/// ElectLeaders.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ElectLeadersRequest {
    /// Which election.
    pub election_type: ElectionType,
    /// Of which partitions; none for all, and then those that need none are not answered for.
    pub partitions: Option<Vec<TopicPartition>>,
}

/// What became of a request for one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartitionResult {
    /// The partition.
    pub partition: TopicPartition,
    /// The error.
    pub error: ErrorCode,
    /// What was wrong, for a person; empty for the error's usual words.
    pub message: Rc<str>,
}

/// The answer to ElectLeaders and to AlterPartitionReassignments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartitionResults {
    /// The error of the whole.
    pub error: ErrorCode,
    /// Per partition.
    pub results: Vec<PartitionResult>,
}

/// AlterPartitionReassignments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AlterPartitionReassignmentsRequest {
    /// Whether a partition may get more or fewer replicas than it has.
    pub allow_replication_factor_change: bool,
    /// Each partition with the replicas wanted, the preferred leader first; none ends a reassignment that is under way.
    pub reassignments: Vec<(TopicPartition, Option<Vec<BrokerId>>)>,
}

/// A reassignment that is under way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OngoingReassignment {
    /// The partition.
    pub partition: TopicPartition,
    /// All its replicas, the old ones and the new.
    pub replicas: Vec<BrokerId>,
    /// Those that come.
    pub adding: Vec<BrokerId>,
    /// Those that go.
    pub removing: Vec<BrokerId>,
}

/// The answer to ListPartitionReassignments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ListPartitionReassignmentsResponse {
    /// The error.
    pub error: ErrorCode,
    /// The reassignments under way, by partition.
    pub reassignments: Vec<OngoingReassignment>,
}
