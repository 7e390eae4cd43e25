//! A set of offsets, kept as the spans in which they lie.
//!
//! Offsets come nearly in order, so millions of them are mostly one span.

use super::{Map, Offset};

/// A set of offsets.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Spans {
    /// Each span's first offset, with its last.
    spans: Map<Offset, Offset>,
    len: u64,
}

impl Spans {
    /// How many offsets there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The spans, each with its first and last offset, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Offset, Offset)> {
        self.spans.iter().map(|(first, last)| (*first, *last))
    }

    /// The span that holds an offset.
    fn around(&self, offset: Offset) -> Option<(Offset, Offset)> {
        let (first, last) = self.spans.range(..=offset).next_back()?;
        (*last >= offset).then_some((*first, *last))
    }

    /// Whether an offset is in it.
    #[must_use]
    pub fn contains(&self, offset: Offset) -> bool {
        self.around(offset).is_some()
    }

    /// Puts an offset in; says whether it was not there.
    pub fn insert(&mut self, offset: Offset) -> bool {
        let before = self.spans.range(..=offset).next_back().map(|(first, last)| (*first, *last));
        if before.is_some_and(|(_, last)| last >= offset) {
            return false;
        }
        let first = before.filter(|(_, last)| last + 1 == offset).map_or(offset, |(first, _)| first);
        let last = self.spans.remove(&(offset + 1)).unwrap_or(offset);
        self.spans.insert(first, last);
        self.len += 1;
        true
    }

    /// Takes an offset out; says whether it was there.
    pub fn remove(&mut self, offset: Offset) -> bool {
        let Some((first, last)) = self.around(offset) else { return false };
        self.spans.remove(&first);
        if first < offset {
            self.spans.insert(first, offset - 1);
        }
        if offset < last {
            self.spans.insert(offset + 1, last);
        }
        self.len -= 1;
        true
    }

    /// How many of the offsets from `first` up to, but not including, `end` are in it.
    #[must_use]
    pub fn count_within(&self, first: Offset, end: Offset) -> u64 {
        let from = self.around(first).map_or(first, |(from, _)| from);
        let spans = self.spans.range(from..end.max(from));
        spans.map(|(from, last)| ((last + 1).min(end) - (*from).max(first)).max(0).unsigned_abs()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set() {
        let mut rng = Rng::new(1, &"spans");
        let (mut spans, mut set) = (Spans::default(), BTreeSet::new());
        for _ in 0..20_000 {
            let offset = rng.below(60) as Offset;
            if rng.below(3) > 0 {
                assert_eq!(spans.insert(offset), set.insert(offset));
            } else {
                assert_eq!(spans.remove(offset), set.remove(&offset));
            }
            assert_eq!((spans.len(), spans.contains(offset)), (set.len() as u64, set.contains(&offset)));
            assert!(spans.iter().flat_map(|(first, last)| first..=last).eq(set.iter().copied()));
            assert!(spans.iter().zip(spans.iter().skip(1)).all(|(a, b)| a.1 + 1 < b.0), "{spans:?}");
            let (a, b) = (rng.below(60) as Offset, rng.below(60) as Offset);
            assert_eq!(spans.count_within(a, b), set.iter().filter(|it| (a..b.max(a)).contains(it)).count() as u64);
        }
    }
}
