//! The hands that reach in: processes are started, stopped, killed and hung.

use super::action::{Action, ActionError};
use super::cluster::{Cluster, Event};
use super::node::{ClientSpec, Held, Life};
use crate::base::NodeId;
use crate::trace::{EventSeq, TraceKind};
use std::rc::Rc;

impl Cluster {
    pub(super) fn start(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["stopped"])?;
        match node {
            NodeId::Broker(id) => {
                let cause = self.say_command(action);
                self.start_broker(id, cause);
            }
            NodeId::Controller(id) => {
                let cause = self.say_command(action);
                self.start_controller(id, cause);
            }
            NodeId::Client(id) => match self.clients[&id].spec.clone() {
                ClientSpec::Producer(spec) => self.start_producer(&spec, action)?,
                ClientSpec::Consumer(spec) => self.start_consumer(&spec, action)?,
                ClientSpec::Admin => return Err(ActionError::NotForThisNode(node)),
            },
        }
        Ok(())
    }

    pub(super) fn stop(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["running"])?;
        if matches!(node, NodeId::Controller(_)) {
            return self.kill(node, action);
        }
        let cause = self.say_command(action);
        self.ask_to_stop(node, cause);
        Ok(())
    }

    pub(super) fn kill(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["running", "paused"])?;
        let cause = self.say_command(action);
        self.end_process(node, TraceKind::Killed, cause);
        Ok(())
    }

    /// Ends a process, in whatever way; its sockets close.
    pub(super) fn end_process(&mut self, node: NodeId, how: TraceKind, cause: Option<EventSeq>) {
        self.forget_process(node);
        let cause = self.say(Some(node), cause, how);
        for envelope in Rc::make_mut(&mut self.network).close(self.now, node, cause) {
            self.enqueue(envelope.deliver_at, Event::Deliver(Rc::new(envelope)));
        }
    }

    /// What a process held in memory is gone.
    pub(super) fn forget_process(&mut self, node: NodeId) {
        Rc::make_mut(&mut self.metrics).forget(node);
        match node {
            NodeId::Broker(id) => {
                let broker = Rc::make_mut(self.brokers.get_mut(&id).expect("checked by the caller"));
                broker.process = None;
                broker.life = Life { incarnation: broker.life.incarnation, ..Life::default() };
            }
            NodeId::Controller(id) => {
                let controller = Rc::make_mut(self.controllers.get_mut(&id).expect("checked by the caller"));
                if let Some(process) = controller.process.take() {
                    controller.store = process.store().clone();
                }
                controller.life = Life { incarnation: controller.life.incarnation, ..Life::default() };
            }
            NodeId::Client(id) => {
                let client = Rc::make_mut(self.clients.get_mut(&id).expect("checked by the caller"));
                client.alive = false;
                client.life = Life { incarnation: client.life.incarnation + 1, ..Life::default() };
            }
        }
    }

    pub(super) fn pause(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["running"])?;
        let cause = self.say_command(action);
        self.life_mut(node).paused = true;
        self.say(Some(node), cause, TraceKind::Paused);
        Ok(())
    }

    pub(super) fn resume(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["paused"])?;
        let cause = self.say_command(action);
        let life = self.life_mut(node);
        life.paused = false;
        let held = std::mem::take(&mut life.held);
        self.say(Some(node), cause, TraceKind::Resumed);
        for held in held {
            match held {
                Held::Message { from, body, cause } => self.step_message(node, from, body, cause),
                Held::Timer { timer, cause } => self.step_timer(node, timer, cause),
                Held::Outgoing(outgoing) => self.send_now(node, outgoing),
            }
        }
        Ok(())
    }

    pub(super) fn expect_status(&self, node: NodeId, allowed: &[&str]) -> Result<(), ActionError> {
        let is = match self.status(node)? {
            super::ProcessStatus::Running => "running",
            super::ProcessStatus::Paused => "paused",
            super::ProcessStatus::Dead => "stopped",
        };
        if allowed.contains(&is) { Ok(()) } else { Err(ActionError::WrongState { node, is }) }
    }

    pub(super) fn life_mut(&mut self, node: NodeId) -> &mut Life {
        match node {
            NodeId::Broker(id) => &mut Rc::make_mut(self.brokers.get_mut(&id).expect("a known node")).life,
            NodeId::Controller(id) => &mut Rc::make_mut(self.controllers.get_mut(&id).expect("a known node")).life,
            NodeId::Client(id) => &mut Rc::make_mut(self.clients.get_mut(&id).expect("a known node")).life,
        }
    }
}
