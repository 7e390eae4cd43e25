//! A producer: the application hands over records, the sender brings them to the leaders (Kafka's `KafkaProducer` and `Sender`).
//!
//! `send()` chooses the partition ([`partitioner`]) and puts the record into the [`accumulator`]. The sender takes what is ready, one
//! batch for each partition, and sends one request for each leader, with at most `max.in.flight.requests.per.connection` of
//! them unanswered. What fails in a way that may pass is tried again until `delivery.timeout.ms` is over.
//!
//! Left out so far: idempotence and transactions, compression levels, `buffer.memory`, interceptors, `max.request.size`, and
//! splitting a batch that the broker finds too large.

mod accumulator;
mod compression_ratio;
mod config;
mod partitioner;
mod sender;

pub use accumulator::{Appended, ProducerBatch, ProducerRecord, Ready, RecordAccumulator};
pub use config::{ProducerConfig, ProducerConfigError};
pub use partitioner::{Choice, StickyPartition, murmur2, partition_for_key};

use super::{ClientInput, ClientTimer, MetadataCache, NetworkClient};
use crate::base::{BrokerId, Bytes, ClientId, Map, RecordId, Rng, SimTime, TopicName, TopicPartition};
use crate::protocol::{Body, Effects, ErrorCode, Request};
use crate::trace::TraceKind;
use sender::Purpose;
use std::collections::VecDeque;
use std::rc::Rc;

/// Which keys the running application gives its records.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Keys {
    /// None.
    None,
    /// Always this one.
    One(Rc<str>),
    /// One of `key-0` … `key-(n−1)`, drawn for each record.
    Several(u32),
}

/// The application behind a producer: what it hands over by itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Workload {
    /// The time between two records.
    pub interval: SimTime,
    /// How many are left; `None` for ever.
    pub left: Option<u64>,
    /// Its keys.
    pub keys: Keys,
    /// The size of a value, in bytes.
    pub value_size: usize,
}

/// A record that `send()` could not place yet, for want of metadata.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct BlockedSend {
    since: SimTime,
    partition: Option<i32>,
    record: ProducerRecord,
}

/// A producer's process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Producer {
    id: ClientId,
    name: Rc<str>,
    config: ProducerConfig,
    topic: TopicName,
    workload: Option<Workload>,
    rng: Rng,
    metadata: MetadataCache,
    network: NetworkClient<Purpose>,
    accumulator: RecordAccumulator,
    sticky: StickyPartition,
    blocked: VecDeque<BlockedSend>,
    /// For when the sender's next wake-up is set.
    sender_wakes_at: Option<SimTime>,
    /// When the next metadata request is due, and a timer set for it.
    metadata_due: Option<SimTime>,
    closing: bool,
    /// Records handed to `send()` so far; also the next one's number.
    sent: u64,
    acked: u64,
    failed: u64,
    error: Option<ErrorCode>,
}

type Fx = Effects<ClientTimer>;

impl Producer {
    /// A producer for one topic, with the application behind it, if that hands over records by itself.
    #[must_use]
    pub fn new(
        id: ClientId,
        name: Rc<str>,
        config: ProducerConfig,
        topic: TopicName,
        workload: Option<Workload>,
        bootstrap: Vec<BrokerId>,
        rng: Rng,
    ) -> Self {
        let network = NetworkClient::new(config.request_timeout);
        let accumulator = RecordAccumulator::new(config.compression);
        Self {
            id,
            name,
            config,
            topic,
            workload,
            rng,
            metadata: MetadataCache::new(bootstrap),
            network,
            accumulator,
            sticky: StickyPartition::default(),
            blocked: VecDeque::new(),
            sender_wakes_at: None,
            metadata_due: None,
            closing: false,
            sent: 0,
            acked: 0,
            failed: 0,
            error: None,
        }
    }

    /// Takes one input.
    pub fn step(&mut self, input: ClientInput, fx: &mut Fx) {
        match input {
            ClientInput::Start => {
                self.request_metadata(fx);
                if self.workload.is_some() {
                    fx.timer(SimTime::ZERO, ClientTimer::NextRecord);
                }
            }
            ClientInput::Timer(timer) => self.on_timer(timer, fx),
            ClientInput::Message { from, body } => match body {
                Body::Response { correlation, response } => self.on_response(correlation, response, fx),
                Body::Disconnected => self.on_disconnected(from, fx),
                Body::Request { .. } => {}
            },
        }
        self.run_sender(fx);
    }

    fn on_timer(&mut self, timer: ClientTimer, fx: &mut Fx) {
        match timer {
            ClientTimer::NextRecord => self.next_record(fx),
            ClientTimer::Sender => {
                self.sender_wakes_at = None;
                self.expire(fx);
            }
            ClientTimer::Metadata if self.metadata_due.is_some_and(|due| due <= fx.now) => self.request_metadata(fx),
            ClientTimer::RequestTimeout => self.on_request_timeout(fx),
            _ => {}
        }
    }

    /// The application's turn: one record, and the next one after the interval.
    fn next_record(&mut self, fx: &mut Fx) {
        let Some(workload) = &mut self.workload else { return };
        if workload.left == Some(0) || self.closing {
            return;
        }
        workload.left = workload.left.map(|left| left - 1);
        let (interval, value_size) = (workload.interval, workload.value_size);
        let key = match &workload.keys {
            Keys::None => None,
            Keys::One(key) => Some(key.clone()),
            Keys::Several(n) => Some(format!("key-{}", self.rng.below(u64::from((*n).max(1)))).into()),
        };
        let mut value = format!("{}-{}", self.name, self.sent).into_bytes();
        value.resize(value.len().max(value_size), b'.');
        let key = key.map(|key| Bytes::from(&*key));
        self.send(key, Some(value.into()), None, fx);
        fx.timer(interval, ClientTimer::NextRecord);
    }

    /// `send()`: hands a record over; the sender runs at the end of the step.
    pub fn send(&mut self, key: Option<Bytes>, value: Option<Bytes>, partition: Option<i32>, fx: &mut Fx) {
        let id = RecordId { producer: self.id, number: self.sent };
        self.sent += 1;
        let record = ProducerRecord { id, key, value, timestamp: fx.wall_clock_ms() };
        self.blocked.push_back(BlockedSend { since: fx.now, partition, record });
        self.place_blocked(fx);
    }

    /// Hands over a record from outside a step, and lets the sender run.
    pub fn send_now(&mut self, key: Option<Bytes>, value: Option<Bytes>, partition: Option<i32>, fx: &mut Fx) {
        self.send(key, value, partition, fx);
        self.run_sender(fx);
    }

    /// `close()`: no more records; what was handed over is brought to its end first.
    pub fn close(&mut self, fx: &mut Fx) {
        self.closing = true;
        self.workload = None;
        self.run_sender(fx);
    }

    /// Places the records that were waiting, as far as the metadata allows.
    fn place_blocked(&mut self, fx: &mut Fx) {
        let partitions = self.metadata.partition_count(&self.topic).unwrap_or(0);
        if partitions == 0 {
            return;
        }
        for BlockedSend { partition, record, .. } in std::mem::take(&mut self.blocked) {
            let number = match (partition, &record.key) {
                (Some(number), _) => number,
                (None, Some(key)) => partition_for_key(key, partitions),
                (None, None) => {
                    self.append_unkeyed(record, partitions, fx);
                    continue;
                }
            };
            self.append(number, record, fx);
        }
    }

    fn append(&mut self, partition: i32, record: ProducerRecord, fx: &mut Fx) -> Appended {
        let tp = TopicPartition::new(&self.topic, partition);
        fx.trace(TraceKind::RecordSent { partition: tp.clone(), number: record.id.number });
        self.accumulator.append(fx.now, &tp, record, self.config.batch_size)
    }

    /// A record without a key goes where the sticky partition is, and may be the last that goes there.
    fn append_unkeyed(&mut self, record: ProducerRecord, partitions: usize, fx: &mut Fx) {
        let with_leader = self.partitions_with_leader();
        let choice = Choice { partitions, with_leader: &with_leader };
        // Zero stands for no batching at all, which is as much as batches of one byte.
        let size = self.config.batch_size.max(1);
        let (sticky, accumulator) = (&mut self.sticky, &mut self.accumulator);
        let mut draw = |bound| self.rng.below(bound);
        let number = sticky.place(accumulator, &self.topic, &record, size, choice, &mut draw);
        let appended = self.append(number, record, fx);
        self.sticky.update(appended.bytes, size, appended.all_full, choice, &mut |bound| self.rng.below(bound));
    }

    fn partitions_with_leader(&self) -> Vec<i32> {
        let known = self.metadata.topics.get(&self.topic).into_iter().flatten();
        (0..).zip(known).filter(|(_, info)| info.leader.is_some()).map(|(number, _)| number).collect()
    }

    fn request_metadata(&mut self, fx: &mut Fx) {
        let waiting = self.network.in_flight().any(|request| matches!(request.purpose, Purpose::Metadata));
        if !waiting {
            self.metadata_due = None;
            let broker = self.metadata.any_broker();
            self.network.send(broker, Request::Metadata(vec![self.topic.clone()]), Purpose::Metadata, fx);
        }
    }

    /// Gives up on what has waited too long: for metadata, or for delivery.
    fn expire(&mut self, fx: &mut Fx) {
        let (max_block, delivery) = (self.config.max_block, self.config.delivery_timeout);
        while self.blocked.front().is_some_and(|blocked| fx.now.since(blocked.since) >= max_block) {
            if let Some(blocked) = self.blocked.pop_front() {
                let tp = TopicPartition::new(&self.topic, blocked.partition.unwrap_or(-1));
                self.fail(&tp, Rc::from([blocked.record.id]), ErrorCode::RequestTimedOut, fx);
            }
        }
        for batch in self.accumulator.expired(fx.now, delivery) {
            self.fail(&batch.partition, batch.ids(), ErrorCode::RequestTimedOut, fx);
        }
    }

    fn fail(&mut self, tp: &TopicPartition, ids: Rc<[RecordId]>, error: ErrorCode, fx: &mut Fx) {
        self.fail_because(tp, ids, error, "".into(), fx);
    }

    fn fail_because(
        &mut self,
        tp: &TopicPartition,
        ids: Rc<[RecordId]>,
        error: ErrorCode,
        message: Rc<str>,
        fx: &mut Fx,
    ) {
        self.failed += ids.len() as u64;
        self.error = Some(error);
        fx.trace(TraceKind::RecordsFailed { partition: tp.clone(), ids, error: error.name(), message });
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &ProducerConfig {
        &self.config
    }

    /// The topic that it writes to.
    #[must_use]
    pub fn topic(&self) -> &TopicName {
        &self.topic
    }

    /// Records handed to `send()`.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Records that it was told are safe.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// Records that it gave up on.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Records neither safe nor given up on.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.sent - self.acked - self.failed
    }

    /// The error that it met last, until something succeeds.
    #[must_use]
    pub fn error(&self) -> Option<ErrorCode> {
        self.error
    }

    /// Whether it was closed and has brought everything to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.closing && self.pending() == 0
    }

    /// Whether its application has handed over all that it was to.
    #[must_use]
    pub fn workload(&self) -> Option<&Workload> {
        self.workload.as_ref()
    }

    /// Records waiting, by partition.
    #[must_use]
    pub fn queued(&self) -> Map<TopicPartition, usize> {
        self.accumulator.by_partition()
    }
}
