//! An extent: up to 64 pages of a file in one piece, and a bit for each page's state.
//!
//! The bytes are shared (`Rc`) between copies of a disk until one of them writes; the states lie apart from them, so that a page can be
//! used, evicted or flushed without a copy of what it holds.

use super::PAGE_SIZE;
use crate::base::{Map, Rng};
use std::rc::Rc;

/// Pages in an extent: as many as a word has bits.
pub(super) const EXTENT_PAGES: usize = 64;
/// Bytes in an extent.
pub(super) const EXTENT_SIZE: usize = EXTENT_PAGES * PAGE_SIZE;

/// A set of pages of an extent, a bit for each.
pub(super) type Pages = u64;

/// The pages from `first` to `last`, both included.
pub(super) fn pages(first: usize, last: usize) -> Pages {
    (Pages::MAX >> (EXTENT_PAGES - 1 - last)) & (Pages::MAX << first)
}

/// The numbers of a set's pages, in order.
pub(super) fn numbers(mut set: Pages) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let page = set.trailing_zeros() as usize;
            set &= set - 1;
            page
        })
    })
}

/// How many pages became resident and dirty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Change {
    pub(super) resident: u64,
    pub(super) dirty: u64,
}

/// The content, not shared with anybody, and with room for `len` bytes: a copy does not lose the room that the original had.
fn unshared(bytes: &mut Rc<Vec<u8>>, len: usize) -> &mut Vec<u8> {
    if Rc::get_mut(bytes).is_none() {
        let mut copy = Vec::with_capacity(bytes.capacity().max(len));
        copy.extend_from_slice(bytes);
        *bytes = Rc::new(copy);
    }
    Rc::make_mut(bytes)
}

/// Up to 64 pages of a file; fewer only at its end.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Extent {
    /// What a reader sees.
    pub(super) bytes: Rc<Vec<u8>>,
    /// The pages in the cache. Dirty ones always are.
    pub(super) resident: Pages,
    /// The pages whose content the platter does not have yet.
    pub(super) dirty: Pages,
    /// When it was last used, by the page cache's own count.
    pub(super) used: u64,
    /// Behind the page that was last used: where eviction begins.
    pub(super) hand: u8,
    /// What the platter has in place of dirty pages. A dirty page that is not here was never brought there.
    older: Map<u8, Rc<[u8]>>,
}

impl Extent {
    /// An extent with nothing in it yet, and room for `capacity` bytes.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Rc::new(Vec::with_capacity(capacity)), ..Self::default() }
    }

    /// The pages that hold something.
    pub(super) fn present(&self) -> Pages {
        match self.bytes.len().div_ceil(PAGE_SIZE) {
            0 => 0,
            count => pages(0, count - 1),
        }
    }

    /// The pages that a reader of a range touches; none beyond the end.
    pub(super) fn pages_of(&self, start: usize, end: usize) -> Pages {
        let end = end.min(self.bytes.len());
        if start >= end { 0 } else { pages(start / PAGE_SIZE, (end - 1) / PAGE_SIZE) }
    }

    /// Where a page ends: earlier than its successor begins only at the file's end.
    pub(super) fn end_of(&self, page: usize) -> usize {
        ((page + 1) * PAGE_SIZE).min(self.bytes.len())
    }

    fn page(&self, page: usize) -> &[u8] {
        &self.bytes[page * PAGE_SIZE..self.end_of(page)]
    }

    /// Writes from `start`, which lies within or at the end; `bytes` must fit.
    pub(super) fn write(&mut self, start: usize, bytes: &[u8], used: u64) -> Change {
        let end = start + bytes.len();
        let written = pages(start / PAGE_SIZE, (end - 1) / PAGE_SIZE);
        for page in numbers(written & self.present() & !self.dirty) {
            let flushed = Rc::from(self.page(page));
            self.older.insert(page as u8, flushed);
        }
        let content = unshared(&mut self.bytes, end);
        let over = bytes.len().min(content.len() - start);
        content[start..start + over].copy_from_slice(&bytes[..over]);
        content.extend_from_slice(&bytes[over..]);
        let change = Change {
            resident: u64::from((written & !self.resident).count_ones()),
            dirty: u64::from((written & !self.dirty).count_ones()),
        };
        self.resident |= written;
        self.dirty |= written;
        self.mark_used(end - 1, used);
        change
    }

    /// The byte at `at` was used.
    pub(super) fn mark_used(&mut self, at: usize, used: u64) {
        self.used = used;
        self.hand = ((at / PAGE_SIZE + 1) % EXTENT_PAGES) as u8;
    }

    /// Cuts it to `len` bytes. Shortening is a matter of the directory: it makes no page dirty.
    pub(super) fn truncate(&mut self, len: usize) {
        if len >= self.bytes.len() {
            return;
        }
        Rc::make_mut(&mut self.bytes).truncate(len);
        let present = self.present();
        self.resident &= present;
        self.dirty &= present;
        self.older.retain(|page, _| present & (1 << page) != 0);
        if let Some(last) = len.checked_sub(1)
            && let Some(content) = self.older.get_mut(&((last / PAGE_SIZE) as u8))
            && content.len() > last % PAGE_SIZE + 1
        {
            *content = Rc::from(&content[..last % PAGE_SIZE + 1]);
        }
    }

    /// All dirty pages have been brought to the platter.
    pub(super) fn clean(&mut self) {
        self.dirty = 0;
        self.older.clear();
    }

    /// Takes up to `wanted` clean pages out of the cache, the longest unused first; says how many.
    pub(super) fn evict(&mut self, wanted: u64) -> u64 {
        let hand = u32::from(self.hand);
        let mut clean = (self.resident & !self.dirty).rotate_right(hand);
        let mut gone = 0;
        while gone < wanted && clean != 0 {
            let first = clean & clean.wrapping_neg();
            clean &= !first;
            self.resident &= !first.rotate_left(hand);
            gone += 1;
        }
        gone
    }

    /// Power is lost: of each dirty page, a coin decides whether it had been brought to the platter. Says which had; the others are as they
    /// were before, and zeros where they were not.
    pub(super) fn power_loss(&mut self, rng: &mut Rng) -> Pages {
        let mut arrived = 0;
        for page in numbers(self.dirty) {
            let end = self.end_of(page);
            if rng.below(2) == 1 {
                arrived |= 1 << page;
                continue;
            }
            let older = self.older.get(&(page as u8)).cloned().unwrap_or_default();
            let kept = older.len().min(end - page * PAGE_SIZE);
            let (content, start) = (Rc::make_mut(&mut self.bytes), page * PAGE_SIZE);
            content[start..start + kept].copy_from_slice(&older[..kept]);
            content[start + kept..end].fill(0);
        }
        self.clean();
        self.resident = 0;
        arrived
    }

    /// Turns every bit of one byte around, in the cache and on the platter. No page gets dirty by that: it is not known to anybody.
    pub(super) fn corrupt(&mut self, at: usize) {
        let content = Rc::make_mut(&mut self.bytes);
        content[at] = !content[at];
        if let Some(older) = self.older.get_mut(&((at / PAGE_SIZE) as u8))
            && let Some(byte) = older.get(at % PAGE_SIZE)
        {
            let (turned, mut content) = (!byte, older.to_vec());
            content[at % PAGE_SIZE] = turned;
            *older = content.into();
        }
    }
}
