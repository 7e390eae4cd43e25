//! One broker's machine: a disk with logs on it, and the files that a broker keeps beside them.

use super::cleaning::Cleanings;
use super::expect;
use kafkascope::base::{Map, Offset, Rng, TopicPartition};
use kafkascope::disk::Disk;
use kafkascope::log::cleaner::{LogCleanerManager, OffsetMapSize, plan};
use kafkascope::log::{LoadParams, LogConfig, Ratio, UnifiedLog, read_offsets, write_offsets, write_topic_id};
use std::fs;
use std::path::Path;

/// Where the logs lie on our disk.
pub(crate) const DATA: &str = "/data";
const CLEAN_SHUTDOWN: &str = "/data/.kafka_cleanshutdown";
const META_PROPERTIES: &str = "/data/meta.properties";
const RECOVERY_POINT: &str = "/data/recovery-point-offset-checkpoint";
const LOG_START: &str = "/data/log-start-offset-checkpoint";
const HIGH_WATERMARK: &str = "/data/replication-offset-checkpoint";

/// A machine that runs a broker, or did.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) disk: Disk,
    /// The broker's clock, in Unix milliseconds.
    pub(crate) now_ms: i64,
    configs: Map<TopicPartition, LogConfig>,
    logs: Map<TopicPartition, UnifiedLog>,
    cleaner: LogCleanerManager,
}

impl Machine {
    fn empty(now_ms: i64) -> Self {
        let cleaner = LogCleanerManager::new(DATA);
        Self { disk: Disk::new(), now_ms, configs: Map::new(), logs: Map::new(), cleaner }
    }

    /// A broker that starts for the first time.
    pub(crate) fn new(now_ms: i64) -> Self {
        let mut machine = Self::empty(now_ms);
        let identity = "#\n#Thu Jan 01 00:00:00 UTC 2026\ncluster.id=kafkascope-conformance\nversion=1\n\
                        directory.id=a2Fma2FzY29wZS1sb2dzLg\nnode.id=1\n";
        machine.write(META_PROPERTIES, identity.as_bytes());
        machine
    }

    /// A folder of `log.dirs` that lies in our file system, before its broker starts.
    pub(crate) fn import(folder: &Path) -> Self {
        let mut machine = Self::empty(0);
        machine.copy_in(folder, DATA);
        let names: Vec<String> = machine.disk.list(DATA).into_iter().map(Into::into).collect();
        for name in names {
            let has_id = machine.disk.exists(&format!("{DATA}/{name}/partition.metadata"));
            if let Some(partition) = TopicPartition::parse(&name).filter(|_| has_id) {
                machine.configs.insert(partition, LogConfig::default());
            }
        }
        machine
    }

    fn copy_in(&mut self, folder: &Path, to: &str) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let target = format!("{to}/{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                self.copy_in(&path, &target);
            } else {
                self.write(&target, &fs::read(&path).expect("read"));
            }
        }
    }

    fn write(&mut self, path: &str, bytes: &[u8]) {
        self.disk.create(path).expect("made");
        self.disk.append(path, bytes).expect("written");
        self.disk.fsync(path).expect("flushed");
    }

    /// Begins a log; `settings` as one types them.
    pub(crate) fn create(&mut self, topic: &str, settings: &[(&str, &str)]) -> TopicPartition {
        let partition = TopicPartition::parse(&format!("{topic}-0")).expect("a partition");
        let mut config = LogConfig::default();
        for (name, value) in settings {
            config.set(name, value).expect("a setting");
        }
        self.configs.insert(partition.clone(), config);
        self.open(&partition, true);
        let id = format!("{:A<22}", topic.replace('-', "_"));
        write_topic_id(&mut self.disk, &format!("{DATA}/{partition}"), &id).expect("written");
        partition
    }

    /// The log of a partition, and the disk that it lies on.
    pub(crate) fn log_mut(&mut self, partition: &TopicPartition) -> (&mut UnifiedLog, &mut Disk) {
        (self.logs.get_mut(partition).expect("a log"), &mut self.disk)
    }

    /// All logs, by name.
    pub(crate) fn logs(&self) -> impl Iterator<Item = &UnifiedLog> + Clone {
        self.logs.values()
    }

    /// Changes the settings of a log, as one types them.
    pub(crate) fn alter(&mut self, partition: &TopicPartition, settings: &[(&str, &str)]) {
        let config = self.configs.get_mut(partition).expect("a log");
        for (name, value) in settings {
            config.set(name, value).expect("a setting");
        }
        let config = config.clone();
        self.logs.get_mut(partition).expect("a log").update_config(config);
    }

    /// The cleaner wakes up, and cleans until no log is due; a round can tell so many keys apart.
    pub(crate) fn clean(&mut self, keys: u64, seen: &mut Cleanings) {
        let size = OffsetMapSize { dedupe_buffer_size: keys * 24, load_factor: Ratio::ONE };
        loop {
            let (logs, now_ms) = (self.logs.values(), self.now_ms);
            let grabbed = self.cleaner.grab_filthiest_compacted_log(logs, &mut self.disk, now_ms).expect("chosen");
            let Some(cleaning) = grabbed else { return };
            let log = self.logs.get_mut(&cleaning.partition).expect("a log");
            let plan = plan(log, &self.disk, &cleaning.to_clean, size, now_ms).expect("planned");
            seen.note_round(log, &plan, cleaning.to_clean.first_uncleanable_offset);
            log.apply_cleaning(&mut self.disk, &plan).expect("cleaned");
            self.cleaner.take_cleaning();
            let (cleaner, logs) = (&self.cleaner, self.logs.values());
            let done = cleaner.done_cleaning(&cleaning.partition, plan.next_dirty_offset, logs, &mut self.disk);
            done.expect("noted");
        }
    }

    /// Cuts a log; the cleaner hears of it.
    pub(crate) fn truncate(&mut self, partition: &TopicPartition, target: Offset) {
        let log = self.logs.get_mut(partition).expect("a log");
        let active = log.active_segment().base_offset();
        log.truncate_to(&mut self.disk, target, self.now_ms).expect("cut");
        self.cleaner.on_truncated(log, active, &mut self.disk).expect("noted");
    }

    /// What is due in the background is done.
    pub(crate) fn run_due_tasks(&mut self) {
        for log in self.logs.values_mut() {
            log.run_due_tasks(&mut self.disk, self.now_ms).expect("done");
        }
    }

    /// Writes the checkpoints, as a broker does every now and then.
    pub(crate) fn checkpoint(&mut self) {
        let offsets = |of: fn(&UnifiedLog) -> Offset| -> Map<TopicPartition, Offset> {
            self.logs.iter().map(|(partition, log)| (partition.clone(), of(log))).collect()
        };
        let (recovery, high) = (offsets(UnifiedLog::recovery_point), offsets(UnifiedLog::high_watermark));
        let mut starts = offsets(UnifiedLog::log_start_offset);
        let first = |log: &UnifiedLog| log.segments().next().map(|segment| segment.base_offset());
        starts.retain(|partition, start| first(&self.logs[partition]).is_some_and(|first| *start > first));
        for (path, offsets) in [(RECOVERY_POINT, recovery), (HIGH_WATERMARK, high), (LOG_START, starts)] {
            write_offsets(&mut self.disk, path, &offsets).expect("written");
        }
    }

    /// Ends the broker in good order.
    pub(crate) fn shut_down(&mut self) {
        for log in self.logs.values_mut() {
            log.close(&mut self.disk).expect("closed");
        }
        self.checkpoint();
        self.write(CLEAN_SHUTDOWN, b"{\"version\":0,\"brokerEpoch\":7}");
        self.logs.clear();
    }

    /// Ends it in none; a machine that loses power loses dirty pages with it.
    pub(crate) fn crash(&mut self, power: Option<&mut Rng>) {
        self.logs.clear();
        if let Some(rng) = power {
            self.disk.power_loss(rng);
        }
    }

    /// Starts the broker again: opens every log, by the mark of a clean shutdown and the checkpoints.
    pub(crate) fn start(&mut self) {
        let clean = self.disk.exists(CLEAN_SHUTDOWN);
        if clean {
            self.disk.delete(CLEAN_SHUTDOWN).expect("deleted");
        }
        let partitions: Vec<TopicPartition> = self.configs.keys().cloned().collect();
        for partition in partitions {
            self.open(&partition, clean);
        }
    }

    fn open(&mut self, partition: &TopicPartition, had_clean_shutdown: bool) {
        let checkpointed = |disk: &Disk, path: &str| {
            read_offsets(disk, path).expect("a checkpoint").get(partition).copied().unwrap_or(0)
        };
        let params = LoadParams {
            had_clean_shutdown,
            recovery_point: checkpointed(&self.disk, RECOVERY_POINT),
            log_start_offset: checkpointed(&self.disk, LOG_START),
            now_ms: self.now_ms,
            ..LoadParams::default()
        };
        let (dir, config) = (format!("{DATA}/{partition}"), self.configs[partition].clone());
        let mut log = UnifiedLog::open(partition.clone(), &dir, config, &mut self.disk, params).expect("opened");
        // Its only replica: what it has is committed.
        log.update_high_watermark(log.log_end_offset());
        self.logs.insert(partition.clone(), log);
    }

    /// Writes the disk into our file system.
    pub(crate) fn export(&self, folder: &Path) {
        for path in self.disk.paths() {
            let to = folder.join(path.trim_start_matches(DATA).trim_start_matches('/'));
            fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            fs::write(&to, self.disk.read(path, 0, u64::MAX).expect("read")).expect("written");
        }
    }

    /// What a consumer must get from a broker that starts on this disk. `seen` sees what it gets it from.
    pub(crate) fn expected(&self, seen: &mut Cleanings) -> String {
        let mut started = self.clone();
        started.logs.clear();
        started.start();
        for log in started.logs() {
            for stored in log.batches(&started.disk, log.log_start_offset()) {
                seen.note_left(&stored.expect("a batch").batch());
            }
        }
        let mut lines = String::new();
        for isolation in ["read_uncommitted", "read_committed"] {
            let mut logs: Vec<&UnifiedLog> = started.logs().collect();
            logs.sort_by_key(|log| log.topic_partition().to_string());
            for log in logs {
                expect::consume(log, &started.disk, isolation, &mut lines);
            }
        }
        let offsets_topic = |log: &&UnifiedLog| &*log.topic_partition().topic == "__consumer_offsets";
        expect::committed_offsets(started.logs().filter(offsets_topic), &started.disk, &mut lines);
        lines
    }
}
