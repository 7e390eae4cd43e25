//! The consumer: an application that calls `poll()`, processes what it gets, and calls `poll()` again.
//!
//! In the Java client nearly everything happens inside `poll()`, on the application's own thread: finding the
//! coordinator, joining the group, committing, asking for positions, handing out records. Only heartbeats have a thread
//! of their own. That one fact explains most of what people wonder about: why a slow application does not notice a
//! rebalance until it polls again, why auto-commit covers records that were returned but not processed, and why
//! `max.poll.interval.ms` exists. So it is kept here: the consumer is either *in* `poll()`, where every answer that
//! arrives moves it on, or *processing*, where answers are only stored.
//!
//! The rooms: `application` the poll loop; `membership` the way into the group; `heartbeat` the heartbeat thread;
//! `commits` committing; `positions` where to begin; `fetcher` and `fetch_buffer` the records; `cluster` metadata and
//! the coordinator; `dispatch` which answer goes where; `closing` the end.
//!
//! Left for later: static membership, cooperative rebalancing, commits of a consumer that was `assign()`ed, `read_committed`, fetch
//! sessions (every Fetch names all its partitions), the check of positions against a new leader's epochs (KIP-320), and
//! the KIP-848 protocol.

mod application;
mod closing;
mod cluster;
mod commits;
mod config;
mod dispatch;
mod fetch_buffer;
mod fetcher;
mod heartbeat;
mod membership;
mod positions;
mod subscription_state;
mod timing;
mod view;

pub use config::{AutoOffsetReset, ConfigError, ConsumerConfig};
pub use fetch_buffer::{ConsumedRecord, FetchException};
pub use membership::MemberState;
pub use view::PartitionView;

use super::{ClientInput, ClientTimer, NetworkClient};
use crate::base::{BrokerId, ClientId, Map, Offset, Rng, Set, SimTime, TopicName, TopicPartition};
use crate::protocol::{Body, Effects, ErrorCode, FetchSessionHandler};
use crate::trace::TraceKind;
use application::Application;
use closing::Closing;
use cluster::Cluster;
use commits::Commits;
use dispatch::Purpose;
use fetch_buffer::FetchBuffer;
use heartbeat::Heartbeat;
use membership::Membership;
use std::rc::Rc;
use subscription_state::SubscriptionState;
use timing::Alarm;

/// Where a consumer is told to begin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SeekTo {
    /// At this offset.
    Offset(Offset),
    /// At the first that there is.
    Beginning,
    /// Behind the last that there is.
    End,
}

/// A consumer process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Consumer {
    id: ClientId,
    name: Rc<str>,
    config: ConsumerConfig,
    topics: Vec<TopicName>,
    rng: Rng,
    net: NetworkClient<Purpose>,
    cluster: Cluster,
    membership: Membership,
    heartbeat: Heartbeat,
    commits: Commits,
    subscriptions: SubscriptionState,
    buffer: FetchBuffer,
    /// The brokers that hold a Fetch of ours.
    fetching: Set<BrokerId>,
    /// Its fetch sessions, by broker.
    sessions: Map<BrokerId, FetchSessionHandler>,
    /// A ListOffsets or OffsetFetch is on its way.
    positions: positions::Positions,
    /// The one partition that it reads by itself, without a group, and where it begins.
    assigned: Option<(TopicPartition, SeekTo)>,
    app: Application,
    closing: Option<Closing>,
    poll_alarm: Alarm,
    last_error: Option<&'static str>,
    /// What `poll()` threw.
    exception: Option<FetchException>,
}

impl Consumer {
    /// A consumer that subscribes to `topics` in the group that `config` names, and takes `processing` for each record.
    /// `name` is its `client.id`. It does nothing before [`ClientInput::Start`].
    ///
    /// # Panics
    /// If `bootstrap` names no broker.
    #[must_use]
    pub fn new(
        id: ClientId,
        name: Rc<str>,
        config: ConsumerConfig,
        topics: Vec<TopicName>,
        processing: SimTime,
        bootstrap: Vec<BrokerId>,
        rng: Rng,
    ) -> Self {
        assert!(!bootstrap.is_empty(), "a client must know a broker to begin with");
        let net = NetworkClient::new(config.request_timeout);
        Self {
            id,
            name,
            topics,
            rng,
            net,
            cluster: Cluster::new(bootstrap),
            membership: Membership::default(),
            heartbeat: Heartbeat::default(),
            commits: Commits::default(),
            subscriptions: SubscriptionState::default(),
            buffer: FetchBuffer::default(),
            fetching: Set::new(),
            sessions: Map::new(),
            positions: positions::Positions::default(),
            assigned: None,
            app: Application::new(processing),
            closing: None,
            poll_alarm: Alarm::default(),
            last_error: None,
            exception: None,
            config,
        }
    }

    /// Reads one partition without a group: `assign()` and `seek()` in place of `subscribe()`. For a consumer that has not started.
    pub fn assign(&mut self, partition: TopicPartition, to: SeekTo) {
        self.assigned = Some((partition, to));
    }

    /// Takes in one input.
    pub fn step(&mut self, now: SimTime, input: ClientInput, fx: &mut Effects<ClientTimer>) {
        if self.is_finished() {
            return;
        }
        match input {
            ClientInput::Start => self.start(now),
            ClientInput::Message { from, body: Body::Response { correlation, response } } => {
                self.on_response(now, from, correlation, response, fx);
            }
            ClientInput::Message { from, body: Body::Disconnected } => self.on_disconnected(now, from, fx),
            ClientInput::Message { body: Body::Request { .. }, .. } => {}
            ClientInput::Timer(timer) => self.on_timer(now, timer, fx),
        }
        self.run(now, fx);
    }

    /// Lets both threads go as far as they can, and sets the timers for when they can go on.
    fn run(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        self.run_heartbeat_thread(now, fx);
        self.run_application(now, fx);
        if self.is_finished() {
            return;
        }
        if let Some(at) = self.next_heartbeat_thread_wake(now)
            && let Some((after, number)) = self.heartbeat.alarm.arm(now, at)
        {
            fx.timer(after, ClientTimer::Heartbeat(number));
        }
        if let Some(at) = self.next_poll_wake(now)
            && let Some((after, number)) = self.poll_alarm.arm(now, at)
        {
            fx.timer(after, ClientTimer::Poll(number));
        }
    }

    /// `poll()` throws because of what a fetch has brought.
    fn throw(&mut self, exception: FetchException, fx: &mut Effects<ClientTimer>) {
        if self.exception.is_none() {
            let FetchException { partition, cause } = exception.clone();
            fx.trace(TraceKind::FetchFailed { partition, cause });
            self.exception = Some(exception);
        }
        self.fail(ErrorCode::CorruptMessage.name());
    }

    /// An error that Kafka throws at the application, which then closes its consumer.
    fn fail(&mut self, error: &'static str) {
        self.last_error = Some(error);
        self.app.stop_requested = true;
    }
}
