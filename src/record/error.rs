//! What can be wrong with bytes that claim to be record batches.

use super::CompressionType;
use std::fmt;

/// The reason given for a batch that goes on behind its last record.
pub const BYTES_LEFT_OVER: &str = "the batch holds more bytes than its records";

/// Why bytes cannot be read as a record batch or a record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum RecordError {
    /// The bytes end before the batch does.
    CutTail {
        /// How many bytes the batch needs.
        needed: u64,
        /// How many there are.
        available: u64,
    },
    /// The length field cannot be that of a batch.
    InvalidLength(i32),
    /// A format that this model does not read.
    UnsupportedMagic(i8),
    /// The attributes name a codec that does not exist.
    UnknownCompression(i16),
    /// The compressed records are not what the codec writes.
    InvalidCompression {
        /// The codec.
        codec: CompressionType,
        /// Where the trouble begins, in bytes from the start of the compressed records.
        position: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The compressed records take more room than anybody has for them.
    DecompressedTooLarge {
        /// The codec.
        codec: CompressionType,
        /// How many bytes there is room for.
        room: u64,
    },
    /// The checksum in the header is not that of the bytes.
    CorruptCrc {
        /// The batch's base offset.
        base_offset: i64,
        /// What the header says.
        stored: u32,
        /// What the bytes give.
        computed: u32,
    },
    /// A varint goes on longer than its type can hold.
    VarintTooLong,
    /// A record does not fit its batch, or its parts do not fit it.
    InvalidRecord {
        /// The record's number in its batch, from 0.
        index: i32,
        /// What is wrong.
        reason: &'static str,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutTail { needed, available } => {
                write!(f, "the batch is cut: it needs {needed} bytes, {available} are there")
            }
            Self::InvalidLength(length) => write!(f, "batchLength {length} cannot be that of a record batch"),
            Self::UnsupportedMagic(magic) => write!(f, "magic {magic} is not supported, only 2"),
            Self::UnknownCompression(id) => write!(f, "there is no compression codec {id}"),
            Self::InvalidCompression { codec, position, reason } => {
                write!(f, "the {codec} records cannot be read at byte {position}: {reason}")
            }
            Self::DecompressedTooLarge { codec, room } => {
                write!(f, "the {codec} records take more than {room} bytes")
            }
            Self::CorruptCrc { base_offset, stored, computed } => {
                write!(
                    f,
                    "the batch at offset {base_offset} is corrupt: stored crc {stored:08x}, computed {computed:08x}"
                )
            }
            Self::VarintTooLong => write!(f, "a varint is too long"),
            Self::InvalidRecord { index, reason } => write!(f, "record {index} is invalid: {reason}"),
        }
    }
}

impl std::error::Error for RecordError {}
