//! Zip archives, as far as folders of files go: stored or deflated entries, and the directory at the end that lists them.
//!
//! The directory is what counts: sizes, checksums and places are taken from it, as every reader of zips does. Left out are
//! archives in several parts, encryption, and sizes above 4 GiB (zip64), which no page could hold.

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{Read, Write};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The first of January 1980, where the dates of zips begin: the same files give the same bytes.
const NO_DATE: u32 = 0x0021_0000;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;
const ENCRYPTED: u16 = 1;

/// Why an archive, or an entry of it, cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ZipError {
    /// There is no directory where it should be, or it is broken.
    NoDirectory,
    /// It is encrypted, or compressed in a way that is not known here.
    Unsupported,
    /// The content is broken or cut.
    Broken,
}

/// An entry of an archive.
pub(super) struct Entry<'a> {
    /// Its name, as it is written there.
    pub(super) name: String,
    flags: u16,
    method: u16,
    checksum: u32,
    /// What the directory says that it has when it is unpacked.
    len: usize,
    stored: &'a [u8],
}

impl Entry<'_> {
    /// Whether it is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Its name as a path below some folder; none if it leads out of it.
    pub(super) fn path(&self) -> Option<String> {
        let path = self.name.replace('\\', "/");
        let inside = |part: &str| part != ".." && !part.contains([':', '\0']);
        (!path.starts_with('/') && path.split('/').all(inside)).then_some(path)
    }

    /// Its content; no more than `room` bytes and one are unpacked.
    pub(super) fn read(&self, room: u64) -> Result<Vec<u8>, ZipError> {
        if self.flags & ENCRYPTED != 0 {
            return Err(ZipError::Unsupported);
        }
        let mut content = Vec::new();
        let read = match self.method {
            STORED => self.stored.take(room + 1).read_to_end(&mut content),
            DEFLATED => DeflateDecoder::new(self.stored).take(room + 1).read_to_end(&mut content),
            _ => return Err(ZipError::Unsupported),
        };
        read.map_err(|_| ZipError::Broken)?;
        let whole = content.len() as u64 <= room;
        if whole && (content.len() != self.len || checksum(&content) != self.checksum) {
            return Err(ZipError::Broken);
        }
        Ok(content)
    }
}

/// The entries of the archive `bytes`.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<Entry<'_>>, ZipError> {
    // The directory's end is the last thing but for a comment.
    let last = bytes.len().checked_sub(END_LEN).ok_or(ZipError::NoDirectory)?;
    let end = (last.saturating_sub(0xffff)..=last).rev().find(|at| int(bytes, *at, 4) == Some(END.into()));
    let end = end.ok_or(ZipError::NoDirectory)?;
    let field = |at: usize, len: usize| int(bytes, at, len).ok_or(ZipError::NoDirectory);
    let (count, mut at) = (field(end + 10, 2)?, field(end + 16, 4)? as usize);
    let mut entries = Vec::new();
    for _ in 0..count {
        if field(at, 4)? != u64::from(CENTRAL) {
            return Err(ZipError::NoDirectory);
        }
        let [name, extra, comment] = [28, 30, 32].map(|place| field(at + place, 2));
        let name = name? as usize;
        let name_bytes = bytes.get(at + CENTRAL_LEN..at + CENTRAL_LEN + name).ok_or(ZipError::NoDirectory)?;
        let local = field(at + 42, 4)? as usize;
        let packed = field(at + 20, 4)? as usize;
        // What stands before the content has lengths of its own.
        let begin = match (field(local, 4), field(local.saturating_add(26), 2), field(local.saturating_add(28), 2)) {
            (Ok(sign), Ok(name), Ok(extra)) if sign == u64::from(LOCAL) => local + LOCAL_LEN + (name + extra) as usize,
            _ => return Err(ZipError::NoDirectory),
        };
        entries.push(Entry {
            name: String::from_utf8_lossy(name_bytes).into_owned(),
            flags: field(at + 8, 2)? as u16,
            method: field(at + 10, 2)? as u16,
            checksum: field(at + 16, 4)? as u32,
            len: field(at + 24, 4)? as usize,
            stored: bytes.get(begin..begin.saturating_add(packed)).ok_or(ZipError::Broken)?,
        });
        at += CENTRAL_LEN + name + extra? as usize + comment? as usize;
    }
    Ok(entries)
}

/// A number of `len` bytes, the lowest first.
fn int(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// An archive of `files`, each with its path, all deflated.
pub(super) fn pack<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let (mut zip, mut directory, mut count) = (Vec::new(), Vec::new(), 0u16);
    for (name, content) in files {
        let begin = zip.len() as u32;
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        // Writing into memory does not fail.
        let packed = packed.write_all(&content).and_then(|()| packed.finish()).unwrap_or_default();
        let mut head = Vec::new();
        put(&mut head, &[(20, 2), (UTF8.into(), 2), (DEFLATED.into(), 2), (NO_DATE, 4), (checksum(&content), 4)]);
        put(&mut head, &[(packed.len() as u32, 4), (content.len() as u32, 4), (name.len() as u32, 2), (0, 2)]);
        put(&mut zip, &[(LOCAL, 4)]);
        zip.extend([&head, name.as_bytes(), &packed].concat());
        put(&mut directory, &[(CENTRAL, 4), (20, 2)]);
        directory.extend(&head);
        put(&mut directory, &[(0, 2), (0, 2), (0, 2), (0, 4), (begin, 4)]);
        directory.extend(name.as_bytes());
        count += 1;
    }
    let (begin, len) = (zip.len() as u32, directory.len() as u32);
    zip.extend(directory);
    put(&mut zip, &[(END, 4), (0, 2), (0, 2), (count.into(), 2), (count.into(), 2), (len, 4), (begin, 4), (0, 2)]);
    zip
}

/// Writes numbers, each with how many bytes it takes, the lowest first.
fn put(out: &mut Vec<u8>, numbers: &[(u32, usize)]) {
    numbers.iter().for_each(|(number, len)| out.extend(&number.to_le_bytes()[..*len]));
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::zip::write::SimpleFileOptions;
    use ::zip::{CompressionMethod, ZipArchive, ZipWriter};
    use std::io::Cursor;

    fn files() -> [(&'static str, Vec<u8>); 4] {
        [("d/a.log", vec![7; 9000]), ("d/empty", Vec::new()), ("한글.txt", "글".into()), ("b", (0..=255).collect())]
    }

    #[test]
    fn others_read_what_we_pack() {
        let mut theirs = ZipArchive::new(Cursor::new(pack(files()))).unwrap();
        assert_eq!(theirs.len(), files().len());
        for (place, (name, content)) in files().into_iter().enumerate() {
            let mut file = theirs.by_index(place).unwrap();
            let mut read = Vec::new();
            file.read_to_end(&mut read).unwrap();
            assert_eq!((&*file.name().unwrap(), read), (name, content));
        }
    }

    #[test]
    fn we_read_what_others_pack() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.add_directory("d", SimpleFileOptions::default()).unwrap();
            for (name, content) in files() {
                zip.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
                zip.write_all(&content).unwrap();
            }
            zip.set_comment("a comment behind the end").unwrap();
            let bytes = zip.finish().unwrap().into_inner();
            let entries = entries(&bytes).unwrap();
            assert!(entries[0].is_folder());
            for (entry, (name, content)) in entries[1..].iter().zip(files()) {
                assert_eq!((entry.path().as_deref(), entry.read(9000)), (Some(name), Ok(content)));
            }
        }
    }

    #[test]
    fn names_that_lead_out_are_no_paths() {
        for name in ["../a", "a/../../b", "/etc/passwd", "C:\\x", "a\\..\\..\\b", "a\0b"] {
            assert_eq!(entries(&pack([(name, Vec::new())])).unwrap()[0].path(), None, "{name}");
        }
    }

    #[test]
    fn a_changed_byte_is_never_taken_for_content() {
        let whole = pack(files());
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            for entry in entries(&bytes).into_iter().flatten() {
                if let Ok(content) = entry.read(1 << 20) {
                    assert!(files().iter().any(|(_, known)| *known == content), "{at}");
                }
            }
        }
    }
}
