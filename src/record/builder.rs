//! Writing a batch: Kafka's `MemoryRecordsBuilder`, for one batch.
//!
//! A batch is compressed when it is finished. Kafka compresses record by record as they come, and therefore has to guess
//! while a batch grows how large it will be: from the ratios that earlier batches of the topic came to.

use super::compression::compress;
use super::one::write_record;
use super::{
    Attributes, CompressionType, ControlRecordType, EndTransactionMarker, LOG_OVERHEAD, MAGIC_V2,
    NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, NO_TIMESTAMP, RECORD_BATCH_OVERHEAD,
    Record, RecordBatch, RecordError, TimestampType,
};
use crate::base::{LeaderEpoch, Offset};

/// A batch in the making. What it starts as is what a plain producer sends: base offset 0, leader epoch −1, CreateTime,
/// no producer id.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RecordBatchBuilder {
    base_offset: Offset,
    partition_leader_epoch: LeaderEpoch,
    attributes: Attributes,
    log_append_time: i64,
    producer_id: i64,
    producer_epoch: i16,
    base_sequence: i32,
    last_offset_delta: i32,
    /// The offset that the batch ends at, if that is not the last record's.
    last_offset: Option<Offset>,
    delete_horizon_ms: Option<i64>,
    base_timestamp: i64,
    max_timestamp: i64,
    count: i32,
    /// Room for the header, then the records as they will stand.
    bytes: Vec<u8>,
}

impl Default for RecordBatchBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl RecordBatchBuilder {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self {
            base_offset: 0,
            partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
            attributes: Attributes::default(),
            log_append_time: NO_TIMESTAMP,
            producer_id: NO_PRODUCER_ID,
            producer_epoch: NO_PRODUCER_EPOCH,
            base_sequence: NO_SEQUENCE,
            last_offset_delta: -1,
            last_offset: None,
            delete_horizon_ms: None,
            base_timestamp: NO_TIMESTAMP,
            max_timestamp: NO_TIMESTAMP,
            count: 0,
            bytes: vec![0; RECORD_BATCH_OVERHEAD],
        }
    }

    /// A batch for those records of `batch` that the cleaner keeps: all but them stays as it was. Offsets that are gone at
    /// either end stay taken, so that the producer's last sequence can still be told.
    pub fn retaining(batch: &RecordBatch<'_>) -> Result<Self, RecordError> {
        let mut builder = Self::in_place_of(batch).with_compression(batch.compression_type()?);
        if batch.timestamp_type() == TimestampType::LogAppendTime {
            builder = builder.with_log_append_time(batch.max_timestamp());
        }
        Ok(match batch.delete_horizon_ms() {
            Some(horizon) => builder.with_delete_horizon(horizon),
            None => builder,
        })
    }

    /// A batch with the offsets, the term and the producer of `batch`, and without a record.
    fn in_place_of(batch: &RecordBatch<'_>) -> Self {
        Self::new()
            .with_base_offset(batch.base_offset())
            .with_last_offset(batch.last_offset())
            .with_partition_leader_epoch(batch.partition_leader_epoch())
            .with_producer(batch.producer_id(), batch.producer_epoch(), batch.base_sequence())
            .with_transactional(batch.is_transactional())
            .with_control(batch.is_control_batch())
    }

    /// Starts at `offset` instead of 0.
    #[must_use]
    pub fn with_base_offset(mut self, offset: Offset) -> Self {
        self.base_offset = offset;
        self
    }

    /// Carries a leader's term, as batches in a log do.
    #[must_use]
    pub fn with_partition_leader_epoch(mut self, epoch: LeaderEpoch) -> Self {
        self.partition_leader_epoch = epoch;
        self
    }

    /// Ends at `offset`, though the last record may come before.
    #[must_use]
    pub fn with_last_offset(mut self, offset: Offset) -> Self {
        self.last_offset = Some(offset);
        self
    }

    /// Has its records compressed when it is finished.
    #[must_use]
    pub fn with_compression(mut self, codec: CompressionType) -> Self {
        self.attributes = self.attributes.with_compression_type(codec);
        self
    }

    /// Belongs to a transaction.
    #[must_use]
    pub fn transactional(self) -> Self {
        self.with_transactional(true)
    }

    /// Belongs to a transaction, or does not.
    #[must_use]
    pub fn with_transactional(mut self, on: bool) -> Self {
        self.attributes = self.attributes.with_transactional(on);
        self
    }

    /// Is one of Kafka's own, which no consumer sees.
    #[must_use]
    pub fn control(self) -> Self {
        self.with_control(true)
    }

    /// Is one of Kafka's own, or is not.
    #[must_use]
    pub fn with_control(mut self, on: bool) -> Self {
        self.attributes = self.attributes.with_control(on);
        self
    }

    /// Lets tombstones go from `ms` on: that time takes the place of the base timestamp.
    ///
    /// # Panics
    /// If the batch holds records by then, which count from the base timestamp.
    #[must_use]
    pub fn with_delete_horizon(mut self, ms: i64) -> Self {
        assert!(self.is_empty(), "the base timestamp of a batch stands before its first record");
        self.attributes = self.attributes.with_delete_horizon(true);
        self.delete_horizon_ms = Some(ms);
        self
    }

    /// Has every record read as appended at `now_ms`.
    #[must_use]
    pub fn with_log_append_time(mut self, now_ms: i64) -> Self {
        self.attributes = self.attributes.with_timestamp_type(TimestampType::LogAppendTime);
        self.log_append_time = now_ms;
        self
    }

    /// Comes from an idempotent producer.
    #[must_use]
    pub fn with_producer(mut self, producer_id: i64, producer_epoch: i16, base_sequence: i32) -> Self {
        self.set_producer_state(producer_id, producer_epoch, base_sequence);
        self
    }

    /// Sets producer id, epoch and sequence on a batch that already holds records: a producer does so when it sends.
    pub fn set_producer_state(&mut self, producer_id: i64, producer_epoch: i16, base_sequence: i32) {
        self.producer_id = producer_id;
        self.producer_epoch = producer_epoch;
        self.base_sequence = base_sequence;
    }

    /// Adds a record at the next offset.
    pub fn append(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, Option<&[u8]>)],
    ) {
        let offset = self.base_offset + i64::from(self.last_offset_delta) + 1;
        self.append_with_offset(offset, timestamp, key, value, headers);
    }

    /// Adds a record at `offset`, which may leave a gap.
    ///
    /// # Panics
    /// If `offset` is not above the last one, or further from the base offset than a batch can say.
    pub fn append_with_offset(
        &mut self,
        offset: Offset,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, Option<&[u8]>)],
    ) {
        let delta = i32::try_from(offset - self.base_offset).expect("offsets of a batch span less than 2³¹");
        assert!(delta > self.last_offset_delta, "offsets of a batch must grow");
        if self.count == 0 {
            self.base_timestamp = self.delete_horizon_ms.unwrap_or(timestamp);
        }
        write_record(&mut self.bytes, delta, timestamp.wrapping_sub(self.base_timestamp), key, value, headers);
        self.last_offset_delta = delta;
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.count += 1;
    }

    /// Adds a record that was read, at its own offset and timestamp.
    ///
    /// # Panics
    /// As [`RecordBatchBuilder::append_with_offset`] does.
    pub fn append_record(&mut self, record: &Record<'_>) {
        let headers: Vec<_> = record.headers.iter().map(|it| (&*it.key, it.value.as_deref())).collect();
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        self.append_with_offset(record.offset, record.timestamp, key, value, &headers);
    }

    /// How many records it holds.
    #[must_use]
    pub fn count(&self) -> i32 {
        self.count
    }

    /// Whether it holds no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many bytes the batch takes by now, header included, before compression.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The largest timestamp so far, or −1.
    #[must_use]
    pub fn max_timestamp(&self) -> i64 {
        self.max_timestamp
    }

    /// The finished batch; no bytes at all if it holds no record.
    #[must_use]
    pub fn build(mut self) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        match self.attributes.compression_type() {
            Ok(CompressionType::None) | Err(_) => {}
            Ok(codec) => {
                let mut compressed = vec![0; RECORD_BATCH_OVERHEAD];
                compress(codec, &self.bytes[RECORD_BATCH_OVERHEAD..], &mut compressed);
                self.bytes = compressed;
            }
        }
        let max_timestamp = match self.attributes.timestamp_type() {
            TimestampType::CreateTime => self.max_timestamp,
            TimestampType::LogAppendTime => self.log_append_time,
        };
        self.finish(max_timestamp)
    }

    /// The marker that ends a transaction in a log, as a coordinator sends it.
    #[must_use]
    pub fn end_transaction_marker(
        timestamp: i64,
        producer_id: i64,
        producer_epoch: i16,
        marker: EndTransactionMarker,
    ) -> Self {
        let builder = Self::new().with_producer(producer_id, producer_epoch, NO_SEQUENCE);
        let mut builder = builder.transactional().control();
        builder.append(timestamp, Some(&marker.kind.record_key()), Some(&marker.serialize_value()), &[]);
        builder
    }

    /// A record of the quorum's own, of which a batch holds but one.
    #[must_use]
    pub fn control_record(timestamp: i64, kind: ControlRecordType, value: &[u8]) -> Self {
        let mut builder = Self::new().control();
        builder.append(timestamp, Some(&kind.record_key()), Some(value), &[]);
        builder
    }

    /// What is left of `batch` when all of its records are gone: a header that keeps its offsets taken and its producer
    /// known.
    #[must_use]
    pub fn empty_batch(batch: &RecordBatch<'_>) -> Vec<u8> {
        let mut builder = Self::in_place_of(batch);
        builder.attributes = builder.attributes.with_timestamp_type(batch.timestamp_type());
        builder.finish(batch.max_timestamp())
    }

    /// Writes the header before what is there.
    fn finish(mut self, max_timestamp: i64) -> Vec<u8> {
        let last_offset_delta = match self.last_offset {
            Some(offset) => offset.wrapping_sub(self.base_offset) as i32,
            None => self.last_offset_delta,
        };
        let length = (self.bytes.len() - LOG_OVERHEAD) as i32;
        let mut header = Vec::with_capacity(RECORD_BATCH_OVERHEAD);
        header.extend_from_slice(&self.base_offset.to_be_bytes());
        header.extend_from_slice(&length.to_be_bytes());
        header.extend_from_slice(&self.partition_leader_epoch.to_be_bytes());
        header.push(MAGIC_V2 as u8);
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&self.attributes.0.to_be_bytes());
        header.extend_from_slice(&last_offset_delta.to_be_bytes());
        header.extend_from_slice(&self.base_timestamp.to_be_bytes());
        header.extend_from_slice(&max_timestamp.to_be_bytes());
        header.extend_from_slice(&self.producer_id.to_be_bytes());
        header.extend_from_slice(&self.producer_epoch.to_be_bytes());
        header.extend_from_slice(&self.base_sequence.to_be_bytes());
        header.extend_from_slice(&self.count.to_be_bytes());
        self.bytes[..RECORD_BATCH_OVERHEAD].copy_from_slice(&header);
        let crc = crc32c::crc32c(&self.bytes[21..]);
        self.bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        self.bytes
    }
}
