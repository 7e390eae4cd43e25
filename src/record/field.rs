//! The names of the fields of a batch, as Kafka's documentation of the message format has them.

use std::fmt;

/// What a run of bytes, or of bits, is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FieldName {
    /// The batch's first offset.
    BaseOffset,
    /// How many bytes of the batch follow.
    BatchLength,
    /// The term of the leader that took the batch in.
    PartitionLeaderEpoch,
    /// The format's number.
    Magic,
    /// The checksum of everything behind it.
    Crc,
    /// The attribute bits of the batch.
    Attributes,
    /// Attribute bits 0–2: the codec.
    CompressionType,
    /// Attribute bit 3: whose clock stamped the records.
    TimestampType,
    /// Attribute bit 4: whether the batch belongs to a transaction.
    IsTransactional,
    /// Attribute bit 5: whether the batch is Kafka's own.
    IsControlBatch,
    /// Attribute bit 6: whether the base timestamp is a delete horizon.
    HasDeleteHorizon,
    /// Attribute bits 7–15: not in use.
    Unused,
    /// The distance from the first offset to the last.
    LastOffsetDelta,
    /// The timestamp that those of the records count from.
    BaseTimestamp,
    /// The largest timestamp.
    MaxTimestamp,
    /// The producer's id.
    ProducerId,
    /// The producer's epoch.
    ProducerEpoch,
    /// The sequence of the first record.
    BaseSequence,
    /// The number of records.
    RecordsCount,
    /// The records, if they cannot be told apart here: compressed, or damaged.
    Records,
    /// How many bytes of the record follow.
    Length,
    /// The attributes of a record, none of which is in use.
    RecordAttributes,
    /// The distance from the base timestamp.
    TimestampDelta,
    /// The distance from the base offset.
    OffsetDelta,
    /// The length of the key.
    KeyLength,
    /// The key.
    Key,
    /// The length of the value.
    ValueLength,
    /// The value.
    Value,
    /// The number of headers.
    HeadersCount,
    /// The length of a header's key.
    HeaderKeyLength,
    /// A header's key.
    HeaderKey,
    /// The length of a header's value.
    HeaderValueLength,
    /// A header's value.
    HeaderValue,
    /// The version of a control record's key.
    ControlKeyVersion,
    /// What a control record says.
    ControlType,
    /// The version of an end marker.
    MarkerVersion,
    /// The epoch of the coordinator that ended the transaction.
    CoordinatorEpoch,
}

impl FieldName {
    /// Kafka's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BaseOffset => "baseOffset",
            Self::BatchLength => "batchLength",
            Self::PartitionLeaderEpoch => "partitionLeaderEpoch",
            Self::Magic => "magic",
            Self::Crc => "crc",
            Self::Attributes | Self::RecordAttributes => "attributes",
            Self::CompressionType => "compressionType",
            Self::TimestampType => "timestampType",
            Self::IsTransactional => "isTransactional",
            Self::IsControlBatch => "isControlBatch",
            Self::HasDeleteHorizon => "hasDeleteHorizonMs",
            Self::Unused => "unused",
            Self::LastOffsetDelta => "lastOffsetDelta",
            Self::BaseTimestamp => "baseTimestamp",
            Self::MaxTimestamp => "maxTimestamp",
            Self::ProducerId => "producerId",
            Self::ProducerEpoch => "producerEpoch",
            Self::BaseSequence => "baseSequence",
            Self::RecordsCount => "recordsCount",
            Self::Records => "records",
            Self::Length => "length",
            Self::TimestampDelta => "timestampDelta",
            Self::OffsetDelta => "offsetDelta",
            Self::KeyLength => "keyLength",
            Self::Key => "key",
            Self::ValueLength => "valueLength",
            Self::Value => "value",
            Self::HeadersCount => "headersCount",
            Self::HeaderKeyLength => "headerKeyLength",
            Self::HeaderKey => "headerKey",
            Self::HeaderValueLength => "headerValueLength",
            Self::HeaderValue => "headerValue",
            Self::ControlKeyVersion | Self::MarkerVersion => "version",
            Self::ControlType => "type",
            Self::CoordinatorEpoch => "coordinatorEpoch",
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
