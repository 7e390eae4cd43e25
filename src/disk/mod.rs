//! One machine's file system and its page cache.
//!
//! Kafka writes to files and leaves the rest to the operating system: a `write` only copies bytes into the *page cache*,
//! in pages of 4 KiB, and marks them dirty. They reach the platter when somebody calls `fsync`, or when the kernel finds
//! the time. So it makes all the difference what goes down. If the *process* dies, the cache lives on in the kernel and
//! nothing is lost. If the *machine* loses power, every dirty page is gone, acknowledged or not. Kafka does not call
//! `fsync` on each write; it replicates instead.
//!
//! Here a file is a row of pages, each shared (`Rc`) until somebody writes to it, so that a copy of a whole machine
//! costs next to nothing. A page remembers what the platter has in its place.
//!
//! Left out: the kernel's own write-back (only `fsync` cleans a page), eviction (memory is large enough: a page that is
//! there stays there), the time that a disk takes, and loss of a part of the dirty pages (they all go). The directory
//! is a journal that is always safe: creating, deleting, renaming and shortening a file survive a power loss at once;
//! what it may lose is content.

mod error;
mod file;
#[cfg(test)]
mod tests;

pub use error::DiskError;
pub use file::{FileStat, PageState};

use crate::base::Map;
use file::File;
use std::ops::Bound;
use std::rc::Rc;

/// The size of a page.
pub const PAGE_SIZE: usize = 4096;

/// The files of one machine, by their full path. A folder is there as long as a file lies in it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Disk {
    files: Map<Rc<str>, Rc<File>>,
}

/// What the page cache holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PageCacheStat {
    /// Pages in the cache.
    pub resident: u64,
    /// Those of them whose content the platter does not have yet.
    pub dirty: u64,
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty file.
    pub fn create(&mut self, path: &str) -> Result<(), DiskError> {
        if self.exists(path) {
            return Err(DiskError::AlreadyExists { path: path.into() });
        }
        self.files.insert(path.into(), Rc::default());
        Ok(())
    }

    /// Writes `bytes` behind the end of a file.
    pub fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let file = self.file_mut(path)?;
        file.write_at(file.len(), bytes);
        Ok(())
    }

    /// Writes `bytes` from `position` on, over what is there and beyond its end, but leaving no hole.
    pub fn write_at(&mut self, path: &str, position: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let file = self.file_mut(path)?;
        if position > file.len() {
            return Err(DiskError::PastEnd { path: path.into(), position, len: file.len() });
        }
        file.write_at(position, bytes);
        Ok(())
    }

    /// Fills `buffer` from `position` on; says how many bytes there were, fewer only at the file's end.
    pub fn read_at(&self, path: &str, position: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        Ok(self.file(path)?.read_at(position, buffer))
    }

    /// `len` bytes from `position` on, fewer only at the file's end.
    pub fn read(&self, path: &str, position: u64, len: u64) -> Result<Vec<u8>, DiskError> {
        let file = self.file(path)?;
        let len = len.min(file.len().saturating_sub(position));
        let mut bytes = vec![0; len as usize];
        file.read_at(position, &mut bytes);
        Ok(bytes)
    }

    /// Cuts a file to `len` bytes; a shorter one stays as it is.
    pub fn truncate(&mut self, path: &str, len: u64) -> Result<(), DiskError> {
        if len < self.len(path)? {
            self.file_mut(path)?.truncate(len);
        }
        Ok(())
    }

    /// Gives a file another path; a file that has it already is replaced.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        let file = self.files.remove(from).ok_or_else(|| DiskError::NotFound { path: from.into() })?;
        self.files.insert(to.into(), file);
        Ok(())
    }

    /// Removes a file.
    pub fn delete(&mut self, path: &str) -> Result<(), DiskError> {
        self.files.remove(path).map(drop).ok_or_else(|| DiskError::NotFound { path: path.into() })
    }

    /// The names in a folder, in order: of files, and of folders that hold some.
    #[must_use]
    pub fn list(&self, dir: &str) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for path in self.under(dir) {
            let name = path[dir.len() + 1..].split('/').next().unwrap_or_default();
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Removes a folder and all in it.
    pub fn delete_dir(&mut self, dir: &str) {
        let paths: Vec<_> = self.under(dir).cloned().collect();
        for path in paths {
            self.files.remove(&path);
        }
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// How many bytes a file has.
    pub fn len(&self, path: &str) -> Result<u64, DiskError> {
        Ok(self.file(path)?.len())
    }

    /// Whether there is no file at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Brings a file's dirty pages to the platter; says how many there were.
    pub fn fsync(&mut self, path: &str) -> Result<u64, DiskError> {
        if self.file(path)?.is_clean() {
            return Ok(0);
        }
        Ok(self.file_mut(path)?.fsync())
    }

    /// The machine loses power: what never reached the platter is gone.
    pub fn power_loss(&mut self) {
        for file in self.files.values_mut().filter(|file| !file.is_clean()) {
            Rc::make_mut(file).power_loss();
        }
    }

    /// What the page cache holds of one file.
    pub fn stat(&self, path: &str) -> Result<FileStat, DiskError> {
        Ok(self.file(path)?.stat())
    }

    /// Where each page of a file is, in order.
    pub fn pages(&self, path: &str) -> Result<Vec<PageState>, DiskError> {
        Ok(self.file(path)?.pages().collect())
    }

    /// What the page cache holds in all.
    #[must_use]
    pub fn page_cache(&self) -> PageCacheStat {
        self.files.values().map(|file| file.stat()).fold(PageCacheStat::default(), |sum, file| PageCacheStat {
            resident: sum.resident + file.resident_pages,
            dirty: sum.dirty + file.dirty_pages,
        })
    }

    /// The paths below `dir`.
    fn under(&self, dir: &str) -> impl Iterator<Item = &Rc<str>> {
        let first = format!("{dir}/");
        let is_under = move |path: &&Rc<str>| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        self.files
            .range::<str, _>((Bound::Included(first.as_str()), Bound::Unbounded))
            .map(|(path, _)| path)
            .take_while(is_under)
    }

    fn file(&self, path: &str) -> Result<&File, DiskError> {
        self.files.get(path).map(Rc::as_ref).ok_or_else(|| DiskError::NotFound { path: path.into() })
    }

    fn file_mut(&mut self, path: &str) -> Result<&mut File, DiskError> {
        self.files.get_mut(path).map(Rc::make_mut).ok_or_else(|| DiskError::NotFound { path: path.into() })
    }
}
