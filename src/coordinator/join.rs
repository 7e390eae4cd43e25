//! The join phase: members gather, and a generation begins.
//!
//! A newcomer first gets an id (MEMBER_ID_REQUIRED) and must come back with it, so that a lost answer leaves no ghost
//! behind. From then on its JoinGroup is parked. An empty group waits `group.initial.rebalance.delay.ms`, again while
//! newcomers keep arriving; any other group ends the phase the moment all known members are back, or at the rebalance
//! time-out, without those who are not.

use super::ReplyTo;
use super::group::{ClassicGroup, ClassicGroupState, JoinPhase, Member, millis};
use super::request::join_error;
use super::shard::{Completion, GroupCoordinator, Turn};
use super::step::GroupTimer;
use crate::base::{Map, Rng, SimTime};
use crate::protocol::{ErrorCode, JoinGroupRequest, JoinGroupResponse, MemberId, Response};
use crate::trace::TraceKind;

impl GroupCoordinator {
    pub(super) fn join(&mut self, turn: &mut Turn<'_>, from: ReplyTo, request: &JoinGroupRequest) {
        if let Err(error) = validate(turn, request) {
            return turn.reply_join(from, join_error(request.member.clone(), error));
        }
        let is_new_group = !self.groups.contains_key(&request.group);
        if is_new_group && !request.member.is_empty() {
            return turn.reply_join(from, join_error(request.member.clone(), ErrorCode::UnknownMemberId));
        }
        let group = self
            .groups
            .entry(request.group.clone())
            .or_insert_with(|| ClassicGroup::new(request.group.clone(), turn.now));
        if request.member.is_empty() {
            join_new_member(group, turn, &mut self.rng, from, request);
        } else {
            join_existing_member(group, turn, from, request);
        }
        // A group that is in no record yet would be unknown to the next coordinator.
        if is_new_group && turn.records.is_empty() {
            turn.records.push(group.record(&Map::new()));
            turn.completions.push(Completion::NewGroup(group.name.clone()));
        }
    }
}

fn validate(turn: &Turn<'_>, request: &JoinGroupRequest) -> Result<(), ErrorCode> {
    if request.group.is_empty() {
        return Err(ErrorCode::InvalidGroupId);
    }
    let session = millis(request.session_timeout_ms);
    if session < turn.config.min_session_timeout || session > turn.config.max_session_timeout {
        return Err(ErrorCode::InvalidSessionTimeout);
    }
    Ok(())
}

/// Gives a newcomer an id.
fn join_new_member(
    group: &mut ClassicGroup,
    turn: &mut Turn<'_>,
    rng: &mut Rng,
    from: ReplyTo,
    request: &JoinGroupRequest,
) {
    if !group.supports_protocols(&request.protocols) {
        return turn.reply_join(from, join_error("".into(), ErrorCode::InconsistentGroupProtocol));
    }
    let id = new_member_id(&request.client_id, rng);
    let deadline = group.pending_join.entry(id.clone()).or_default();
    if let Some(after) = deadline.schedule(turn.now, millis(request.session_timeout_ms)) {
        turn.timer(after, GroupTimer::Heartbeat { group: group.name.clone(), member: id.clone() });
    }
    turn.reply_join(from, join_error(id, ErrorCode::MemberIdRequired));
}

/// `clientId-uuid`, the uuid a random one (version 4).
fn new_member_id(client_id: &str, rng: &mut Rng) -> MemberId {
    let bits = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
    let bits = bits & !(0xf_u128 << 76) | (0x4_u128 << 76); // version 4
    let bits = bits & !(0x3_u128 << 62) | (0x2_u128 << 62); // the variant of RFC 4122
    let hex = format!("{bits:032x}");
    format!("{client_id}-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]).into()
}

/// A JoinGroup that names its member.
fn join_existing_member(group: &mut ClassicGroup, turn: &mut Turn<'_>, from: ReplyTo, request: &JoinGroupRequest) {
    let id = &request.member;
    if !group.supports_protocols(&request.protocols) {
        return turn.reply_join(from, join_error(id.clone(), ErrorCode::InconsistentGroupProtocol));
    }
    if group.pending_join.contains_key(id) {
        return add_member(group, turn, from, request);
    }
    let Some(member) = group.member(id) else {
        return turn.reply_join(from, join_error(id.clone(), ErrorCode::UnknownMemberId));
    };
    let same = member.protocols == request.protocols;
    let current = match group.state {
        ClassicGroupState::PreparingRebalance => false,
        // The answer may have been lost: it is given again.
        ClassicGroupState::CompletingRebalance => same,
        // The leader may ask for a rebalance that no subscription shows: a topic has more partitions now.
        ClassicGroupState::Stable => same && !group.is_leader(id),
        ClassicGroupState::Empty | ClassicGroupState::Dead => {
            return turn.reply_join(from, join_error(id.clone(), ErrorCode::UnknownMemberId));
        }
    };
    if current {
        let response = join_response(group, id, group.state == ClassicGroupState::CompletingRebalance);
        return turn.reply_join(from, response);
    }
    update_member(group, turn, from, request);
}

/// An id that was given out comes back: its owner is a member now.
fn add_member(group: &mut ClassicGroup, turn: &mut Turn<'_>, from: ReplyTo, request: &JoinGroupRequest) {
    let preparing = group.state == ClassicGroupState::PreparingRebalance;
    if preparing && group.previous == ClassicGroupState::Empty {
        group.new_member_added = true;
    }
    let id = request.member.clone();
    let mut member = Member::new(id.clone(), request, from);
    // A parked member sends no heartbeats. The deadline of its id goes on as the member's own.
    member.session = group.pending_join.remove(&id).unwrap_or_default();
    group.add(member);
    turn.events.push(TraceKind::MemberJoined { group: group.name.clone(), member: id.clone() });
    schedule_session_within(group, turn, &id, turn.config.new_member_join_timeout);
    prepare_rebalance_or_complete_join(group, turn);
}

/// A member comes back, maybe with another subscription.
fn update_member(group: &mut ClassicGroup, turn: &mut Turn<'_>, from: ReplyTo, request: &JoinGroupRequest) {
    let member = group.member_mut(&request.member).expect("the caller has found it");
    member.protocols.clone_from(&request.protocols);
    member.rebalance_timeout_ms = request.rebalance_timeout_ms;
    member.session_timeout_ms = request.session_timeout_ms;
    member.awaiting_join = Some(from);
    prepare_rebalance_or_complete_join(group, turn);
}

/// Begins a rebalance if the state allows one; otherwise one is under way, and may be complete now.
pub(super) fn prepare_rebalance_or_complete_join(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    if ClassicGroupState::PreparingRebalance.may_follow(group.state) {
        prepare_rebalance(group, turn);
    } else {
        complete_join_if_all_are_back(group, turn);
    }
}

/// Ends the join phase if everybody is back; never that of an initial rebalance, which its delay ends.
pub(super) fn complete_join_if_all_are_back(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    let preparing = group.state == ClassicGroupState::PreparingRebalance;
    if preparing && group.previous != ClassicGroupState::Empty && group.has_all_members_joined() {
        complete_join(group, turn);
    }
}

/// Begins a rebalance.
pub(super) fn prepare_rebalance(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    if group.state == ClassicGroupState::CompletingRebalance {
        turn.fail_assignment(group, ErrorCode::RebalanceInProgress);
    }
    group.pending_sync.clear();
    group.sync_deadline.cancel();
    let is_initial = group.state == ClassicGroupState::Empty;
    turn.transition(group, ClassicGroupState::PreparingRebalance);
    if is_initial {
        let delay = turn.config.initial_rebalance_delay;
        let remaining = group.rebalance_timeout().since(delay);
        schedule_join(group, turn, delay, JoinPhase::Initial { delay, remaining });
    } else if group.has_all_members_joined() {
        complete_join(group, turn);
    } else {
        let timeout = group.rebalance_timeout();
        schedule_join(group, turn, timeout, JoinPhase::Rebalance);
    }
}

fn schedule_join(group: &mut ClassicGroup, turn: &mut Turn<'_>, after: SimTime, phase: JoinPhase) {
    group.join_phase = phase;
    if let Some(after) = group.join_deadline.schedule(turn.now, after) {
        turn.timer(after, GroupTimer::Join { group: group.name.clone() });
    }
}

/// The time of the join phase is over, or, in an initial rebalance, is extended because somebody came.
pub(super) fn join_expired(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    match group.join_phase.clone() {
        JoinPhase::Initial { delay, remaining } if group.new_member_added && remaining > SimTime::ZERO => {
            group.new_member_added = false;
            let next = turn.config.initial_rebalance_delay.min(remaining);
            let phase = JoinPhase::Initial { delay: next, remaining: remaining.since(delay) };
            schedule_join(group, turn, next, phase);
        }
        _ => complete_join(group, turn),
    }
}

/// Ends the join phase: who is not back is out, the generation rises, and everybody is told.
pub(super) fn complete_join(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    group.join_deadline.cancel();
    let absent: Vec<MemberId> =
        group.members.iter().filter(|m| m.awaiting_join.is_none()).map(|m| m.id.clone()).collect();
    for id in absent {
        group.remove(&id);
        turn.member_left(group, &id, "rebalance timeout");
    }
    if !group.elect_joined_leader() && !group.members.is_empty() {
        let timeout = group.rebalance_timeout();
        return schedule_join(group, turn, timeout, JoinPhase::Rebalance);
    }
    group.begin_generation();
    if group.members.is_empty() {
        turn.transition(group, ClassicGroupState::Empty);
        // If this is not written, the last generation comes back after a failover, and its members time out.
        turn.records.push(group.record(&Map::new()));
        return;
    }
    turn.transition(group, ClassicGroupState::CompletingRebalance);
    answer_joins(group, turn);
    let timeout = group.rebalance_timeout();
    if let Some(after) = group.sync_deadline.schedule(turn.now, timeout) {
        turn.timer(after, GroupTimer::Sync { group: group.name.clone() });
    }
}

fn answer_joins(group: &mut ClassicGroup, turn: &mut Turn<'_>) {
    let ids: Vec<MemberId> = group.members.iter().map(|member| member.id.clone()).collect();
    for id in ids {
        let response = join_response(group, &id, true);
        let member = group.member_mut(&id).expect("it is one of the members");
        member.is_new = false;
        if let Some(to) = member.awaiting_join.take() {
            turn.reply_join(to, response);
        }
        schedule_session(group, turn, &id);
        group.pending_sync.insert(id);
    }
}

/// The generation as it stands, for member `id`; only a leader that is to assign is told of the others.
fn join_response(group: &ClassicGroup, id: &MemberId, assigning: bool) -> JoinGroupResponse {
    let members = if assigning && group.is_leader(id) { group.join_members() } else { Vec::new() };
    JoinGroupResponse {
        error: ErrorCode::None,
        generation: group.generation,
        protocol: group.protocol.clone(),
        leader: group.leader.clone().unwrap_or_default(),
        member: id.clone(),
        members,
    }
}

/// Puts a member's session off.
pub(super) fn schedule_session(group: &mut ClassicGroup, turn: &mut Turn<'_>, id: &str) {
    if let Some(timeout) = group.member(id).map(Member::session_timeout) {
        schedule_session_within(group, turn, id, timeout);
    }
}

fn schedule_session_within(group: &mut ClassicGroup, turn: &mut Turn<'_>, id: &str, timeout: SimTime) {
    let name = group.name.clone();
    if let Some(member) = group.member_mut(id)
        && let Some(after) = member.session.schedule(turn.now, timeout)
    {
        turn.timer(after, GroupTimer::Heartbeat { group: name, member: member.id.clone() });
    }
}

impl Turn<'_> {
    fn reply_join(&mut self, to: ReplyTo, response: JoinGroupResponse) {
        self.replies.push((to, Response::JoinGroup(response)));
    }
}
