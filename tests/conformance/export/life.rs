//! The life of a broker's logs, led by a seed.

use super::cleaning::Cleanings;
use super::machine::Machine;
use super::producers::{self, From, TRANSACTIONAL};
use kafkascope::base::{Rng, TopicPartition};
use kafkascope::log::{AppendOrigin, AppendParams};
use kafkascope::record::{ControlRecordType, EndTransactionMarker, RecordBatchBuilder};

/// 2026-01-01T00:00:00Z.
const START_MS: i64 = 1_767_225_600_000;

/// How many steps a life has.
const STEPS: u64 = 1500;

/// The settings of a log that is compacted, often.
const COMPACT: &[(&str, &str)] = &[
    ("cleanup.policy", "compact"),
    ("min.cleanable.dirty.ratio", "0.2"),
    ("delete.retention.ms", "30000"),
    ("file.delete.delay.ms", "5000"),
];

/// One log's part in it.
struct Part {
    partition: TopicPartition,
    /// Its records have keys, for it is compacted.
    keyed: bool,
    transactions: bool,
    /// May be cut, as that of a follower.
    truncates: bool,
    epoch: i32,
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// In a clean shutdown.
    Clean,
    /// With the process: the page cache survives.
    Crash,
    /// With the machine: dirty pages are lost, as the seed has it, and files are torn.
    Power,
}

impl End {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Crash => "crash",
            Self::Power => "power",
        }
    }
}

/// A whole life, and how it ended; `seen` sees the rounds of the cleaner.
pub(crate) fn live(seed: u64, seen: &mut Cleanings) -> (Machine, End) {
    let mut rng = Rng::new(seed, &"life");
    let mut machine = Machine::new(START_MS);
    let mut parts = create(&mut machine);
    for number in 0..STEPS {
        if number == STEPS / 3 {
            compact_from_now_on(&mut machine, &mut parts);
        }
        let part = rng.below(parts.len() as u64) as usize;
        step(&mut rng, &mut machine, &mut parts[part], seen);
        machine.run_due_tasks();
        for part in &parts {
            let (log, _) = machine.log_mut(&part.partition);
            log.update_high_watermark(log.log_end_offset());
        }
    }
    let end = [End::Clean, End::Crash, End::Power][(seed % 3) as usize];
    match end {
        End::Clean => machine.shut_down(),
        End::Crash => machine.crash(None),
        End::Power => machine.crash(Some(&mut rng)),
    }
    (machine, end)
}

fn create(machine: &mut Machine) -> Vec<Part> {
    const SMALL: (&str, &str) = ("internal.segment.bytes", "42000");
    const SPARSE: (&str, &str) = ("index.interval.bytes", "500");
    let mut part = |topic, settings: &[(&str, &str)], keyed, transactions, truncates| {
        let partition = machine.create(topic, &[&[SMALL, SPARSE], settings].concat());
        Part { partition, keyed, transactions, truncates, epoch: 0 }
    };
    let retention = [("retention.ms", "60000"), ("retention.bytes", "60000"), ("file.delete.delay.ms", "5000")];
    vec![
        part("plain", &[], false, false, false),
        part("transactions", &[], false, true, false),
        part("by-time", &[("segment.ms", "20000")], false, false, false),
        part("append-time", &[("message.timestamp.type", "LogAppendTime")], false, false, false),
        part("by-index", &[("segment.index.bytes", "120")], false, true, false),
        part("retention", &retention, false, false, false),
        part("compacted", COMPACT, true, false, false),
        part("compacted-transactions", COMPACT, true, true, false),
        part(
            "compacted-by-time",
            &[COMPACT, &[("message.timestamp.type", "LogAppendTime")]].concat(),
            true,
            true,
            false,
        ),
        part("compacted-follower", COMPACT, true, true, true),
        part(LATER, &[], false, true, false),
        part("follower", &[], false, true, true),
    ]
}

/// The log that has records without a key in it when it becomes a compacted one.
const LATER: &str = "compacted-later";

fn compact_from_now_on(machine: &mut Machine, parts: &mut [Part]) {
    let part = parts.iter_mut().find(|part| &*part.partition.topic == LATER).expect("a log");
    machine.alter(&part.partition, COMPACT);
    part.keyed = true;
}

fn step(rng: &mut Rng, machine: &mut Machine, part: &mut Part, seen: &mut Cleanings) {
    machine.now_ms += rng.below(1500) as i64;
    match rng.below(100) {
        0..=69 => append(rng, machine, part),
        70..=83 if part.transactions => end_transaction(rng, machine, part),
        84 | 85 => {
            part.epoch += 1 + rng.below(2) as i32;
            let (log, disk) = machine.log_mut(&part.partition);
            log.assign_epoch_start_offset(disk, part.epoch, log.log_end_offset()).expect("assigned");
        }
        86 | 87 => roll(machine, part),
        88 | 89 if part.truncates => truncate(rng, machine, part),
        88..=91 if part.keyed => roll(machine, part),
        90 | 91 => delete_records(rng, machine, part),
        92..=94 => {
            let now_ms = machine.now_ms;
            let (log, disk) = machine.log_mut(&part.partition);
            log.delete_old_segments(disk, now_ms).expect("deleted");
        }
        // Few keys at a time, or all there are.
        95 | 96 => machine.clean(if rng.below(4) == 0 { 6 } else { 1000 }, seen),
        97 => machine.checkpoint(),
        98 => {
            machine.shut_down();
            machine.start();
        }
        99 => {
            let power = rng.below(2) == 1;
            machine.crash(power.then_some(rng));
            machine.start();
        }
        _ => append(rng, machine, part),
    }
}

fn append(rng: &mut Rng, machine: &mut Machine, part: &Part) {
    let now_ms = machine.now_ms;
    let (log, disk) = machine.log_mut(&part.partition);
    let from = producers::draw(rng, part.transactions);
    let batch = producers::batch(rng, log, from, now_ms, part.keyed);
    let end = log.log_end_offset();
    let info = log.append_as_leader(disk, &batch, part.epoch, AppendOrigin::Client, now_ms).expect("appended");
    assert_eq!(info.first_offset, end);
    // The answer was lost, and the producer sends it again.
    if from != From::Plain && rng.below(6) == 0 {
        let again = log.append_as_leader(disk, &batch, part.epoch, AppendOrigin::Client, now_ms).expect("known");
        assert!(again.duplicate, "{}: taken twice", part.partition);
    }
}

/// Ends one of the open transactions, if there is any.
fn end_transaction(rng: &mut Rng, machine: &mut Machine, part: &Part) {
    let now_ms = machine.now_ms;
    let (log, disk) = machine.log_mut(&part.partition);
    let open: Vec<(i64, i16)> = log
        .producer_state()
        .active_producers()
        .filter(|entry| TRANSACTIONAL.contains(&entry.producer_id()) && entry.current_txn_first_offset().is_some())
        .map(|entry| (entry.producer_id(), entry.producer_epoch()))
        .collect();
    if open.is_empty() {
        return;
    }
    let (id, epoch) = open[rng.below(open.len() as u64) as usize];
    let kind = if rng.below(2) == 0 { ControlRecordType::Commit } else { ControlRecordType::Abort };
    // From transaction version 2 on a marker carries the producer's next epoch.
    let version = 1 + rng.below(2) as i16;
    let epoch = if version == 2 { epoch + 1 } else { epoch };
    let marker = EndTransactionMarker { kind, coordinator_epoch: 3 };
    let marker = RecordBatchBuilder::end_transaction_marker(now_ms, id, epoch, marker).build();
    let params = AppendParams {
        transaction_version: version,
        ..AppendParams::new(part.epoch, AppendOrigin::Coordinator, now_ms)
    };
    log.append_as_leader_with(disk, &marker, params).expect("ended");
}

fn roll(machine: &mut Machine, part: &Part) {
    let now_ms = machine.now_ms;
    let (log, disk) = machine.log_mut(&part.partition);
    log.roll(disk, None, now_ms).expect("rolled");
}

/// Cuts a little off the end, as a follower does that finds another leader's history to be the true one. Histories part
/// between batches.
fn truncate(rng: &mut Rng, machine: &mut Machine, part: &mut Part) {
    let (log, disk) = machine.log_mut(&part.partition);
    let near = (log.log_end_offset() - rng.below(25) as i64).max(log.log_start_offset());
    let target = log.batches(disk, near).next().map(|batch| batch.expect("a batch").batch().base_offset());
    if let Some(target) = target.filter(|target| *target >= log.log_start_offset()) {
        machine.truncate(&part.partition, target);
    }
    part.epoch += 1;
}

fn delete_records(rng: &mut Rng, machine: &mut Machine, part: &Part) {
    let (log, disk) = machine.log_mut(&part.partition);
    let target = log.log_start_offset() + rng.below(20) as i64;
    log.maybe_increment_log_start_offset(disk, target.min(log.high_watermark())).expect("moved");
}
