//! What must hold for any batch, tried on many.

use super::*;
use crate::base::Rng;

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
    let base_offset = rng.below(1 << 40) as i64;
    let mut builder = RecordBatchBuilder::new().with_base_offset(base_offset);
    if rng.below(2) == 0 {
        builder = builder.with_producer(rng.below(1 << 50) as i64, rng.below(100) as i16, rng.below(1 << 31) as i32);
    }
    if rng.below(4) == 0 {
        builder = builder.transactional();
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
    assert_eq!(size, batch.len());
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
                let own = |header: &Header<'_>| (header.key.to_string(), header.value.map(<[u8]>::to_vec));
                Owned {
                    offset: record.offset,
                    timestamp: record.timestamp,
                    key: record.key.map(<[u8]>::to_vec),
                    value: record.value.map(<[u8]>::to_vec),
                    headers: record.headers.iter().map(own).collect(),
                }
            })
            .collect();
        assert_eq!(read, expected);
        assert_eq!(batch.last_offset(), expected.last().unwrap().offset);
        assert_eq!(batch.max_timestamp(), expected.iter().map(|record| record.timestamp).max().unwrap());
    }
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
        let mut at = 0;
        for field in layout(&RecordBatch::parse(&written).unwrap()) {
            assert_eq!(field.range.start, at, "{field:?}");
            assert!(!field.range.is_empty(), "{field:?}");
            at = field.range.end;
        }
        assert_eq!(at, written.len());
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
fn compressed_records_are_refused_by_name() {
    let mut builder = RecordBatchBuilder::new();
    builder.append(0, None, None, &[]);
    let mut bytes = builder.build();
    bytes[22] |= 4;
    let batch = RecordBatch::parse(&bytes).unwrap();
    let error = RecordError::UnsupportedCompression(CompressionType::Zstd);
    assert_eq!(batch.records().collect::<Vec<_>>(), [Err(error.clone())]);
    let fields = layout(&batch);
    assert_eq!((fields.last().unwrap().name, &fields.last().unwrap().value), ("records", &error.to_string()));
}
