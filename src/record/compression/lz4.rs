//! LZ4 in its standard frame: blocks of at most 64 KiB that stand each for itself, no content size, no checksum but the header's.
//!
//! ```text
//! magic u32 │ flags u8 │ block size u8 │ header checksum u8 │ (length u32 │ block)* │ 0 u32
//! ```
//! All of it is little-endian. The top bit of a length says that the block is stored as it was: it could not be made smaller.
//! Read is what Kafka reads: blocks may be larger and have checksums, but may not lean on one another; a checksum of the
//! content is stepped over.

use super::{Reader, RecordError, Unpacked};
use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};
use twox_hash::XxHash32;

const MAGIC: u32 = 0x184d_2204;
const STORED: u32 = 1 << 31;
const BLOCK: usize = 64 << 10;

const VERSION: u8 = 0b0100_0000;
const VERSION_BITS: u8 = 0b1100_0000;
const INDEPENDENT: u8 = 0b0010_0000;
const BLOCK_CHECKSUM: u8 = 0b0001_0000;
const CONTENT_SIZE: u8 = 0b0000_1000;
const CONTENT_CHECKSUM: u8 = 0b0000_0100;
const RESERVED: u8 = 0b0000_0011;

/// 4, 5, 6, 7 in the upper half stand for 64 KiB, 256 KiB, 1 MiB and 4 MiB.
const BLOCK_64K: u8 = 4 << 4;

/// No byte of an LZ4 block stands for more than 255.
const MOST_PER_BYTE: usize = 255;

fn checksum(bytes: &[u8]) -> u32 {
    XxHash32::oneshot(0, bytes)
}

pub(super) fn compress(records: &[u8], out: &mut Vec<u8>) {
    let descriptor = [VERSION | INDEPENDENT, BLOCK_64K];
    out.extend_from_slice(&MAGIC.to_le_bytes());
    out.extend_from_slice(&descriptor);
    out.push((checksum(&descriptor) >> 8) as u8);
    let mut room = vec![0; get_maximum_output_size(BLOCK.min(records.len()))];
    for block in records.chunks(BLOCK) {
        let size = compress_into(block, &mut room).expect("there is room for the worst case");
        let (length, bytes) = match size < block.len() {
            true => (size as u32, &room[..size]),
            false => (block.len() as u32 | STORED, block),
        };
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(&0u32.to_le_bytes());
}

pub(super) fn decompress(block: &[u8], out: &mut Unpacked) -> Result<(), RecordError> {
    let mut reader = Reader::new(block);
    let (flags, largest) = header(&mut reader, out)?;
    loop {
        let start = reader.at;
        let length = u32::from_le_bytes(reader.array(out)?);
        let size = (length & !STORED) as usize;
        if size == 0 {
            // Kafka takes the checksum of the content without comparing it.
            return if flags & CONTENT_CHECKSUM == 0 { Ok(()) } else { reader.take(4, out).map(drop) };
        }
        if size > largest {
            return Err(out.broken(start, "a block is larger than the header allows"));
        }
        let bytes = reader.take(size, out)?;
        if length & STORED != 0 {
            out.push(bytes)?;
        } else {
            // A block may say nothing of its size, but there is no more in it than this.
            let most = largest.min(bytes.len().saturating_mul(MOST_PER_BYTE)).min(out.room - out.bytes.len());
            if !out.fill(most, |room| decompress_into(bytes, room))? {
                let full = out.ensure_room(largest).err();
                return Err(full.unwrap_or_else(|| out.broken(start, "it is no LZ4 block")));
            }
        }
        if flags & BLOCK_CHECKSUM != 0 && u32::from_le_bytes(reader.array(out)?) != checksum(bytes) {
            return Err(out.broken(start, "the checksum of a block is wrong"));
        }
    }
}

/// The flags, and the size of the largest block.
fn header(reader: &mut Reader<'_>, out: &Unpacked) -> Result<(u8, usize), RecordError> {
    if u32::from_le_bytes(reader.array(out)?) != MAGIC {
        return Err(out.broken(0, "it is no LZ4 frame"));
    }
    let start = reader.at;
    let [flags, descriptor] = reader.array(out)?;
    if flags & VERSION_BITS != VERSION || flags & INDEPENDENT == 0 || flags & RESERVED != 0 {
        return Err(out.broken(start, "its flags are not those that Kafka reads"));
    }
    let largest = match descriptor {
        0x40 | 0x50 | 0x60 | 0x70 => BLOCK << (2 * ((descriptor >> 4) - 4)),
        _ => return Err(out.broken(start + 1, "there is no such block size")),
    };
    if flags & CONTENT_SIZE != 0 {
        reader.take(8, out)?;
    }
    let expected = (checksum(&reader.block[start..reader.at]) >> 8) as u8;
    match reader.array(out)? {
        [found] if found == expected => Ok((flags, largest)),
        _ => Err(out.broken(reader.at - 1, "the checksum of the header is wrong")),
    }
}
