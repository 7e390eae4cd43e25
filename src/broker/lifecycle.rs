//! A broker's life towards the controller (Kafka's `BrokerLifecycleManager`).
//!
//! It registers, sends heartbeats every `broker.heartbeat.interval.ms`, and is let in once it has replayed its own registration.
//! Asked to stop, it says so in its heartbeats and goes on serving until the controller has moved what it leads.

use super::{Broker, BrokerTimer, Fx, Purpose};
use crate::base::{Offset, Set, SimTime};
use crate::disk::Disk;
use crate::protocol::{BrokerHeartbeatResponse, ErrorCode, Request};

/// How far a broker is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum BrokerState {
    /// It registers and catches up with the metadata log.
    #[default]
    Starting,
    /// It serves.
    Running,
    /// It is leaving in good order.
    PendingControlledShutdown,
    /// It has left; the process may end.
    Stopped,
    /// Its only log directory cannot be used any more; the process ends at once.
    Halted,
}

/// The broker's side of registration and heartbeats.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Lifecycle {
    pub(super) state: BrokerState,
    /// The offset of its registration, which is its broker epoch.
    pub(super) epoch: Option<i64>,
    /// Tells a stale timer from the live one.
    turn: u32,
    failures: u32,
}

impl Broker {
    pub(super) fn register(&mut self, fx: &mut Fx) {
        let rack = self.config.rack.clone();
        let request = Request::BrokerRegistration { broker: self.id, incarnation: self.incarnation, rack };
        self.send_to_controller(request, Purpose::Register, fx);
    }

    pub(super) fn on_registered(&mut self, result: Result<i64, ErrorCode>, disk: &mut Disk, fx: &mut Fx) {
        match result {
            Ok(epoch) => {
                self.lifecycle.epoch = Some(epoch);
                self.lifecycle.failures = 0;
                self.publish(Set::new(), disk, fx);
                if self.offline_log_dir.is_none() {
                    self.heartbeat(fx);
                }
            }
            Err(_) => self.retry_lifecycle(fx),
        }
    }

    /// Tries again after 100 ms, doubled with each failure up to the session time-out's length.
    pub(super) fn retry_lifecycle(&mut self, fx: &mut Fx) {
        let wait = SimTime::from_ms((100 << self.lifecycle.failures.min(6)).min(5000));
        self.lifecycle.failures += 1;
        self.schedule_lifecycle(wait, fx);
    }

    fn schedule_lifecycle(&mut self, wait: SimTime, fx: &mut Fx) {
        self.lifecycle.turn += 1;
        fx.timer(wait, BrokerTimer::Lifecycle(self.lifecycle.turn));
    }

    pub(super) fn on_lifecycle_timer(&mut self, turn: u32, fx: &mut Fx) {
        if turn != self.lifecycle.turn || self.lifecycle.state == BrokerState::Stopped {
            return;
        }
        match self.lifecycle.epoch {
            Some(_) => self.heartbeat(fx),
            None => self.register(fx),
        }
    }

    fn heartbeat(&mut self, fx: &mut Fx) {
        let Some(epoch) = self.lifecycle.epoch else { return };
        let want_shut_down = self.lifecycle.state == BrokerState::PendingControlledShutdown;
        let metadata_offset = self.image.next_offset - 1;
        let request = Request::BrokerHeartbeat { broker: self.id, epoch, metadata_offset, want_shut_down };
        self.send_to_controller(request, Purpose::Heartbeat, fx);
        // Should the answer never come, the next heartbeat goes out all the same.
        self.schedule_lifecycle(self.config.heartbeat_interval, fx);
    }

    /// The metadata log has been replayed up to here: a starting broker that sees its registration says so at once.
    pub(super) fn on_metadata_progress(&mut self, before: Offset, fx: &mut Fx) {
        let Some(epoch) = self.lifecycle.epoch else { return };
        if self.lifecycle.state == BrokerState::Starting && before <= epoch && self.image.next_offset > epoch {
            self.heartbeat(fx);
        }
    }

    pub(super) fn on_heartbeat(&mut self, response: &BrokerHeartbeatResponse, disk: &mut Disk, fx: &mut Fx) {
        match response.error {
            ErrorCode::None => {
                self.lifecycle.failures = 0;
                if self.lifecycle.state == BrokerState::Starting && !response.fenced {
                    self.lifecycle.state = BrokerState::Running;
                }
                if self.lifecycle.state == BrokerState::PendingControlledShutdown {
                    if response.should_shut_down {
                        self.shut_down(disk);
                    } else {
                        self.schedule_lifecycle(SimTime::from_ms(50), fx);
                    }
                }
            }
            ErrorCode::NotController => self.retry_lifecycle(fx),
            _ => {
                // The controller no longer knows this registration: come again.
                self.lifecycle.epoch = None;
                self.lifecycle.state = BrokerState::Starting;
                self.incarnation = self.incarnation.wrapping_add(1 << 16);
                self.retry_lifecycle(fx);
            }
        }
    }

    pub(super) fn begin_shutdown(&mut self, disk: &mut Disk, fx: &mut Fx) {
        if self.lifecycle.epoch.is_none() {
            return self.shut_down(disk);
        }
        self.lifecycle.state = BrokerState::PendingControlledShutdown;
        self.heartbeat(fx);
    }

    /// The last thing a broker does in good order: everything to the platter.
    fn shut_down(&mut self, disk: &mut Disk) {
        self.lifecycle.state = BrokerState::Stopped;
        let closed = self.write_high_watermarks(disk).and_then(|()| self.shut_down_log_manager(disk));
        self.online(closed);
    }
}
