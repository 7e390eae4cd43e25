//! A node: a machine, and perhaps a process on it.
//!
//! What a process holds in memory dies with it; what it wrote stays with the machine. A process that hangs keeps everything, and what
//! comes for it waits in its socket buffers.

use super::action::{ConsumerSpec, ProducerSpec};
use crate::base::{ClientId, NodeId, SimTime};
use crate::broker::{Broker, BrokerTimer};
use crate::client::{Admin, ClientTimer, Consumer, Outcome, Producer};
use crate::controller::{Controller, ControllerTimer, QuorumStore};
use crate::disk::Disk;
use crate::protocol::{Body, Outgoing};
use crate::trace::EventSeq;
use std::rc::Rc;

/// A node's timer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NodeTimer {
    /// A broker's.
    Broker(BrokerTimer),
    /// A controller's.
    Controller(ControllerTimer),
    /// A client's.
    Client(ClientTimer),
}

/// What came for a process while it hung.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Held {
    /// A message, with the trace event of its arrival.
    Message { from: NodeId, body: Body, cause: EventSeq },
    /// A timer, with what caused it.
    Timer { timer: NodeTimer, cause: Option<EventSeq> },
    /// A message that the process was about to send when the disk would let it.
    Outgoing(Outgoing),
}

/// How a process is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProcessStatus {
    /// It runs.
    Running,
    /// It hangs.
    Paused,
    /// There is none.
    Dead,
}

/// What every node has beside its process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Life {
    /// Counts starts; a timer of an earlier process is void.
    pub(super) incarnation: u32,
    pub(super) paused: bool,
    /// The machine has no power: nobody answers there, not even to say that nobody listens.
    pub(super) powered_off: bool,
    pub(super) held: Vec<Held>,
}

impl Life {
    pub(super) fn status(&self, alive: bool) -> ProcessStatus {
        match (alive, self.paused) {
            (false, _) => ProcessStatus::Dead,
            (true, true) => ProcessStatus::Paused,
            (true, false) => ProcessStatus::Running,
        }
    }
}

/// A broker's machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BrokerNode {
    pub(super) life: Life,
    pub(super) disk: Disk,
    /// When the kernel is to look for pages to write back.
    pub(super) write_back_at: Option<SimTime>,
    pub(super) process: Option<Broker>,
}

impl BrokerNode {
    /// Its disk.
    #[must_use]
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Its process, if there is one.
    #[must_use]
    pub fn process(&self) -> Option<&Broker> {
        self.process.as_ref()
    }

    /// How its process is.
    #[must_use]
    pub fn status(&self) -> ProcessStatus {
        self.life.status(self.process.is_some())
    }

    /// Whether the machine has no power.
    #[must_use]
    pub fn is_powered_off(&self) -> bool {
        self.life.powered_off
    }
}

/// A controller's machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ControllerNode {
    pub(super) life: Life,
    /// What the last process left on the disk; current only while there is no process.
    pub(super) store: QuorumStore,
    pub(super) process: Option<Controller>,
}

impl ControllerNode {
    /// Its process, if there is one.
    #[must_use]
    pub fn process(&self) -> Option<&Controller> {
        self.process.as_ref()
    }

    /// How its process is.
    #[must_use]
    pub fn status(&self) -> ProcessStatus {
        self.life.status(self.process.is_some())
    }

    /// Whether the machine has no power.
    #[must_use]
    pub fn is_powered_off(&self) -> bool {
        self.life.powered_off
    }
}

/// The kinds of clients.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientKind {
    /// Writes.
    Producer,
    /// Reads, in a group.
    Consumer,
    /// Asks, for a command-line tool.
    Admin,
}

/// A client's program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ClientProcess {
    /// A producer.
    Producer(Producer),
    /// A consumer.
    Consumer(Box<Consumer>),
    /// A command-line tool.
    Admin(Admin),
}

/// What a client was started as, so that it can be started again.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum ClientSpec {
    /// A producer.
    Producer(ProducerSpec),
    /// A consumer.
    Consumer(ConsumerSpec),
    /// A command-line tool.
    Admin,
}

/// A client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClientNode {
    /// Its number.
    pub id: ClientId,
    /// Its name; several clients may have had the same one after another.
    pub name: Rc<str>,
    pub(super) spec: ClientSpec,
    pub(super) life: Life,
    /// The program; it stays to be looked at when the process is gone.
    pub(super) program: ClientProcess,
    pub(super) alive: bool,
}

impl ClientNode {
    /// Its program, as it is, or as it was when its process ended.
    #[must_use]
    pub fn program(&self) -> &ClientProcess {
        &self.program
    }

    /// How its process is.
    #[must_use]
    pub fn status(&self) -> ProcessStatus {
        self.life.status(self.alive)
    }

    /// The producer, if it is one.
    #[must_use]
    pub fn producer(&self) -> Option<&Producer> {
        match &self.program {
            ClientProcess::Producer(producer) => Some(producer),
            _ => None,
        }
    }

    /// The consumer, if it is one.
    #[must_use]
    pub fn consumer(&self) -> Option<&Consumer> {
        match &self.program {
            ClientProcess::Consumer(consumer) => Some(consumer),
            _ => None,
        }
    }

    /// The group that it was started for, if it is a consumer.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        match &self.spec {
            ClientSpec::Consumer(spec) => Some(&spec.group),
            _ => None,
        }
    }

    /// The settings that it was started with, by Kafka's names.
    #[must_use]
    pub fn settings(&self) -> &[(String, String)] {
        match &self.spec {
            ClientSpec::Producer(spec) => &spec.config,
            ClientSpec::Consumer(spec) => &spec.config,
            ClientSpec::Admin => &[],
        }
    }

    /// What kind of program it is.
    #[must_use]
    pub fn kind(&self) -> ClientKind {
        match self.program {
            ClientProcess::Producer(_) => ClientKind::Producer,
            ClientProcess::Consumer(_) => ClientKind::Consumer,
            ClientProcess::Admin(_) => ClientKind::Admin,
        }
    }

    /// Whether it came to its end in good order.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.program {
            ClientProcess::Producer(producer) => producer.is_finished(),
            ClientProcess::Consumer(consumer) => consumer.is_finished(),
            ClientProcess::Admin(admin) => *admin.outcome() != Outcome::Waiting,
        }
    }

    /// Whether it belongs to a tool rather than to a person's application.
    #[must_use]
    pub fn is_tool(&self) -> bool {
        match &self.spec {
            ClientSpec::Producer(spec) => spec.tool,
            ClientSpec::Consumer(spec) => spec.tool,
            ClientSpec::Admin => true,
        }
    }
}
