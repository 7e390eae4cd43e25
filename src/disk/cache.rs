//! The page cache: which pages are in memory, and who brings the dirty ones to the platter.
//!
//! A read of a page that is in memory is a *hit* and costs nothing; any other is a *miss* and waits for the device. To a reader who goes
//! on where it stopped, the kernel gives more than was asked for, twice as much each time (*readahead*), so that the next reads are hits.
//! When memory is full, the clean pages that were not used for the longest time go; that is decided by extents of 64 pages, and
//! within one from the page that was used last, around. Dirty pages never go before they are written.
//!
//! The kernel's flusher wakes every `dirty_writeback_centisecs` and writes the files that have been dirty for
//! `dirty_expire_centisecs`; when more than `dirty_background_ratio` of memory is dirty, it writes until that is no longer so, the
//! longest dirty first. A process that makes pages dirty quicker than the device takes them has to wait when `dirty_ratio` of memory
//! is dirty or being written. The numbers are Linux's defaults.

use super::device::{Direction, Run};
use super::extent::Change;
use super::file::{File, pages_for};
use super::{Disk, DiskError, PAGE_SIZE};
use crate::base::SimTime;
use std::rc::Rc;

/// `vm.dirty_writeback_centisecs`: how often the flusher wakes.
const DIRTY_WRITEBACK: SimTime = SimTime::from_secs(5);
/// `vm.dirty_expire_centisecs`: how long a page may stay dirty before the flusher writes it.
const DIRTY_EXPIRE: SimTime = SimTime::from_secs(30);
/// `vm.dirty_background_ratio`, in percent of memory.
const DIRTY_BACKGROUND_RATIO: u64 = 10;
/// `vm.dirty_ratio`, in percent of memory.
const DIRTY_RATIO: u64 = 20;
/// The memory for the cache if nobody says otherwise: 16 GiB.
const MEMORY: u64 = 16 << 30;
/// How many pages readahead begins with and comes to: 16 and 128 KiB.
const READ_AHEAD: (u64, u64) = (4, 32);

/// What the page cache holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PageCacheStat {
    /// Pages in the cache.
    pub resident: u64,
    /// Those of them whose content the platter does not have yet.
    pub dirty: u64,
}

/// What the page cache has done since the machine was switched on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct CacheStat {
    /// Pages that were read and were there.
    pub hits: u64,
    /// Pages that were read and had to come from the platter first.
    pub misses: u64,
    /// Pages that the kernel read ahead, before anybody asked.
    pub read_ahead: u64,
    /// Clean pages that made room for others.
    pub evicted: u64,
    /// Pages that the kernel wrote by itself.
    pub written_back: u64,
}

/// The page cache's own account; the pages' states are with their files.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct PageCache {
    /// How many pages fit.
    pub(super) memory: u64,
    pub(super) resident: u64,
    pub(super) dirty: u64,
    pub(super) stat: CacheStat,
    /// Counts every use of an extent: the larger number was used later.
    pub(super) uses: u64,
    /// When the flusher will find something to do; not later, perhaps earlier.
    next_write_back: Option<SimTime>,
}

impl Default for PageCache {
    fn default() -> Self {
        Self {
            memory: MEMORY / PAGE_SIZE as u64,
            resident: 0,
            dirty: 0,
            stat: CacheStat::default(),
            uses: 0,
            next_write_back: None,
        }
    }
}

impl PageCache {
    /// The cache as it is when the machine is switched on.
    pub(super) fn emptied(&self) -> Self {
        Self { memory: self.memory, ..Self::default() }
    }

    pub(super) fn power_loss(&mut self) {
        *self = self.emptied();
    }

    /// Pages were written; `begun` says whether their file was clean before.
    pub(super) fn written(&mut self, change: Change, begun: bool, now: SimTime) {
        self.resident += change.resident;
        self.dirty += change.dirty;
        if begun && self.next_write_back.is_none() {
            self.next_write_back = Some(turn_from(now + DIRTY_EXPIRE));
        }
    }

    fn percent(&self, percent: u64) -> u64 {
        self.memory * percent / 100
    }
}

/// The flusher's first turn at or after a moment.
fn turn_from(time: SimTime) -> SimTime {
    SimTime(time.0.next_multiple_of(DIRTY_WRITEBACK.0))
}

impl Disk {
    /// What the page cache holds in all.
    #[must_use]
    pub fn page_cache(&self) -> PageCacheStat {
        PageCacheStat { resident: self.cache.resident, dirty: self.cache.dirty }
    }

    /// What the page cache has done.
    #[must_use]
    pub fn cache_stat(&self) -> CacheStat {
        self.cache.stat
    }

    /// How many bytes of memory the page cache has.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.cache.memory * PAGE_SIZE as u64
    }

    /// Gives the page cache so many bytes of memory, one page at least; what does not fit any more goes.
    pub fn set_memory(&mut self, bytes: u64) {
        self.cache.memory = (bytes / PAGE_SIZE as u64).max(1);
        self.balance_dirty_pages();
        self.evict();
    }

    /// Accounts for a read: brings the pages of a range into the cache, waiting for those that are not there. Says how many were not.
    pub fn touch(&mut self, path: &str, position: u64, len: u64) -> Result<u64, DiskError> {
        let file = self.file(path)?;
        let end = position.saturating_add(len).min(file.len());
        if position >= end {
            return Ok(0);
        }
        let (first, last) = (position / PAGE_SIZE as u64, pages_for(end));
        let absent = file.absent_runs(first, last);
        let window = file.window(first, !absent.is_empty());
        let ahead = match absent.is_empty() {
            true => Vec::new(),
            false => file.absent_runs(last, pages_for(file.len()).min(first + window)),
        };
        if self.device.failed && !absent.is_empty() {
            return Err(DiskError::Failed { path: path.into() });
        }
        for run in merged(absent, &ahead) {
            self.device.access(self.now, Direction::Read, run);
        }
        let Some(file) = self.files.get_mut(path).map(Rc::make_mut) else { return Ok(0) };
        (file.read_next, file.read_ahead) = (last, window);
        for run in &ahead {
            self.cache.stat.read_ahead += file.bring(run.page * PAGE_SIZE as u64, run.bytes, &mut self.cache.uses).1;
        }
        let (hits, misses) = file.bring(position, end - position, &mut self.cache.uses);
        self.cache.stat.hits += hits;
        self.cache.stat.misses += misses;
        self.cache.resident += misses + ahead.iter().map(|run| pages_for(run.bytes)).sum::<u64>();
        self.evict();
        Ok(misses)
    }

    /// It is `now`: files get this moment as their time, and the kernel has written back what was due before.
    pub fn advance_to(&mut self, now: SimTime) {
        while let Some(turn) = self.cache.next_write_back.filter(|turn| *turn <= now) {
            self.now = self.now.max(turn);
            self.write_back_expired();
        }
        self.now = self.now.max(now);
    }

    /// When the kernel will next have something to write back; perhaps it finds, then, that somebody else has written it.
    #[must_use]
    pub fn next_write_back(&self) -> Option<SimTime> {
        self.cache.next_write_back
    }

    /// A turn of the flusher: the files that have been dirty for too long.
    fn write_back_expired(&mut self) {
        let (now, works) = (self.now, !self.device.failed);
        let expired = |file: &File| file.dirty_since.is_some_and(|since| since + DIRTY_EXPIRE <= now);
        let due = self.files.iter().filter(|(_, file)| works && expired(file)).map(|(path, _)| path.clone());
        for path in due.collect::<Vec<_>>() {
            self.write_back(&path);
        }
        let oldest = self.files.values().filter_map(|file| file.dirty_since).min().filter(|_| works);
        self.cache.next_write_back = oldest.map(|since| turn_from(since + DIRTY_EXPIRE));
    }

    fn write_back(&mut self, path: &str) {
        self.cache.stat.written_back += self.in_background(|disk| disk.write_out(path));
    }

    /// Keeps the dirty part of memory small, and lets the process wait if the device does not keep up.
    pub(super) fn balance_dirty_pages(&mut self) {
        let background = self.cache.percent(DIRTY_BACKGROUND_RATIO);
        while self.cache.dirty > background && !self.device.failed {
            let dirty = self.files.iter().filter_map(|(path, file)| Some((file.dirty_since?, path)));
            let Some((_, path)) = dirty.min() else { break };
            let path = path.clone();
            self.write_back(&path);
        }
        let backlog = self.cache.percent(DIRTY_RATIO) - background;
        self.device.throttle(self.now, backlog * PAGE_SIZE as u64);
    }

    /// Makes room, if there are more pages than memory takes: a little more than is needed, for to find the oldest takes a search.
    pub(super) fn evict(&mut self) {
        if self.cache.resident <= self.cache.memory {
            return;
        }
        let wanted = self.cache.memory - self.cache.memory / 32;
        while self.cache.resident > wanted {
            let clean = |file: &File| {
                let extents =
                    file.extents().iter().enumerate().filter(|(_, extent)| extent.resident & !extent.dirty != 0);
                extents.map(|(number, extent)| (extent.used, number)).min()
            };
            let oldest = self.files.iter().filter_map(|(path, file)| Some((clean(file)?, path))).min();
            let Some(((_, number), path)) = oldest else { return };
            let (path, surplus) = (path.clone(), self.cache.resident - wanted);
            let Some(file) = self.files.get_mut(&path).map(Rc::make_mut) else { return };
            let gone = file.extents_mut()[number].evict(surplus);
            self.cache.resident -= gone;
            self.cache.stat.evicted += gone;
        }
    }
}

impl File {
    /// How many pages from `first` on are worth having, for who reads there.
    fn window(&self, first: u64, missed: bool) -> u64 {
        let (least, most) = READ_AHEAD;
        match (first == self.read_next || first + 1 == self.read_next, missed) {
            (false, _) => 1,
            (true, false) => self.read_ahead.max(1),
            (true, true) if self.read_ahead < least => least,
            (true, true) => (self.read_ahead * 2).min(most),
        }
    }
}

/// What is asked for, and what is read ahead behind it in the same go.
fn merged(mut runs: Vec<Run>, ahead: &[Run]) -> Vec<Run> {
    for more in ahead {
        match runs.last_mut() {
            Some(run) if run.page * PAGE_SIZE as u64 + run.bytes == more.page * PAGE_SIZE as u64 => {
                run.bytes += more.bytes
            }
            _ => runs.push(*more),
        }
    }
    runs
}
