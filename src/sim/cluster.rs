//! The cluster: all nodes, the queue, and the hands that reach in.

use super::action::{Action, ActionError, ConsumerSpec, ProducerSpec};
use super::ledger::Ledger;
use super::node::{BrokerNode, ClientNode, ClientProcess, ClientSpec, ControllerNode, Held, Life, NodeTimer};
use crate::base::{BrokerId, ClientId, ControllerId, Map, NodeId, Rng, SimTime};
use crate::broker::{BrokerConfig, LOG_DIR};
use crate::client::{Consumer, ConsumerConfig, Keys, Producer, ProducerConfig, Workload};
use crate::controller::{Controller, ControllerConfig, QuorumStore};
use crate::disk::Disk;
use crate::log::MetaProperties;
use crate::net::{Network, NetworkConfig};
use crate::protocol::{Envelope, Outgoing, TopicId};
use crate::trace::{EventSeq, Trace, TraceEvent, TraceKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// What a world begins with.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ClusterConfig {
    /// How many brokers, numbered from 1.
    pub brokers: i32,
    /// How many controllers, numbered from 1.
    pub controllers: i32,
    /// The seed of everything random.
    pub seed: u64,
    /// Settings of brokers and controllers, by Kafka's names.
    pub configs: Vec<(String, String)>,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { brokers: 3, controllers: 3, seed: 1, configs: Vec::new() }
    }
}

/// Why a world cannot begin so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// No brokers, no controllers, or too many.
    Size {
        /// Of what.
        what: &'static str,
        /// How many were asked for.
        asked: i32,
        /// How many there may be at most.
        most: i32,
    },
    /// A setting was refused.
    Setting(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Size { what, asked, most } => write!(f, "there can be 1 to {most} {what}, not {asked}"),
            ConfigError::Setting(message) => f.write_str(message),
        }
    }
}

/// Something that will happen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Event {
    /// A message arrives.
    Deliver(Envelope),
    /// A timer fires, if the process that set it still lives.
    Timer { node: NodeId, incarnation: u32, timer: NodeTimer, cause: Option<EventSeq> },
    /// A process has waited for its disk and sends what it had to say, if it still lives.
    Send { node: NodeId, incarnation: u32, outgoing: Outgoing },
    /// The kernel of a broker's machine looks for pages to write back.
    WriteBack(BrokerId),
}

/// The whole world.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cluster {
    pub(super) config: Rc<ClusterConfig>,
    pub(super) broker_config: Rc<BrokerConfig>,
    pub(super) controller_config: Rc<ControllerConfig>,
    pub(super) now: SimTime,
    /// How many events have happened; with the actions, this says exactly where in its history a world is.
    pub(super) steps: u64,
    pub(super) queue: BTreeMap<(SimTime, u64), Event>,
    pub(super) next_event: u64,
    /// Until when messages of one node to another wait for its disk; later ones wait behind them.
    pub(super) waiting: Map<(NodeId, NodeId), SimTime>,
    pub(super) network: Rc<Network>,
    pub(super) controllers: Map<ControllerId, Rc<ControllerNode>>,
    pub(super) brokers: Map<BrokerId, Rc<BrokerNode>>,
    pub(super) clients: Map<ClientId, Rc<ClientNode>>,
    pub(super) trace: Trace,
    pub(super) ledger: Rc<Ledger>,
}

impl Cluster {
    /// A new world, in which every machine has just been switched on.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn new(config: ClusterConfig) -> Result<Self, ConfigError> {
        for (what, asked, most) in [("brokers", config.brokers, 50), ("controllers", config.controllers, 9)] {
            if !(1..=most).contains(&asked) {
                return Err(ConfigError::Size { what, asked, most });
            }
        }
        let (broker_config, controller_config) = settings(&config)?;
        let network = Network::new(NetworkConfig::default(), Rng::new(config.seed, &"network"));
        let mut cluster = Self {
            config: Rc::new(config),
            broker_config: Rc::new(broker_config),
            controller_config: Rc::new(controller_config),
            now: SimTime::ZERO,
            steps: 0,
            queue: BTreeMap::new(),
            next_event: 0,
            waiting: Map::new(),
            network: Rc::new(network),
            controllers: Map::new(),
            brokers: Map::new(),
            clients: Map::new(),
            trace: Trace::default(),
            ledger: Rc::new(Ledger::default()),
        };
        for id in (1..=cluster.config.controllers).map(ControllerId) {
            let node = ControllerNode { life: Life::default(), store: QuorumStore::default(), process: None };
            cluster.controllers.insert(id, Rc::new(node));
        }
        for id in cluster.controllers.keys().copied().collect::<Vec<_>>() {
            cluster.start_controller(id, None);
        }
        for id in (1..=cluster.config.brokers).map(BrokerId) {
            cluster.add_broker(id);
            cluster.start_broker(id, None);
        }
        Ok(cluster)
    }

    /// Does what a person wants done.
    ///
    /// # Errors
    /// If it cannot be done; then the world is as it was.
    pub fn apply(&mut self, action: &Action) -> Result<(), ActionError> {
        match action {
            Action::Add(id) => {
                let id = id.unwrap_or_else(|| self.brokers.keys().next_back().map_or(1, |last| last.0 + 1));
                if self.brokers.contains_key(&BrokerId(id)) {
                    return Err(ActionError::BrokerExists(id));
                }
                let cause = self.say_command(action);
                self.add_broker(BrokerId(id));
                self.start_broker(BrokerId(id), cause);
            }
            Action::Start(node) => self.start(*node, action)?,
            Action::Stop(node) => self.stop(*node, action)?,
            Action::Kill(node) => self.kill(*node, action)?,
            Action::PowerOff(node) => self.power_off(*node, action)?,
            Action::Disk(id, change) => self.change_disk(*id, change, action)?,
            Action::Pause(node) => self.pause(*node, action)?,
            Action::Resume(node) => self.resume(*node, action)?,
            Action::CutLink(a, b) | Action::HealLink(a, b) => self.change_link(*a, *b, action)?,
            Action::StartProducer(spec) => self.start_producer(spec, action)?,
            Action::StartConsumer(spec) => self.start_consumer(spec, action)?,
            Action::Send { producer, key, value, partition } => {
                self.send(producer, key.as_deref(), value.as_deref(), *partition, action)?;
            }
            Action::Admin(call) => self.start_admin(call, action),
        }
        Ok(())
    }

    /// Writes into the trace that somebody gave a command.
    pub(super) fn say_command(&mut self, action: &Action) -> Option<EventSeq> {
        Some(self.say(None, None, TraceKind::Command(describe(action, self).into())))
    }

    /// Writes something into the trace that no node said.
    pub(super) fn say(&mut self, node: Option<NodeId>, cause: Option<EventSeq>, kind: TraceKind) -> EventSeq {
        let seq = self.trace.len();
        self.trace.push(TraceEvent { seq, at: self.now, node, cause, kind });
        seq
    }

    /// What `kafka-storage format` does on a machine before its broker starts for the first time.
    pub(super) fn format_log_dir(&self, id: BrokerId, disk: &mut Disk) {
        let seed = self.config.seed;
        let meta = MetaProperties {
            cluster_id: random_uuid(&mut Rng::new(seed, &"cluster.id")).into(),
            node_id: id.0,
            directory_id: random_uuid(&mut Rng::new(seed, &("directory.id", id))).into(),
        };
        meta.write(disk, LOG_DIR, self.now.wall_clock_ms()).expect("an empty disk takes a file");
        // That was before the broker's time.
        disk.take_io_time();
    }

    fn add_broker(&mut self, id: BrokerId) {
        let mut disk = Disk::new();
        self.format_log_dir(id, &mut disk);
        let node = BrokerNode { life: Life::default(), disk, write_back_at: None, process: None };
        self.brokers.insert(id, Rc::new(node));
    }

    fn start(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
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

    fn stop(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["running"])?;
        if matches!(node, NodeId::Controller(_)) {
            return self.kill(node, action);
        }
        let cause = self.say_command(action);
        self.ask_to_stop(node, cause);
        Ok(())
    }

    fn kill(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
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
            self.enqueue(envelope.deliver_at, Event::Deliver(envelope));
        }
    }

    /// What a process held in memory is gone.
    pub(super) fn forget_process(&mut self, node: NodeId) {
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

    fn pause(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
        self.expect_status(node, &["running"])?;
        let cause = self.say_command(action);
        self.life_mut(node).paused = true;
        self.say(Some(node), cause, TraceKind::Paused);
        Ok(())
    }

    fn resume(&mut self, node: NodeId, action: &Action) -> Result<(), ActionError> {
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

    fn change_link(&mut self, a: NodeId, b: NodeId, action: &Action) -> Result<(), ActionError> {
        for node in [a, b] {
            self.status(node)?;
        }
        if a == b {
            return Err(ActionError::NotForThisNode(a));
        }
        let cause = self.say_command(action);
        if matches!(action, Action::CutLink(..)) {
            Rc::make_mut(&mut self.network).cut(a, b);
            self.queue.retain(
                |_, event| !matches!(event, Event::Deliver(e) if (e.from, e.to) == (a, b) || (e.from, e.to) == (b, a)),
            );
            self.say(None, cause, TraceKind::LinkCut { a, b });
        } else {
            Rc::make_mut(&mut self.network).heal(a, b);
            self.say(None, cause, TraceKind::LinkHealed { a, b });
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

    fn start_producer(&mut self, spec: &ProducerSpec, action: &Action) -> Result<(), ActionError> {
        self.expect_free_name(&spec.name)?;
        let mut config = ProducerConfig::default();
        for (name, value) in &spec.config {
            config.set(name, value).map_err(|error| ActionError::Config(error.to_string()))?;
        }
        let workload = spec.interval_us.map(|interval| Workload {
            interval: SimTime(interval.max(1)),
            left: spec.count,
            keys: match &spec.keys {
                super::KeySpec::None => Keys::None,
                super::KeySpec::One(key) => Keys::One(key.as_str().into()),
                super::KeySpec::Several(n) => Keys::Several(*n),
            },
            value_size: spec.value_size,
        });
        let (id, rng) = self.next_client(&spec.name);
        let producer = Producer::new(
            id,
            spec.name.as_str().into(),
            config,
            spec.topic.as_str().into(),
            workload,
            self.bootstrap(),
            rng,
        );
        self.start_client(
            id,
            &spec.name,
            ClientSpec::Producer(spec.clone()),
            ClientProcess::Producer(producer),
            action,
        );
        Ok(())
    }

    fn start_consumer(&mut self, spec: &ConsumerSpec, action: &Action) -> Result<(), ActionError> {
        self.expect_free_name(&spec.name)?;
        let mut config = ConsumerConfig { group_id: spec.group.as_str().into(), ..ConsumerConfig::default() };
        for (name, value) in &spec.config {
            config.set(name, value).map_err(|error| ActionError::Config(error.to_string()))?;
        }
        config.validate().map_err(|error| ActionError::Config(error.to_string()))?;
        let (id, rng) = self.next_client(&spec.name);
        let topics = spec.topics.iter().map(|topic| topic.as_str().into()).collect();
        let processing = SimTime(spec.processing_us);
        let mut consumer =
            Consumer::new(id, spec.name.as_str().into(), config, topics, processing, self.bootstrap(), rng);
        consumer.keep_delivered(spec.tool);
        if let Some(count) = spec.limit {
            consumer.limit(count);
        }
        self.start_client(
            id,
            &spec.name,
            ClientSpec::Consumer(spec.clone()),
            ClientProcess::Consumer(Box::new(consumer)),
            action,
        );
        Ok(())
    }

    pub(super) fn start_client(
        &mut self,
        id: ClientId,
        name: &str,
        spec: ClientSpec,
        program: ClientProcess,
        action: &Action,
    ) {
        let cause = self.say_command(action);
        let node = ClientNode { id, name: name.into(), spec, life: Life::default(), program, alive: true };
        self.clients.insert(id, Rc::new(node));
        self.begin(NodeId::Client(id), cause);
    }

    pub(super) fn next_client(&self, name: &str) -> (ClientId, Rng) {
        let id = ClientId(self.clients.keys().next_back().map_or(1, |last| last.0 + 1));
        (id, Rng::new(self.config.seed, &("client", id, name)))
    }

    pub(super) fn bootstrap(&self) -> Vec<BrokerId> {
        self.brokers.keys().copied().collect()
    }

    fn expect_free_name(&self, name: &str) -> Result<(), ActionError> {
        let taken = self.clients.values().any(|client| client.alive && &*client.name == name);
        if taken { Err(ActionError::NameTaken(name.into())) } else { Ok(()) }
    }

    fn start_broker(&mut self, id: BrokerId, cause: Option<EventSeq>) {
        let voters: Vec<ControllerId> = self.controllers.keys().copied().collect();
        let config = (*self.broker_config).clone();
        let node = Rc::make_mut(self.brokers.get_mut(&id).expect("a known broker"));
        node.life = Life { incarnation: node.life.incarnation + 1, ..Life::default() };
        let incarnation = node.life.incarnation;
        let rng = Rng::new(self.config.seed, &("broker", id, incarnation));
        node.process = Some(crate::broker::Broker::new(id, config, voters, incarnation, rng));
        self.begin(NodeId::Broker(id), cause);
    }

    fn start_controller(&mut self, id: ControllerId, cause: Option<EventSeq>) {
        let voters: Vec<ControllerId> = self.controllers.keys().copied().collect();
        let config = (*self.controller_config).clone();
        let node = Rc::make_mut(self.controllers.get_mut(&id).expect("a known controller"));
        node.life = Life { incarnation: node.life.incarnation + 1, ..Life::default() };
        let rng = Rng::new(self.config.seed, &("controller", id, node.life.incarnation));
        node.process = Some(Controller::new(id, voters, config, node.store.clone(), rng));
        self.begin(NodeId::Controller(id), cause);
    }

    pub(super) fn enqueue(&mut self, at: SimTime, event: Event) {
        self.queue.insert((at, self.next_event), event);
        self.next_event += 1;
    }
}

/// The settings of all brokers and controllers. With fewer than three brokers the internal topic gets as many replicas as there are, as
/// Kafka's own single-node configuration does.
fn settings(config: &ClusterConfig) -> Result<(BrokerConfig, ControllerConfig), ConfigError> {
    let mut broker =
        BrokerConfig { offsets_topic_replication_factor: config.brokers.min(3) as i16, ..BrokerConfig::default() };
    let mut controller = ControllerConfig::default();
    for (name, value) in &config.configs {
        let known = broker.set(name, value).map_err(|error| ConfigError::Setting(error.to_string()))?;
        if !known && !controller.set(name, value) {
            return Err(ConfigError::Setting(format!("Unknown or not yet modelled broker config: {name}={value}")));
        }
    }
    Ok((broker, controller))
}

/// A command in the words of the lab.
fn describe(action: &Action, cluster: &Cluster) -> String {
    let name = |node: &NodeId| match node {
        NodeId::Broker(id) => format!("broker {{}} {id}"),
        NodeId::Controller(id) => format!("controller {{}} {id}"),
        NodeId::Client(id) => cluster.clients.get(id).map_or(String::new(), |client| match client.program {
            ClientProcess::Producer(_) => format!("producer {} {{}}", client.name),
            _ => format!("consumer {} {{}}", client.name),
        }),
    };
    let on = |node: &NodeId, verb: &str| name(node).replace("{}", verb);
    match action {
        Action::Add(Some(id)) => format!("broker add {id}"),
        Action::Add(None) => "broker add".into(),
        Action::Start(node) => on(node, "start"),
        Action::Stop(node) => on(node, "stop"),
        Action::Kill(node) => on(node, "kill"),
        Action::PowerOff(node) => on(node, "poweroff"),
        Action::Disk(id, change) => super::machine::describe(*id, change),
        Action::Pause(node) => on(node, "pause"),
        Action::Resume(node) => on(node, "resume"),
        Action::CutLink(a, b) => format!("link cut {a} {b}"),
        Action::HealLink(a, b) => format!("link heal {a} {b}"),
        Action::StartProducer(spec) => format!("producer {} start --topic {}", spec.name, spec.topic),
        Action::StartConsumer(spec) => {
            format!("consumer {} start --group {} --topic {}", spec.name, spec.group, spec.topics.join(","))
        }
        Action::Send { producer, key, value, .. } => {
            format!("producer {producer} send {}:{}", key.as_deref().unwrap_or(""), value.as_deref().unwrap_or(""))
        }
        Action::Admin(call) => super::admin::command_line(call),
    }
}

/// A random id, printed as Kafka prints ids. Like Kafka's, it does not begin with a dash, which a command line would take
/// for an option.
fn random_uuid(rng: &mut Rng) -> String {
    loop {
        let bits = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
        let id = TopicId(bits & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62)).to_string();
        if !id.starts_with('-') {
            return id;
        }
    }
}
