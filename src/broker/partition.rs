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
//! Left out so far: adding replicas by reassignment, unclean leader recovery, log start offsets of followers.

use crate::base::{BrokerId, LeaderEpoch, Map, Offset, SimTime, TopicPartition};
use crate::log::UnifiedLog;
use crate::protocol::{PartitionRegistration, ReplicaState};

/// What a leader knows of another replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Replica {
    /// Its log end; −1 until it has fetched from this leader.
    pub log_end_offset: Offset,
    /// When it was last known to have everything; `None` for never.
    pub last_caught_up: Option<SimTime>,
    /// The registration under which it fetches; −1 until it has.
    pub broker_epoch: i64,
    last_fetch: SimTime,
    leader_end_at_last_fetch: Offset,
}

impl Replica {
    fn reset(now: SimTime, in_isr: bool) -> Self {
        Self {
            log_end_offset: -1,
            last_caught_up: in_isr.then_some(now),
            broker_epoch: -1,
            last_fetch: SimTime::ZERO,
            leader_end_at_last_fetch: -1,
        }
    }

    /// Takes in a fetch. Whoever asks from the leader's end has everything now; whoever asks from where the leader's end *was* at
    /// the fetch before had everything then.
    fn record_fetch(&mut self, now: SimTime, offset: Offset, leader_end: Offset, broker_epoch: i64) {
        if offset >= leader_end {
            self.last_caught_up = self.last_caught_up.max(Some(now));
        } else if offset >= self.leader_end_at_last_fetch {
            self.last_caught_up = self.last_caught_up.max(Some(self.last_fetch));
        }
        self.log_end_offset = offset;
        self.leader_end_at_last_fetch = leader_end;
        self.last_fetch = now;
        self.broker_epoch = broker_epoch;
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

    fn leader_mut(&mut self) -> Option<&mut LeaderState> {
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

    /// Takes up the lead, or, in the same term, only another ISR. Whoever is in the ISR counts as caught up now. Returns whether a
    /// new term began, which the caller must then write into the log's epoch cache.
    pub fn make_leader(&mut self, now: SimTime, local: BrokerId, told: &PartitionRegistration) -> bool {
        let new_term = told.leader_epoch > self.leader_epoch || self.leader().is_none();
        self.replicas.clone_from(&told.replicas);
        self.partition_epoch = told.partition_epoch;
        self.leader_epoch = told.leader_epoch;
        let isr = IsrState { committed: told.isr.clone(), proposed: None };
        match self.leader_mut() {
            Some(state) if !new_term => state.isr = isr,
            _ => {
                let others = told.replicas.iter().filter(|replica| **replica != local);
                let remote = others.map(|id| (*id, Replica::reset(now, told.isr.contains(id)))).collect();
                self.role = PartitionRole::Leader(LeaderState { epoch_start: self.log.log_end_offset(), isr, remote });
            }
        }
        new_term
    }

    /// Begins to follow. Returns whether leader or term are new.
    pub fn make_follower(&mut self, told: &PartitionRegistration) -> bool {
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

    /// A follower has fetched from `offset`: it has all before that.
    pub fn record_follower_fetch(&mut self, now: SimTime, follower: ReplicaState, offset: Offset) {
        let leader_end = self.log.log_end_offset();
        if let Some(replica) = self.leader_mut().and_then(|state| state.remote.get_mut(&follower.broker)) {
            replica.record_fetch(now, offset, leader_end, follower.epoch);
        }
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
                || (replica.is_caught_up(leader_end, now, lag_max) && eligible(**id, replica.broker_epoch))
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
            && eligible(follower, replica.broker_epoch);
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

    /// The controller refused the proposal.
    pub fn drop_proposal(&mut self) {
        if let Some(state) = self.leader_mut() {
            state.isr.proposed = None;
        }
    }

    /// The controller recorded an ISR.
    pub fn commit_isr(&mut self, isr: Vec<BrokerId>, partition_epoch: i32) {
        if partition_epoch <= self.partition_epoch {
            return self.drop_proposal();
        }
        self.partition_epoch = partition_epoch;
        if let Some(state) = self.leader_mut() {
            state.isr = IsrState { committed: isr, proposed: None };
        }
    }
}
