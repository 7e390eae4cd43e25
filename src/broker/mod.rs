//! A broker: replicas on a disk, the API that clients and followers talk to, and a follower of the metadata log.
//!
//! * `partition`: one replica; what a leader knows of its followers; the high watermark and the ISR.
//! * `alter_partition`: a leader's wish for another ISR, and the controller's word on it.
//! * `replica_manager`: appends across replicas; what waits in the `purgatory`.
//! * `fetch`: reads across replicas; `fetch_session`: naming only what has changed; `replica_selector`: reading nearby.
//! * `log_cleaner`: compaction, in the background.
//! * `log_manager`: what becomes of logs as time goes by;
//! * `fetcher`: what this broker follows, it fetches; one loop for each leader.
//! * `sending`: from the page cache to a socket, and what that costs.
//! * `metadata`: the metadata log brings every decision of the controller; replicas take up their parts.
//! * `lifecycle`: registration, heartbeats, leaving in good order.
//! * `groups`: a coordinator for each partition of `__consumer_offsets` that this broker leads.
//! * `log_dir`: what becomes of the broker when its disk fails or is full.
//! * `delete_records`: records go from the beginning of a partition; `log_deletion`: a topic goes as a whole.
//! * `api`: the questions that need no log: who leads what, which offset, make a topic; `config_helper`: what is set, and where.
//!
//! A step ends by looking at what the changed partitions were waiting for, so that an answer leaves in the same moment as the
//! event that made it possible.

mod alter_partition;
mod api;
mod config;
mod config_helper;
mod delete_records;
mod fetch;
mod fetch_session;
mod fetcher;
mod groups;
mod lifecycle;
mod log_cleaner;
mod log_defaults;
mod log_deletion;
mod log_dir;
mod log_manager;
mod metadata;
mod partition;
mod purgatory;
mod replica_manager;
mod replica_selector;
mod sending;

pub use config::BrokerConfig;
pub use fetch_session::FetchSessionCache;
pub use fetcher::Fetcher;
pub use lifecycle::BrokerState;
pub use log_cleaner::{CleanerRun, LogCleaner};
pub use log_defaults::LogDefaults;
pub use log_manager::LogManagerTask;
pub use partition::{IsrOutcome, IsrProposal, IsrState, LeaderState, Partition, PartitionRole, Replica};
pub use replica_selector::ReplicaSelector;
pub use sending::{SecurityProtocol, Sendings};

use crate::base::{BrokerId, ControllerId, Map, NodeId, Rng, Set, TopicPartition};
use crate::coordinator::{GroupCoordinator, GroupTimer};
use crate::disk::Disk;
use crate::log::LogError;
use crate::protocol::{Body, Effects, ErrorCode, MetadataImage, Request, Response};
use delete_records::DelayedDeleteRecords;
use fetch::DelayedFetch;
use fetcher::OffsetReset;
use lifecycle::Lifecycle;
use purgatory::Purgatory;
use replica_manager::DelayedProduce;
use std::rc::Rc;

/// Where a broker keeps its logs: its one `log.dirs`.
pub const LOG_DIR: &str = "/var/lib/kafka/data";

/// The timers that a broker sets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BrokerTimer {
    /// Register, or send the next heartbeat.
    Lifecycle(u32),
    /// Fetch the metadata log again after a failure.
    MetadataFetch,
    /// Fetch from this leader again after a failure.
    Fetcher(BrokerId),
    /// A waiting produce is out of time.
    DelayedProduce(u64),
    /// A waiting fetch is out of time.
    DelayedFetch(u64),
    /// A waiting deletion of records is out of time.
    DelayedDeleteRecords(u64),
    /// Remove the folder of a deleted replica.
    DeleteLog(Rc<str>),
    /// Look which followers have lagged too long.
    IsrExpiration,
    /// Propose an ISR again after a failure.
    ProposeIsr(TopicPartition),
    /// The request numbered so has waited long enough for its answer.
    RequestTimeout(u32),
    /// Write the high watermarks to `replication-offset-checkpoint`.
    HighWatermarkCheckpoint,
    /// Look after all logs.
    LogManager(LogManagerTask),
    /// The cleaner wakes up.
    LogCleaner,
    /// Do what a log has left for later.
    LogTasks(TopicPartition),
    /// A timer of the coordinator on this partition of `__consumer_offsets` in this leader's term.
    Group(i32, i32, GroupTimer),
}

/// What comes to a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum BrokerInput {
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
    Timer(BrokerTimer),
    /// Somebody asks the process to leave in good order (SIGTERM).
    Stop,
}

/// Why a broker sent a request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Purpose {
    Register,
    Heartbeat,
    MetadataFetch,
    Replicate(BrokerId),
    ResetOffset(OffsetReset),
    AlterPartition(IsrProposal),
    Forward { client: NodeId, correlation: u32 },
    CreateOffsetsTopic,
}

type Fx = Effects<BrokerTimer>;

/// A broker's process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Broker {
    id: BrokerId,
    config: BrokerConfig,
    rng: Rng,
    incarnation: u32,
    voters: Vec<ControllerId>,
    /// The controller that it takes for the active one.
    controller: ControllerId,
    lifecycle: Lifecycle,
    image: MetadataImage,
    /// The quorum's term, as far as it knows.
    quorum_epoch: i32,
    /// The term of the last metadata record that it has.
    metadata_epoch: i32,
    /// Whether its replicas follow the metadata log yet.
    published: bool,
    partitions: Map<TopicPartition, Rc<Partition>>,
    fetchers: Map<BrokerId, Fetcher>,
    produces: Purgatory<DelayedProduce>,
    fetches: Purgatory<DelayedFetch>,
    fetch_sessions: FetchSessionCache,
    deletions: Purgatory<DelayedDeleteRecords>,
    coordinators: Map<i32, Rc<GroupCoordinator>>,
    log_cleaner: LogCleaner,
    next_correlation: u32,
    in_flight: Map<u32, (NodeId, Purpose)>,
    /// The timers set for what logs have left for later: when the earliest is due, in Unix milliseconds.
    log_tasks: Map<TopicPartition, i64>,
    /// Partitions whose log, high watermark or part changed in this step.
    changed: Set<TopicPartition>,
    /// What took the log directory offline in this step.
    offline_log_dir: Option<LogError>,
    sendings: Sendings,
}

impl Broker {
    /// A broker whose process has just come up; `incarnation` differs after every start.
    ///
    /// # Panics
    /// If there are no controllers.
    #[must_use]
    pub fn new(id: BrokerId, config: BrokerConfig, voters: Vec<ControllerId>, incarnation: u32, mut rng: Rng) -> Self {
        let controller = voters[rng.below(voters.len() as u64) as usize];
        // Drawn beside the broker's own numbers, not among them.
        let fetch_sessions = FetchSessionCache::new(Rng::new(rng.clone().next_u64(), &"fetch sessions"));
        Self {
            id,
            config,
            rng,
            incarnation,
            voters,
            controller,
            lifecycle: Lifecycle::default(),
            image: MetadataImage::default(),
            quorum_epoch: 0,
            metadata_epoch: 0,
            published: false,
            partitions: Map::new(),
            fetchers: Map::new(),
            produces: Purgatory::default(),
            fetches: Purgatory::default(),
            fetch_sessions,
            deletions: Purgatory::default(),
            coordinators: Map::new(),
            log_cleaner: LogCleaner::new(),
            next_correlation: 0,
            in_flight: Map::new(),
            log_tasks: Map::new(),
            changed: Set::new(),
            offline_log_dir: None,
            sendings: Sendings::default(),
        }
    }

    /// Takes one input.
    pub fn step(&mut self, input: BrokerInput, disk: &mut Disk, fx: &mut Fx) {
        match input {
            BrokerInput::Start => self.start(disk, fx),
            BrokerInput::Stop => self.begin_shutdown(disk, fx),
            BrokerInput::Timer(timer) => self.on_timer(timer, disk, fx),
            BrokerInput::Message { from, body } => match body {
                Body::Request { correlation, request } => self.on_request(from, correlation, request, disk, fx),
                Body::Response { correlation, response } => self.on_response(correlation, response, disk, fx),
                Body::Disconnected => self.on_disconnected(from, fx),
            },
        }
        self.complete_delayed(disk, fx);
        self.handle_log_dir_failure(fx);
    }

    fn start(&mut self, disk: &mut Disk, fx: &mut Fx) {
        if let Err(error) = Self::take_log_dir(disk) {
            return self.add_offline_log_dir(&error);
        }
        self.fetch_metadata(fx);
        self.register(fx);
        fx.timer(crate::base::SimTime(self.config.replica_lag_time_max.0 / 2), BrokerTimer::IsrExpiration);
        fx.timer(self.config.high_watermark_checkpoint_interval, BrokerTimer::HighWatermarkCheckpoint);
        self.run_log_cleaner(disk, fx);
    }

    fn on_timer(&mut self, timer: BrokerTimer, disk: &mut Disk, fx: &mut Fx) {
        match timer {
            BrokerTimer::Lifecycle(turn) => self.on_lifecycle_timer(turn, fx),
            BrokerTimer::MetadataFetch => self.fetch_metadata(fx),
            BrokerTimer::Fetcher(leader) => self.fetch_from(leader, fx),
            BrokerTimer::DelayedProduce(id) => self.expire_produce(id, fx),
            BrokerTimer::DelayedFetch(id) => self.release_fetch(id, disk, fx),
            BrokerTimer::DelayedDeleteRecords(id) => self.expire_deletion(id, fx),
            BrokerTimer::DeleteLog(dir) => self.delete_log(&dir, disk),
            BrokerTimer::RequestTimeout(correlation) => {
                // The connection is given up, and with it all that was asked over it.
                if let Some((peer, _)) = self.in_flight.get(&correlation) {
                    self.on_disconnected(*peer, fx);
                }
            }
            BrokerTimer::IsrExpiration => self.shrink_isrs(fx),
            BrokerTimer::ProposeIsr(partition) => self.propose_again(&partition, fx),
            BrokerTimer::LogManager(task) => self.on_log_manager_timer(task, disk, fx),
            BrokerTimer::LogCleaner => self.run_log_cleaner(disk, fx),
            BrokerTimer::LogTasks(partition) => self.run_log_tasks(&partition, disk, fx),
            BrokerTimer::HighWatermarkCheckpoint => self.checkpoint_high_watermarks(disk, fx),
            BrokerTimer::Group(partition, term, timer) => self.on_group_timer(partition, term, &timer, disk, fx),
        }
    }

    fn on_request(&mut self, from: NodeId, correlation: u32, request: Request, disk: &mut Disk, fx: &mut Fx) {
        if self.lifecycle.state == BrokerState::Starting {
            // A broker opens its port only when it has been let in.
            return fx.refuse(from);
        }
        match request {
            Request::Produce(request) => self.produce(from, correlation, request, disk, fx),
            Request::Fetch(request) => self.fetch(from, correlation, request, disk, fx),
            Request::ListOffsets(request) => {
                let response = self.list_offsets(&request, disk);
                if response.partitions.iter().any(|it| it.error == ErrorCode::KafkaStorageError) {
                    self.blame_disk(disk);
                }
                fx.respond(from, correlation, Response::ListOffsets(response));
            }
            Request::Metadata(topics) => fx.respond(from, correlation, Response::Metadata(self.describe(&topics))),
            Request::CreateTopics(_)
            | Request::CreatePartitions(_)
            | Request::DeleteTopics(_)
            | Request::ElectLeaders(_)
            | Request::AlterPartitionReassignments(_)
            | Request::ListPartitionReassignments(_)
            | Request::IncrementalAlterConfigs(_) => self.forward(from, correlation, request, fx),
            Request::DescribeConfigs(resource) => {
                fx.respond(from, correlation, Response::DescribeConfigs(self.describe_configs(&resource)));
            }
            Request::DeleteRecords(request) => self.delete_records(from, correlation, request, disk, fx),
            Request::DescribeLogDirs => {
                fx.respond(from, correlation, Response::DescribeLogDirs(self.describe_log_dirs()));
            }
            Request::FindCoordinator(group) => {
                let response = self.find_coordinator(&group, fx);
                fx.respond(from, correlation, Response::FindCoordinator(response));
            }
            other => self.on_group_request(from, correlation, other, disk, fx),
        }
    }

    fn on_response(&mut self, correlation: u32, response: Response, disk: &mut Disk, fx: &mut Fx) {
        let Some((peer, purpose)) = self.in_flight.remove(&correlation) else { return };
        if is_not_controller(&response) {
            self.give_up_controller(peer);
        }
        match (purpose, response) {
            (Purpose::Register, Response::BrokerRegistration(result)) => self.on_registered(result, disk, fx),
            (Purpose::Heartbeat, Response::BrokerHeartbeat(response)) => self.on_heartbeat(&response, disk, fx),
            (Purpose::MetadataFetch, Response::QuorumFetch(response)) => self.on_metadata(response, disk, fx),
            (Purpose::Replicate(leader), Response::Fetch(response)) => self.on_replicated(leader, response, disk, fx),
            (Purpose::ResetOffset(reset), Response::ListOffsets(response)) => {
                self.on_leader_offset(reset, response, disk, fx)
            }
            (Purpose::AlterPartition(asked), Response::AlterPartition(response)) => {
                self.on_isr_answered(&asked, &response, fx);
            }
            (Purpose::Forward { client, correlation }, response) => {
                self.on_forwarded(client, correlation, response, fx)
            }
            (Purpose::CreateOffsetsTopic, Response::CreateTopics(_)) => {}
            _ => unreachable!("every purpose is answered in its own kind"),
        }
    }

    /// A peer's process is gone: nothing that was asked of it will be answered.
    fn on_disconnected(&mut self, peer: NodeId, fx: &mut Fx) {
        let lost: Vec<u32> = self.in_flight.iter().filter(|(_, (to, _))| *to == peer).map(|(id, _)| *id).collect();
        self.give_up_controller(peer);
        for id in lost {
            let Some((_, purpose)) = self.in_flight.remove(&id) else { continue };
            match purpose {
                Purpose::Register | Purpose::Heartbeat => self.retry_lifecycle(fx),
                Purpose::MetadataFetch => self.retry_metadata_fetch(fx),
                Purpose::Replicate(leader) => self.on_fetch_failed(leader, fx),
                Purpose::ResetOffset(reset) => self.give_up_reset(reset, fx),
                Purpose::AlterPartition(asked) => self.retry_proposal(asked.partition, fx),
                Purpose::Forward { client, correlation } => self.fail_forward(client, correlation, fx),
                Purpose::CreateOffsetsTopic => {}
            }
        }
    }

    fn send(&mut self, to: NodeId, request: Request, purpose: Purpose, fx: &mut Fx) {
        let correlation = self.next_correlation;
        self.next_correlation += 1;
        fx.timer(self.config.request_timeout(&request), BrokerTimer::RequestTimeout(correlation));
        self.in_flight.insert(correlation, (to, purpose));
        fx.request(to, correlation, request);
    }

    fn send_to_controller(&mut self, request: Request, purpose: Purpose, fx: &mut Fx) {
        self.send(NodeId::Controller(self.controller), request, purpose, fx);
    }

    /// `peer` is not the active controller: if it was taken for that, ask the next. What an earlier one said counts no more, or two
    /// questions that fail in turn could lead each other astray for ever.
    fn give_up_controller(&mut self, peer: NodeId) {
        if peer == NodeId::Controller(self.controller) {
            let place = self.voters.iter().position(|voter| *voter == self.controller).unwrap_or(0);
            self.controller = self.voters[(place + 1) % self.voters.len()];
        }
    }

    /// Which broker this is.
    #[must_use]
    pub fn id(&self) -> BrokerId {
        self.id
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &BrokerConfig {
        &self.config
    }

    /// How far it is in its life.
    #[must_use]
    pub fn state(&self) -> BrokerState {
        self.lifecycle.state
    }

    /// The cluster as it sees it.
    #[must_use]
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Its replicas.
    pub fn partitions(&self) -> impl Iterator<Item = &Rc<Partition>> {
        self.partitions.values()
    }

    /// Its replica of one partition.
    #[must_use]
    pub fn partition(&self, tp: &TopicPartition) -> Option<&Rc<Partition>> {
        self.partitions.get(tp)
    }

    /// The coordinators that it hosts, by partition of `__consumer_offsets`.
    #[must_use]
    pub fn coordinators(&self) -> &Map<i32, Rc<GroupCoordinator>> {
        &self.coordinators
    }

    /// The loops by which it follows others.
    #[must_use]
    pub fn fetchers(&self) -> &Map<BrokerId, Fetcher> {
        &self.fetchers
    }
}

/// Whether an answer says that it does not come from the active controller, nor knows which that is.
fn is_not_controller(response: &Response) -> bool {
    let error = match response {
        Response::BrokerRegistration(Err(error)) => *error,
        Response::BrokerHeartbeat(response) => response.error,
        Response::AlterPartition(response) => response.error,
        Response::QuorumFetch(response) => return !response.error.is_ok() && response.leader.is_none(),
        other => return other.is_not_controller(),
    };
    error == ErrorCode::NotController
}
