//! One machine's file system: a page cache over a device.
//!
//! Kafka writes to files and leaves the rest to the operating system: a `write` only copies bytes into the *page cache*,
//! in pages of 4 KiB, and marks them dirty. They reach the platter when somebody calls `fsync`, or when the kernel finds
//! the time. So it makes all the difference what goes down. If the *process* dies, the cache lives on in the kernel and
//! nothing is lost. If the *machine* loses power, whatever was dirty may be gone, acknowledged or not. Kafka does not call
//! `fsync` on each write; it replicates instead.
//!
//! * `file`, `extent`: what a file holds, and the state of each page. Content is shared (`Rc`) until somebody writes, so that a copy
//!   of a whole machine costs next to nothing.
//! * `cache`: which pages are in memory: hits, misses, readahead, eviction, and the kernel's write-back.
//! * `device`, `profile`: what it costs to go to the platter, in a line or here and there.
//! * `machine`: what is done to the whole disk: flushing, losing power, and the dials that a person turns.
//! * `transfer`: the ways from the page cache to a socket, with and without `sendfile`.
//!
//! *Reading* ([`Disk::read`], [`Disk::slice`], …) only looks; the model's own reads are *accounted* for beside, with [`Disk::touch`].
//! Time that the process spends waiting for the device adds up until the world asks for it ([`Disk::take_io_time`]). Writing into the
//! cache counts as nothing: memory is thousands of times quicker than a seek.
//!
//! What a power loss leaves: of the dirty pages any part, by the toss of a coin for each (the kernel may have begun to write them, in
//! whatever order). The directory is a journal that is always safe: creating, deleting, renaming and shortening a file survive at once. A
//! file's length is in the journal as of its last flush; pages behind that which reached the platter make it longer, and the gaps
//! between them read as zeros.
//!
//! Left out: what the journal's own writes cost; pages torn in the middle; a device with a cache of its own, or with several queues.

mod cache;
mod device;
mod error;
mod extent;
mod file;
mod machine;
mod open_file;
mod profile;
#[cfg(test)]
mod tests;
mod transfer;

pub use cache::{CacheStat, PageCacheStat};
pub use device::DeviceStat;
pub use error::DiskError;
pub use file::{FileStat, PageState};
pub use open_file::OpenFile;
pub use profile::DiskProfile;
pub use transfer::{CopiedBy, Hop, Place, Transfer, TransferStat};

use crate::base::{Map, SimTime};
use cache::PageCache;
use device::Device;
use file::{File, pages_for};
use std::borrow::Cow;
use std::ops::Bound;
use std::rc::Rc;

/// The size of a page.
pub const PAGE_SIZE: usize = 4096;

/// How many bytes fit on a disk if nobody says otherwise: 1 TiB.
const CAPACITY: u64 = 1 << 40;

/// The files of one machine, by their full path, and the page cache and the device under them. A folder is there as long as a file
/// lies in it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Disk {
    files: Map<Rc<str>, Rc<File>>,
    next_inode: u64,
    /// Pages that files have on the platter, or will have.
    used_pages: u64,
    now: SimTime,
    cache: PageCache,
    device: Device,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            files: Map::new(),
            next_inode: 1,
            used_pages: 0,
            now: SimTime::ZERO,
            cache: PageCache::default(),
            device: Device::new(DiskProfile::HDD, CAPACITY),
        }
    }
}

/// Files.
impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty file.
    pub fn create(&mut self, path: &str) -> Result<(), DiskError> {
        self.expect_working(path)?;
        if self.exists(path) {
            return Err(DiskError::AlreadyExists { path: path.into() });
        }
        self.files.insert(path.into(), Rc::new(File::new(self.next_inode, self.now)));
        self.next_inode += 1;
        Ok(())
    }

    /// Writes `bytes` behind the end of a file.
    pub fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let end = self.file(path)?.len();
        self.write_at(path, end, bytes)
    }

    /// Writes `bytes` from `position` on, over what is there and beyond its end, but leaving no hole. On a full disk what
    /// fits is written, and the rest is an error.
    pub fn write_at(&mut self, path: &str, position: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.expect_working(path)?;
        let len = self.file(path)?.len();
        if position > len {
            return Err(DiskError::PastEnd { path: path.into(), position, len });
        }
        let room = self.room_behind(position, len);
        let fitting = &bytes[..bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        self.bring_half_written_pages(path, position, fitting.len() as u64)?;
        let new_len = len.max(position + fitting.len() as u64);
        self.used_pages += pages_for(new_len) - pages_for(len);
        let (now, file) = (self.now, self.files.get_mut(path).map(Rc::make_mut));
        let file = file.ok_or_else(|| DiskError::NotFound { path: path.into() })?;
        let was_clean = file.is_clean();
        let change = file.write_at(position, fitting, now, &mut self.cache.uses);
        self.cache.written(change, was_clean && !fitting.is_empty(), now);
        self.balance_dirty_pages();
        self.evict();
        match fitting.len() == bytes.len() {
            true => Ok(()),
            false => Err(DiskError::NoSpace { path: path.into(), capacity: self.device.capacity }),
        }
    }

    /// How many bytes there is room for from `position` on.
    fn room_behind(&self, position: u64, len: u64) -> u64 {
        let page = PAGE_SIZE as u64;
        let free = (self.device.capacity / page).saturating_sub(self.used_pages);
        (pages_for(len) + free) * page - position
    }

    /// To write a part of a page that is not in the cache, the kernel has to read it first.
    fn bring_half_written_pages(&mut self, path: &str, position: u64, len: u64) -> Result<(), DiskError> {
        if len == 0 {
            return Ok(());
        }
        for edge in [position, position + len] {
            let file = self.file(path)?;
            let begun = edge - edge % PAGE_SIZE as u64;
            if edge > begun && begun < file.len() && !file.is_resident(begun, 1) {
                self.touch(path, begun, 1)?;
            }
        }
        Ok(())
    }

    /// A file that is to be read again and again: it is looked for only once.
    pub fn open(&self, path: &str) -> Result<OpenFile<'_>, DiskError> {
        match self.files.get_key_value(path) {
            Some((path, file)) => Ok(OpenFile { path, file, failed: self.device.failed }),
            None => Err(DiskError::NotFound { path: path.into() }),
        }
    }

    /// See [`OpenFile::read_at`].
    pub fn read_at(&self, path: &str, position: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        self.open(path)?.read_at(position, buffer)
    }

    /// See [`OpenFile::lend`]; the bytes are the caller's.
    pub fn read(&self, path: &str, position: u64, len: u64) -> Result<Vec<u8>, DiskError> {
        self.lend(path, position, len).map(Cow::into_owned)
    }

    /// See [`OpenFile::lend`].
    pub fn lend(&self, path: &str, position: u64, len: u64) -> Result<Cow<'_, [u8]>, DiskError> {
        self.open(path)?.lend(position, len)
    }

    /// See [`OpenFile::slice`].
    pub fn slice(&self, path: &str, position: u64) -> Result<&[u8], DiskError> {
        self.open(path)?.slice(position)
    }

    /// Cuts a file to `len` bytes; a shorter one stays as it is.
    pub fn truncate(&mut self, path: &str, len: u64) -> Result<(), DiskError> {
        self.expect_working(path)?;
        if len < self.len(path)? {
            self.change(path, |file, now| file.truncate(len, now))?;
        }
        Ok(())
    }

    /// Gives a file another path; a file that has it already is replaced.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        self.expect_working(from)?;
        let file = self.files.remove(from).ok_or_else(|| DiskError::NotFound { path: from.into() })?;
        if let Some(replaced) = self.files.insert(to.into(), file) {
            self.forget(&replaced);
        }
        Ok(())
    }

    /// Gives a folder, with all in it, another path.
    pub fn rename_dir(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        for path in self.under(from).cloned().collect::<Vec<_>>() {
            self.rename(&path, &format!("{to}{}", &path[from.len()..]))?;
        }
        Ok(())
    }

    /// Removes a file.
    pub fn delete(&mut self, path: &str) -> Result<(), DiskError> {
        self.expect_working(path)?;
        let file = self.files.remove(path).ok_or_else(|| DiskError::NotFound { path: path.into() })?;
        self.forget(&file);
        Ok(())
    }

    /// Removes a folder and all in it.
    pub fn delete_dir(&mut self, dir: &str) -> Result<(), DiskError> {
        for path in self.under(dir).cloned().collect::<Vec<_>>() {
            self.delete(&path)?;
        }
        Ok(())
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

    /// All files, by path.
    pub fn paths(&self) -> impl Iterator<Item = &Rc<str>> {
        self.files.keys()
    }

    /// Says when a file was last written to, whatever the truth (`utimes`); Kafka does so when a cleaned segment takes the place of others.
    pub fn set_mtime(&mut self, path: &str, mtime: SimTime) -> Result<(), DiskError> {
        self.expect_working(path)?;
        self.change(path, |file, _| file.mtime = mtime)
    }

    /// What the page cache holds of one file.
    pub fn stat(&self, path: &str) -> Result<FileStat, DiskError> {
        Ok(self.file(path)?.stat())
    }

    /// The state of each page of a file.
    pub fn page_states(&self, path: &str) -> Result<Vec<PageState>, DiskError> {
        Ok(self.file(path)?.page_states())
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

    fn expect_working(&self, path: &str) -> Result<(), DiskError> {
        if self.device.failed { Err(DiskError::Failed { path: path.into() }) } else { Ok(()) }
    }

    /// Changes a file in a way that may take pages from it.
    fn change(&mut self, path: &str, change: impl FnOnce(&mut File, SimTime)) -> Result<(), DiskError> {
        let now = self.now;
        let file = self.files.get_mut(path).map(Rc::make_mut);
        let file = file.ok_or_else(|| DiskError::NotFound { path: path.into() })?;
        let before = file.counts();
        change(file, now);
        let after = file.counts();
        self.used_pages = self.used_pages + after.pages - before.pages;
        self.cache.resident = self.cache.resident + after.resident - before.resident;
        self.cache.dirty = self.cache.dirty + after.dirty - before.dirty;
        Ok(())
    }

    /// A file is gone, and its pages with it.
    fn forget(&mut self, file: &File) {
        let counts = file.counts();
        self.used_pages -= counts.pages;
        self.cache.resident -= counts.resident;
        self.cache.dirty -= counts.dirty;
    }
}
