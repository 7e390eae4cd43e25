//! A controller: a voter in the KRaft quorum, and, while it leads, the one who decides about brokers and partitions.
//!
//! Two halves, as in Kafka. `quorum` is `KafkaRaftClient`: the controllers elect a leader among themselves and keep one
//! log of metadata records, which a majority must have before a record counts. The other half is `QuorumController`: the
//! leader answers requests by *writing records* (`cluster_control` for brokers, `replication_control` for partitions,
//! with `leader_election` and `reassignment`; `topic_control` for topics, `configuration_control` for settings), replays them
//! into its image at once, and answers only when the quorum has committed them. Brokers follow the same log as observers and so
//! learn of every decision in the same order.
//!
//! Left out so far: snapshots, the log as real batches on a disk; eligible leader replicas (KIP-966), which `partition_change`
//! knows but nobody asks for yet.

mod cluster_control;
mod configuration_control;
mod leader_election;
mod log;
mod partition_change;
mod placer;
mod quorum;
mod reassignment;
mod replication_control;
mod topic_control;

pub use log::QuorumStore;
pub use partition_change::{Election, PartitionChangeBuilder};
pub use placer::{PlacerError, StripedReplicaPlacer};
pub use quorum::Role;

use crate::base::{ControllerId, Map, NodeId, Offset, Rng, SimTime, TopicName};
use crate::protocol::{
    Body, BrokerHeartbeatResponse, CreateTopicsRequest, Effects, ErrorCode, IncrementalAlterConfigsResponse,
    ListPartitionReassignmentsResponse, MetadataImage, MetadataRecord, PartitionResults, QuorumEntry, Request,
    Response,
};
use crate::trace::TraceKind;
use cluster_control::HeartbeatManager;
use std::rc::Rc;

/// A controller's settings, by Kafka's names and with its defaults.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ControllerConfig {
    /// `controller.quorum.election.timeout.ms`.
    pub election_timeout: SimTime,
    /// `controller.quorum.fetch.timeout.ms`.
    pub fetch_timeout: SimTime,
    /// `broker.session.timeout.ms`.
    pub session_timeout: SimTime,
    /// `auto.leader.rebalance.enable`: whether leaders are given back to their preferred replicas at all.
    pub auto_leader_rebalance_enable: bool,
    /// `leader.imbalance.check.interval.seconds`.
    pub imbalance_check_interval: SimTime,
    /// `unclean.leader.election.enable`, for topics that do not say.
    pub unclean_leader_election_enable: bool,
    /// `unclean.leader.election.interval.ms`.
    pub unclean_leader_election_interval: SimTime,
    /// `num.partitions`.
    pub num_partitions: i32,
    /// `default.replication.factor`.
    pub default_replication_factor: i16,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        Self {
            election_timeout: SimTime::from_ms(1000),
            fetch_timeout: SimTime::from_ms(2000),
            session_timeout: SimTime::from_ms(9000),
            auto_leader_rebalance_enable: true,
            imbalance_check_interval: SimTime::from_secs(300),
            unclean_leader_election_enable: false,
            unclean_leader_election_interval: SimTime::from_secs(300),
            num_partitions: 1,
            default_replication_factor: 1,
        }
    }
}

impl ControllerConfig {
    /// The settings that [`Self::set`] takes.
    pub const NAMES: &[&str] = &[
        "controller.quorum.election.timeout.ms",
        "controller.quorum.fetch.timeout.ms",
        "broker.session.timeout.ms",
        "auto.leader.rebalance.enable",
        "leader.imbalance.check.interval.seconds",
        "unclean.leader.election.enable",
        "unclean.leader.election.interval.ms",
        "num.partitions",
        "default.replication.factor",
    ];

    /// Changes a setting by Kafka's name; false if it is no setting of a controller that is modelled, or the value is not of its kind.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let flag = match name {
            "auto.leader.rebalance.enable" => Some(&mut self.auto_leader_rebalance_enable),
            "unclean.leader.election.enable" => Some(&mut self.unclean_leader_election_enable),
            _ => None,
        };
        if let Some(flag) = flag {
            return value.parse().map(|value| *flag = value).is_ok();
        }
        let Some(number) = value.parse::<u32>().ok().filter(|n| *n > 0) else { return false };
        let ms = SimTime::from_ms(number.into());
        match name {
            "controller.quorum.election.timeout.ms" => self.election_timeout = ms,
            "controller.quorum.fetch.timeout.ms" => self.fetch_timeout = ms,
            "broker.session.timeout.ms" => self.session_timeout = ms,
            "leader.imbalance.check.interval.seconds" => {
                self.imbalance_check_interval = SimTime::from_secs(number.into())
            }
            "unclean.leader.election.interval.ms" => self.unclean_leader_election_interval = ms,
            "num.partitions" => self.num_partitions = number as i32,
            "default.replication.factor" => self.default_replication_factor = number as i16,
            _ => return false,
        }
        true
    }
}

/// The timers that a controller sets. The number in each tells a stale timer from the live one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ControllerTimer {
    /// No leader was heard of, or no majority found, for too long.
    Election(u32),
    /// The next Fetch to the leader is due.
    Fetch(u32),
    /// The leader has not answered for `controller.quorum.fetch.timeout.ms`.
    FetchTimeout(u32),
    /// The leader looks whether a majority still fetches from it.
    CheckQuorum(u32),
    /// A Fetch that was parked for want of news has waited long enough.
    ReleaseFetch(NodeId, u32),
    /// A broker's session may be over.
    SessionCheck(u32),
    /// Time to give leaders back to their preferred replicas.
    ElectPreferred(u32),
    /// Time to look for partitions that only an unclean election can help.
    ElectUnclean(u32),
}

/// What comes to a controller.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ControllerInput {
    /// The process starts.
    Start,
    /// A message came.
    Message {
        /// From whom.
        from: NodeId,
        /// What it says.
        body: Body,
    },
    /// A timer fired.
    Timer(ControllerTimer),
}

/// A controller's process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Controller {
    id: ControllerId,
    config: ControllerConfig,
    voters: Vec<ControllerId>,
    rng: Rng,
    store: QuorumStore,
    role: Role,
    next_correlation: u32,
    /// The number of the last Fetch sent; an answer to an earlier one comes too late to be used.
    awaited_fetch: Option<u32>,
    /// Counts changes of role, so that a timer of an earlier role is known as stale.
    term_of_office: u32,
    high_watermark: Offset,
    image: MetadataImage,
    heartbeats: HeartbeatManager,
    /// Answers that wait until the record before this offset is committed.
    deferred: Map<Offset, Vec<(NodeId, u32, Response)>>,
}

impl Controller {
    /// A controller that starts on what an earlier process of it left in `store`.
    #[must_use]
    pub fn new(
        id: ControllerId,
        voters: Vec<ControllerId>,
        config: ControllerConfig,
        store: QuorumStore,
        rng: Rng,
    ) -> Self {
        Self {
            id,
            config,
            voters,
            rng,
            store,
            role: Role::Unattached,
            next_correlation: 0,
            awaited_fetch: None,
            term_of_office: 0,
            high_watermark: 0,
            image: MetadataImage::default(),
            heartbeats: HeartbeatManager::default(),
            deferred: Map::new(),
        }
    }

    /// Takes one input.
    pub fn step(&mut self, input: ControllerInput, fx: &mut Effects<ControllerTimer>) {
        match input {
            ControllerInput::Start => self.become_unattached(self.store.epoch, fx),
            ControllerInput::Timer(timer) => self.on_timer(timer, fx),
            ControllerInput::Message { from, body } => match body {
                Body::Request { correlation, request } => self.on_request(from, correlation, request, fx),
                Body::Response { correlation, response } => self.on_quorum_response(from, correlation, response, fx),
                Body::Disconnected => self.on_disconnected(from, fx),
            },
        }
    }

    fn on_timer(&mut self, timer: ControllerTimer, fx: &mut Effects<ControllerTimer>) {
        match timer {
            ControllerTimer::SessionCheck(office)
            | ControllerTimer::ElectPreferred(office)
            | ControllerTimer::ElectUnclean(office)
                if office != self.term_of_office => {}
            ControllerTimer::SessionCheck(_) => self.check_sessions(fx),
            ControllerTimer::ElectPreferred(_) => self.balance_leaders(fx),
            ControllerTimer::ElectUnclean(_) => self.elect_unclean_leaders(fx),
            other => self.on_quorum_timer(other, fx),
        }
    }

    fn on_request(&mut self, from: NodeId, correlation: u32, request: Request, fx: &mut Effects<ControllerTimer>) {
        if let Request::Vote(_) | Request::BeginQuorumEpoch { .. } | Request::QuorumFetch(_) = request {
            return self.on_quorum_request(from, correlation, request, fx);
        }
        if !self.is_active() {
            if let Some(response) = not_controller(&request) {
                fx.respond(from, correlation, response);
            }
            return;
        }
        match request {
            Request::BrokerRegistration { broker, incarnation, rack } => {
                self.register_broker(from, correlation, broker, incarnation, rack, fx);
            }
            Request::BrokerHeartbeat { broker, epoch, metadata_offset, want_shut_down } => {
                let response = self.heartbeat(broker, epoch, metadata_offset, want_shut_down, fx);
                self.answer_when_committed(from, correlation, Response::BrokerHeartbeat(response), fx);
            }
            Request::CreateTopics(request) => {
                let response = self.create_topic(&request, fx);
                self.answer_when_committed(from, correlation, response, fx);
            }
            Request::CreatePartitions(topics) => {
                let response = self.create_partitions(&topics, fx);
                self.answer_when_committed(from, correlation, Response::CreatePartitions(response), fx);
            }
            Request::DeleteTopics(topics) => {
                let response = self.delete_topics(&topics, fx);
                self.answer_when_committed(from, correlation, Response::DeleteTopics(response), fx);
            }
            Request::IncrementalAlterConfigs(request) => {
                let response = self.incremental_alter_configs(&request, fx);
                self.answer_when_committed(from, correlation, Response::IncrementalAlterConfigs(response), fx);
            }
            Request::ElectLeaders(request) => {
                let response = self.elect_leaders(&request, fx);
                self.answer_when_committed(from, correlation, Response::ElectLeaders(response), fx);
            }
            Request::AlterPartitionReassignments(request) => {
                let response = self.alter_partition_reassignments(&request, fx);
                self.answer_when_committed(from, correlation, Response::AlterPartitionReassignments(response), fx);
            }
            Request::ListPartitionReassignments(partitions) => {
                let response = self.list_partition_reassignments(partitions.as_deref());
                self.answer_when_committed(from, correlation, Response::ListPartitionReassignments(response), fx);
            }
            Request::AlterPartition(request) => {
                let response = self.alter_partition(&request, fx);
                self.answer_when_committed(from, correlation, Response::AlterPartition(response), fx);
            }
            // Nobody sends a controller anything else; a real one would close the connection.
            _ => {}
        }
    }

    /// Appends records to the log and replays them at once; the quorum hears of them with its next fetch.
    fn write(&mut self, records: Vec<MetadataRecord>, fx: &mut Effects<ControllerTimer>) {
        if records.is_empty() {
            return;
        }
        for record in records {
            let offset = self.store.log.end_offset();
            self.image.replay(offset, &record);
            self.store.log.append(QuorumEntry { epoch: self.store.epoch, record: Some(Rc::new(record)) });
        }
        self.on_leader_append(fx);
    }

    /// Answers now, if all that was written is committed, or else as soon as it is.
    fn answer_when_committed(
        &mut self,
        to: NodeId,
        correlation: u32,
        response: Response,
        fx: &mut Effects<ControllerTimer>,
    ) {
        let end = self.store.log.end_offset();
        if self.high_watermark >= end {
            fx.respond(to, correlation, response);
        } else {
            self.deferred.entry(end).or_default().push((to, correlation, response));
        }
    }

    /// Sends the answers whose records a majority has by now.
    fn answer_committed(&mut self, fx: &mut Effects<ControllerTimer>) {
        let waiting = self.deferred.split_off(&(self.high_watermark + 1));
        for (to, correlation, response) in std::mem::replace(&mut self.deferred, waiting).into_values().flatten() {
            fx.respond(to, correlation, response);
        }
    }

    /// Takes up the lead: the image catches up with the log, and every broker gets a full session's grace.
    fn activate(&mut self, fx: &mut Effects<ControllerTimer>) {
        self.replay_up_to(self.store.log.end_offset());
        self.heartbeats = HeartbeatManager::default();
        let unfenced = self.image.brokers.iter().filter(|(_, registration)| !registration.fenced);
        for (broker, _) in unfenced {
            self.heartbeats.touch(*broker, fx.now, fx.cause());
        }
        self.schedule_session_check(fx);
        let office = self.term_of_office;
        if self.config.auto_leader_rebalance_enable {
            fx.timer(self.config.imbalance_check_interval, ControllerTimer::ElectPreferred(office));
        }
        fx.timer(self.config.unclean_leader_election_interval, ControllerTimer::ElectUnclean(office));
    }

    /// Gives up the lead: what was written but not committed may never count.
    fn deactivate(&mut self, epoch: i32, fx: &mut Effects<ControllerTimer>) {
        for (to, correlation, response) in std::mem::take(&mut self.deferred).into_values().flatten() {
            fx.respond(to, correlation, refuse(response));
        }
        self.image = MetadataImage::default();
        self.replay_up_to(self.high_watermark);
        fx.trace(TraceKind::ControllerResigned { epoch });
    }

    /// Replays the log from where the image stands up to `offset`.
    fn replay_up_to(&mut self, offset: Offset) {
        for at in self.image.next_offset..offset {
            match &self.store.log.get(at).expect("the image never runs ahead of the log").record {
                Some(record) => self.image.replay(at, record),
                None => self.image.next_offset = at + 1,
            }
        }
    }

    /// Which controller this is.
    #[must_use]
    pub fn id(&self) -> ControllerId {
        self.id
    }

    /// Whether it leads the quorum.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self.role, Role::Leader { .. })
    }

    /// What it is in the quorum.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The quorum's term, as far as it knows.
    #[must_use]
    pub fn epoch(&self) -> i32 {
        self.store.epoch
    }

    /// The end of the metadata log that a majority has, as far as it knows.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// The cluster as it sees it.
    #[must_use]
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// The log and the vote, which outlive the process.
    #[must_use]
    pub fn store(&self) -> &QuorumStore {
        &self.store
    }
}

/// What a controller that does not lead answers.
fn not_controller(request: &Request) -> Option<Response> {
    let error = ErrorCode::NotController;
    Some(match request {
        Request::BrokerRegistration { .. } => Response::BrokerRegistration(Err(error)),
        Request::BrokerHeartbeat { .. } => {
            Response::BrokerHeartbeat(BrokerHeartbeatResponse { error, fenced: true, should_shut_down: false })
        }
        Request::CreateTopics(CreateTopicsRequest { name, .. }) => {
            Response::CreateTopics(vec![(name.clone(), error, "".into())])
        }
        Request::CreatePartitions(topics) => {
            Response::CreatePartitions(topics.iter().map(|topic| (topic.name.clone(), error, "".into())).collect())
        }
        Request::DeleteTopics(topics) => {
            Response::DeleteTopics(topics.iter().map(|name| (name.clone(), error, "".into())).collect())
        }
        Request::IncrementalAlterConfigs(request) => {
            let resource = request.resource.clone();
            Response::IncrementalAlterConfigs(IncrementalAlterConfigsResponse { resource, error, message: "".into() })
        }
        Request::ElectLeaders(_) => Response::ElectLeaders(PartitionResults { error, results: Vec::new() }),
        Request::AlterPartitionReassignments(_) => {
            Response::AlterPartitionReassignments(PartitionResults { error, results: Vec::new() })
        }
        Request::ListPartitionReassignments(_) => {
            Response::ListPartitionReassignments(ListPartitionReassignmentsResponse {
                error,
                reassignments: Vec::new(),
            })
        }
        Request::AlterPartition(request) => Response::AlterPartition(replication_control::refused(request, error)),
        _ => return None,
    })
}

/// The answers for topics in place of those that waited for a commit which this controller will not see.
fn refuse_topics(
    topics: Vec<(TopicName, ErrorCode, Rc<str>)>,
    error: ErrorCode,
) -> Vec<(TopicName, ErrorCode, Rc<str>)> {
    topics.into_iter().map(|(name, ..)| (name, error, "".into())).collect()
}

/// The answer in place of one that waited for a commit which this controller will not see.
fn refuse(response: Response) -> Response {
    let error = ErrorCode::NotController;
    match response {
        Response::BrokerRegistration(_) => Response::BrokerRegistration(Err(error)),
        Response::BrokerHeartbeat(response) => Response::BrokerHeartbeat(BrokerHeartbeatResponse { error, ..response }),
        Response::CreateTopics(topics) => Response::CreateTopics(refuse_topics(topics, error)),
        Response::CreatePartitions(topics) => Response::CreatePartitions(refuse_topics(topics, error)),
        Response::DeleteTopics(topics) => Response::DeleteTopics(refuse_topics(topics, error)),
        Response::IncrementalAlterConfigs(response) => {
            Response::IncrementalAlterConfigs(IncrementalAlterConfigsResponse { error, ..response })
        }
        Response::ElectLeaders(response) => Response::ElectLeaders(PartitionResults { error, ..response }),
        Response::AlterPartitionReassignments(response) => {
            Response::AlterPartitionReassignments(PartitionResults { error, ..response })
        }
        Response::ListPartitionReassignments(response) => {
            Response::ListPartitionReassignments(ListPartitionReassignmentsResponse { error, ..response })
        }
        Response::AlterPartition(mut response) => {
            response.error = error;
            Response::AlterPartition(response)
        }
        other => other,
    }
}
