//! One replica of a partition on this broker (Kafka's `Partition`, `Replica` and `ReplicaState`).
//!
//! As leader it knows, for each other replica, how far that one has come: a follower's Fetch from offset n says that it has all
//! before n. From this follow the two things that replication is about:
//!
//! * the **high watermark**: the lowest log end among the leader, the *maximal ISR* (the ISR and those just being added; those just
//!   being removed still count) and any replica that is about to join. What lies below it is committed. It stands still while
//!   the ISR is smaller than `min.insync.replicas` (KIP-966);
//! * the **ISR**: a follower that has not been caught up for `replica.lag.time.max.ms` goes; one that has reached the high
//!   watermark and the start of this leader's term comes back. The leader only *proposes*; the controller decides.
//!
//! Left out so far: adding replicas by reassignment, unclean leader recovery.

use crate::base::{BrokerId, LeaderEpoch, Map, Offset, SimTime, TopicPartition};
use crate::log::UnifiedLog;
use crate::protocol::{AlterPartitionResponse, ErrorCode, PartitionRegistration, ReplicaState};
use crate::trace::EventSeq;

/// What a leader knows of another replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Replica {
    /// Its log end; −1 until it has fetched from this leader.
    pub log_end_offset: Offset,
    /// Where its log starts; −1 until it has said so.
    pub log_start_offset: Offset,
    /// When it was last known to have everything; `None` for never.
    pub last_caught_up: Option<SimTime>,
    /// The registration under which it fetches, once it has.
    pub broker_epoch: Option<i64>,
    last_fetch: Option<SimTime>,
    leader_end_at_last_fetch: Offset,
    /// The trace event of its last fetch: why it counts as lagging when it does.
    last_heard: Option<EventSeq>,
}

impl Replica {
    /// One of which nothing is known.
    const UNKNOWN: Self = Self {
        log_end_offset: -1,
        log_start_offset: -1,
        last_caught_up: None,
        broker_epoch: None,
        last_fetch: None,
        leader_end_at_last_fetch: -1,
        last_heard: None,
    };

    /// A new term begins at `start`. A leader that led before, too, keeps what it knows of the replica's log; a new one knows
    /// nothing. Whoever is in the ISR counts as caught up; whoever is not must show it by a fetch.
    fn begin_term(&mut self, now: SimTime, start: Offset, is_new_leader: bool, in_isr: bool) {
        if is_new_leader {
            *self = Self::UNKNOWN;
        } else {
            self.leader_end_at_last_fetch = start;
            self.last_fetch = in_isr.then_some(now);
        }
        self.last_caught_up = in_isr.then_some(now);
    }

    /// Takes in a fetch. Whoever asks from the leader's end has everything now; whoever asks from where the leader's end *was* at
    /// the fetch before had everything then.
    fn record_fetch(&mut self, now: SimTime, offset: Offset, leader_end: Offset, broker_epoch: i64) {
        let had_everything = match () {
            () if offset >= leader_end => Some(now),
            () if offset >= self.leader_end_at_last_fetch => self.last_fetch,
            () => None,
        };
        self.last_caught_up = self.last_caught_up.max(had_everything);
        self.log_end_offset = offset;
        self.leader_end_at_last_fetch = self.leader_end_at_last_fetch.max(leader_end);
        self.last_fetch = Some(now);
        self.broker_epoch = Some(broker_epoch);
    }

    fn is_caught_up(&self, leader_end: Offset, now: SimTime, lag_max: SimTime) -> bool {
        self.log_end_offset == leader_end || self.last_caught_up.is_some_and(|at| now.since(at) <= lag_max)
    }
}

/// The ISR, and a change of it that the controller has not answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IsrState {
    /// As the controller recorded it last.
    pub committed: Vec<BrokerId>,
    /// As this leader proposed it.
    pub proposed: Option<Vec<BrokerId>>,
}

impl IsrState {
    /// Whether a broker counts for the high watermark: in the ISR, or proposed for it.
    #[must_use]
    pub fn maximal_contains(&self, broker: BrokerId) -> bool {
        self.committed.contains(&broker) || self.proposed.as_ref().is_some_and(|isr| isr.contains(&broker))
    }

    /// How many brokers count for the high watermark.
    #[must_use]
    pub fn maximal_len(&self) -> usize {
        let added = self.proposed.iter().flatten().filter(|broker| !self.committed.contains(broker)).count();
        self.committed.len() + added
    }
}

/// A change of the ISR as a leader asks for it; an answer counts only while this is still what the leader waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IsrProposal {
    /// The partition.
    pub partition: TopicPartition,
    /// The leader's term.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch from which the change sets out.
    pub partition_epoch: i32,
    /// The ISR wanted.
    pub isr: Vec<BrokerId>,
}

/// What became of a proposed ISR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IsrOutcome {
    /// It is the ISR now.
    Committed,
    /// It was surely not taken, and is forgotten.
    Rejected,
    /// Nobody knows: perhaps an earlier copy of the request was taken. It stays proposed until the metadata log brings word.
    Unknown,
    /// It should be sent again.
    Retry,
    /// The answer is to a question that is no longer asked.
    Stale,
}

/// What only a leader has.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LeaderState {
    /// Where its term begins in the log.
    pub epoch_start: Offset,
    /// The ISR.
    pub isr: IsrState,
    /// The other replicas.
    pub remote: Map<BrokerId, Replica>,
}

/// What this replica does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PartitionRole {
    /// Its broker has just started and has not heard from the controller.
    Undecided,
    /// It leads.
    Leader(LeaderState),
    /// It follows; `None` while there is no leader.
    Follower(Option<BrokerId>),
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Partition {
    /// Which partition.
    pub partition: TopicPartition,
    /// Its log.
    pub log: UnifiedLog,
    /// The leader's term, as the controller said last.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch, as the controller said last.
    pub partition_epoch: i32,
    /// What it does.
    pub role: PartitionRole,
    /// `min.insync.replicas`.
    pub min_isr: usize,
    replicas: Vec<BrokerId>,
}

impl Partition {
    /// A replica that has not heard from the controller.
    #[must_use]
    pub fn new(partition: TopicPartition, log: UnifiedLog) -> Self {
        Self {
            partition,
            log,
            leader_epoch: -1,
            partition_epoch: -1,
            role: PartitionRole::Undecided,
            min_isr: 1,
            replicas: Vec::new(),
        }
    }

    /// What it has as leader, if it leads.
    #[must_use]
    pub fn leader(&self) -> Option<&LeaderState> {
        match &self.role {
            PartitionRole::Leader(state) => Some(state),
            _ => None,
        }
    }

    pub(super) fn leader_mut(&mut self) -> Option<&mut LeaderState> {
        match &mut self.role {
            PartitionRole::Leader(state) => Some(state),
            _ => None,
        }
    }

    /// Whether `broker` holds a replica.
    #[must_use]
    pub fn has_replica(&self, broker: BrokerId) -> bool {
        self.replicas.contains(&broker)
    }

    /// Takes up the lead, or, in the same term, only another ISR; what the leader knows better already is passed over. Whoever is
    /// in the ISR counts as caught up when a term begins. Returns whether one did, which the caller must then write into the
    /// log's epoch cache.
    pub fn make_leader(&mut self, now: SimTime, local: BrokerId, told: &PartitionRegistration) -> bool {
        if told.partition_epoch < self.partition_epoch {
            return false;
        }
        let before = match std::mem::replace(&mut self.role, PartitionRole::Undecided) {
            PartitionRole::Leader(state) => Some(state),
            _ => None,
        };
        let is_new_leader = before.is_none();
        let new_term = told.leader_epoch > self.leader_epoch || is_new_leader;
        let start = before.as_ref().filter(|_| !new_term).map_or(self.log.log_end_offset(), |state| state.epoch_start);
        let mut known = before.map(|state| state.remote).unwrap_or_default();
        let mut remote = Map::new();
        for id in told.replicas.iter().copied().filter(|id| *id != local) {
            let mut replica = known.remove(&id).unwrap_or(Replica::UNKNOWN);
            if new_term {
                replica.begin_term(now, start, is_new_leader, told.isr.contains(&id));
            }
            remote.insert(id, replica);
        }
        let isr = IsrState { committed: told.isr.clone(), proposed: None };
        self.replicas.clone_from(&told.replicas);
        self.partition_epoch = told.partition_epoch;
        self.leader_epoch = told.leader_epoch;
        self.role = PartitionRole::Leader(LeaderState { epoch_start: start, isr, remote });
        new_term
    }

    /// Begins to follow. Returns whether leader or term are new.
    pub fn make_follower(&mut self, told: &PartitionRegistration) -> bool {
        if told.partition_epoch < self.partition_epoch {
            return false;
        }
        let role = PartitionRole::Follower(told.leader);
        let changed = self.role != role || self.leader_epoch != told.leader_epoch;
        self.replicas.clone_from(&told.replicas);
        self.partition_epoch = told.partition_epoch;
        self.leader_epoch = told.leader_epoch;
        self.role = role;
        changed
    }

    /// `min.insync.replicas`, or the number of replicas if that is smaller.
    #[must_use]
    pub fn effective_min_isr(&self) -> usize {
        self.min_isr.min(self.replicas.len())
    }

    /// Whether the ISR is too small for `acks=all`.
    #[must_use]
    pub fn is_under_min_isr(&self) -> bool {
        self.leader().is_some_and(|state| state.isr.committed.len() < self.effective_min_isr())
    }

    /// Whether what lies before `required` is committed, for a produce that waits: `None` for not yet.
    #[must_use]
    pub fn check_enough_replicas_reach_offset(&self, required: Offset) -> Option<ErrorCode> {
        let Some(state) = self.leader() else { return Some(ErrorCode::NotLeaderOrFollower) };
        if self.log.high_watermark() < required {
            return None;
        }
        let enough = state.isr.maximal_len() >= self.effective_min_isr();
        Some(if enough { ErrorCode::None } else { ErrorCode::NotEnoughReplicasAfterAppend })
    }

    /// A follower has fetched from `offset`: it has all before that. Returns whether that is news.
    pub fn record_follower_fetch(&mut self, now: SimTime, follower: ReplicaState, offset: Offset) -> bool {
        let leader_end = self.log.log_end_offset();
        let Some(replica) = self.leader_mut().and_then(|state| state.remote.get_mut(&follower.broker)) else {
            return false;
        };
        let before = replica.log_end_offset;
        replica.record_fetch(now, offset, leader_end, follower.epoch);
        before != offset
    }

    /// Notes which trace event brought a follower's fetch.
    pub(super) fn heard_from(&mut self, follower: BrokerId, event: Option<EventSeq>) {
        if let Some(replica) = self.leader_mut().and_then(|state| state.remote.get_mut(&follower)) {
            replica.last_heard = event;
        }
    }

    /// The trace event of the last fetch of the first follower that is not in `isr` but was: since then it has been silent, or too slow.
    pub(super) fn last_heard_of_leaving(&self, isr: &[BrokerId]) -> Option<EventSeq> {
        let state = self.leader()?;
        let mut leaving = state.isr.committed.iter().filter(|id| !isr.contains(id));
        leaving.find_map(|id| state.remote.get(id)?.last_heard)
    }

    /// Moves the leader's high watermark as far as it may. Returns the old and the new one if it moved. `eligible` says whether a
    /// broker may join the ISR at all.
    pub fn maybe_increment_high_watermark(
        &mut self,
        now: SimTime,
        lag_max: SimTime,
        eligible: impl Fn(BrokerId, i64) -> bool,
    ) -> Option<(Offset, Offset)> {
        if self.is_under_min_isr() {
            return None;
        }
        let state = self.leader()?;
        let leader_end = self.log.log_end_offset();
        let waits_for = |(id, replica): &(&BrokerId, &Replica)| {
            state.isr.maximal_contains(**id)
                || (replica.is_caught_up(leader_end, now, lag_max)
                    && replica.broker_epoch.is_some_and(|epoch| eligible(**id, epoch)))
        };
        let slowest = state.remote.iter().filter(waits_for).map(|(_, replica)| replica.log_end_offset).min();
        let target = slowest.map_or(leader_end, |end| end.min(leader_end));
        let old = self.log.high_watermark();
        (target > old).then(|| (old, self.log.update_high_watermark(target)))
    }

    /// The ISR to propose now that `follower` has fetched, if it should join.
    #[must_use]
    pub fn expanded_isr(&self, follower: BrokerId, eligible: impl Fn(BrokerId, i64) -> bool) -> Option<Vec<BrokerId>> {
        let state = self.leader()?;
        let replica = state.remote.get(&follower)?;
        let joins = state.isr.proposed.is_none()
            && !state.isr.committed.contains(&follower)
            && replica.log_end_offset >= self.log.high_watermark()
            && replica.log_end_offset >= state.epoch_start
            && replica.broker_epoch.is_some_and(|epoch| eligible(follower, epoch));
        joins.then(|| state.isr.committed.iter().copied().chain([follower]).collect())
    }

    /// The ISR to propose because followers have lagged too long, if any has.
    #[must_use]
    pub fn shrunk_isr(&self, now: SimTime, lag_max: SimTime) -> Option<Vec<BrokerId>> {
        let state = self.leader()?;
        if state.isr.proposed.is_some() {
            return None;
        }
        let leader_end = self.log.log_end_offset();
        let in_sync =
            |id: &BrokerId| state.remote.get(id).is_none_or(|replica| replica.is_caught_up(leader_end, now, lag_max));
        let isr: Vec<BrokerId> = state.isr.committed.iter().copied().filter(in_sync).collect();
        (isr.len() < state.isr.committed.len()).then_some(isr)
    }

    /// Remembers that an ISR was proposed to the controller.
    pub fn propose_isr(&mut self, isr: Vec<BrokerId>) {
        if let Some(state) = self.leader_mut() {
            state.isr.proposed = Some(isr);
        }
    }

    /// The change of the ISR that waits for an answer.
    #[must_use]
    pub fn proposal(&self) -> Option<IsrProposal> {
        Some(IsrProposal {
            partition: self.partition.clone(),
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            isr: self.leader()?.isr.proposed.clone()?,
        })
    }

    /// Takes in the controller's answer to a proposal. Only a commit or a plain "no, and nobody else will" ends the wait: as long as
    /// the change may have been taken, the high watermark must wait for whoever may have been added (KIP-497).
    pub fn on_isr_answer(&mut self, asked: &IsrProposal, answer: &AlterPartitionResponse) -> IsrOutcome {
        if self.proposal().as_ref() != Some(asked) {
            return IsrOutcome::Stale;
        }
        match answer.error {
            ErrorCode::None if answer.leader_epoch == self.leader_epoch => self.commit_isr(answer),
            ErrorCode::IneligibleReplica => {
                self.set_isr(None);
                IsrOutcome::Rejected
            }
            ErrorCode::None
            | ErrorCode::UnknownTopicOrPartition
            | ErrorCode::FencedLeaderEpoch
            | ErrorCode::InvalidUpdateVersion
            | ErrorCode::InvalidRequest
            | ErrorCode::NewLeaderElected => IsrOutcome::Unknown,
            _ => IsrOutcome::Retry,
        }
    }

    fn commit_isr(&mut self, answer: &AlterPartitionResponse) -> IsrOutcome {
        if answer.partition_epoch < self.partition_epoch {
            return IsrOutcome::Unknown;
        }
        self.partition_epoch = answer.partition_epoch;
        self.set_isr(Some(answer.isr.clone()));
        IsrOutcome::Committed
    }

    /// Nothing is proposed any more; the ISR is another, or the one that it was.
    fn set_isr(&mut self, isr: Option<Vec<BrokerId>>) {
        if let Some(state) = self.leader_mut() {
            state.isr.committed = isr.unwrap_or_else(|| std::mem::take(&mut state.isr.committed));
            state.isr.proposed = None;
        }
    }
}
