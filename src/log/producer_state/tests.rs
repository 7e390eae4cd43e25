//! What must hold for producers and transactions whatever happens to their log. Each history is checked against what the
//! batches in the log say, read from the first to the last.

use crate::base::{Map, Offset, Rng, Set, TopicPartition};
use crate::disk::Disk;
use crate::log::{
    AppendOrigin, AppendParams, FetchIsolation, LoadParams, LogAppendInfo, LogConfig, ProducerStateEntry, UnifiedLog,
};
use crate::record::{ControlRecordType, EndTransactionMarker, RecordBatch, RecordBatchBuilder, batches};

const DIR: &str = "/data/orders-0";
const NOW: i64 = 1_700_000_000_000;
const PRODUCERS: u64 = 4;

/// What a producer does next, as it knows it itself.
#[derive(Clone, Copy, Default)]
struct Producer {
    epoch: i16,
    next_sequence: i32,
    is_open: bool,
}

/// A log, those who write to it, and the chance that decides.
struct World {
    disk: Disk,
    log: UnifiedLog,
    rng: Rng,
    producers: Map<i64, Producer>,
    time: i64,
}

/// A transaction, by what the log says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Txn {
    producer_id: i64,
    first: Offset,
    marker: Option<Offset>,
    is_aborted: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut disk = Disk::new();
        let config = LogConfig {
            internal_segment_bytes: Some(1500),
            index_interval_bytes: [0, 150, 4096][seed as usize % 3],
            ..LogConfig::default()
        };
        let log = open(&mut disk, config, LoadParams::default());
        Self { disk, log, rng: Rng::new(seed, &"producers"), producers: Map::new(), time: NOW }
    }

    /// One step of a history.
    fn step(&mut self) {
        match self.rng.below(20) {
            0..2 => self.append(RecordBatchBuilder::new()),
            2..11 => self.produce(),
            11..15 => self.end_transaction(),
            15 => {
                let at = self.log.high_watermark() + self.rng.below(6) as i64;
                self.log.update_high_watermark(at);
            }
            16 => {
                self.log.roll(&mut self.disk, None, self.time).unwrap();
            }
            17 => self.truncate(),
            18 => self.restart(),
            _ => self.log.run_due_tasks(&mut self.disk, self.time).unwrap(),
        }
        self.time += self.rng.below(1000) as i64;
    }

    fn append(&mut self, mut builder: RecordBatchBuilder) {
        for _ in 0..=self.rng.below(3) {
            builder.append(self.time, Some(b"k"), Some(b"v"), &[]);
        }
        self.append_bytes(&builder.build(), AppendOrigin::Client, 0);
    }

    fn append_bytes(&mut self, records: &[u8], origin: AppendOrigin, transaction_version: i16) -> LogAppendInfo {
        let params = AppendParams { transaction_version, ..AppendParams::new(0, origin, self.time) };
        self.log.append_as_leader_with(&mut self.disk, records, params).unwrap()
    }

    /// The next batch of a producer, and at times the same again.
    fn produce(&mut self) {
        let id = self.rng.below(PRODUCERS) as i64;
        let mut producer = self.producers.get(&id).copied().unwrap_or_default();
        let mut builder = RecordBatchBuilder::new().with_producer(id, producer.epoch, producer.next_sequence);
        if id % 2 == 0 {
            (builder, producer.is_open) = (builder.transactional(), true);
        }
        let count = 1 + self.rng.below(3) as i32;
        for _ in 0..count {
            builder.append(self.time, Some(b"k"), Some(b"v"), &[]);
        }
        producer.next_sequence += count;
        self.producers.insert(id, producer);
        let records = builder.build();
        let first = self.append_bytes(&records, AppendOrigin::Client, 0);
        if self.rng.below(4) == 0 {
            let again = self.append_bytes(&records, AppendOrigin::Client, 0);
            assert!(again.duplicate && again.bytes == 0 && !first.duplicate);
            assert_eq!((again.first_offset, again.last_offset), (first.first_offset, first.last_offset));
        }
    }

    /// A marker: before TV2 with the epoch of the transaction, with TV2 with the next one.
    fn end_transaction(&mut self) {
        let id = 2 * self.rng.below(PRODUCERS / 2) as i64;
        let Some(mut producer) = self.producers.get(&id).copied().filter(|producer| producer.is_open) else { return };
        let transaction_version = 1 + self.rng.below(2) as i16;
        producer.is_open = false;
        if transaction_version == 2 {
            (producer.epoch, producer.next_sequence) = (producer.epoch + 1, 0);
        }
        let kind = [ControlRecordType::Abort, ControlRecordType::Commit][self.rng.below(2) as usize];
        let marker = EndTransactionMarker { kind, coordinator_epoch: 1 };
        let batch = RecordBatchBuilder::end_transaction_marker(self.time, id, producer.epoch, marker);
        self.append_bytes(&batch.build(), AppendOrigin::Coordinator, transaction_version);
        self.producers.insert(id, producer);
    }

    /// A follower is cut, but never below the high watermark.
    fn truncate(&mut self) {
        let (from, end) = (self.log.high_watermark(), self.log.log_end_offset());
        let target = from + self.rng.below((end - from) as u64 + 1) as i64;
        self.log.truncate_to(&mut self.disk, target, self.time).unwrap();
        // A batch goes whole, and the producer would go on from what is left.
        self.producers_follow_the_log();
    }

    /// In good order, after a crash of the process, or after a loss of power.
    fn restart(&mut self) {
        let kind = self.rng.below(3);
        let (high_watermark, before) = (self.log.high_watermark(), self.log.last_stable_offset());
        let recovery_point = self.log.recovery_point();
        match kind {
            0 => self.log.close(&mut self.disk).unwrap(),
            1 => {}
            _ => {
                self.disk.power_loss(&mut self.rng);
            }
        }
        let had_clean_shutdown = kind == 0;
        let params = LoadParams { had_clean_shutdown, recovery_point, now_ms: self.time, ..LoadParams::default() };
        self.log = open(&mut self.disk, self.log.config().clone(), params);
        if kind < 2 {
            self.log.update_high_watermark(high_watermark);
            // A decision whose marker the high watermark has not passed is not in a snapshot: it counts as final then.
            // And where a batch was cut away whole, the log ends where its bytes do.
            let before = before.min(self.log.log_end_offset());
            assert!((before..=high_watermark).contains(&self.log.last_stable_offset()));
        }
        self.producers_follow_the_log();
    }

    fn producers_follow_the_log(&mut self) {
        let known = self.log.producer_state().active_producers();
        let next = |entry: &ProducerStateEntry| Producer {
            epoch: entry.producer_epoch(),
            next_sequence: entry.last_sequence() + 1,
            is_open: entry.current_txn_first_offset().is_some(),
        };
        self.producers = known.map(|entry| (entry.producer_id(), next(entry))).collect();
    }

    /// Compares all that the log knows with what its batches say.
    fn check(&self) {
        let stored: Vec<_> = self.log.batches(&self.disk, 0).map(Result::unwrap).collect();
        let stored: Vec<RecordBatch<'_>> = stored.iter().map(|batch| batch.batch()).collect();
        let txns = transactions(&stored);
        self.check_entries(&stored, &txns);
        let log = &self.log;
        let first = |open: &dyn Fn(&Txn) -> bool| txns.iter().filter(|txn| open(txn)).map(|txn| txn.first).min();
        let lso = log.last_stable_offset();
        let undecided = first(&|txn| txn.marker.is_none());
        assert_eq!(log.producer_state().first_undecided_offset(), undecided);
        assert!(lso <= log.high_watermark() && undecided.is_none_or(|first| lso <= first));
        let unreplicated = first(&|txn| txn.marker.is_none_or(|marker| marker >= log.high_watermark()));
        assert!(lso >= unreplicated.unwrap_or(Offset::MAX).min(log.high_watermark()));
        let aborted: Vec<Txn> = txns.iter().filter(|txn| txn.is_aborted).copied().collect();
        for start in (0..=log.log_end_offset()).step_by(3) {
            let upper = start + 4;
            let found = log.collect_aborted_transactions(&self.disk, start, upper).unwrap();
            let found: Vec<_> = found.iter().map(|txn| (txn.producer_id, txn.first_offset, txn.last_offset)).collect();
            let overlapping = aborted.iter().filter_map(|txn| {
                let marker = txn.marker.filter(|marker| *marker >= start && txn.first < upper)?;
                Some((txn.producer_id, txn.first, marker))
            });
            let mut expected: Vec<_> = overlapping.collect();
            expected.sort_by_key(|(_, _, marker)| *marker);
            assert_eq!(found, expected, "aborted transactions of {start} to {upper}");
        }
        self.check_read_committed(&stored, &txns);
    }

    fn check_entries(&self, stored: &[RecordBatch<'_>], txns: &[Txn]) {
        let mut expected: Map<i64, (i16, i32, Offset, i64)> = Map::new();
        for batch in stored.iter().filter(|batch| batch.has_producer_id()) {
            let known = expected.entry(batch.producer_id()).or_insert_with(|| (batch.producer_epoch(), -1, -1, -1));
            if known.0 != batch.producer_epoch() {
                *known = (batch.producer_epoch(), -1, -1, -1);
            }
            if !batch.is_control_batch() {
                (known.1, known.2) = (batch.last_sequence(), batch.last_offset());
            }
            known.3 = batch.max_timestamp();
        }
        let open: Map<i64, Offset> =
            txns.iter().filter(|txn| txn.marker.is_none()).map(|txn| (txn.producer_id, txn.first)).collect();
        let found: Map<i64, (i16, i32, Offset, i64)> = self
            .log
            .producer_state()
            .active_producers()
            .inspect(|entry| assert_eq!(entry.current_txn_first_offset(), open.get(&entry.producer_id()).copied()))
            .map(|it| {
                (
                    it.producer_id(),
                    (it.producer_epoch(), it.last_sequence(), it.last_data_offset(), it.last_timestamp()),
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    /// Reads as a consumer does, and leaves out what it is told to: what is left is just what was committed.
    fn check_read_committed(&self, stored: &[RecordBatch<'_>], txns: &[Txn]) {
        let (log, mut seen, mut at) = (&self.log, Vec::new(), 0);
        loop {
            let data = log.read(&self.disk, at, 300, FetchIsolation::TxnCommitted, true).unwrap();
            let mut told = data.aborted_transactions.unwrap();
            told.sort_by_key(|txn| txn.first_offset);
            let (mut told, mut skipping) = (told.into_iter().peekable(), Set::new());
            let before = at;
            for batch in batches(&data.records).map(Result::unwrap) {
                while let Some(txn) = told.next_if(|txn| txn.first_offset <= batch.last_offset()) {
                    skipping.insert(txn.producer_id);
                }
                at = batch.next_offset();
                match batch.end_transaction_marker().unwrap() {
                    Some(_) => _ = skipping.remove(&batch.producer_id()),
                    None if batch.is_transactional() && skipping.contains(&batch.producer_id()) => {}
                    None => seen.push(batch.base_offset()),
                }
            }
            if at == before {
                break;
            }
        }
        let visible = |batch: &&RecordBatch<'_>| {
            let is_of = |txn: &&Txn| {
                txn.producer_id == batch.producer_id()
                    && (txn.first..=txn.marker.unwrap_or(Offset::MAX)).contains(&batch.base_offset())
            };
            let txn = txns.iter().find(is_of).filter(|_| batch.is_transactional());
            !batch.is_control_batch()
                && batch.last_offset() < log.last_stable_offset()
                && txn.is_none_or(|txn| txn.marker.is_some() && !txn.is_aborted)
        };
        assert_eq!(seen, stored.iter().filter(visible).map(RecordBatch::base_offset).collect::<Vec<_>>());
    }
}

fn open(disk: &mut Disk, config: LogConfig, params: LoadParams) -> UnifiedLog {
    UnifiedLog::open(TopicPartition::parse("orders-0").unwrap(), DIR, config, disk, params).unwrap()
}

/// The transactions in a log, in the order in which they began.
fn transactions(stored: &[RecordBatch<'_>]) -> Vec<Txn> {
    let mut txns: Vec<Txn> = Vec::new();
    for batch in stored.iter().filter(|batch| batch.is_transactional()) {
        let producer_id = batch.producer_id();
        let open = txns.iter_mut().find(|txn| txn.producer_id == producer_id && txn.marker.is_none());
        match (open, batch.end_transaction_marker().unwrap()) {
            (Some(txn), Some(marker)) => {
                txn.marker = Some(batch.base_offset());
                txn.is_aborted = marker.kind == ControlRecordType::Abort;
            }
            (None, None) => {
                txns.push(Txn { producer_id, first: batch.base_offset(), marker: None, is_aborted: false });
            }
            _ => {}
        }
    }
    txns
}

#[test]
fn whatever_happens_the_state_is_what_the_batches_say() {
    for seed in 0..120 {
        let mut world = World::new(seed);
        for _ in 0..60 {
            world.step();
            world.check();
        }
    }
}

#[test]
fn a_follower_knows_the_same_producers() {
    for seed in 0..40 {
        let mut world = World::new(seed);
        for _ in 0..50 {
            world.step();
        }
        let mut disk = Disk::new();
        let mut copy = open(&mut disk, world.log.config().clone(), LoadParams::default());
        while copy.log_end_offset() < world.log.log_end_offset() {
            let max = world.rng.below(800) as u32;
            let from = copy.log_end_offset();
            let data = world.log.read(&world.disk, from, max, FetchIsolation::LogEnd, true).unwrap();
            if data.records.is_empty() {
                // Where a batch was cut away whole, nothing is left to fetch.
                break;
            }
            copy.append_as_follower(&mut disk, &data.records, 0, NOW).unwrap();
        }
        let copy = World { disk, log: copy, ..world };
        copy.check();
    }
}

#[test]
fn a_snapshot_is_taken_at_every_roll_and_goes_with_its_segment() {
    let mut world = World::new(1);
    for _ in 0..3 {
        world.append(RecordBatchBuilder::new().with_producer(9, 0, world.log.log_end_offset() as i32));
        world.log.roll(&mut world.disk, None, NOW).unwrap();
    }
    let bases: Vec<Offset> = world.log.segments().skip(1).map(|segment| segment.base_offset()).collect();
    assert_eq!(world.log.producer_state().snapshot_offsets().collect::<Vec<_>>(), bases);
    let cut = bases[1];
    world.log.truncate_to(&mut world.disk, cut, NOW).unwrap();
    assert_eq!(world.log.producer_state().snapshot_offsets().collect::<Vec<_>>(), bases[..2]);
    world.log.run_due_tasks(&mut world.disk, NOW + 60_000).unwrap();
    let on_disk = world.disk.list(DIR).into_iter().filter(|name| name.contains("snapshot")).count();
    assert_eq!(on_disk, 2);
}

#[test]
fn a_damaged_snapshot_is_passed_over_for_an_older_one() {
    let mut world = World::new(2);
    for sequence in 0..4 {
        world.append_one(sequence);
        world.log.roll(&mut world.disk, None, NOW).unwrap();
    }
    world.log.close(&mut world.disk).unwrap();
    let newest = world.log.producer_state().latest_snapshot_offset().unwrap();
    world.disk.write_at(&format!("{DIR}/{newest:020}.snapshot"), 12, b"?").unwrap();
    let params = LoadParams { had_clean_shutdown: true, now_ms: NOW, ..LoadParams::default() };
    world.log = open(&mut world.disk, world.log.config().clone(), params);
    world.check();
    assert_eq!(world.log.producer_state().last_entry(9).unwrap().last_sequence(), 3);
}

impl World {
    fn append_one(&mut self, sequence: i32) {
        let mut builder = RecordBatchBuilder::new().with_producer(9, 0, sequence);
        builder.append(NOW, None, Some(b"v"), &[]);
        self.append_bytes(&builder.build(), AppendOrigin::Client, 0);
    }
}
