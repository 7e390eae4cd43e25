//! An ordered set that is a sorted vector, for the reasons that [`Map`] gives.

use super::Map;
use std::borrow::Borrow;
use std::fmt;

/// A set in the order of what it holds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Set<T>(Map<T, ()>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Set<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T> Set<T> {
    /// A set with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self(Map::new())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator + Clone {
        self.0.keys()
    }

    /// Takes out the smallest.
    pub fn pop_first(&mut self) -> Option<T> {
        self.0.pop_first().map(|(item, ())| item)
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps only what is `wanted`.
    pub fn retain(&mut self, mut wanted: impl FnMut(&T) -> bool) {
        self.0.retain(|item, ()| wanted(item));
    }
}

impl<T: Ord> Set<T> {
    /// Whether `item` is in it.
    #[must_use]
    pub fn contains<Q: Ord + ?Sized>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(item)
    }

    /// Puts `item` in; says whether it was not there.
    pub fn insert(&mut self, item: T) -> bool {
        self.0.insert(item, ()).is_none()
    }

    /// Takes `item` out; says whether it was there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.remove(item).is_some()
    }
}

impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.0.extend(items.into_iter().map(|item| (item, ())));
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut set = Self::new();
        set.extend(items);
        set
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Set<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::iter::Map<std::vec::IntoIter<(T, ())>, fn((T, ())) -> T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(|(item, ())| item)
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::iter::Map<super::map::Iter<'a, T, ()>, fn((&'a T, &'a ())) -> &'a T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(item, ())| item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest_of;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_ordered_and_has_the_digest_of_a_b_tree_set() {
        let items = [3_u64, 1, 2, 1];
        let (mut set, tree) = (Set::from(items), BTreeSet::from(items));
        assert!(set.iter().eq(&tree) && (&set).into_iter().eq(&tree));
        assert_eq!((digest_of(&set), format!("{set:?}")), (digest_of(&tree), format!("{tree:?}")));
        assert!(set.contains(&2) && set.remove(&2) && !set.remove(&2) && !set.insert(3));
        assert_eq!(set.pop_first(), Some(1));
        assert_eq!(set.into_iter().collect::<Vec<_>>(), [3]);
    }
}
