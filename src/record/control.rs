//! Control records: what Kafka writes into a log for itself.
//!
//! A batch with the control bit holds one record that no consumer is shown. Its key says what it is: a version and a type,
//! two bytes each. The two that lie in topics end a transaction; their value is the epoch of the coordinator that wrote
//! them. The others lie in the metadata log alone and belong to the quorum.

use super::{Record, RecordBatch, RecordError};

/// What a control record says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ControlRecordType {
    /// The transaction was aborted: what the producer wrote in it is to be skipped.
    Abort,
    /// The transaction was committed.
    Commit,
    /// The quorum has a new leader.
    LeaderChange,
    /// A snapshot begins.
    SnapshotHeader,
    /// A snapshot ends.
    SnapshotFooter,
    /// The quorum speaks another version.
    KraftVersion,
    /// The quorum has other voters.
    KraftVoters,
    /// A type of a later Kafka, to be overlooked.
    Unknown(i16),
}

/// The size of a control record's key.
const KEY_SIZE: usize = 4;

/// The size of an end marker's value.
const MARKER_SIZE: usize = 6;

/// The version of keys and markers that is written.
const VERSION: i16 = 0;

impl ControlRecordType {
    /// Its number.
    #[must_use]
    pub fn id(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KraftVersion => 5,
            Self::KraftVoters => 6,
            Self::Unknown(id) => id,
        }
    }

    /// The type of that number.
    #[must_use]
    pub fn from_id(id: i16) -> Self {
        match id {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KraftVersion,
            6 => Self::KraftVoters,
            _ => Self::Unknown(id),
        }
    }

    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Abort => "ABORT",
            Self::Commit => "COMMIT",
            Self::LeaderChange => "LEADER_CHANGE",
            Self::SnapshotHeader => "SNAPSHOT_HEADER",
            Self::SnapshotFooter => "SNAPSHOT_FOOTER",
            Self::KraftVersion => "KRAFT_VERSION",
            Self::KraftVoters => "KRAFT_VOTERS",
            Self::Unknown(_) => "UNKNOWN",
        }
    }

    /// The key of a record of this type.
    #[must_use]
    pub fn record_key(self) -> [u8; KEY_SIZE] {
        let ([v0, v1], [t0, t1]) = (VERSION.to_be_bytes(), self.id().to_be_bytes());
        [v0, v1, t0, t1]
    }

    /// What the key of a control record says; a later version is read as far as this one goes.
    pub fn parse(key: &[u8]) -> Result<Self, RecordError> {
        match *key {
            [v0, v1, t0, t1, ..] if i16::from_be_bytes([v0, v1]) >= VERSION => {
                Ok(Self::from_id(i16::from_be_bytes([t0, t1])))
            }
            [_, _, _, _, ..] => Err(invalid("the version of its control key is negative")),
            _ => Err(invalid("its key is too short for a control record's")),
        }
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EndTransactionMarker {
    /// [`ControlRecordType::Commit`] or [`ControlRecordType::Abort`].
    pub kind: ControlRecordType,
    /// The epoch of the transaction coordinator that wrote it.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// The value of its record.
    #[must_use]
    pub fn serialize_value(&self) -> [u8; MARKER_SIZE] {
        let ([v0, v1], [e0, e1, e2, e3]) = (VERSION.to_be_bytes(), self.coordinator_epoch.to_be_bytes());
        [v0, v1, e0, e1, e2, e3]
    }

    /// Reads a marker from the key and the value of a control record.
    pub fn deserialize(key: &[u8], value: &[u8]) -> Result<Self, RecordError> {
        let kind = ControlRecordType::parse(key)?;
        if !matches!(kind, ControlRecordType::Commit | ControlRecordType::Abort) {
            return Err(invalid("it does not end a transaction"));
        }
        match *value {
            [v0, v1, e0, e1, e2, e3, ..] if i16::from_be_bytes([v0, v1]) >= VERSION => {
                Ok(Self { kind, coordinator_epoch: i32::from_be_bytes([e0, e1, e2, e3]) })
            }
            [_, _, _, _, _, _, ..] => Err(invalid("the version of its marker is negative")),
            _ => Err(invalid("its value is too short for a marker")),
        }
    }
}

impl Record<'_> {
    /// What it says, if its batch is a control batch.
    pub fn control_record_type(&self) -> Result<ControlRecordType, RecordError> {
        ControlRecordType::parse(self.key.as_deref().unwrap_or_default())
    }
}

impl RecordBatch<'_> {
    /// How the transaction ended, if that is what the batch is written for.
    pub fn end_transaction_marker(&self) -> Result<Option<EndTransactionMarker>, RecordError> {
        if !self.is_control_batch() {
            return Ok(None);
        }
        // The cleaner may have left but the header of it.
        let Some(record) = self.records().next().transpose()? else { return Ok(None) };
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        match ControlRecordType::parse(&key)? {
            ControlRecordType::Commit | ControlRecordType::Abort => {
                EndTransactionMarker::deserialize(&key, &value).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// A control batch holds one record, so it is always the first that is wrong.
fn invalid(reason: &'static str) -> RecordError {
    RecordError::InvalidRecord { index: 0, reason }
}
