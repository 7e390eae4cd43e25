//! Machines: their power, their disks, and processes that wait for them.
//!
//! A step that had to wait for the device sends its messages that much later; what the process says to the same peer after that waits
//! behind it, as on one connection. A machine that loses power takes its process with it, and unlike a process that is killed it tells
//! nobody: there is no kernel left to close its sockets, so peers wait until their requests time out. A controller's metadata log is
//! flushed with every append, so it survives a power loss whole.

use super::action::{Action, ActionError, DiskChange};
use super::cluster::{Cluster, Event};
use super::node::{BrokerNode, Held};
use crate::base::{BrokerId, NodeId, Rng, SimTime};
use crate::disk::DiskProfile;
use crate::protocol::{Effects, Envelope, Outgoing};
use crate::trace::{EventSeq, MachineNews, TraceKind};
use std::rc::Rc;

impl Cluster {
    /// Sends a message, after its sender has `waited` and behind what waits already.
    pub(super) fn send_after(&mut self, waited: SimTime, node: NodeId, outgoing: Outgoing) {
        let link = (node, outgoing.to);
        let ahead = self.waiting.get(&link).copied().unwrap_or_default();
        let at = ahead.max(self.now + waited);
        if at <= self.now {
            self.waiting.remove(&link);
            return self.send_now(node, outgoing);
        }
        self.waiting.insert(link, at);
        let incarnation = self.life_mut(node).incarnation;
        self.enqueue(at, Event::Send { node, incarnation, outgoing });
    }

    pub(super) fn on_disk_done(&mut self, node: NodeId, outgoing: Outgoing) {
        let life = self.life_mut(node);
        if life.paused {
            life.held.push(Held::Outgoing(outgoing));
        } else {
            self.send_now(node, outgoing);
        }
    }

    pub(super) fn send_now(&mut self, node: NodeId, outgoing: Outgoing) {
        let (cause, seq) = (outgoing.cause, self.trace.len());
        if !matches!(node, NodeId::Client(_)) {
            Rc::make_mut(&mut self.metrics).response(self.now, node, outgoing.to, &outgoing.body);
        }
        let sent = Rc::make_mut(&mut self.network).send(self.now, node, outgoing, seq);
        let Envelope { id, to, label, .. } = &sent.envelope;
        self.say(Some(node), cause, TraceKind::Sent { id: *id, to: *to, label: label.clone(), lost: sent.lost });
        self.carry(sent, seq);
    }

    /// The kernel brings to the platter what has been dirty for too long, whether there is a process or not.
    pub(super) fn write_back(&mut self, id: BrokerId, cause: Option<EventSeq>) {
        let now = self.now;
        let node = self.broker_mut(id);
        if node.write_back_at != Some(now) {
            return;
        }
        node.write_back_at = None;
        let before = node.disk.cache_stat().written_back;
        node.disk.advance_to(now);
        let pages = node.disk.cache_stat().written_back - before;
        if pages > 0 {
            self.say(Some(NodeId::Broker(id)), cause, TraceKind::Machine(MachineNews::WrittenBack { pages }));
        }
        self.schedule_write_back(id, cause);
    }

    /// Sees to it that the kernel wakes when it has something to write.
    pub(super) fn schedule_write_back(&mut self, id: BrokerId, cause: Option<EventSeq>) {
        let Some(node) = self.brokers.get(&id) else { return };
        let Some(due) = node.disk.next_write_back() else { return };
        if node.write_back_at.is_some_and(|at| at <= due) {
            return;
        }
        self.broker_mut(id).write_back_at = Some(due);
        self.enqueue(due, Event::WriteBack(id, cause));
    }

    pub(super) fn power_off(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        if matches!(node, NodeId::Client(_)) {
            return Err(ActionError::NotForThisNode(node));
        }
        self.status(node)?;
        if self.life_mut(node).powered_off {
            return Err(ActionError::WrongState { node, is: "switched off" });
        }
        let cause = self.say_command(action);
        self.forget_process(node);
        let life = self.life_mut(node);
        life.powered_off = true;
        let incarnation = life.incarnation;
        let (mut dirty, mut arrived) = (0, 0);
        if let NodeId::Broker(id) = node {
            let mut rng = Rng::new(self.config.seed, &("power", id, incarnation));
            let machine = self.broker_mut(id);
            machine.write_back_at = None;
            dirty = machine.disk.page_cache().dirty;
            arrived = machine.disk.power_loss(&mut rng);
        }
        self.say(Some(node), cause, TraceKind::Machine(MachineNews::PoweredOff { dirty, arrived }));
        Rc::make_mut(&mut self.network).vanish(node);
        Ok(())
    }

    pub(super) fn change_disk(
        &mut self,
        id: BrokerId,
        change: &DiskChange,
        action: &Action,
    ) -> Result<(), ActionError> {
        let node = NodeId::Broker(id);
        self.status(node)?;
        if *change == DiskChange::Repair {
            self.expect_status(node, &["stopped"])?;
        }
        let now = self.now;
        let mut disk = self.broker_mut(id).disk.clone();
        disk.advance_to(now);
        let news = match change {
            DiskChange::Slow(times) => {
                disk.set_slowness(*times);
                MachineNews::DiskSlowed { times: disk.slowness() }
            }
            DiskChange::Capacity(bytes) => {
                disk.set_capacity(*bytes);
                MachineNews::DiskResized { capacity: *bytes }
            }
            DiskChange::Memory(bytes) => {
                disk.set_memory(*bytes);
                MachineNews::MemoryResized { bytes: disk.memory() }
            }
            DiskChange::Profile(name) => {
                let profile = DiskProfile::ALL.into_iter().find(|profile| profile.name == name);
                let profile = profile.ok_or_else(|| ActionError::NoSuchProfile(name.clone()))?;
                disk.set_profile(profile);
                MachineNews::DiskExchanged { profile: profile.name }
            }
            DiskChange::Fail => {
                disk.fail();
                MachineNews::DiskFailed
            }
            DiskChange::Repair => {
                disk = disk.replacement();
                self.format_log_dir(id, &mut disk);
                MachineNews::DiskReplaced
            }
            DiskChange::Corrupt { path, position } => {
                disk.corrupt(path, *position).map_err(ActionError::Disk)?;
                MachineNews::ByteTurned { path: path.as_str().into(), position: *position }
            }
        };
        let cause = self.say_command(action);
        // Nobody waits for what a hand that reached in from outside has the device do.
        disk.take_io_time();
        self.broker_mut(id).disk = disk;
        let seen = self.say(Some(node), cause, TraceKind::Machine(news));
        self.schedule_write_back(id, Some(seen));
        Ok(())
    }

    /// Sets the clock of a node's machine. It stays wrong through a restart of the process.
    pub(super) fn skew_clock(&mut self, node: NodeId, by_ms: i64, action: &Action) -> Result<(), ActionError> {
        const MOST_MS: u64 = 30 * 24 * 3_600_000;
        self.status(node)?;
        if by_ms.unsigned_abs() > MOST_MS {
            return Err(ActionError::ClockTooWrong);
        }
        let cause = self.say_command(action);
        match by_ms {
            0 => self.clock_skews.remove(&node),
            _ => self.clock_skews.insert(node, by_ms),
        };
        self.say(Some(node), cause, TraceKind::Machine(MachineNews::ClockSkewed { by_ms }));
        Ok(())
    }

    /// The effects of a step of `node` that begins now, on its own clock.
    pub(super) fn effects<T>(&self, node: NodeId, cause: Option<EventSeq>) -> Effects<T> {
        let fx = Effects::new(self.now, node, cause, self.trace.len());
        fx.with_clock_skew(self.clock_skew_ms(node))
    }

    fn broker_mut(&mut self, id: BrokerId) -> &mut BrokerNode {
        Rc::make_mut(self.brokers.get_mut(&id).expect("a known broker"))
    }
}

/// A change in the words of the lab.
pub(super) fn describe(id: BrokerId, change: &DiskChange) -> String {
    match change {
        DiskChange::Slow(times) => format!("disk slow {id} {times}x"),
        DiskChange::Capacity(bytes) => format!("disk capacity {id} {bytes}"),
        DiskChange::Memory(bytes) => format!("disk memory {id} {bytes}"),
        DiskChange::Profile(name) => format!("disk profile {id} {name}"),
        DiskChange::Fail => format!("disk fail {id}"),
        DiskChange::Repair => format!("disk repair {id}"),
        DiskChange::Corrupt { path, position } => format!("disk corrupt broker-{id}:{path}@{position}"),
    }
}
