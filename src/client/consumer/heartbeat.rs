//! The heartbeat thread: the only part of the consumer that goes on while the application is busy.
//!
//! Every `heartbeat.interval.ms` it tells the coordinator that the process lives. An answer may tell it that the group
//! rebalances; it only notes that, because joining happens in `poll()`. If no answer comes for `session.timeout.ms` it
//! looks for the coordinator again. And it watches the application: when that has not called `poll()` for
//! `max.poll.interval.ms`, the thread itself leaves the group. While a JoinGroup is parked there are no heartbeats.

use super::dispatch::Purpose;
use super::membership::{Generation, MemberState};
use super::timing::Alarm;
use super::{Consumer, ConsumerConfig};
use crate::base::SimTime;
use crate::client::ClientTimer;
use crate::protocol::{Effects, ErrorCode, HeartbeatRequest, LeaveGroupRequest, Request};

/// The heartbeat thread's memory.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Heartbeat {
    pub(super) alarm: Alarm,
    enabled: bool,
    in_flight: bool,
    next: SimTime,
    /// When the coordinator last answered.
    last_answer: SimTime,
    /// When the application was last seen in `poll()`.
    pub(super) last_poll: SimTime,
}

impl Heartbeat {
    pub(super) fn enable(&mut self, now: SimTime, config: &ConsumerConfig) {
        self.enabled = true;
        self.in_flight = false;
        self.next = now + config.heartbeat_interval;
        self.last_answer = now;
        self.last_poll = now;
    }

    pub(super) fn disable(&mut self) {
        self.enabled = false;
        self.in_flight = false;
    }

    pub(super) fn reset_session(&mut self, now: SimTime) {
        self.last_answer = now;
    }

    fn failed(&mut self, now: SimTime, config: &ConsumerConfig) {
        self.in_flight = false;
        self.next = now + config.retry_backoff;
    }
}

impl Consumer {
    pub(super) fn run_heartbeat_thread(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        if !self.heartbeat.enabled {
            return;
        }
        if matches!(self.membership.state, MemberState::Unjoined | MemberState::PreparingRebalance) {
            return self.heartbeat.disable();
        }
        if now.since(self.heartbeat.last_answer) >= self.session_timeout() {
            self.mark_coordinator_unknown();
            self.heartbeat.reset_session(now);
        }
        if self.poll_timeout_expired(now) {
            self.leave_because_of_poll_timeout(now, fx);
        } else if let Some(coordinator) = self.cluster.ready_coordinator(now) {
            if now >= self.heartbeat.next && !self.heartbeat.in_flight {
                self.heartbeat.in_flight = true;
                self.heartbeat.next = now + self.config.heartbeat_interval;
                let generation = self.membership.generation.clone();
                let request = HeartbeatRequest {
                    group: self.config.group_id.clone(),
                    generation: generation.id,
                    member: generation.member.clone(),
                };
                self.net.send(coordinator, Request::Heartbeat(request), Purpose::Heartbeat(generation), fx);
            }
        } else {
            self.maybe_find_coordinator(now, fx);
        }
    }

    fn session_timeout(&self) -> SimTime {
        SimTime::from_ms(u64::try_from(self.config.session_timeout_ms).unwrap_or(0))
    }

    fn poll_timeout_expired(&self, now: SimTime) -> bool {
        !self.app.is_polling() && now.since(self.heartbeat.last_poll) >= self.max_poll_interval()
    }

    fn leave_because_of_poll_timeout(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        self.last_error = Some("max.poll.interval.ms");
        self.send_leave(now, fx);
        self.membership.reset_and_rejoin(true);
        self.heartbeat.disable();
    }

    /// Tells the coordinator that this member goes, if there is anything to tell; says whether a request went out.
    pub(super) fn send_leave(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) -> bool {
        let member = self.membership.generation.member.clone();
        if member.is_empty() || self.membership.state == MemberState::Unjoined {
            return false;
        }
        let Some(coordinator) = self.cluster.ready_coordinator(now) else { return false };
        let request = LeaveGroupRequest { group: self.config.group_id.clone(), member };
        self.net.send(coordinator, Request::LeaveGroup(request), Purpose::Leave, fx);
        true
    }

    pub(super) fn on_heartbeat(&mut self, now: SimTime, sent: &Generation, error: ErrorCode) {
        let current = self.membership.generation == *sent;
        match error {
            ErrorCode::None => self.heartbeat.answered(now),
            ErrorCode::RebalanceInProgress => {
                self.heartbeat.answered(now);
                if self.membership.state == MemberState::Stable {
                    self.membership.rejoin_needed = true;
                }
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration if current => {
                self.last_error = Some(error.name());
                self.heartbeat.failed(now, &self.config);
                self.membership.reset_and_rejoin(error == ErrorCode::UnknownMemberId);
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => self.heartbeat.answered(now),
            error => {
                self.last_error = Some(error.name());
                if matches!(error, ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator) {
                    self.mark_coordinator_unknown();
                }
                self.heartbeat.failed(now, &self.config);
            }
        }
    }

    pub(super) fn on_heartbeat_failed(&mut self, now: SimTime) {
        self.heartbeat.failed(now, &self.config);
        self.mark_coordinator_unknown();
    }

    /// When the heartbeat thread has something to do.
    pub(super) fn next_heartbeat_thread_wake(&self, now: SimTime) -> Option<SimTime> {
        if !self.heartbeat.enabled {
            return None;
        }
        let beat = (!self.heartbeat.in_flight).then_some(self.heartbeat.next);
        let session = Some(self.heartbeat.last_answer + self.session_timeout());
        let poll = (!self.app.is_polling()).then(|| self.heartbeat.last_poll + self.max_poll_interval());
        let cluster = self.next_cluster_wake(now);
        [beat, session, poll, cluster].into_iter().flatten().filter(|at| *at > now).min()
    }
}

impl Heartbeat {
    fn answered(&mut self, now: SimTime) {
        self.in_flight = false;
        self.last_answer = now;
    }
}
