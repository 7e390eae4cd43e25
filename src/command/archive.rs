//! Log directories in and out: a broker's files as names and bytes, and names and bytes as a disk.
//!
//! What comes out is what Kafka would find: the bytes of every file below `log.dirs`, under their own names. What goes in
//! may come from a real broker, in whatever folders somebody has put it, or be a single segment file.

use crate::base::Set;
use crate::broker::LOG_DIR;
use crate::disk::{Disk, DiskError};
use crate::log::parse_log_dir_name;
use std::fmt;

/// A file of a log directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArchivedFile {
    /// Its path below the log directory, with `/` between the parts: `orders-0/00000000000000000000.log`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why files cannot be made a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportError {
    /// There are none.
    Empty,
    /// Two of them would lie in the same place: a log directory of one broker is wanted, not those of several.
    Twice {
        /// The place.
        path: String,
    },
    /// The disk refused.
    Disk(DiskError),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there are no files"),
            Self::Twice { path } => write!(f, "{path}: there are two such files"),
            Self::Disk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {}

/// All files of a broker's log directory, by path.
#[must_use]
pub fn export_log_dir(disk: &Disk) -> Vec<ArchivedFile> {
    let below = |path: &str| Some(path.strip_prefix(LOG_DIR)?.strip_prefix('/')?.to_string());
    let file = |path: &std::rc::Rc<str>| {
        // A disk that has failed gives nothing; its names are still known.
        let bytes = disk.read(path, 0, u64::MAX).unwrap_or_default();
        below(path).map(|path| ArchivedFile { path, bytes })
    };
    disk.paths().filter_map(file).collect()
}

/// A disk with these files in its log directory.
///
/// Of a path only the file's name and the folder around it count, so that it is no matter where a log directory was put
/// (`backup/broker-1/orders-0/…`). What Kafka keeps in the log directory itself, such as checkpoints, comes there. Files from
/// any folder that is no partition's come into one that is made up for them.
///
/// # Errors
/// If there are no files, or two for the same place.
pub fn import_log_dir(files: impl IntoIterator<Item = ArchivedFile>) -> Result<Disk, ImportError> {
    let mut disk = Disk::new();
    let mut places = Set::new();
    for ArchivedFile { path, bytes } in files {
        let place = place(&path);
        if !places.insert(place.clone()) {
            return Err(ImportError::Twice { path: place });
        }
        disk.create(&place).map_err(ImportError::Disk)?;
        disk.append(&place, &bytes).map_err(ImportError::Disk)?;
        disk.fsync(&place).map_err(ImportError::Disk)?;
    }
    if places.is_empty() { Err(ImportError::Empty) } else { Ok(disk) }
}

/// The folder that is made up for segment files without one.
const NO_FOLDER: &str = "imported-0";

/// What lies in a log directory itself.
const OF_LOG_DIR: &[&str] = &[
    ".kafka_cleanshutdown",
    ".lock",
    "bootstrap.checkpoint",
    "cleaner-offset-checkpoint",
    "log-start-offset-checkpoint",
    "meta.properties",
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
];

/// Where a file belongs.
fn place(path: &str) -> String {
    let mut parts = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).rev();
    let name = parts.next().unwrap_or("unnamed");
    let folder = parts.next().filter(|folder| parse_log_dir_name(folder).is_some());
    match folder {
        _ if OF_LOG_DIR.contains(&name) => format!("{LOG_DIR}/{name}"),
        Some(folder) => format!("{LOG_DIR}/{folder}/{name}"),
        None => format!("{LOG_DIR}/{NO_FOLDER}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> ArchivedFile {
        ArchivedFile { path: path.into(), bytes: bytes.into() }
    }

    #[test]
    fn what_goes_out_comes_in_again() {
        let files = vec![
            file("orders-0/00000000000000000000.log", b"batches"),
            file("replication-offset-checkpoint", b"0\n0\n"),
        ];
        let disk = import_log_dir(files.clone()).unwrap();
        assert_eq!(export_log_dir(&disk), files);
        assert_eq!(disk.page_cache().dirty, 0);
    }

    #[test]
    fn files_are_put_where_they_belong() {
        for (given, want) in [
            ("backup/broker-1/orders-0/00000000000000000007.index", "orders-0/00000000000000000007.index"),
            ("C:\\kafka\\orders-0\\partition.metadata", "orders-0/partition.metadata"),
            (
                "x.y-1.0123456789abcdef0123456789abcdef-delete/1.log",
                "x.y-1.0123456789abcdef0123456789abcdef-delete/1.log",
            ),
            ("00000000000000000000.log", "imported-0/00000000000000000000.log"),
            ("../../etc/passwd", "imported-0/passwd"),
            // A broker's folder would do as a partition's name, too.
            ("broker-1/meta.properties", "meta.properties"),
        ] {
            assert_eq!(place(given), format!("{LOG_DIR}/{want}"), "{given}");
        }
        assert_eq!(import_log_dir([]).err(), Some(ImportError::Empty));
        let twice = [file("broker-a/t-0/1.log", b""), file("broker-b/t-0/1.log", b"")];
        assert_eq!(import_log_dir(twice).err(), Some(ImportError::Twice { path: format!("{LOG_DIR}/t-0/1.log") }));
    }
}
