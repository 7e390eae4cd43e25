use super::*;
use crate::base::Rng;

fn disk_with(path: &str, bytes: &[u8]) -> Disk {
    let mut disk = Disk::new();
    disk.create(path).unwrap();
    disk.append(path, bytes).unwrap();
    disk
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
    disk.delete_dir("/a/b-0");
    assert_eq!(disk.list("/a"), ["b", "b-0x", "c"]);
    assert_eq!(disk.read("/a/b-0/y", 0, 1), Err(DiskError::NotFound { path: "/a/b-0/y".into() }));
}

#[test]
fn a_power_loss_leaves_what_was_flushed() {
    let mut disk = disk_with("/f", &[1; 5000]);
    assert_eq!(disk.fsync("/f"), Ok(2));
    disk.append("/f", &[2; 5000]).unwrap();
    disk.write_at("/f", 10, &[3; 4]).unwrap();
    assert_eq!(
        disk.stat("/f").unwrap(),
        FileStat { len: 10_000, flushed_len: 5000, resident_pages: 3, dirty_pages: 3 }
    );
    disk.power_loss();
    assert_eq!(disk.read("/f", 0, 20_000).unwrap(), [1; 5000]);
    assert_eq!(disk.page_cache(), PageCacheStat { resident: 2, dirty: 0 });
    disk.create("/g").unwrap();
    disk.append("/g", b"never flushed").unwrap();
    disk.power_loss();
    assert_eq!(disk.len("/g"), Ok(0));
}

#[test]
fn what_was_cut_off_does_not_come_back() {
    let mut disk = disk_with("/f", b"abcdef");
    disk.fsync("/f").unwrap();
    disk.truncate("/f", 2).unwrap();
    disk.append("/f", b"XY").unwrap();
    disk.power_loss();
    assert_eq!(disk.read("/f", 0, 9).unwrap(), b"ab");
}

#[test]
fn a_copy_of_a_disk_goes_its_own_way() {
    let mut disk = disk_with("/f", &[7; 10_000]);
    let copy = disk.clone();
    disk.write_at("/f", 5000, b"!").unwrap();
    assert_eq!(copy.read("/f", 5000, 1).unwrap(), [7]);
    assert_ne!(disk, copy);
    assert!(matches!(disk.write_at("/f", 10_002, b"!"), Err(DiskError::PastEnd { .. })));
}

/// Against a plain `Vec<u8>` for each of the two: the cache and the platter.
#[test]
fn any_run_of_writes_cuts_flushes_and_losses_agrees_with_a_plain_model() {
    for seed in 0..50 {
        let mut rng = Rng::new(seed, &"disk");
        let mut disk = disk_with("/f", b"");
        let (mut cache, mut platter): (Vec<u8>, Vec<u8>) = Default::default();
        for _ in 0..60 {
            let at = rng.below(cache.len() as u64 + 1) as usize;
            match rng.below(6) {
                0..=2 => {
                    let bytes = vec![rng.next_u64() as u8; rng.below(6000) as usize];
                    disk.write_at("/f", at as u64, &bytes).unwrap();
                    cache.resize(cache.len().max(at + bytes.len()), 0);
                    cache[at..at + bytes.len()].copy_from_slice(&bytes);
                }
                3 => {
                    disk.truncate("/f", at as u64).unwrap();
                    cache.truncate(at);
                    platter.truncate(at);
                }
                4 => {
                    disk.fsync("/f").unwrap();
                    platter.clone_from(&cache);
                }
                _ => {
                    disk.power_loss();
                    cache.clone_from(&platter);
                }
            }
            assert_eq!(disk.len("/f"), Ok(cache.len() as u64));
            assert_eq!(
                disk.read("/f", at as u64, 7000).unwrap(),
                cache[at.min(cache.len())..][..7000.min(cache.len().saturating_sub(at))]
            );
        }
    }
}
