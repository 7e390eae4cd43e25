//! Each codec both ways, and what becomes of bytes that no codec wrote.

use super::*;
use crate::base::Rng;

const CODECS: [CompressionType; 4] =
    [CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];

fn packed(codec: CompressionType, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compress(codec, bytes, &mut out);
    out
}

fn unpacked(codec: CompressionType, block: &[u8]) -> Result<Vec<u8>, RecordError> {
    decompress(codec, block, room_for(block.len()))
}

/// Text that repeats itself, noise, and both by turns.
fn content(rng: &mut Rng, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        match rng.below(3) {
            0 => bytes.extend((0..rng.below(500)).map(|_| rng.next_u64() as u8)),
            1 => bytes.extend_from_slice(format!("order-{} is paid; ", rng.below(100)).as_bytes()),
            _ => bytes.extend(std::iter::repeat_n(rng.next_u64() as u8, rng.below(5000) as usize)),
        }
    }
    bytes.truncate(size);
    bytes
}

#[test]
fn every_size_round_trips() {
    let mut rng = Rng::new(1, &"compression");
    // Around the borders of the blocks: 32 KiB, 64 KiB, 128 KiB.
    let sizes = [0, 1, 2, 60, 1000, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 400_000];
    for size in sizes {
        let bytes = content(&mut rng, size);
        for codec in CODECS {
            let block = packed(codec, &bytes);
            assert_eq!(unpacked(codec, &block).as_deref(), Ok(&bytes[..]), "{codec} of {size}");
        }
    }
}

#[test]
fn frames_begin_as_kafka_begins_them() {
    for (codec, expected) in [
        (CompressionType::Gzip, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..]),
        (CompressionType::Snappy, b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01"),
        (CompressionType::Lz4, &[0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]),
        // Neither content size nor checksum.
        (CompressionType::Zstd, &[0x28, 0xb5, 0x2f, 0xfd, 0x00]),
    ] {
        assert!(packed(codec, b"kafka").starts_with(expected), "{codec}: {:02x?}", packed(codec, b"kafka"));
    }
}

#[test]
fn what_repeats_becomes_small_and_noise_hardly_grows() {
    let noise = content(&mut Rng::new(2, &"compression"), 1);
    for codec in CODECS {
        let text = "the same words again ".repeat(1000);
        assert!(packed(codec, text.as_bytes()).len() < text.len() / 5, "{codec}");
        let mut rng = Rng::new(u64::from(noise[0]), &"noise");
        let noise: Vec<u8> = (0..100_000).map(|_| rng.next_u64() as u8).collect();
        assert!(packed(codec, &noise).len() < noise.len() + 200, "{codec}");
    }
}

#[test]
fn kafka_reads_these_too() {
    let bytes = b"a block without a frame, as some clients send it".repeat(3);
    let bare = snap::raw::Encoder::new().compress_vec(&bytes).unwrap();
    assert_eq!(unpacked(CompressionType::Snappy, &bare), Ok(bytes.clone()));
    // Streams of Snappy, gzip and zstd may follow one another.
    for codec in [CompressionType::Snappy, CompressionType::Gzip, CompressionType::Zstd] {
        let twice = packed(codec, &bytes).repeat(2);
        assert_eq!(unpacked(codec, &twice), Ok(bytes.repeat(2)), "{codec}");
    }
    // What follows an LZ4 frame, or is no gzip member, is nobody's business.
    for codec in [CompressionType::Lz4, CompressionType::Gzip] {
        let more = [packed(codec, &bytes), vec![7; 9]].concat();
        assert_eq!(unpacked(codec, &more), Ok(bytes.clone()), "{codec}");
    }
    // A frame that zstd skips.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &packed(CompressionType::Zstd, &bytes)].concat();
    assert_eq!(unpacked(CompressionType::Zstd, &skipped), Ok(bytes));
}

#[test]
fn an_end_too_early_is_an_error_in_all_of_them() {
    let bytes = content(&mut Rng::new(3, &"compression"), 3000);
    for codec in CODECS {
        let block = packed(codec, &bytes);
        for size in 0..block.len() {
            match unpacked(codec, &block[..size]) {
                Err(RecordError::InvalidCompression { codec: of, position, .. }) => {
                    assert_eq!(of, codec);
                    assert!(position <= size as u64);
                }
                // The header of a Snappy stream alone is a stream of nothing, and so is nothing at all of zstd.
                Ok(nothing) => assert!(nothing.is_empty() && (size == 0 || size == 16), "{codec} cut at {size}"),
                Err(other) => panic!("{codec} cut at {size}: {other}"),
            }
        }
    }
}

#[test]
fn what_unpacks_to_more_than_there_is_room_for_is_refused() {
    let zeros = vec![0; 40 << 20];
    for codec in CODECS {
        let block = packed(codec, &zeros);
        let room = room_for(block.len());
        let expected = match room < zeros.len() {
            true => Err(RecordError::DecompressedTooLarge { codec, room: room as u64 }),
            false => Ok(zeros.len()),
        };
        assert_eq!(unpacked(codec, &block).map(|bytes| bytes.len()), expected, "{codec}");
        assert!(decompress(codec, &block, zeros.len() - 1).is_err(), "{codec}");
        assert_eq!(decompress(codec, &block, zeros.len()).map(|bytes| bytes.len()), Ok(zeros.len()), "{codec}");
    }
}

#[test]
fn damage_never_panics() {
    let mut rng = Rng::new(4, &"compression");
    for round in 0..3000 {
        let codec = CODECS[round % CODECS.len()];
        let size = rng.below(3000) as usize;
        let mut block = packed(codec, &content(&mut rng, size));
        for _ in 0..=rng.below(4) {
            let at = rng.below(block.len() as u64) as usize;
            block[at] = rng.next_u64() as u8;
        }
        // Not every codec can tell: what matters is that it comes to an end.
        let _ = unpacked(codec, &block);
    }
}
