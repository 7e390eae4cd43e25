//! The order of the producers in a snapshot.
//!
//! Kafka keeps producers in a `HashMap<Long, …>` and writes a snapshot in the order in which that hands them out, so the
//! bytes of the file depend on how Java hashes: by bucket (low bits of the folded key), and in a bucket by arrival. The
//! table doubles when it is more than three quarters full and never shrinks. Readers do not mind the order; whoever
//! compares files does.

use crate::base::Set;

/// How many buckets a table has at first.
const DEFAULT_CAPACITY: u32 = 16;

/// The ids in a hash table.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct HashOrder {
    /// As they came.
    arrivals: Vec<i64>,
    /// How many buckets there are; a power of two.
    capacity: u32,
}

impl Default for HashOrder {
    fn default() -> Self {
        Self { arrivals: Vec::new(), capacity: DEFAULT_CAPACITY }
    }
}

impl HashOrder {
    /// An id that is not there yet comes.
    pub(super) fn add(&mut self, id: i64) {
        self.arrivals.push(id);
        while self.arrivals.len() as u64 > u64::from(self.capacity / 4 * 3) {
            self.capacity *= 2;
        }
    }

    /// Some ids go.
    pub(super) fn remove(&mut self, gone: &Set<i64>) {
        self.arrivals.retain(|id| !gone.contains(id));
    }

    /// All ids go.
    pub(super) fn clear(&mut self) {
        self.arrivals.clear();
    }

    /// The ids, as Java's table hands them out.
    pub(super) fn ids(&self) -> Vec<i64> {
        let mut ids = self.arrivals.clone();
        ids.sort_by_key(|id| self.bucket(*id));
        ids
    }

    fn bucket(&self, id: i64) -> u32 {
        let folded = (id ^ (id.cast_unsigned() >> 32).cast_signed()).cast_unsigned() as u32;
        (folded ^ folded >> 16) & (self.capacity - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_out_as_java_hands_them_out() {
        let order = |ids: &[i64]| {
            let mut order = HashOrder::default();
            ids.iter().for_each(|id| order.add(*id));
            order.ids()
        };
        assert_eq!(order(&[3, 1, 2]), [1, 2, 3]);
        // 16 and 0 share a bucket of 16: the first to come is the first to go out.
        assert_eq!(order(&[1, 16, 0]), [16, 0, 1]);
        // The thirteenth makes a table of 32, in which they do not.
        let mut many: Vec<i64> = (0..11).map(|id| 100 + id).collect();
        many.extend([16, 0]);
        assert_eq!(order(&many)[..5], [0, 100, 101, 102, 103]);
        // The upper half of a key counts, too.
        assert_eq!(order(&[5, 3 << 32]), [3 << 32, 5]);
        assert_eq!(order(&[2 << 16, 1]), [1, 2 << 16]);
    }
}
