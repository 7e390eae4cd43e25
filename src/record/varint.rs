//! Variable-length integers, zig-zag: small numbers of either sign take few bytes.
//!
//! Zig-zag folds the sign into the lowest bit (0, −1, 1, −2 … become 0, 1, 2, 3 …); the result goes out seven bits at a
//! time, low group first, with the top bit of each byte saying that more follow. Kafka's `ByteUtils`, Protocol Buffers'
//! `sint32`/`sint64`.

use super::RecordError;

/// Appends `value` as a varint.
pub fn write_varint(out: &mut Vec<u8>, value: i32) {
    write_unsigned(out, u64::from(zig_zag32(value)));
}

/// Appends `value` as a varlong.
pub fn write_varlong(out: &mut Vec<u8>, value: i64) {
    write_unsigned(out, zig_zag64(value));
}

/// How many bytes [`write_varint`] takes.
#[must_use]
pub fn varint_size(value: i32) -> usize {
    unsigned_size(u64::from(zig_zag32(value)))
}

/// How many bytes [`write_varlong`] takes.
#[must_use]
pub fn varlong_size(value: i64) -> usize {
    unsigned_size(zig_zag64(value))
}

/// The varint at the start of `bytes` and how many bytes it takes.
pub fn read_varint(bytes: &[u8]) -> Result<(i32, usize), RecordError> {
    let (raw, size) = read_unsigned(bytes, 5)?;
    // Kafka too drops what a fifth byte holds beyond 32 bits.
    let raw = raw as u32;
    Ok(((raw >> 1) as i32 ^ -((raw & 1) as i32), size))
}

/// The varlong at the start of `bytes` and how many bytes it takes.
pub fn read_varlong(bytes: &[u8]) -> Result<(i64, usize), RecordError> {
    let (raw, size) = read_unsigned(bytes, 10)?;
    Ok(((raw >> 1) as i64 ^ -((raw & 1) as i64), size))
}

fn zig_zag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

fn zig_zag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn write_unsigned(out: &mut Vec<u8>, mut raw: u64) {
    while raw >= 0x80 {
        out.push(raw as u8 | 0x80);
        raw >>= 7;
    }
    out.push(raw as u8);
}

fn unsigned_size(raw: u64) -> usize {
    (64 - (raw | 1).leading_zeros()).div_ceil(7) as usize
}

fn read_unsigned(bytes: &[u8], max_size: usize) -> Result<(u64, usize), RecordError> {
    let mut raw = 0u64;
    for (i, byte) in bytes.iter().take(max_size).enumerate() {
        raw |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((raw, i + 1));
        }
    }
    if bytes.len() < max_size {
        Err(RecordError::CutTail { needed: bytes.len() as u64 + 1, available: bytes.len() as u64 })
    } else {
        Err(RecordError::VarintTooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_round_trips() {
        for shift in 0..64 {
            for near in [-1i64, 0, 1] {
                for value in [(1i64 << shift).wrapping_add(near), (1i64 << shift).wrapping_neg().wrapping_add(near)] {
                    let mut bytes = Vec::new();
                    write_varlong(&mut bytes, value);
                    assert_eq!((read_varlong(&bytes), varlong_size(value)), (Ok((value, bytes.len())), bytes.len()));
                    let small = value as i32;
                    bytes.clear();
                    write_varint(&mut bytes, small);
                    assert_eq!((read_varint(&bytes), varint_size(small)), (Ok((small, bytes.len())), bytes.len()));
                }
            }
        }
    }

    #[test]
    fn a_varint_that_never_ends_is_an_error() {
        assert_eq!(read_varint(&[0x80; 6]), Err(RecordError::VarintTooLong));
        assert_eq!(read_varlong(&[0xff; 11]), Err(RecordError::VarintTooLong));
        assert_eq!(read_varint(&[0x80; 4]), Err(RecordError::CutTail { needed: 5, available: 4 }));
    }
}
