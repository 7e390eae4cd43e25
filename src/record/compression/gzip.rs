//! gzip: one member, with the header that Java's `GZIPOutputStream` writes (no name, no time, no operating system).

use super::{RecordError, Unpacked};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{ErrorKind, Read, Write};

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const CHUNK: usize = 16 << 10;

pub(super) fn compress(records: &[u8], out: &mut Vec<u8>) {
    let mut encoder = GzEncoder::new(out, Compression::default());
    encoder.write_all(records).and_then(|()| encoder.finish().map(drop)).expect("a vector takes all that is written");
}

/// Members may follow one another; whatever else follows the first is overlooked, as Java does.
pub(super) fn decompress(block: &[u8], out: &mut Unpacked) -> Result<(), RecordError> {
    let mut rest = block;
    let mut chunk = vec![0; CHUNK];
    loop {
        let mut member = GzDecoder::new(rest);
        loop {
            match member.read(&mut chunk) {
                Ok(0) => break,
                Ok(size) => out.push(&chunk[..size])?,
                Err(error) => {
                    let position = block.len() - member.get_ref().len();
                    let cut = error.kind() == ErrorKind::UnexpectedEof;
                    return Err(out.broken(position, if cut { "it is cut" } else { "it is no gzip stream" }));
                }
            }
        }
        rest = member.into_inner();
        if !rest.starts_with(&MAGIC) {
            return Ok(());
        }
    }
}
