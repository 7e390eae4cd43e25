//! What must hold for bytes that anybody may have written: each function takes some and looks at them as the model would.
//!
//! They come to an end, without a panic; what is wrong is an error that names the file and, where that has a meaning, the
//! place. The bounded run of `tests/fuzz.rs` and the endless ones of `cargo fuzz` (`fuzz/`) share them.

use kafkascope::base::TopicPartition;
use kafkascope::command::{DumpDecoder, DumpOptions, dump_log};
use kafkascope::disk::Disk;
use kafkascope::log::{
    AppendOrigin, FetchIsolation, LeaderEpochFileCache, LoadParams, LogConfig, LogError, LogFileKind, MetaProperties,
    UnifiedLog, entry_fields, read_clean_shutdown, read_offsets, read_snapshot, read_topic_id, snapshot_head_fields,
    text_fields,
};
use kafkascope::record::{
    BatchHeader, CompressionType, Field, RECORD_BATCH_OVERHEAD, RecordBatch, RecordBatchBuilder, compression, layout,
};

const DIR: &str = "/d/t-0";
const NOW: i64 = 1_700_000_000_000;

/// Bytes as record batches: read, laid out, and their records counted twice.
pub(crate) fn batches(data: &[u8]) {
    let mut walk = kafkascope::record::batches(data);
    for batch in walk.by_ref().flatten() {
        let header = BatchHeader::parse(batch.bytes()).expect("what is a batch has a header");
        assert_eq!(header.size as usize, batch.size_in_bytes());
        batch_at(&batch);
    }
    assert!(walk.position() <= data.len());
}

fn batch_at(batch: &RecordBatch<'_>) {
    let _ = (batch.next_offset(), batch.last_sequence(), batch.is_valid(), batch.end_transaction_marker());
    let laid_out = layout(batch);
    assert_covered(&laid_out.fields, batch.size_in_bytes());
    if let Some(inner) = &laid_out.decompressed {
        assert!(inner.bytes.len() <= compression::room_for(batch.stored_records().len()));
        assert_covered(&inner.fields, inner.bytes.len());
    }
    drop(laid_out);
    let Ok(plain) = batch.decompressed() else {
        assert!(batch.records().all(|record| record.is_err()));
        return;
    };
    let heads = batch.heads(&plain).map(|head| head.map(|head| head.timestamp));
    assert!(heads.eq(batch.records().map(|record| record.map(|record| record.timestamp))));
}

fn assert_covered(fields: &[Field], size: usize) {
    let mut at = 0;
    for field in fields {
        assert_eq!(field.range.start, at, "{field:?}");
        at = field.range.end;
    }
    assert_eq!(at, size);
}

/// Bytes as the compressed records of a batch; the first one says in which codec.
pub(crate) fn compressed(data: &[u8]) {
    let Some((first, block)) = data.split_first() else { return };
    let codec = CompressionType::ALL[1 + usize::from(first % 4)];
    let mut bytes = RecordBatchBuilder::new().with_compression(codec);
    bytes.append(NOW, None, None, &[]);
    let mut bytes = bytes.build();
    bytes.truncate(RECORD_BATCH_OVERHEAD);
    bytes.extend_from_slice(block);
    bytes[57..61].copy_from_slice(&i32::from(first / 4).to_be_bytes());
    with_length(&mut bytes);
    batch_at(&RecordBatch::parse(&bytes).expect("its header is whole"));
}

fn with_length(bytes: &mut [u8]) {
    let length = (bytes.len() - 12) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
}

/// Bytes as what a producer sends to a topic; the first one says how the topic stores them. Length and checksum are set
/// right, so that more is looked at than those.
pub(crate) fn produce(data: &[u8]) {
    let Some((first, sent)) = data.split_first() else { return };
    let mut sent = sent.to_vec();
    if sent.len() >= RECORD_BATCH_OVERHEAD {
        with_length(&mut sent);
        let crc = RecordBatch::parse(&sent).map(|batch| batch.compute_checksum()).unwrap_or_default();
        sent[17..21].copy_from_slice(&crc.to_be_bytes());
    }
    let mut config = LogConfig::default();
    let codecs = ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"];
    config.set("compression.type", codecs[usize::from(*first) % codecs.len()]).expect("a codec");
    let clock = if first & 0x40 == 0 { "CreateTime" } else { "LogAppendTime" };
    config.set("message.timestamp.type", clock).expect("a clock");
    let mut disk = Disk::default();
    let mut log = open(&mut disk, config, true).expect("an empty log");
    if let Ok(info) = log.append_as_leader(&mut disk, &sent, 3, AppendOrigin::Client, NOW) {
        assert_eq!(info.first_offset, 0);
        let stored = log.batches(&disk, 0).next().expect("a batch").expect("readable");
        let batch = stored.batch();
        assert!(batch.is_valid());
        assert_eq!((batch.partition_leader_epoch(), batch.next_offset()), (3, log.log_end_offset()));
        assert!(batch.records().all(|record| record.is_ok()));
    }
}

fn open(disk: &mut Disk, config: LogConfig, had_clean_shutdown: bool) -> Result<UnifiedLog, LogError> {
    let params = LoadParams { had_clean_shutdown, now_ms: NOW, ..LoadParams::default() };
    UnifiedLog::open(TopicPartition::parse("t-0").expect("a partition"), DIR, config, disk, params)
}

/// An error names a file of the log, unless it is about an offset.
fn named<T>(result: Result<T, LogError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(LogError::OffsetOutOfRange { .. }) => None,
        Err(error) => {
            assert!(error.to_string().contains("/d/"), "no file is named: {error}");
            None
        }
    }
}

/// Bytes as a segment file, taken at their word and not.
pub(crate) fn segment(data: &[u8]) {
    look_into_log(&[("00000000000000000000.log", data)]);
}

/// Bytes as an index beside a segment that is in order; the first one says as which.
pub(crate) fn indexes(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let kinds = [
        (".index", LogFileKind::OffsetIndex),
        (".timeindex", LogFileKind::TimeIndex),
        (".txnindex", LogFileKind::TransactionIndex),
    ];
    let (suffix, kind) = kinds[usize::from(*first) % kinds.len()];
    let _ = entry_fields(kind, 0, 0, rest);
    let log = segment_in_order();
    look_into_log(&[("00000000000000000000.log", &log), (&format!("00000000000000000000{suffix}"), rest)]);
}

/// Some batches of a producer, one after the other, as they lie in a file.
pub(crate) fn segment_in_order() -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..12i64 {
        let mut builder = RecordBatchBuilder::new()
            .with_base_offset(number * 3)
            .with_partition_leader_epoch(1)
            .with_producer(7, 0, number as i32 * 3)
            .with_compression(CompressionType::ALL[number as usize % 5]);
        for record in 0..3 {
            builder.append(NOW + number * 10 + record, Some(b"key"), Some(&[b'v'; 300]), &[("h", None)]);
        }
        bytes.extend(builder.build());
    }
    bytes
}

fn look_into_log(files: &[(&str, &[u8])]) {
    for clean in [true, false] {
        let mut disk = Disk::default();
        for (name, bytes) in files {
            let path = format!("{DIR}/{name}");
            disk.create(&path).expect("a new file");
            disk.append(&path, bytes).expect("room");
        }
        let mut config = LogConfig::default();
        config.set("index.interval.bytes", "0").expect("a number");
        let Some(mut log) = named(open(&mut disk, config, clean)) else { continue };
        let (start, end) = (log.log_start_offset(), log.log_end_offset());
        for batch in log.batches(&disk, start) {
            named(batch);
        }
        for offset in [start, 1, 5, end.saturating_sub(1), end, i64::MAX] {
            named(log.read(&disk, offset, 1000, FetchIsolation::LogEnd, true));
            named(log.walk_to_offset(&disk, offset));
        }
        for timestamp in [0, NOW, NOW + 55, i64::MAX] {
            named(log.offset_for_timestamp(&disk, timestamp));
            named(log.walk_to_timestamp(&disk, timestamp));
        }
        for segment in log.segments() {
            named(segment.offset_index().all(&disk));
            named(segment.time_index().all(&disk));
            named(segment.txn_index().all(&disk));
        }
        named(log.truncate_to(&mut disk, end / 2, NOW));
        named(log.close(&mut disk));
    }
}

/// Bytes as each of the text files.
pub(crate) fn checkpoints(data: &[u8]) {
    for (name, kind) in [
        ("replication-offset-checkpoint", LogFileKind::OffsetCheckpoint),
        ("leader-epoch-checkpoint", LogFileKind::LeaderEpochCheckpoint),
        ("partition.metadata", LogFileKind::PartitionMetadata),
        ("meta.properties", LogFileKind::MetaProperties),
        (".kafka_cleanshutdown", LogFileKind::CleanShutdown),
    ] {
        let _ = text_fields(kind, 0, data);
        let (mut disk, path) = (Disk::default(), format!("{DIR}/{name}"));
        disk.create(&path).expect("a new file");
        disk.append(&path, data).expect("room");
        match kind {
            LogFileKind::OffsetCheckpoint => drop(named(read_offsets(&disk, &path))),
            LogFileKind::LeaderEpochCheckpoint => {
                named(LeaderEpochFileCache::open(&mut disk, &path));
                named(open(&mut disk, LogConfig::default(), true));
            }
            LogFileKind::PartitionMetadata => drop(named(read_topic_id(&disk, DIR))),
            LogFileKind::MetaProperties => {
                if let Some(Some(read)) = named(MetaProperties::read(&disk, DIR)) {
                    disk.delete(&path).expect("it is there");
                    read.write(&mut disk, DIR, NOW).expect("room");
                    assert_eq!(MetaProperties::read(&disk, DIR), Ok(Some(read)), "what is read can be written");
                }
            }
            LogFileKind::CleanShutdown => drop(read_clean_shutdown(&disk, DIR)),
            _ => {}
        }
    }
}

/// Bytes as a file for the dump tool; the first one says of which kind and with which options.
pub(crate) fn dump(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let names = ["log", "index", "timeindex", "txnindex", "snapshot", "checkpoint"];
    let name = format!("00000000000000000000.{}", names[usize::from(*first) % names.len()]);
    let mut disk = Disk::default();
    let mut files = vec![("00000000000000000000.log".to_string(), segment_in_order())];
    files.retain(|(other, _)| *other != name);
    files.push((name.clone(), rest.to_vec()));
    for (name, bytes) in files {
        let path = format!("{DIR}/{name}");
        disk.create(&path).expect("a new file");
        disk.append(&path, &bytes).expect("room");
    }
    let flag = |bit: u8| first & (1 << bit) != 0;
    let options = DumpOptions {
        files: vec![name],
        dir: DIR.into(),
        print_data_log: flag(3),
        deep_iteration: flag(4),
        skip_record_metadata: flag(5),
        verify_index_only: flag(6),
        index_sanity_check: flag(7),
        decoder: if flag(5) && flag(6) { DumpDecoder::Offsets } else { DumpDecoder::Strings },
        ..DumpOptions::default()
    };
    let lines = dump_log(&disk, &options);
    assert!(lines.first().is_some_and(|line| line.text.starts_with("Dumping ")), "no file is named");
}

/// Bytes as a producer snapshot; once as they are, once with the checksum set right.
pub(crate) fn producer_snapshot(data: &[u8]) {
    let name = format!("{DIR}/00000000000000000036.snapshot");
    let mut right = data.to_vec();
    if right.len() >= 6 {
        let crc = crc32c::crc32c(&right[6..]);
        right[..2].copy_from_slice(&1i16.to_be_bytes());
        right[2..6].copy_from_slice(&crc.to_be_bytes());
    }
    for bytes in [data, &right] {
        named(read_snapshot(&name, bytes));
        let _ = (snapshot_head_fields(bytes), entry_fields(LogFileKind::ProducerSnapshot, 0, 0, bytes));
    }
    let log = segment_in_order();
    look_into_log(&[("00000000000000000000.log", &log), ("00000000000000000036.snapshot", &right)]);
}
