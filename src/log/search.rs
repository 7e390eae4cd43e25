//! The search in an index file, and the walk that it takes.
//!
//! Both indexes are rows of entries of one size, in growing order, so that a binary search finds the last entry that is
//! not above the target. Kafka searches the last 8 KiB first, its *warm section*: most look-ups are for the newest
//! records, and so always touch the same few pages, which therefore stay in memory.

use super::LogError;

/// The bytes at the end of an index that are searched first.
const WARM_SECTION_BYTES: u32 = 8192;

/// One entry that a search looked at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Probe<E> {
    /// The entry's number in the file.
    pub slot: u32,
    /// The entry.
    pub entry: E,
}

/// The last of `entries` entries, of `entry_size` bytes each, whose key is at most `target`; none if the first one's is
/// above it already. `key` reads the key of an entry, and may fail to.
pub(super) fn largest_lower_bound(
    entries: u32,
    entry_size: u32,
    target: i64,
    mut key: impl FnMut(u32) -> Result<i64, LogError>,
) -> Result<Option<u32>, LogError> {
    let Some(last) = entries.checked_sub(1) else { return Ok(None) };
    let first_warm = last.saturating_sub(WARM_SECTION_BYTES / entry_size);
    let (mut low, mut high) = if key(first_warm)? < target {
        (first_warm, last)
    } else if key(0)? > target {
        return Ok(None);
    } else {
        (0, first_warm)
    };
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        match key(middle)?.cmp(&target) {
            std::cmp::Ordering::Greater => high = middle - 1,
            std::cmp::Ordering::Less => low = middle,
            std::cmp::Ordering::Equal => return Ok(Some(middle)),
        }
    }
    Ok(Some(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    #[test]
    fn finds_what_a_scan_finds_in_a_few_looks() {
        let mut rng = Rng::new(1, &"search");
        for entries in [0u32, 1, 2, 3, 100, 1024, 1025, 1026, 5000] {
            let mut key = 0;
            let keys: Vec<i64> = (0..entries).map(|_| (key, key += 1 + rng.below(5) as i64).0).collect();
            for _ in 0..200 {
                let target = rng.below(key as u64 + 4) as i64 - 2;
                let mut looks = 0;
                let found = largest_lower_bound(entries, 8, target, |slot| {
                    looks += 1;
                    Ok(keys[slot as usize])
                });
                let expected = keys.iter().rposition(|key| *key <= target).map(|slot| slot as u32);
                assert_eq!(found, Ok(expected));
                assert!(looks <= 15, "{looks}");
            }
        }
    }
}
