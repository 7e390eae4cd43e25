//! What must hold for any log, tried on many; the exact values are in `tests/vectors.rs`.

use super::*;
use crate::base::{Offset, Rng, TopicPartition};
use crate::disk::Disk;
use crate::record::{RecordBatch, RecordBatchBuilder, RecordError, TimestampType, batches};

const DIR: &str = "/var/lib/kafka/data/orders-0";
const NOW: i64 = 1_700_000_000_000;

fn open(disk: &mut Disk, config: &LogConfig, params: LoadParams) -> UnifiedLog {
    UnifiedLog::open(TopicPartition::parse("orders-0").unwrap(), DIR, config.clone(), disk, params).unwrap()
}

fn small_segments(bytes: u32, index_interval: u32) -> LogConfig {
    LogConfig { internal_segment_bytes: Some(bytes), index_interval_bytes: index_interval, ..LogConfig::default() }
}

fn batch(records: u64, value_size: u64, timestamp: i64) -> Vec<u8> {
    let mut builder = RecordBatchBuilder::new();
    for i in 0..records {
        builder.append(timestamp + i as i64, None, Some(&vec![b'v'; value_size as usize]), &[]);
    }
    builder.build()
}

/// A log of random batches in a few segments and terms.
fn random_log(seed: u64) -> (Disk, UnifiedLog, Rng) {
    let (mut rng, mut disk) = (Rng::new(seed, &"log"), Disk::new());
    let config = small_segments(3000, [0, 100, 700][seed as usize % 3]);
    let mut log = open(&mut disk, &config, LoadParams::default());
    let (mut epoch, mut time) = (0, NOW);
    for _ in 0..rng.below(60) {
        if rng.below(8) == 0 {
            epoch += 1 + rng.below(2) as i32;
            let end = log.log_end_offset();
            log.assign_epoch_start_offset(&mut disk, epoch, end).unwrap();
        }
        time += rng.below(200) as i64 - 60;
        let records = batch(1 + rng.below(5), rng.below(150), time);
        log.append_as_leader(&mut disk, &records, epoch, AppendOrigin::Client, NOW).unwrap();
    }
    (disk, log, rng)
}

/// Everything in a log, to be compared.
fn contents(log: &UnifiedLog, disk: &Disk) -> Vec<LogBatch> {
    log.batches(disk, 0).map(Result::unwrap).collect()
}

#[test]
fn a_log_is_read_back_as_it_was_written() {
    let mut disk = Disk::new();
    let mut log = open(&mut disk, &LogConfig::default(), LoadParams::default());
    let first = log.append_as_leader(&mut disk, &batch(3, 4, NOW), 5, AppendOrigin::Client, NOW).unwrap();
    let second = log.append_as_leader(&mut disk, &batch(1, 4, NOW + 9), 5, AppendOrigin::Client, NOW).unwrap();
    assert_eq!((first.first_offset, first.last_offset, first.last_leader_epoch), (0, 2, 5));
    assert_eq!((second.first_offset, second.offset_of_max_timestamp, second.max_timestamp), (3, 3, NOW + 9));
    assert_eq!((log.log_end_offset(), log.high_watermark(), log.latest_epoch()), (4, 0, Some(5)));
    let data = log.read(&disk, 1, 10_000, FetchIsolation::LogEnd, true).unwrap();
    let read: Vec<_> = batches(&data.records).map(|batch| batch.unwrap()).collect();
    assert!(read.iter().all(|batch| batch.is_valid() && batch.partition_leader_epoch() == 5));
    assert_eq!(read.iter().map(RecordBatch::last_offset).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(log.update_high_watermark(9), 4);
    assert_eq!(log.update_high_watermark(-1), 0);
}

#[test]
fn any_offset_is_found_where_it_lies() {
    for seed in 0..40 {
        let (disk, mut log, mut rng) = random_log(seed);
        let end = log.log_end_offset();
        for offset in 0..end {
            let data = log.read(&disk, offset, rng.below(400) as u32, FetchIsolation::LogEnd, true).unwrap();
            let first = batches(&data.records).next().unwrap().unwrap();
            assert!((first.base_offset()..=first.last_offset()).contains(&offset));
            assert_eq!(data.fetch_offset_metadata.message_offset, first.base_offset());
            let bound = log.update_high_watermark(offset + rng.below(9) as i64);
            let data = log.read(&disk, offset, 100_000, FetchIsolation::HighWatermark, false).unwrap();
            assert!(batches(&data.records).all(|batch| batch.unwrap().last_offset() < bound));
        }
        assert!(log.read(&disk, end, 100, FetchIsolation::LogEnd, true).unwrap().records.is_empty());
        assert!(matches!(
            log.read(&disk, end + 1, 100, FetchIsolation::LogEnd, true),
            Err(LogError::OffsetOutOfRange { .. })
        ));
    }
}

#[test]
fn an_index_look_up_lands_at_or_before_the_target() {
    for seed in 0..40 {
        let (disk, log, _) = random_log(seed);
        for segment in log.segments() {
            let starts: Vec<(u32, Offset)> = log
                .batches(&disk, segment.base_offset())
                .map(Result::unwrap)
                .filter(|batch| batch.segment_base_offset == segment.base_offset())
                .map(|batch| (batch.position, batch.batch().last_offset()))
                .collect();
            for (position, last_offset) in &starts {
                let found = segment.offset_index().lookup(&disk, *last_offset).unwrap();
                assert!(found.position <= *position);
                assert!(starts.iter().any(|(start, _)| *start == found.position), "an entry points into a batch");
                let walk = segment.offset_index().walk(&disk, *last_offset).unwrap();
                assert!(walk.len() <= 12 && walk.iter().all(|probe| probe.slot < segment.offset_index().entries()));
            }
            for entry in segment.time_index().all(&disk).unwrap() {
                assert_eq!(segment.time_index().lookup(&disk, entry.timestamp).unwrap(), entry);
            }
        }
    }
}

#[test]
fn a_timestamp_leads_to_the_first_record_that_is_as_young() {
    for seed in 0..30 {
        let (disk, log, mut rng) = random_log(seed);
        let all = contents(&log, &disk);
        let records: Vec<(i64, Offset)> = all
            .iter()
            .flat_map(|batch| batch.batch().records().map(|record| record.unwrap()).map(|it| (it.timestamp, it.offset)))
            .collect();
        for _ in 0..50 {
            let target = NOW - 500 + rng.below(6000) as i64;
            let found = log.offset_for_timestamp(&disk, target).unwrap().map(|found| (found.timestamp, found.offset));
            assert_eq!(found, records.iter().find(|(timestamp, _)| *timestamp >= target).copied());
        }
        let largest =
            log.offset_for_timestamp(&disk, MAX_TIMESTAMP).unwrap().map(|found| (found.timestamp, found.offset));
        let max = records.iter().map(|(timestamp, _)| *timestamp).max();
        assert_eq!(largest, records.iter().find(|(timestamp, _)| Some(*timestamp) == max).copied());
    }
}

#[test]
fn a_log_opened_again_is_the_same_log() {
    for seed in 0..40 {
        let (mut disk, mut log, mut rng) = random_log(seed);
        if rng.below(2) == 0 {
            let target = rng.below(log.log_end_offset() as u64 + 2) as i64;
            let end = log.log_end_offset();
            assert_eq!(log.truncate_to(&mut disk, target, NOW), Ok(target < end));
            assert_eq!(log.log_end_offset(), target.min(end));
        }
        let before = contents(&log, &disk);
        // Where a batch was cut away whole, the log opened again ends where its bytes do.
        let end = before.last().map_or(0, |batch| batch.batch().next_offset());
        let epochs: Vec<_> = log.epoch_entries().filter(|entry| entry.start_offset < end).collect();
        let clean = rng.below(2) == 0;
        if clean {
            log.close(&mut disk).unwrap();
            disk.power_loss(&mut rng);
        }
        let params = LoadParams { had_clean_shutdown: clean, ..LoadParams::default() };
        let again = open(&mut disk, log.config(), params);
        assert_eq!(contents(&again, &disk), before);
        assert_eq!(again.log_end_offset(), end);
        assert_eq!(again.epoch_entries().collect::<Vec<_>>(), epochs);
        for (old, new) in log.segments().zip(again.segments()) {
            assert_eq!(old.max_timestamp_and_offset_so_far(), new.max_timestamp_and_offset_so_far());
            assert_eq!(old.first_batch_timestamp(), new.first_batch_timestamp());
        }
    }
}

#[test]
fn a_power_loss_loses_no_flushed_segment_and_invents_nothing() {
    for seed in 0..40 {
        let (mut disk, mut log, mut rng) = random_log(seed);
        if seed % 2 == 0 {
            log.run_due_tasks(&mut disk, NOW).unwrap();
            assert_eq!(log.recovery_point(), log.active_segment().base_offset());
        }
        let before = contents(&log, &disk);
        disk.power_loss(&mut rng);
        let params = LoadParams { recovery_point: log.recovery_point(), ..LoadParams::default() };
        let again = open(&mut disk, log.config(), params);
        let after = contents(&again, &disk);
        let flushed = before.iter().filter(|batch| batch.batch().next_offset() <= log.recovery_point()).count();
        assert_eq!(after[..flushed], before[..flushed]);
        // Pages reach the platter in any order: of what was not flushed a later segment may be there, an earlier not.
        assert!(after.iter().all(|batch| before.contains(batch)));
        assert!(again.log_end_offset() >= log.recovery_point());
    }
}

#[test]
fn recovery_cuts_at_the_first_damage() {
    for seed in 0..60 {
        let (mut disk, log, mut rng) = random_log(seed);
        let before = contents(&log, &disk);
        if before.is_empty() {
            continue;
        }
        let hit = rng.below(before.len() as u64) as usize;
        let victim = &before[hit];
        // Bytes 12 to 15, the leader epoch, are not covered by the CRC; a base offset may grow unnoticed.
        let at = 16 + rng.below(victim.bytes.len() as u64 - 16);
        let path = format!("{DIR}/{}.log", filename_prefix_from_offset(victim.segment_base_offset));
        let position = u64::from(victim.position) + at;
        if rng.below(2) == 0 {
            let byte = disk.read(&path, position, 1).unwrap()[0];
            disk.write_at(&path, position, &[byte ^ 0x55]).unwrap();
        } else {
            disk.truncate(&path, position).unwrap();
        }
        let again = open(&mut disk, log.config(), LoadParams::default());
        assert_eq!(contents(&again, &disk), before[..hit]);
        assert_eq!(again.log_end_offset(), victim.batch().base_offset());
        assert!(again.epoch_entries().all(|entry| entry.start_offset < again.log_end_offset()));
    }
}

#[test]
fn lost_indexes_are_built_again_as_they_were() {
    for seed in 0..20 {
        let (mut disk, mut log, _) = random_log(seed);
        log.close(&mut disk).unwrap();
        let before = disk.clone();
        for segment in log.segments() {
            disk.delete(segment.offset_index().path()).unwrap();
            disk.write_at(segment.time_index().path(), 0, b"?").unwrap();
        }
        open(&mut disk, log.config(), LoadParams { had_clean_shutdown: true, ..LoadParams::default() });
        for name in before.list(DIR) {
            let path = format!("{DIR}/{name}");
            assert_eq!(disk.read(&path, 0, u64::MAX), before.read(&path, 0, u64::MAX), "{name}");
        }
    }
}

#[test]
fn a_follower_ends_up_with_the_same_bytes() {
    for seed in 0..30 {
        let (disk, leader, mut rng) = random_log(seed);
        let mut copy_disk = Disk::new();
        let mut copy = open(&mut copy_disk, leader.config(), LoadParams::default());
        let epoch = leader.latest_epoch().unwrap_or(0);
        while copy.log_end_offset() < leader.log_end_offset() {
            let max = rng.below(8000) as u32;
            let data = leader.read(&disk, copy.log_end_offset(), max, FetchIsolation::LogEnd, true).unwrap();
            copy.append_as_follower(&mut copy_disk, &data.records, epoch, NOW).unwrap();
        }
        let batches = |log: &UnifiedLog, disk: &Disk| -> Vec<_> {
            contents(log, disk).into_iter().map(|batch| batch.bytes).collect()
        };
        assert_eq!(batches(&copy, &copy_disk), batches(&leader, &disk));
        // A leader also enters terms in which it wrote nothing, at the very end.
        let written = |log: &UnifiedLog| -> Vec<_> {
            log.epoch_entries().filter(|entry| entry.start_offset < log.log_end_offset()).collect()
        };
        assert_eq!(written(&copy), written(&leader));
    }
}

#[test]
fn a_follower_leaves_batches_of_a_later_term_for_the_next_fetch() {
    let (mut disk, mut copy_disk) = (Disk::new(), Disk::new());
    let config = LogConfig::default();
    let mut leader = open(&mut disk, &config, LoadParams::default());
    let mut copy = open(&mut copy_disk, &config, LoadParams::default());
    for epoch in [1, 1, 2, 3] {
        leader.append_as_leader(&mut disk, &batch(1, 1, NOW), epoch, AppendOrigin::Client, NOW).unwrap();
    }
    let data = leader.read(&disk, 0, 10_000, FetchIsolation::LogEnd, true).unwrap();
    let info = copy.append_as_follower(&mut copy_disk, &data.records, 1, NOW).unwrap();
    assert_eq!((info.first_offset, info.last_offset, copy.log_end_offset()), (0, 1, 2));
    let data = leader.read(&disk, 2, 10_000, FetchIsolation::LogEnd, true).unwrap();
    let info = copy.append_as_follower(&mut copy_disk, &data.records, 1, NOW).unwrap();
    assert_eq!((info.first_offset, info.bytes, copy.log_end_offset()), (-1, 0, 2));
    let error = copy.append_as_follower(
        &mut copy_disk,
        &leader.read(&disk, 0, 1000, FetchIsolation::LogEnd, true).unwrap().records,
        3,
        NOW,
    );
    assert_eq!(error, Err(AppendError::UnexpectedAppendOffset { first_offset: 0, log_end_offset: 2 }));
}

#[test]
fn a_leader_refuses_what_breaks_a_rule_and_writes_nothing() {
    let mut disk = Disk::new();
    let mut config = small_segments(500, 4096);
    config.max_message_bytes = 600;
    let mut log = open(&mut disk, &config, LoadParams::default());
    let pristine = (log.clone(), disk.clone());
    let good = batch(2, 10, NOW);
    let flip = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let build = |edit: fn(RecordBatchBuilder) -> RecordBatchBuilder| {
        let mut builder = edit(RecordBatchBuilder::new());
        builder.append(NOW, None, None, &[]);
        builder.build()
    };
    let mut gap = RecordBatchBuilder::new();
    gap.append(NOW, None, None, &[]);
    gap.append_with_offset(2, NOW, None, None, &[]);
    let compressed = {
        let mut bytes = good.clone();
        bytes[22] |= 1;
        let crc = RecordBatch::parse(&bytes).unwrap().compute_checksum();
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        bytes
    };
    for (records, expected) in [
        (Vec::new(), "no record batch"),
        (good[..good.len() - 1].to_vec(), "no record batch"),
        ([good.clone(), good.clone()].concat(), "more than one"),
        (flip(7), "base offset"),
        (flip(16), "magic 3"),
        (flip(40), "corrupt"),
        (gap.build(), "offset range"),
        (compressed, "gzip records"),
        (build(RecordBatchBuilder::control), "control"),
        (build(|it| it.with_producer(1, 0, -1)), "sequence"),
        (batch(1, 10, NOW + 3_600_001), "timestamp"),
        (batch(1, 600, NOW), "max.message.bytes"),
        (batch(1, 450, NOW), "segment.bytes"),
    ] {
        let error = log.append_as_leader(&mut disk, &records, 0, AppendOrigin::Client, NOW).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}: {expected} expected");
        assert_eq!((&log, &disk), (&pristine.0, &pristine.1));
    }
    assert_eq!(
        log.append_as_leader(&mut disk, &flip(9), 0, AppendOrigin::Client, NOW),
        Err(AppendError::InvalidRecord { reason: "the request holds no record batch" })
    );
    let mut negative = good.clone();
    negative[8] = 0xff;
    let error = log.append_as_leader(&mut disk, &negative, 0, AppendOrigin::Client, NOW);
    assert!(matches!(error, Err(AppendError::Record(RecordError::InvalidLength(_)))));
}

#[test]
fn the_brokers_clock_overrides_the_producers() {
    let mut disk = Disk::new();
    let config = LogConfig { message_timestamp_type: TimestampType::LogAppendTime, ..LogConfig::default() };
    let mut log = open(&mut disk, &config, LoadParams::default());
    let info = log.append_as_leader(&mut disk, &batch(2, 1, 5), 0, AppendOrigin::Client, NOW).unwrap();
    assert_eq!((info.log_append_time, info.max_timestamp, info.offset_of_max_timestamp), (Some(NOW), NOW, 1));
    let stored = contents(&log, &disk);
    assert!(stored[0].batch().is_valid() && stored[0].batch().records().all(|it| it.unwrap().timestamp == NOW));
}

#[test]
fn a_log_start_hides_what_lies_before_it() {
    let (mut disk, mut log, _) = random_log(4);
    let end = log.log_end_offset();
    assert!(matches!(log.maybe_increment_log_start_offset(&mut disk, 3), Err(LogError::OffsetOutOfRange { .. })));
    log.update_high_watermark(end);
    assert_eq!(log.maybe_increment_log_start_offset(&mut disk, 3), Ok(true));
    assert_eq!(log.maybe_increment_log_start_offset(&mut disk, 2), Ok(false));
    assert!(matches!(log.read(&disk, 2, 100, FetchIsolation::LogEnd, true), Err(LogError::OffsetOutOfRange { .. })));
    assert_eq!(log.epoch_entries().next().unwrap().start_offset, 3);
    let params = LoadParams { log_start_offset: 3, ..LoadParams::default() };
    assert_eq!(open(&mut disk, log.config(), params).log_start_offset(), 3);
    let params = LoadParams { log_start_offset: end + 10, ..LoadParams::default() };
    let anew = open(&mut disk, log.config(), params);
    assert_eq!((anew.log_start_offset(), anew.log_end_offset(), anew.size_bytes()), (end + 10, end + 10, 0));
    anew.delete(&mut disk).unwrap();
    assert!(disk.is_empty());
}

#[test]
fn a_copy_of_a_log_and_its_disk_goes_its_own_way() {
    let (mut disk, mut log, _) = random_log(2);
    let (then_disk, then_log) = (disk.clone(), log.clone());
    let before = contents(&then_log, &then_disk);
    log.append_as_leader(&mut disk, &batch(4, 40, NOW), 99, AppendOrigin::Client, NOW).unwrap();
    log.truncate_to(&mut disk, 1, NOW).unwrap();
    assert_eq!(contents(&then_log, &then_disk), before);
    assert_ne!(then_log, log);
}

#[test]
fn a_full_index_ends_a_segment() {
    // Room for four offset entries, and for three time entries of which the last is kept for the end.
    let config = LogConfig { segment_index_bytes: 36, index_interval_bytes: 0, ..LogConfig::default() };
    for (step_ms, batches_per_segment) in [(0, 5), (1, 3)] {
        let mut disk = Disk::new();
        let mut log = open(&mut disk, &config, LoadParams::default());
        let mut rolled = Vec::new();
        for i in 0..3 * batches_per_segment {
            let records = batch(1, 1, NOW + i * step_ms);
            rolled.extend(log.append_as_leader(&mut disk, &records, 0, AppendOrigin::Client, NOW).unwrap().rolled);
        }
        assert_eq!(rolled, [batches_per_segment, 2 * batches_per_segment]);
    }
}

#[test]
fn a_log_cut_below_its_start_starts_where_it_ends() {
    let (mut disk, mut log, _) = random_log(7);
    let end = log.update_high_watermark(log.log_end_offset());
    log.maybe_increment_log_start_offset(&mut disk, end - 1).unwrap();
    log.truncate_to(&mut disk, 2, NOW).unwrap();
    assert_eq!((log.log_start_offset(), log.high_watermark(), log.log_end_offset()), (2, 2, 2));
    log.truncate_fully_and_start_at(&mut disk, 50, NOW).unwrap();
    assert_eq!(log.truncate_to(&mut disk, 20, NOW), Ok(true));
    assert_eq!((log.log_start_offset(), log.high_watermark(), log.log_end_offset()), (20, 20, 20));
    assert_eq!(log.segments().map(LogSegment::base_offset).collect::<Vec<_>>(), [20]);
    assert_eq!((log.size_bytes(), log.epoch_entries().count()), (0, 0));
}
