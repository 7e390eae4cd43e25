//! Snappy in the frame of the Java library: a header, then blocks of at most 32 KiB, each behind its length.
//!
//! ```text
//! 0x82 "SNAPPY" 0x00 │ version i32 │ compatible version i32 │ (length i32 │ block)*
//! ```
//! Other clients have sent the bare block without any frame, and Kafka reads that too.

use super::{Reader, RecordError, Unpacked};
use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

const MAGIC: [u8; 8] = *b"\x82SNAPPY\0";
const VERSION: i32 = 1;
const BLOCK: usize = 32 << 10;

/// The first four bytes of the header: where a length would be, another stream begins.
const HEAD: [u8; 4] = [0x82, b'S', b'N', b'A'];

/// No element of a Snappy block makes more than 64 bytes out of 3.
const MOST_PER_BYTE: usize = 22;

pub(super) fn compress(records: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&VERSION.to_be_bytes());
    let mut encoder = Encoder::new();
    let mut room = vec![0; max_compress_len(BLOCK.min(records.len()))];
    for block in records.chunks(BLOCK) {
        let size = encoder.compress(block, &mut room).expect("there is room for the worst case");
        out.extend_from_slice(&(size as i32).to_be_bytes());
        out.extend_from_slice(&room[..size]);
    }
}

pub(super) fn decompress(block: &[u8], out: &mut Unpacked) -> Result<(), RecordError> {
    let mut reader = Reader::new(block);
    if !block.starts_with(&MAGIC) {
        return unpack(reader.rest(), 0, out);
    }
    while !reader.is_empty() {
        if reader.rest().starts_with(&HEAD) {
            header(&mut reader, out)?;
            continue;
        }
        let start = reader.at;
        let size = i32::from_be_bytes(reader.array(out)?);
        let size = usize::try_from(size).map_err(|_| out.broken(start, "the length of a block is negative"))?;
        let at = reader.at;
        unpack(reader.take(size, out)?, at, out)?;
    }
    Ok(())
}

fn header(reader: &mut Reader<'_>, out: &Unpacked) -> Result<(), RecordError> {
    let start = reader.at;
    if reader.take(MAGIC.len(), out)? != MAGIC {
        return Err(out.broken(start, "it is no Snappy header"));
    }
    let (_, compatible) = (reader.array::<4>(out)?, reader.array(out)?);
    if i32::from_be_bytes(compatible) < VERSION {
        return Err(out.broken(start, "it has a version that nobody reads"));
    }
    Ok(())
}

fn unpack(block: &[u8], at: usize, out: &mut Unpacked) -> Result<(), RecordError> {
    // What a block says of its size is not believed if it cannot be.
    let size = decompress_len(block).ok().filter(|size| size / MOST_PER_BYTE <= block.len());
    let size = size.ok_or_else(|| out.broken(at, "a block cannot have the size that it says"))?;
    match out.fill(size, |room| Decoder::new().decompress(block, room))? {
        true => Ok(()),
        false => Err(out.broken(at, "it is no Snappy block")),
    }
}
