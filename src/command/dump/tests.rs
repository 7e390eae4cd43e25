use super::*;
use crate::base::{Rng, TopicPartition};
use crate::log::{AppendOrigin, LoadParams, LogConfig, UnifiedLog};
use crate::record::RecordBatchBuilder;

const LOG: &str = "/t-0/00000000000000000000.log";
const INDEX: &str = "/t-0/00000000000000000000.index";
const TIME_INDEX: &str = "/t-0/00000000000000000000.timeindex";

/// A log with three batches, one of which has a key, a null value and headers.
fn disk() -> Disk {
    let mut disk = Disk::new();
    let mut config = LogConfig::default();
    config.set("index.interval.bytes", "0").unwrap();
    let tp = TopicPartition::new(&"t".into(), 0);
    let mut log = UnifiedLog::open(tp, "/t-0", config, &mut disk, LoadParams::default()).unwrap();
    let batches = [
        (10, Some("k"), Some("v1"), vec![("a", Some(&b"x"[..])), ("b", None)]),
        (12, None, None, vec![]),
        (11, None, Some("두 줄\n둘째"), vec![]),
    ];
    for (time, key, value, headers) in batches {
        let mut batch = RecordBatchBuilder::new();
        batch.append(time, key.map(str::as_bytes), value.map(str::as_bytes), &headers);
        log.append_as_leader(&mut disk, &batch.build(), 3, AppendOrigin::Client, 20).unwrap();
    }
    log.close(&mut disk).unwrap();
    disk
}

fn dumped(disk: &Disk, file: &str, change: impl Fn(&mut DumpOptions)) -> Vec<String> {
    let mut options = DumpOptions { files: vec![file.into()], ..DumpOptions::default() };
    change(&mut options);
    let mark = |line: &Line| match line.kind {
        crate::command::LineKind::Err => format!("! {}", line.text),
        _ => line.text.clone(),
    };
    dump_log(disk, &options).iter().map(mark).collect()
}

#[test]
fn a_log_as_kafka_prints_it() {
    let lines = dumped(&disk(), LOG, |options| options.print_data_log = true);
    let shape = |line: &str| {
        // Checksums are proved elsewhere.
        let cut = line.split(" crc: ").next().unwrap_or_default();
        cut.to_string() + if line.ends_with("isvalid: true") { " ok" } else { "" }
    };
    let lines: Vec<String> = lines.iter().map(|line| shape(line)).collect();
    let batch = |offset: i64, position: u64, time: i64, size: u64| {
        format!(
            "baseOffset: {offset} lastOffset: {offset} count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 \
             producerEpoch: -1 partitionLeaderEpoch: 3 isTransactional: false isControl: false deleteHorizonMs: \
             OptionalLong.empty position: {position} CreateTime: {time} size: {size} magic: 2 compresscodec: none ok"
        )
    };
    assert_eq!(
        lines,
        [
            format!("Dumping {LOG}"),
            "Log starting offset: 0".into(),
            batch(0, 0, 10, 78),
            "| offset: 0 CreateTime: 10 keySize: 1 valueSize: 2 sequence: -1 headerKeys: [a,b] key: k payload: v1"
                .into(),
            batch(1, 78, 12, 68),
            "| offset: 1 CreateTime: 12 keySize: -1 valueSize: -1 sequence: -1 headerKeys: []".into(),
            batch(2, 146, 11, 82),
            "| offset: 2 CreateTime: 11 keySize: -1 valueSize: 14 sequence: -1 headerKeys: [] payload: 두 줄".into(),
            "둘째".into(),
        ]
    );
    let short = dumped(&disk(), LOG, |options| {
        options.print_data_log = true;
        options.skip_record_metadata = true;
    });
    assert_eq!(short[3], "| key: k payload: v1");
    assert_eq!(short[5], "");
    assert_eq!(dumped(&disk(), LOG, |_| {}).len(), 5);
    assert_eq!(dumped(&disk(), LOG, |options| options.max_bytes = 100).len(), 3);
}

#[test]
fn damage_is_named_as_kafka_names_it() {
    let mut damaged = disk();
    damaged.write_at(LOG, 78 + 62, &[0xff]).unwrap();
    let lines = dumped(&damaged, LOG, |_| {});
    assert!(lines[3].ends_with("isvalid: false") && lines[4].ends_with("isvalid: true"), "{lines:?}");
    let mut cut = disk();
    cut.truncate(LOG, 200).unwrap();
    let lines = dumped(&cut, LOG, |_| {});
    assert_eq!(lines.last().unwrap(), "Found 54 invalid bytes at the end of 00000000000000000000.log");
    let mut senseless = disk();
    senseless.write_at(LOG, 78 + 8, &[0, 0, 0, 1]).unwrap();
    let lines = dumped(&senseless, LOG, |_| {});
    assert_eq!(
        lines.last().unwrap(),
        &format!(
            "! Exception in thread \"main\" org.apache.kafka.common.errors.CorruptRecordException: Found record size 1 \
             smaller than minimum record overhead (14) in file {LOG}."
        )
    );
    assert_eq!(dumped(&disk(), "/t-0/x", |_| {}), ["Dumping /t-0/x", "! Ignoring unknown file /t-0/x"]);
    assert_eq!(
        dumped(&disk(), "/t-0/7.log", |_| {}).last().unwrap(),
        "! Exception in thread \"main\" java.nio.file.NoSuchFileException: /t-0/7.log"
    );
    assert_eq!(
        dumped(&disk(), "/t-0/x.log", |_| {}).last().unwrap(),
        "! Exception in thread \"main\" java.lang.NumberFormatException: For input string: \"x\""
    );
}

#[test]
fn indexes_are_held_against_the_log() {
    let disk = disk();
    let lines = dumped(&disk, INDEX, |_| {});
    assert_eq!(lines[1..], ["offset: 1 position: 78", "offset: 2 position: 146"]);
    let lines = dumped(&disk, TIME_INDEX, |_| {});
    assert_eq!(lines[1..], ["timestamp: 12 offset: 1"]);
    for file in [INDEX, TIME_INDEX] {
        let lines = dumped(&disk, file, |options| options.index_sanity_check = true);
        assert_eq!(lines[1..], [format!("{file} passed sanity check.")]);
        assert_eq!(dumped(&disk, file, |options| options.verify_index_only = true).len(), 1);
    }
    let mut lying = disk.clone();
    lying.write_at(INDEX, 0, &[0, 0, 0, 1, 0, 0, 0, 0]).unwrap();
    lying.write_at(TIME_INDEX, 0, &13i64.to_be_bytes()).unwrap();
    assert_eq!(
        dumped(&lying, INDEX, |options| options.verify_index_only = true)[1..],
        [format!("! Mismatches in :{INDEX}"), "!   Index offset: 1, log offset: 0".into()]
    );
    assert_eq!(
        dumped(&lying, TIME_INDEX, |options| options.verify_index_only = true)[1..],
        [format!("! Found timestamp mismatch in :{TIME_INDEX}"), "!   Index timestamp: 13, log timestamp: 12".into()]
    );
    let mut ragged = disk.clone();
    ragged.append(INDEX, &[0]).unwrap();
    let lines = dumped(&ragged, INDEX, |options| options.index_sanity_check = true);
    assert!(
        lines[1].ends_with("is corrupt, found 17 bytes which is neither positive nor a multiple of 8"),
        "{lines:?}"
    );
}

#[test]
fn a_segment_that_begins_later_is_not_consecutive_to_kafka_either() {
    let mut disk = disk();
    disk.rename(LOG, "/t-0/00000000000000000005.log").unwrap();
    let mut bytes = RecordBatchBuilder::new().with_base_offset(5);
    bytes.append(1, None, None, &[]);
    let path = "/t-0/00000000000000000005.log";
    disk.truncate(path, 0).unwrap();
    disk.append(path, &bytes.build()).unwrap();
    let lines = dumped(&disk, path, |options| options.deep_iteration = true);
    assert_eq!(
        lines[lines.len() - 2..],
        [format!("! Non-consecutive offsets in {path}"), "!   -1 is followed by 5".into()]
    );
}

#[test]
fn producers_and_aborted_transactions() {
    let mut disk = Disk::new();
    let snapshot = "/t-0/00000000000000000009.snapshot";
    let numbers: [&[u8]; 8] = [
        &7i64.to_be_bytes(),
        &3i16.to_be_bytes(),
        &4i32.to_be_bytes(),
        &20i64.to_be_bytes(),
        &2i32.to_be_bytes(),
        &1000i64.to_be_bytes(),
        &(-1i32).to_be_bytes(),
        &18i64.to_be_bytes(),
    ];
    let behind = [&1i32.to_be_bytes()[..], &numbers.concat()].concat();
    let bytes = [&1i16.to_be_bytes()[..], &crc32c::crc32c(&behind).to_be_bytes(), &behind].concat();
    disk.create(snapshot).unwrap();
    disk.append(snapshot, &bytes).unwrap();
    assert_eq!(
        dumped(&disk, snapshot, |_| {})[1..],
        [
            "producerId: 7 producerEpoch: 3 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong[18] lastTimestamp: 1000 \
          firstSequence: 2 lastSequence: 4 lastOffset: 20 offsetDelta: 2 timestamp: 1000"
        ]
    );
    let mut damaged = disk.clone();
    damaged.write_at(snapshot, 12, &[1]).unwrap();
    assert!(
        dumped(&damaged, snapshot, |_| {})[1]
            .starts_with("! Snapshot is corrupt (CRC is no longer valid). Stored crc: ")
    );
    damaged.write_at(snapshot, 0, &[0, 9]).unwrap();
    assert_eq!(
        dumped(&damaged, snapshot, |_| {})[1],
        "! Snapshot failed schema validation: Snapshot contained an unknown file version 9"
    );
    let index = "/t-0/00000000000000000000.txnindex";
    let entry =
        [&0i16.to_be_bytes()[..], &7i64.to_be_bytes(), &1i64.to_be_bytes(), &5i64.to_be_bytes(), &2i64.to_be_bytes()];
    disk.create(index).unwrap();
    disk.append(index, &entry.concat()).unwrap();
    assert_eq!(
        dumped(&disk, index, |_| {})[1..],
        ["version: 0 producerId: 7 firstOffset: 1 lastOffset: 5 lastStableOffset: 2"]
    );
}

#[test]
fn arbitrary_bytes_do_no_harm() {
    let mut rng = Rng::new(1, &"dump");
    for round in 0..3000 {
        let mut disk = disk();
        for path in [LOG, INDEX, TIME_INDEX] {
            let len = disk.len(path).unwrap();
            for _ in 0..1 + rng.below(4) {
                disk.write_at(path, rng.below(len), &[rng.below(256) as u8]).unwrap();
            }
            if rng.below(4) == 0 {
                disk.truncate(path, rng.below(len)).unwrap();
            }
        }
        for path in [LOG, INDEX, TIME_INDEX] {
            let lines = dumped(&disk, path, |options| {
                options.print_data_log = true;
                options.decoder = if round % 2 == 0 { DumpDecoder::Offsets } else { DumpDecoder::Strings };
            });
            assert_eq!(lines[0], format!("Dumping {path}"));
        }
    }
}
