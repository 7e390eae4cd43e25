//! The cluster: all nodes and the queue; how a world begins, and how what a person does gets to whom it concerns.

use super::action::{Action, ActionError};
use super::command_line::describe;
use super::faults::Storm;
use super::ledger::Ledger;
use super::node::{BrokerNode, ClientNode, ControllerNode, Life, NodeTimer};
use crate::base::{BrokerId, ClientId, ControllerId, Map, NodeId, Rng, SimTime};
use crate::broker::{BrokerConfig, LOG_DIR};
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
    /// The racks that brokers stand in, in turn: the first in the first, and so on in a circle. None for no racks.
    #[serde(default)]
    pub racks: Vec<String>,
    /// Brokers replicate as before Kafka 0.11, without leader epochs.
    #[serde(default)]
    pub before_leader_epochs: bool,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            brokers: 3,
            controllers: 3,
            seed: 1,
            configs: Vec::new(),
            racks: Vec::new(),
            before_leader_epochs: false,
        }
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
    /// The packet of a message arrives a second time.
    Duplicate(Envelope),
    /// A timer fires, if the process that set it still lives.
    Timer { node: NodeId, incarnation: u32, timer: NodeTimer, cause: Option<EventSeq> },
    /// A process has waited for its disk and sends what it had to say, if it still lives.
    Send { node: NodeId, incarnation: u32, outgoing: Outgoing },
    /// The kernel of a broker's machine looks for pages to write back.
    WriteBack(BrokerId),
    /// A fault of the storm of this number comes.
    Strike(u64),
    /// What a fault has broken is mended.
    Mend(Rc<Action>),
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
    /// By how many ms the clocks of machines are fast, where they are wrong.
    pub(super) clock_skews: Map<NodeId, i64>,
    /// The faults that come by themselves.
    pub(super) storm: Option<Rc<Storm>>,
    /// How many storms there were.
    pub(super) storms: u64,
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
        let network = Network::new(NetworkConfig::default(), config.seed);
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
            clock_skews: Map::new(),
            storm: None,
            storms: 0,
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
            Action::Link { a, b, one_way, change } => self.change_links(a, b, *one_way, change, action)?,
            Action::SkewClock(node, by_ms) => self.skew_clock(*node, *by_ms, action)?,
            Action::Faults(options) => self.set_faults(options.as_ref(), action),
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

    pub(super) fn start_broker(&mut self, id: BrokerId, cause: Option<EventSeq>) {
        let voters: Vec<ControllerId> = self.controllers.keys().copied().collect();
        let racks = &self.config.racks;
        let rack =
            (id.0.unsigned_abs() as usize).checked_sub(1).and_then(|place| racks.get(place % racks.len().max(1)));
        let config = BrokerConfig { rack: rack.map(|rack| rack.as_str().into()), ..(*self.broker_config).clone() };
        let node = Rc::make_mut(self.brokers.get_mut(&id).expect("a known broker"));
        node.life = Life { incarnation: node.life.incarnation + 1, ..Life::default() };
        let incarnation = node.life.incarnation;
        let rng = Rng::new(self.config.seed, &("broker", id, incarnation));
        node.process = Some(crate::broker::Broker::new(id, config, voters, incarnation, rng));
        self.begin(NodeId::Broker(id), cause);
    }

    pub(super) fn start_controller(&mut self, id: ControllerId, cause: Option<EventSeq>) {
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
    let mut broker = BrokerConfig {
        offsets_topic_replication_factor: config.brokers.min(3) as i16,
        before_leader_epochs: config.before_leader_epochs,
        ..BrokerConfig::default()
    };
    let mut controller = ControllerConfig::default();
    for (name, value) in &config.configs {
        // Some settings are for both.
        let of_broker = broker.set(name, value).map_err(|error| ConfigError::Setting(error.to_string()))?;
        let of_controller = controller.set(name, value);
        if !of_broker && !of_controller {
            return Err(ConfigError::Setting(format!("Unknown or not yet modelled broker config: {name}={value}")));
        }
    }
    Ok((broker, controller))
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
