//! How fast the model runs: `cargo bench --no-default-features`, or `cargo xtask bench native`.
//!
//! Plain lines, `name value unit`. The times depend on the machine; the ratios, taken within one run, hardly do.

mod timing;

use kafkascope::base::{BrokerId, SimTime, TopicPartition};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, FetchIsolation, LoadParams, LogConfig, UnifiedLog};
use kafkascope::record::RecordBatchBuilder;
use kafkascope::sim::{Action, AdminCall, Cluster, ClusterConfig, ConsumerSpec, KeySpec, ProducerSpec, Session};
use std::hint::black_box;
use std::time::Duration;
use timing::{best, say, timed};

const RECORDS_PER_SECOND: u64 = 50;
const MINUTES: u64 = 10;
const CLONES: u32 = 1000;
const BATCHES: u32 = 20_000;
const RECORDS_PER_BATCH: u32 = 10;

fn main() {
    let session = bench_session();
    bench_travel(&session);
    bench_checkpoint(session.cluster());
    bench_log();
}

/// Three brokers, a topic of three partitions, a producer and a group of two.
fn begin() -> Session {
    let mut session = Session::new(ClusterConfig::default()).expect("the default world");
    let up = |cluster: &Cluster| cluster.image().is_some_and(|image| (1..=3).all(|id| image.is_active(BrokerId(id))));
    assert!(session.run_until(SimTime::from_secs(10), up), "the brokers are up");
    let topic = AdminCall::CreateTopic { name: "orders".into(), partitions: 3, replication_factor: 3, configs: vec![] };
    session.act(Action::Admin(topic)).expect("a topic");
    session.run_to(session.now() + SimTime::from_secs(1));
    let producer = ProducerSpec {
        name: "p".into(),
        topic: "orders".into(),
        interval_us: Some(1_000_000 / RECORDS_PER_SECOND),
        count: None,
        keys: KeySpec::Several(10),
        value_size: 100,
        config: Vec::new(),
        tool: false,
    };
    session.act(Action::StartProducer(producer)).expect("a producer");
    for name in ["a", "b"] {
        let consumer = ConsumerSpec {
            name: name.into(),
            group: "payment".into(),
            topics: vec!["orders".into()],
            config: Vec::new(),
            assign: None,
            processing_us: 1000,
            limit: None,
            tool: false,
        };
        session.act(Action::StartConsumer(consumer)).expect("a consumer");
    }
    session
}

fn bench_session() -> Session {
    let mut session = begin();
    let steps = session.cluster().steps();
    let (_, took) = timed(|| session.run_to(SimTime::from_secs(60 * MINUTES)));
    let steps = session.cluster().steps() - steps;
    let seconds = took.as_secs_f64();
    say("session.events", steps as f64, "events");
    say("session.speed", steps as f64 / seconds, "events/s");
    say("session.lapse", (60 * MINUTES) as f64 / seconds, "simulated-s/s");
    session
}

/// How much quicker it is to go somewhere from a checkpoint than from the beginning.
fn bench_travel(session: &Session) {
    let (end, middle) = (session.end(), SimTime(session.end().0 / 2));
    let mut again = begin();
    let (_, straight) = timed(|| again.run_to(middle));
    let mut travelled = session.clone();
    let (_, back) = timed(|| travelled.seek(middle));
    let (_, on) = timed(|| travelled.seek(end));
    let small = travelled.end().0 - 50_000;
    let (_, step) = timed(|| travelled.seek(SimTime(small)));
    let ms = |took: Duration| took.as_secs_f64() * 1000.0;
    say("seek.straight_half", ms(straight), "ms");
    say("seek.back_half", ms(back), "ms");
    say("seek.on_to_end", ms(on), "ms");
    say("seek.back_50ms", ms(step), "ms");
    say("seek.back_over_straight", ms(back) / ms(straight), "ratio");
}

/// What a checkpoint costs to take, and what the first step behind it pays for what was shared.
fn bench_checkpoint(cluster: &Cluster) {
    let clone = best(5, || (0..CLONES).map(|_| black_box(cluster.clone()).steps()).sum::<u64>()) / CLONES;
    let mut alone = cluster.clone();
    let steps = 2000;
    let (_, plain) = timed(|| (0..steps).filter(|_| alone.step()).count());
    let plain = plain / steps;
    let mut shared = cluster.clone();
    let mut kept = Vec::new();
    let after_clone = timed(|| {
        for _ in 0..steps {
            kept = vec![shared.clone()];
            shared.step();
        }
    });
    drop(kept);
    let micros = |took: Duration| took.as_secs_f64() * 1e6;
    say("checkpoint.clone", micros(clone), "us");
    say("checkpoint.step", micros(plain), "us");
    say("checkpoint.clone_and_step", micros(after_clone.1 / steps), "us");
    say("checkpoint.clone_over_step", micros(clone) / micros(plain), "ratio");
}

fn bench_log() {
    let mut disk = Disk::new();
    let partition = TopicPartition::parse("bench-0").expect("a partition");
    let config = LogConfig { segment_bytes: 1 << 20, ..LogConfig::default() };
    let mut log = UnifiedLog::open(partition, "/bench-0", config, &mut disk, LoadParams::default()).expect("a log");
    let mut builder = RecordBatchBuilder::new();
    for _ in 0..RECORDS_PER_BATCH {
        builder.append(1_700_000_000_000, Some(b"key"), Some(&[b'v'; 100]), &[]);
    }
    let batch = builder.build();
    let (_, append) = timed(|| {
        for _ in 0..BATCHES {
            log.append_as_leader(&mut disk, &batch, 0, AppendOrigin::Client, 1_700_000_000_000).expect("appended");
        }
    });
    let end = log.log_end_offset();
    let read = best(3, || {
        let mut bytes = 0;
        for at in 0..i64::from(BATCHES) {
            // Far jumps, so that the index has to be asked each time.
            let from = (at * 7919 * i64::from(RECORDS_PER_BATCH)) % end;
            bytes += log.read(&disk, from, 4096, FetchIsolation::LogEnd, true).expect("read").records.len();
        }
        bytes
    });
    let per_second = |took: Duration| f64::from(BATCHES) / took.as_secs_f64();
    let megabytes = batch.len() as f64 * f64::from(BATCHES) / 1e6;
    say("log.append", per_second(append), "batches/s");
    say("log.append_bytes", megabytes / append.as_secs_f64(), "MB/s");
    say("log.read", per_second(read), "reads/s");
    say("log.append_over_read", append.as_secs_f64() / read.as_secs_f64(), "ratio");
}
