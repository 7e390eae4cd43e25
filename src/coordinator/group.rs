//! A classic group: its state, its members, and what they wait for. Kafka's `ClassicGroup` and `ClassicGroupMember`.
//!
//! Only the generation, the protocol, the leader and the members' assignments are ever written to the log; that happens
//! when the leader's assignment arrives, and when the group becomes empty. Who waits for an answer, and for how long, is
//! known to this broker alone and is lost with it: after a failover every loaded group with members counts as `Stable`.
//!
//! Kafka keeps members in a Java `HashMap`; where its order shows (who leads after a leader has left), we take the order
//! of joining.

use super::ReplyTo;
use super::deadline::Deadline;
use super::hash::java_bucket;
use super::records::{GroupMetadataValue, GroupRecord, MemberMetadata};
use crate::base::{Bytes, Map, Set, SimTime};
use crate::protocol::{ErrorCode, GroupName, JoinGroupMember, JoinGroupRequest, MemberId};
use std::cmp::Reverse;
use std::rc::Rc;

/// The states of a classic group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ClassicGroupState {
    /// No members; maybe committed offsets.
    Empty,
    /// Members are joining.
    PreparingRebalance,
    /// The generation stands; the members wait for the leader's assignment.
    CompletingRebalance,
    /// Everybody has an assignment.
    Stable,
    /// The partition moved away, and the group with it.
    Dead,
}

impl ClassicGroupState {
    /// Kafka's name: `PreparingRebalance`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Dead => "Dead",
        }
    }

    /// Whether a group may go from `previous` to this state.
    #[must_use]
    pub fn may_follow(self, previous: Self) -> bool {
        match self {
            Self::Empty => previous == Self::PreparingRebalance,
            Self::PreparingRebalance => matches!(previous, Self::Stable | Self::CompletingRebalance | Self::Empty),
            Self::CompletingRebalance => previous == Self::PreparingRebalance,
            Self::Stable => previous == Self::CompletingRebalance,
            Self::Dead => true,
        }
    }
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Member {
    pub(super) id: MemberId,
    pub(super) client_id: Rc<str>,
    pub(super) client_host: Rc<str>,
    pub(super) session_timeout_ms: i32,
    pub(super) rebalance_timeout_ms: i32,
    /// The assignors it can do, the dearest first, each with its subscription.
    pub(super) protocols: Vec<(Rc<str>, Bytes)>,
    pub(super) assignment: Bytes,
    /// It has never got through a join: it has no heartbeats yet.
    pub(super) is_new: bool,
    pub(super) awaiting_join: Option<ReplyTo>,
    pub(super) awaiting_sync: Option<ReplyTo>,
    pub(super) session: Deadline,
}

impl Member {
    pub(super) fn new(id: MemberId, request: &JoinGroupRequest, from: ReplyTo) -> Self {
        Self {
            id,
            client_id: request.client_id.clone(),
            client_host: format!("/{}", from.node).into(),
            session_timeout_ms: request.session_timeout_ms,
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            protocols: request.protocols.clone(),
            assignment: Vec::new().into(),
            is_new: true,
            awaiting_join: Some(from),
            awaiting_sync: None,
            session: Deadline::default(),
        }
    }

    fn loaded(metadata: &MemberMetadata, protocol: Option<&Rc<str>>) -> Self {
        let rebalance = metadata.rebalance_timeout;
        Self {
            id: metadata.member.clone(),
            client_id: metadata.client_id.clone(),
            client_host: metadata.client_host.clone(),
            session_timeout_ms: metadata.session_timeout,
            rebalance_timeout_ms: if rebalance == -1 { metadata.session_timeout } else { rebalance },
            protocols: protocol.map(|name| (name.clone(), metadata.subscription.clone())).into_iter().collect(),
            assignment: metadata.assignment.clone(),
            is_new: false,
            awaiting_join: None,
            awaiting_sync: None,
            session: Deadline::default(),
        }
    }

    pub(super) fn session_timeout(&self) -> SimTime {
        millis(self.session_timeout_ms)
    }

    /// Its subscription for the chosen assignor.
    pub(super) fn subscription(&self, protocol: Option<&str>) -> Bytes {
        let found = self.protocols.iter().find(|(name, _)| Some(&**name) == protocol);
        found.map(|(_, subscription)| subscription.clone()).unwrap_or_default()
    }
}

/// What the timer of the join phase stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum JoinPhase {
    /// An empty group waits for more members: for how long this time, and how much longer at most.
    Initial { delay: SimTime, remaining: SimTime },
    /// The members of a generation have the rebalance time-out to come back.
    Rebalance,
}

/// A classic group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct ClassicGroup {
    pub(super) name: GroupName,
    pub(super) state: ClassicGroupState,
    pub(super) previous: ClassicGroupState,
    /// Since when it is in its state, in Unix milliseconds; −1 if unknown.
    pub(super) state_timestamp: i64,
    pub(super) protocol_type: Option<Rc<str>>,
    pub(super) generation: i32,
    pub(super) protocol: Option<Rc<str>>,
    pub(super) leader: Option<MemberId>,
    /// In the order of joining.
    pub(super) members: Vec<Member>,
    /// Ids that were given out, and whose owners must come back with them.
    pub(super) pending_join: Map<MemberId, Deadline>,
    /// Members that have not synced in this generation.
    pub(super) pending_sync: Set<MemberId>,
    /// Somebody came during the initial rebalance delay.
    pub(super) new_member_added: bool,
    pub(super) join_phase: JoinPhase,
    pub(super) join_deadline: Deadline,
    pub(super) sync_deadline: Deadline,
}

pub(super) fn millis(ms: i32) -> SimTime {
    SimTime::from_ms(u64::try_from(ms).unwrap_or(0))
}

impl ClassicGroup {
    pub(super) fn new(name: GroupName, now: SimTime) -> Self {
        Self {
            name,
            state: ClassicGroupState::Empty,
            previous: ClassicGroupState::Dead,
            state_timestamp: now.wall_clock_ms(),
            protocol_type: None,
            generation: 0,
            protocol: None,
            leader: None,
            members: Vec::new(),
            pending_join: Map::new(),
            pending_sync: Set::new(),
            new_member_added: false,
            join_phase: JoinPhase::Rebalance,
            join_deadline: Deadline::default(),
            sync_deadline: Deadline::default(),
        }
    }

    /// The group as its record tells it.
    pub(super) fn loaded(name: GroupName, now: SimTime, value: &GroupMetadataValue) -> Self {
        let members: Vec<Member> =
            value.members.iter().map(|member| Member::loaded(member, value.protocol.as_ref())).collect();
        let state = if members.is_empty() { ClassicGroupState::Empty } else { ClassicGroupState::Stable };
        Self {
            state,
            state_timestamp: value.current_state_timestamp,
            protocol_type: Some(value.protocol_type.clone()).filter(|kind| !kind.is_empty()),
            generation: value.generation,
            protocol: value.protocol.clone(),
            leader: value.leader.clone(),
            members,
            ..Self::new(name, now)
        }
    }

    pub(super) fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| &*member.id == id)
    }

    pub(super) fn member_mut(&mut self, id: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| &*member.id == id)
    }

    pub(super) fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    pub(super) fn has_all_members_joined(&self) -> bool {
        self.pending_join.is_empty() && self.members.iter().all(|member| member.awaiting_join.is_some())
    }

    /// How long a rebalance waits: the longest of its members' time-outs.
    pub(super) fn rebalance_timeout(&self) -> SimTime {
        millis(self.members.iter().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0))
    }

    /// Takes a member in. The first one leads, and settles what kind of group this is.
    pub(super) fn add(&mut self, member: Member) {
        if self.members.is_empty() {
            self.protocol_type = Some("consumer".into());
        }
        self.leader.get_or_insert_with(|| member.id.clone());
        self.pending_join.remove(&member.id);
        self.members.push(member);
    }

    /// Puts a member, or an id that was only given out, out of the group; if it led, another member leads.
    pub(super) fn remove(&mut self, id: &str) {
        self.members.retain(|member| &*member.id != id);
        if self.is_leader(id) {
            self.leader = self.members.first().map(|member| member.id.clone());
        }
        self.pending_join.remove(id);
        self.pending_sync.remove(id);
    }

    /// Makes sure that the leader is somebody who waits for the join to end. False if nobody does.
    pub(super) fn elect_joined_leader(&mut self) -> bool {
        let Some(leader) = &self.leader else { return false };
        if self.member(leader).is_some_and(|member| member.awaiting_join.is_some()) {
            return true;
        }
        let Some(next) = self.members.iter().find(|member| member.awaiting_join.is_some()) else { return false };
        self.leader = Some(next.id.clone());
        true
    }

    /// Whether somebody who can do `protocols` may be a member: an empty group takes any, others need an assignor that
    /// all members share.
    pub(super) fn supports_protocols(&self, protocols: &[(Rc<str>, Bytes)]) -> bool {
        if self.state == ClassicGroupState::Empty {
            return !protocols.is_empty();
        }
        protocols.iter().any(|(name, _)| self.all_support(name))
    }

    fn all_support(&self, protocol: &str) -> bool {
        self.members.iter().all(|member| member.protocols.iter().any(|(name, _)| &**name == protocol))
    }

    /// The next generation's assignor: each member votes for the first of its own that all can do; most votes win.
    ///
    /// # Panics
    /// If there are no members, or none that all can do: nobody is let in who has nothing in common with the rest.
    pub(super) fn select_protocol(&self) -> Rc<str> {
        let mut votes: Vec<(Rc<str>, u32)> = Vec::new();
        for member in &self.members {
            let vote = member.protocols.iter().map(|(name, _)| name).find(|name| self.all_support(name));
            let vote = vote.expect("members share an assignor");
            match votes.iter_mut().find(|(name, _)| name == vote) {
                Some((_, count)) => *count += 1,
                None => votes.push((vote.clone(), 1)),
            }
        }
        let most = votes.into_iter().min_by_key(|(name, count)| (Reverse(*count), java_bucket(name)));
        most.expect("somebody votes").0
    }

    /// Ends the join: the next generation begins, with its members or with none.
    pub(super) fn begin_generation(&mut self) {
        self.generation += 1;
        self.pending_sync.clear();
        self.protocol = if self.members.is_empty() { None } else { Some(self.select_protocol()) };
    }

    /// What the leader is told of the members.
    pub(super) fn join_members(&self) -> Vec<JoinGroupMember> {
        let protocol = self.protocol.as_deref();
        let tell = |member: &Member| JoinGroupMember {
            member: member.id.clone(),
            subscription: member.subscription(protocol),
        };
        self.members.iter().map(tell).collect()
    }

    /// The group's record, with `assignments` in the place of those that it has.
    pub(super) fn record(&self, assignments: &Map<MemberId, Bytes>) -> GroupRecord {
        let protocol = self.protocol.as_deref();
        let tell = |member: &Member| MemberMetadata {
            member: member.id.clone(),
            instance: None,
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: member.subscription(protocol),
            assignment: assignments.get(&member.id).cloned().unwrap_or_default(),
        };
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_timestamp,
            members: self.members.iter().map(tell).collect(),
        };
        GroupRecord::GroupMetadata { group: self.name.clone(), value: Some(value) }
    }

    /// Whether a commit may be taken, and why not.
    pub(super) fn validate_commit(&self, member: &str, generation: i32) -> Result<(), ErrorCode> {
        if self.state == ClassicGroupState::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        if generation < 0 && self.state == ClassicGroupState::Empty {
            return Ok(());
        }
        if self.member(member).is_none() {
            return Err(ErrorCode::UnknownMemberId);
        }
        if generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if self.state == ClassicGroupState::CompletingRebalance {
            return Err(ErrorCode::RebalanceInProgress);
        }
        Ok(())
    }
}
