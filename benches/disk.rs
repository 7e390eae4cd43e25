//! How fast the disk model itself is: `cargo bench --no-default-features --bench disk`, or `cargo xtask bench native`.
//!
//! Plain lines, `name value unit`. The times depend on the machine; the ratios, taken within one run, hardly do.

mod timing;

use kafkascope::base::Rng;
use kafkascope::disk::{Disk, PAGE_SIZE};
use std::hint::black_box;
use timing::{best, mb_per_s, say};

const BATCH: usize = 16 << 10;
const MIB: usize = 1 << 20;
const PATH: &str = "/var/lib/kafka/data/orders-0/00000000000000000000.log";

fn main() {
    bench_append();
    bench_clone();
    bench_read();
    bench_eviction();
}

fn batch() -> Vec<u8> {
    let mut rng = Rng::new(1, &"batch");
    (0..BATCH / 8).flat_map(|_| rng.next_u64().to_le_bytes()).collect()
}

/// A log file of so many bytes, among the files of fifty others.
fn disk_with(bytes: usize) -> Disk {
    let mut disk = Disk::new();
    for partition in 0..50 {
        for suffix in ["log", "index", "timeindex"] {
            let path = format!("/var/lib/kafka/data/__consumer_offsets-{partition}/00000000000000000000.{suffix}");
            disk.create(&path).expect("a new file");
        }
    }
    disk.create(PATH).expect("a new file");
    let batch = batch();
    for _ in 0..bytes / BATCH {
        disk.append(PATH, &batch).expect("room");
    }
    disk
}

/// Batches into a file, against the same bytes into fresh memory.
fn bench_append() {
    let (bytes, batch) = (100 * MIB, batch());
    let copied = best(5, || {
        let mut memory: Vec<Vec<u8>> = Vec::new();
        for _ in 0..bytes / BATCH {
            memory.push(black_box(&batch).clone());
        }
        memory
    });
    let empty = disk_with(0);
    let appended = best(5, || {
        let mut disk = empty.clone();
        for _ in 0..bytes / BATCH {
            disk.append(PATH, black_box(&batch)).expect("room");
        }
        disk
    });
    say("disk_append", mb_per_s(bytes, appended), "MB/s");
    say("disk_append_against_memcpy", copied.as_secs_f64() / appended.as_secs_f64(), "ratio");
}

/// A copy of a disk with a log of 100 MiB, and the first write after it.
fn bench_clone() {
    let (mut disk, batch) = (disk_with(100 * MIB), batch());
    disk.fsync(PATH).expect("a working device");
    say("disk_clone_100_mib", best(50, || disk.clone()).as_secs_f64() * 1e3, "ms");
    let mut copies = Vec::new();
    let took = best(20, || {
        copies.push(disk.clone());
        disk.append(PATH, &batch).expect("room");
    });
    say("disk_clone_and_first_append", took.as_secs_f64() * 1e3, "ms");
}

/// Reading a file from its start to its end, lent and not copied, against the same over plain memory.
fn bench_read() {
    let disk = disk_with(256 * MIB);
    let plain = disk.read(PATH, 0, u64::MAX).expect("it is there");
    let memory = best(5, || crc32c::crc32c(&plain));
    let lent = best(5, || {
        let (mut at, mut crc) = (0, 0);
        while let Ok(piece) = disk.slice(PATH, at)
            && !piece.is_empty()
        {
            crc = crc32c::crc32c_append(crc, piece);
            at += piece.len() as u64;
        }
        crc
    });
    let by_batch = best(5, || {
        let lend = |at: usize| crc32c::crc32c(&disk.lend(PATH, at as u64, BATCH as u64).expect("it is there"));
        (0..plain.len()).step_by(BATCH).map(lend).fold(0, |a, b| a ^ b)
    });
    say("crc32c", mb_per_s(plain.len(), memory), "MB/s");
    say("disk_scan_against_crc32c", memory.as_secs_f64() / lent.as_secs_f64(), "ratio");
    say("disk_scan_by_batch_against_crc32c", memory.as_secs_f64() / by_batch.as_secs_f64(), "ratio");
}

/// Appending with memory for 16 MiB only: what finding the oldest pages costs.
fn bench_eviction() {
    let (bytes, batch) = (64 * MIB, batch());
    let mut empty = disk_with(0);
    empty.set_memory(16 * MIB as u64);
    let took = best(3, || {
        let mut disk = empty.clone();
        for _ in 0..bytes / BATCH {
            disk.append(PATH, &batch).expect("room");
        }
        assert!(disk.page_cache().resident * PAGE_SIZE as u64 <= disk.memory());
        disk
    });
    say("disk_append_in_little_memory", mb_per_s(bytes, took), "MB/s");
}
