use super::*;
use crate::base::{Rng, digest_of};

const PAGE: u64 = PAGE_SIZE as u64;

fn disk_with(path: &str, bytes: &[u8]) -> Disk {
    let mut disk = Disk::new();
    disk.create(path).unwrap();
    disk.append(path, bytes).unwrap();
    disk
}

fn coin() -> Rng {
    Rng::new(1, &"power")
}

#[test]
fn files_are_found_by_folder() {
    let mut disk = Disk::new();
    for path in ["/a/b-0/y", "/a/b-0/x", "/a/b-0x/z", "/a/b", "/a/c/d/e"] {
        disk.create(path).unwrap();
    }
    assert_eq!(disk.list("/a/b-0"), ["x", "y"]);
    assert_eq!(disk.list("/a"), ["b", "b-0", "b-0x", "c"]);
    assert_eq!(disk.create("/a/b"), Err(DiskError::AlreadyExists { path: "/a/b".into() }));
    disk.rename("/a/b-0/x", "/a/b-0/y").unwrap();
    assert_eq!(disk.list("/a/b-0"), ["y"]);
    disk.rename_dir("/a/b-0", "/a/b-0.gone-delete").unwrap();
    assert_eq!((disk.list("/a/b-0.gone-delete"), disk.list("/a/b-0")), (vec!["y"], vec![]));
    disk.delete_dir("/a/b-0.gone-delete").unwrap();
    assert_eq!(disk.list("/a"), ["b", "b-0x", "c"]);
    assert_eq!(disk.read("/a/b-0/y", 0, 1), Err(DiskError::NotFound { path: "/a/b-0/y".into() }));
}

#[test]
fn a_power_loss_leaves_what_was_flushed() {
    for seed in 0..20 {
        let mut disk = disk_with("/f", &[1; 5000]);
        assert_eq!(disk.fsync("/f"), Ok(2));
        disk.append("/f", &[2; 5000]).unwrap();
        disk.write_at("/f", 10, &[3; 4]).unwrap();
        let stat = disk.stat("/f").unwrap();
        assert_eq!((stat.len, stat.flushed_len, stat.resident_pages, stat.dirty_pages), (10_000, 5000, 3, 3));
        disk.create("/g").unwrap();
        disk.power_loss(&mut Rng::new(seed, &"power"));
        let left = disk.read("/f", 0, 20_000).unwrap();
        assert!(left.len() >= 5000 && left[14..5000].iter().all(|byte| *byte == 1));
        assert!([[1; 4], [3; 4]].iter().any(|one| left[10..14] == *one), "a page is there whole, old or new");
        assert_eq!((disk.page_cache(), disk.len("/g")), (PageCacheStat::default(), Ok(0)));
    }
}

#[test]
fn what_was_cut_off_does_not_come_back() {
    for seed in 0..20 {
        let mut disk = disk_with("/f", b"abcdef");
        disk.fsync("/f").unwrap();
        disk.truncate("/f", 2).unwrap();
        disk.append("/f", b"XY").unwrap();
        disk.power_loss(&mut Rng::new(seed, &"power"));
        let left = disk.read("/f", 0, 9).unwrap();
        assert!(left == b"ab" || left == b"abXY", "{left:?}");
    }
}

#[test]
fn a_copy_of_a_disk_goes_its_own_way() {
    let mut disk = disk_with("/f", &[7; 600_000]);
    let mut copy = disk.clone();
    disk.write_at("/f", 5000, b"!").unwrap();
    assert_eq!(copy.read("/f", 5000, 1).unwrap(), [7]);
    assert_ne!((&disk, digest_of(&disk)), (&copy, digest_of(&copy)));
    copy.write_at("/f", 5000, b"!").unwrap();
    assert_eq!((&disk, digest_of(&disk)), (&copy, digest_of(&copy)));
    assert!(matches!(disk.write_at("/f", 600_002, b"!"), Err(DiskError::PastEnd { .. })));
}

#[test]
fn what_lies_in_one_piece_is_lent() {
    let bytes: Vec<u8> = (0..700_000u32).map(|i| (i / 7) as u8).collect();
    let disk = disk_with("/f", &bytes);
    let (mut at, mut pieces) = (0, 0);
    while at < bytes.len() {
        let piece = disk.slice("/f", at as u64).unwrap();
        assert_eq!(piece, &bytes[at..at + piece.len()]);
        (at, pieces) = (at + piece.len(), pieces + 1);
    }
    assert_eq!(pieces, 3);
    assert!(matches!(disk.lend("/f", 1000, 200_000).unwrap(), Cow::Borrowed(lent) if lent == &bytes[1000..201_000]));
    assert!(
        matches!(disk.lend("/f", 200_000, 100_000).unwrap(), Cow::Owned(copied) if copied == bytes[200_000..300_000])
    );
    assert_eq!(disk.lend("/f", 699_999, u64::MAX).unwrap(), &bytes[699_999..]);
    assert!(disk.lend("/f", 700_000, 5).unwrap().is_empty() && disk.slice("/f", 800_000).unwrap().is_empty());
}

/// What one should see of a file, as plain as can be.
#[derive(Default)]
struct Plain {
    cache: Vec<u8>,
    platter: Vec<u8>,
    dirty: std::collections::BTreeSet<usize>,
}

impl Plain {
    fn page(bytes: &[u8], page: usize, len: usize) -> Vec<u8> {
        let start = (page * PAGE_SIZE).min(bytes.len());
        let mut page = bytes[start..(start + PAGE_SIZE).min(bytes.len())].to_vec();
        page.resize(len, 0);
        page
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.cache.resize(self.cache.len().max(at + bytes.len()), 0);
        self.cache[at..at + bytes.len()].copy_from_slice(bytes);
        self.dirty.extend((at..at + bytes.len()).map(|byte| byte / PAGE_SIZE));
    }

    fn truncate(&mut self, len: usize) {
        self.cache.truncate(len);
        self.platter.truncate(len);
        self.dirty.retain(|page| page * PAGE_SIZE < len);
    }

    fn flush(&mut self) {
        self.platter.clone_from(&self.cache);
        self.dirty.clear();
    }

    /// Whether `left` may be what a power loss leaves; says how many dirty pages are there.
    fn check_power_loss(&mut self, left: Vec<u8>) -> usize {
        assert!((self.platter.len()..=self.cache.len()).contains(&left.len()));
        let mut arrived = 0;
        for (page, content) in left.chunks(PAGE_SIZE).enumerate() {
            let is_new = content == Self::page(&self.cache, page, content.len());
            let is_old = content == Self::page(&self.platter, page, content.len());
            assert!(if self.dirty.contains(&page) { is_new || is_old } else { is_new }, "page {page}");
            arrived += usize::from(is_new && !is_old);
        }
        if left.len() > self.platter.len() {
            let last = (left.len() - 1) / PAGE_SIZE;
            let whole = left.len() == self.cache.len() || left.len().is_multiple_of(PAGE_SIZE);
            assert!(whole && self.dirty.contains(&last), "only a page that arrived makes a file longer");
        }
        self.cache.clone_from(&left);
        self.platter = left;
        self.dirty.clear();
        arrived
    }
}

#[test]
fn any_run_of_writes_cuts_flushes_and_losses_agrees_with_a_plain_model() {
    let mut arrived = 0;
    for seed in 0..60 {
        let mut rng = Rng::new(seed, &"disk");
        let mut disk = disk_with("/f", b"");
        if seed % 3 == 0 {
            disk.set_memory(PAGE * 8);
        }
        let mut plain = Plain::default();
        for _ in 0..60 {
            let at = rng.below(plain.cache.len() as u64 + 1) as usize;
            match rng.below(7) {
                0..=2 => {
                    let bytes = vec![rng.next_u64() as u8; rng.below(30_000) as usize];
                    disk.write_at("/f", at as u64, &bytes).unwrap();
                    plain.write(at, &bytes);
                    if seed % 3 == 0 && disk.page_cache().dirty == 0 {
                        plain.flush();
                    }
                }
                3 => {
                    disk.truncate("/f", at as u64).unwrap();
                    plain.truncate(at);
                }
                4 => {
                    disk.fsync("/f").unwrap();
                    plain.flush();
                }
                5 => assert!(disk.touch("/f", at as u64, rng.below(50_000)).is_ok()),
                _ => {
                    disk.power_loss(&mut rng);
                    arrived += plain.check_power_loss(disk.read("/f", 0, u64::MAX).unwrap());
                }
            }
            assert_eq!(disk.read("/f", 0, u64::MAX).unwrap(), plain.cache);
            let stat = disk.stat("/f").unwrap();
            let states = disk.page_states("/f").unwrap();
            let count = |state| states.iter().filter(|it| **it == state).count() as u64;
            assert_eq!(
                (stat.dirty_pages, count(PageState::Dirty)),
                (plain.dirty.len() as u64, plain.dirty.len() as u64)
            );
            assert_eq!(stat.resident_pages, count(PageState::Dirty) + count(PageState::Clean));
            assert_eq!(disk.page_cache(), PageCacheStat { resident: stat.resident_pages, dirty: stat.dirty_pages });
            assert!(stat.resident_pages <= disk.memory() / PAGE && stat.dirty_pages <= stat.resident_pages);
            assert_eq!(disk.used_bytes(), (plain.cache.len() as u64).next_multiple_of(PAGE));
        }
    }
    assert!(arrived > 20, "some dirty pages arrive");
}

#[test]
fn a_full_disk_takes_what_fits() {
    let mut disk = disk_with("/f", &[1; 5000]);
    disk.set_capacity(3 * PAGE);
    let full = Err(DiskError::NoSpace { path: "/f".into(), capacity: 3 * PAGE });
    assert_eq!(disk.append("/f", &[2; 9000]), full);
    assert_eq!((disk.len("/f"), disk.used_bytes()), (Ok(3 * PAGE), 3 * PAGE));
    assert_eq!(disk.append("/f", b"x"), full);
    assert_eq!(disk.write_at("/f", 0, &[3; 5000]), Ok(()), "what is there can be written over");
    disk.truncate("/f", PAGE + 1).unwrap();
    disk.create("/g").unwrap();
    assert_eq!(disk.append("/g", &[4; 4096]), Ok(()));
    assert!(matches!(disk.append("/g", b"x"), Err(DiskError::NoSpace { .. })));
    disk.delete("/g").unwrap();
    assert_eq!(disk.append("/f", &[5; 4096]), Ok(()));
}

#[test]
fn a_device_that_has_failed_gives_only_what_is_in_memory() {
    let mut disk = disk_with("/f", &[1; 10_000]);
    disk.fsync("/f").unwrap();
    let mut cold = disk.clone();
    cold.power_loss(&mut coin());
    for disk in [&mut disk, &mut cold] {
        disk.fail();
        let failed = Err(DiskError::Failed { path: "/f".into() });
        assert_eq!(
            [disk.append("/f", b"x"), disk.truncate("/f", 0), disk.delete("/f"), disk.create("/f")],
            [failed.clone(), failed.clone(), failed.clone(), failed]
        );
        assert_eq!(disk.len("/f"), Ok(10_000));
    }
    assert_eq!((disk.read("/f", 0, 3), disk.touch("/f", 0, 3)), (Ok(vec![1; 3]), Ok(0)));
    assert!(cold.read("/f", 0, 3).is_err() && cold.slice("/f", 0).is_err() && cold.touch("/f", 0, 3).is_err());
    assert_eq!(cold.replacement().append("/f", b"x"), Err(DiskError::NotFound { path: "/f".into() }));
}

#[test]
fn a_turned_byte_is_turned_everywhere_and_nobody_is_told() {
    let mut disk = disk_with("/f", &[1; 10]);
    disk.fsync("/f").unwrap();
    disk.append("/f", &[2; 10]).unwrap();
    let before = disk.stat("/f").unwrap();
    disk.corrupt("/f", 3).unwrap();
    assert_eq!((disk.read("/f", 2, 3).unwrap(), disk.stat("/f").unwrap()), (vec![1, 254, 1], before));
    assert_eq!(disk.corrupt("/f", 20), Err(DiskError::PastEnd { path: "/f".into(), position: 20, len: 20 }));
    for seed in 0..9 {
        let mut disk = disk.clone();
        disk.power_loss(&mut Rng::new(seed, &"power"));
        assert_eq!(disk.read("/f", 2, 3).unwrap(), [1, 254, 1]);
    }
}

#[test]
fn a_miss_waits_for_the_device_and_a_hit_does_not() {
    let mut disk = disk_with("/f", &[1; 64 * PAGE_SIZE]);
    disk.fsync("/f").unwrap();
    disk.take_io_time();
    disk.touch("/f", 0, 64 * PAGE).unwrap();
    assert_eq!((disk.take_io_time(), disk.cache_stat().hits), (SimTime::ZERO, 64));
    disk.power_loss(&mut coin());
    disk.touch("/f", 10 * PAGE, 1).unwrap();
    let seek = SimTime((DiskProfile::HDD.seek_ns() + DiskProfile::HDD.transfer_ns(PAGE)) / 1000);
    assert_eq!((disk.take_io_time(), seek), (seek, SimTime(40_960)));
    let stat = disk.cache_stat();
    assert_eq!((stat.hits, stat.misses, stat.read_ahead), (0, 1, 0));
    disk.touch("/f", 10 * PAGE, 1).unwrap();
    assert_eq!(disk.take_io_time(), SimTime::ZERO);
    disk.set_slowness(20);
    disk.touch("/f", 50 * PAGE, 1).unwrap();
    assert!(disk.take_io_time() >= SimTime(20 * seek.0));
}

#[test]
fn who_reads_on_finds_the_next_pages_there() {
    let mut disk = disk_with("/f", &[1; 256 * PAGE_SIZE]);
    disk.fsync("/f").unwrap();
    disk.power_loss(&mut coin());
    let mut misses = Vec::new();
    for page in 0..256 {
        let before = disk.cache_stat().misses;
        disk.touch("/f", page * PAGE, PAGE).unwrap();
        if disk.cache_stat().misses > before {
            misses.push(page);
        }
    }
    assert_eq!(misses, [0, 4, 12, 28, 60, 92, 124, 156, 188, 220, 252], "4 pages, then 8, 16, and 32 each time");
    assert_eq!(disk.device_stat().seeks, 2, "one to write, one to read: then the head is where the reader is");
    assert_eq!(disk.device_stat().read_bytes, 256 * PAGE);
}

#[test]
fn here_and_there_costs_thousands_of_times_what_a_line_does() {
    let mut disk = disk_with("/f", &[1; 256 * PAGE_SIZE]);
    disk.fsync("/f").unwrap();
    disk.take_io_time();
    for page in 0..256 {
        disk.write_at("/f", page * 37 % 256 * PAGE, &[2; PAGE_SIZE]).unwrap();
        disk.fsync("/f").unwrap();
    }
    let random = disk.take_io_time();
    disk.advance_to(disk.busy_until());
    disk.write_at("/f", 0, &[3; 256 * PAGE_SIZE]).unwrap();
    disk.fsync("/f").unwrap();
    let sequential = disk.take_io_time().0 - DiskProfile::HDD.seek_ns() / 1000;
    assert!((5900..6100).contains(&(random.0 / sequential)), "{random} {sequential}");
}

#[test]
fn the_kernel_writes_back_what_has_been_dirty_for_half_a_minute() {
    let mut disk = Disk::new();
    disk.create("/f").unwrap();
    disk.advance_to(SimTime::from_secs(7));
    disk.append("/f", &[1; 5000]).unwrap();
    assert_eq!(disk.next_write_back(), Some(SimTime::from_secs(40)), "30 s later, at the flusher's next turn");
    disk.advance_to(SimTime::from_ms(39_999));
    assert_eq!((disk.page_cache().dirty, disk.stat("/f").unwrap().mtime), (2, SimTime::from_secs(7)));
    disk.append("/f", b"more").unwrap();
    disk.advance_to(SimTime::from_secs(60));
    assert_eq!((disk.page_cache(), disk.next_write_back()), (PageCacheStat { resident: 2, dirty: 0 }, None));
    assert_eq!((disk.cache_stat().written_back, disk.device_stat().fsyncs), (2, 0));
    assert_eq!(disk.take_io_time(), SimTime::ZERO, "nobody waited for it");
    disk.power_loss(&mut coin());
    assert_eq!(disk.len("/f"), Ok(5004));
}

#[test]
fn full_memory_drops_what_was_not_used_for_long_but_nothing_dirty() {
    let mut disk = Disk::new();
    for path in ["/a", "/b", "/c"] {
        disk.create(path).unwrap();
        disk.append(path, &[1; 8 * PAGE_SIZE]).unwrap();
        disk.fsync(path).unwrap();
    }
    disk.touch("/a", 0, 8 * PAGE).unwrap();
    disk.set_memory(20 * PAGE);
    let resident = |disk: &Disk| ["/a", "/b", "/c"].map(|path| disk.stat(path).unwrap().resident_pages);
    assert_eq!((resident(&disk), disk.cache_stat().evicted), ([8, 4, 8], 4));
    disk.append("/c", &[2; 2 * PAGE_SIZE]).unwrap();
    assert_eq!((resident(&disk), disk.page_cache().dirty), ([8, 2, 10], 2));
    disk.touch("/b", 0, 8 * PAGE).unwrap();
    assert_eq!((resident(&disk), disk.page_cache().dirty), ([2, 8, 10], 2));
    disk.set_memory(PAGE);
    assert_eq!((disk.page_cache().resident <= 1, disk.page_cache().dirty), (true, 0), "written first, then dropped");
    assert_eq!(disk.read("/c", 8 * PAGE, 9000).unwrap(), [2; 2 * PAGE_SIZE]);
}

#[test]
fn a_writer_who_is_quicker_than_the_device_has_to_wait() {
    let mut disk = disk_with("/f", b"");
    disk.set_memory(100 * PAGE);
    disk.append("/f", &[1; 10 * PAGE_SIZE]).unwrap();
    assert_eq!((disk.page_cache().dirty, disk.take_io_time()), (10, SimTime::ZERO), "a tenth of memory may be dirty");
    disk.append("/f", &[1; PAGE_SIZE]).unwrap();
    assert_eq!(disk.page_cache().dirty, 0);
    assert!(disk.take_io_time() > SimTime::ZERO, "the seek alone takes longer than a fifth of this memory");
    let (mut fast, free) = (disk_with("/f", b""), SimTime::ZERO);
    fast.append("/f", &[1; 100 * PAGE_SIZE]).unwrap();
    assert_eq!((fast.take_io_time(), fast.busy_until()), (free, free));
}

#[test]
fn a_background_thread_keeps_the_device_busy_and_nobody_waiting() {
    let mut disk = disk_with("/f", &[1; 5000]);
    disk.create("/g").unwrap();
    disk.append("/g", b"x").unwrap();
    disk.in_background(|disk| disk.fsync("/f")).unwrap();
    assert_eq!(disk.take_io_time(), SimTime::ZERO);
    let behind = disk.busy_until();
    disk.fsync("/g").unwrap();
    assert!(disk.take_io_time() > behind, "but who needs the device now comes after that");
}
