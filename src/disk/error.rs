//! What a file system may answer instead of doing what it was asked.

use std::fmt;
use std::rc::Rc;

/// Why a file operation failed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DiskError {
    /// There is no such file.
    NotFound {
        /// The path that was asked for.
        path: Rc<str>,
    },
    /// There is such a file already.
    AlreadyExists {
        /// The path that was to be made.
        path: Rc<str>,
    },
    /// A write would leave a hole.
    PastEnd {
        /// The file.
        path: Rc<str>,
        /// Where the write was to begin.
        position: u64,
        /// Where the file ends.
        len: u64,
    },
    /// The disk is full (`ENOSPC`). What still fitted has been written: the file ends where the room did.
    NoSpace {
        /// The file.
        path: Rc<str>,
        /// How many bytes the disk takes in all.
        capacity: u64,
    },
    /// The device does not work any more (`EIO`).
    Failed {
        /// The file.
        path: Rc<str>,
    },
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => write!(f, "{path}: no such file"),
            Self::AlreadyExists { path } => write!(f, "{path}: file exists"),
            Self::PastEnd { path, position, len } => {
                write!(f, "{path}: cannot write at {position}, the file ends at {len}")
            }
            Self::NoSpace { path, .. } => write!(f, "{path}: No space left on device"),
            Self::Failed { path } => write!(f, "{path}: Input/output error"),
        }
    }
}

impl std::error::Error for DiskError {}
