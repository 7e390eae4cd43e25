use super::*;
use crate::base::Rng;
use crate::sim::{ClusterConfig, Session};

fn disk(files: &[(&str, &[u8])]) -> Disk {
    let mut disk = Disk::new();
    for (path, bytes) in files {
        disk.create(path).unwrap();
        disk.append(path, bytes).unwrap();
    }
    disk
}

fn open(disk: &Disk, path: &str, choice: Choice) -> Content {
    let path: Rc<str> = path.into();
    let view = FilesProjector::default().project(disk, "/d", Some((&path, choice)));
    view.open.expect("the file is there").content.clone()
}

fn covered(content: &Content) -> bool {
    content.blocks.iter().all(|block| {
        let mut at = 0;
        let follow = block.fields.iter().all(|field| std::mem::replace(&mut at, field.end) == field.start);
        follow && at == block.bytes.len()
    })
}

#[test]
fn every_file_of_a_running_cluster_opens_to_the_last_byte() {
    let mut session = Session::new(ClusterConfig::default()).unwrap();
    let script = "kafka-topics --create --topic t --partitions 2 --replication-factor 2\nproducer p start --topic t --rate 20/s\nrun 8s";
    crate::command::Terminal::default().execute(&mut session, script);
    let root = crate::broker::LOG_DIR;
    let mut seen = 0;
    for (_, node) in session.cluster().brokers() {
        let mut projector = FilesProjector::default();
        let mut folders = vec![projector.project(node.disk(), root, None).tree];
        while let Some(folder) = folders.pop() {
            folders.extend(folder.folders.iter().cloned());
            for file in &folder.files {
                let opened = projector.project(node.disk(), root, Some((&file.path, Choice::default()))).open.unwrap();
                assert!(covered(&opened.content), "{}", file.path);
                let empty = file.bytes == 0;
                assert_eq!(opened.content.blocks.is_empty(), empty, "{}", file.path);
                assert_eq!(opened.content.notes.is_empty(), !empty, "{}: {:?}", file.path, opened.content.notes);
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn an_unchanged_disk_gives_the_very_same_parts() {
    let mut disk = disk(&[("/d/meta.properties", b"node.id=1\n"), ("/d/x", b"y")]);
    let (mut projector, path): (_, Rc<str>) = (FilesProjector::default(), "/d/meta.properties".into());
    let wanted = Some((&path, Choice::default()));
    let first = projector.project(&disk, "/d", wanted);
    disk.append("/d/x", b"z").unwrap();
    let second = projector.project(&disk, "/d", wanted);
    assert!(!Rc::ptr_eq(&first.tree, &second.tree));
    assert!(Rc::ptr_eq(first.open.as_ref().unwrap(), second.open.as_ref().unwrap()));
    disk.delete("/d/meta.properties").unwrap();
    assert_eq!(projector.project(&disk, "/d", wanted).open, None);
}

#[test]
fn an_index_shows_its_entries_and_the_room_behind_them() {
    let mut bytes = Vec::new();
    for entry in 1..=70u32 {
        bytes.extend((entry * 3).to_be_bytes());
        bytes.extend((entry * 5000).to_be_bytes());
    }
    bytes.resize(10 << 20, 0);
    let path = "/d/t-0/00000000000000001000.index";
    let disk = disk(&[(path, &bytes)]);
    let first = open(&disk, path, Choice::default());
    assert_eq!((first.total, first.parts[0].title.as_str()), (3, "항목 0–63"));
    assert_eq!(first.parts[0].detail, "1003–1192");
    assert_eq!((first.parts[1].title.as_str(), first.parts[2].title.as_str()), ("항목 64–69", "빈자리"));
    assert_eq!(first.blocks[0].fields[1].value, "5000");
    let found = open(&disk, path, Choice { position: Some(8 * 65), ..Choice::default() });
    assert_eq!((found.part, &*found.blocks[0].fields[2].group), (1, "항목 65"));
    assert!(open(&disk, path, Choice { part: 2, ..Choice::default() }).notes[0].contains("미리 잡아 둔"));
}

#[test]
fn a_snapshot_has_a_head_and_producers_and_tells_a_wrong_checksum() {
    let mut bytes = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 2];
    bytes.extend([7; 92]);
    let path = "/d/t-0/00000000000000000010.snapshot";
    let disk = disk(&[(path, &bytes)]);
    let head = open(&disk, path, Choice::default());
    assert_eq!((head.total, head.parts[0].title.as_str(), head.blocks[0].bytes.len()), (2, "헤더", 10));
    assert!(head.notes[0].starts_with("CRC"));
    let producers = open(&disk, path, Choice { part: 1, ..Choice::default() });
    assert_eq!(producers.parts[1].title, "프로듀서 0–1");
    assert_eq!(&*producers.blocks[0].fields[0].name, "producerId");
}

#[test]
fn any_bytes_in_any_file_are_shown_and_never_a_panic() {
    let names = [
        "t-0/00000000000000000000.log",
        "t-0/00000000000000000000.index",
        "t-0/00000000000000000000.timeindex",
        "t-0/00000000000000000000.txnindex",
        "t-0/00000000000000000000.snapshot",
        "t-0/leader-epoch-checkpoint",
        "t-0/partition.metadata",
        "meta.properties",
        "recovery-point-offset-checkpoint",
        "quorum-state",
    ];
    for seed in 0..300 {
        let mut rng = Rng::new(seed, &"open files");
        let zeros = rng.below(4) == 0;
        let len = rng.below(if seed % 7 == 0 { 20_000 } else { 300 });
        let bytes: Vec<u8> = (0..len).map(|_| if zeros { 0 } else { rng.next_u64() as u8 }).collect();
        for name in names {
            let path = format!("/d/{name}");
            let disk = disk(&[(&path, &bytes)]);
            let mut choice = Choice { part: rng.below(5), ..Choice::default() };
            if rng.below(2) == 0 {
                choice.position = Some(rng.below(30_000));
            }
            let content = open(&disk, &path, choice);
            assert!(covered(&content), "{name} {seed}");
            assert_eq!(content.parts.len() as u64, content.window.len);
            assert!(content.total == 0 || content.part < content.total);
        }
    }
}

/// What Apache Kafka wrote, as a disk.
fn fixtures() -> Disk {
    let mut disk = Disk::new();
    let mut folders =
        vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kafka-4.3.1"))];
    let root = folders[0].clone();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let path = format!("/{}", entry.strip_prefix(&root).unwrap().display());
                disk.create(&path).unwrap();
                disk.append(&path, &std::fs::read(entry).unwrap()).unwrap();
            }
        }
    }
    disk
}

#[test]
fn every_part_of_every_file_that_kafka_wrote_is_named_and_found_sound() {
    let disk = fixtures();
    let mut projector = FilesProjector::default();
    let mut folders = vec![projector.project(&disk, "", None).tree];
    let (mut batches, mut inner, mut walks) = (0, 0, 0);
    while let Some(folder) = folders.pop() {
        folders.extend(folder.folders.iter().cloned());
        for file in folder.files.iter().filter(|file| folder.partition.is_some() || file.kind.is_text()) {
            let mut part = 0;
            loop {
                let choice = Choice { part, ..Choice::default() };
                let opened = projector.project(&disk, "", Some((&file.path, choice))).open.unwrap();
                assert!(covered(&opened.content), "{} {part}", file.path);
                // What a crash left is as it is.
                let sound = !file.path.starts_with("/crash/");
                assert!(!sound || opened.content.parts.iter().all(|part| !part.bad), "{}", file.path);
                for field in opened.content.blocks.iter().flat_map(|block| &block.fields) {
                    assert!(!field.meaning.is_empty(), "{} {part}: {field:?}", file.path);
                    assert!(!sound || &*field.name != "rest", "{} {part}: {field:?}", file.path);
                }
                batches += usize::from(file.kind == crate::log::LogFileKind::Log);
                inner += usize::from(opened.content.blocks.len() > 1);
                part += 1;
                if part >= opened.content.total {
                    break;
                }
            }
        }
        if let Some(partition) = &folder.partition {
            let walk = walk_of_folder(&disk, &folder.path, partition, None, None);
            let middle = walk.offsets.0.midpoint(walk.offsets.1);
            let target = Some(crate::log::LookupTarget::Offset(middle));
            let walk = walk_of_folder(&disk, &folder.path, partition, target, None);
            assert!(walk.problem.is_none() || folder.path.starts_with("/crash/"), "{}: {walk:?}", folder.path);
            walks += usize::from(walk.found.is_some());
        }
    }
    assert!(batches > 100 && inner > 10 && walks > 20, "{batches} {inner} {walks}");
}
