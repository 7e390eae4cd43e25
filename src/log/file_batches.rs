//! The walk over the batches of a segment's `.log`, header by header.

use super::LogError;
use crate::base::{Bytes, Offset};
use crate::disk::{Disk, DiskError, OpenFile};
use crate::record::{BatchHeader, RECORD_BATCH_OVERHEAD, RecordBatch, RecordError};

/// The batches of the file `path` from `position`, which must be the start of one, up to `end`. A last batch that the
/// end cuts is overlooked; anything else that is no batch is an error, and the end of the walk.
#[derive(Clone, Debug)]
pub(super) struct FileBatches<'a> {
    file: Result<OpenFile<'a>, DiskError>,
    path: &'a str,
    position: u32,
    end: u32,
}

impl<'a> FileBatches<'a> {
    pub(super) fn new(disk: &'a Disk, path: &'a str, position: u32, end: u32) -> Self {
        Self { file: disk.open(path), path, position, end }
    }

    fn step(&mut self) -> Result<Option<(u32, BatchHeader)>, LogError> {
        let position = self.position;
        let room = (RECORD_BATCH_OVERHEAD as u64).min(u64::from(self.end.saturating_sub(position)));
        let file = self.file.as_ref().map_err(Clone::clone)?;
        match BatchHeader::parse(&file.lend(u64::from(position), room)?) {
            Ok(header) if header.size <= self.end - position => {
                self.position += header.size;
                Ok(Some((position, header)))
            }
            Ok(_) | Err(RecordError::CutTail { .. }) => Ok(None),
            Err(error) => Err(LogError::Corrupt { path: self.path.into(), position, error }),
        }
    }
}

impl Iterator for FileBatches<'_> {
    type Item = Result<(u32, BatchHeader), LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.end = self.position;
        }
        step
    }
}

/// A batch as it lies in a log, to be looked into.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogBatch {
    /// The segment that it lies in.
    pub segment_base_offset: Offset,
    /// Where it begins in the segment's `.log`.
    pub position: u32,
    /// Its bytes.
    pub bytes: Bytes,
}

impl LogBatch {
    /// Its header and records.
    ///
    /// # Panics
    /// If the bytes are not those of one batch, which [`UnifiedLog::batches`](super::UnifiedLog::batches) sees to.
    #[must_use]
    pub fn batch(&self) -> RecordBatch<'_> {
        RecordBatch::parse(&self.bytes).expect("its header was read before")
    }
}
