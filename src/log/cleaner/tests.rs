//! What must hold for any compacted log, tried on many; the exact values are in `tests/vectors.rs`.

use super::*;
use crate::base::{Map, Offset, Rng, Set, TopicPartition};
use crate::disk::Disk;
use crate::log::{
    AbortedTransaction, AppendOrigin, CleanupPolicy, FetchIsolation, LoadParams, LogConfig, LogError,
    ProducerStateManagerConfig, Ratio, UnifiedLog,
};
use crate::record::{
    CompressionType, ControlRecordType, EndTransactionMarker, RecordBatch, RecordBatchBuilder, batches,
};

const DIR: &str = "/var/lib/kafka/data/users-0";
const START: i64 = 1_700_000_000_000;
const DELETE_RETENTION_MS: i64 = 1500;

/// Producers from here on are transactional.
const FIRST_TRANSACTIONAL: i64 = 10;

/// A record that was written, and what became of its transaction.
#[derive(Clone, PartialEq, Debug)]
struct Written {
    key: String,
    value: Option<String>,
    timestamp: i64,
    /// Whose transaction it belongs to, while that is open.
    open: Option<i64>,
    aborted: bool,
}

struct World {
    rng: Rng,
    now_ms: i64,
    disk: Disk,
    log: UnifiedLog,
    checkpoint: Option<Offset>,
    written: Map<Offset, Written>,
    /// The next sequence of each producer.
    sequences: Map<i64, i32>,
    /// When a round first kept each tombstone.
    seen_tombstones: Map<Offset, i64>,
}

fn config(rng: &mut Rng) -> LogConfig {
    LogConfig {
        internal_segment_bytes: Some(500 + rng.below(1500) as u32),
        index_interval_bytes: rng.below(300) as u32,
        cleanup_policy: CleanupPolicy { delete: false, compact: true },
        delete_retention_ms: DELETE_RETENTION_MS,
        file_delete_delay_ms: 700,
        ..LogConfig::default()
    }
}

fn open(disk: &mut Disk, config: &LogConfig, now_ms: i64, recovery_point: Offset) -> UnifiedLog {
    let producer_state = ProducerStateManagerConfig { producer_id_expiration_ms: 4000, ..Default::default() };
    let params = LoadParams { now_ms, recovery_point, producer_state, ..LoadParams::default() };
    UnifiedLog::open(TopicPartition::parse("users-0").unwrap(), DIR, config.clone(), disk, params).unwrap()
}

impl World {
    fn new(seed: u64) -> Self {
        let (mut rng, mut disk) = (Rng::new(seed, &"cleaner"), Disk::new());
        let config = config(&mut rng);
        let log = open(&mut disk, &config, START, 0);
        let (written, sequences, seen_tombstones) = (Map::new(), Map::new(), Map::new());
        Self { rng, now_ms: START, disk, log, checkpoint: None, written, sequences, seen_tombstones }
    }

    /// Does one thing that may happen to a log.
    fn act(&mut self) {
        self.now_ms += self.rng.below(120) as i64;
        match self.rng.below(20) {
            0..=7 => self.append(-1),
            8..=10 => self.append(1 + self.rng.clone().below(2) as i64),
            11..=14 => self.append(FIRST_TRANSACTIONAL + self.rng.clone().below(2) as i64),
            15..=17 => self.end_transaction(),
            18 => drop(self.log.roll(&mut self.disk, None, self.now_ms).unwrap()),
            _ => self.log.remove_expired_producers(self.now_ms),
        }
        if self.rng.below(4) > 0 {
            self.log.update_high_watermark(self.log.log_end_offset());
        }
        self.log.run_due_tasks(&mut self.disk, self.now_ms).unwrap();
    }

    fn append(&mut self, producer: i64) {
        let codecs = [CompressionType::None, CompressionType::None, CompressionType::Gzip, CompressionType::Lz4];
        let mut builder = RecordBatchBuilder::new().with_compression(codecs[self.rng.below(4) as usize]);
        let transactional = producer >= FIRST_TRANSACTIONAL;
        let count = 1 + self.rng.below(4) as i64;
        if producer >= 0 {
            // A producer that was forgotten begins anew.
            let known = self.log.producer_state().last_entry(producer).is_some();
            let sequence = if known { self.sequences.get(&producer).copied().unwrap_or(0) } else { 0 };
            builder = builder.with_producer(producer, 0, sequence).with_transactional(transactional);
            self.sequences.insert(producer, sequence + count as i32);
        }
        let first = self.log.log_end_offset();
        for offset in first..first + count {
            let key = format!("k{}", self.rng.below(7));
            let value = (self.rng.below(4) > 0).then(|| format!("v{offset}"));
            let timestamp = self.now_ms - self.rng.below(50) as i64;
            builder.append(timestamp, Some(key.as_bytes()), value.as_ref().map(String::as_bytes), &[]);
            let open = transactional.then_some(producer);
            self.written.insert(offset, Written { key, value, timestamp, open, aborted: false });
        }
        let origin = AppendOrigin::Client;
        let info = self.log.append_as_leader(&mut self.disk, &builder.build(), 0, origin, self.now_ms).unwrap();
        assert_eq!((info.first_offset, info.last_offset, info.duplicate), (first, first + count - 1, false));
    }

    fn end_transaction(&mut self) {
        let producer = FIRST_TRANSACTIONAL + self.rng.below(2) as i64;
        if !self.written.values().any(|record| record.open == Some(producer)) {
            return;
        }
        let aborts = self.rng.below(2) == 0;
        let kind = if aborts { ControlRecordType::Abort } else { ControlRecordType::Commit };
        let marker = EndTransactionMarker { kind, coordinator_epoch: 0 };
        let batch = RecordBatchBuilder::end_transaction_marker(self.now_ms, producer, 0, marker).build();
        self.log.append_as_leader(&mut self.disk, &batch, 0, AppendOrigin::Coordinator, self.now_ms).unwrap();
        for record in self.written.values_mut().filter(|record| record.open == Some(producer)) {
            (record.open, record.aborted) = (None, aborts);
        }
    }

    /// A round, with a map that may be small; none if there is nothing to clean.
    fn plan(&mut self) -> Option<CleaningPlan> {
        let to_clean = LogToClean::new(&self.log, self.checkpoint, self.now_ms);
        let entries = [2, 5, 1000][self.rng.below(3) as usize];
        let size = OffsetMapSize { dedupe_buffer_size: 24 * entries, load_factor: Ratio::ONE };
        let cleans = to_clean.cleanable_bytes > 0;
        cleans.then(|| plan(&self.log, &self.disk, &to_clean, size, self.now_ms).unwrap())
    }

    fn clean(&mut self) {
        let Some(plan) = self.plan() else { return };
        let end = self.log.log_end_offset();
        self.log.apply_cleaning(&mut self.disk, &plan).unwrap();
        assert_eq!(self.log.log_end_offset(), end);
        assert!(plan.next_dirty_offset > plan.first_dirty_offset, "a round gets on");
        self.checkpoint = Some(plan.next_dirty_offset);
        self.note_tombstones(&plan);
        self.check(&plan);
    }

    fn note_tombstones(&mut self, plan: &CleaningPlan) {
        let kept = plan.batches().filter(|batch| batch.kept > 0);
        for offset in kept.flat_map(|batch| batch.base_offset..=batch.last_offset) {
            if self.written.get(&offset).is_some_and(|record| record.value.is_none()) {
                self.seen_tombstones.entry(offset).or_insert(plan.now_ms);
            }
        }
    }

    /// Keys with their newest committed offset, below the last stable offset.
    fn newest(&self) -> Map<&str, Offset> {
        let lso = self.log.last_stable_offset();
        let committed = self.written.iter().filter(|(offset, it)| **offset < lso && it.open.is_none() && !it.aborted);
        committed.map(|(offset, record)| (record.key.as_str(), *offset)).collect()
    }

    fn check(&self, plan: &CleaningPlan) {
        let left = records_of(&self.log, &self.disk);
        for (offset, record) in &left {
            let was = &self.written[offset];
            assert_eq!((&was.key, &was.value, was.timestamp), (&record.0, &record.1, record.2), "offset {offset}");
        }
        for (key, offset) in self.newest() {
            if left.contains_key(&offset) {
                continue;
            }
            assert!(self.written[&offset].value.is_none(), "{key} at {offset} is gone");
            let since = self.seen_tombstones[&offset];
            assert!(self.now_ms >= since + DELETE_RETENTION_MS, "the tombstone of {key} at {offset} went too soon");
        }
        let mut clean_keys = Set::new();
        for (_, (key, ..)) in left.range(..plan.next_dirty_offset) {
            assert!(clean_keys.insert(key.clone()), "{key} is twice below {}", plan.next_dirty_offset);
        }
        let untouched = self.written.range(plan.next_dirty_offset..).filter(|(_, record)| !record.aborted);
        assert!(untouched.clone().all(|(offset, _)| left.contains_key(offset)));
        assert_eq!(consumed(&self.log, &self.disk), self.expected());
        check_indexes(&self.log, &self.disk);
        check_reads(&self.log, &self.disk);
    }

    /// What a consumer knows that has read all that is committed.
    fn expected(&self) -> Map<String, String> {
        let newest =
            self.newest().into_iter().map(|(key, offset)| (key.to_owned(), self.written[&offset].value.clone()));
        newest.filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

type Content = (String, Option<String>, i64);

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// All data records of a log.
fn records_of(log: &UnifiedLog, disk: &Disk) -> Map<Offset, Content> {
    let mut records = Map::new();
    let mut last_offset = -1;
    for found in log.batches(disk, 0).map(Result::unwrap) {
        let batch = found.batch();
        assert!(batch.is_valid() && batch.base_offset() > last_offset && batch.last_offset() >= batch.base_offset());
        last_offset = batch.last_offset();
        for record in batch.records().map(Result::unwrap).filter(|_| !batch.is_control_batch()) {
            let key = text(&record.key.unwrap());
            records.insert(record.offset, (key, record.value.map(|value| text(&value)), record.timestamp));
        }
    }
    records
}

/// What a consumer with `read_committed` knows when it has read a log from its start.
fn consumed(log: &UnifiedLog, disk: &Disk) -> Map<String, String> {
    let (mut state, mut position) = (Map::new(), log.log_start_offset());
    while position < log.last_stable_offset() {
        let data = log.read(disk, position, 600, FetchIsolation::TxnCommitted, true).unwrap();
        let mut ahead = data.aborted_transactions.unwrap_or_default();
        ahead.sort_by_key(|txn| txn.first_offset);
        let mut aborted = Set::new();
        let before = position;
        for batch in batches(&data.records).map(Result::unwrap).filter(|batch| batch.last_offset() >= before) {
            position = batch.next_offset();
            process(&batch, &mut ahead, &mut aborted, &mut state);
        }
        if position == before {
            break;
        }
    }
    state
}

fn process(
    batch: &RecordBatch<'_>,
    ahead: &mut Vec<AbortedTransaction>,
    aborted: &mut Set<i64>,
    state: &mut Map<String, String>,
) {
    while ahead.first().is_some_and(|txn| txn.first_offset <= batch.last_offset()) {
        aborted.insert(ahead.remove(0).producer_id);
    }
    if batch.is_control_batch() {
        aborted.remove(&batch.producer_id());
        return;
    }
    if batch.is_transactional() && aborted.contains(&batch.producer_id()) {
        return;
    }
    for record in batch.records().map(Result::unwrap) {
        let key = text(&record.key.unwrap());
        match record.value {
            Some(value) => state.insert(key, text(&value)),
            None => state.remove(&key),
        };
    }
}

fn check_indexes(log: &UnifiedLog, disk: &Disk) {
    for segment in log.segments() {
        let mut starts = Map::new();
        let mut largest = Map::new();
        let mut newest = -1;
        for found in log.batches(disk, segment.base_offset()).map(Result::unwrap) {
            if found.segment_base_offset == segment.base_offset() {
                let batch = found.batch();
                newest = newest.max(batch.max_timestamp());
                starts.insert(batch.last_offset(), found.position);
                largest.insert(batch.last_offset(), newest);
            }
        }
        for entry in segment.offset_index().all(disk).unwrap() {
            assert_eq!(starts.get(&entry.offset), Some(&entry.position));
        }
        for entry in segment.time_index().all(disk).unwrap() {
            assert_eq!(largest.get(&entry.offset), Some(&entry.timestamp));
        }
        let is_active = segment.base_offset() == log.active_segment().base_offset();
        assert!(is_active || segment.time_index().last_entry().timestamp == newest);
    }
}

/// A read from any offset, gap or not, begins with the first batch that ends there or behind.
fn check_reads(log: &UnifiedLog, disk: &Disk) {
    let ends: Vec<Offset> = log.batches(disk, 0).map(|batch| batch.unwrap().batch().last_offset()).collect();
    for offset in log.log_start_offset()..log.log_end_offset() {
        let data = log.read(disk, offset, 1, FetchIsolation::LogEnd, true).unwrap();
        let first = batches(&data.records).next().map(|batch| batch.unwrap().last_offset());
        assert_eq!(first, ends.iter().copied().find(|end| *end >= offset), "offset {offset}");
    }
}

#[test]
fn any_number_of_rounds_keeps_what_compaction_promises() {
    let (mut removed, mut expired, mut headers) = (0, 0, 0);
    for seed in 0..60 {
        let mut world = World::new(seed);
        for _ in 0..160 {
            world.act();
            if world.rng.below(6) == 0 {
                if let Some(plan) = world.plan() {
                    let why =
                        |wanted| plan.batches().flat_map(|it| &it.removed).filter(|(_, why)| *why == wanted).count();
                    removed += plan.records_before() - plan.records_after();
                    expired += why(Removal::TombstoneExpired) + why(Removal::MarkerExpired);
                    headers += plan.batches().filter(|batch| batch.fate == BatchFate::HeaderOnly).count();
                }
                world.clean();
            }
        }
    }
    assert!(removed > 1000 && expired > 100 && headers > 50, "{removed} {expired} {headers}: too little happened");
}

#[test]
fn a_plan_changes_nothing_and_a_plan_that_was_overtaken_is_not_carried_out() {
    let mut aborted = 0;
    for seed in 0..40 {
        let mut world = World::new(seed);
        (0..80).for_each(|_| world.act());
        let before = (world.disk.clone(), world.log.clone());
        let Some(plan) = world.plan() else { continue };
        assert!(world.disk == before.0 && world.log == before.1);
        let offset = world.rng.below(plan.next_dirty_offset as u64) as Offset;
        world.log.truncate_to(&mut world.disk, offset, world.now_ms).unwrap();
        let cut = records_of(&world.log, &world.disk);
        let answer = world.log.apply_cleaning(&mut world.disk, &plan);
        assert!(matches!(answer, Err(LogError::CleaningAborted { .. })), "{answer:?}");
        assert_eq!(records_of(&world.log, &world.disk), cut);
        aborted += 1;
    }
    assert!(aborted > 20);
}

/// The disks as they were after each change that a round makes, and in the middle of changes of several files.
fn disks_of_a_round(world: &mut World, plan: &CleaningPlan) -> Vec<Disk> {
    let mut disks = vec![world.disk.clone()];
    world
        .log
        .apply_cleaning_watched(&mut world.disk, plan, &mut |disk| {
            let mut between = disks.last().expect("there is a first").clone();
            let marked = between.paths().filter(|path| disk.exists(&format!("{path}.deleted"))).cloned();
            for path in marked.filter(|path| !disk.exists(path)).collect::<Vec<_>>() {
                between.rename(&path, &format!("{path}.deleted")).unwrap();
                disks.push(between.clone());
            }
            disks.push(disk.clone());
        })
        .unwrap();
    disks
}

#[test]
fn a_crash_at_any_moment_leaves_the_old_or_the_new() {
    let mut crashes = 0;
    for seed in 0..25 {
        let mut world = World::new(1000 + seed);
        (0..120).for_each(|_| world.act());
        world.log.update_high_watermark(world.log.log_end_offset());
        let end = world.log.log_end_offset();
        world.log.flush(&mut world.disk, end, world.now_ms).unwrap();
        let Some(plan) = world.plan() else { continue };
        let (config, expected) = (world.log.config().clone(), world.expected());
        let before = records_of(&world.log, &world.disk);
        let disks = disks_of_a_round(&mut world, &plan);
        let after = records_of(&world.log, &world.disk);
        for (number, mut disk) in disks.into_iter().enumerate() {
            if number % 2 == 1 {
                disk.power_loss(&mut world.rng);
            }
            let mut log = open(&mut disk, &config, world.now_ms, world.log.recovery_point());
            log.update_high_watermark(end);
            let found = records_of(&log, &disk);
            assert!(after.keys().all(|offset| found.contains_key(offset)), "seed {seed}, moment {number}");
            assert!(found.iter().all(|(offset, record)| before.get(offset) == Some(record)));
            assert_eq!((log.log_end_offset(), consumed(&log, &disk)), (end, expected.clone()), "moment {number}");
            check_indexes(&log, &disk);
            let leftover = |name: &&str| [".cleaned", ".swap", ".deleted"].iter().any(|suffix| name.ends_with(suffix));
            assert_eq!(disk.list(DIR).into_iter().find(leftover), None);
            crashes += 1;
        }
    }
    assert!(crashes > 200, "{crashes}");
}

#[test]
fn a_log_with_a_damaged_segment_is_an_error_and_stays_as_it_is() {
    let mut world = World::new(7);
    (0..120).for_each(|_| world.act());
    let path = world.log.segments().next().unwrap().path().to_owned();
    world.disk.write_at(&path, 16, &[9]).unwrap();
    let before = world.disk.clone();
    let to_clean = LogToClean::new(&world.log, None, world.now_ms);
    assert!(to_clean.cleanable_bytes > 0);
    let answer = plan(&world.log, &world.disk, &to_clean, OffsetMapSize::default(), world.now_ms);
    assert!(matches!(answer, Err(LogError::Corrupt { position: 0, .. })), "{answer:?}");
    assert!(world.disk == before);
}

#[test]
fn the_manager_takes_the_filthiest_and_sets_checkpoints_back() {
    let mut worlds: Vec<World> = (0..6).map(World::new).collect();
    let mut disk = Disk::new();
    for (number, world) in worlds.iter_mut().enumerate() {
        (0..60 + 20 * number).for_each(|_| world.act());
    }
    let mut manager = LogCleanerManager::new("/data");
    for world in &worlds {
        let now_ms = world.now_ms;
        let grabbed = manager.grab_filthiest_compacted_log([&world.log].into_iter(), &mut disk, now_ms).unwrap();
        let to_clean = LogToClean::new(&world.log, None, now_ms);
        assert_eq!(grabbed.map(|it| it.to_clean), to_clean.is_due(Ratio(500_000)).then_some(to_clean));
        let Some(cleaning) = manager.take_cleaning() else { continue };
        let (partition, end) = (world.log.topic_partition(), cleaning.to_clean.first_uncleanable_offset);
        manager.done_cleaning(partition, end, [&world.log].into_iter(), &mut disk).unwrap();
        assert_eq!(manager.all_cleaner_checkpoints(&disk).get(partition), Some(&end));
        // What was cleaned is clean: nothing is due until there is more.
        let again = manager.grab_filthiest_compacted_log([&world.log].into_iter(), &mut disk, now_ms).unwrap();
        assert_eq!(again, None);
        manager.done_cleaning(partition, 0, [&world.log].into_iter(), &mut disk).unwrap();
    }
}

#[test]
fn a_truncation_aborts_the_round_and_sets_the_checkpoint_back() {
    let mut world = World::new(3);
    (0..150).for_each(|_| world.act());
    let mut manager = LogCleanerManager::new("/data");
    let begun = manager.grab_filthiest_compacted_log([&world.log].into_iter(), &mut world.disk, world.now_ms).unwrap();
    assert!(begun.is_some() && manager.in_progress().is_some());
    let partition = world.log.topic_partition().clone();
    let active = world.log.active_segment().base_offset();
    manager.done_cleaning(&partition, active, [&world.log].into_iter(), &mut world.disk).unwrap();
    world.log.truncate_to(&mut world.disk, 5, world.now_ms).unwrap();
    manager.on_truncated(&world.log, active, &mut world.disk).unwrap();
    assert_eq!(manager.in_progress().map(|it| it.state), Some(LogCleaningState::Aborted));
    assert_eq!(manager.take_cleaning(), None);
    let now_active = world.log.active_segment().base_offset();
    assert_eq!(manager.all_cleaner_checkpoints(&world.disk).get(&partition), Some(&now_active));
    manager.mark_partition_uncleanable(partition);
    assert!(!manager.is_cleanable(&world.log));
    manager.maintain_uncleanable_partitions(|_| false);
    assert!(manager.is_cleanable(&world.log));
}
