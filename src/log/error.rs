//! What a log may answer instead of doing what it was asked.

use super::RejectedRecords;
use crate::base::Offset;
use crate::disk::DiskError;
use crate::record::RecordError;
use std::fmt;
use std::rc::Rc;

/// Why a log cannot be opened, read or changed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LogError {
    /// The file system refused.
    Disk(DiskError),
    /// The offset is not in the log.
    OffsetOutOfRange {
        /// The offset that was asked for.
        offset: Offset,
        /// The first offset that may be asked for.
        log_start_offset: Offset,
        /// The last offset that may be asked for.
        log_end_offset: Offset,
    },
    /// A segment file holds something else than record batches.
    Corrupt {
        /// The file.
        path: Rc<str>,
        /// Where in it.
        position: u32,
        /// What was found there.
        error: RecordError,
    },
    /// An index file holds something else than entries of its segment.
    CorruptIndex {
        /// The file.
        path: Rc<str>,
        /// Where in it.
        position: u32,
        /// What is wrong.
        reason: &'static str,
    },
    /// A snapshot of producer state is not what was written.
    CorruptSnapshot {
        /// The file.
        path: Rc<str>,
        /// What is wrong.
        reason: &'static str,
    },
    /// A segment under recovery holds a batch whose offset does not grow.
    InvalidOffset {
        /// The file.
        path: Rc<str>,
        /// The batch's last offset.
        offset: Offset,
        /// The offset that it should lie behind.
        last_offset: Offset,
    },
    /// A checkpoint file holds a line that does not belong there.
    MalformedLine {
        /// The file.
        path: Rc<str>,
        /// The line.
        line: String,
    },
    /// A checkpoint file holds another number of entries than it says.
    EntryCount {
        /// The file.
        path: Rc<str>,
        /// The number it says.
        expected: u64,
        /// The number it holds.
        found: u64,
    },
    /// The log has changed since a round of cleaning was decided on.
    CleaningAborted {
        /// The base offset of a segment that is gone, or not as it was.
        base_offset: Offset,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(error) => error.fmt(f),
            Self::OffsetOutOfRange { offset, log_start_offset, log_end_offset } => {
                write!(f, "offset {offset} is out of range, the log holds {log_start_offset} to {log_end_offset}")
            }
            Self::Corrupt { path, position, error } => write!(f, "{path} at byte {position}: {error}"),
            Self::CorruptIndex { path, position, reason } => write!(f, "{path} at byte {position}: {reason}"),
            Self::CorruptSnapshot { path, reason } => write!(f, "{path}: corrupt producer snapshot: {reason}"),
            Self::InvalidOffset { path, offset, last_offset } => {
                write!(f, "{path}: offset {offset} does not lie behind {last_offset}")
            }
            Self::MalformedLine { path, line } => write!(f, "{path}: malformed line {line:?}"),
            Self::EntryCount { path, expected, found } => {
                write!(f, "{path}: {expected} entries expected, {found} found")
            }
            Self::CleaningAborted { base_offset } => {
                write!(f, "cleaning was aborted: segment {base_offset} is not what it was")
            }
        }
    }
}

impl std::error::Error for LogError {}

impl From<DiskError> for LogError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// Why records were not appended. No record was written then; a segment may have been begun.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AppendError {
    /// The bytes are damaged, or no record batch of a format that is understood: `CORRUPT_MESSAGE`; a batch whose records do
    /// not fit it is an `INVALID_RECORD`, and one that cannot be decompressed an `UNKNOWN_SERVER_ERROR`, in Kafka too.
    Record(RecordError),
    /// The batch breaks a rule: `INVALID_RECORD`.
    InvalidRecord {
        /// Which one.
        reason: &'static str,
    },
    /// Records break a rule: `INVALID_TIMESTAMP` if one of them has a timestamp that cannot be taken, else
    /// `INVALID_RECORD`.
    Rejected(RejectedRecords),
    /// The batch exceeds `max.message.bytes`: `MESSAGE_TOO_LARGE`.
    RecordTooLarge {
        /// The batch's size.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// The batch exceeds a segment: `RECORD_LIST_TOO_LARGE`.
    RecordBatchTooLarge {
        /// The batch's size.
        size: u64,
        /// The segment's.
        max: u64,
    },
    /// A producer's sequence is neither the next one nor that of a batch that is remembered:
    /// `OUT_OF_ORDER_SEQUENCE_NUMBER`.
    OutOfOrderSequence {
        /// The producer.
        producer_id: i64,
        /// The offset that the batch would have got.
        offset: Offset,
        /// The sequence of its first record.
        sequence: i32,
        /// The one that should have come; with a transaction to be verified, the largest.
        expected: i32,
    },
    /// A producer, or the marker of its transaction, has an epoch that is over: `INVALID_PRODUCER_EPOCH`.
    InvalidProducerEpoch {
        /// The producer.
        producer_id: i64,
        /// The offset that the batch would have got.
        offset: Offset,
        /// The batch's epoch.
        epoch: i16,
        /// The newest that was seen.
        current: i16,
    },
    /// The batch does not go with the state of its producer's transaction: `INVALID_TXN_STATE`.
    InvalidTxnState {
        /// The producer.
        producer_id: i64,
        /// Why not.
        reason: &'static str,
    },
    /// A marker comes from a coordinator that another has taken the place of: `TRANSACTION_COORDINATOR_FENCED`.
    TransactionCoordinatorFenced {
        /// The producer.
        producer_id: i64,
        /// The offset that the marker would have got.
        offset: Offset,
        /// The coordinator's epoch.
        coordinator_epoch: i32,
        /// The newest that was seen.
        current: i32,
    },
    /// A follower got batches whose offsets do not grow.
    OffsetsOutOfOrder {
        /// The last offset of a batch.
        last_offset: Offset,
        /// The last offset of the batch behind it.
        next: Offset,
    },
    /// A follower got a batch that begins before the end of its log.
    UnexpectedAppendOffset {
        /// Where the batch begins.
        first_offset: Offset,
        /// Where the log ends.
        log_end_offset: Offset,
    },
    /// The log itself is in trouble.
    Log(LogError),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::InvalidRecord { reason } => f.write_str(reason),
            Self::Rejected(records) => records.fmt(f),
            Self::RecordTooLarge { size, max } => {
                write!(f, "the record batch has {size} bytes, max.message.bytes is {max}")
            }
            Self::RecordBatchTooLarge { size, max } => {
                write!(f, "the record batch has {size} bytes, segment.bytes is {max}")
            }
            Self::OutOfOrderSequence { producer_id, offset, sequence, expected } => {
                write!(f, "out of order sequence number {sequence} of producer {producer_id} at offset {offset}, ")?;
                write!(f, "{expected} was expected")
            }
            Self::InvalidProducerEpoch { producer_id, offset, epoch, current } => {
                write!(f, "epoch {epoch} of producer {producer_id} at offset {offset} is over, {current} was seen")
            }
            Self::InvalidTxnState { producer_id, reason } => write!(f, "producer {producer_id}: {reason}"),
            Self::TransactionCoordinatorFenced { producer_id, offset, coordinator_epoch, current } => {
                write!(f, "coordinator epoch {coordinator_epoch} of a marker for producer {producer_id} at offset ")?;
                write!(f, "{offset} is over, {current} was seen")
            }
            Self::OffsetsOutOfOrder { last_offset, next } => {
                write!(f, "offsets out of order: a batch ends at {last_offset}, the next one at {next}")
            }
            Self::UnexpectedAppendOffset { first_offset, log_end_offset } => {
                write!(f, "unexpected offset {first_offset}, the log ends at {log_end_offset}")
            }
            Self::Log(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AppendError {}

impl From<RecordError> for AppendError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<LogError> for AppendError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}
