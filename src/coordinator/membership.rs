//! Life and death of members: heartbeats, sessions that run out, and those who leave.

use super::ReplyTo;
use super::group::{ClassicGroup, ClassicGroupState};
use super::join::{complete_join, complete_join_if_all_are_back, prepare_rebalance_or_complete_join, schedule_session};
use super::request::join_error;
use super::shard::{GroupCoordinator, Turn};
use crate::protocol::{ErrorCode, HeartbeatRequest, LeaveGroupRequest, Response};
use crate::trace::TraceKind;

impl GroupCoordinator {
    pub(super) fn heartbeat(&mut self, turn: &mut Turn<'_>, from: ReplyTo, request: &HeartbeatRequest) {
        let error = match self.groups.get_mut(&request.group) {
            _ if request.group.is_empty() => ErrorCode::InvalidGroupId,
            Some(group) => beat(group, turn, request),
            None => ErrorCode::UnknownMemberId,
        };
        turn.reply_when_committed(from, Response::Heartbeat(error));
    }

    pub(super) fn leave(&mut self, turn: &mut Turn<'_>, from: ReplyTo, request: &LeaveGroupRequest) {
        let error = match self.groups.get_mut(&request.group) {
            _ if request.group.is_empty() => ErrorCode::InvalidGroupId,
            Some(group) => leave_group(group, turn, request),
            None => ErrorCode::UnknownMemberId,
        };
        turn.reply_when_committed(from, Response::LeaveGroup(error));
    }
}

fn beat(group: &mut ClassicGroup, turn: &mut Turn<'_>, request: &HeartbeatRequest) -> ErrorCode {
    if group.member(&request.member).is_none() {
        return ErrorCode::UnknownMemberId;
    }
    if request.generation != group.generation {
        return ErrorCode::IllegalGeneration;
    }
    schedule_session(group, turn, &request.member);
    match group.state {
        ClassicGroupState::PreparingRebalance => ErrorCode::RebalanceInProgress,
        _ => ErrorCode::None,
    }
}

fn leave_group(group: &mut ClassicGroup, turn: &mut Turn<'_>, request: &LeaveGroupRequest) -> ErrorCode {
    let id = &request.member;
    if group.pending_join.contains_key(id) {
        group.remove(id);
    } else if group.member(id).is_some() {
        refuse_parked_join(group, turn, id);
        group.remove(id);
        turn.member_left(group, id, "leave");
    } else {
        return ErrorCode::UnknownMemberId;
    }
    match group.state {
        ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
            prepare_rebalance_or_complete_join(group, turn);
        }
        ClassicGroupState::PreparingRebalance => complete_join_if_all_are_back(group, turn),
        ClassicGroupState::Empty | ClassicGroupState::Dead => {}
    }
    ErrorCode::None
}

/// A member that goes may have a JoinGroup parked; its owner, if it lives, shall begin anew.
fn refuse_parked_join(group: &mut ClassicGroup, turn: &mut Turn<'_>, id: &str) {
    if let Some(to) = group.member_mut(id).and_then(|member| member.awaiting_join.take()) {
        let refusal = join_error("".into(), ErrorCode::UnknownMemberId);
        turn.replies.push((to, Response::JoinGroup(refusal)));
    }
}

/// A member's session, or the time for an id to come back, has run out.
pub(super) fn session_expired(group: &mut ClassicGroup, turn: &mut Turn<'_>, id: &str) {
    if group.pending_join.contains_key(id) {
        group.remove(id);
    } else {
        let Some(member) = group.member(id) else { return };
        // A parked request is as good as a heartbeat, except that of a newcomer, who may be long gone.
        let parked = member.awaiting_join.is_some() || member.awaiting_sync.is_some();
        if parked && !member.is_new {
            return;
        }
        refuse_parked_join(group, turn, id);
        group.remove(id);
        turn.member_left(group, id, "session.timeout.ms");
        if matches!(group.state, ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance) {
            return prepare_rebalance_or_complete_join(group, turn);
        }
    }
    if group.state == ClassicGroupState::PreparingRebalance && group.has_all_members_joined() {
        complete_join(group, turn);
    }
}

impl Turn<'_> {
    pub(super) fn member_left(&mut self, group: &ClassicGroup, id: &str, why: &'static str) {
        self.events.push(TraceKind::MemberLeft { group: group.name.clone(), member: id.into(), why });
    }
}
