//! What must hold for any batch, tried on many.

use super::*;
use crate::base::Rng;
use std::borrow::Cow;

fn bytes(rng: &mut Rng, max: u64) -> Vec<u8> {
    (0..rng.below(max + 1)).map(|_| rng.next_u64() as u8).collect()
}

fn maybe_bytes(rng: &mut Rng) -> Option<Vec<u8>> {
    (rng.below(4) > 0).then(|| {
        let max = [3, 70, 300][rng.below(3) as usize];
        bytes(rng, max)
    })
}

#[derive(Debug, PartialEq)]
struct Owned {
    offset: i64,
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

fn random_batch(rng: &mut Rng) -> (Vec<u8>, Vec<Owned>) {
    let codec = CompressionType::ALL[rng.below(9).min(4) as usize];
    random_batch_in(rng, codec)
}

fn random_batch_in(rng: &mut Rng, codec: CompressionType) -> (Vec<u8>, Vec<Owned>) {
    let base_offset = rng.below(1 << 40) as i64;
    let mut builder = RecordBatchBuilder::new().with_base_offset(base_offset);
    if rng.below(2) == 0 {
        builder = builder.with_producer(rng.below(1 << 50) as i64, rng.below(100) as i16, rng.below(1 << 31) as i32);
    }
    if rng.below(4) == 0 {
        builder = builder.transactional();
    }
    builder = builder.with_compression(codec);
    if rng.below(4) == 0 {
        builder = builder.with_delete_horizon(1_700_000_000_000 + rng.below(1 << 30) as i64);
    }
    let mut records = Vec::new();
    let mut offset = base_offset;
    for _ in 0..=rng.below(12) {
        offset += rng.below(3) as i64;
        let record = Owned {
            offset,
            timestamp: 1_700_000_000_000 + rng.below(1 << 20) as i64 - (1 << 19),
            key: maybe_bytes(rng),
            value: maybe_bytes(rng),
            headers: (0..rng.below(3)).map(|i| (format!("h{i}"), maybe_bytes(rng))).collect(),
        };
        let headers: Vec<_> = record.headers.iter().map(|(k, v)| (k.as_str(), v.as_deref())).collect();
        builder.append_with_offset(offset, record.timestamp, record.key.as_deref(), record.value.as_deref(), &headers);
        records.push(record);
        offset += 1;
    }
    let size = builder.size_in_bytes();
    let batch = builder.build();
    if codec == CompressionType::None {
        assert_eq!(size, batch.len());
    }
    (batch, records)
}

#[test]
fn what_is_written_is_read_again() {
    let mut rng = Rng::new(1, &"record");
    for _ in 0..300 {
        let (written, expected) = random_batch(&mut rng);
        let batch = RecordBatch::parse(&written).unwrap();
        assert!(batch.is_valid());
        let read: Vec<_> = batch
            .records()
            .map(|record| {
                let record = record.unwrap();
                let own = |header: Header<'_>| (header.key.into_owned(), header.value.map(Cow::into_owned));
                Owned {
                    offset: record.offset,
                    timestamp: record.timestamp,
                    key: record.key.map(Cow::into_owned),
                    value: record.value.map(Cow::into_owned),
                    headers: record.headers.into_iter().map(own).collect(),
                }
            })
            .collect();
        assert_eq!(read, expected);
        assert_eq!(batch.last_offset(), expected.last().unwrap().offset);
        assert_eq!(batch.max_timestamp(), expected.iter().map(|record| record.timestamp).max().unwrap());
    }
}

fn assert_covered(fields: &[Field], size: usize) {
    let mut at = 0;
    for field in fields {
        assert_eq!(field.range.start, at, "{field:?}");
        assert!(!field.range.is_empty(), "{field:?}");
        at = field.range.end;
    }
    assert_eq!(at, size);
}

#[test]
fn the_layout_covers_every_byte_once() {
    let mut rng = Rng::new(2, &"record");
    for round in 0..300 {
        let (mut written, _) = random_batch(&mut rng);
        if round % 3 == 0 {
            // Damage beyond the header: the layout must still cover all, whatever it makes of it.
            let at = RECORD_BATCH_OVERHEAD + rng.below((written.len() - RECORD_BATCH_OVERHEAD) as u64) as usize;
            written[at] ^= 1 << rng.below(8);
        }
        let Layout { fields, decompressed } = layout(&RecordBatch::parse(&written).unwrap());
        assert_covered(&fields, written.len());
        if let Some(decompressed) = decompressed {
            assert_covered(&decompressed.fields, decompressed.bytes.len());
        }
    }
}

#[test]
fn a_flipped_byte_after_the_leader_epoch_is_noticed() {
    let mut rng = Rng::new(3, &"record");
    for _ in 0..20 {
        let (written, _) = random_batch(&mut rng);
        for at in 16..written.len() {
            let mut damaged = written.clone();
            damaged[at] ^= 1 + rng.below(255) as u8;
            assert!(!RecordBatch::parse(&damaged).is_ok_and(|batch| batch.is_valid()), "byte {at}");
        }
    }
}

#[test]
fn nonsense_never_panics() {
    let mut rng = Rng::new(4, &"record");
    for _ in 0..2000 {
        let (mut written, _) = random_batch(&mut rng);
        for _ in 0..=rng.below(4) {
            let at = rng.below(written.len() as u64) as usize;
            written[at] = rng.next_u64() as u8;
        }
        written.truncate(written.len() - rng.below(8) as usize);
        for batch in batches(&written).flatten() {
            let _ = (batch.next_offset(), batch.last_sequence(), layout(&batch));
            assert!(batch.records().filter(Result::is_err).count() <= 1);
        }
    }
}

#[test]
fn the_walk_over_batches_overlooks_a_cut_tail_and_stops_at_nonsense() {
    let mut rng = Rng::new(5, &"record");
    let parts: Vec<_> = (0..3).map(|_| random_batch(&mut rng).0).collect();
    let whole = parts.concat();
    let first_two = parts[0].len() + parts[1].len();
    for cut in 0..=parts[2].len() {
        let mut walk = batches(&whole[..whole.len() - cut]);
        let sizes: Vec<_> = walk.by_ref().map(|batch| batch.unwrap().size_in_bytes()).collect();
        assert_eq!(sizes.len(), if cut == 0 { 3 } else { 2 });
        assert_eq!(walk.position(), if cut == 0 { whole.len() } else { first_two });
    }
    let mut damaged = whole.clone();
    damaged[parts[0].len() + 16] = 1;
    let read: Vec<_> = batches(&damaged).map(|batch| batch.map(|batch| batch.size_in_bytes())).collect();
    assert_eq!(read, [Ok(parts[0].len()), Err(RecordError::UnsupportedMagic(1))]);
}

#[test]
fn a_leader_moves_a_batch_without_a_new_crc_but_its_clock_needs_one() {
    let mut builder = RecordBatchBuilder::new();
    for ts in [5, 9, 7] {
        builder.append(ts, None, Some(b"v"), &[]);
    }
    let mut bytes = builder.build();
    let crc = RecordBatch::parse(&bytes).unwrap().checksum();
    let mut batch = RecordBatchMut::parse(&mut bytes).unwrap();
    batch.set_last_offset(102);
    batch.set_partition_leader_epoch(4);
    batch.set_max_timestamp(TimestampType::CreateTime, 9);
    let read = batch.as_batch();
    assert_eq!((read.base_offset(), read.last_offset(), read.partition_leader_epoch()), (100, 102, 4));
    assert_eq!((read.checksum(), read.is_valid()), (crc, true));
    batch.set_max_timestamp(TimestampType::LogAppendTime, 50);
    let read = batch.as_batch();
    assert!(read.checksum() != crc && read.is_valid());
    assert!(read.records().all(|record| record.unwrap().timestamp == 50));
}

#[test]
fn what_is_compressed_is_read_as_what_is_not() {
    for codec in CompressionType::ALL {
        let (plain, _) = random_batch_in(&mut Rng::new(6, &"record"), CompressionType::None);
        let (compressed, expected) = random_batch_in(&mut Rng::new(6, &"record"), codec);
        let (plain, batch) = (RecordBatch::parse(&plain).unwrap(), RecordBatch::parse(&compressed).unwrap());
        assert_eq!(batch.is_compressed(), codec != CompressionType::None);
        assert_eq!(batch.decompressed().unwrap(), plain.stored_records());
        assert_eq!(batch.records().count(), expected.len());
        assert_eq!(layout(&batch).decompressed.is_some(), batch.is_compressed());
    }
}

#[test]
fn compressed_bytes_that_are_damaged_are_told_by_codec_and_place() {
    let mut builder = RecordBatchBuilder::new();
    builder.append(0, None, None, &[]);
    let mut bytes = builder.build();
    bytes[22] |= 4;
    let batch = RecordBatch::parse(&bytes).unwrap();
    let reason = "it is no zstd frame";
    let error = RecordError::InvalidCompression { codec: CompressionType::Zstd, position: 0, reason };
    assert_eq!(batch.records().collect::<Vec<_>>(), [Err(error.clone())]);
    let layout = layout(&batch);
    let last = layout.fields.last().unwrap();
    assert_eq!((last.name, &last.value, layout.decompressed), (FieldName::Records, &error.to_string(), None));
}

#[test]
fn heads_find_the_same_as_records() {
    let mut rng = Rng::new(7, &"record");
    for round in 0..1000 {
        let (mut written, _) = random_batch_in(&mut rng, CompressionType::None);
        if round % 2 == 0 {
            let at = RECORD_BATCH_OVERHEAD + rng.below((written.len() - RECORD_BATCH_OVERHEAD) as u64) as usize;
            written[at] ^= 1 << rng.below(8);
        }
        let batch = RecordBatch::parse(&written).unwrap();
        let plain = batch.decompressed().unwrap();
        let heads: Vec<_> = batch
            .heads(&plain)
            .map(|head| {
                head.map(|head| (batch.base_offset() + i64::from(head.offset_delta), head.timestamp, head.has_key))
            })
            .collect();
        let records: Vec<_> = batch
            .records()
            .map(|record| record.map(|record| (record.offset, record.timestamp, record.key.is_some())))
            .collect();
        assert_eq!(heads, records);
    }
}

#[test]
fn attributes_are_told_bit_by_bit() {
    let mut builder = RecordBatchBuilder::new()
        .with_compression(CompressionType::Lz4)
        .transactional()
        .with_delete_horizon(7)
        .with_log_append_time(5);
    builder.append(1, None, Some(b"v"), &[]);
    let bytes = builder.build();
    let layout = layout(&RecordBatch::parse(&bytes).unwrap());
    let bits = &layout.fields.iter().find(|field| field.name == FieldName::Attributes).unwrap().bits;
    let told: Vec<_> = bits.iter().map(|it| (it.bits.clone(), it.name.as_str(), it.value.as_str())).collect();
    let expected = [
        (0..3, "compressionType", "lz4"),
        (3..4, "timestampType", "LogAppendTime"),
        (4..5, "isTransactional", "true"),
        (5..6, "isControlBatch", "false"),
        (6..7, "hasDeleteHorizonMs", "true"),
        (7..16, "unused", "0"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_marker_is_read_as_it_was_written_and_laid_out_field_by_field() {
    for (kind, epoch) in [(ControlRecordType::Commit, 9), (ControlRecordType::Abort, i32::MAX)] {
        let marker = EndTransactionMarker { kind, coordinator_epoch: epoch };
        let bytes = RecordBatchBuilder::end_transaction_marker(1000, 4000, 3, marker).build();
        let batch = RecordBatch::parse(&bytes).unwrap();
        assert!(batch.is_transactional() && batch.is_control_batch());
        assert_eq!(batch.end_transaction_marker(), Ok(Some(marker)));
        let fields = layout(&batch).fields;
        assert_covered(&fields, bytes.len());
        let told = |name| fields.iter().find(|field| field.name == name).map(|field| field.value.clone());
        assert_eq!(told(FieldName::ControlType), Some(format!("{} ({})", kind.id(), kind.name())));
        assert_eq!(told(FieldName::CoordinatorEpoch), Some(epoch.to_string()));
    }
}

#[test]
fn control_keys_are_read_as_kafka_reads_them() {
    for id in 0..=7 {
        let kind = ControlRecordType::from_id(id);
        assert_eq!((kind.id(), ControlRecordType::parse(&kind.record_key())), (id, Ok(kind)));
        assert_eq!(kind.name() == "UNKNOWN", id == 7);
    }
    // A key of a later version has more to say, and the same to begin with.
    assert_eq!(ControlRecordType::parse(&[0, 9, 0, 1, 5, 5]), Ok(ControlRecordType::Commit));
    assert!(ControlRecordType::parse(&[0xff, 0xff, 0, 1]).is_err());
    assert!(ControlRecordType::parse(&[0, 0, 0]).is_err());
    assert!(EndTransactionMarker::deserialize(&[0, 0, 0, 1], &[0, 0, 0, 0, 0]).is_err());
    assert!(EndTransactionMarker::deserialize(&[0, 0, 0, 2], &[0; 6]).is_err());
    let change = RecordBatchBuilder::control_record(5, ControlRecordType::LeaderChange, &[0; 9]).build();
    assert_eq!(RecordBatch::parse(&change).unwrap().end_transaction_marker(), Ok(None));
}

#[test]
fn what_the_cleaner_keeps_stays_where_it_was() {
    let mut rng = Rng::new(8, &"record");
    for _ in 0..100 {
        let (written, expected) = random_batch(&mut rng);
        let batch = RecordBatch::parse(&written).unwrap();
        let mut builder = RecordBatchBuilder::retaining(&batch).unwrap();
        let kept: Vec<_> = batch.records().map(Result::unwrap).filter(|_| rng.below(2) == 0).collect();
        for record in &kept {
            builder.append_record(record);
        }
        let rebuilt = match kept.is_empty() {
            true => RecordBatchBuilder::empty_batch(&batch),
            false => builder.build(),
        };
        let again = RecordBatch::parse(&rebuilt).unwrap();
        let whereabouts = |batch: &RecordBatch<'_>| {
            let producer = (batch.producer_id(), batch.producer_epoch(), batch.base_sequence(), batch.last_sequence());
            (batch.base_offset(), batch.last_offset(), batch.is_transactional(), producer)
        };
        assert_eq!(whereabouts(&again), whereabouts(&batch));
        assert!(again.is_valid());
        let same = |a: Record<'_>, b: &Record<'_>| {
            (a.offset, a.timestamp, a.key, a.value, a.headers) == {
                let b = b.clone();
                (b.offset, b.timestamp, b.key, b.value, b.headers)
            }
        };
        assert!(again.records().zip(&kept).all(|(a, b)| same(a.unwrap(), b)));
        assert_eq!(again.records().count(), kept.len());
        if kept.len() == expected.len() {
            assert_eq!(rebuilt, written);
        }
    }
}
