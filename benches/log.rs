//! How fast the log is, against what a machine can do at all: `cargo bench --no-default-features --bench log`, or
//! `cargo xtask bench native`.
//!
//! Plain lines, `name value unit`. The times depend on the machine; the ratios, taken within one run, hardly do.

mod timing;

use kafkascope::base::TopicPartition;
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, LoadParams, LogConfig, UnifiedLog};
use kafkascope::record::{RECORD_BATCH_OVERHEAD, RecordBatchBuilder, record_size};
use std::hint::black_box;
use timing::{best, mb_per_s, say};

const NOW: i64 = 1_700_000_000_000;
const DIR: &str = "/var/lib/kafka/data/bench-0";
const BATCH: usize = 16 << 10;
const MIB: usize = 1 << 20;

fn main() {
    bench_append();
    bench_clone();
    bench_look_up();
    bench_recovery();
}

fn open(disk: &mut Disk, params: LoadParams) -> UnifiedLog {
    let partition = TopicPartition::parse("bench-0").expect("a partition");
    UnifiedLog::open(partition, DIR, LogConfig::default(), disk, params).expect("a log")
}

/// A batch of as many records with values of `value_size` bytes as 16 KiB take, the last one larger to fill them.
fn batch(value_size: usize) -> Vec<u8> {
    let mut builder = RecordBatchBuilder::new();
    let value = vec![b'v'; BATCH];
    let mut left = BATCH - RECORD_BATCH_OVERHEAD;
    for delta in 0.. {
        let size = record_size(delta, 0, None, Some(&value[..value_size]), &[]);
        if left < 3 * size {
            break;
        }
        builder.append(NOW, None, Some(&value[..value_size]), &[]);
        left -= size;
    }
    let fits = |size: &usize| record_size(builder.count(), 0, None, Some(&value[..*size]), &[]) <= left;
    let last = (0..left).rev().find(fits).unwrap_or(0);
    builder.append(NOW, None, Some(&value[..last]), &[]);
    let batch = builder.build();
    assert_eq!(batch.len(), BATCH, "a batch fills 16 KiB");
    batch
}

fn append(log: &mut UnifiedLog, disk: &mut Disk, batch: &[u8], times: usize) {
    for _ in 0..times {
        log.append_as_leader(disk, black_box(batch), 0, AppendOrigin::Client, NOW).expect("appended");
    }
}

/// Batches into a log as its leader, against a plain copy of the same bytes: into memory that is fresh, as that of the
/// log is, and into memory that was written before.
fn bench_append() {
    let times = 100 * MIB / BATCH;
    let bytes = times * BATCH;
    for (name, value_size) in [("1KB", 1000), ("100B", 100)] {
        let batch = batch(value_size);
        let fresh = best(5, || {
            let mut memory: Vec<Vec<u8>> = Vec::new();
            (0..times).for_each(|_| memory.push(black_box(&batch).clone()));
            memory
        });
        let mut memory = vec![1; bytes];
        let warm = best(5, || {
            memory.chunks_exact_mut(BATCH).for_each(|place| place.copy_from_slice(black_box(&batch)));
            memory.last().copied()
        });
        let appended = best(5, || {
            let mut disk = Disk::new();
            let mut log = open(&mut disk, LoadParams::default());
            append(&mut log, &mut disk, &batch, times);
            (disk, log)
        });
        say(&format!("log.append_{name}_records"), mb_per_s(bytes, appended), "MB/s");
        say(&format!("log.append_{name}_over_copy"), fresh.as_secs_f64() / appended.as_secs_f64(), "ratio");
        say(&format!("log.append_{name}_over_warm_copy"), warm.as_secs_f64() / appended.as_secs_f64(), "ratio");
    }
}

/// A copy of a log of 100 MiB with its disk, as a checkpoint makes it.
fn bench_clone() {
    let mut disk = Disk::new();
    let mut log = open(&mut disk, LoadParams::default());
    append(&mut log, &mut disk, &batch(1000), 100 * MIB / BATCH);
    let took = best(100, || (disk.clone(), log.clone()));
    say("log.clone_100MiB", took.as_secs_f64() * 1e6, "us");
}

/// Where an offset lies, in a log of ten million records.
fn bench_look_up() {
    const RECORDS: i64 = 10_000_000;
    const PER_BATCH: i64 = 100;
    let mut disk = Disk::new();
    let mut log = open(&mut disk, LoadParams::default());
    let mut builder = RecordBatchBuilder::new();
    (0..PER_BATCH).for_each(|_| builder.append(NOW, None, Some(b"ten bytes!"), &[]));
    append(&mut log, &mut disk, &builder.build(), (RECORDS / PER_BATCH) as usize);
    assert_eq!(log.log_end_offset(), RECORDS);
    let looks = 200_000;
    let took = best(5, || {
        let mut sum = 0u64;
        for number in 0..looks {
            // Far jumps, so that the index has to be asked each time.
            let found = log.offset_metadata(&disk, number * 7_368_787 % RECORDS).expect("an offset of the log");
            sum += u64::from(found.relative_position_in_segment);
        }
        sum
    });
    say("log.offset_look_up", took.as_secs_f64() * 1e9 / looks as f64, "ns");
}

/// What a broker does after a crash to a log of 1 GiB of which nothing is known to be safe, against the checksum of its
/// bytes alone.
fn bench_recovery() {
    let times = (1 << 30) / BATCH;
    let mut disk = Disk::new();
    let mut log = open(&mut disk, LoadParams::default());
    append(&mut log, &mut disk, &batch(1000), times);
    let path = log.active_segment().path().to_owned();
    let summed = best(3, || {
        (0..times)
            .map(|number| {
                let bytes = disk.lend(&path, (number * BATCH) as u64, BATCH as u64).expect("bytes of the log");
                crc32c::crc32c(&bytes)
            })
            .fold(0, u32::wrapping_add)
    });
    let recovered = best(3, || {
        let mut disk = disk.clone();
        let log = open(&mut disk, LoadParams::default());
        assert_eq!(log.recovery_report().bytes_cut, 0, "nothing is damaged");
        log.log_end_offset()
    });
    let bytes = times * BATCH;
    say("log.recovery", mb_per_s(bytes, recovered), "MB/s");
    say("log.recovery_over_crc32c", summed.as_secs_f64() / recovered.as_secs_f64(), "ratio");
}
