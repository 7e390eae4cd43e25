//! What a leader looks at in each record, and no more: Kafka's `skipKeyValueIterator`.
//!
//! Every record that a broker takes in passes through here, so this walk reads lengths and steps over what they count. It
//! finds fault with the same records as [`RecordBatch::records`] does.

use super::one::{MOST_HEADERS, or_end};
use super::varint::{read_varint, read_varlong};
use super::{BYTES_LEFT_OVER, RecordBatch, RecordError};

/// A record without its contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordHead {
    /// The distance from the batch's base offset.
    pub offset_delta: i32,
    /// Its timestamp; with LogAppendTime that of the whole batch.
    pub timestamp: i64,
    /// Whether it has a key.
    pub has_key: bool,
    /// Its attributes, of which none is in use.
    pub attributes: u8,
}

/// The walk that [`RecordBatch::heads`] makes.
#[derive(Clone, Debug)]
pub struct RecordHeads<'a> {
    batch: RecordBatch<'a>,
    records: &'a [u8],
    index: i32,
    ended: bool,
}

impl<'a> RecordBatch<'a> {
    /// The heads of its records, which are `records`, [decompressed](RecordBatch::decompressed); stops after the first
    /// that cannot be read.
    #[must_use]
    pub fn heads(&self, records: &'a [u8]) -> RecordHeads<'a> {
        RecordHeads { batch: *self, records, index: 0, ended: false }
    }
}

impl RecordHeads<'_> {
    fn step(&mut self) -> Result<Option<RecordHead>, RecordError> {
        let count = self.batch.records_count();
        if self.index >= count {
            return match self.records.is_empty() && count >= 0 {
                true => Ok(None),
                false => Err(self.invalid(BYTES_LEFT_OVER)),
            };
        }
        let size = varint(&mut self.records).ok_or_else(|| self.invalid("a varint is cut"))?;
        let size = usize::try_from(size).map_err(|_| self.invalid("its length is negative"))?;
        let Some((record, rest)) = self.records.split_at_checked(size) else {
            return Err(self.invalid("it is longer than its batch"));
        };
        let head = self.head(record)?;
        self.records = rest;
        self.index += 1;
        Ok(Some(head))
    }

    fn head(&self, mut record: &[u8]) -> Result<RecordHead, RecordError> {
        const CUT: &str = "a varint is cut";
        let rest = &mut record;
        let attributes = take(rest, 1).ok_or_else(|| self.invalid("it has no attributes"))?[0];
        let timestamp_delta = varlong(rest).ok_or_else(|| self.invalid(CUT))?;
        let offset_delta = varint(rest).ok_or_else(|| self.invalid(CUT))?;
        let has_key = self.skip(rest, "its key is longer than it")?;
        self.skip(rest, "its value is longer than it")?;
        let headers = varint(rest).ok_or_else(|| self.invalid(CUT))?;
        if headers < 0 || headers as usize > rest.len() / 2 {
            return Err(self.invalid("its header count cannot be"));
        }
        if headers > MOST_HEADERS {
            return Err(self.invalid("it has more headers than anybody reads"));
        }
        for _ in 0..headers {
            if !self.skip(rest, "a header's key is longer than it")? {
                return Err(self.invalid("a header's key is null"));
            }
            self.skip(rest, "a header's value is longer than it")?;
        }
        if !rest.is_empty() {
            return Err(self.invalid("its length and its parts disagree"));
        }
        Ok(RecordHead { offset_delta, timestamp: self.batch.timestamp_of(timestamp_delta), has_key, attributes })
    }

    /// Steps over a length and what it counts; says whether it is there at all.
    fn skip(&self, rest: &mut &[u8], reason: &'static str) -> Result<bool, RecordError> {
        let size = varint(rest).ok_or_else(|| self.invalid("a varint is cut"))?;
        match usize::try_from(size) {
            Ok(size) => take(rest, size).map(|_| true).ok_or_else(|| self.invalid(reason)),
            Err(_) => Ok(false),
        }
    }

    #[cold]
    fn invalid(&self, reason: &'static str) -> RecordError {
        RecordError::InvalidRecord { index: self.index, reason }
    }
}

impl Iterator for RecordHeads<'_> {
    type Item = Result<RecordHead, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended { None } else { or_end(self.step(), &mut self.ended) }
    }
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(size)?;
    *rest = left;
    Some(taken)
}

/// Most numbers in a record are small enough for one byte.
#[inline]
fn varint(rest: &mut &[u8]) -> Option<i32> {
    if let [byte @ 0..0x80, left @ ..] = *rest {
        *rest = left;
        return Some(i32::from(byte >> 1) ^ -i32::from(byte & 1));
    }
    let (value, size) = read_varint(rest).ok()?;
    *rest = &rest[size..];
    Some(value)
}

fn varlong(rest: &mut &[u8]) -> Option<i64> {
    if let [byte @ 0..0x80, left @ ..] = *rest {
        *rest = left;
        return Some(i64::from(byte >> 1) ^ -i64::from(byte & 1));
    }
    let (value, size) = read_varlong(rest).ok()?;
    *rest = &rest[size..];
    Some(value)
}
