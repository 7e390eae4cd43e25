//! A file that is open for reading.
//!
//! A search in an index, or a walk over a segment's batches, reads a few bytes here and there, many times over; it looks for the
//! file only once, as a process does that keeps it open.

use super::DiskError;
use super::file::File;
use std::borrow::Cow;
use std::rc::Rc;

/// A file of a [`Disk`](super::Disk), open for reading. From a device that does not work any more, only what is in the cache can be had.
#[derive(Clone, Copy, Debug)]
pub struct OpenFile<'a> {
    pub(super) path: &'a Rc<str>,
    pub(super) file: &'a File,
    /// Whether the device has stopped working.
    pub(super) failed: bool,
}

impl<'a> OpenFile<'a> {
    /// Fills `buffer` from `position` on; says how many bytes there were, fewer only at the file's end.
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        self.expect_readable(position, buffer.len() as u64)?;
        Ok(self.file.read_at(position, buffer))
    }

    /// `len` bytes from `position` on, fewer only at the file's end; lent if they lie in one piece and copied if not.
    pub fn lend(&self, position: u64, len: u64) -> Result<Cow<'a, [u8]>, DiskError> {
        self.expect_readable(position, len)?;
        let len = len.min(self.file.len().saturating_sub(position)) as usize;
        let piece = self.file.slice(position);
        if let Some(bytes) = piece.get(..len) {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let piece = self.file.slice(position + bytes.len() as u64);
            bytes.extend_from_slice(&piece[..piece.len().min(len - bytes.len())]);
        }
        Ok(Cow::Owned(bytes))
    }

    /// What lies in one piece from `position` on: to the next multiple of 256 KiB, or to the file's end.
    pub fn slice(&self, position: u64) -> Result<&'a [u8], DiskError> {
        self.expect_readable(position, 1)?;
        Ok(self.file.slice(position))
    }

    fn expect_readable(&self, position: u64, len: u64) -> Result<(), DiskError> {
        if self.failed && !self.file.is_resident(position, len) {
            return Err(DiskError::Failed { path: self.path.clone() });
        }
        Ok(())
    }
}
