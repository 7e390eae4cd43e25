//! `leader_epochs.json`: the cache by itself, and whole dialogues between a leader's log and a follower's.

use super::log_state::{CLOCK_START_MS, epochs_of, new_log};
use super::support::{Vectors, int, list, maybe_int, number, text};
use kafkascope::base::{LeaderEpoch, Offset};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, LeaderEpochFileCache, LogConfig, OffsetAndEpoch, UnifiedLog};
use kafkascope::record::RecordBatchBuilder;
use serde_json::{Value, json};

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("epoch_cache") {
        check_cache(vectors, &case);
    }
    for case in vectors.group("follower_truncation") {
        check_dialogue(&case);
        vectors.checked();
    }
}

fn epoch(value: &Value, key: &str) -> LeaderEpoch {
    i32::try_from(int(value, key)).expect("32 bits")
}

fn check_cache(vectors: &mut Vectors, case: &Value) {
    let (name, path) = (text(case, "name"), "/data/t-0/leader-epoch-checkpoint");
    let mut disk = Disk::new();
    let mut cache = LeaderEpochFileCache::open(&mut disk, path).expect("an empty cache");
    for step in list(case, "steps") {
        let expected = &step["expected"];
        match text(step, "op").as_str() {
            "assign" => cache.assign(&mut disk, epoch(step, "epoch"), int(step, "start_offset")).expect("assigned"),
            "truncate_from_end" => cache.truncate_from_end(&mut disk, int(step, "offset")).expect("truncated"),
            "truncate_from_start" => cache.truncate_from_start(&mut disk, int(step, "offset")).expect("truncated"),
            "end_offset_for" => {
                let found = cache.end_offset_for(epoch(step, "epoch"), int(step, "log_end_offset"));
                assert_eq!(found.leader_epoch, epoch(expected, "epoch"), "{name}: {step}");
                assert_eq!(found.offset, int(expected, "end_offset"), "{name}: {step}");
            }
            "epoch_for_offset" => {
                let found = cache.epoch_for_offset(int(step, "offset")).map(i64::from);
                assert_eq!(found, number(expected), "{name}: {step}");
            }
            other => return vectors.skip(case, format!("operation {other}")),
        }
        if step["entries_after"].is_array() {
            let entries: Value = cache.entries().map(|entry| json!([entry.epoch, entry.start_offset])).collect();
            assert_eq!(entries, step["entries_after"], "{name}: {step}");
        }
        assert_eq!(LeaderEpochFileCache::open(&mut disk, path), Ok(cache.clone()), "{name}: read back after {step}");
    }
    vectors.checked();
}

/// A log, built record by record.
fn log_of(history: &[Value], disk: &mut Disk) -> UnifiedLog {
    let mut log = new_log(disk, &LogConfig::default());
    for part in history {
        if let Some(epoch) = maybe_int(part, "leader") {
            let (epoch, end) = (i32::try_from(epoch).expect("32 bits"), log.log_end_offset());
            log.assign_epoch_start_offset(disk, epoch, end).expect("assigned");
        }
        for _ in 0..maybe_int(part, "records").unwrap_or(0) {
            let mut builder = RecordBatchBuilder::new();
            builder.append(CLOCK_START_MS, None, Some(b"v"), &[]);
            log.append_as_leader(disk, &builder.build(), epoch(part, "epoch"), AppendOrigin::Client, CLOCK_START_MS)
                .expect("appended");
        }
    }
    log
}

fn check_dialogue(case: &Value) {
    let name = text(case, "name");
    let (mut leader_disk, mut disk) = (Disk::new(), Disk::new());
    let mut leader = log_of(list(case, "leader"), &mut leader_disk);
    let mut follower = log_of(list(case, "follower"), &mut disk);
    if let Some(start) = maybe_int(case, "leader_log_start") {
        leader.update_high_watermark(leader.log_end_offset());
        leader.maybe_increment_log_start_offset(&mut leader_disk, start).expect("moved");
    }
    follower.update_high_watermark(maybe_int(case, "follower_hw").unwrap_or(0));
    for (log, who) in [(&leader, "leader"), (&follower, "follower")] {
        assert_eq!(epochs_of(log), case[format!("{who}_epoch_entries")], "{name}: {who}");
        assert_eq!(log.log_end_offset(), int(case, &format!("{who}_log_end_offset")), "{name}: {who}");
    }
    for round in list(case, "rounds") {
        check_round(&name, &leader, &mut follower, &mut disk, round);
    }
}

fn check_round(name: &str, leader: &UnifiedLog, follower: &mut UnifiedLog, disk: &mut Disk, round: &Value) {
    let fetch_offset = follower.log_end_offset();
    let last_fetched_epoch = follower.latest_epoch().unwrap_or(-1);
    assert_eq!(fetch_offset, int(round, "fetch_offset"), "{name}: {round}");
    assert_eq!(last_fetched_epoch, epoch(round, "last_fetched_epoch"), "{name}: {round}");
    match answer(leader, fetch_offset, last_fetched_epoch) {
        Answer::Ok => assert_eq!(text(round, "result"), "OK", "{name}: {round}"),
        Answer::OutOfRange => assert_eq!(text(round, "result"), "OFFSET_OUT_OF_RANGE", "{name}: {round}"),
        Answer::Diverging(end) => {
            assert_eq!(text(round, "result"), "DIVERGING", "{name}: {round}");
            let diverging = json!({"epoch": end.leader_epoch, "end_offset": end.offset});
            assert_eq!(diverging, round["diverging_epoch"], "{name}: {round}");
            let (target, known) = truncation(follower, end);
            assert_eq!(json!(target), round["follower_truncates_to"], "{name}: {round}");
            assert_eq!(json!(known), round["follower_knows_that_epoch"], "{name}: {round}");
            follower.truncate_to(disk, target, CLOCK_START_MS).expect("truncated");
            assert_eq!(epochs_of(follower), round["follower_epoch_entries_after"], "{name}: {round}");
            assert_eq!(json!(follower.high_watermark()), round["follower_high_watermark_after"], "{name}: {round}");
            assert_eq!(json!(follower.log_end_offset()), round["follower_log_end_offset_after"], "{name}: {round}");
        }
    }
}

enum Answer {
    Ok,
    OutOfRange,
    Diverging(OffsetAndEpoch),
}

/// What a leader answers to a fetch that names the fetcher's last epoch.
fn answer(leader: &UnifiedLog, fetch_offset: Offset, last_fetched_epoch: LeaderEpoch) -> Answer {
    if last_fetched_epoch >= 0 {
        let end = leader.end_offset_for_epoch(last_fetched_epoch);
        if !end.is_defined() {
            return Answer::OutOfRange;
        }
        if end.leader_epoch < last_fetched_epoch || end.offset < fetch_offset {
            return Answer::Diverging(end);
        }
    }
    if (leader.log_start_offset()..=leader.log_end_offset()).contains(&fetch_offset) {
        Answer::Ok
    } else {
        Answer::OutOfRange
    }
}

/// Where a follower cuts, and whether it knows the leader's epoch and so is done.
fn truncation(follower: &UnifiedLog, leader: OffsetAndEpoch) -> (Offset, bool) {
    let own = follower.end_offset_for_epoch(leader.leader_epoch);
    let end = follower.log_end_offset();
    if !own.is_defined() {
        return (leader.offset.min(end), true);
    }
    if own.leader_epoch == leader.leader_epoch {
        return (own.offset.min(leader.offset).min(end), true);
    }
    (own.offset.min(end), false)
}
