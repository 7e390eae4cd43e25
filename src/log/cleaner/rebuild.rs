//! Writing a batch anew with what is left of it.

use crate::record::{
    Attributes, LOG_OVERHEAD, NO_TIMESTAMP, RECORD_BATCH_OVERHEAD, Record, RecordBatch, RecordBatchBuilder,
    RecordError, TimestampType,
};

/// `batch` with only `records`, in its codec; `delete_horizon_ms` takes the place of the base timestamp.
pub(super) fn with_records(
    batch: &RecordBatch<'_>,
    records: &[Record<'_>],
    delete_horizon_ms: Option<i64>,
) -> Result<Vec<u8>, RecordError> {
    let mut builder = RecordBatchBuilder::new()
        .with_base_offset(batch.base_offset())
        .with_partition_leader_epoch(batch.partition_leader_epoch())
        .with_producer(batch.producer_id(), batch.producer_epoch(), batch.base_sequence());
    if batch.is_transactional() {
        builder = builder.transactional();
    }
    if batch.is_control_batch() {
        builder = builder.control();
    }
    if batch.timestamp_type() == TimestampType::LogAppendTime {
        builder = builder.with_log_append_time(batch.max_timestamp());
    }
    if let Some(horizon) = delete_horizon_ms {
        builder = builder.with_delete_horizon(horizon);
    }
    for record in records {
        let headers: Vec<_> = record.headers.iter().map(|header| (&*header.key, header.value)).collect();
        builder.append_with_offset(record.offset, record.timestamp, record.key, record.value, &headers);
    }
    let mut bytes = builder.build();
    put(&mut bytes, LAST_OFFSET_DELTA, &batch.last_offset_delta().to_be_bytes());
    Ok(checksummed(bytes))
}

/// The header of `batch` and nothing else: place, sequence and largest timestamp stay, the base timestamp does not.
pub(super) fn header_only(batch: &RecordBatch<'_>) -> Vec<u8> {
    let mut bytes = batch.bytes()[..RECORD_BATCH_OVERHEAD].to_vec();
    let attributes = Attributes::default()
        .with_timestamp_type(batch.timestamp_type())
        .with_transactional(batch.is_transactional())
        .with_control(batch.is_control_batch());
    put(&mut bytes, LENGTH, &((RECORD_BATCH_OVERHEAD - LOG_OVERHEAD) as i32).to_be_bytes());
    put(&mut bytes, ATTRIBUTES, &attributes.0.to_be_bytes());
    put(&mut bytes, BASE_TIMESTAMP, &NO_TIMESTAMP.to_be_bytes());
    put(&mut bytes, RECORDS_COUNT, &0i32.to_be_bytes());
    checksummed(bytes)
}

const LENGTH: usize = 8;
const CRC: usize = 17;
const ATTRIBUTES: usize = 21;
const LAST_OFFSET_DELTA: usize = 23;
const BASE_TIMESTAMP: usize = 27;
const RECORDS_COUNT: usize = 57;

fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}

/// `bytes`, which are a batch, with the CRC that they need now.
fn checksummed(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = RecordBatch::parse(&bytes).expect("a whole batch of a known format").compute_checksum();
    put(&mut bytes, CRC, &crc.to_be_bytes());
    bytes
}
