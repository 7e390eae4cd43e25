//! The name of every byte of a batch: what the hex view is painted from.
//!
//! The fields are those of Kafka's documentation of the message format, in the order in which they stand, and together
//! they cover the batch without gap or overlap. Records that cannot be read (compressed, or damaged) are one field,
//! `records`, which says why.

use super::one::{Blob, RecordLayout};
use super::{RECORD_BATCH_OVERHEAD, RecordBatch, RecordError};
use std::ops::Range;

/// A run of bytes that means one thing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// Where it lies, in bytes from the start of the batch.
    pub range: Range<usize>,
    /// Its name in Kafka's documentation.
    pub name: &'static str,
    /// What it says, to be read by people.
    pub value: String,
    /// The number of the record that it is part of, from 0; none for the batch's header.
    pub record: Option<i32>,
    /// The number of the record's header that it is part of, from 0.
    pub header: Option<u32>,
}

/// The fields of `batch`, in order: every byte is in exactly one.
#[must_use]
pub fn layout(batch: &RecordBatch<'_>) -> Vec<Field> {
    let mut fields = header_fields(batch);
    let mut at = RECORD_BATCH_OVERHEAD;
    match batch.compression_type() {
        Ok(super::CompressionType::None) => {
            for index in 0..batch.records_count().max(0) {
                match RecordLayout::parse(batch.bytes(), at, index) {
                    Ok(record) => {
                        at = record.end();
                        record_fields(&mut fields, batch, &record, index);
                    }
                    Err(error) => {
                        push_rest(&mut fields, batch, at, error);
                        return fields;
                    }
                }
            }
            let reason = "the batch holds more bytes than its records";
            push_rest(&mut fields, batch, at, RecordError::InvalidRecord { index: batch.records_count(), reason });
        }
        Ok(codec) => push_rest(&mut fields, batch, at, RecordError::UnsupportedCompression(codec)),
        Err(error) => push_rest(&mut fields, batch, at, error),
    }
    fields
}

fn push_rest(fields: &mut Vec<Field>, batch: &RecordBatch<'_>, at: usize, why: RecordError) {
    let range = at..batch.size_in_bytes();
    if !range.is_empty() {
        fields.push(Field { range, name: "records", value: why.to_string(), record: None, header: None });
    }
}

fn header_fields(batch: &RecordBatch<'_>) -> Vec<Field> {
    let crc = if batch.is_valid() { "valid".into() } else { format!("computed 0x{:08x}", batch.compute_checksum()) };
    let attributes = batch.attributes();
    let mut at = 0;
    [
        (8, "baseOffset", batch.base_offset().to_string()),
        (4, "batchLength", batch.batch_length().to_string()),
        (4, "partitionLeaderEpoch", batch.partition_leader_epoch().to_string()),
        (1, "magic", batch.magic().to_string()),
        (4, "crc", format!("0x{:08x} ({crc})", batch.checksum())),
        (2, "attributes", format!("0x{:04x} ({attributes})", attributes.0)),
        (4, "lastOffsetDelta", batch.last_offset_delta().to_string()),
        (8, "baseTimestamp", batch.base_timestamp().to_string()),
        (8, "maxTimestamp", batch.max_timestamp().to_string()),
        (8, "producerId", batch.producer_id().to_string()),
        (2, "producerEpoch", batch.producer_epoch().to_string()),
        (4, "baseSequence", batch.base_sequence().to_string()),
        (4, "recordsCount", batch.records_count().to_string()),
    ]
    .into_iter()
    .map(|(size, name, value)| {
        at += size;
        Field { range: at - size..at, name, value, record: None, header: None }
    })
    .collect()
}

fn record_fields(fields: &mut Vec<Field>, batch: &RecordBatch<'_>, record: &RecordLayout, index: i32) {
    let mut painter = RecordPainter { fields, bytes: batch.bytes(), record: index, header: None };
    painter.field(&record.length, "length", (record.end() - record.length.end).to_string());
    painter.field(&record.attributes, "attributes", batch.bytes()[record.attributes.start].to_string());
    painter.field(&record.timestamp_delta.0, "timestampDelta", record.timestamp_delta.1.to_string());
    painter.field(&record.offset_delta.0, "offsetDelta", record.offset_delta.1.to_string());
    painter.blob(&record.key, "keyLength", "key");
    painter.blob(&record.value, "valueLength", "value");
    painter.field(&record.headers_count.0, "headersCount", record.headers_count.1.to_string());
    for (number, (key, value)) in (0..).zip(&record.headers) {
        painter.header = Some(number);
        painter.blob(key, "headerKeyLength", "headerKey");
        painter.blob(value, "headerValueLength", "headerValue");
    }
}

/// Where the fields of one record go.
struct RecordPainter<'a> {
    fields: &'a mut Vec<Field>,
    bytes: &'a [u8],
    record: i32,
    header: Option<u32>,
}

impl RecordPainter<'_> {
    fn field(&mut self, range: &Range<usize>, name: &'static str, value: String) {
        let (record, header) = (Some(self.record), self.header);
        self.fields.push(Field { range: range.clone(), name, value, record, header });
    }

    fn blob(&mut self, blob: &Blob, length_name: &'static str, name: &'static str) {
        let content = blob.of(self.bytes);
        self.field(&blob.length, length_name, content.map_or("null".into(), |content| content.len().to_string()));
        if let Some(range) = blob.content.as_ref().filter(|range| !range.is_empty()) {
            self.field(range, name, text(&self.bytes[range.clone()]));
        }
    }
}

/// Bytes as text if they are, else in hexadecimal.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
