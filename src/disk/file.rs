//! A file: its pages in the cache, and what the platter has in their place.

use super::PAGE_SIZE;
use std::rc::Rc;

/// What the page cache holds of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FileStat {
    /// The length that a reader sees.
    pub len: u64,
    /// The length that a power loss would leave at most.
    pub flushed_len: u64,
    /// Pages in the cache.
    pub resident_pages: u64,
    /// Those of them whose content the platter does not have yet.
    pub dirty_pages: u64,
}

/// Where the content of a page is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PageState {
    /// On the platter only.
    Absent,
    /// In the cache, and the same on the platter.
    Clean,
    /// In the cache; the platter has something older, or nothing.
    Dirty,
}

/// What the platter has where a page belongs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Platter {
    /// The same: the page is clean.
    Same,
    /// What the page held when it was last brought there.
    Older(Rc<Vec<u8>>),
    /// Nothing yet.
    Nothing,
}

/// A page; the last one of a file holds as many bytes as the file needs, all others are full.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Page {
    cached: Rc<Vec<u8>>,
    platter: Platter,
}

impl Page {
    /// The content, to be changed: from here on the page is dirty.
    fn dirty(&mut self) -> &mut Vec<u8> {
        if self.platter == Platter::Same {
            self.platter = Platter::Older(self.cached.clone());
        }
        Rc::make_mut(&mut self.cached)
    }

    fn is_clean(&self) -> bool {
        matches!(self.platter, Platter::Same)
    }
}

/// A file.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct File {
    pages: Vec<Page>,
    /// How much of the file a power loss leaves, if the pages up to there are on the platter in some form.
    flushed_len: u64,
}

impl File {
    pub(super) fn len(&self) -> u64 {
        match self.pages.last() {
            None => 0,
            Some(last) => ((self.pages.len() - 1) * PAGE_SIZE + last.cached.len()) as u64,
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.pages.iter().all(Page::is_clean)
    }

    pub(super) fn write_at(&mut self, position: u64, mut bytes: &[u8]) {
        let mut at = position as usize;
        while !bytes.is_empty() {
            let (number, start) = (at / PAGE_SIZE, at % PAGE_SIZE);
            if number == self.pages.len() {
                self.pages.push(Page { cached: Rc::default(), platter: Platter::Nothing });
            }
            let page = self.pages[number].dirty();
            let size = bytes.len().min(PAGE_SIZE - start);
            let over = size.min(page.len() - start);
            page[start..start + over].copy_from_slice(&bytes[..over]);
            page.extend_from_slice(&bytes[over..size]);
            bytes = &bytes[size..];
            at += size;
        }
    }

    pub(super) fn read_at(&self, position: u64, buffer: &mut [u8]) -> usize {
        let mut done = 0;
        while done < buffer.len() {
            let at = position as usize + done;
            let (number, start) = (at / PAGE_SIZE, at % PAGE_SIZE);
            let Some(rest) = self.pages.get(number).and_then(|page| page.cached.get(start..)) else { break };
            if rest.is_empty() {
                break;
            }
            let size = rest.len().min(buffer.len() - done);
            buffer[done..done + size].copy_from_slice(&rest[..size]);
            done += size;
        }
        done
    }

    pub(super) fn truncate(&mut self, len: u64) {
        let len_in_pages = len as usize;
        self.pages.truncate(len_in_pages.div_ceil(PAGE_SIZE));
        if let Some(last) = self.pages.last_mut()
            && !len_in_pages.is_multiple_of(PAGE_SIZE)
        {
            // Shortening is a matter of the directory: it makes no page dirty.
            Rc::make_mut(&mut last.cached).truncate(len_in_pages % PAGE_SIZE);
        }
        self.flushed_len = self.flushed_len.min(len);
    }

    pub(super) fn fsync(&mut self) -> u64 {
        let mut written = 0;
        for page in self.pages.iter_mut().filter(|page| !page.is_clean()) {
            page.platter = Platter::Same;
            written += 1;
        }
        self.flushed_len = self.len();
        written
    }

    pub(super) fn power_loss(&mut self) {
        for page in &mut self.pages {
            match std::mem::replace(&mut page.platter, Platter::Same) {
                Platter::Same => {}
                Platter::Older(content) => page.cached = content,
                Platter::Nothing => page.cached = Rc::default(),
            }
        }
        self.truncate(self.flushed_len);
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = PageState> + '_ {
        self.pages.iter().map(|page| if page.is_clean() { PageState::Clean } else { PageState::Dirty })
    }

    pub(super) fn stat(&self) -> FileStat {
        FileStat {
            len: self.len(),
            flushed_len: self.flushed_len,
            resident_pages: self.pages.len() as u64,
            dirty_pages: self.pages.iter().filter(|page| !page.is_clean()).count() as u64,
        }
    }
}
