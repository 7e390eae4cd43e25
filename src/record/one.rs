//! One record: how it is written inside a batch, and the walk over the records of one.
//!
//! ```text
//! length varint │ attributes i8 │ timestampDelta varlong │ offsetDelta varint
//! keyLength varint │ key │ valueLength varint │ value │ headersCount varint │ headers
//! ```
//! A length of −1 means null, which is not the same as empty: a null value is a tombstone.
//!
//! Left out: records with more than 65,536 headers, which Kafka reads and nobody writes. A header may take but two bytes, and
//! to hold it takes many more.

use super::varint::{read_varint, read_varlong, varint_size, varlong_size, write_varint, write_varlong};
use super::{BYTES_LEFT_OVER, CompressionType, RECORD_BATCH_OVERHEAD, RecordBatch, RecordError};
use crate::base::Offset;
use std::borrow::Cow;
use std::ops::Range;

/// No record that has more headers is read.
pub(super) const MOST_HEADERS: i32 = 1 << 16;

/// A header of a record: a name and a value that may be null.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header<'a> {
    /// The name.
    pub key: Cow<'a, str>,
    /// The value.
    pub value: Option<Cow<'a, [u8]>>,
}

/// A record. Its key and value lie still in the bytes of its batch, unless those are compressed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Its offset in the log.
    pub offset: Offset,
    /// Its timestamp; with LogAppendTime that of the whole batch.
    pub timestamp: i64,
    /// Its sequence among its producer's records, or −1.
    pub sequence: i32,
    /// Its key.
    pub key: Option<Cow<'a, [u8]>>,
    /// Its value; null is a tombstone.
    pub value: Option<Cow<'a, [u8]>>,
    /// Its headers, in the order in which they were added.
    pub headers: Vec<Header<'a>>,
    /// Where it starts, counted from the start of its batch; in a compressed one, from that of the records decompressed.
    pub position: u32,
    /// How many bytes it takes, length included.
    pub size: u32,
}

impl Record<'_> {
    /// The same, leaning on nothing.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        let own = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        let header = |it: Header<'_>| Header { key: Cow::Owned(it.key.into_owned()), value: it.value.map(own) };
        Record {
            key: self.key.map(own),
            value: self.value.map(own),
            headers: self.headers.into_iter().map(header).collect(),
            ..self
        }
    }
}

/// Where the parts of a record lie, in bytes from the start of what it was read from.
#[derive(Debug)]
pub(super) struct RecordLayout {
    pub(super) length: Range<usize>,
    pub(super) attributes: Range<usize>,
    pub(super) timestamp_delta: (Range<usize>, i64),
    pub(super) offset_delta: (Range<usize>, i32),
    pub(super) key: Blob,
    pub(super) value: Blob,
    pub(super) headers_count: (Range<usize>, i32),
    pub(super) headers: Vec<(Blob, Blob)>,
}

/// A length and the bytes that it counts; −1 counts none.
#[derive(Debug)]
pub(super) struct Blob {
    pub(super) length: Range<usize>,
    pub(super) content: Option<Range<usize>>,
}

impl Blob {
    pub(super) fn of<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        self.content.clone().map(|range| &bytes[range])
    }
}

/// A reader that knows where in the bytes it is and where the record must end.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    index: i32,
}

impl Cursor<'_> {
    fn invalid(&self, reason: &'static str) -> RecordError {
        RecordError::InvalidRecord { index: self.index, reason }
    }

    fn varint(&mut self) -> Result<(Range<usize>, i32), RecordError> {
        let (value, size) = read_varint(&self.bytes[self.at..self.end]).map_err(|_| self.invalid("a varint is cut"))?;
        self.at += size;
        Ok((self.at - size..self.at, value))
    }

    fn varlong(&mut self) -> Result<(Range<usize>, i64), RecordError> {
        let (value, size) =
            read_varlong(&self.bytes[self.at..self.end]).map_err(|_| self.invalid("a varint is cut"))?;
        self.at += size;
        Ok((self.at - size..self.at, value))
    }

    fn take(&mut self, size: usize, reason: &'static str) -> Result<Range<usize>, RecordError> {
        if size > self.end - self.at {
            return Err(self.invalid(reason));
        }
        self.at += size;
        Ok(self.at - size..self.at)
    }

    fn blob(&mut self, reason: &'static str) -> Result<Blob, RecordError> {
        let (length, size) = self.varint()?;
        // Kafka takes any negative length as null.
        let content = match usize::try_from(size) {
            Ok(size) => Some(self.take(size, reason)?),
            Err(_) => None,
        };
        Ok(Blob { length, content })
    }
}

impl RecordLayout {
    /// The record that starts at `at` of `bytes`.
    pub(super) fn parse(bytes: &[u8], at: usize, index: i32) -> Result<Self, RecordError> {
        let mut cursor = Cursor { bytes, at, end: bytes.len(), index };
        let (length, size) = cursor.varint()?;
        let size = usize::try_from(size).map_err(|_| cursor.invalid("its length is negative"))?;
        if size > bytes.len() - cursor.at {
            return Err(cursor.invalid("it is longer than its batch"));
        }
        cursor.end = cursor.at + size;
        let attributes = cursor.take(1, "it has no attributes")?;
        let timestamp_delta = cursor.varlong()?;
        let offset_delta = cursor.varint()?;
        let key = cursor.blob("its key is longer than it")?;
        let value = cursor.blob("its value is longer than it")?;
        let headers_count = cursor.varint()?;
        // Every header takes two bytes at least: a count beyond that is nonsense, and must not be believed.
        if headers_count.1 < 0 || headers_count.1 as usize > (cursor.end - cursor.at) / 2 {
            return Err(cursor.invalid("its header count cannot be"));
        }
        if headers_count.1 > MOST_HEADERS {
            return Err(cursor.invalid("it has more headers than anybody reads"));
        }
        let mut headers = Vec::new();
        for _ in 0..headers_count.1 {
            let key = cursor.blob("a header's key is longer than it")?;
            if key.content.is_none() {
                return Err(cursor.invalid("a header's key is null"));
            }
            headers.push((key, cursor.blob("a header's value is longer than it")?));
        }
        if cursor.at != cursor.end {
            return Err(cursor.invalid("its length and its parts disagree"));
        }
        Ok(Self { length, attributes, timestamp_delta, offset_delta, key, value, headers_count, headers })
    }

    /// Where it begins.
    pub(super) fn start(&self) -> usize {
        self.length.start
    }

    /// Where the next one begins.
    pub(super) fn end(&self) -> usize {
        let (_, last_value) = match self.headers.last() {
            Some(header) => header,
            None => return self.headers_count.0.end,
        };
        last_value.content.as_ref().unwrap_or(&last_value.length).end
    }
}

/// The records of a batch, in order.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    batch: RecordBatch<'a>,
    /// What the records are read from: the bytes of the batch, or what they were decompressed to.
    bytes: Result<Cow<'a, [u8]>, RecordError>,
    at: usize,
    index: i32,
    ended: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(batch: RecordBatch<'a>) -> Self {
        let plain = batch.compression_type() == Ok(CompressionType::None);
        let (bytes, at) = match plain {
            true => (Ok(Cow::Borrowed(batch.bytes())), RECORD_BATCH_OVERHEAD),
            false => (batch.decompressed(), 0),
        };
        Self { batch, bytes, at, index: 0, ended: false }
    }

    fn step(&mut self) -> Result<Option<Record<'a>>, RecordError> {
        let bytes = self.bytes.as_ref().map_err(Clone::clone)?;
        if self.index >= self.batch.records_count() {
            if self.at < bytes.len() || self.batch.records_count() < 0 {
                let reason = BYTES_LEFT_OVER;
                return Err(RecordError::InvalidRecord { index: self.index, reason });
            }
            return Ok(None);
        }
        let layout = RecordLayout::parse(bytes, self.at, self.index)?;
        self.at = layout.end();
        self.index += 1;
        Ok(Some(match *bytes {
            Cow::Borrowed(bytes) => record(&self.batch, bytes, &layout),
            Cow::Owned(ref bytes) => record(&self.batch, bytes, &layout).into_owned(),
        }))
    }
}

fn record<'a>(batch: &RecordBatch<'_>, bytes: &'a [u8], layout: &RecordLayout) -> Record<'a> {
    let lend = |blob: &Blob| blob.of(bytes).map(Cow::Borrowed);
    let header = |(key, value): &(Blob, Blob)| Header {
        key: String::from_utf8_lossy(key.of(bytes).unwrap_or_default()),
        value: lend(value),
    };
    let sequence = match batch.base_sequence() {
        base if base < 0 => super::NO_SEQUENCE,
        base => base.wrapping_add(layout.offset_delta.1) & i32::MAX,
    };
    Record {
        offset: batch.base_offset().wrapping_add(i64::from(layout.offset_delta.1)),
        timestamp: batch.timestamp_of(layout.timestamp_delta.1),
        sequence,
        key: lend(&layout.key),
        value: lend(&layout.value),
        headers: layout.headers.iter().map(header).collect(),
        position: layout.start() as u32,
        size: (layout.end() - layout.start()) as u32,
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended { None } else { or_end(self.step(), &mut self.ended) }
    }
}

/// What a walk gives next; after its end, or the first thing that cannot be read, it gives nothing more.
pub(super) fn or_end<T>(step: Result<Option<T>, RecordError>, ended: &mut bool) -> Option<Result<T, RecordError>> {
    *ended = !matches!(step, Ok(Some(_)));
    step.transpose()
}

/// How many bytes a record takes in its batch, length included.
#[must_use]
pub fn record_size(
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[(&str, Option<&[u8]>)],
) -> usize {
    let body = body_size(offset_delta, timestamp_delta, key, value, headers);
    varint_size(body as i32) + body
}

fn body_size(
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[(&str, Option<&[u8]>)],
) -> usize {
    let header = |(key, value): &(&str, Option<&[u8]>)| blob_size(Some(key.as_bytes())) + blob_size(*value);
    1 + varlong_size(timestamp_delta)
        + varint_size(offset_delta)
        + blob_size(key)
        + blob_size(value)
        + varint_size(headers.len() as i32)
        + headers.iter().map(header).sum::<usize>()
}

fn blob_size(blob: Option<&[u8]>) -> usize {
    match blob {
        None => varint_size(-1),
        Some(bytes) => varint_size(bytes.len() as i32) + bytes.len(),
    }
}

/// Appends a record as it stands in a batch.
pub(super) fn write_record(
    out: &mut Vec<u8>,
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[(&str, Option<&[u8]>)],
) {
    write_varint(out, body_size(offset_delta, timestamp_delta, key, value, headers) as i32);
    out.push(0);
    write_varlong(out, timestamp_delta);
    write_varint(out, offset_delta);
    write_blob(out, key);
    write_blob(out, value);
    write_varint(out, headers.len() as i32);
    for (key, value) in headers {
        write_blob(out, Some(key.as_bytes()));
        write_blob(out, *value);
    }
}

fn write_blob(out: &mut Vec<u8>, blob: Option<&[u8]>) {
    match blob {
        None => write_varint(out, -1),
        Some(bytes) => {
            write_varint(out, bytes.len() as i32);
            out.extend_from_slice(bytes);
        }
    }
}
