//! One broker by itself: controllers, a follower and clients are played by the test, so that what it answers, and to whom it turns,
//! can be seen message by message.

use kafkascope::base::{BrokerId, ClientId, ControllerId, NodeId, Offset, Rng, SimTime, TopicName, TopicPartition};
use kafkascope::broker::{Broker, BrokerConfig, BrokerInput, BrokerTimer};
use kafkascope::disk::Disk;
use kafkascope::protocol::{
    Body, BrokerHeartbeatResponse, Effects, ErrorCode, FetchMetadata, FetchPartition, FetchPartitionResponse,
    FetchRequest, IsolationLevel, ListOffsetsRequest, MetadataRecord, ProducePartitionResponse, ProduceRequest,
    QuorumEntry, QuorumFetchResponse, ReplicaState, Request, Response, TopicId,
};
use kafkascope::record::RecordBatchBuilder;
use std::rc::Rc;

const LOCAL: BrokerId = BrokerId(1);
const FOLLOWER: BrokerId = BrokerId(2);
const CLIENT: NodeId = NodeId::Client(ClientId(1));

fn tp() -> TopicPartition {
    TopicPartition::parse("orders-0").unwrap()
}

/// A broker, and what it said that nobody has answered.
struct Stage {
    broker: Broker,
    disk: Disk,
    now: SimTime,
    metadata: Vec<MetadataRecord>,
    said: Vec<(NodeId, Body)>,
    next_correlation: u32,
}

impl Stage {
    /// Broker 1, just started, knowing of three controllers.
    fn started() -> Self {
        let voters = (1..=3).map(ControllerId).collect();
        let broker = Broker::new(LOCAL, BrokerConfig::default(), voters, 1, Rng::new(1, &"stage"));
        let (disk, now) = (Disk::new(), SimTime::from_secs(100));
        let mut stage = Self { broker, disk, now, metadata: Vec::new(), said: Vec::new(), next_correlation: 1000 };
        stage.step(BrokerInput::Start);
        stage
    }

    /// Broker 1 leads the only partition; broker 2 follows and is in sync.
    fn leading() -> Self {
        let mut stage = Self::started();
        let unfenced =
            |broker| MetadataRecord::BrokerRegistrationChange { broker, fenced: false, in_controlled_shutdown: false };
        let name: TopicName = "orders".into();
        let isr = vec![LOCAL, FOLLOWER];
        stage.metadata = vec![
            MetadataRecord::RegisterBroker { broker: LOCAL, incarnation: 1, rack: None },
            MetadataRecord::RegisterBroker { broker: FOLLOWER, incarnation: 1, rack: None },
            unfenced(LOCAL),
            unfenced(FOLLOWER),
            MetadataRecord::Topic { name, id: TopicId(1) },
            MetadataRecord::Partition { partition: tp(), replicas: isr.clone(), isr, leader: Some(LOCAL) },
        ];
        stage.answer(
            |request| matches!(request, Request::BrokerRegistration { .. }),
            Response::BrokerRegistration(Ok(0)),
        );
        stage.bring_metadata();
        let welcome = BrokerHeartbeatResponse { error: ErrorCode::None, fenced: false, should_shut_down: false };
        stage.answer(|request| matches!(request, Request::BrokerHeartbeat { .. }), Response::BrokerHeartbeat(welcome));
        assert!(stage.broker.leads(&tp()));
        stage
    }

    fn step(&mut self, input: BrokerInput) {
        let mut fx = Effects::new(self.now, NodeId::Broker(LOCAL), None, 0);
        self.broker.step(input, &mut self.disk, &mut fx);
        self.said.extend(fx.outgoing.into_iter().map(|outgoing| (outgoing.to, outgoing.body)));
    }

    /// Answers the oldest request of a kind; returns whom it was put to.
    fn answer(&mut self, kind: impl Fn(&Request) -> bool, response: Response) -> NodeId {
        let is_it = |(_, body): &(NodeId, Body)| matches!(body, Body::Request { request, .. } if kind(request));
        let place = self.said.iter().position(is_it).expect("it asked");
        let (from, body) = self.said.remove(place);
        let Body::Request { correlation, .. } = body else { unreachable!("looked for above") };
        self.step(BrokerInput::Message { from, body: Body::Response { correlation, response } });
        from
    }

    fn bring_metadata(&mut self) {
        let from = self.broker.metadata_offset() as usize;
        let entry = |record: &MetadataRecord| QuorumEntry { epoch: 1, record: Some(Rc::new(record.clone())) };
        let response = QuorumFetchResponse {
            error: ErrorCode::None,
            epoch: 1,
            leader: Some(ControllerId(1)),
            high_watermark: self.metadata.len() as Offset,
            diverging: None,
            entries: self.metadata[from..].iter().map(entry).collect(),
        };
        self.answer(|request| matches!(request, Request::QuorumFetch(_)), Response::QuorumFetch(response));
    }

    /// Puts a request, and returns the answer if it comes at once.
    fn ask(&mut self, from: NodeId, request: Request) -> Option<Response> {
        let correlation = self.next_correlation;
        self.next_correlation += 1;
        self.step(BrokerInput::Message { from, body: Body::Request { correlation, request } });
        self.heard(from, correlation)
    }

    fn heard(&mut self, by: NodeId, wanted: u32) -> Option<Response> {
        let place = self.said.iter().position(|(to, body)| {
            *to == by && matches!(body, Body::Response { correlation, .. } if *correlation == wanted)
        })?;
        match self.said.remove(place).1 {
            Body::Response { response, .. } => Some(response),
            _ => None,
        }
    }

    fn produce(&mut self, acks: i16) -> Option<ErrorCode> {
        self.produce_batch(acks, RecordBatchBuilder::new()).map(|answer| answer.error)
    }

    /// A produce of one record in a batch of the given kind.
    fn produce_batch(&mut self, acks: i16, mut builder: RecordBatchBuilder) -> Option<ProducePartitionResponse> {
        builder.append(0, None, Some(b"v"), &[]);
        let partitions = vec![(tp(), builder.build().into(), Rc::from([]))];
        let request = ProduceRequest { acks, timeout: SimTime::from_ms(30_000), partitions };
        match self.ask(CLIENT, Request::Produce(request))? {
            Response::Produce(response) => Some(response.partitions[0].clone()),
            other => panic!("{other:?}"),
        }
    }

    /// A fetch that does not wait; `replica` is the follower's registration, or none for a consumer.
    fn fetch(&mut self, offset: Offset, replica: Option<i64>) -> FetchPartitionResponse {
        self.fetch_isolated(offset, replica, IsolationLevel::ReadUncommitted)
    }

    fn fetch_isolated(
        &mut self,
        offset: Offset,
        replica: Option<i64>,
        isolation_level: IsolationLevel,
    ) -> FetchPartitionResponse {
        let asked = FetchPartition {
            partition: tp(),
            fetch_offset: offset,
            log_start_offset: -1,
            current_leader_epoch: 0,
            last_fetched_epoch: if offset > 0 && replica.is_some() { 0 } else { -1 },
            max_bytes: 1 << 20,
        };
        let request = FetchRequest {
            replica: replica.map(|epoch| ReplicaState { broker: FOLLOWER, epoch }),
            isolation_level,
            max_wait: SimTime::ZERO,
            min_bytes: 1,
            max_bytes: 1 << 20,
            session: FetchMetadata::LEGACY,
            partitions: vec![asked],
            forgotten: Vec::new(),
            rack: None,
        };
        let from = if replica.is_some() { NodeId::Broker(FOLLOWER) } else { CLIENT };
        match self.ask(from, Request::Fetch(request)) {
            Some(Response::Fetch(response)) => response.partitions[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    fn hw(&self) -> Offset {
        self.broker.partition(&tp()).unwrap().log.high_watermark()
    }
}

#[test]
fn an_answer_carries_the_high_watermark_from_before_its_own_fetch() {
    let mut stage = Stage::leading();
    assert_eq!(stage.produce(1), Some(ErrorCode::None));
    assert_eq!(stage.fetch(0, Some(1)).high_watermark, 0);
    assert_eq!(stage.fetch(1, Some(1)).high_watermark, 0, "this fetch is what commits the record");
    assert_eq!(stage.hw(), 1);
    assert_eq!(stage.fetch(1, Some(1)).high_watermark, 1, "a follower learns of it one fetch later");
}

#[test]
fn a_retry_is_answered_with_the_offset_of_then() {
    let mut stage = Stage::leading();
    let batch = |epoch, sequence| RecordBatchBuilder::new().with_producer(7, epoch, sequence);
    let mut produce = |epoch, sequence| {
        let answer = stage.produce_batch(1, batch(epoch, sequence)).expect("acks=1 is answered at once");
        (answer.error, answer.base_offset)
    };
    assert_eq!(produce(0, 0), (ErrorCode::None, 0));
    assert_eq!(produce(0, 1), (ErrorCode::None, 1));
    assert_eq!(produce(0, 0), (ErrorCode::None, 0), "the batch is there already");
    assert_eq!(produce(0, 5), (ErrorCode::OutOfOrderSequenceNumber, -1));
    assert_eq!(produce(1, 0), (ErrorCode::None, 2), "nothing was written in between");
    assert_eq!(produce(0, 2), (ErrorCode::InvalidProducerEpoch, -1));
}

#[test]
fn an_open_transaction_holds_back_who_wants_only_what_is_decided() {
    let mut stage = Stage::leading();
    stage.produce(1);
    stage.produce_batch(1, RecordBatchBuilder::new().with_producer(7, 0, 0).transactional());
    stage.produce(1);
    stage.fetch(3, Some(1));
    let all = stage.fetch(0, None);
    assert_eq!((all.high_watermark, all.last_stable_offset, all.aborted_transactions), (3, 1, None));
    let decided = stage.fetch_isolated(0, None, IsolationLevel::ReadCommitted);
    assert_eq!((decided.last_stable_offset, decided.aborted_transactions), (1, Some(Vec::new())));
    assert!(!decided.records.is_empty() && decided.records.len() < all.records.len());
    assert!(stage.fetch_isolated(1, None, IsolationLevel::ReadCommitted).records.is_empty());
    for (isolation_level, latest) in [(IsolationLevel::ReadUncommitted, 3), (IsolationLevel::ReadCommitted, 1)] {
        let request = ListOffsetsRequest { replica: None, isolation_level, partitions: vec![(tp(), -1)] };
        match stage.ask(CLIENT, Request::ListOffsets(request)) {
            Some(Response::ListOffsets(response)) => assert_eq!(response.partitions[0].offset, latest),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_consumer_reads_only_what_is_committed() {
    let mut stage = Stage::leading();
    stage.produce(1);
    assert!(stage.fetch(0, None).records.is_empty(), "nobody else has it yet");
    assert!(!stage.fetch(0, Some(1)).records.is_empty(), "a follower may");
    stage.fetch(1, Some(1));
    assert!(!stage.fetch(0, None).records.is_empty());
    stage.produce(1);
    let (first, committed) = (stage.fetch(0, None), stage.fetch(0, Some(1)));
    assert!(first.records.len() < committed.records.len(), "and no more than that");
}

#[test]
fn a_write_with_all_acks_is_answered_when_the_follower_fetches_behind_it() {
    let mut stage = Stage::leading();
    assert_eq!(stage.produce(-1), None);
    let correlation = stage.next_correlation - 1;
    stage.fetch(0, Some(1));
    assert_eq!(stage.heard(CLIENT, correlation), None, "it has been sent the record, it has not said that it has it");
    stage.fetch(1, Some(1));
    assert!(stage.heard(CLIENT, correlation).is_some());
}

#[test]
fn a_fetch_of_a_process_that_is_gone_does_not_count() {
    let mut stage = Stage::leading();
    stage.produce(1);
    let again =
        |fenced| MetadataRecord::BrokerRegistrationChange { broker: FOLLOWER, fenced, in_controlled_shutdown: false };
    stage.metadata.extend([
        again(true),
        MetadataRecord::RegisterBroker { broker: FOLLOWER, incarnation: 2, rack: None },
        again(false),
    ]);
    stage.bring_metadata();
    assert_eq!(stage.fetch(1, Some(1)).error, ErrorCode::NotLeaderOrFollower);
    assert_eq!(stage.hw(), 0);
    assert_eq!(stage.fetch(1, Some(7)).error, ErrorCode::None, "its successor's does");
    assert_eq!(stage.hw(), 1);
}

#[test]
fn a_refusal_turns_a_broker_away_only_from_the_controller_that_it_asked() {
    let mut stage = Stage::started();
    let not_leader = QuorumFetchResponse {
        error: ErrorCode::NotLeaderOrFollower,
        epoch: 5,
        leader: None,
        high_watermark: 0,
        diverging: None,
        entries: Vec::new(),
    };
    let is_fetch = |request: &Request| matches!(request, Request::QuorumFetch(_));
    let is_registration = |request: &Request| matches!(request, Request::BrokerRegistration { .. });
    // Both questions went to the same controller. The first answer names the leader, two further on in the circle.
    let NodeId::Controller(asked) = stage.said[0].0 else { panic!("{:?}", stage.said) };
    let leader = ControllerId((asked.0 + 1) % 3 + 1);
    stage.answer(is_fetch, Response::QuorumFetch(QuorumFetchResponse { leader: Some(leader), ..not_leader }));
    stage.answer(is_registration, Response::BrokerRegistration(Err(ErrorCode::NotController)));
    stage.step(BrokerInput::Timer(BrokerTimer::Lifecycle(1)));
    let asks: Vec<NodeId> =
        stage.said.iter().filter(|(_, body)| matches!(body, Body::Request { .. })).map(|(to, _)| *to).collect();
    assert_eq!(asks, [NodeId::Controller(leader); 2], "the refusal came from somebody else");
}
