//! Kafka's primitive types as bytes: big-endian integers, strings, byte strings, arrays, and what flexible versions add.
//!
//! Requests travel as structs here, but two things are bytes in Kafka in a deeper sense: what group members tell each
//! other through the coordinator ([`super::consumer_protocol`]), and the records of `__consumer_offsets`. Both are
//! written with these few types. An array has an `int32` length and a string an `int16` length, −1 meaning null; the
//! *flexible* versions use unsigned varints (length + 1, so that 0 means null) and end each struct with tagged fields.

use crate::base::Bytes;
use std::fmt;
use std::rc::Rc;

/// Why bytes could not be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum WireError {
    /// The bytes end in the middle of a field.
    Underflow,
    /// A length is negative where null is not allowed, or larger than what is left.
    InvalidLength,
    /// A string is not UTF-8.
    InvalidUtf8,
    /// The type or version is one that the reader does not know.
    UnsupportedVersion(i16),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Underflow => f.write_str("the bytes end in the middle of a field"),
            WireError::InvalidLength => f.write_str("a length does not fit"),
            WireError::InvalidUtf8 => f.write_str("a string is not UTF-8"),
            WireError::UnsupportedVersion(version) => write!(f, "version {version} is not known"),
        }
    }
}

/// Writes fields one after the other.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What has been written.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.bytes.into()
    }

    /// `int16`.
    pub fn i16(&mut self, value: i16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// `int32`.
    pub fn i32(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// `int64`.
    pub fn i64(&mut self, value: i64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// `string`.
    ///
    /// # Panics
    /// If the string is longer than 32767 bytes: names in the model are not.
    pub fn string(&mut self, value: &str) {
        self.i16(i16::try_from(value.len()).expect("a name is short"));
        self.bytes.extend_from_slice(value.as_bytes());
    }

    /// Nullable `string`.
    pub fn nullable_string(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.string(value),
            None => self.i16(-1),
        }
    }

    /// The length of an array, or of bytes.
    ///
    /// # Panics
    /// If there are more than `i32::MAX` elements.
    pub fn length(&mut self, length: usize) {
        self.i32(i32::try_from(length).expect("an array is short"));
    }

    /// `bytes`.
    pub fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.bytes.extend_from_slice(value);
    }

    /// Nullable `bytes`.
    pub fn nullable_bytes(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.bytes(value),
            None => self.i32(-1),
        }
    }

    /// An unsigned varint.
    pub fn unsigned_varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// `string` of a flexible version.
    ///
    /// # Panics
    /// If the string is longer than `u32::MAX − 1` bytes.
    pub fn compact_string(&mut self, value: &str) {
        self.unsigned_varint(u32::try_from(value.len() + 1).expect("a name is short"));
        self.bytes.extend_from_slice(value.as_bytes());
    }

    /// Bytes as they are.
    pub fn raw(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
    }
}

/// Reads fields one after the other.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins at the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// If fewer are left.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Underflow)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.raw(N)?);
        Ok(bytes)
    }

    /// `int16`.
    ///
    /// # Errors
    /// If the bytes end before it does.
    pub fn i16(&mut self) -> Result<i16, WireError> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    /// `int32`.
    ///
    /// # Errors
    /// If the bytes end before it does.
    pub fn i32(&mut self) -> Result<i32, WireError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// `int64`.
    ///
    /// # Errors
    /// If the bytes end before it does.
    pub fn i64(&mut self) -> Result<i64, WireError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// `string`.
    ///
    /// # Errors
    /// If it is null, cut, or not UTF-8.
    pub fn string(&mut self) -> Result<Rc<str>, WireError> {
        self.nullable_string()?.ok_or(WireError::InvalidLength)
    }

    /// Nullable `string`.
    ///
    /// # Errors
    /// If it is cut or not UTF-8.
    pub fn nullable_string(&mut self) -> Result<Option<Rc<str>>, WireError> {
        match self.i16()? {
            -1 => Ok(None),
            length => self.text(usize::try_from(length).map_err(|_| WireError::InvalidLength)?).map(Some),
        }
    }

    /// The length of an array. Every element takes a byte at least, so a larger length is refused before anything is
    /// set aside for it.
    ///
    /// # Errors
    /// If it is negative or larger than the bytes that are left.
    pub fn length(&mut self) -> Result<usize, WireError> {
        let length = usize::try_from(self.i32()?).map_err(|_| WireError::InvalidLength)?;
        if length > self.rest.len() { Err(WireError::InvalidLength) } else { Ok(length) }
    }

    /// `bytes`.
    ///
    /// # Errors
    /// If they are null or cut.
    pub fn bytes(&mut self) -> Result<Bytes, WireError> {
        self.nullable_bytes()?.ok_or(WireError::InvalidLength)
    }

    /// Nullable `bytes`.
    ///
    /// # Errors
    /// If they are cut.
    pub fn nullable_bytes(&mut self) -> Result<Option<Bytes>, WireError> {
        match self.i32()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| WireError::InvalidLength)?;
                Ok(Some(self.raw(length)?.into()))
            }
        }
    }

    /// An unsigned varint.
    ///
    /// # Errors
    /// If it is cut or longer than five bytes.
    pub fn unsigned_varint(&mut self) -> Result<u32, WireError> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.array::<1>()?[0];
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::InvalidLength)
    }

    /// `string` of a flexible version.
    ///
    /// # Errors
    /// If it is null, cut, or not UTF-8.
    pub fn compact_string(&mut self) -> Result<Rc<str>, WireError> {
        let length = self.unsigned_varint()?.checked_sub(1).ok_or(WireError::InvalidLength)?;
        self.text(length as usize)
    }

    /// The tagged fields that end a struct of a flexible version: each one's number and bytes.
    ///
    /// # Errors
    /// If they are cut.
    pub fn tagged_fields(&mut self) -> Result<Vec<(u32, &'a [u8])>, WireError> {
        let count = self.unsigned_varint()?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let tag = self.unsigned_varint()?;
            let size = self.unsigned_varint()?;
            fields.push((tag, self.raw(size as usize)?));
        }
        Ok(fields)
    }

    fn text(&mut self, length: usize) -> Result<Rc<str>, WireError> {
        std::str::from_utf8(self.raw(length)?).map(Rc::from).map_err(|_| WireError::InvalidUtf8)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, WireError, Writer};

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::default();
        writer.i16(-2);
        writer.string("주문");
        writer.nullable_string(None);
        writer.nullable_bytes(None);
        writer.bytes(b"ab");
        writer.unsigned_varint(300);
        writer.compact_string("x");
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.i16(), Ok(-2));
        assert_eq!(reader.string().as_deref(), Ok("주문"));
        assert_eq!(reader.nullable_string(), Ok(None));
        assert_eq!(reader.nullable_bytes(), Ok(None));
        assert_eq!(reader.bytes().as_deref(), Ok(&b"ab"[..]));
        assert_eq!(reader.unsigned_varint(), Ok(300));
        assert_eq!(reader.compact_string().as_deref(), Ok("x"));
        assert!(reader.is_empty());
    }

    #[test]
    fn bad_lengths_are_refused() {
        assert_eq!(Reader::new(&[0, 5, 1]).string(), Err(WireError::Underflow));
        assert_eq!(Reader::new(&[0xff, 0xfe]).string(), Err(WireError::InvalidLength));
        assert_eq!(Reader::new(&[0x7f, 0xff, 0xff, 0xff]).length(), Err(WireError::InvalidLength));
        assert_eq!(Reader::new(&[0xff; 6]).unsigned_varint(), Err(WireError::InvalidLength));
    }
}
