//! The sync phase: the leader's assignment comes, is written to the log, and is handed out.
//!
//! Everybody's SyncGroup is parked until the leader's. Its assignments go into the log first; only when the high
//! watermark has passed them is the group `Stable` and each member told its share. Whoever does not sync within the
//! rebalance time-out is put out.

use super::ReplyTo;
use super::group::{ClassicGroup, ClassicGroupState};
use super::join::{prepare_rebalance, prepare_rebalance_or_complete_join, schedule_session};
use super::shard::{Completion, GroupCoordinator, Turn};
use crate::base::{Bytes, Map};
use crate::protocol::{ErrorCode, MemberId, Response, SyncGroupRequest, SyncGroupResponse};

impl GroupCoordinator {
    pub(super) fn sync(&mut self, turn: &mut Turn<'_>, from: ReplyTo, request: &SyncGroupRequest) {
        if request.group.is_empty() {
            return turn.reply_sync(from, ErrorCode::InvalidGroupId, Bytes::default());
        }
        match self.groups.get_mut(&request.group) {
            Some(group) if group.member(&request.member).is_some() => sync_member(group, turn, from, request),
            _ => turn.reply_sync(from, ErrorCode::UnknownMemberId, Bytes::default()),
        }
    }
}

fn sync_member(group: &mut ClassicGroup, turn: &mut Turn<'_>, from: ReplyTo, request: &SyncGroupRequest) {
    if request.generation != group.generation {
        return turn.reply_sync(from, ErrorCode::IllegalGeneration, Bytes::default());
    }
    match group.state {
        ClassicGroupState::PreparingRebalance => {
            turn.reply_sync(from, ErrorCode::RebalanceInProgress, Bytes::default());
        }
        ClassicGroupState::CompletingRebalance => {
            has_synced(group, &request.member);
            let member = group.member_mut(&request.member).expect("the caller has found it");
            member.awaiting_sync = Some(from);
            if group.is_leader(&request.member) {
                let given: Map<MemberId, Bytes> = request.assignments.iter().cloned().collect();
                turn.records.push(group.record(&given));
                let (group, generation) = (group.name.clone(), group.generation);
                turn.completions.push(Completion::Assignment { group, generation, assignments: given });
            }
        }
        ClassicGroupState::Stable => {
            has_synced(group, &request.member);
            let assignment = group.member(&request.member).map(|m| m.assignment.clone()).unwrap_or_default();
            turn.reply_sync(from, ErrorCode::None, assignment);
        }
        ClassicGroupState::Empty | ClassicGroupState::Dead => {
            unreachable!("a group with members is neither empty nor dead")
        }
    }
}

fn has_synced(group: &mut ClassicGroup, id: &str) {
    group.pending_sync.remove(id);
    if group.pending_sync.is_empty() {
        group.sync_deadline.cancel();
    }
}

/// The assignments are committed: everybody who waits gets its share. If another rebalance has begun since, they are
/// void.
pub(super) fn assignment_committed(
    group: &mut ClassicGroup,
    turn: &mut Turn<'_>,
    generation: i32,
    assignments: &Map<MemberId, Bytes>,
) {
    if group.state != ClassicGroupState::CompletingRebalance || group.generation != generation {
        return;
    }
    for member in &mut group.members {
        member.assignment = assignments.get(&member.id).cloned().unwrap_or_default();
    }
    turn.propagate_assignment(group, ErrorCode::None);
    turn.transition(group, ClassicGroupState::Stable);
}

/// The assignments could not be written: everybody must join again.
pub(super) fn assignment_failed(group: &mut ClassicGroup, turn: &mut Turn<'_>, generation: i32, error: ErrorCode) {
    if group.state == ClassicGroupState::CompletingRebalance && group.generation == generation {
        turn.fail_assignment(group, error);
        prepare_rebalance_or_complete_join(group, turn);
    }
}

/// The members had time enough to sync: who has not is out.
pub(super) fn sync_expired(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    let syncing = matches!(group.state, ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable);
    if !syncing || group.pending_sync.is_empty() {
        return;
    }
    for id in std::mem::take(&mut group.pending_sync) {
        group.remove(&id);
        turn.member_left(group, &id, "sync timeout");
    }
    prepare_rebalance(group, turn);
}

impl Turn<'_> {
    fn reply_sync(&mut self, to: ReplyTo, error: ErrorCode, assignment: Bytes) {
        self.replies.push((to, Response::SyncGroup(SyncGroupResponse { error, assignment })));
    }

    /// Takes all assignments back and tells the members that wait for theirs why.
    pub(super) fn fail_assignment(&mut self, group: &mut ClassicGroup, error: ErrorCode) {
        for member in &mut group.members {
            member.assignment = Bytes::default();
        }
        self.propagate_assignment(group, error);
    }

    /// Answers the members that wait; their sessions begin anew, since a member that waits sends no heartbeats.
    fn propagate_assignment(&mut self, group: &mut ClassicGroup, error: ErrorCode) {
        let ids: Vec<MemberId> = group.members.iter().map(|member| member.id.clone()).collect();
        for id in ids {
            let member = group.member_mut(&id).expect("it is one of the members");
            if let Some(to) = member.awaiting_sync.take() {
                let assignment = member.assignment.clone();
                self.reply_sync(to, error, assignment);
                schedule_session(group, self, &id);
            }
        }
    }
}
