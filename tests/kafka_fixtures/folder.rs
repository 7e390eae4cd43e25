//! A fixture: its files on a disk, and what stands beside them.

use kafkascope::base::TopicPartition;
use kafkascope::disk::Disk;
use kafkascope::log::{LoadParams, LogConfig, UnifiedLog, read_offsets};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// In what state the files of a fixture are met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// As Kafka left them.
    AsItWas,
    /// Without indexes and snapshots, after a crash that trusts nothing to be on the platter.
    Bare,
}

/// A fixture.
pub(crate) struct Fixture {
    pub(crate) name: String,
    folder: PathBuf,
}

/// All fixtures, by name.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kafka-4.3.1");
    let mut folders: Vec<PathBuf> = entries(&root).into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no fixtures");
    folders.into_iter().map(|folder| Fixture { name: name_of(&folder), folder }).collect()
}

impl Fixture {
    /// Where its files lie on our disk.
    pub(crate) const DATA: &str = "/data";
    const CLEAN_SHUTDOWN: &str = "/data/.kafka_cleanshutdown";

    /// Its files on a disk.
    pub(crate) fn disk(&self, start: Start) -> Disk {
        let mut disk = Disk::new();
        copy(&self.folder.join("data"), Self::DATA, &mut disk);
        if start == Start::Bare {
            let paths: Vec<String> = disk.paths().map(ToString::to_string).collect();
            let goes =
                |path: &String| path.ends_with("index") || path.ends_with(".snapshot") || path == Self::CLEAN_SHUTDOWN;
            for path in paths.iter().filter(|path| goes(path)) {
                disk.delete(path).expect("deleted");
            }
        }
        disk
    }

    /// What Kafka said of each log, with a disk for each.
    pub(crate) fn logs(&self, start: Start) -> Vec<(Disk, Value)> {
        let disk = self.disk(start);
        self.json_lines("state.jsonl").into_iter().map(|log| (disk.clone(), log)).collect()
    }

    /// Opens a log as a broker does that starts on this disk.
    pub(crate) fn open(&self, disk: &mut Disk, log: &Value, start: Start) -> UnifiedLog {
        let name = log["log"].as_str().expect("a name");
        let topic_partition = TopicPartition::parse(name).expect("a partition");
        let mut config = LogConfig::default();
        for (name, value) in log["settings"].as_object().expect("settings") {
            config.set(name, value.as_str().expect("text")).expect("a setting");
        }
        let checkpointed = |disk: &Disk, file: &str| {
            let offsets = read_offsets(disk, &format!("{}/{file}", Self::DATA)).expect("a checkpoint");
            offsets.get(&topic_partition).copied().unwrap_or(0)
        };
        let params = LoadParams {
            had_clean_shutdown: disk.exists(Self::CLEAN_SHUTDOWN),
            recovery_point: match start {
                Start::AsItWas => checkpointed(disk, "recovery-point-offset-checkpoint"),
                Start::Bare => 0,
            },
            log_start_offset: checkpointed(disk, "log-start-offset-checkpoint"),
            now_ms: log["openedAtMs"].as_i64().expect("a moment"),
            ..LoadParams::default()
        };
        let high_watermark = checkpointed(disk, "replication-offset-checkpoint");
        let dir = format!("{}/{name}", Self::DATA);
        let mut log = UnifiedLog::open(topic_partition.clone(), &dir, config, disk, params)
            .unwrap_or_else(|error| panic!("{}: {error}", self.at(&dir)));
        log.update_high_watermark(high_watermark);
        log.run_due_tasks(disk, params.now_ms).expect("done");
        log
    }

    /// The files of a log: path, size, CRC-32C.
    pub(crate) fn listing(&self, disk: &Disk, log: &Value) -> Vec<String> {
        let name = log["log"].as_str().expect("a name");
        let dir = format!("{}/{name}", Self::DATA);
        let line = |file: &str| {
            let bytes = disk.read(&format!("{dir}/{file}"), 0, u64::MAX).expect("read");
            format!("{name}/{file} {} {:08x}", bytes.len(), crc32c::crc32c(&bytes))
        };
        disk.list(&dir).into_iter().map(line).collect()
    }

    /// A text file on a disk.
    pub(crate) fn read(&self, disk: &Disk, path: &str) -> String {
        if !disk.exists(path) {
            return String::new();
        }
        String::from_utf8(disk.read(path, 0, u64::MAX).expect("read")).expect("text")
    }

    /// A file that stands beside the logs.
    pub(crate) fn text(&self, file: &str) -> String {
        let path = self.folder.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The same, of which each line is JSON.
    pub(crate) fn json_lines(&self, file: &str) -> Vec<Value> {
        self.text(file).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// How a difference says where it is.
    pub(crate) fn at(&self, dir: &str) -> String {
        format!("{}{}", self.name, dir.trim_start_matches(Self::DATA))
    }
}

/// What is not as it is with Kafka.
#[derive(Default)]
pub(crate) struct Differences {
    compared: u64,
    found: Vec<String>,
}

impl Differences {
    /// Notes it if the two are not the same.
    pub(crate) fn compare(&mut self, place: &str, expected: &Value, found: &Value) {
        self.compared += 1;
        if expected != found {
            self.add(place, format!("\n  Kafka {expected}\n  we    {found}"));
        }
    }

    /// Notes lines that only one of the two has.
    pub(crate) fn compare_sets(&mut self, place: &str, expected: &[&str], found: &[String]) {
        self.compared += expected.len() as u64;
        for line in expected.iter().filter(|line| !found.iter().any(|it| it == *line)) {
            self.add(place, format!("Kafka has {line}"));
        }
        for line in found.iter().filter(|line| !expected.contains(&line.as_str())) {
            self.add(place, format!("we have {line}"));
        }
    }

    fn add(&mut self, place: &str, what: String) {
        self.found.push(format!("{place}: {what}"));
    }

    /// Fails if there is any.
    pub(crate) fn none(&self) {
        assert!(self.compared > 0, "nothing was compared");
        let some = self.found.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        assert!(self.found.is_empty(), "{} differences\n{some}", self.found.len());
    }
}

fn copy(from: &Path, to: &str, disk: &mut Disk) {
    for path in entries(from) {
        let target = format!("{to}/{}", name_of(&path));
        if path.is_dir() {
            copy(&path, &target, disk);
        } else {
            disk.create(&target).expect("made");
            disk.append(&target, &fs::read(&path).expect("read")).expect("written");
            disk.fsync(&target).expect("flushed");
        }
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let list = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    list.map(|entry| entry.expect("an entry").path()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
