//! The name of every byte of a batch: what the hex view is painted from.
//!
//! The fields are those of Kafka's documentation of the message format, in the order in which they stand, and together
//! they cover the batch without gap or overlap. The attributes are told bit by bit besides. Compressed records are one
//! field of the batch; what they decompress to comes with fields of its own. Records that cannot be read are one field
//! too, `records`, which says why; so are those that nobody would read to the end, after the first tens of thousands of
//! fields. A long value is shown by its beginning.

use super::one::{Blob, RecordLayout};
use super::{
    BYTES_LEFT_OVER, ControlRecordType, EndTransactionMarker, FieldName, RECORD_BATCH_OVERHEAD, RecordBatch,
    RecordError,
};
use std::borrow::Cow;
use std::ops::Range;

/// No further record is told field by field once there are so many.
const MOST_FIELDS: usize = 1 << 16;

/// What the field that holds the others says behind their number.
pub const MORE_RECORDS: &str = " more records";

/// How many bytes of a key, a value or a header are shown.
const MOST_SHOWN: usize = 1024;

/// A run of bytes that means one thing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// Where it lies, in bytes from the start of what was laid out: the batch, or its records decompressed.
    pub range: Range<usize>,
    /// What it is.
    pub name: FieldName,
    /// What it says, to be read by people.
    pub value: String,
    /// The number of the record that it is part of, from 0; none for the batch's header.
    pub record: Option<i32>,
    /// The number of the record's header that it is part of, from 0.
    pub header: Option<u32>,
    /// What its bits mean, if each has a meaning of its own; the lowest first.
    pub bits: Vec<BitField>,
}

/// A run of bits that means one thing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BitField {
    /// Which bits; 0 is the lowest.
    pub bits: Range<u8>,
    /// What they are.
    pub name: FieldName,
    /// What they say, to be read by people.
    pub value: String,
}

/// A batch, byte by byte.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    /// The fields of the batch, in order: every byte is in exactly one.
    pub fields: Vec<Field>,
    /// The records of a compressed batch, unless they cannot be decompressed.
    pub decompressed: Option<DecompressedLayout>,
}

/// The records of a compressed batch, byte by byte.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DecompressedLayout {
    /// What was compressed.
    pub bytes: Vec<u8>,
    /// Its fields, in order: every byte is in exactly one. Their ranges lie in `bytes`.
    pub fields: Vec<Field>,
}

/// What every byte of `batch` means.
#[must_use]
pub fn layout(batch: &RecordBatch<'_>) -> Layout {
    let mut painter = Painter::new(batch, batch.bytes());
    painter.header();
    match batch.decompressed() {
        Ok(Cow::Borrowed(_)) => painter.records(RECORD_BATCH_OVERHEAD),
        Ok(Cow::Owned(bytes)) => {
            let codec = batch.attributes().compression_type().map_or("?", super::CompressionType::name);
            painter.rest(RECORD_BATCH_OVERHEAD, format!("{codec} ({} bytes decompressed)", bytes.len()));
            let mut inner = Painter::new(batch, &bytes);
            inner.records(0);
            let fields = inner.fields;
            return Layout { fields: painter.fields, decompressed: Some(DecompressedLayout { bytes, fields }) };
        }
        Err(error) => painter.rest(RECORD_BATCH_OVERHEAD, error.to_string()),
    }
    Layout { fields: painter.fields, decompressed: None }
}

/// Names the bytes of `bytes`, which are those of `batch` or what its records decompress to.
struct Painter<'a> {
    batch: &'a RecordBatch<'a>,
    bytes: &'a [u8],
    fields: Vec<Field>,
    record: Option<i32>,
    header: Option<u32>,
}

impl<'a> Painter<'a> {
    fn new(batch: &'a RecordBatch<'a>, bytes: &'a [u8]) -> Self {
        Self { batch, bytes, fields: Vec::new(), record: None, header: None }
    }

    fn field(&mut self, range: &Range<usize>, name: FieldName, value: String) {
        let (record, header) = (self.record, self.header);
        self.fields.push(Field { range: range.clone(), name, value, record, header, bits: Vec::new() });
    }

    /// All that is left is one field.
    fn rest(&mut self, at: usize, value: String) {
        let range = at..self.bytes.len();
        if !range.is_empty() {
            self.record = None;
            self.field(&range, FieldName::Records, value);
        }
    }

    fn header(&mut self) {
        let batch = self.batch;
        let crc = match batch.compute_checksum() {
            computed if computed == batch.checksum() => "valid".into(),
            computed => format!("computed 0x{computed:08x}"),
        };
        let attributes = batch.attributes();
        let horizon = if attributes.has_delete_horizon() { " (delete horizon)" } else { "" };
        let mut at = 0;
        for (size, name, value) in [
            (8, FieldName::BaseOffset, batch.base_offset().to_string()),
            (4, FieldName::BatchLength, batch.batch_length().to_string()),
            (4, FieldName::PartitionLeaderEpoch, batch.partition_leader_epoch().to_string()),
            (1, FieldName::Magic, batch.magic().to_string()),
            (4, FieldName::Crc, format!("0x{:08x} ({crc})", batch.checksum())),
            (2, FieldName::Attributes, format!("0x{:04x} ({attributes})", attributes.0)),
            (4, FieldName::LastOffsetDelta, batch.last_offset_delta().to_string()),
            (8, FieldName::BaseTimestamp, format!("{}{horizon}", batch.base_timestamp())),
            (8, FieldName::MaxTimestamp, batch.max_timestamp().to_string()),
            (8, FieldName::ProducerId, batch.producer_id().to_string()),
            (2, FieldName::ProducerEpoch, batch.producer_epoch().to_string()),
            (4, FieldName::BaseSequence, batch.base_sequence().to_string()),
            (4, FieldName::RecordsCount, batch.records_count().to_string()),
        ] {
            self.field(&(at..at + size), name, value);
            at += size;
        }
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == FieldName::Attributes) {
            field.bits = bits(batch);
        }
    }

    /// The records from `at` on.
    fn records(&mut self, mut at: usize) {
        let count = self.batch.records_count();
        for index in 0..count.max(0) {
            if self.fields.len() >= MOST_FIELDS {
                return self.rest(at, format!("{}{MORE_RECORDS}", count - index));
            }
            match RecordLayout::parse(self.bytes, at, index) {
                Ok(record) => {
                    at = record.end();
                    self.record(&record, index);
                }
                Err(error) => return self.rest(at, error.to_string()),
            }
        }
        let reason = BYTES_LEFT_OVER;
        self.rest(at, RecordError::InvalidRecord { index: count, reason }.to_string());
    }

    fn record(&mut self, record: &RecordLayout, index: i32) {
        (self.record, self.header) = (Some(index), None);
        self.field(&record.length, FieldName::Length, (record.end() - record.length.end).to_string());
        let attributes = self.bytes[record.attributes.start].to_string();
        self.field(&record.attributes, FieldName::RecordAttributes, attributes);
        self.field(&record.timestamp_delta.0, FieldName::TimestampDelta, record.timestamp_delta.1.to_string());
        self.field(&record.offset_delta.0, FieldName::OffsetDelta, record.offset_delta.1.to_string());
        if !(self.batch.is_control_batch() && self.control_record(record)) {
            self.blob(&record.key, FieldName::KeyLength, FieldName::Key);
            self.blob(&record.value, FieldName::ValueLength, FieldName::Value);
        }
        self.field(&record.headers_count.0, FieldName::HeadersCount, record.headers_count.1.to_string());
        for (number, (key, value)) in (0..).zip(&record.headers) {
            self.header = Some(number);
            self.blob(key, FieldName::HeaderKeyLength, FieldName::HeaderKey);
            self.blob(value, FieldName::HeaderValueLength, FieldName::HeaderValue);
        }
    }

    fn blob(&mut self, blob: &Blob, length_name: FieldName, name: FieldName) {
        self.length(blob, length_name);
        if let Some(range) = blob.content.as_ref().filter(|range| !range.is_empty()) {
            self.field(range, name, text(&self.bytes[range.clone()]));
        }
    }

    fn length(&mut self, blob: &Blob, name: FieldName) {
        let content = blob.of(self.bytes);
        self.field(&blob.length, name, content.map_or("null".into(), |content| content.len().to_string()));
    }

    /// Key and value of a control record, if they are what this version of Kafka writes.
    fn control_record(&mut self, record: &RecordLayout) -> bool {
        let (Some(key), Some(key_bytes)) = (&record.key.content, record.key.of(self.bytes)) else { return false };
        let Ok(kind) = ControlRecordType::parse(key_bytes) else { return false };
        if kind.record_key() != *key_bytes {
            return false;
        }
        self.length(&record.key, FieldName::KeyLength);
        self.field(&(key.start..key.start + 2), FieldName::ControlKeyVersion, "0".into());
        self.field(&(key.start + 2..key.end), FieldName::ControlType, format!("{} ({})", kind.id(), kind.name()));
        let value_bytes = record.value.of(self.bytes).unwrap_or_default();
        let marker = EndTransactionMarker::deserialize(key_bytes, value_bytes);
        match (marker, &record.value.content) {
            (Ok(marker), Some(value)) if marker.serialize_value() == *value_bytes => {
                self.length(&record.value, FieldName::ValueLength);
                self.field(&(value.start..value.start + 2), FieldName::MarkerVersion, "0".into());
                let epoch = marker.coordinator_epoch.to_string();
                self.field(&(value.start + 2..value.end), FieldName::CoordinatorEpoch, epoch);
            }
            _ => self.blob(&record.value, FieldName::ValueLength, FieldName::Value),
        }
        true
    }
}

fn bits(batch: &RecordBatch<'_>) -> Vec<BitField> {
    let attributes = batch.attributes();
    let codec = attributes.compression_type().map_or_else(|error| error.to_string(), |codec| codec.to_string());
    [
        (0..3, FieldName::CompressionType, codec),
        (3..4, FieldName::TimestampType, attributes.timestamp_type().to_string()),
        (4..5, FieldName::IsTransactional, attributes.is_transactional().to_string()),
        (5..6, FieldName::IsControlBatch, attributes.is_control().to_string()),
        (6..7, FieldName::HasDeleteHorizon, attributes.has_delete_horizon().to_string()),
        (7..16, FieldName::Unused, (attributes.0.cast_unsigned() >> 7).to_string()),
    ]
    .map(|(bits, name, value)| BitField { bits, name, value })
    .into()
}

/// Bytes as text if they are, else in hexadecimal; the beginning of them if they are many.
fn text(bytes: &[u8]) -> String {
    if bytes.len() > MOST_SHOWN {
        // A character that is cut there does not make a text of it less.
        let shown = &bytes[..MOST_SHOWN];
        let whole = match std::str::from_utf8(shown) {
            Err(error) if error.error_len().is_none() => &shown[..error.valid_up_to()],
            _ => shown,
        };
        return format!("{} … ({} bytes)", text(whole), bytes.len());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
