//! The device below the page cache: one thing at a time, each with its price.
//!
//! An access that continues where the last one ended costs only its bytes; any other costs a seek first ([`DiskProfile`]). Whoever
//! needs the data now waits, also for what the device had to do before; what a background thread or the kernel does keeps the device
//! busy but lets nobody wait.

use super::{DiskProfile, PAGE_SIZE};
use crate::base::SimTime;

/// What the device has done since it was put in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct DeviceStat {
    /// Bytes that came from the platter.
    pub read_bytes: u64,
    /// Bytes that went to the platter.
    pub written_bytes: u64,
    /// How often somebody called `fsync`.
    pub fsyncs: u64,
    /// How often an access did not continue where the one before had ended.
    pub seeks: u64,
    /// The time that the bytes themselves took, in ns.
    pub transfer_ns: u64,
    /// The time that seeks took, in ns.
    pub seek_ns: u64,
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    /// Platter to cache.
    Read,
    /// Cache to platter.
    Write,
}

/// A run of pages of one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// Which file.
    pub(super) inode: u64,
    /// The first page.
    pub(super) page: u64,
    /// How many bytes from the start of that page.
    pub(super) bytes: u64,
}

/// The device.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Device {
    pub(super) profile: DiskProfile,
    /// How many times longer everything takes than it should.
    pub(super) slowness: u32,
    pub(super) failed: bool,
    /// How many bytes fit.
    pub(super) capacity: u64,
    pub(super) stat: DeviceStat,
    /// Whether a background thread is at work.
    pub(super) in_background: bool,
    /// Where the last access ended: a file, and a byte in it.
    head: Option<(u64, u64)>,
    /// When all that was asked for is done, in ns since the world began.
    free_at_ns: u64,
    /// How long the process has been waiting in this step, in ns.
    waited_ns: u64,
}

impl Device {
    pub(super) fn new(profile: DiskProfile, capacity: u64) -> Self {
        Self {
            profile,
            slowness: 1,
            failed: false,
            capacity,
            stat: DeviceStat::default(),
            in_background: false,
            head: None,
            free_at_ns: 0,
            waited_ns: 0,
        }
    }

    /// Reads or writes a run of pages.
    pub(super) fn access(&mut self, now: SimTime, direction: Direction, run: Run) {
        let start = run.page * PAGE_SIZE as u64;
        let continues = self
            .head
            .is_some_and(|(inode, end)| inode == run.inode && (start..start + PAGE_SIZE as u64).contains(&end));
        let slowness = u64::from(self.slowness);
        let transfer = self.profile.transfer_ns(run.bytes) * slowness;
        let seek = if continues { 0 } else { self.profile.seek_ns() * slowness };
        self.stat.seeks += u64::from(!continues);
        self.stat.transfer_ns += transfer;
        self.stat.seek_ns += seek;
        match direction {
            Direction::Read => self.stat.read_bytes += run.bytes,
            Direction::Write => self.stat.written_bytes += run.bytes,
        }
        self.head = Some((run.inode, start + run.bytes));
        self.occupy(now, transfer + seek);
    }

    fn occupy(&mut self, now: SimTime, cost_ns: u64) {
        let now_ns = now.0 * 1000;
        if self.in_background {
            self.free_at_ns = self.free_at_ns.max(now_ns) + cost_ns;
        } else {
            self.free_at_ns = self.free_at_ns.max(now_ns + self.waited_ns) + cost_ns;
            self.waited_ns = self.free_at_ns - now_ns;
        }
    }

    /// Lets the process wait until no more is left to do than `bytes` in a line.
    pub(super) fn throttle(&mut self, now: SimTime, bytes: u64) {
        let left = self.free_at_ns.saturating_sub(now.0 * 1000);
        if left > 0 && !self.in_background {
            let allowed = self.profile.transfer_ns(bytes) * u64::from(self.slowness);
            self.waited_ns = self.waited_ns.max(left.saturating_sub(allowed));
        }
    }

    /// How long the process waited since this was last asked.
    pub(super) fn take_waited(&mut self) -> SimTime {
        SimTime(std::mem::take(&mut self.waited_ns) / 1000)
    }

    /// Until when the device is busy.
    pub(super) fn busy_until(&self) -> SimTime {
        SimTime(self.free_at_ns.div_ceil(1000))
    }

    /// The machine lost power: nothing is under way any more.
    pub(super) fn power_loss(&mut self) {
        (self.head, self.free_at_ns, self.waited_ns) = (None, 0, 0);
    }
}
