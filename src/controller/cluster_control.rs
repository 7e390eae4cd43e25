//! Brokers come, live, are shut out, and leave (Kafka's `ClusterControlManager` and `BrokerHeartbeatManager`).
//!
//! A broker registers and starts *fenced*: it may lead nothing and join no ISR. Its heartbeats say how far it has replayed the
//! metadata log; once it has seen its own registration it is let in. If no heartbeat comes for `broker.session.timeout.ms` it is
//! fenced again, and its leaderships move. A broker that wants to leave says so in its heartbeat, loses its leaderships first,
//! and may stop once everybody else has learned of that.

use super::{Controller, ControllerTimer};
use crate::base::{BrokerId, Map, NodeId, Offset, SimTime};
use crate::protocol::{BrokerHeartbeatResponse, Effects, ErrorCode, MetadataRecord, Response};
use crate::trace::{EventSeq, TraceKind};
use std::rc::Rc;

/// What the active controller keeps in mind of each broker; it is not in the log, and a new controller begins afresh.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct HeartbeatManager {
    brokers: Map<BrokerId, BrokerHeartbeatState>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct BrokerHeartbeatState {
    last_contact: SimTime,
    /// The trace event of that contact: why the session runs out when it does.
    last_heard: Option<EventSeq>,
    metadata_offset: Offset,
    /// The end of the log when its controlled shutdown began.
    controlled_shutdown_offset: Option<Offset>,
}

impl HeartbeatManager {
    /// The broker was heard of.
    pub(super) fn touch(&mut self, broker: BrokerId, now: SimTime, heard: Option<EventSeq>) -> bool {
        let known = self.brokers.contains_key(&broker);
        let fresh = BrokerHeartbeatState {
            last_contact: now,
            last_heard: heard,
            metadata_offset: -1,
            controlled_shutdown_offset: None,
        };
        let state = self.brokers.entry(broker).or_insert(fresh);
        (state.last_contact, state.last_heard) = (now, heard);
        !known
    }

    fn has_valid_session(&self, broker: BrokerId, now: SimTime, timeout: SimTime) -> bool {
        self.brokers.get(&broker).is_some_and(|state| now.since(state.last_contact) < timeout)
    }

    /// The broker that was silent longest, if its session is over.
    fn stalest(&self, now: SimTime, timeout: SimTime) -> Option<BrokerId> {
        let (broker, state) = self.brokers.iter().min_by_key(|(_, state)| state.last_contact)?;
        (now.since(state.last_contact) >= timeout).then_some(*broker)
    }

    fn next_deadline(&self, timeout: SimTime) -> Option<SimTime> {
        self.brokers.values().map(|state| state.last_contact + timeout).min()
    }

    /// The least that any other broker has replayed.
    fn lowest_offset_besides(&self, broker: BrokerId) -> Offset {
        let others = self.brokers.iter().filter(|(other, _)| **other != broker);
        others.map(|(_, state)| state.metadata_offset).min().unwrap_or(Offset::MAX)
    }
}

type Fx = Effects<ControllerTimer>;

impl Controller {
    pub(super) fn register_broker(
        &mut self,
        from: NodeId,
        correlation: u32,
        broker: BrokerId,
        incarnation: u32,
        rack: Option<Rc<str>>,
        fx: &mut Fx,
    ) {
        let alive = self.heartbeats.has_valid_session(broker, fx.now, self.config.session_timeout);
        let registered = self.image.brokers.get(&broker);
        let response = match registered {
            Some(existing) if existing.incarnation == incarnation => Ok(existing.epoch),
            Some(_) if alive => Err(ErrorCode::DuplicateBrokerRegistration),
            _ => {
                if registered.is_some_and(|existing| !existing.fenced) {
                    self.fence(broker, fx);
                }
                self.heartbeats.brokers.remove(&broker);
                let epoch = self.store.log.end_offset();
                fx.trace(TraceKind::BrokerRegistered { broker });
                self.write(vec![MetadataRecord::RegisterBroker { broker, incarnation, rack }], fx);
                Ok(epoch)
            }
        };
        self.answer_when_committed(from, correlation, Response::BrokerRegistration(response), fx);
    }

    pub(super) fn heartbeat(
        &mut self,
        broker: BrokerId,
        epoch: i64,
        metadata_offset: Offset,
        want_shut_down: bool,
        fx: &mut Fx,
    ) -> BrokerHeartbeatResponse {
        let refused = |error| BrokerHeartbeatResponse { error, fenced: true, should_shut_down: false };
        let Some(registration) = self.image.brokers.get(&broker) else {
            return refused(ErrorCode::BrokerIdNotRegistered);
        };
        if registration.epoch != epoch {
            return refused(ErrorCode::StaleBrokerEpoch);
        }
        let (fenced, leaving) = (registration.fenced, registration.in_controlled_shutdown);
        if self.heartbeats.touch(broker, fx.now, fx.cause()) {
            self.schedule_session_check(fx);
        }
        self.heartbeats.brokers.get_mut(&broker).expect("touched above").metadata_offset = metadata_offset;
        let should_shut_down = match (want_shut_down, fenced, leaving) {
            (true, true, _) => true,
            (true, false, false) => self.begin_controlled_shutdown(broker, fx),
            (true, false, true) => self.may_shut_down(broker),
            (false, true, _) if metadata_offset >= epoch => {
                self.unfence(broker, fx);
                false
            }
            (false, _, _) => false,
        };
        let fenced = self.image.brokers[&broker].fenced;
        BrokerHeartbeatResponse { error: ErrorCode::None, fenced, should_shut_down }
    }

    fn unfence(&mut self, broker: BrokerId, fx: &mut Fx) {
        fx.trace_and(TraceKind::BrokerUnfenced { broker }, |fx| {
            self.write(
                vec![MetadataRecord::BrokerRegistrationChange { broker, fenced: false, in_controlled_shutdown: false }],
                fx,
            );
            self.elect_for_returned(fx);
        });
    }

    fn fence(&mut self, broker: BrokerId, fx: &mut Fx) {
        if let Some(state) = self.heartbeats.brokers.remove(&broker) {
            fx.because(state.last_heard);
        }
        fx.trace_and(TraceKind::BrokerFenced { broker }, |fx| {
            self.write(
                vec![MetadataRecord::BrokerRegistrationChange { broker, fenced: true, in_controlled_shutdown: false }],
                fx,
            );
            self.remove_from_leadership(broker, fx);
        });
    }

    /// The broker gives up what it leads; it may stop at once if that is nothing.
    fn begin_controlled_shutdown(&mut self, broker: BrokerId, fx: &mut Fx) -> bool {
        if !self.leads_anything(broker) {
            return true;
        }
        self.write(
            vec![MetadataRecord::BrokerRegistrationChange { broker, fenced: false, in_controlled_shutdown: true }],
            fx,
        );
        self.remove_from_leadership(broker, fx);
        let end = self.store.log.end_offset();
        if let Some(state) = self.heartbeats.brokers.get_mut(&broker) {
            state.controlled_shutdown_offset = Some(end - 1);
        }
        false
    }

    fn may_shut_down(&self, broker: BrokerId) -> bool {
        let began = self.heartbeats.brokers.get(&broker).and_then(|state| state.controlled_shutdown_offset);
        !self.leads_anything(broker)
            && began.is_none_or(|offset| offset <= self.heartbeats.lowest_offset_besides(broker))
    }

    fn leads_anything(&self, broker: BrokerId) -> bool {
        self.image.partitions().any(|(_, partition)| partition.leader == Some(broker))
    }

    /// Fences one broker whose session is over (Kafka, too, does one at a time), and looks again when the next may be.
    pub(super) fn check_sessions(&mut self, fx: &mut Fx) {
        if let Some(broker) = self.heartbeats.stalest(fx.now, self.config.session_timeout) {
            if self.image.brokers.get(&broker).is_some_and(|registration| !registration.fenced) {
                self.fence(broker, fx);
            } else {
                self.heartbeats.brokers.remove(&broker);
            }
        }
        self.schedule_session_check(fx);
    }

    pub(super) fn schedule_session_check(&mut self, fx: &mut Fx) {
        if let Some(deadline) = self.heartbeats.next_deadline(self.config.session_timeout) {
            let wait = deadline.since(fx.now).max(SimTime::from_ms(10));
            fx.timer(wait, ControllerTimer::SessionCheck(self.term_of_office));
        }
    }
}
