//! Zstandard: a frame without content size and without checksum, as a stream is written.

use super::{RecordError, Unpacked};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, compress as encode};
use twox_hash::XxHash64;

/// Levels up to 19 look back no further than this; so much the decoder may hold back.
const USUAL_WINDOW: u64 = 8 << 20;

/// What the highest level looks back, and the furthest that Kafka's library takes.
const MOST_WINDOW: u64 = 128 << 20;

/// No block of any frame unpacks to more.
const BLOCK: usize = 128 << 10;

pub(super) fn compress(records: &[u8], out: &mut Vec<u8>) {
    encode(records, out, CompressionLevel::Fastest);
}

/// Frames may follow one another, and some of them may hold nothing that is for us.
pub(super) fn decompress(block: &[u8], out: &mut Unpacked) -> Result<(), RecordError> {
    let mut rest = block;
    while !rest.is_empty() {
        let (start, begin) = (block.len() - rest.len(), rest);
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(USUAL_WINDOW);
        let mut begun = decoder.init(&mut rest);
        let wide = matches!(begun, Err(FrameDecoderError::WindowSizeTooBig { .. }));
        if wide {
            rest = begin;
            decoder.set_max_window_size(MOST_WINDOW);
            begun = decoder.init(&mut rest);
        }
        match begun {
            Ok(()) => frame(&mut decoder, wide, block, &mut rest, out)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                rest = rest.get(length as usize..).ok_or_else(|| out.broken(start, "it is cut"))?;
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(out.broken(start, "its window is too large")),
            Err(_) => return Err(out.broken(start, "it is no zstd frame")),
        }
    }
    Ok(())
}

/// One frame, block by block. The decoder holds back as much as its window, which with a wide one may be all of it.
fn frame(
    decoder: &mut FrameDecoder,
    wide: bool,
    block: &[u8],
    rest: &mut &[u8],
    out: &mut Unpacked,
) -> Result<(), RecordError> {
    let begin = out.bytes.len();
    while !decoder.is_finished() {
        let position = block.len() - rest.len();
        if wide && decoder.blocks_decoded() > out.room / BLOCK {
            return Err(out.too_large());
        }
        let blocks = decoder.decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBlocks(1));
        blocks.map_err(|_| out.broken(position, "it is cut, or no zstd block"))?;
        out.push(&decoder.collect().unwrap_or_default())?;
    }
    let checksum = XxHash64::oneshot(0, &out.bytes[begin..]) as u32;
    match decoder.get_checksum_from_data() {
        Some(expected) if expected != checksum => {
            Err(out.broken(block.len() - rest.len(), "the checksum of a frame is wrong"))
        }
        _ => Ok(()),
    }
}
