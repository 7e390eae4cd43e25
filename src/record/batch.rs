//! One record batch, read where it lies, and the walk over many.

use super::compression::{decompress, room_for};
use super::{
    Attributes, CompressionType, LOG_OVERHEAD, MAGIC_V2, RECORD_BATCH_OVERHEAD, RecordError, Records, TimestampType,
};
use crate::base::{LeaderEpoch, Offset};
use std::borrow::Cow;

/// A record batch over borrowed bytes. Its length and its magic have been checked, its CRC has not:
/// see [`RecordBatch::is_valid`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordBatch<'a> {
    bytes: &'a [u8],
}

impl<'a> RecordBatch<'a> {
    /// The batch at the start of `bytes`; more may follow it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let size = Self::size_of(bytes)?;
        if bytes.len() < size {
            return Err(RecordError::CutTail { needed: size as u64, available: bytes.len() as u64 });
        }
        let magic = bytes[16] as i8;
        if magic != MAGIC_V2 {
            return Err(RecordError::UnsupportedMagic(magic));
        }
        Ok(Self { bytes: &bytes[..size] })
    }

    /// The size of the batch at the start of `bytes`, of which the first twelve suffice.
    pub fn size_of(bytes: &[u8]) -> Result<usize, RecordError> {
        if bytes.len() < LOG_OVERHEAD {
            return Err(RecordError::CutTail { needed: LOG_OVERHEAD as u64, available: bytes.len() as u64 });
        }
        let length = i32::from_be_bytes(array(bytes, 8));
        match usize::try_from(length) {
            Ok(length) if length + LOG_OVERHEAD >= RECORD_BATCH_OVERHEAD => Ok(length + LOG_OVERHEAD),
            _ => Err(RecordError::InvalidLength(length)),
        }
    }

    /// All of its bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Its size, header included.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The offset that record deltas count from; after compaction no record may be left there.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        i64::from_be_bytes(array(self.bytes, 0))
    }

    /// How many bytes follow the length field.
    #[must_use]
    pub fn batch_length(&self) -> i32 {
        i32::from_be_bytes(array(self.bytes, 8))
    }

    /// The term of the leader that took the batch in.
    #[must_use]
    pub fn partition_leader_epoch(&self) -> LeaderEpoch {
        i32::from_be_bytes(array(self.bytes, 12))
    }

    /// The format's number.
    #[must_use]
    pub fn magic(&self) -> i8 {
        self.bytes[16] as i8
    }

    /// The CRC-32C that the header holds.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        u32::from_be_bytes(array(self.bytes, 17))
    }

    /// The attribute bits.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        Attributes(i16::from_be_bytes(array(self.bytes, 21)))
    }

    /// The distance from the base offset to the last offset.
    #[must_use]
    pub fn last_offset_delta(&self) -> i32 {
        i32::from_be_bytes(array(self.bytes, 23))
    }

    /// The last offset that the batch takes up. The CRC does not cover the base offset, so the sum may be any nonsense.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.base_offset().wrapping_add(i64::from(self.last_offset_delta()))
    }

    /// The first offset after the batch.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        self.last_offset().wrapping_add(1)
    }

    /// The timestamp that record deltas count from.
    #[must_use]
    pub fn base_timestamp(&self) -> i64 {
        i64::from_be_bytes(array(self.bytes, 27))
    }

    /// The largest timestamp in the batch, or the append time.
    #[must_use]
    pub fn max_timestamp(&self) -> i64 {
        i64::from_be_bytes(array(self.bytes, 35))
    }

    /// When tombstones in this batch may go; only after the cleaner has passed.
    #[must_use]
    pub fn delete_horizon_ms(&self) -> Option<i64> {
        self.attributes().has_delete_horizon().then(|| self.base_timestamp())
    }

    /// The producer's id, or −1.
    #[must_use]
    pub fn producer_id(&self) -> i64 {
        i64::from_be_bytes(array(self.bytes, 43))
    }

    /// Whether the producer is idempotent.
    #[must_use]
    pub fn has_producer_id(&self) -> bool {
        self.producer_id() > super::NO_PRODUCER_ID
    }

    /// The producer's epoch, or −1.
    #[must_use]
    pub fn producer_epoch(&self) -> i16 {
        i16::from_be_bytes(array(self.bytes, 51))
    }

    /// The sequence of the first record, or −1.
    #[must_use]
    pub fn base_sequence(&self) -> i32 {
        i32::from_be_bytes(array(self.bytes, 53))
    }

    /// The sequence of the last record, or −1; after 2³¹−1 comes 0.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        match self.base_sequence() {
            super::NO_SEQUENCE => super::NO_SEQUENCE,
            base => base.wrapping_add(self.last_offset_delta()) & i32::MAX,
        }
    }

    /// How many records the header promises.
    #[must_use]
    pub fn records_count(&self) -> i32 {
        i32::from_be_bytes(array(self.bytes, 57))
    }

    /// How the records are compressed.
    pub fn compression_type(&self) -> Result<CompressionType, RecordError> {
        self.attributes().compression_type()
    }

    /// Whether the records are compressed, by whatever codec.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.compression_type() != Ok(CompressionType::None)
    }

    /// Whose clock the timestamps come from.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        self.attributes().timestamp_type()
    }

    /// Whether the batch belongs to a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.attributes().is_transactional()
    }

    /// Whether the batch is Kafka's own.
    #[must_use]
    pub fn is_control_batch(&self) -> bool {
        self.attributes().is_control()
    }

    /// The CRC-32C of everything from the attributes on.
    #[must_use]
    pub fn compute_checksum(&self) -> u32 {
        crc32c::crc32c(&self.bytes[21..])
    }

    /// Whether the bytes are those that were checksummed.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.checksum() == self.compute_checksum()
    }

    /// [`RecordBatch::is_valid`] as an error that says what was found.
    pub fn ensure_valid(&self) -> Result<(), RecordError> {
        let (stored, computed) = (self.checksum(), self.compute_checksum());
        if stored == computed {
            return Ok(());
        }
        Err(RecordError::CorruptCrc { base_offset: self.base_offset(), stored, computed })
    }

    /// What follows the header, as it lies there.
    #[must_use]
    pub fn stored_records(&self) -> &'a [u8] {
        &self.bytes[RECORD_BATCH_OVERHEAD..]
    }

    /// What follows the header, decompressed: lent if there is nothing to decompress. Takes no more memory than
    /// [`room_for`] that many bytes.
    pub fn decompressed(&self) -> Result<Cow<'a, [u8]>, RecordError> {
        let stored = self.stored_records();
        match self.compression_type()? {
            CompressionType::None => Ok(Cow::Borrowed(stored)),
            // The cleaner leaves headers without records, and no codec has anything to say then.
            _ if stored.is_empty() && self.records_count() == 0 => Ok(Cow::Borrowed(stored)),
            codec => decompress(codec, stored, room_for(stored.len())).map(Cow::Owned),
        }
    }

    /// The timestamp of a record that says it is `delta` from the base timestamp.
    pub(super) fn timestamp_of(&self, delta: i64) -> i64 {
        match self.timestamp_type() {
            TimestampType::LogAppendTime => self.max_timestamp(),
            TimestampType::CreateTime => self.base_timestamp().wrapping_add(delta),
        }
    }

    /// The records, one after the other; stops after the first that cannot be read.
    #[must_use]
    pub fn records(&self) -> Records<'a> {
        Records::new(*self)
    }
}

/// What the header of a batch says, without the batch: enough to walk through a file without reading what is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BatchHeader {
    /// The batch's size, header included.
    pub size: u32,
    /// The offset that record deltas count from.
    pub base_offset: Offset,
    /// The last offset that the batch takes up.
    pub last_offset: Offset,
    /// The term of the leader that took the batch in.
    pub partition_leader_epoch: LeaderEpoch,
    /// The largest timestamp in the batch.
    pub max_timestamp: i64,
}

impl BatchHeader {
    /// The header at the start of `bytes`, which need hold no more than that.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let size = RecordBatch::size_of(bytes)?;
        if bytes.len() < RECORD_BATCH_OVERHEAD {
            return Err(RecordError::CutTail { needed: size as u64, available: bytes.len() as u64 });
        }
        let header = RecordBatch { bytes: &bytes[..RECORD_BATCH_OVERHEAD] };
        if header.magic() != MAGIC_V2 {
            return Err(RecordError::UnsupportedMagic(header.magic()));
        }
        Ok(Self { size: size as u32, ..Self::from(&header) })
    }
}

impl From<&RecordBatch<'_>> for BatchHeader {
    fn from(batch: &RecordBatch<'_>) -> Self {
        Self {
            size: batch.size_in_bytes() as u32,
            base_offset: batch.base_offset(),
            last_offset: batch.last_offset(),
            partition_leader_epoch: batch.partition_leader_epoch(),
            max_timestamp: batch.max_timestamp(),
        }
    }
}

/// The batches in `bytes`, end to end. A last batch that is cut short ends the walk without an error: a fetch may cut
/// anywhere, and it is the client's part to overlook what it cannot read yet. Anything else unreadable is one error, and
/// the end.
#[must_use]
pub fn batches(bytes: &[u8]) -> Batches<'_> {
    Batches { bytes, position: 0 }
}

/// The walk that [`batches`] makes.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Batches<'_> {
    /// How many bytes the walk has passed: after its end, those of all whole batches.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<RecordBatch<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        match RecordBatch::parse(&self.bytes[self.position..]) {
            Ok(batch) => {
                self.position += batch.size_in_bytes();
                Some(Ok(batch))
            }
            Err(RecordError::CutTail { .. }) => None,
            Err(error) => {
                self.bytes = &self.bytes[..self.position];
                Some(Err(error))
            }
        }
    }
}

/// The `N` bytes at `at`.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}
