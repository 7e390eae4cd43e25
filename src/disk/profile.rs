//! What a disk costs: two rates, and the seek that lies between them.

use super::PAGE_SIZE;

/// What reading and writing costs on a kind of disk.
///
/// A page that continues where the last access ended costs its share of the sequential rate. Any other costs a *seek* before that.
/// The seek is not given but follows: it is as long as makes single pages, each at another place, come at the random rate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DiskProfile {
    /// What it is called: `hdd`, `ssd`.
    pub name: &'static str,
    /// Bytes per second when each access continues the one before.
    pub sequential_bytes_per_second: u64,
    /// Bytes per second when pages of 4 KiB are read or written, each at another place.
    pub random_bytes_per_second: u64,
}

impl DiskProfile {
    /// The hard disks of Kafka's own design notes: an array that writes 600 MB/s in a line and 100 KB/s here and there, 6000 times less.
    pub const HDD: Self =
        Self { name: "hdd", sequential_bytes_per_second: 600_000_000, random_bytes_per_second: 100_000 };

    /// A solid-state disk of the ordinary kind: 500 MB/s in a line; 10,000 single pages a second, one after the other.
    pub const SSD: Self =
        Self { name: "ssd", sequential_bytes_per_second: 500_000_000, random_bytes_per_second: 40_960_000 };

    /// All kinds.
    pub const ALL: [Self; 2] = [Self::HDD, Self::SSD];

    /// How long `bytes` in a line take, in ns.
    #[must_use]
    pub fn transfer_ns(&self, bytes: u64) -> u64 {
        (u128::from(bytes) * 1_000_000_000 / u128::from(self.sequential_bytes_per_second.max(1))) as u64
    }

    /// How long it takes to get to another place, in ns.
    #[must_use]
    pub fn seek_ns(&self) -> u64 {
        let page = PAGE_SIZE as u64;
        let alone = page * 1_000_000_000 / self.random_bytes_per_second.max(1);
        alone.saturating_sub(self.transfer_ns(page))
    }
}
