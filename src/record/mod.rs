//! Record batches, format v2, to the byte.
//!
//! Whatever a producer sends, a leader stores, a follower copies and a consumer reads is one and the same run of bytes:
//! *record batches* laid end to end. A batch is a header of 61 bytes and its records; offsets, timestamps and lengths
//! inside are small differences to the header, written as zig-zag varints, so that a record costs a handful of bytes
//! beyond its key and value. A CRC-32C covers everything from the attributes on. Base offset, length, leader epoch and
//! magic stand before it, so that a leader can give a batch its place in the log without touching the checksum: that is
//! how Kafka appends without ever unpacking what it stores.
//!
//! ```text
//! baseOffset i64 │ batchLength i32 │ partitionLeaderEpoch i32 │ magic i8 │ crc u32 │ attributes i16 │ lastOffsetDelta i32
//! baseTimestamp i64 │ maxTimestamp i64 │ producerId i64 │ producerEpoch i16 │ baseSequence i32 │ recordsCount i32 │ records
//! ```
//!
//! [`RecordBatchBuilder`] writes a batch, [`batches`] walks over consecutive ones, [`RecordBatch`] reads one in place,
//! [`RecordBatchMut`] does what a leader does to it, and [`layout()`] names every byte for the hex view. Records may be
//! compressed as one block behind the header, which [`compression`] tells of; [`RecordBatch::records`] reads them either way.
//!
//! Left out: formats v0 and v1, which Kafka has not written since 4.0.

mod attributes;
mod batch;
mod builder;
pub mod compression;
mod control;
mod error;
mod field;
mod heads;
mod layout;
mod mutate;
mod one;
#[cfg(test)]
mod tests;
mod varint;

pub use attributes::{Attributes, CompressionType, TimestampType};
pub use batch::{BatchHeader, Batches, RecordBatch, batches};
pub use builder::RecordBatchBuilder;
pub use control::{ControlRecordType, EndTransactionMarker};
pub use error::{BYTES_LEFT_OVER, RecordError};
pub use field::FieldName;
pub use heads::{RecordHead, RecordHeads};
pub use layout::{BitField, DecompressedLayout, Field, Layout, MORE_RECORDS, layout};
pub use mutate::RecordBatchMut;
pub use one::{Header, Record, Records, record_size};
pub use varint::{read_varint, read_varlong, varint_size, varlong_size, write_varint, write_varlong};

/// The size of a batch's header.
pub const RECORD_BATCH_OVERHEAD: usize = 61;

/// The size of what stands before the counted part of a batch: base offset and length.
pub const LOG_OVERHEAD: usize = 12;

/// The only format that is written today.
pub const MAGIC_V2: i8 = 2;

/// The timestamp of a record that has none.
pub const NO_TIMESTAMP: i64 = -1;

/// The producer id of a batch whose producer is not idempotent.
pub const NO_PRODUCER_ID: i64 = -1;

/// The epoch that goes with [`NO_PRODUCER_ID`].
pub const NO_PRODUCER_EPOCH: i16 = -1;

/// The sequence that goes with [`NO_PRODUCER_ID`].
pub const NO_SEQUENCE: i32 = -1;

/// The leader epoch of a batch that no leader has taken in yet.
pub const NO_PARTITION_LEADER_EPOCH: i32 = -1;
