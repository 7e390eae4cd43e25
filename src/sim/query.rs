//! What one may ask of the world: the lab's predicates, the view and the tests all read it through these.

use super::{BrokerNode, ClientNode, Cluster, ClusterConfig, ConfigError, ControllerNode, Ledger, ProcessStatus};
use crate::base::{BrokerId, ClientId, ControllerId, NodeId, Offset, SimTime, TopicPartition, digest_of};
use crate::broker::{Broker, Partition};
use crate::client::{Consumer, Producer};
use crate::controller::Controller;
use crate::coordinator::{GroupView, partition_for};
use crate::net::Network;
use crate::protocol::{Envelope, GROUP_METADATA_TOPIC, MetadataImage, PartitionRegistration};
use crate::sim::ActionError;
use crate::sim::cluster::Event;
use crate::trace::Trace;
use std::rc::Rc;

impl Cluster {
    /// The time.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events have happened.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What it began with.
    #[must_use]
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// A number that tells two worlds apart, the same on every platform.
    #[must_use]
    pub fn digest(&self) -> u64 {
        digest_of(self)
    }

    /// All that happened.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What became of every record.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The messages on their way, the next to arrive first.
    pub fn in_flight(&self) -> impl Iterator<Item = &Envelope> {
        self.queue.values().filter_map(|event| match event {
            Event::Deliver(envelope) | Event::Duplicate(envelope) => Some(&**envelope),
            _ => None,
        })
    }

    /// The brokers' machines, by id.
    pub fn brokers(&self) -> impl Iterator<Item = (BrokerId, &Rc<BrokerNode>)> {
        self.brokers.iter().map(|(id, node)| (*id, node))
    }

    /// The controllers' machines, by id.
    pub fn controllers(&self) -> impl Iterator<Item = (ControllerId, &Rc<ControllerNode>)> {
        self.controllers.iter().map(|(id, node)| (*id, node))
    }

    /// All clients that ever were, in the order of their start.
    pub fn clients(&self) -> impl Iterator<Item = &Rc<ClientNode>> {
        self.clients.values()
    }

    /// A broker's machine.
    #[must_use]
    pub fn broker_node(&self, id: BrokerId) -> Option<&Rc<BrokerNode>> {
        self.brokers.get(&id)
    }

    /// A broker's process, if there is one.
    #[must_use]
    pub fn broker(&self, id: BrokerId) -> Option<&Broker> {
        self.brokers.get(&id)?.process()
    }

    /// A client.
    #[must_use]
    pub fn client(&self, id: ClientId) -> Option<&Rc<ClientNode>> {
        self.clients.get(&id)
    }

    /// The client that last had a name.
    #[must_use]
    pub fn client_named(&self, name: &str) -> Option<&Rc<ClientNode>> {
        self.clients.values().rev().find(|client| &*client.name == name)
    }

    /// All producers that ever had a name.
    pub fn producers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Producer> {
        self.clients.values().filter(move |client| &*client.name == name).filter_map(|client| client.producer())
    }

    /// The consumer that last had a name.
    #[must_use]
    pub fn consumer_named(&self, name: &str) -> Option<&Consumer> {
        self.clients.values().rev().filter(|client| &*client.name == name).find_map(|client| client.consumer())
    }

    /// How a node's process is.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn status(&self, node: NodeId) -> Result<ProcessStatus, ActionError> {
        let status = match node {
            NodeId::Broker(id) => self.brokers.get(&id).map(|node| node.status()),
            NodeId::Controller(id) => self.controllers.get(&id).map(|node| node.status()),
            NodeId::Client(id) => self.clients.get(&id).map(|node| node.status()),
        };
        status.ok_or(ActionError::NoSuchNode(node))
    }

    /// Whether a node has a process, hanging or not.
    #[must_use]
    pub fn is_alive(&self, node: NodeId) -> bool {
        self.status(node).is_ok_and(|status| status != ProcessStatus::Dead)
    }

    /// By how many ms a node's clock is fast; negative for slow.
    #[must_use]
    pub fn clock_skew_ms(&self, node: NodeId) -> i64 {
        self.clock_skews.get(&node).copied().unwrap_or(0)
    }

    /// Whether a node's machine has no power.
    #[must_use]
    pub fn is_powered_off(&self, node: NodeId) -> bool {
        match node {
            NodeId::Broker(id) => self.brokers.get(&id).is_some_and(|machine| machine.is_powered_off()),
            NodeId::Controller(id) => self.controllers.get(&id).is_some_and(|machine| machine.is_powered_off()),
            NodeId::Client(_) => false,
        }
    }

    /// How a node is, in a word: `running`, `paused`, `dead`, or `off` if its machine has no power.
    #[must_use]
    pub fn status_word(&self, node: NodeId) -> &'static str {
        match self.status(node) {
            Ok(ProcessStatus::Running) => "running",
            Ok(ProcessStatus::Paused) => "paused",
            Ok(ProcessStatus::Dead) | Err(_) if self.is_powered_off(node) => "off",
            Ok(ProcessStatus::Dead) | Err(_) => "dead",
        }
    }

    /// The active controller: of those that believe they lead, the one in the newest term.
    #[must_use]
    pub fn active_controller(&self) -> Option<&Controller> {
        let processes = self.controllers.values().filter_map(|node| node.process());
        processes.filter(|controller| controller.is_active()).max_by_key(|controller| controller.epoch())
    }

    /// The cluster as it was last recorded: by the active controller, or, if there is none, by whoever has the most of the log.
    #[must_use]
    pub fn image(&self) -> Option<&MetadataImage> {
        let all = || {
            let controllers = self.controllers.values().filter_map(|node| node.process()).map(Controller::image);
            controllers.chain(self.brokers.values().filter_map(|node| node.process()).map(Broker::image))
        };
        self.active_controller().map(Controller::image).or_else(|| all().max_by_key(|image| image.next_offset))
    }

    /// A partition, as the controller recorded it.
    #[must_use]
    pub fn registration(&self, tp: &TopicPartition) -> Option<&Rc<PartitionRegistration>> {
        self.image()?.partition(tp)
    }

    /// A broker's replica of a partition, if its process lives and has one.
    #[must_use]
    pub fn replica(&self, tp: &TopicPartition, broker: BrokerId) -> Option<&Partition> {
        self.broker(broker)?.partition(tp).map(|partition| &**partition)
    }

    /// The replica that leads: where the controller's word and the broker's own agree.
    #[must_use]
    pub fn leader_replica(&self, tp: &TopicPartition) -> Option<&Partition> {
        let leader = self.registration(tp)?.leader?;
        self.replica(tp, leader).filter(|partition| partition.leader().is_some())
    }

    /// A group, as its coordinator has it, and who that is.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<(BrokerId, GroupView)> {
        let partitions = self.image()?.topics.get(GROUP_METADATA_TOPIC)?.partitions.len() as i32;
        let number = partition_for(name, partitions);
        let leader = self.registration(&TopicPartition::new(&GROUP_METADATA_TOPIC.into(), number))?.leader?;
        let group = self.broker(leader)?.coordinators().get(&number)?.group(name)?;
        Some((leader, group))
    }

    /// The offset that a group has committed for a partition.
    #[must_use]
    pub fn committed(&self, group: &str, tp: &TopicPartition) -> Option<Offset> {
        let (_, view) = self.group(group)?;
        view.offsets.iter().find(|(partition, _)| partition == tp).map(|(_, committed)| committed.offset)
    }

    /// A new world with this one's configuration: the moment 0.
    ///
    /// # Errors
    /// Never, for a world that began.
    pub fn from_start(&self) -> Result<Self, ConfigError> {
        Self::new((*self.config).clone())
    }
}
