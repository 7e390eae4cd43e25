//! A list that grows at its end, and whose clones share what they have in common.
//!
//! The trace and the ledger grow with every event, and every checkpoint clones them. So they are kept in pages of [`PAGE`] items, and full pages in
//! shelves of as many pages; a clone takes a share of each full shelf and page, and copies only the last page. A change of an old item copies its
//! page, if somebody else has a share in it. Equality and digest are those of the items, one after another, however they are kept.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// How many items a page holds, and how many pages a shelf.
const PAGE: usize = 64;

type Page<T> = Rc<Vec<T>>;

/// A list that only grows, cheap to clone.
#[derive(Clone)]
pub struct Chunks<T> {
    shelves: Vec<Rc<Vec<Page<T>>>>,
    pages: Vec<Page<T>>,
    last: Vec<T>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { shelves: Vec::new(), pages: Vec::new(), last: Vec::new() }
    }
}

impl<T> Chunks<T> {
    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.shelves.len() * PAGE + self.pages.len()) * PAGE + self.last.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts an item at the end.
    pub fn push(&mut self, item: T) {
        if self.last.capacity() == 0 {
            self.last.reserve_exact(PAGE);
        }
        self.last.push(item);
        if self.last.len() == PAGE {
            self.pages.push(Rc::new(std::mem::take(&mut self.last)));
            if self.pages.len() == PAGE {
                self.shelves.push(Rc::new(std::mem::take(&mut self.pages)));
            }
        }
    }

    /// The item at a place, from 0.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&T> {
        self.page(place / PAGE)?.get(place % PAGE)
    }

    fn page(&self, number: usize) -> Option<&[T]> {
        let loose = self.shelves.len() * PAGE;
        if number < loose {
            return self.shelves[number / PAGE].get(number % PAGE).map(|page| &page[..]);
        }
        match self.pages.get(number - loose) {
            Some(page) => Some(page),
            None if number == loose + self.pages.len() => Some(&self.last),
            None => None,
        }
    }

    /// All items from a place on.
    pub fn since(&self, from: usize) -> impl DoubleEndedIterator<Item = &T> + Clone {
        let pages = from.min(self.len()) / PAGE..self.len().div_ceil(PAGE);
        let first = pages.start;
        pages.flat_map(move |number| {
            let page = self.page(number).unwrap_or_default();
            &page[if number == first { from.saturating_sub(number * PAGE).min(page.len()) } else { 0 }..]
        })
    }

    /// All items.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.since(0)
    }
}

impl<T: Clone> Chunks<T> {
    /// The item at a place, to be changed.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        let (number, within, loose) = (place / PAGE, place % PAGE, self.shelves.len() * PAGE);
        if number < loose {
            let page = Rc::make_mut(&mut self.shelves[number / PAGE]).get_mut(number % PAGE)?;
            return Rc::make_mut(page).get_mut(within);
        }
        if number == loose + self.pages.len() {
            return self.last.get_mut(within);
        }
        Rc::make_mut(self.pages.get_mut(number - loose)?).get_mut(within)
    }
}

impl<T: PartialEq> PartialEq for Chunks<T> {
    fn eq(&self, other: &Self) -> bool {
        // What is shared is equal without a look inside.
        let same = |(a, b): (&Page<T>, &Page<T>)| Rc::ptr_eq(a, b) || a == b;
        let alike = |a: &[Page<T>], b: &[Page<T>]| a.len() == b.len() && a.iter().zip(b).all(same);
        self.len() == other.len()
            && self.shelves.iter().zip(&other.shelves).all(|(a, b)| Rc::ptr_eq(a, b) || alike(a, b))
            && alike(&self.pages, &other.pages)
            && self.last == other.last
    }
}

impl<T: Eq> Eq for Chunks<T> {}

impl<T: Hash> Hash for Chunks<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.len() as u64);
        for item in self.iter() {
            item.hash(state);
        }
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Chunks<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Rng, digest_of};

    #[test]
    fn it_is_a_list() {
        let mut rng = Rng::new(1, &"chunks");
        for len in [0, 1, 63, 64, 65, 4095, 4096, 4097, 4160, 9000] {
            let mut chunks = Chunks::default();
            let mut list = Vec::new();
            for item in 0..len {
                chunks.push(item);
                list.push(item);
            }
            let before = chunks.clone();
            for _ in 0..len.min(50) {
                let place = rng.below(len as u64) as usize;
                *chunks.get_mut(place).unwrap() += 1;
                list[place] += 1;
            }
            assert_eq!((chunks.len(), chunks.get(len).is_none(), chunks.get_mut(len).is_none()), (len, true, true));
            assert!(chunks.iter().eq(&list) && chunks.iter().rev().eq(list.iter().rev()));
            assert!(before.iter().copied().eq(0..len), "a clone is not touched");
            assert_eq!(before == chunks, len == 0);
            for from in [0, 1, 63, 64, 65, len / 2, len, len + 100] {
                assert!(chunks.since(from).eq(&list[from.min(len)..]), "{from} of {len}");
            }
            let mut again = Chunks::default();
            list.iter().for_each(|item| again.push(*item));
            assert_eq!((&again, digest_of(&again)), (&chunks, digest_of(&chunks)));
        }
    }
}
