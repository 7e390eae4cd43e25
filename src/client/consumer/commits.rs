//! Committing: how far the group has read, told to the coordinator.
//!
//! Auto-commit has no thread. `poll()` looks at the clock: if `auto.commit.interval.ms` has passed, it sends the positions
//! as they are *before* it hands out more, so that a commit covers what earlier polls returned, processed or not. It also
//! commits before a rebalance takes the partitions away, and once more when the consumer is closed.

use super::dispatch::Purpose;
use super::membership::{Generation, MemberState};
use super::{Consumer, ConsumerConfig};
use crate::base::{LeaderEpoch, Offset, SimTime, TopicPartition};
use crate::client::ClientTimer;
use crate::protocol::{Effects, ErrorCode, OffsetCommitRequest, Request};

/// Why a commit is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum CommitKind {
    /// The interval has passed.
    Interval,
    /// A rebalance begins.
    BeforeJoin,
    /// The consumer closes.
    Close,
}

/// How a commit ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum CommitOutcome {
    /// It is recorded.
    Done,
    /// It may be tried again.
    Retriable,
    /// It is of no use to try again: this member has lost its partitions, or is about to.
    Failed,
}

/// The commit before a rebalance.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
enum BeforeJoin {
    #[default]
    NotBegun,
    /// It may be tried until then.
    Waiting {
        until: SimTime,
        in_flight: bool,
        retry_at: SimTime,
    },
    Done,
}

/// What is being committed, and when next.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Commits {
    next_auto: SimTime,
    before_join: BeforeJoin,
}

impl Commits {
    pub(super) fn on_assigned(&mut self, now: SimTime, config: &ConsumerConfig) {
        self.next_auto = now + config.auto_commit_interval;
        self.before_join = BeforeJoin::NotBegun;
    }
}

impl Consumer {
    /// Commits if the interval has passed; part of every `poll()`.
    pub(super) fn maybe_auto_commit(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        if !self.config.enable_auto_commit || now < self.commits.next_auto || self.subscriptions.is_empty() {
            return;
        }
        self.commits.next_auto = now + self.config.auto_commit_interval;
        if self.membership.state == MemberState::Stable && self.cluster.ready_coordinator(now).is_none() {
            self.commits.next_auto = now + self.config.retry_backoff;
        }
        self.send_commit(now, CommitKind::Interval, fx);
    }

    /// Sends all positions; says whether a request went out.
    pub(super) fn send_commit(&mut self, now: SimTime, kind: CommitKind, fx: &mut Effects<ClientTimer>) -> bool {
        let offsets = self.subscriptions.all_consumed();
        let Some(generation) = self.membership.generation_if_stable().cloned() else { return false };
        let Some(coordinator) = self.cluster.ready_coordinator(now) else { return false };
        if offsets.is_empty() {
            return false;
        }
        let request = OffsetCommitRequest {
            group: self.config.group_id.clone(),
            generation: generation.id,
            member: generation.member.clone(),
            offsets: offsets.clone(),
        };
        let purpose = Purpose::Commit { kind, generation, offsets };
        self.net.send(coordinator, Request::OffsetCommit(request), purpose, fx);
        true
    }

    /// The commit before the partitions are given up. True when there is nothing (more) to wait for.
    pub(super) fn commit_before_join(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) -> bool {
        let has_offsets = !self.subscriptions.all_consumed().is_empty();
        let can_commit = self.config.enable_auto_commit && self.membership.generation_if_stable().is_some();
        let (until, retry_at) = match self.commits.before_join {
            BeforeJoin::Done => return self.before_join_is_over(),
            _ if !(has_offsets && can_commit) => return self.before_join_is_over(),
            BeforeJoin::NotBegun => (now + self.max_poll_interval(), now),
            BeforeJoin::Waiting { until, .. } if now >= until => return self.before_join_is_over(),
            BeforeJoin::Waiting { in_flight: true, .. } => return false,
            BeforeJoin::Waiting { until, retry_at, .. } => (until, retry_at),
        };
        self.subscriptions.pending_revocation = true;
        let in_flight = now >= retry_at && self.send_commit(now, CommitKind::BeforeJoin, fx);
        let retry_at = if now >= retry_at { now + self.config.retry_backoff } else { retry_at };
        self.commits.before_join = BeforeJoin::Waiting { until, in_flight, retry_at };
        false
    }

    fn before_join_is_over(&mut self) -> bool {
        self.commits.before_join = BeforeJoin::NotBegun;
        true
    }

    /// The answer to a commit, or that there will be none.
    pub(super) fn on_commit(
        &mut self,
        now: SimTime,
        kind: CommitKind,
        sent: &Generation,
        offsets: &[(TopicPartition, Offset, LeaderEpoch)],
        answers: Option<&[(TopicPartition, ErrorCode)]>,
    ) {
        let outcome = match answers {
            None => CommitOutcome::Retriable,
            Some(answers) => self.judge_commit(sent, offsets, answers),
        };
        match kind {
            CommitKind::Interval if outcome == CommitOutcome::Retriable => {
                self.commits.next_auto = now + self.config.retry_backoff;
            }
            CommitKind::Interval => {}
            CommitKind::BeforeJoin => self.on_commit_before_join(now, outcome),
            CommitKind::Close => self.on_commit_at_close(now, outcome),
        }
    }

    fn on_commit_before_join(&mut self, now: SimTime, outcome: CommitOutcome) {
        let BeforeJoin::Waiting { until, .. } = self.commits.before_join else { return };
        self.commits.before_join = match outcome {
            CommitOutcome::Retriable => {
                BeforeJoin::Waiting { until, in_flight: false, retry_at: now + self.config.retry_backoff }
            }
            CommitOutcome::Done | CommitOutcome::Failed => BeforeJoin::Done,
        };
    }

    /// Takes in what the coordinator says of each partition; the first error decides.
    fn judge_commit(
        &mut self,
        sent: &Generation,
        offsets: &[(TopicPartition, Offset, LeaderEpoch)],
        answers: &[(TopicPartition, ErrorCode)],
    ) -> CommitOutcome {
        let Some((_, error)) = answers.iter().find(|(_, error)| !error.is_ok()) else {
            for (tp, offset, _) in offsets {
                if let Some(state) = self.subscriptions.get_mut(tp) {
                    state.committed = Some(*offset);
                }
            }
            return CommitOutcome::Done;
        };
        self.last_error = Some(error.name());
        match error {
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator | ErrorCode::RequestTimedOut => {
                self.mark_coordinator_unknown();
                CommitOutcome::Retriable
            }
            ErrorCode::CoordinatorLoadInProgress | ErrorCode::UnknownTopicOrPartition => CommitOutcome::Retriable,
            ErrorCode::RebalanceInProgress => {
                self.membership.rejoin_needed = true;
                CommitOutcome::Failed
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => {
                let preparing = self.membership.state == MemberState::PreparingRebalance;
                if self.membership.generation == *sent || !preparing {
                    self.membership.reset_and_rejoin(*error == ErrorCode::UnknownMemberId);
                }
                CommitOutcome::Failed
            }
            _ => CommitOutcome::Failed,
        }
    }

    /// When committing needs `poll()` again.
    pub(super) fn next_commit_wake(&self) -> Option<SimTime> {
        let auto = (self.config.enable_auto_commit && !self.subscriptions.is_empty()).then_some(self.commits.next_auto);
        let before_join = match self.commits.before_join {
            BeforeJoin::Waiting { until, in_flight: true, .. } => Some(until),
            BeforeJoin::Waiting { retry_at, .. } => Some(retry_at),
            BeforeJoin::NotBegun | BeforeJoin::Done => None,
        };
        [auto, before_join].into_iter().flatten().min()
    }
}
