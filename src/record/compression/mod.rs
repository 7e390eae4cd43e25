//! The four codecs, each in the frame that Kafka puts around it.
//!
//! A producer compresses the records of a batch as one block: the header stays readable, and a broker can store and serve
//! the batch without ever looking inside. What differs from codec to codec is the frame: gzip and zstd bring their own,
//! Snappy gets that of the Java library which Kafka uses, LZ4 gets its standard frame with Kafka's choice of flags.
//!
//! A compressed block is the one place where few bytes can ask for many: a megabyte of gzip may hold a gigabyte of zeros.
//! So whoever unpacks says how much room there is, and [`room_for`] is the answer everywhere: 64 times what came in, and
//! 16 MiB whatever came in. A producer's batch is far from that (`max.request.size` and `max.message.bytes` are 1 MiB
//! by default), unless its records are next to nothing but repetition. While a block is unpacked, twice that much memory is
//! in use at most, and what a decoder needs for itself. Kafka has no such bound, as it unpacks record by record and lets go
//! of each; this model wants the records side by side to show them.
//!
//! Left out: levels (`compression.gzip.level` and its like). gzip is written at its usual level 6 and LZ4 with its fast
//! compressor, as Kafka does without such a setting; zstd is written at about level 1 instead of 3, since that is the
//! only one that its encoder has. Compressed bytes therefore need not be those of Kafka, which differ by library version too.

mod gzip;
mod lz4;
mod snappy;
#[cfg(test)]
mod tests;
mod zstd;

use super::{CompressionType, RecordError};

/// What a block may unpack to, whatever its size.
const ROOM: usize = 16 << 20;

/// What a block may unpack to beyond that, for each of its bytes.
const ROOM_PER_BYTE: usize = 64;

/// How many bytes a compressed block of `size` bytes may unpack to.
#[must_use]
pub const fn room_for(size: usize) -> usize {
    ROOM + size.saturating_mul(ROOM_PER_BYTE)
}

/// Appends `records` to `out`, compressed.
pub(super) fn compress(codec: CompressionType, records: &[u8], out: &mut Vec<u8>) {
    match codec {
        CompressionType::None => out.extend_from_slice(records),
        CompressionType::Gzip => gzip::compress(records, out),
        CompressionType::Snappy => snappy::compress(records, out),
        CompressionType::Lz4 => lz4::compress(records, out),
        CompressionType::Zstd => zstd::compress(records, out),
    }
}

/// What `block` holds, if it has room in `room` bytes.
pub(super) fn decompress(codec: CompressionType, block: &[u8], room: usize) -> Result<Vec<u8>, RecordError> {
    let mut out = Unpacked { codec, bytes: Vec::new(), room };
    match codec {
        CompressionType::None => out.push(block)?,
        CompressionType::Gzip => gzip::decompress(block, &mut out)?,
        CompressionType::Snappy => snappy::decompress(block, &mut out)?,
        CompressionType::Lz4 => lz4::decompress(block, &mut out)?,
        CompressionType::Zstd => zstd::decompress(block, &mut out)?,
    }
    Ok(out.bytes)
}

/// Unpacked bytes, which are never more than there is room for.
struct Unpacked {
    codec: CompressionType,
    bytes: Vec<u8>,
    room: usize,
}

impl Unpacked {
    /// Refuses to make room for `more` bytes that will not fit.
    fn ensure_room(&self, more: usize) -> Result<(), RecordError> {
        match self.bytes.len().checked_add(more) {
            Some(size) if size <= self.room => Ok(()),
            _ => Err(self.too_large()),
        }
    }

    fn too_large(&self) -> RecordError {
        RecordError::DecompressedTooLarge { codec: self.codec, room: self.room as u64 }
    }

    /// Makes room for `more` bytes: twice what there was, but no more than there may ever be.
    fn make_room(&mut self, more: usize) -> Result<(), RecordError> {
        self.ensure_room(more)?;
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            let capacity = (2 * self.bytes.capacity()).clamp(needed, self.room);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        self.make_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Lets `write` fill the next `size` bytes and say how many it did fill.
    fn fill<E>(&mut self, size: usize, write: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<bool, RecordError> {
        self.make_room(size)?;
        let start = self.bytes.len();
        self.bytes.resize(start + size, 0);
        let written = write(&mut self.bytes[start..]);
        self.bytes.truncate(start + written.as_ref().copied().unwrap_or(0));
        Ok(written.is_ok())
    }

    /// The block is not what its codec writes.
    fn broken(&self, position: usize, reason: &'static str) -> RecordError {
        RecordError::InvalidCompression { codec: self.codec, position: position as u64, reason }
    }
}

/// A place in a compressed block.
struct Reader<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(block: &'a [u8]) -> Self {
        Self { block, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.block[self.at..]
    }

    fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// The next `size` bytes; the block is `out`'s to complain about if it ends before.
    fn take(&mut self, size: usize, out: &Unpacked) -> Result<&'a [u8], RecordError> {
        let taken = self.rest().get(..size).ok_or_else(|| out.broken(self.at, "it is cut"))?;
        self.at += size;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, out: &Unpacked) -> Result<[u8; N], RecordError> {
        self.take(N, out).map(|bytes| super::batch::array(bytes, 0))
    }
}
