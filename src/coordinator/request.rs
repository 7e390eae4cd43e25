//! The requests that go to a group's coordinator.

use crate::protocol::{
    ErrorCode, GroupName, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    OffsetCommitRequest, OffsetFetchRequest, OffsetFetchResponse, Request, Response, SyncGroupRequest,
    SyncGroupResponse,
};

/// A request about one group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum GroupRequest {
    /// Come into the group, or back into it.
    Join(JoinGroupRequest),
    /// Get, or as the leader give, the assignment.
    Sync(SyncGroupRequest),
    /// A member lives.
    Heartbeat(HeartbeatRequest),
    /// A member goes.
    Leave(LeaveGroupRequest),
    /// Record how far the group has read.
    Commit(OffsetCommitRequest),
    /// How far the group has read.
    OffsetFetch(OffsetFetchRequest),
}

impl GroupRequest {
    /// The coordinator's part of all requests; any other comes back as it was.
    ///
    /// # Errors
    /// If the request does not go to a coordinator.
    pub fn from_request(request: Request) -> Result<Self, Request> {
        match request {
            Request::JoinGroup(request) => Ok(Self::Join(request)),
            Request::SyncGroup(request) => Ok(Self::Sync(request)),
            Request::Heartbeat(request) => Ok(Self::Heartbeat(request)),
            Request::LeaveGroup(request) => Ok(Self::Leave(request)),
            Request::OffsetCommit(request) => Ok(Self::Commit(request)),
            Request::OffsetFetch(request) => Ok(Self::OffsetFetch(request)),
            other => Err(other),
        }
    }

    /// The group that it is about.
    #[must_use]
    pub fn group(&self) -> &GroupName {
        match self {
            Self::Join(request) => &request.group,
            Self::Sync(request) => &request.group,
            Self::Heartbeat(request) => &request.group,
            Self::Leave(request) => &request.group,
            Self::Commit(request) => &request.group,
            Self::OffsetFetch(request) => &request.group,
        }
    }

    /// The answer of a broker that has no shard for the group: NOT_COORDINATOR, or COORDINATOR_LOAD_IN_PROGRESS, which a
    /// heartbeat is spared because a member cannot help it.
    #[must_use]
    pub fn error_response(&self, error: ErrorCode) -> Response {
        match self {
            Self::Join(request) => Response::JoinGroup(join_error(request.member.clone(), error)),
            Self::Sync(_) => Response::SyncGroup(SyncGroupResponse { error, assignment: Vec::new().into() }),
            Self::Heartbeat(_) if error == ErrorCode::CoordinatorLoadInProgress => Response::Heartbeat(ErrorCode::None),
            Self::Heartbeat(_) => Response::Heartbeat(error),
            Self::Leave(_) => Response::LeaveGroup(error),
            Self::Commit(request) => {
                Response::OffsetCommit(request.offsets.iter().map(|(tp, ..)| (tp.clone(), error)).collect())
            }
            Self::OffsetFetch(_) => Response::OffsetFetch(OffsetFetchResponse { error, offsets: Vec::new() }),
        }
    }
}

/// A refused JoinGroup.
pub(super) fn join_error(member: crate::protocol::MemberId, error: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse { error, generation: -1, protocol: None, leader: "".into(), member, members: Vec::new() }
}

/// What the asker is told when the append of its records failed: the log's errors mean nothing to a group's member, so
/// they become "try again" or "look for the coordinator again".
pub(super) fn append_error(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::UnknownTopicOrPartition | ErrorCode::NotEnoughReplicas | ErrorCode::RequestTimedOut => {
            ErrorCode::CoordinatorNotAvailable
        }
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => ErrorCode::UnknownServerError,
        other => other,
    }
}

/// The answer that would have been, turned into a failure. OffsetFetch never says COORDINATOR_NOT_AVAILABLE: consumers
/// before 3.9 do not try again on it.
pub(super) fn fail(response: Response, error: ErrorCode) -> Response {
    let error = append_error(error);
    match response {
        Response::Heartbeat(_) => Response::Heartbeat(error),
        Response::LeaveGroup(_) => Response::LeaveGroup(error),
        Response::OffsetCommit(partitions) => {
            Response::OffsetCommit(partitions.into_iter().map(|(tp, _)| (tp, error)).collect())
        }
        Response::OffsetFetch(_) => {
            let unavailable = error == ErrorCode::CoordinatorNotAvailable;
            let error = if unavailable { ErrorCode::NotCoordinator } else { error };
            Response::OffsetFetch(OffsetFetchResponse { error, offsets: Vec::new() })
        }
        _ => unreachable!("no such answer waits for the log"),
    }
}
