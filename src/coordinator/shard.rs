//! The shard itself: dispatch, answers that wait for the high watermark, and the replay after a failover.
//!
//! As in Kafka's `CoordinatorRuntime`, what a request changes shows at once to the next request, but is told to nobody
//! before it is safe: the answer waits until the high watermark has passed its records, and an answer without records
//! waits for those written before it. Only JoinGroup and SyncGroup, which have phases of their own to wait for, are
//! answered apart from that.

use super::deadline::{Deadline, Fired};
use super::group::{ClassicGroup, ClassicGroupState};
use super::join::{join_expired, schedule_session};
use super::membership::session_expired;
use super::offsets::OffsetStore;
use super::records::{CoordinatorRecord, GroupRecord};
use super::request::{append_error, fail, join_error};
use super::step::{AppendId, GroupTimer, ReplyTo, Step};
use super::sync::{assignment_committed, assignment_failed, sync_expired};
use super::{GroupConfig, GroupRequest, GroupView, OffsetAndMetadata};
use crate::base::{Bytes, Map, Offset, Rng, SimTime, TopicPartition};
use crate::protocol::wire::WireError;
use crate::protocol::{ErrorCode, GroupName, MemberId, Response, SyncGroupResponse};
use crate::trace::TraceKind;
use std::collections::VecDeque;

/// What an offset was before a commit changed it.
pub(super) type Undo = (TopicPartition, Option<OffsetAndMetadata>);

/// What is to be done when records are committed, or not done when they fail.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Completion {
    /// A group came into being.
    NewGroup(GroupName),
    /// A generation has its assignments.
    Assignment { group: GroupName, generation: i32, assignments: Map<MemberId, Bytes> },
    /// Offsets were committed.
    Offsets { group: GroupName, offsets: Vec<(TopicPartition, Offset)>, undo: Vec<Undo>, made_group: bool },
}

/// Something that waits for the high watermark.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Pending {
    id: AppendId,
    /// The high watermark that it waits for; `None` until the host says where the records are.
    end_offset: Option<Offset>,
    reply: Option<(ReplyTo, Response)>,
    completions: Vec<Completion>,
}

/// One step in the making.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) now: SimTime,
    /// What the host's clock shows, in Unix ms.
    pub(super) wall_clock_ms: i64,
    pub(super) config: &'a GroupConfig,
    pub(super) records: Vec<GroupRecord>,
    pub(super) completions: Vec<Completion>,
    pub(super) replies: Vec<(ReplyTo, Response)>,
    deferred: Option<(ReplyTo, Response)>,
    timers: Vec<(SimTime, GroupTimer)>,
    pub(super) events: Vec<TraceKind>,
}

impl<'a> Turn<'a> {
    fn new(now: SimTime, clock_skew_ms: i64, config: &'a GroupConfig) -> Self {
        Self {
            now,
            wall_clock_ms: now.wall_clock_ms() + clock_skew_ms,
            config,
            records: Vec::new(),
            completions: Vec::new(),
            replies: Vec::new(),
            deferred: None,
            timers: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn timer(&mut self, after: SimTime, timer: GroupTimer) {
        self.timers.push((after, timer));
    }

    /// Answers once all that was written so far is committed.
    pub(super) fn reply_when_committed(&mut self, to: ReplyTo, response: Response) {
        self.deferred = Some((to, response));
    }

    /// # Panics
    /// If Kafka knows no such transition.
    pub(super) fn transition(&mut self, group: &mut ClassicGroup, to: ClassicGroupState) {
        assert!(to.may_follow(group.state), "{} never follows {}", to.name(), group.state.name());
        let (name, generation) = (group.name.clone(), group.generation);
        self.events.push(TraceKind::GroupState { group: name, from: group.state.name(), to: to.name(), generation });
        group.previous = group.state;
        group.state = to;
        group.state_timestamp = self.wall_clock_ms;
    }
}

/// The coordinator of one partition of `__consumer_offsets`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupCoordinator {
    config: GroupConfig,
    pub(super) rng: Rng,
    pub(super) groups: Map<GroupName, ClassicGroup>,
    pub(super) offsets: OffsetStore,
    next_append: u64,
    pending: VecDeque<Pending>,
    /// By how many ms its host's clock is fast; negative for slow.
    clock_skew_ms: i64,
}

impl GroupCoordinator {
    /// Tells it how wrong its host's clock is.
    pub fn set_clock_skew(&mut self, ms: i64) {
        self.clock_skew_ms = ms;
    }

    /// A coordinator of an empty partition. To take over a partition that is not, [`Self::replay`] its records and then
    /// call [`Self::on_loaded`].
    #[must_use]
    pub fn new(config: GroupConfig, rng: Rng) -> Self {
        Self {
            config,
            rng,
            groups: Map::new(),
            offsets: OffsetStore::default(),
            next_append: 0,
            pending: VecDeque::new(),
            clock_skew_ms: 0,
        }
    }

    /// Takes in a request.
    pub fn handle(&mut self, now: SimTime, from: ReplyTo, request: &GroupRequest) -> Step {
        self.turn(now, |shard, turn| match request {
            GroupRequest::Join(request) => shard.join(turn, from, request),
            GroupRequest::Sync(request) => shard.sync(turn, from, request),
            GroupRequest::Heartbeat(request) => shard.heartbeat(turn, from, request),
            GroupRequest::Leave(request) => shard.leave(turn, from, request),
            GroupRequest::Commit(request) => shard.commit(turn, from, request),
            GroupRequest::OffsetFetch(request) => shard.offset_fetch(turn, from, request),
        })
    }

    /// A timer that this shard set fires.
    pub fn on_timer(&mut self, now: SimTime, timer: &GroupTimer) -> Step {
        self.turn(now, |shard, turn| match timer {
            GroupTimer::Append(id) => shard.append_timed_out(turn, *id),
            GroupTimer::Join { group } => {
                shard.fire(turn, group, timer, |group| Some(&mut group.join_deadline), join_expired);
            }
            GroupTimer::Sync { group } => {
                shard.fire(turn, group, timer, |group| Some(&mut group.sync_deadline), sync_expired);
            }
            GroupTimer::Heartbeat { group, member } => shard.fire(
                turn,
                group,
                timer,
                |group| session_of(group, member),
                |group, turn| session_expired(group, turn, member),
            ),
        })
    }

    /// The records of `append` are in the local log, which now ends at `end_offset`.
    ///
    /// # Panics
    /// If the shard asked for no such append.
    pub fn on_appended(&mut self, append: AppendId, end_offset: Offset) {
        let pending = self.pending.iter_mut().find(|pending| pending.id == append);
        pending.expect("the shard asked for this append").end_offset = Some(end_offset);
    }

    /// The local log refused the records of `append`: nothing was written, and what they would have changed is undone.
    /// To be called at once, before anything else.
    pub fn on_append_failed(&mut self, now: SimTime, append: AppendId, error: ErrorCode) -> Step {
        self.turn(now, |shard, turn| {
            let place = shard.pending.iter().position(|pending| pending.id == append);
            let Some(pending) = place.and_then(|place| shard.pending.remove(place)) else { return };
            turn.replies.extend(pending.reply.map(|(to, response)| (to, fail(response, error))));
            for completion in pending.completions {
                shard.undo(turn, completion, append_error(error));
            }
        })
    }

    /// The partition's high watermark stands at `high_watermark`.
    pub fn on_high_watermark(&mut self, now: SimTime, high_watermark: Offset) -> Step {
        self.turn(now, |shard, turn| {
            let passed = |pending: &Pending| pending.end_offset.is_some_and(|end| end <= high_watermark);
            while shard.pending.front().is_some_and(passed) {
                let pending = shard.pending.pop_front().expect("there is a first one");
                for completion in pending.completions {
                    shard.complete(turn, completion);
                }
                turn.replies.extend(pending.reply);
            }
        })
    }

    /// A record of the partition, read after a failover.
    ///
    /// # Errors
    /// If its bytes are senseless; Kafka logs that and goes on.
    pub fn replay(&mut self, now: SimTime, key: &[u8], value: Option<&[u8]>) -> Result<(), WireError> {
        let record = GroupRecord::decode(key, value)?;
        self.apply(now, &record);
        Ok(())
    }

    /// All records have been replayed: the members' sessions begin.
    pub fn on_loaded(&mut self, now: SimTime) -> Step {
        self.turn(now, |shard, turn| {
            for group in shard.groups.values_mut() {
                let ids: Vec<MemberId> = group.members.iter().map(|member| member.id.clone()).collect();
                for id in ids {
                    schedule_session(group, turn, &id);
                }
            }
        })
    }

    /// The partition has gone to another broker: whoever waits is told, and the shard is of no more use.
    pub fn on_unloaded(&mut self, now: SimTime) -> Step {
        self.turn(now, |shard, turn| {
            for pending in shard.pending.drain(..) {
                turn.replies.extend(pending.reply.map(|(to, r)| (to, fail(r, ErrorCode::NotCoordinator))));
            }
            for group in shard.groups.values_mut() {
                group.state = ClassicGroupState::Dead;
                for member in &mut group.members {
                    let refusal = join_error(member.id.clone(), ErrorCode::NotCoordinator);
                    turn.replies.extend(member.awaiting_join.take().map(|to| (to, Response::JoinGroup(refusal))));
                    let refusal = SyncGroupResponse { error: ErrorCode::NotCoordinator, assignment: Bytes::default() };
                    turn.replies.extend(member.awaiting_sync.take().map(|to| (to, Response::SyncGroup(refusal))));
                }
            }
        })
    }

    /// All groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = GroupView> {
        self.groups.values().map(|group| GroupView::new(group, self.offsets.of(&group.name)))
    }

    /// One group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<GroupView> {
        self.groups.get(name).map(|group| GroupView::new(group, self.offsets.of(name)))
    }

    /// How far a group has read one partition.
    #[must_use]
    pub fn committed(&self, group: &str, partition: &TopicPartition) -> Option<&OffsetAndMetadata> {
        self.offsets.get(group, partition)
    }

    /// Lets a record take effect; returns what an offset was before. An offset of an unknown group makes the group: a
    /// "simple" one, without members or generations.
    pub(super) fn apply(&mut self, now: SimTime, record: &GroupRecord) -> Option<Undo> {
        match record {
            GroupRecord::OffsetCommit { group, partition, value } => {
                if value.is_some() && !self.groups.contains_key(group) {
                    self.groups.insert(group.clone(), ClassicGroup::new(group.clone(), now));
                }
                Some((partition.clone(), self.offsets.apply(group, partition, value.clone())))
            }
            GroupRecord::GroupMetadata { group, value: Some(value) } => {
                self.groups.insert(group.clone(), ClassicGroup::loaded(group.clone(), now, value));
                None
            }
            GroupRecord::GroupMetadata { group, value: None } => {
                self.groups.remove(group);
                None
            }
            GroupRecord::Other(_) => None,
        }
    }

    /// Runs one step: decides with `act`, then turns what it left into a [`Step`].
    fn turn(&mut self, now: SimTime, act: impl FnOnce(&mut Self, &mut Turn<'_>)) -> Step {
        let config = self.config.clone();
        let mut turn = Turn::new(now, self.clock_skew_ms, &config);
        act(self, &mut turn);
        let mut step = Step {
            records: turn.records.iter().map(GroupRecord::encode).collect(),
            append: None,
            replies: turn.replies,
            timers: turn.timers,
            events: turn.events,
        };
        let wrote = !step.records.is_empty();
        let behind = self.pending.back().and_then(|pending| pending.end_offset);
        if wrote || (turn.deferred.is_some() && behind.is_some()) {
            let id = AppendId(self.next_append);
            self.next_append += 1;
            step.append = wrote.then_some(id);
            step.timers.push((config.offsets_commit_timeout, GroupTimer::Append(id)));
            let end_offset = if wrote { None } else { behind };
            let completions = turn.completions;
            self.pending.push_back(Pending { id, end_offset, reply: turn.deferred, completions });
        } else {
            step.replies.extend(turn.deferred);
        }
        step
    }

    fn fire(
        &mut self,
        turn: &mut Turn<'_>,
        group: &GroupName,
        timer: &GroupTimer,
        deadline: impl FnOnce(&mut ClassicGroup) -> Option<&mut Deadline>,
        due: impl FnOnce(&mut ClassicGroup, &mut Turn<'_>),
    ) {
        let Some(group) = self.groups.get_mut(group) else { return };
        match deadline(group).map(|deadline| deadline.fire(turn.now)) {
            None | Some(Fired::Stale) => {}
            Some(Fired::Early(after)) => turn.timer(after, timer.clone()),
            Some(Fired::Due) => due(group, turn),
        }
    }

    fn complete(&mut self, turn: &mut Turn<'_>, completion: Completion) {
        match completion {
            Completion::NewGroup(_) => {}
            Completion::Assignment { group, generation, assignments } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    assignment_committed(group, turn, generation, &assignments);
                }
            }
            Completion::Offsets { group, offsets, .. } => {
                for (partition, offset) in offsets {
                    let group = group.clone();
                    turn.events.push(TraceKind::OffsetCommitted { group, partition, offset });
                }
            }
        }
    }

    fn undo(&mut self, turn: &mut Turn<'_>, completion: Completion, error: ErrorCode) {
        match completion {
            Completion::NewGroup(group) => {
                self.groups.remove(&group);
            }
            Completion::Assignment { group, generation, .. } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    assignment_failed(group, turn, generation, error);
                }
            }
            Completion::Offsets { group, undo, made_group, .. } => {
                for (partition, before) in undo.into_iter().rev() {
                    self.offsets.apply(&group, &partition, before);
                }
                if made_group {
                    self.groups.remove(&group);
                }
            }
        }
    }

    /// The records are in the log and may yet be committed; only those who wait for them do so no longer.
    fn append_timed_out(&mut self, turn: &mut Turn<'_>, id: AppendId) {
        let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == id) else { return };
        let error = ErrorCode::RequestTimedOut;
        turn.replies.extend(pending.reply.take().map(|(to, response)| (to, fail(response, error))));
        let (failed, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut pending.completions)
            .into_iter()
            .partition(|completion| matches!(completion, Completion::Assignment { .. }));
        pending.completions = kept;
        for completion in failed {
            self.undo(turn, completion, append_error(error));
        }
    }
}

fn session_of<'a>(group: &'a mut ClassicGroup, id: &MemberId) -> Option<&'a mut Deadline> {
    if group.pending_join.contains_key(id) {
        return group.pending_join.get_mut(id);
    }
    group.member_mut(id).map(|member| &mut member.session)
}

/// The bytes of a record, for those who make logs by hand.
impl From<&GroupRecord> for CoordinatorRecord {
    fn from(record: &GroupRecord) -> Self {
        record.encode()
    }
}
