//! One event after another.

use super::cluster::{Cluster, Event};
use super::node::{ClientProcess, Held, NodeTimer};
use crate::base::{Bytes, NodeId, SimTime};
use crate::broker::{BrokerInput, BrokerState};
use crate::client::ClientInput;
use crate::controller::ControllerInput;
use crate::protocol::{Body, Effects, Envelope};
use crate::sim::{Action, ActionError, Ledger};
use crate::trace::{EventSeq, TraceKind};
use std::rc::Rc;

impl Cluster {
    /// When the next event is; there is always one as long as a process lives.
    #[must_use]
    pub fn next_event_at(&self) -> Option<SimTime> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Lets the next event happen. False if there is none.
    pub fn step(&mut self) -> bool {
        let Some(((at, _), event)) = self.queue.pop_first() else { return false };
        self.now = at;
        self.steps += 1;
        match event {
            Event::Deliver(envelope) => self.deliver(envelope),
            Event::Duplicate(envelope) => self.discard(envelope),
            Event::Timer { node, incarnation, timer, cause } => {
                if self.is_alive(node) && self.life_mut(node).incarnation == incarnation {
                    self.on_timer(node, timer, cause);
                }
            }
            Event::Send { node, incarnation, outgoing } => {
                if self.is_alive(node) && self.life_mut(node).incarnation == incarnation {
                    self.on_disk_done(node, outgoing);
                }
            }
            Event::WriteBack(broker) => self.write_back(broker),
            Event::Strike(storm) => self.strike(storm),
            Event::Mend(action) => self.mend(&action),
        }
        true
    }

    /// Lets everything happen up to and including `time`; afterwards it is that time.
    pub fn run_to(&mut self, time: SimTime) {
        while self.next_event_at().is_some_and(|at| at <= time) {
            self.step();
        }
        self.now = self.now.max(time);
    }

    fn deliver(&mut self, envelope: Envelope) {
        let Envelope { id, from, to, cause, label, body, .. } = envelope;
        if !self.is_alive(to) {
            // Nobody listens there; the machine says so, if it has power.
            if body != Body::Disconnected
                && !self.life_mut(to).powered_off
                && let Some(reset) = Rc::make_mut(&mut self.network).reset(self.now, to, from, cause)
            {
                self.enqueue(reset.deliver_at, Event::Deliver(reset));
            }
            return;
        }
        let kind = match body {
            Body::Disconnected => TraceKind::Disconnected { peer: from },
            _ => TraceKind::Delivered { id, from, label },
        };
        let arrival = self.say(Some(to), Some(cause), kind);
        let life = self.life_mut(to);
        if life.paused {
            life.held.push(Held::Message { from, body, cause: arrival });
        } else {
            self.step_message(to, from, body, arrival);
        }
    }

    fn on_timer(&mut self, node: NodeId, timer: NodeTimer, cause: Option<EventSeq>) {
        let life = self.life_mut(node);
        if life.paused {
            life.held.push(Held::Timer { timer, cause });
        } else {
            self.step_timer(node, timer, cause);
        }
    }

    pub(super) fn step_message(&mut self, node: NodeId, from: NodeId, body: Body, cause: EventSeq) {
        match node {
            NodeId::Broker(_) => self.step_broker(node, BrokerInput::Message { from, body }, Some(cause)),
            NodeId::Controller(_) => self.step_controller(node, ControllerInput::Message { from, body }, Some(cause)),
            NodeId::Client(_) => self.step_client(node, ClientInput::Message { from, body }, Some(cause)),
        }
    }

    pub(super) fn step_timer(&mut self, node: NodeId, timer: NodeTimer, cause: Option<EventSeq>) {
        match timer {
            NodeTimer::Broker(timer) => self.step_broker(node, BrokerInput::Timer(timer), cause),
            NodeTimer::Controller(timer) => self.step_controller(node, ControllerInput::Timer(timer), cause),
            NodeTimer::Client(timer) => self.step_client(node, ClientInput::Timer(timer), cause),
        }
    }

    /// A process comes up.
    pub(super) fn begin(&mut self, node: NodeId, cause: Option<EventSeq>) {
        let cause = Some(self.say(Some(node), cause, TraceKind::Started));
        match node {
            NodeId::Broker(_) => self.step_broker(node, BrokerInput::Start, cause),
            NodeId::Controller(_) => self.step_controller(node, ControllerInput::Start, cause),
            NodeId::Client(_) => self.step_client(node, ClientInput::Start, cause),
        }
    }

    fn step_broker(&mut self, node: NodeId, input: BrokerInput, cause: Option<EventSeq>) {
        let NodeId::Broker(id) = node else { return };
        let mut fx = self.effects(node, cause);
        let Some(slot) = self.brokers.get_mut(&id) else { return };
        let slot = Rc::make_mut(slot);
        let Some(process) = &mut slot.process else { return };
        slot.disk.advance_to(self.now);
        process.step(input, &mut slot.disk, &mut fx);
        let (state, waited) = (process.state(), slot.disk.take_io_time());
        let seen = fx.events.last().map(|event| event.seq);
        self.carry_out(node, fx, waited, NodeTimer::Broker);
        self.schedule_write_back(id);
        match state {
            BrokerState::Stopped => self.end_process(node, TraceKind::Stopped, cause),
            BrokerState::Halted => self.end_process(node, TraceKind::Killed, seen.or(cause)),
            _ => {}
        }
    }

    fn step_controller(&mut self, node: NodeId, input: ControllerInput, cause: Option<EventSeq>) {
        let NodeId::Controller(id) = node else { return };
        let mut fx = self.effects(node, cause);
        let Some(slot) = self.controllers.get_mut(&id) else { return };
        let Some(process) = &mut Rc::make_mut(slot).process else { return };
        process.step(input, &mut fx);
        self.carry_out(node, fx, SimTime::ZERO, NodeTimer::Controller);
    }

    fn step_client(&mut self, node: NodeId, input: ClientInput, cause: Option<EventSeq>) {
        self.with_client(node, cause, |program, fx| match program {
            ClientProcess::Producer(producer) => producer.step(input, fx),
            ClientProcess::Consumer(consumer) => consumer.step(fx.now, input, fx),
            ClientProcess::Admin(admin) => admin.step(input, fx),
        });
    }

    /// Lets a client's program do something, and carries out what it leaves behind. A program that has come to its end ends its process.
    fn with_client(
        &mut self,
        node: NodeId,
        cause: Option<EventSeq>,
        act: impl FnOnce(&mut ClientProcess, &mut Effects<crate::client::ClientTimer>),
    ) {
        let NodeId::Client(id) = node else { return };
        let mut fx = self.effects(node, cause);
        let Some(slot) = self.clients.get_mut(&id) else { return };
        let program = &mut Rc::make_mut(slot).program;
        act(program, &mut fx);
        self.carry_out(node, fx, SimTime::ZERO, NodeTimer::Client);
        let client = &self.clients[&id];
        if client.alive && client.is_finished() {
            self.end_process(node, TraceKind::Stopped, cause);
        }
    }

    /// Asks a broker to leave in good order, or closes a client.
    pub(super) fn ask_to_stop(&mut self, node: NodeId, cause: Option<EventSeq>) {
        if matches!(node, NodeId::Broker(_)) {
            return self.step_broker(node, BrokerInput::Stop, cause);
        }
        self.with_client(node, cause, |program, fx| match program {
            ClientProcess::Producer(producer) => producer.close(fx),
            ClientProcess::Consumer(consumer) => consumer.stop(fx.now, fx),
            ClientProcess::Admin(_) => {}
        });
    }

    /// Hands a record to a running producer.
    pub(super) fn send(
        &mut self,
        name: &str,
        key: Option<&str>,
        value: Option<&str>,
        partition: Option<i32>,
        action: &Action,
    ) -> Result<(), ActionError> {
        let running =
            |client: &&Rc<super::ClientNode>| client.alive && &*client.name == name && client.producer().is_some();
        let id = self.clients.values().find(running).map(|client| client.id);
        let Some(id) = id else { return Err(ActionError::NoSuchProducer(name.into())) };
        let cause = self.say_command(action);
        let (key, value) = (key.map(Bytes::from), value.map(Bytes::from));
        self.with_client(NodeId::Client(id), cause, |program, fx| {
            if let ClientProcess::Producer(producer) = program {
                producer.send_now(key, value, partition, fx);
            }
        });
        Ok(())
    }

    /// Takes a step's effects into the world: what happened into the trace, messages onto the network, timers into the queue. A process
    /// that `waited` for its disk sends its messages that much later.
    fn carry_out<T>(&mut self, node: NodeId, fx: Effects<T>, waited: SimTime, wrap: impl Fn(T) -> NodeTimer) {
        for event in fx.events {
            if Ledger::concerns(&event.kind) {
                let group = match node {
                    NodeId::Client(id) => self.clients.get(&id).and_then(|client| client.group()),
                    _ => None,
                };
                Rc::make_mut(&mut self.ledger).read(&event, group);
            }
            self.trace.push(event);
        }
        for outgoing in fx.outgoing {
            self.send_after(waited, node, outgoing);
        }
        if fx.timers.is_empty() {
            return;
        }
        let incarnation = self.life_mut(node).incarnation;
        for (at, timer, cause) in fx.timers {
            self.enqueue(at, Event::Timer { node, incarnation, timer: wrap(timer), cause });
        }
    }
}
