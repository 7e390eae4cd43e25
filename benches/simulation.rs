//! How fast the model runs: `cargo bench --no-default-features --bench simulation [-- SECTION]`, or `cargo xtask bench native`.
//!
//! Plain lines, `name value unit`. The times depend on the machine; the ratios, taken within one run, hardly do. The sections: `events` (the
//! model alone), `session` (with its checkpoints), `travel`, `checkpoint`, `memory`, `scale`, `log`.

mod timing;

use kafkascope::base::{BrokerId, SimTime, TopicPartition};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, FetchIsolation, LoadParams, LogConfig, UnifiedLog};
use kafkascope::record::RecordBatchBuilder;
use kafkascope::sim::{Action, AdminCall, Cluster, ClusterConfig, ConsumerSpec, KeySpec, ProducerSpec, Session};
use peak_alloc::PeakAlloc;
use std::hint::black_box;
use std::time::Duration;
use timing::{best, say, timed};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MINUTES: u64 = 10;
const CLONES: u32 = 1000;
const BATCHES: u32 = 20_000;
const RECORDS_PER_BATCH: u32 = 10;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |section: &str| asked.is_empty() || asked.iter().any(|word| word == section);
    if wanted("events") {
        bench_events();
    }
    if ["session", "travel", "checkpoint"].into_iter().any(wanted) {
        let session = bench_session();
        bench_travel(&session);
        bench_checkpoint(session.cluster());
    }
    if wanted("memory") {
        bench_memory();
    }
    if wanted("scale") {
        bench_scale();
    }
    if wanted("log") {
        bench_log();
    }
}

/// What there is to simulate.
struct Load {
    brokers: i32,
    partitions: i32,
    /// How many producers, each with 50 records a second.
    producers: u32,
    consumers: u32,
}

/// Three brokers, a topic of twelve partitions, a producer and a group of two.
const SMALL: Load = Load { brokers: 3, partitions: 12, producers: 1, consumers: 2 };

/// A world with its load, all of it at work.
fn begin(load: &Load) -> Session {
    let config = ClusterConfig { brokers: load.brokers, ..ClusterConfig::default() };
    let mut session = Session::new(config).expect("a world");
    let all = 1..=load.brokers;
    let up = |cluster: &Cluster| {
        let image = cluster.image();
        image.is_some_and(|image| all.clone().all(|id| image.is_active(BrokerId(id))))
    };
    assert!(session.run_until(SimTime::from_secs(30), up), "the brokers are up");
    let topic = AdminCall::CreateTopic {
        name: "orders".into(),
        partitions: load.partitions,
        replication_factor: 3,
        configs: vec![],
    };
    session.act(Action::Admin(topic)).expect("a topic");
    session.run_to(session.now() + SimTime::from_secs(2));
    for number in 0..load.producers {
        session.act(Action::StartProducer(producer(number, 50, None))).expect("a producer");
    }
    for number in 0..load.consumers {
        let consumer = ConsumerSpec {
            name: format!("c{number}"),
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
    session.run_to(session.now() + SimTime::from_secs(10));
    session
}

fn producer(number: u32, per_second: u64, count: Option<u64>) -> ProducerSpec {
    ProducerSpec {
        name: format!("p{number}"),
        topic: "orders".into(),
        interval_us: Some(1_000_000 / per_second),
        count,
        keys: KeySpec::Several(1000),
        value_size: 100,
        config: Vec::new(),
        tool: false,
    }
}

/// Lets a world go so many events on, without checkpoints, and says how fast that was.
fn run_events(cluster: &mut Cluster, events: u64) -> f64 {
    let end = cluster.steps() + events;
    let (_, took) = timed(|| while cluster.steps() < end && cluster.step() {});
    events as f64 / took.as_secs_f64()
}

fn bench_events() {
    let mut cluster = begin(&SMALL).cluster().clone();
    let before = cluster.now();
    let speed = run_events(&mut cluster, 1_000_000);
    say("events.speed", speed, "events/s");
    let simulated = (cluster.now() - before).0 as f64 / 1e6;
    say("events.lapse", simulated * speed / 1e6, "simulated-s/s");
}

fn bench_session() -> Session {
    let mut session = begin(&SMALL);
    let steps = session.cluster().steps();
    let (_, took) = timed(|| session.run_to(SimTime::from_secs(60 * MINUTES)));
    let steps = session.cluster().steps() - steps;
    let seconds = took.as_secs_f64();
    say("session.events", steps as f64, "events");
    say("session.speed", steps as f64 / seconds, "events/s");
    say("session.lapse", (60 * MINUTES) as f64 / seconds, "simulated-s/s");
    session
}

/// How much quicker it is to go somewhere from a checkpoint than from the beginning, and how long it takes to go anywhere.
fn bench_travel(session: &Session) {
    let (end, middle) = (session.end(), SimTime(session.end().0 / 2));
    let mut again = begin(&SMALL);
    let (_, straight) = timed(|| again.run_to(middle));
    let mut travelled = session.clone();
    let (_, back) = timed(|| travelled.seek(middle));
    travelled.seek(end);
    let ms = |took: Duration| took.as_secs_f64() * 1000.0;
    say("seek.back_over_straight", ms(back) / ms(straight), "ratio");
    // Places all over the session, in an order that jumps.
    let places = 200;
    let mut times: Vec<f64> =
        (1..=places).map(|n| ms(timed(|| travelled.seek(SimTime(end.0 / places * (n * 77 % places)))).1)).collect();
    times.sort_by(f64::total_cmp);
    say("seek.median", times[times.len() / 2], "ms");
    say("seek.p95", times[times.len() * 95 / 100], "ms");
    say("seek.worst", times[times.len() - 1], "ms");
}

/// What a checkpoint costs to take, and what the steps behind it pay for what was shared.
fn bench_checkpoint(cluster: &Cluster) {
    let clone = best(5, || (0..CLONES).map(|_| black_box(cluster.clone()).steps()).sum::<u64>()) / CLONES;
    let mut alone = cluster.clone();
    let (rounds, steps) = (100, 500);
    let (_, plain) = timed(|| (0..rounds * steps).filter(|_| alone.step()).count());
    let mut shared = cluster.clone();
    let mut kept = Vec::new();
    let (_, checkpointed) = timed(|| {
        for _ in 0..rounds {
            kept.push(shared.clone());
            (0..steps).filter(|_| shared.step()).count();
        }
    });
    drop(kept);
    let micros = |took: Duration| took.as_secs_f64() * 1e6;
    let step = micros(plain) / f64::from(rounds * steps);
    let whole = (micros(checkpointed) - micros(plain)) / f64::from(rounds);
    say("checkpoint.clone", micros(clone), "us");
    say("checkpoint.step", step, "us");
    say("checkpoint.clone_over_step", micros(clone) / step, "ratio");
    say("checkpoint.whole_over_step", whole / step, "ratio");
}

/// What 1,000,000 events of history weigh: the trace, the ledger, the logs, and all checkpoints of a session.
fn bench_memory() {
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    let mut cluster = begin(&SMALL).cluster().clone();
    let (before, told) = (MEMORY.current_usage(), cluster.trace().len());
    run_events(&mut cluster, 1_000_000);
    say("memory.world", megabytes(MEMORY.current_usage() - before), "MB/1M events");
    say("memory.trace_events", (cluster.trace().len() - told) as f64, "trace events/1M events");
    drop(cluster);
    let mut session = begin(&SMALL);
    let (before, end) = (MEMORY.current_usage(), session.cluster().steps() + 1_000_000);
    session.run_until(SimTime::from_secs(100_000), |cluster| cluster.steps() >= end);
    say("memory.session", megabytes(MEMORY.current_usage() - before), "MB/1M events");
}

/// The cost of an event as the cluster grows, each broker with as much to do; then the largest that is asked for.
fn bench_scale() {
    for brokers in [3, 10, 50] {
        let partitions = brokers * 4;
        let load = Load { brokers, partitions, producers: brokers as u32 / 3, consumers: brokers as u32 * 2 / 3 };
        let mut cluster = begin(&load).cluster().clone();
        let speed = run_events(&mut cluster, 300_000);
        say(&format!("scale.{brokers}_brokers"), 1e6 / speed, "us/event");
    }
    let load = Load { brokers: 50, partitions: 2000, producers: 0, consumers: 0 };
    let mut session = begin(&load);
    let producers = 20;
    for number in 0..producers {
        session.act(Action::StartProducer(producer(number, 10_000, Some(50_000)))).expect("a producer");
    }
    let mut cluster = session.cluster().clone();
    drop(session);
    let wanted = 50_000 * u64::from(producers);
    let acked = |cluster: &Cluster| -> u64 {
        cluster.clients().filter_map(|client| client.producer()).map(|producer| producer.acked()).sum()
    };
    let (before, start) = (cluster.steps(), cluster.now());
    let (_, took) = timed(|| {
        while acked(&cluster) < wanted {
            let until = cluster.now() + SimTime::from_ms(100);
            cluster.run_to(until);
            assert!(cluster.now() - start < SimTime::from_secs(600), "{} of {wanted}", acked(&cluster));
        }
    });
    let events = cluster.steps() - before;
    say("scale.records", wanted as f64, "records");
    say("scale.records_lost", cluster.lost() as f64, "records");
    say("scale.simulated", (cluster.now() - start).0 as f64 / 1e6, "simulated-s");
    say("scale.seconds", took.as_secs_f64(), "s");
    say("scale.2000_partitions", took.as_secs_f64() * 1e6 / events as f64, "us/event");
    say("scale.memory", MEMORY.current_usage() as f64 / 1e6, "MB");
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
