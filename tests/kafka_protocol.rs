//! Record batches against another implementation, the crate `kafka-protocol`: ours read by it, its own read by us.
//!
//! It compresses LZ4 and zstd with the C libraries that Kafka uses too, so frames are judged by those who made them.
//! What it cannot say is left out of the comparison: repeated header names (it keeps a map), LogAppendTime (it takes
//! the producer's timestamp), batches without records, offsets taken at the ends by no record, and a first timestamp that
//! is not the smallest (it counts from that). Compressed bytes are never compared, only what they hold.

#![cfg(not(target_arch = "wasm32"))]

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, Record as Theirs, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use kafkascope::base::Rng;
use kafkascope::record::{CompressionType, Record, RecordBatch, RecordBatchBuilder};
use std::borrow::Cow;

const ROUNDS: u64 = 200;
const NOW: i64 = 1_700_000_000_000;

const CODECS: [(CompressionType, Compression); 5] = [
    (CompressionType::None, Compression::None),
    (CompressionType::Gzip, Compression::Gzip),
    (CompressionType::Snappy, Compression::Snappy),
    (CompressionType::Lz4, Compression::Lz4),
    (CompressionType::Zstd, Compression::Zstd),
];

fn bytes(rng: &mut Rng) -> Option<Bytes> {
    Some(match rng.below(6) {
        0 => return None,
        1 => Bytes::new(),
        // Enough now and then for more than one block of every codec.
        2 if rng.below(20) == 0 => (0..rng.below(100_000)).map(|_| rng.next_u64() as u8).collect(),
        2 => (0..rng.below(200)).map(|_| rng.next_u64() as u8).collect(),
        _ => format!("order-{} ", rng.below(10)).repeat(rng.below(40) as usize).into(),
    })
}

/// A batch that both sides can say: a first record at the base offset that is the oldest.
fn random_records(rng: &mut Rng) -> Vec<Theirs> {
    let (base_offset, idempotent) = (rng.below(1 << 40) as i64, rng.below(2) == 0);
    let (transactional, control) = (idempotent && rng.below(2) == 0, rng.below(8) == 0);
    let base_sequence = if idempotent { rng.below(1 << 20) as i32 } else { -1 };
    let (producer_id, producer_epoch) = if idempotent { (rng.below(1 << 50) as i64, 3) } else { (-1, -1) };
    let partition_leader_epoch = rng.below(50) as i32;
    let mut delta = 0;
    (0..=rng.below(20))
        .map(|number| {
            delta += if number == 0 { 0 } else { 1 + rng.below(3) as i32 / 2 };
            let headers: IndexMap<_, _> =
                (0..rng.below(3)).map(|header| (StrBytes::from_string(format!("h{header}")), bytes(rng))).collect();
            Theirs {
                transactional,
                control,
                delete_horizon: false,
                partition_leader_epoch,
                producer_id,
                producer_epoch,
                timestamp_type: TimestampType::Creation,
                offset: base_offset + i64::from(delta),
                sequence: base_sequence + delta,
                timestamp: if number == 0 { NOW } else { NOW + rng.below(1 << 33) as i64 },
                headers,
                key: bytes(rng),
                value: bytes(rng),
            }
        })
        .collect()
}

/// The records written by us.
fn ours(records: &[Theirs], codec: CompressionType) -> Vec<u8> {
    let first = &records[0];
    let mut builder = RecordBatchBuilder::new()
        .with_base_offset(first.offset)
        .with_partition_leader_epoch(first.partition_leader_epoch)
        .with_producer(first.producer_id, first.producer_epoch, first.sequence)
        .with_transactional(first.transactional)
        .with_control(first.control)
        .with_compression(codec);
    for record in records {
        let headers: Vec<_> = record.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        builder.append_with_offset(record.offset, record.timestamp, key, value, &headers);
    }
    builder.build()
}

fn same(ours: &Record<'_>, theirs: &Theirs) -> bool {
    let headers = |(key, value): (&StrBytes, &Option<Bytes>)| (key.to_string(), value.as_deref().map(<[u8]>::to_vec));
    let sequence = if theirs.producer_id < 0 { -1 } else { theirs.sequence };
    (ours.offset, ours.timestamp, ours.sequence) == (theirs.offset, theirs.timestamp, sequence)
        && ours.key.as_deref() == theirs.key.as_deref()
        && ours.value.as_deref() == theirs.value.as_deref()
        && ours.headers.iter().map(|it| (it.key.to_string(), it.value.clone().map(Cow::into_owned))).collect::<Vec<_>>()
            == theirs.headers.iter().map(headers).collect::<Vec<_>>()
}

#[test]
fn what_we_write_they_read() {
    let mut rng = Rng::new(1, &"kafka-protocol");
    for round in 0..ROUNDS {
        let (codec, their_codec) = CODECS[round as usize % CODECS.len()];
        let records = random_records(&mut rng);
        let mut written = Bytes::from(ours(&records, codec));
        let read = RecordBatchDecoder::decode(&mut written).unwrap_or_else(|error| panic!("{codec} {round}: {error}"));
        assert_eq!((read.compression, read.version), (their_codec, 2), "{codec} {round}");
        assert_eq!(read.records, records, "{codec} {round}");
        assert!(written.is_empty(), "{codec} {round}");
    }
}

#[test]
fn what_they_write_we_read() {
    let mut rng = Rng::new(2, &"kafka-protocol");
    for round in 0..ROUNDS {
        let (codec, compression) = CODECS[round as usize % CODECS.len()];
        let records = random_records(&mut rng);
        let mut written = BytesMut::new();
        let options = RecordEncodeOptions { version: 2, compression };
        RecordBatchEncoder::encode(&mut written, &records, &options).expect("encoded");
        let batch = RecordBatch::parse(&written).unwrap_or_else(|error| panic!("{codec} {round}: {error}"));
        assert_eq!(batch.size_in_bytes(), written.len(), "{codec} {round}: one batch");
        assert!(batch.is_valid(), "{codec} {round}");
        assert_eq!(batch.compression_type(), Ok(codec), "{round}");
        let read: Vec<_> = batch.records().map(|record| record.expect("readable")).collect();
        assert_eq!(read.len(), records.len(), "{codec} {round}");
        assert!(read.iter().zip(&records).all(|(ours, theirs)| same(ours, theirs)), "{codec} {round}");
        let ours = ours(&records, codec);
        let ours = RecordBatch::parse(&ours).expect("a batch");
        assert_eq!(ours.decompressed(), batch.decompressed(), "{codec} {round}");
        if codec == CompressionType::None {
            assert_eq!(ours.bytes(), &written[..], "{round}");
        } else {
            assert_eq!(ours.bytes()[21..61], written[21..61], "{codec} {round}: the header behind the checksum");
        }
    }
}
