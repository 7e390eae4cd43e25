//! Files that leave the page and files that come in: a disk's folder as a zip, and a zip or loose files as a disk.
//!
//! What comes in is anybody's: real segment files, half of them, or a photograph. Nothing of it is believed. Sizes are counted
//! while they are unpacked, names that lead out of the archive are left out, and every refusal says what to do instead.

use crate::base::Bytes;
use crate::disk::Disk;
use crate::view::josa::{Josa, particle};
use std::fmt;
use std::io::{Cursor, Read, Write};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// How many bytes may be opened, unpacked.
pub const MOST_BYTES: u64 = 128 << 20;

/// How many files may be opened.
pub const MOST_FILES: usize = 5000;

/// Files that somebody opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brought {
    /// What they are called together.
    pub name: String,
    /// The files.
    pub disk: Disk,
    /// How many there are.
    pub count: usize,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Why files were not opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BringError {
    /// There was no file.
    Nothing,
    /// There are too many files.
    TooMany,
    /// They are too large together.
    TooLarge,
    /// Something is wrong with an archive.
    BrokenZip {
        /// Its name.
        name: String,
        /// The file in it where the trouble is, if it is in one.
        inside: Option<String>,
        /// What the reader of zips says.
        reason: String,
    },
}

impl fmt::Display for BringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = MOST_BYTES >> 20;
        match self {
            Self::Nothing => f.write_str("열 파일이 없어요. 세그먼트 파일이나 zip, 또는 파티션 폴더를 골라 주세요."),
            Self::TooMany => write!(f, "파일이 {MOST_FILES}개를 넘어요. 파티션 폴더 하나씩 골라 주세요."),
            Self::TooLarge => {
                write!(f, "압축을 푼 크기가 {most} MiB를 넘어요. 볼 세그먼트의 파일만 골라 주세요.")
            }
            Self::BrokenZip { name, inside: None, reason } => {
                let object = particle(name, Josa::Object);
                write!(f, "‘{name}’{object} zip으로 읽지 못했어요({reason}). 압축을 풀어서 폴더로 열어 보세요.")
            }
            Self::BrokenZip { name, inside: Some(inside), reason } => {
                write!(
                    f,
                    "‘{name}’ 안의 ‘{inside}’에서 막혔어요({reason}). 다시 압축하거나, 압축을 풀어서 폴더로 열어 보세요."
                )
            }
        }
    }
}

/// The folder `root` of `disk` as a zip; the paths in it begin below `root`. The same files give the same bytes.
#[must_use]
pub fn to_zip(disk: &Disk, root: &str) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let below = |path: &str| path.strip_prefix(root).map(|rest| rest.trim_start_matches('/').to_owned());
    for path in disk.paths() {
        let Some(name) = below(path).filter(|name| !name.is_empty()) else { continue };
        let bytes = disk.read(path, 0, u64::MAX).unwrap_or_default();
        // Writing into memory has nothing that could fail but the size that a zip can tell, which no disk here has.
        if zip.start_file(name, options).is_ok() {
            let _ = zip.write_all(&bytes);
        }
    }
    zip.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// Opens `files`, each with its name or path: zips are unpacked, all others taken as they are.
pub fn bring(files: &[(String, Bytes)]) -> Result<Brought, BringError> {
    let mut bringer = Bringer { disk: Disk::new(), count: 0, bytes: 0, left_out: Vec::new() };
    for (name, bytes) in files {
        if bytes.starts_with(b"PK\x03\x04") || name.ends_with(".zip") {
            bringer.unpack(name, bytes)?;
        } else {
            bringer.add(name, bytes)?;
        }
    }
    let Bringer { mut disk, count, left_out, .. } = bringer;
    if count == 0 {
        return Err(BringError::Nothing);
    }
    let paths: Vec<_> = disk.paths().cloned().collect();
    for path in paths {
        let _ = disk.fsync(&path); // it was made a moment ago
    }
    let first = files.first().map(|(name, _)| name.split('/').next().unwrap_or(name).to_owned());
    let name = match first {
        Some(first) if files.len() == 1 || files[0].0.contains('/') => first,
        _ => format!("파일 {count}개"),
    };
    Ok(Brought { name, disk, count, left_out })
}

struct Bringer {
    disk: Disk,
    count: usize,
    bytes: u64,
    left_out: Vec<String>,
}

impl Bringer {
    fn unpack(&mut self, name: &str, bytes: &[u8]) -> Result<(), BringError> {
        let broken = |inside: Option<&str>, error: &ZipError| BringError::BrokenZip {
            name: name.into(),
            inside: inside.map(Into::into),
            reason: reason(error),
        };
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(None, &error))?;
        if zip.len() > MOST_FILES {
            return Err(BringError::TooMany);
        }
        for place in 0..zip.len() {
            let mut file = zip.by_index(place).map_err(|error| broken(None, &error))?;
            let inside = String::from_utf8_lossy(file.name_raw()).into_owned();
            if file.is_dir() || is_clutter(&inside) {
                continue;
            }
            let Some(path) = file.enclosed_name() else {
                self.left_out.push(format!("‘{inside}’: 압축 파일 밖을 가리키는 경로"));
                continue;
            };
            let path = path.to_string_lossy().replace('\\', "/");
            let mut content = Vec::new();
            let room = MOST_BYTES - self.bytes;
            let read = (&mut file).take(room + 1).read_to_end(&mut content);
            read.map_err(|error| broken(Some(&inside), &ZipError::Io(error)))?;
            self.add(&path, &content)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), BringError> {
        if is_clutter(name) {
            return Ok(());
        }
        self.count += 1;
        self.bytes += bytes.len() as u64;
        if self.count > MOST_FILES {
            return Err(BringError::TooMany);
        }
        if self.bytes > MOST_BYTES {
            return Err(BringError::TooLarge);
        }
        let path = format!("/{}", name.trim_start_matches('/'));
        let made = self.disk.create(&path).and_then(|()| self.disk.append(&path, bytes));
        if made.is_err() {
            self.count -= 1;
            self.left_out.push(format!("‘{name}’: 같은 이름의 파일이 이미 있음"));
        }
        Ok(())
    }
}

/// What other systems put beside files.
fn is_clutter(path: &str) -> bool {
    path.starts_with("__MACOSX/") || path.ends_with(".DS_Store") || path.ends_with("Thumbs.db")
}

/// What is wrong with a zip, in a few words.
fn reason(error: &ZipError) -> String {
    match error {
        ZipError::InvalidArchive(_) => "zip의 목차가 없거나 깨졌어요".into(),
        ZipError::UnsupportedArchive(_) => "이 압축 방식이나 암호는 풀지 못해요".into(),
        _ => "내용이 깨졌거나 잘렸어요".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    fn disk() -> Disk {
        let mut disk = Disk::new();
        for (path, bytes) in [("/d/t-0/00000000000000000000.log", vec![7; 9000]), ("/d/meta.properties", b"x".to_vec())]
        {
            disk.create(path).unwrap();
            disk.append(path, &bytes).unwrap();
        }
        disk
    }

    #[test]
    fn what_goes_out_comes_in_again() {
        let zip = to_zip(&disk(), "/d");
        assert_eq!(zip, to_zip(&disk(), "/d"));
        assert!(zip.len() < 1000, "{}", zip.len());
        let brought = bring(&[("broker-1-log-dirs.zip".into(), zip.into())]).unwrap();
        assert_eq!((brought.name.as_str(), brought.count), ("broker-1-log-dirs.zip", 2));
        assert_eq!(brought.disk.read("/t-0/00000000000000000000.log", 0, 99_999).unwrap(), [7; 9000]);
        assert_eq!(brought.disk.page_cache().dirty, 0);
    }

    #[test]
    fn loose_files_and_folders_keep_their_paths() {
        let file = |name: &str| (name.to_owned(), Bytes::from("x"));
        let brought = bring(&[file("t-0/a.log"), file("t-0/b.log"), file("t-0/.DS_Store")]).unwrap();
        assert_eq!((brought.name.as_str(), brought.count), ("t-0", 2));
        let brought = bring(&[file("a.log"), file("b.log"), file("a.log")]).unwrap();
        assert_eq!((brought.name.as_str(), brought.count, brought.left_out.len()), ("파일 2개", 2, 1));
        assert_eq!(bring(&[]), Err(BringError::Nothing));
    }

    #[test]
    fn broken_archives_are_refused_with_a_word() {
        let whole = to_zip(&disk(), "/d");
        for seed in 0..400 {
            let mut rng = Rng::new(seed, &"zip");
            let mut bytes = whole.clone();
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << rng.below(8);
            }
            bytes.truncate(rng.below(bytes.len() as u64 * 2) as usize);
            if let Err(error) = bring(&[("x.zip".into(), bytes.into())]) {
                assert!(error.to_string().contains("x.zip") || error == BringError::Nothing, "{error}");
            }
        }
        let error = bring(&[("x.zip".into(), Bytes::from("no zip at all"))]).unwrap_err();
        assert!(error.to_string().contains("목차"), "{error}");
    }

    #[test]
    fn no_archive_may_grow_beyond_what_is_allowed() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for name in ["a", "b", "c"] {
            zip.start_file(name, options).unwrap();
            zip.write_all(&vec![0; 50 << 20]).unwrap();
        }
        zip.start_file("../../etc/passwd", options).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert_eq!(bring(&[("bomb.zip".into(), bytes.into())]), Err(BringError::TooLarge));
    }
}
