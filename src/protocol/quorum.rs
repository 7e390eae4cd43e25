//! The messages by which controllers agree, and by which brokers follow them.
//!
//! In KRaft the metadata log is a partition, `__cluster_metadata-0`, replicated by Vote and by Fetch like any other,
//! only that the followers elect the leader themselves. Kafka sends its records as bytes in the Fetch response; here
//! they are [`MetadataRecord`]s.

use super::{ErrorCode, MetadataRecord};
use crate::base::{ControllerId, Offset};
use std::rc::Rc;

/// One record of the metadata log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumEntry {
    /// The term of the leader that wrote it.
    pub epoch: i32,
    /// The record; `None` is the empty record with which a new leader opens its term (Kafka's LeaderChange control record).
    pub record: Option<Rc<MetadataRecord>>,
}

/// Vote: a candidate asks for a voice, or a prospective whether it would get one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VoteRequest {
    /// The term it stands for.
    pub epoch: i32,
    /// Who stands.
    pub candidate: ControllerId,
    /// The term of its last record.
    pub last_epoch: i32,
    /// The end of its log.
    pub end_offset: Offset,
    /// Whether this only asks, and opens no term (KIP-996).
    pub pre_vote: bool,
}

/// The answer to Vote.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VoteResponse {
    /// The voter's term.
    pub epoch: i32,
    /// Whether the voice is given.
    pub granted: bool,
    /// Whether it was only asked whether it would be.
    pub pre_vote: bool,
}

/// Fetch of the metadata log, by a voter or by a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumFetchRequest {
    /// The term that the asker knows.
    pub epoch: i32,
    /// The voter that asks; `None` for a broker, whose progress does not count for the high watermark.
    pub voter: Option<ControllerId>,
    /// From where.
    pub offset: Offset,
    /// The term of the last record before `offset`.
    pub last_epoch: i32,
    /// The high watermark that the asker knows (KIP-1166): the leader does not let it wait if its own is higher.
    pub high_watermark: Offset,
}

/// The answer to a Fetch of the metadata log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuorumFetchResponse {
    /// NONE, or NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
    pub error: ErrorCode,
    /// The answerer's term.
    pub epoch: i32,
    /// The active controller, as far as the answerer knows.
    pub leader: Option<ControllerId>,
    /// The end of the log that a majority has.
    pub high_watermark: Offset,
    /// Where the logs part: (term, end offset of it at the leader); then there are no records.
    pub diverging: Option<(i32, Offset)>,
    /// The records from the offset on.
    pub entries: Vec<QuorumEntry>,
}
