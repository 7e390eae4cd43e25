//! A world small enough for a test: consumers, and brokers that are nothing but a coordinator shard and some batches.

mod broker;

use kafkascope::base::{BrokerId, ClientId, LeaderEpoch, NodeId, Offset, Rng, SimTime, TopicName, TopicPartition};
use kafkascope::client::{ClientInput, ClientTimer, Consumer, ConsumerConfig};
use kafkascope::coordinator::{
    CoordinatorRecord, GroupConfig, GroupCoordinator, GroupRequest, GroupTimer, ReplyTo, Step,
};
use kafkascope::protocol::{
    Body, Effects, ErrorCode, FetchRequest, FindCoordinatorResponse, ListOffsetsResponse, Request, Response,
};
use kafkascope::record::RecordBatchBuilder;
use kafkascope::trace::TraceKind;
use std::collections::{BTreeMap, BTreeSet};

/// A message takes this long.
const HOP: SimTime = SimTime::from_ms(1);

enum Event {
    ToBroker { broker: BrokerId, from: ClientId, correlation: u32, request: Request },
    ToClient { client: ClientId, from: BrokerId, body: Body },
    Client { client: ClientId, timer: ClientTimer },
    Group { term: u32, timer: GroupTimer },
    FetchExpired(u64),
}

pub(crate) struct Partition {
    pub(crate) leader: BrokerId,
    pub(crate) epoch: LeaderEpoch,
    pub(crate) log_start: Offset,
    batches: Vec<(Offset, Offset, Vec<u8>)>,
}

impl Partition {
    pub(crate) fn end(&self) -> Offset {
        self.batches.last().map_or(self.log_start, |(_, last, _)| last + 1)
    }
}

struct ParkedFetch {
    broker: BrokerId,
    from: ClientId,
    correlation: u32,
    request: FetchRequest,
}

pub(crate) struct World {
    pub(crate) now: SimTime,
    queue: BTreeMap<(SimTime, u64), Event>,
    count: u64,
    pub(crate) brokers: BTreeSet<BrokerId>,
    pub(crate) consumers: BTreeMap<ClientId, Consumer>,
    pub(crate) partitions: BTreeMap<TopicPartition, Partition>,
    pub(crate) coordinator: BrokerId,
    pub(crate) shard: GroupCoordinator,
    term: u32,
    log: Vec<CoordinatorRecord>,
    /// What the coordinator's log answers to an append, if it refuses.
    pub(crate) append_error: Option<ErrorCode>,
    /// Whether the high watermark follows the log end.
    pub(crate) replicating: bool,
    /// Whether what clients send is lost on the way.
    pub(crate) losing: bool,
    parked: BTreeMap<u64, ParkedFetch>,
    pub(crate) trace: Vec<(SimTime, TraceKind)>,
    pub(crate) requests: BTreeMap<&'static str, u64>,
}

impl World {
    /// Brokers 1 to 3, which lead the partitions of `topics` in turn; broker 1 coordinates.
    pub(crate) fn new(topics: &[(&str, i32)]) -> Self {
        let mut world = Self {
            now: SimTime::ZERO,
            queue: BTreeMap::new(),
            count: 0,
            brokers: (1..=3).map(BrokerId).collect(),
            consumers: BTreeMap::new(),
            partitions: BTreeMap::new(),
            coordinator: BrokerId(1),
            shard: GroupCoordinator::new(GroupConfig::default(), Rng::new(7, &"shard")),
            term: 0,
            log: Vec::new(),
            append_error: None,
            replicating: true,
            losing: false,
            parked: BTreeMap::new(),
            trace: Vec::new(),
            requests: BTreeMap::new(),
        };
        for (topic, count) in topics {
            world.create(topic, *count);
        }
        world
    }

    /// Makes a topic, or adds partitions to it.
    pub(crate) fn create(&mut self, topic: &str, count: i32) {
        let topic: TopicName = topic.into();
        for number in 0..count {
            let leader = BrokerId(number % 3 + 1);
            let partition = Partition { leader, epoch: 0, log_start: 0, batches: Vec::new() };
            self.partitions.entry(TopicPartition::new(&topic, number)).or_insert(partition);
        }
    }

    pub(crate) fn partition(&mut self, name: &str) -> &mut Partition {
        self.partitions.get_mut(&tp(name)).expect("the partition exists")
    }

    /// Appends one batch of `count` records.
    pub(crate) fn produce(&mut self, name: &str, count: i64) {
        let timestamp = self.now.wall_clock_ms();
        let partition = self.partition(name);
        let base = partition.end();
        let epoch = partition.epoch;
        let mut batch = RecordBatchBuilder::new().with_base_offset(base).with_partition_leader_epoch(epoch);
        for number in 0..count {
            batch.append(timestamp, None, Some(format!("v{}", base + number).as_bytes()), &[]);
        }
        partition.batches.push((base, base + count - 1, batch.build()));
        for number in self.parked.keys().copied().collect::<Vec<_>>() {
            self.answer_parked(number, false);
        }
    }

    /// Cuts the front of a log off.
    pub(crate) fn delete_before(&mut self, name: &str, offset: Offset) {
        let partition = self.partition(name);
        partition.batches.retain(|(_, last, _)| *last >= offset);
        partition.log_start = offset;
    }

    pub(crate) fn start(&mut self, id: u32, topics: &[&str], settings: &[(&str, &str)], processing_ms: u64) {
        let mut config = ConsumerConfig::default();
        config.set("group.id", "g").expect("a group");
        for (name, value) in settings {
            config.set(name, value).expect("a setting");
        }
        let id = ClientId(id);
        let topics = topics.iter().map(|topic| (*topic).into()).collect();
        let processing = SimTime::from_ms(processing_ms);
        let name = format!("c{}", id.0).into();
        let consumer =
            Consumer::new(id, name, config, topics, processing, vec![BrokerId(1), BrokerId(2)], Rng::new(7, &id.0));
        self.consumers.insert(id, consumer);
        self.step_client(id, ClientInput::Start);
    }

    pub(crate) fn consumer(&self, id: u32) -> &Consumer {
        &self.consumers[&ClientId(id)]
    }

    pub(crate) fn consumer_mut(&mut self, id: u32) -> &mut Consumer {
        self.consumers.get_mut(&ClientId(id)).expect("the consumer exists")
    }

    /// The process is gone, and says nothing to anybody.
    pub(crate) fn kill(&mut self, id: u32) {
        self.consumers.remove(&ClientId(id));
        self.parked.retain(|_, fetch| fetch.from != ClientId(id));
    }

    pub(crate) fn stop(&mut self, id: u32) {
        let id = ClientId(id);
        let mut fx = self.effects(id);
        self.consumers.get_mut(&id).expect("the consumer exists").stop(self.now, &mut fx);
        self.carry_out(id, fx);
    }

    /// A broker's process ends: every client that is connected to it is told.
    pub(crate) fn kill_broker(&mut self, id: i32) {
        let broker = BrokerId(id);
        self.brokers.remove(&broker);
        self.parked.retain(|_, fetch| fetch.broker != broker);
        for client in self.consumers.keys().copied().collect::<Vec<_>>() {
            self.push(HOP, Event::ToClient { client, from: broker, body: Body::Disconnected });
        }
    }

    /// A broker's process is back.
    pub(crate) fn start_broker(&mut self, id: i32) {
        self.brokers.insert(BrokerId(id));
    }

    /// The controller names another leader.
    pub(crate) fn elect(&mut self, name: &str, leader: i32) {
        let partition = self.partition(name);
        partition.leader = BrokerId(leader);
        partition.epoch += 1;
    }

    /// Another broker takes the group over, with nothing but the log.
    pub(crate) fn move_coordinator(&mut self, to: i32) {
        let step = self.shard.on_unloaded(self.now);
        self.take(step);
        self.coordinator = BrokerId(to);
        self.term += 1;
        self.shard = GroupCoordinator::new(GroupConfig::default(), Rng::new(7, &("shard", self.term)));
        for record in &self.log {
            self.shard.replay(self.now, &record.key, record.value.as_deref()).expect("a record of ours");
        }
        let step = self.shard.on_loaded(self.now);
        self.take(step);
    }

    /// The followers have caught up with the coordinator's log.
    pub(crate) fn replicate(&mut self) {
        let step = self.shard.on_high_watermark(self.now, self.log.len() as i64);
        self.take(step);
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        let until = self.now + SimTime::from_ms(ms);
        while let Some((key, _)) = self.queue.range(..=(until, u64::MAX)).next() {
            let key = *key;
            let event = self.queue.remove(&key).expect("it is there");
            self.now = key.0;
            self.happen(event);
        }
        self.now = until;
    }

    /// Runs until `done`, at most `ms`; says how long it took.
    pub(crate) fn run_until(&mut self, ms: u64, done: impl Fn(&World) -> bool) -> Option<u64> {
        let begin = self.now;
        while self.now < begin + SimTime::from_ms(ms) {
            if done(self) {
                return Some(self.now.since(begin).as_ms());
            }
            self.run_ms(1);
        }
        None
    }

    pub(crate) fn state(&self) -> String {
        let Some(group) = self.shard.group("g") else { return "none".to_owned() };
        format!("{} g{} {} members", group.state.name(), group.generation, group.members.len())
    }

    pub(crate) fn assignment(&self, id: u32) -> String {
        let names: Vec<String> = self.consumer(id).assignment().iter().map(ToString::to_string).collect();
        names.join(" ")
    }

    pub(crate) fn committed(&self, name: &str) -> Option<Offset> {
        self.shard.committed("g", &tp(name)).map(|value| value.offset)
    }

    /// The ranges that were processed in a partition.
    pub(crate) fn processed(&self, name: &str) -> Vec<(Offset, Offset)> {
        let wanted = tp(name);
        let ranges = self.trace.iter().filter_map(|(_, kind)| match kind {
            TraceKind::Processed { partition, first, last } if *partition == wanted => Some((*first, *last)),
            _ => None,
        });
        ranges.collect()
    }

    pub(crate) fn count(&self, wanted: impl Fn(&TraceKind) -> bool) -> usize {
        self.trace.iter().filter(|(_, kind)| wanted(kind)).count()
    }

    fn push(&mut self, after: SimTime, event: Event) {
        self.queue.insert((self.now + after, self.count), event);
        self.count += 1;
    }

    fn effects(&self, id: ClientId) -> Effects<ClientTimer> {
        Effects::new(self.now, NodeId::Client(id), None, 0)
    }

    fn step_client(&mut self, id: ClientId, input: ClientInput) {
        let mut fx = self.effects(id);
        let Some(consumer) = self.consumers.get_mut(&id) else { return };
        consumer.step(self.now, input, &mut fx);
        self.carry_out(id, fx);
    }

    fn carry_out(&mut self, id: ClientId, fx: Effects<ClientTimer>) {
        for message in fx.outgoing {
            let (NodeId::Broker(broker), Body::Request { correlation, request }) = (message.to, message.body) else {
                panic!("clients ask brokers");
            };
            *self.requests.entry(request.label().name).or_default() += 1;
            if !self.losing {
                self.push(HOP, Event::ToBroker { broker, from: id, correlation, request });
            }
        }
        for (at, timer, _) in fx.timers {
            self.push(at.since(self.now), Event::Client { client: id, timer });
        }
        self.trace.extend(fx.events.into_iter().map(|event| (event.at, event.kind)));
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::ToClient { client, from, body } => {
                self.step_client(client, ClientInput::Message { from: NodeId::Broker(from), body });
            }
            Event::Client { client, timer } => self.step_client(client, ClientInput::Timer(timer)),
            Event::Group { term, timer } if term == self.term => {
                let step = self.shard.on_timer(self.now, &timer);
                self.take(step);
            }
            Event::Group { .. } => {}
            Event::FetchExpired(number) => self.answer_parked(number, true),
            Event::ToBroker { broker, from, .. } if !self.brokers.contains(&broker) => {
                self.push(HOP, Event::ToClient { client: from, from: broker, body: Body::Disconnected });
            }
            Event::ToBroker { broker, from, correlation, request } => self.ask(broker, from, correlation, request),
        }
    }

    fn answer(&mut self, broker: BrokerId, client: ClientId, correlation: u32, response: Response) {
        let body = Body::Response { correlation, response };
        self.push(HOP, Event::ToClient { client, from: broker, body });
    }

    fn ask(&mut self, broker: BrokerId, from: ClientId, correlation: u32, request: Request) {
        let response = match request {
            Request::Metadata(topics) => Response::Metadata(self.metadata(&topics)),
            Request::FindCoordinator(group) => {
                let alive = self.brokers.contains(&self.coordinator);
                let error = if alive { ErrorCode::None } else { ErrorCode::CoordinatorNotAvailable };
                let coordinator = alive.then_some(self.coordinator);
                Response::FindCoordinator(FindCoordinatorResponse { error, group, coordinator })
            }
            Request::ListOffsets(request) => {
                let tell = |(tp, timestamp): &(TopicPartition, i64)| self.list_offset(broker, tp, *timestamp);
                Response::ListOffsets(ListOffsetsResponse { partitions: request.partitions.iter().map(tell).collect() })
            }
            Request::Fetch(request) => {
                let number = self.count;
                let wait = request.max_wait;
                self.parked.insert(number, ParkedFetch { broker, from, correlation, request });
                self.push(wait, Event::FetchExpired(number));
                return self.answer_parked(number, false);
            }
            request => {
                let request = GroupRequest::from_request(request).expect("consumers ask nothing else");
                if broker != self.coordinator {
                    request.error_response(ErrorCode::NotCoordinator)
                } else {
                    let from = ReplyTo { node: NodeId::Client(from), correlation };
                    let step = self.shard.handle(self.now, from, &request);
                    return self.take(step);
                }
            }
        };
        self.answer(broker, from, correlation, response);
    }

    /// Does what a host does with a step.
    fn take(&mut self, step: Step) {
        if let Some(append) = step.append {
            if let Some(error) = self.append_error {
                let failed = self.shard.on_append_failed(self.now, append, error);
                self.take(failed);
            } else {
                self.log.extend(step.records);
                self.shard.on_appended(append, self.log.len() as i64);
                if self.replicating {
                    self.replicate();
                }
            }
        }
        for (to, response) in step.replies {
            let NodeId::Client(client) = to.node else { panic!("only clients ask") };
            self.answer(self.coordinator, client, to.correlation, response);
        }
        for (after, timer) in step.timers {
            let term = self.term;
            self.push(after, Event::Group { term, timer });
        }
        let now = self.now;
        self.trace.extend(step.events.into_iter().map(|kind| (now, kind)));
    }
}

pub(crate) fn tp(name: &str) -> TopicPartition {
    TopicPartition::parse(name).expect("a partition")
}
