//! A file: its extents, how long it is, and how long it would be after a power loss.

use super::PAGE_SIZE;
use super::device::Run;
use super::extent::{Change, EXTENT_PAGES, EXTENT_SIZE, Extent, numbers};
use crate::base::{Rng, SimTime};

/// What the page cache holds of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FileStat {
    /// The length that a reader sees.
    pub len: u64,
    /// The length that the platter knows: a power loss leaves as much at least.
    pub flushed_len: u64,
    /// Pages in the cache.
    pub resident_pages: u64,
    /// Those of them whose content the platter does not have yet.
    pub dirty_pages: u64,
    /// When it was last written to.
    pub mtime: SimTime,
}

/// Where a page is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PageState {
    /// On the platter only: a read has to wait for the device.
    Evicted,
    /// In the cache, and the same on the platter.
    Clean,
    /// In the cache only: the platter has an older content, or none.
    Dirty,
}

/// How many pages a file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    pub(super) pages: u64,
    pub(super) resident: u64,
    pub(super) dirty: u64,
}

/// A file.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct File {
    /// Its number; no two files of a disk ever have the same.
    pub(super) inode: u64,
    pub(super) mtime: SimTime,
    /// Since when some of its pages have been dirty.
    pub(super) dirty_since: Option<SimTime>,
    /// Where a reader who goes on reading would read next: a page.
    pub(super) read_next: u64,
    /// How many pages at once are read for such a reader.
    pub(super) read_ahead: u64,
    extents: Vec<Extent>,
    len: u64,
    flushed_len: u64,
}

/// The pages that hold `len` bytes.
pub(super) fn pages_for(len: u64) -> u64 {
    len.div_ceil(PAGE_SIZE as u64)
}

fn place(position: u64) -> (usize, usize) {
    (position as usize / EXTENT_SIZE, position as usize % EXTENT_SIZE)
}

impl File {
    pub(super) fn new(inode: u64, now: SimTime) -> Self {
        Self { inode, mtime: now, ..Self::default() }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn is_clean(&self) -> bool {
        self.dirty_since.is_none()
    }

    pub(super) fn extents(&self) -> &[Extent] {
        &self.extents
    }

    pub(super) fn extents_mut(&mut self) -> &mut [Extent] {
        &mut self.extents
    }

    /// Writes from `position`, which lies within the file or at its end. `used` counts up with every extent.
    pub(super) fn write_at(&mut self, position: u64, mut bytes: &[u8], now: SimTime, used: &mut u64) -> Change {
        if bytes.is_empty() {
            return Change::default();
        }
        let (mut number, mut start) = place(position);
        let mut sum = Change::default();
        self.len = self.len.max(position + bytes.len() as u64);
        while !bytes.is_empty() {
            if number == self.extents.len() {
                // A file that has filled one extent will most likely fill the next.
                self.extents.push(Extent::with_capacity(if number == 0 { 0 } else { EXTENT_SIZE }));
            }
            let (now_written, later) = bytes.split_at(bytes.len().min(EXTENT_SIZE - start));
            *used += 1;
            let change = self.extents[number].write(start, now_written, *used);
            sum = Change { resident: sum.resident + change.resident, dirty: sum.dirty + change.dirty };
            (bytes, number, start) = (later, number + 1, 0);
        }
        self.mtime = now;
        self.dirty_since = self.dirty_since.or(Some(now));
        sum
    }

    /// What lies in one piece from `position` on; nothing only at the file's end.
    pub(super) fn slice(&self, position: u64) -> &[u8] {
        let (number, start) = place(position);
        self.extents.get(number).and_then(|extent| extent.bytes.get(start..)).unwrap_or_default()
    }

    pub(super) fn read_at(&self, position: u64, buffer: &mut [u8]) -> usize {
        let mut done = 0;
        while done < buffer.len() {
            let piece = self.slice(position + done as u64);
            if piece.is_empty() {
                break;
            }
            let size = piece.len().min(buffer.len() - done);
            buffer[done..done + size].copy_from_slice(&piece[..size]);
            done += size;
        }
        done
    }

    /// Whether all pages of a range are in the cache.
    pub(super) fn is_resident(&self, position: u64, len: u64) -> bool {
        self.absent_runs(position / PAGE_SIZE as u64, pages_for(position.saturating_add(len).min(self.len))).is_empty()
    }

    /// The pages from `first` up to `end` that are not in the cache, as runs.
    pub(super) fn absent_runs(&self, first: u64, end: u64) -> Vec<Run> {
        self.runs(first, end, |extent| extent.present() & !extent.resident)
    }

    /// The dirty pages, as runs.
    pub(super) fn dirty_runs(&self) -> Vec<Run> {
        self.runs(0, pages_for(self.len), |extent| extent.dirty)
    }

    fn runs(&self, first: u64, end: u64, wanted: impl Fn(&Extent) -> u64) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let from = first as usize / EXTENT_PAGES;
        let to = (end as usize).div_ceil(EXTENT_PAGES).min(self.extents.len());
        for (number, extent) in self.extents.iter().enumerate().take(to).skip(from) {
            for page in numbers(wanted(extent)) {
                let at = (number * EXTENT_PAGES + page) as u64;
                if !(first..end).contains(&at) {
                    continue;
                }
                let bytes = (extent.end_of(page) - page * PAGE_SIZE) as u64;
                match runs.last_mut() {
                    Some(run) if run.page * PAGE_SIZE as u64 + run.bytes == at * PAGE_SIZE as u64 => run.bytes += bytes,
                    _ => runs.push(Run { inode: self.inode, page: at, bytes }),
                }
            }
        }
        runs
    }

    /// Marks the pages of a range as used, and as being in the cache. Says how many were in it before, and how many came.
    pub(super) fn bring(&mut self, position: u64, len: u64, used: &mut u64) -> (u64, u64) {
        let end = (position + len).min(self.len);
        let (mut hits, mut misses, mut at) = (0, 0, position);
        while at < end {
            let (number, start) = place(at);
            let stop = ((end - at) as usize + start).min(EXTENT_SIZE);
            let extent = &mut self.extents[number];
            let touched = extent.pages_of(start, stop);
            hits += u64::from((touched & extent.resident).count_ones());
            misses += u64::from((touched & !extent.resident).count_ones());
            extent.resident |= touched;
            *used += 1;
            extent.mark_used(stop - 1, *used);
            at += (stop - start) as u64;
        }
        (hits, misses)
    }

    pub(super) fn truncate(&mut self, len: u64, now: SimTime) {
        let (number, start) = place(len);
        self.extents.truncate(number + usize::from(start > 0));
        if start > 0
            && let Some(last) = self.extents.last_mut()
        {
            last.truncate(start);
        }
        self.len = len;
        self.flushed_len = self.flushed_len.min(len);
        self.mtime = now;
        if self.extents.iter().all(|extent| extent.dirty == 0) {
            self.dirty_since = None;
        }
    }

    /// All dirty pages have been brought to the platter, and the length with them. Says how many there were.
    pub(super) fn clean(&mut self) -> u64 {
        let mut written = 0;
        for extent in self.extents.iter_mut().filter(|extent| extent.dirty != 0) {
            written += u64::from(extent.dirty.count_ones());
            extent.clean();
        }
        self.flushed_len = self.len;
        self.dirty_since = None;
        written
    }

    /// Power is lost. The file is as long as the platter knew, or as far as one of the pages behind that had come.
    /// Says how many dirty pages had come.
    pub(super) fn power_loss(&mut self, rng: &mut Rng) -> u64 {
        let (mut len, mut count) = (self.flushed_len, 0);
        for (number, extent) in self.extents.iter_mut().enumerate() {
            let arrived = extent.power_loss(rng);
            count += u64::from(arrived.count_ones());
            if arrived != 0 {
                let last = EXTENT_PAGES - 1 - arrived.leading_zeros() as usize;
                len = len.max((number * EXTENT_SIZE + extent.end_of(last)) as u64);
            }
        }
        let mtime = self.mtime;
        self.truncate(len, mtime);
        self.flushed_len = len;
        (self.read_next, self.read_ahead) = (0, 0);
        count
    }

    pub(super) fn corrupt(&mut self, position: u64) {
        let (number, start) = place(position);
        self.extents[number].corrupt(start);
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts { pages: pages_for(self.len), ..Counts::default() };
        for extent in &self.extents {
            counts.resident += u64::from(extent.resident.count_ones());
            counts.dirty += u64::from(extent.dirty.count_ones());
        }
        counts
    }

    pub(super) fn stat(&self) -> FileStat {
        let counts = self.counts();
        FileStat {
            len: self.len,
            flushed_len: self.flushed_len,
            resident_pages: counts.resident,
            dirty_pages: counts.dirty,
            mtime: self.mtime,
        }
    }

    pub(super) fn page_states(&self) -> Vec<PageState> {
        let state = |extent: &Extent, page: usize| match 1 << page {
            bit if extent.dirty & bit != 0 => PageState::Dirty,
            bit if extent.resident & bit != 0 => PageState::Clean,
            _ => PageState::Evicted,
        };
        self.extents.iter().flat_map(|extent| numbers(extent.present()).map(move |page| state(extent, page))).collect()
    }
}
