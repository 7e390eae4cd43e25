//! What a leader takes, what it makes of it, and what it says of the rest.

use crate::base::TopicPartition;
use crate::disk::Disk;
use crate::log::{AppendError, AppendOrigin, LoadParams, LogConfig, UnifiedLog};
use crate::record::{
    CompressionType, ControlRecordType, EndTransactionMarker, RecordBatch, RecordBatchBuilder, RecordError,
    TimestampType, layout,
};

const NOW: i64 = 1_700_000_000_000;
const EPOCH: i32 = 7;

fn config(settings: &[(&str, &str)]) -> LogConfig {
    let mut config = LogConfig::default();
    for (name, value) in settings {
        config.set(name, value).unwrap();
    }
    config
}

fn log(settings: &[(&str, &str)]) -> (UnifiedLog, Disk) {
    let (mut disk, partition) = (Disk::default(), TopicPartition::parse("t-0").unwrap());
    let log = UnifiedLog::open(partition, "/data/t-0", config(settings), &mut disk, LoadParams::default()).unwrap();
    (log, disk)
}

fn batch(codec: CompressionType) -> RecordBatchBuilder {
    let mut builder = RecordBatchBuilder::new().with_compression(codec);
    for number in 0..5 {
        builder.append(NOW + number, Some(b"key"), Some(&[b'v'; 200]), &[("h", None)]);
    }
    builder
}

/// What is stored after `records` are appended behind one batch.
fn stored(settings: &[(&str, &str)], records: &[u8], origin: AppendOrigin) -> Result<Vec<u8>, AppendError> {
    let (mut log, mut disk) = log(settings);
    log.append_as_leader(&mut disk, &batch(CompressionType::None).build(), EPOCH, AppendOrigin::Client, NOW).unwrap();
    log.append_as_leader(&mut disk, records, EPOCH, origin, NOW)?;
    Ok(log.batches(&disk, 5).next().unwrap().unwrap().bytes.to_vec())
}

#[test]
fn a_batch_is_stored_in_the_codec_that_the_topic_asks_for() {
    for (wanted, target) in [
        ("producer", None),
        ("uncompressed", Some(CompressionType::None)),
        ("gzip", Some(CompressionType::Gzip)),
        ("snappy", Some(CompressionType::Snappy)),
        ("lz4", Some(CompressionType::Lz4)),
        ("zstd", Some(CompressionType::Zstd)),
    ] {
        for source in CompressionType::ALL {
            let sent = batch(source).with_producer(9, 2, 40).transactional().build();
            let kept = stored(&[("compression.type", wanted)], &sent, AppendOrigin::Coordinator).unwrap();
            let (sent, kept) = (RecordBatch::parse(&sent).unwrap(), RecordBatch::parse(&kept).unwrap());
            let target = target.unwrap_or(source);
            assert_eq!(kept.compression_type(), Ok(target), "{source} to {wanted}");
            assert_eq!((kept.base_offset(), kept.last_offset(), kept.partition_leader_epoch()), (5, 9, EPOCH));
            assert_eq!((kept.producer_id(), kept.base_sequence(), kept.is_transactional()), (9, 40, true));
            assert!(kept.is_valid());
            assert_eq!(kept.decompressed(), sent.decompressed(), "{source} to {wanted}");
            if source == target {
                assert_eq!(kept.bytes()[17..], sent.bytes()[17..], "not touched from the checksum on");
            }
        }
    }
}

#[test]
fn the_brokers_clock_stamps_compressed_batches_without_unpacking_them() {
    let settings = [("message.timestamp.type", "LogAppendTime")];
    for codec in CompressionType::ALL {
        let sent = batch(codec).build();
        let kept = stored(&settings, &sent, AppendOrigin::Client).unwrap();
        let kept = RecordBatch::parse(&kept).unwrap();
        assert_eq!((kept.timestamp_type(), kept.max_timestamp()), (TimestampType::LogAppendTime, NOW));
        assert_eq!((kept.base_timestamp(), kept.is_valid()), (NOW, true));
        assert!(kept.records().all(|record| record.unwrap().timestamp == NOW));
        assert_eq!(kept.stored_records(), RecordBatch::parse(&sent).unwrap().stored_records());
    }
    // Built anew, the producer's times stay in the records, and nobody sees them.
    let settings = [("message.timestamp.type", "LogAppendTime"), ("compression.type", "uncompressed")];
    let kept = stored(&settings, &batch(CompressionType::Lz4).build(), AppendOrigin::Client).unwrap();
    let kept = RecordBatch::parse(&kept).unwrap();
    assert!(kept.records().all(|record| record.unwrap().timestamp == NOW));
    let deltas = layout(&kept).fields.into_iter().filter(|field| field.name.as_str() == "timestampDelta");
    assert_eq!(deltas.map(|field| field.value).collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
}

#[test]
fn the_largest_timestamp_is_found_not_believed() {
    for codec in CompressionType::ALL {
        let mut sent = batch(codec).build();
        sent[35..43].copy_from_slice(&(NOW - 77).to_be_bytes());
        let crc = RecordBatch::parse(&sent).unwrap().compute_checksum();
        sent[17..21].copy_from_slice(&crc.to_be_bytes());
        let kept = stored(&[], &sent, AppendOrigin::Client).unwrap();
        let kept = RecordBatch::parse(&kept).unwrap();
        assert_eq!((kept.max_timestamp(), kept.is_valid()), (NOW + 4, true), "{codec}");
    }
}

#[test]
fn offsets_that_leave_out_some_are_counted_anew_in_a_compressed_batch() {
    let sparse = |codec| {
        let mut builder = RecordBatchBuilder::new().with_compression(codec).with_last_offset(1);
        builder.append_with_offset(0, NOW, Some(b"a"), None, &[]);
        builder.append_with_offset(2, NOW, Some(b"b"), None, &[]);
        builder.build()
    };
    let offsets = |bytes: &[u8]| -> Vec<i64> {
        RecordBatch::parse(bytes).unwrap().records().map(|record| record.unwrap().offset).collect()
    };
    let kept = stored(&[], &sparse(CompressionType::Gzip), AppendOrigin::Client).unwrap();
    assert_eq!(offsets(&kept), [5, 6]);
    // Kafka does not look at those of a plain batch.
    let kept = stored(&[], &sparse(CompressionType::None), AppendOrigin::Client).unwrap();
    assert_eq!(offsets(&kept), [5, 7]);
}

#[test]
fn what_is_refused_is_told_as_kafka_tells_it() {
    let stamped = |times: &[i64]| {
        let mut builder = RecordBatchBuilder::new();
        for time in times {
            builder.append(*time, Some(b"k"), None, &[]);
        }
        builder
    };
    let mut keyless = RecordBatchBuilder::new();
    for number in 0..5u8 {
        keyless.append(NOW, (number == 1).then_some(&b"k"[..]), None, &[]);
    }
    let no_key = |index| {
        format!(
            "RecordError(batchIndex={index}, message='Compacted topic cannot accept message without key in topic partition t-0')"
        )
    };
    let four = format!(
        "One or more records have been rejected due to 4 record errors in total, \
         and only showing the first three errors at most: [{}, {}, {}]",
        no_key(0),
        no_key(2),
        no_key(3)
    );
    let timestamps = "One or more records have been rejected due to invalid timestamp";
    let hour = 3_600_000;
    for (settings, sent, expected) in [
        (&[("cleanup.policy", "compact")][..], keyless.clone().build(), Some(four.as_str())),
        (
            &[("cleanup.policy", "compact,delete")],
            keyless.clone().with_compression(CompressionType::Zstd).build(),
            Some(&four),
        ),
        (&[], keyless.build(), None),
        (&[], stamped(&[NOW, NOW + hour]).build(), None),
        (&[], stamped(&[NOW, NOW + hour + 1]).build(), Some(timestamps)),
        (&[], stamped(&[-1, 0]).build(), None),
        (&[("message.timestamp.before.max.ms", "5")], stamped(&[NOW - 5]).build(), None),
        (&[("message.timestamp.before.max.ms", "5")], stamped(&[NOW - 6]).build(), Some(timestamps)),
        (&[("message.timestamp.type", "LogAppendTime")], stamped(&[NOW + 2 * hour]).build(), None),
        (
            &[("message.timestamp.type", "LogAppendTime")],
            stamped(&[NOW]).with_log_append_time(3).build(),
            Some(timestamps),
        ),
    ] {
        let answer = stored(settings, &sent, AppendOrigin::Client).map_err(|error| error.to_string());
        assert_eq!(answer.err().as_deref(), expected, "{settings:?}");
    }
}

#[test]
fn each_record_that_is_refused_has_its_own_message() {
    let mut builder = RecordBatchBuilder::new();
    builder.append(NOW, None, None, &[]);
    builder.append(NOW + 3_600_001, None, None, &[]);
    let error = stored(&[], &builder.build(), AppendOrigin::Client).unwrap_err();
    let AppendError::Rejected(rejected) = error else { panic!("{error}") };
    assert!(rejected.has_invalid_timestamp());
    assert_eq!(rejected.records.iter().map(|record| record.batch_index).collect::<Vec<_>>(), [1]);
    let earliest = NOW.wrapping_sub(i64::MAX);
    assert_eq!(
        rejected.message(&rejected.records[0]),
        format!(
            "Timestamp 1700003600001 of message with offset 1 is out of range. \
             The timestamp should be within [{earliest}, 1700003600000]"
        )
    );
}

#[test]
fn who_sends_decides_what_may_be_sent() {
    let marker = EndTransactionMarker { kind: ControlRecordType::Commit, coordinator_epoch: 3 };
    let marker = RecordBatchBuilder::end_transaction_marker(NOW, 9, 2, marker);
    let settings = [("compression.type", "gzip"), ("cleanup.policy", "compact")];
    let refused = stored(&settings, &marker.clone().build(), AppendOrigin::Client).unwrap_err();
    assert!(refused.to_string().contains("control records"), "{refused}");
    let kept = stored(&settings, &marker.build(), AppendOrigin::Coordinator).unwrap();
    let kept = RecordBatch::parse(&kept).unwrap();
    assert_eq!(kept.compression_type(), Ok(CompressionType::None), "a marker stays plain");
    assert!(kept.is_control_batch() && kept.base_offset() == 5);

    // The quorum's leader has numbered its batches; their term must be its own.
    let own = batch(CompressionType::None).with_base_offset(5).with_partition_leader_epoch(EPOCH);
    let kept = stored(&[], &own.clone().build(), AppendOrigin::RaftLeader).unwrap();
    assert_eq!(kept, own.clone().build());
    let refused = stored(&[], &own.with_partition_leader_epoch(EPOCH - 1).build(), AppendOrigin::RaftLeader);
    assert!(refused.unwrap_err().to_string().contains("term"));
}

#[test]
fn a_batch_that_grows_beyond_the_limit_is_refused_then() {
    let sent = batch(CompressionType::Gzip).build();
    let limit = (sent.len() + 100).to_string();
    for (wanted, fits) in [("producer", true), ("zstd", true), ("uncompressed", false)] {
        let (mut log, mut disk) = log(&[("compression.type", wanted), ("max.message.bytes", &limit)]);
        let answer = log.append_as_leader(&mut disk, &sent, EPOCH, AppendOrigin::Client, NOW);
        assert_eq!(answer.is_ok(), fits, "{wanted}");
        if let Err(error) = answer {
            assert!(matches!(error, AppendError::RecordTooLarge { .. }), "{error}");
        }
    }
}

#[test]
fn records_that_do_not_fit_their_batch_are_refused() {
    let with_crc = |mut bytes: Vec<u8>| {
        let crc = RecordBatch::parse(&bytes).unwrap().compute_checksum();
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        bytes
    };
    for codec in CompressionType::ALL {
        // One record more than there is, and one less.
        for count in [6, 4] {
            let mut bytes = batch(codec).build();
            bytes[60] = count;
            bytes[26] = count - 1;
            let error = stored(&[], &with_crc(bytes), AppendOrigin::Client).unwrap_err();
            assert!(matches!(error, AppendError::Record(RecordError::InvalidRecord { .. })), "{codec}: {error}");
        }
        if codec != CompressionType::None {
            let mut bytes = batch(codec).build();
            bytes.truncate(bytes.len() - 3);
            let length = (bytes.len() - 12) as i32;
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
            let error = stored(&[], &with_crc(bytes), AppendOrigin::Client).unwrap_err();
            assert!(error.to_string().contains(codec.name()), "{error}");
        }
    }
}
