//! What is done to a whole disk: waiting for it, flushing, losing power, and the dials that a person turns.

use super::device::{Device, DeviceStat, Direction};
use super::file::pages_for;
use super::{Disk, DiskError, DiskProfile, PAGE_SIZE};
use crate::base::{Rng, SimTime};
use std::rc::Rc;

impl Disk {
    /// How long the process has waited for the device since this was last asked.
    pub fn take_io_time(&mut self) -> SimTime {
        self.device.take_waited()
    }

    /// Lets `work` be done by a background thread: the device is busy with it, but nobody waits for it.
    pub fn in_background<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.device.in_background, true);
        let result = work(self);
        self.device.in_background = before;
        result
    }

    /// Brings a file's dirty pages to the platter; says how many there were.
    pub fn fsync(&mut self, path: &str) -> Result<u64, DiskError> {
        self.expect_working(path)?;
        self.file(path)?;
        self.device.stat.fsyncs += 1;
        Ok(self.write_out(path))
    }

    /// The machine loses power: what is in memory only is gone, and of what was dirty, chance says what had reached the platter.
    /// Says how many dirty pages had.
    pub fn power_loss(&mut self, rng: &mut Rng) -> u64 {
        let arrived = self.files.values_mut().map(|file| Rc::make_mut(file).power_loss(rng)).sum();
        self.used_pages = self.files.values().map(|file| pages_for(file.len())).sum();
        self.cache.power_loss();
        self.device.power_loss();
        arrived
    }

    /// Makes everything take so many times longer than it should; 1 for what is usual.
    pub fn set_slowness(&mut self, times: u32) {
        self.device.slowness = times.max(1);
    }

    /// How many times longer everything takes than it should.
    #[must_use]
    pub fn slowness(&self) -> u32 {
        self.device.slowness
    }

    /// The device stops working: from now on only what is in the cache can be read, and nothing be written.
    pub fn fail(&mut self) {
        self.device.failed = true;
    }

    /// Whether the device has stopped working.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.device.failed
    }

    /// A new disk of the same kind and size, with nothing on it.
    #[must_use]
    pub fn replacement(&self) -> Self {
        let device = Device::new(self.device.profile, self.device.capacity);
        Self { device, cache: self.cache.emptied(), now: self.now, ..Self::default() }
    }

    /// Turns every bit of one byte around, in the cache and on the platter, and tells nobody.
    pub fn corrupt(&mut self, path: &str, position: u64) -> Result<(), DiskError> {
        let len = self.file(path)?.len();
        if position >= len {
            return Err(DiskError::PastEnd { path: path.into(), position, len });
        }
        self.change(path, |file, _| file.corrupt(position))
    }

    /// What kind of disk it is.
    #[must_use]
    pub fn profile(&self) -> DiskProfile {
        self.device.profile
    }

    /// Makes it another kind of disk.
    pub fn set_profile(&mut self, profile: DiskProfile) {
        self.device.profile = profile;
    }

    /// How many bytes fit.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.device.capacity
    }

    /// Says how many bytes fit. What is there stays, even if it is more.
    pub fn set_capacity(&mut self, bytes: u64) {
        self.device.capacity = bytes;
    }

    /// How many bytes files take up, by whole pages.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.used_pages * PAGE_SIZE as u64
    }

    /// What the device has done.
    #[must_use]
    pub fn device_stat(&self) -> DeviceStat {
        self.device.stat
    }

    /// Until when the device is busy with what was asked of it.
    #[must_use]
    pub fn busy_until(&self) -> SimTime {
        self.device.busy_until()
    }

    /// Writes a file's dirty pages, each run of them in a line; says how many there were.
    pub(super) fn write_out(&mut self, path: &str) -> u64 {
        let Some(file) = self.files.get_mut(path).filter(|file| !file.is_clean()) else { return 0 };
        for run in file.dirty_runs() {
            self.device.access(self.now, Direction::Write, run);
        }
        let written = Rc::make_mut(file).clean();
        self.cache.dirty -= written;
        written
    }
}
