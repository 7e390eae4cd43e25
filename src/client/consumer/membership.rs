//! The way into the group: FindCoordinator, JoinGroup, SyncGroup. Kafka's `AbstractCoordinator` and
//! `ConsumerCoordinator`.
//!
//! Eager rebalancing, as the range assignor wants it: before a member joins, it commits (if auto-commit is on) and gives
//! up *all* its partitions; after the sync it starts anew with what it got. The first JoinGroup only brings an id. The
//! member that the coordinator names leader is told everybody's subscription, gets the partition counts of all their
//! topics, assigns, and remembers the counts: when its metadata shows another count, it asks for the next rebalance.

use super::Consumer;
use super::dispatch::Purpose;
use crate::base::{Map, SimTime, TopicName};
use crate::client::{AssignorMember, ClientTimer, RANGE_ASSIGNOR_NAME, range_assign};
use crate::protocol::consumer_protocol::{Assignment, Subscription};
use crate::protocol::{
    Effects, ErrorCode, JoinGroupMember, JoinGroupRequest, JoinGroupResponse, MemberId, Request, SyncGroupRequest,
    SyncGroupResponse,
};
use crate::trace::TraceKind;

/// How far a member is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum MemberState {
    /// Not in the group.
    #[default]
    Unjoined,
    /// Has sent JoinGroup.
    PreparingRebalance,
    /// Knows its generation, waits for its assignment.
    CompletingRebalance,
    /// Reads.
    Stable,
}

impl MemberState {
    /// The state in Kafka's words: `UNJOINED`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unjoined => "UNJOINED",
            Self::PreparingRebalance => "PREPARING_REBALANCE",
            Self::CompletingRebalance => "COMPLETING_REBALANCE",
            Self::Stable => "STABLE",
        }
    }
}

/// As whom the member speaks. An answer to a request that was sent as somebody else is out of date.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Generation {
    pub(super) id: i32,
    pub(super) member: MemberId,
}

impl Default for Generation {
    fn default() -> Self {
        Self { id: -1, member: "".into() }
    }
}

/// The member's part in the group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Membership {
    pub(super) state: MemberState,
    pub(super) generation: Generation,
    pub(super) rejoin_needed: bool,
    /// Partitions have to be given up before the next JoinGroup.
    needs_join_prepare: bool,
    /// A JoinGroup, SyncGroup or assignment is under way.
    joining: bool,
    join_not_before: SimTime,
    /// The leader waits for metadata of at least this version before it assigns to these.
    assigning: Option<(u64, Vec<JoinGroupMember>)>,
    /// The counts that the leader's assignment rests on.
    assignment_snapshot: Option<Map<TopicName, i32>>,
}

impl Default for Membership {
    fn default() -> Self {
        Self {
            state: MemberState::Unjoined,
            generation: Generation::default(),
            rejoin_needed: false,
            needs_join_prepare: true,
            joining: false,
            join_not_before: SimTime::ZERO,
            assigning: None,
            assignment_snapshot: None,
        }
    }
}

impl Membership {
    /// Forgets the generation, and the id too unless it may still be good.
    pub(super) fn reset_and_rejoin(&mut self, forget_member: bool) {
        self.state = MemberState::Unjoined;
        self.generation.id = -1;
        if forget_member {
            self.generation.member = "".into();
        }
        self.rejoin_needed = true;
        self.needs_join_prepare = true;
    }

    /// As whom to commit; nobody, while the group is being rebalanced.
    pub(super) fn generation_if_stable(&self) -> Option<&Generation> {
        (self.state == MemberState::Stable).then_some(&self.generation)
    }

    pub(super) fn next_wake(&self) -> Option<SimTime> {
        (self.rejoin_needed && !self.joining).then_some(self.join_not_before)
    }
}

impl Consumer {
    /// Brings the member into the group, as far as that goes now.
    pub(super) fn join_group_if_needed(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        self.maybe_assign(now, fx);
        self.rejoin_if_counts_changed();
        let membership = &self.membership;
        if !membership.rejoin_needed || membership.joining || now < membership.join_not_before {
            return;
        }
        if self.cluster.ready_coordinator(now).is_none() {
            return;
        }
        if self.membership.needs_join_prepare {
            if !self.commit_before_join(now, fx) {
                return;
            }
            self.revoke_all();
            self.membership.needs_join_prepare = false;
        }
        self.send_join(now, fx);
    }

    fn revoke_all(&mut self) {
        self.subscriptions.assign(&[]);
        self.buffer.clear();
        self.membership.assignment_snapshot = None;
        self.cluster.group_topics.clear();
    }

    fn send_join(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let Some(coordinator) = self.cluster.ready_coordinator(now) else { return };
        self.heartbeat.disable();
        self.membership.state = MemberState::PreparingRebalance;
        self.membership.joining = true;
        let subscription = Subscription::new(&self.topics).encode();
        let request = JoinGroupRequest {
            group: self.config.group_id.clone(),
            member: self.membership.generation.member.clone(),
            client_id: self.name.clone(),
            session_timeout_ms: self.config.session_timeout_ms,
            rebalance_timeout_ms: self.config.max_poll_interval_ms,
            protocols: vec![(RANGE_ASSIGNOR_NAME.into(), subscription)],
        };
        // The coordinator may park the request for the whole rebalance time-out; five seconds are for the way.
        let parked = self.max_poll_interval() + SimTime::from_secs(5);
        let timeout = parked.max(self.config.request_timeout);
        let purpose = Purpose::Join(self.membership.generation.clone());
        self.net.send_within(timeout, coordinator, Request::JoinGroup(request), purpose, fx);
    }

    pub(super) fn on_join(
        &mut self,
        now: SimTime,
        sent: &Generation,
        response: JoinGroupResponse,
        fx: &mut Effects<ClientTimer>,
    ) {
        let membership = &mut self.membership;
        membership.joining = false;
        match response.error {
            ErrorCode::None if membership.state != MemberState::PreparingRebalance => self.retry_join(now),
            ErrorCode::None => {
                membership.state = MemberState::CompletingRebalance;
                membership.generation = Generation { id: response.generation, member: response.member.clone() };
                membership.joining = true;
                self.heartbeat.enable(now, &self.config);
                if response.leader == response.member {
                    self.prepare_to_assign(now, response.members, fx);
                } else {
                    self.send_sync(now, Vec::new(), fx);
                }
            }
            ErrorCode::MemberIdRequired => {
                membership.generation = Generation { id: -1, member: response.member };
            }
            ErrorCode::UnknownMemberId => {
                if membership.generation == *sent {
                    membership.reset_and_rejoin(true);
                }
            }
            ErrorCode::RebalanceInProgress => {}
            error => self.on_group_error(now, error),
        }
    }

    /// What JoinGroup and SyncGroup have in common: look for the coordinator again, try again, or give up.
    fn on_group_error(&mut self, now: SimTime, error: ErrorCode) {
        self.last_error = Some(error.name());
        match error {
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                self.mark_coordinator_unknown();
                self.retry_join(now);
            }
            error if error.is_retriable() => self.retry_join(now),
            error => self.fail(error.name()),
        }
    }

    /// The join failed for now: it is tried again after a while.
    pub(super) fn retry_join(&mut self, now: SimTime) {
        self.membership.joining = false;
        self.membership.assigning = None;
        self.membership.rejoin_needed = true;
        self.membership.join_not_before = now + self.config.retry_backoff;
    }

    /// The leader needs to know the topics of all members before it can assign.
    fn prepare_to_assign(&mut self, now: SimTime, members: Vec<JoinGroupMember>, fx: &mut Effects<ClientTimer>) {
        let known = self.cluster.group_topics.len();
        for member in &members {
            let topics = Subscription::decode(&member.subscription).map(|s| s.topics).unwrap_or_default();
            self.cluster.group_topics.extend(topics.into_iter().filter(|topic| !self.topics.contains(topic)));
        }
        if self.cluster.group_topics.len() > known {
            self.cluster.request_update();
        }
        let fresh = !self.cluster.update_pending() && self.cluster.version > 0;
        let version = self.cluster.version + u64::from(!fresh);
        self.membership.assigning = Some((version, members));
        self.maybe_assign(now, fx);
    }

    fn maybe_assign(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let version = self.cluster.version;
        if self.membership.state != MemberState::CompletingRebalance {
            return;
        }
        let Some((_, members)) = self.membership.assigning.take_if(|(needed, _)| *needed <= version) else { return };
        let counts = self.partition_counts();
        let members: Vec<AssignorMember> = members
            .into_iter()
            .filter_map(|told| {
                let subscription = Subscription::decode(&told.subscription).ok()?;
                Some(AssignorMember { member: told.member, subscription })
            })
            .collect();
        let assigned = range_assign(&counts, &members);
        self.membership.assignment_snapshot = Some(counts);
        let bytes = assigned.into_iter().map(|(member, tps)| (member, Assignment::new(tps).encode())).collect();
        self.send_sync(now, bytes, fx);
    }

    /// How many partitions each topic of the group has, of those that are known.
    fn partition_counts(&self) -> Map<TopicName, i32> {
        let topics = self.topics.iter().chain(&self.cluster.group_topics);
        topics
            .filter_map(|topic| {
                let count = i32::try_from(self.cluster.cache.partition_count(topic)?).ok()?;
                Some((topic.clone(), count))
            })
            .collect()
    }

    fn rejoin_if_counts_changed(&mut self) {
        let Some(snapshot) = &self.membership.assignment_snapshot else { return };
        if self.membership.state == MemberState::Stable && *snapshot != self.partition_counts() {
            self.membership.rejoin_needed = true;
        }
    }

    fn send_sync(
        &mut self,
        now: SimTime,
        assignments: Vec<(MemberId, crate::base::Bytes)>,
        fx: &mut Effects<ClientTimer>,
    ) {
        let Some(coordinator) = self.cluster.ready_coordinator(now) else { return self.retry_join(now) };
        let generation = self.membership.generation.clone();
        let request = SyncGroupRequest {
            group: self.config.group_id.clone(),
            generation: generation.id,
            member: generation.member.clone(),
            assignments,
        };
        self.net.send(coordinator, Request::SyncGroup(request), Purpose::Sync(generation), fx);
    }

    pub(super) fn on_sync(
        &mut self,
        now: SimTime,
        sent: &Generation,
        response: &SyncGroupResponse,
        fx: &mut Effects<ClientTimer>,
    ) {
        self.membership.joining = false;
        let current = self.membership.generation == *sent;
        match response.error {
            ErrorCode::None if current && self.membership.state == MemberState::CompletingRebalance => {
                self.on_join_complete(now, response, fx);
            }
            ErrorCode::None | ErrorCode::RebalanceInProgress => {}
            error @ (ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration) => {
                if current {
                    self.membership.reset_and_rejoin(error == ErrorCode::UnknownMemberId);
                }
            }
            error => self.on_group_error(now, error),
        }
    }

    fn on_join_complete(&mut self, now: SimTime, response: &SyncGroupResponse, fx: &mut Effects<ClientTimer>) {
        let Ok(assignment) = Assignment::decode(&response.assignment) else {
            return self.fail("SchemaException");
        };
        self.membership.state = MemberState::Stable;
        self.membership.rejoin_needed = false;
        self.membership.needs_join_prepare = true;
        self.subscriptions.assign(&assignment.partitions);
        self.positions.reset();
        self.commits.on_assigned(now, &self.config);
        fx.trace(TraceKind::Assigned {
            group: self.config.group_id.clone(),
            generation: self.membership.generation.id,
            partitions: assignment.partitions,
        });
    }

    pub(super) fn max_poll_interval(&self) -> SimTime {
        SimTime::from_ms(u64::try_from(self.config.max_poll_interval_ms).unwrap_or(0))
    }
}
