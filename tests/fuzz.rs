//! A bounded run of the fuzz targets of `fuzz/`: a few thousand inputs each, the same ones every time.
//!
//! Most are valid files with something changed in them, as random bytes hardly get past the first check. An allocator
//! counts along: no input may make the model take more memory than a small multiple of its size, and the fixed room that
//! decompression has (`record::compression`).

#![cfg(not(target_arch = "wasm32"))]

#[path = "fuzz/checks.rs"]
mod checks;

use kafkascope::base::{Map, Rng, TopicPartition};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, LoadParams, LogConfig, UnifiedLog, write_offsets};
use kafkascope::record::{
    CompressionType, ControlRecordType, EndTransactionMarker, RecordBatch, RecordBatchBuilder, compression,
};
use peak_alloc::PeakAlloc;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Only one test runs at a time, so that what is counted is its own.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much memory an input may cost.
struct Allowance {
    fixed: usize,
    per_byte: usize,
}

/// Where nothing is decompressed: a disk of a few pages, an index, and so much for each byte.
const PLAIN: Allowance = Allowance { fixed: 1 << 20, per_byte: 150 };

/// What a block may take while it is unpacked, twice over, with its layout beside; and what the decoder of zstd holds.
const UNPACKED: Allowance = Allowance { fixed: 3 * compression::room_for(0) + (32 << 20), per_byte: 4 * 64 };

/// What is unpacked, and a line of text for each record of it.
const DUMPED: Allowance = Allowance { fixed: UNPACKED.fixed, per_byte: 4096 };

/// Changes something: bits, bytes, numbers, lengths, the order of parts.
fn mutate(rng: &mut Rng, input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.below(bytes.len().max(1) as u64) as usize;
        let end = (at + rng.below(9) as usize).min(bytes.len());
        match rng.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at.min(end)..end)),
            2 => bytes.extend_from_within(at.min(end)..end),
            3 => {
                let rest = bytes.split_off(at.min(bytes.len()));
                bytes.extend((0..rng.below(9)).map(|_| rng.next_u64() as u8));
                bytes.extend(rest);
            }
            4 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
            5 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0),
            6 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.below(8)),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = rng.next_u64() as u8),
        }
    }
    bytes
}

/// Runs `check` on the seeds, on what comes of changing them, and on noise.
fn run(name: &'static str, rounds: u64, seeds: &[Vec<u8>], allowance: &Allowance, check: fn(&[u8])) {
    let mut rng = Rng::new(0xf022, &name);
    for round in 0..rounds {
        let input = match seeds.get(round as usize) {
            Some(seed) => seed.clone(),
            None if rng.below(8) == 0 => (0..rng.below(400)).map(|_| rng.next_u64() as u8).collect(),
            None => {
                let seed = &seeds[rng.below(seeds.len() as u64) as usize];
                mutate(&mut rng, seed)
            }
        };
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        check(&input);
        let taken = MEMORY.peak_usage().saturating_sub(before);
        let allowed = allowance.fixed + allowance.per_byte * input.len();
        assert!(taken <= allowed, "{name}, round {round}: {taken} bytes for an input of {}", input.len());
    }
}

/// A batch in each codec, and those that Kafka writes for itself.
fn batch_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for codec in CompressionType::ALL {
        for records in [1u8, 20] {
            let mut builder = RecordBatchBuilder::new().with_compression(codec).with_producer(9, 1, 5).transactional();
            for number in 0..records {
                let key = (number % 3 > 0).then_some(&b"key"[..]);
                builder.append(
                    1_700_000_000_000,
                    key,
                    Some(&[number; 50]),
                    &[("name", Some(b"value")), ("null", None)],
                );
            }
            seeds.push(builder.build());
        }
    }
    let marker = EndTransactionMarker { kind: ControlRecordType::Abort, coordinator_epoch: 4 };
    seeds.push(RecordBatchBuilder::end_transaction_marker(5, 9, 1, marker).build());
    let empty = RecordBatchBuilder::empty_batch(&RecordBatch::parse(&seeds[0]).expect("a batch"));
    seeds.push(empty);
    seeds.push(seeds[0].repeat(3));
    seeds
}

fn with_choices(seeds: Vec<Vec<u8>>, choices: &[u8]) -> Vec<Vec<u8>> {
    let with = |choice: &u8| seeds.iter().map(|seed| [&[*choice][..], seed].concat()).collect::<Vec<_>>();
    choices.iter().flat_map(with).collect()
}

/// The file whose name ends in `suffix`, as a log of ours writes it.
fn file_of_log(suffix: &str) -> Vec<u8> {
    let mut disk = Disk::default();
    let mut config = LogConfig::default();
    config.set("index.interval.bytes", "0").expect("a number");
    let partition = TopicPartition::parse("t-0").expect("a partition");
    let mut log = UnifiedLog::open(partition, "/d/t-0", config, &mut disk, LoadParams::default()).expect("a new log");
    let origin = AppendOrigin::Client;
    for number in 0..12 {
        let mut builder = RecordBatchBuilder::new().with_producer(9, 0, number);
        builder.append(1_700_000_000_000 + i64::from(number), Some(b"k"), Some(b"v"), &[]);
        log.append_as_leader(&mut disk, &builder.build(), number, origin, 1_700_000_000_000).expect("appended");
    }
    log.close(&mut disk).expect("closed");
    let path = disk.paths().find(|path| path.ends_with(suffix)).expect("written").to_string();
    disk.read(&path, 0, u64::MAX).expect("readable")
}

#[test]
fn batches() {
    let _alone = alone();
    run("batches", 4000, &batch_seeds(), &UNPACKED, checks::batches);
}

#[test]
fn compressed() {
    let _alone = alone();
    let blocks = |batch: &Vec<u8>| {
        let batch = RecordBatch::parse(batch).expect("a batch");
        let codec = batch.compression_type().expect("a codec").id() as u8;
        (codec > 0).then(|| [&[codec - 1 + 4 * batch.records_count() as u8][..], batch.stored_records()].concat())
    };
    let seeds: Vec<_> = batch_seeds().iter().filter_map(blocks).collect();
    run("compressed", 4000, &seeds, &UNPACKED, checks::compressed);
}

#[test]
fn bombs() {
    let _alone = alone();
    // A few kilobytes of each codec that unpack to a hundred megabytes: of nothing, and of records of nothing.
    let mut seeds = Vec::new();
    for (number, codec) in (0u8..).zip(&CompressionType::ALL[1..]) {
        let mut builder = RecordBatchBuilder::new().with_compression(*codec);
        builder.append(0, None, Some(&vec![0; 100 << 20]), &[]);
        let batch = builder.build();
        seeds.push([&[number + 4][..], RecordBatch::parse(&batch).expect("a batch").stored_records()].concat());
    }
    run("bombs", seeds.len() as u64, &seeds, &UNPACKED, checks::compressed);
    let mut batches = Vec::new();
    for codec in CompressionType::ALL {
        let mut builder = RecordBatchBuilder::new().with_compression(codec);
        for _ in 0..200_000 {
            builder.append(0, None, None, &[]);
        }
        batches.push(builder.build());
    }
    run("bombs of records", batches.len() as u64, &batches, &UNPACKED, checks::batches);
}

#[test]
fn produce() {
    let _alone = alone();
    run("produce", 3000, &with_choices(batch_seeds(), &[0, 1, 2, 0x43, 4, 5]), &UNPACKED, checks::produce);
}

#[test]
fn segment() {
    let _alone = alone();
    let seeds = [checks::segment_in_order(), batch_seeds().concat(), file_of_log(".log")];
    run("segment", 1500, &seeds, &UNPACKED, checks::segment);
}

#[test]
fn indexes() {
    let _alone = alone();
    let seeds = [(0, ".index"), (1, ".timeindex")].map(|(kind, suffix)| [&[kind][..], &file_of_log(suffix)].concat());
    let aborted = [&[2, 0, 0][..], &[0; 32], &[0, 0], &[0; 31], &[9]].concat();
    run("indexes", 1500, &[&seeds[..], &[aborted]].concat(), &PLAIN, checks::indexes);
}

#[test]
fn checkpoints() {
    let _alone = alone();
    let mut disk = Disk::default();
    let partition = |name| TopicPartition::parse(name).expect("a partition");
    let offsets: Map<_, _> = [(partition("orders-0"), 42), (partition("a-b-12"), 0)].into_iter().collect();
    write_offsets(&mut disk, "/d/offsets", &offsets).expect("written");
    let seeds = [
        disk.read("/d/offsets", 0, u64::MAX).expect("readable"),
        file_of_log("leader-epoch-checkpoint"),
        b"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ".to_vec(),
        b"#\n#Wed\nversion=1\nnode.id=1\ncluster.id=abc\ndirectory.id=xyz\n".to_vec(),
        br#"{"version":0,"brokerEpoch":42}"#.to_vec(),
    ];
    run("checkpoints", 3000, &seeds, &PLAIN, checks::checkpoints);
}

#[test]
fn dump() {
    let _alone = alone();
    let (index, times) = (file_of_log(".index"), file_of_log(".timeindex"));
    let aborted = [&[0, 0][..], &[0; 32], &[0, 0], &[0; 31], &[9]].concat();
    let files = [batch_seeds().concat(), index, times, aborted, file_of_log(".snapshot"), batch_seeds()[0].clone()];
    let mut seeds = Vec::new();
    for (kind, file) in (0u8..).zip(&files) {
        let options = (0u8..=255).filter(|choice| choice % 6 == kind).step_by(5);
        seeds.extend(options.map(|choice| [&[choice][..], file].concat()));
    }
    run("dump", 3000, &seeds, &DUMPED, checks::dump);
}

#[test]
fn producer_snapshot() {
    let _alone = alone();
    run("producer snapshot", 1500, &[file_of_log(".snapshot")], &PLAIN, checks::producer_snapshot);
}
