//! The life of one log on one machine, led by a seed: what is done to it, and what the model makes of that.

use crate::model::{Batch, Model};
use crate::{checks, producers};
use kafkascope::base::{Map, Offset, Rng, TopicPartition};
use kafkascope::disk::Disk;
use kafkascope::log::cleaner::LogCleanerManager;
use kafkascope::log::{
    LoadParams, LogConfig, ProducerStateManagerConfig, UnifiedLog, read_offsets, take_clean_shutdown,
    write_clean_shutdown, write_offsets,
};
use kafkascope::record::TimestampType;

/// Where the log directory lies.
pub(crate) const DATA: &str = "/data";
const DIR: &str = "/data/t-0";
const RECOVERY_POINT: &str = "/data/recovery-point-offset-checkpoint";
const LOG_START: &str = "/data/log-start-offset-checkpoint";
const HIGH_WATERMARK: &str = "/data/replication-offset-checkpoint";

/// How long a producer is remembered that writes nothing.
pub(crate) const EXPIRATION_MS: i64 = 60_000;

/// A log, its machine, and its model.
pub(crate) struct Life {
    pub(crate) rng: Rng,
    pub(crate) disk: Disk,
    pub(crate) log: UnifiedLog,
    pub(crate) model: Model,
    pub(crate) cleaner: LogCleanerManager,
    pub(crate) now_ms: i64,
    pub(crate) leader_epoch: i32,
    /// What was done, to be told if something is wrong.
    pub(crate) steps: Vec<String>,
    seed: u64,
}

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let steps = self.steps.iter().enumerate().map(|(number, step)| format!("\n  {number:>3}  {step}"));
            eprintln!("seed {}: {:?}{}", self.seed, self.log.config(), steps.collect::<String>());
        }
    }
}

impl Life {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, &"the life of a log");
        let (config, now_ms) = (config(&mut rng), 1_767_225_600_000);
        let mut disk = Disk::new();
        let log = open(&mut disk, config, true, now_ms);
        let cleaner = LogCleanerManager::new(DATA);
        let (model, steps) = (Model::default(), Vec::new());
        Self { rng, disk, log, model, cleaner, now_ms, leader_epoch: 0, steps, seed }
    }

    /// Does something, and looks at everything.
    pub(crate) fn step(&mut self) {
        self.now_ms += self.rng.below(1500) as i64;
        // What a log leaves for later is done at once, mostly.
        if self.rng.below(4) > 0 {
            self.log.run_due_tasks(&mut self.disk, self.now_ms).expect("done");
        }
        match self.rng.below(100) {
            0..=39 => self.append(),
            40..=44 => self.append_what_must_be_refused(),
            45..=54 => self.end_transaction(),
            55..=61 => self.append_as_follower(),
            62 | 63 => self.begin_term(),
            64 | 65 => self.roll(),
            66..=73 => self.move_high_watermark(),
            74..=76 => self.truncate(),
            77 | 78 => self.delete_records(),
            79..=81 => self.retain(),
            82..=86 => self.clean(),
            87..=90 => self.checkpoint(),
            91 => self.flush(),
            92 => self.expire_producers(),
            93 => self.now_ms += 30_000,
            94 | 95 => self.stop_and_start(),
            96 | 97 => self.crash(),
            _ => self.lose_power(),
        }
        checks::check(&self.log, &self.disk, &self.model, &mut self.rng);
    }

    pub(crate) fn say(&mut self, step: String) {
        self.steps.push(format!("{step}, log {}", self.log.log_end_offset()));
    }

    /// What the broker stamps, if it stamps.
    pub(crate) fn stamp(&self) -> Option<i64> {
        (self.log.config().message_timestamp_type == TimestampType::LogAppendTime).then_some(self.now_ms)
    }

    /// Takes over what was appended.
    pub(crate) fn appended(&mut self, batch: Batch) {
        self.model.end = batch.last + 1;
        self.model.batches.push(batch);
    }

    fn begin_term(&mut self) {
        self.leader_epoch += 1 + self.rng.below(2) as i32;
        self.say(format!("begin term {}", self.leader_epoch));
        self.log.assign_epoch_start_offset(&mut self.disk, self.leader_epoch, self.model.end).expect("assigned");
    }

    fn roll(&mut self) {
        self.say("roll".into());
        self.log.roll(&mut self.disk, None, self.now_ms).expect("rolled");
    }

    fn move_high_watermark(&mut self) {
        let behind = self.model.batches.iter().filter(|batch| batch.last + 1 > self.model.high_watermark);
        let ends: Vec<Offset> = behind.map(|batch| batch.last + 1).collect();
        let to = match self.rng.below(3) {
            0 if !ends.is_empty() => ends[self.rng.below(ends.len() as u64) as usize],
            _ => self.model.end,
        };
        self.say(format!("high watermark {to}"));
        self.model.high_watermark = to;
        assert_eq!(self.log.update_high_watermark(to), to);
    }

    /// Cuts the end off, as a follower does that has what its leader has not; now and then deep, as after an unclean election.
    fn truncate(&mut self) {
        let compacts = self.log.config().cleanup_policy.compact;
        let safe = self.model.high_watermark.max(self.model.cleaned_to);
        let deep = !compacts && self.rng.below(4) == 0;
        let least = if deep { (self.model.start - 3).max(0) } else { safe };
        if least > self.model.end {
            return;
        }
        let to = least + self.rng.below((self.model.end - least + 1) as u64) as i64;
        self.truncate_to(to);
    }

    fn truncate_to(&mut self, to: Offset) {
        // When all producers were forgotten, Kafka spares itself the search for them, and believes whatever old snapshot is left.
        if self.log.producer_state().active_producers().len() == 0 && !self.model.producers().is_empty() {
            return;
        }
        self.say(format!("truncate to {to}"));
        let active = self.log.active_segment().base_offset();
        let cut = self.log.truncate_to(&mut self.disk, to, self.now_ms).expect("cut");
        assert_eq!(cut, to < self.model.end, "whether anything was cut");
        self.cleaner.on_truncated(&self.log, active, &mut self.disk).expect("written");
        if cut {
            self.model.truncate(to);
            self.model.read_producers_again(self.now_ms);
            self.model.first_segment = self.model.first_segment.min(to);
            self.leader_epoch += 1;
            // As Kafka's LogManager does: what comes where something was cut away is on no platter yet.
            self.write_offset(RECOVERY_POINT, Some(self.log.recovery_point()));
        }
    }

    /// DeleteRecords.
    fn delete_records(&mut self) {
        let room = self.model.high_watermark - self.model.start;
        let to = self.model.start + self.rng.below(room as u64 + 2) as i64;
        self.say(format!("delete records before {to}"));
        let moved = self.log.maybe_increment_log_start_offset(&mut self.disk, to);
        assert_eq!(moved.is_err(), to > self.model.high_watermark, "{moved:?}");
        if moved == Ok(true) {
            self.model.start = to;
            self.model.farthest_start = self.model.farthest_start.max(to);
        }
    }

    fn flush(&mut self) {
        self.say("flush".into());
        self.log.flush(&mut self.disk, self.model.end, self.now_ms).expect("flushed");
        assert_eq!(self.log.recovery_point(), self.model.end);
    }

    fn expire_producers(&mut self) {
        self.say("forget producers".into());
        self.log.remove_expired_producers(self.now_ms);
        for (id, producer) in self.model.producers() {
            if producer.is_expired(self.now_ms) {
                self.model.expired.insert(id, producer.last_seen);
                let entry = self.log.producer_state().last_entry(id);
                // What the cleaner left of a batch may have an older timestamp than the batch had.
                assert_eq!(entry, None, "a producer is remembered that has not written for long");
            }
        }
    }

    /// Writes the checkpoints, as a broker does every now and then.
    fn checkpoint(&mut self) {
        self.say(format!("checkpoint {}", self.log.recovery_point()));
        let start = self.log.log_start_offset();
        let first = self.log.segments().next().expect("a segment").base_offset();
        let entries = [
            (RECOVERY_POINT, Some(self.log.recovery_point())),
            (HIGH_WATERMARK, Some(self.log.high_watermark())),
            (LOG_START, Some(start).filter(|start| *start > first)),
        ];
        for (path, offset) in entries {
            self.write_offset(path, offset);
        }
    }

    fn write_offset(&mut self, path: &str, offset: Option<Offset>) {
        let offsets: Map<_, _> = offset.map(|offset| (partition(), offset)).into_iter().collect();
        write_offsets(&mut self.disk, path, &offsets).expect("written");
    }

    /// In good order; what was written is safe from now on, so that a loss of power changes nothing.
    fn stop_and_start(&mut self) {
        self.say("stop".into());
        self.log.close(&mut self.disk).expect("closed");
        self.checkpoint();
        write_clean_shutdown(&mut self.disk, DATA, 7).expect("written");
        if self.rng.below(2) == 0 {
            self.disk.power_loss(&mut self.rng);
            self.model.lost_power = true;
        }
        self.start(Offset::MAX);
    }

    /// The process dies. The page cache is there.
    pub(crate) fn crash(&mut self) {
        self.say("crash".into());
        self.start(Offset::MAX);
    }

    /// The machine loses power. What was brought to the platter is there, and whatever else chance says.
    pub(crate) fn lose_power(&mut self) {
        // A log that was cut in the middle of a batch ends in bytes before it ends in offsets.
        let safe = self.log.recovery_point().max(self.model.cleaned_to).min(self.model.written_end());
        self.say(format!("lose power, safe {safe}"));
        self.disk.power_loss(&mut self.rng);
        self.model.lost_power = true;
        self.start(safe);
    }

    /// The broker starts on what it finds. Everything before `safe` must be there.
    fn start(&mut self, safe: Offset) {
        let had_clean_shutdown = take_clean_shutdown(&mut self.disk, DATA).expect("a disk that works");
        self.log = open(&mut self.disk, self.log.config().clone(), had_clean_shutdown, self.now_ms);
        self.cleaner = LogCleanerManager::new(DATA);
        let checkpointed = |path| offset_in(&self.disk, path);
        let (start, high_watermark) = (checkpointed(LOG_START), checkpointed(HIGH_WATERMARK));
        let model = &mut self.model;
        let there = checks::batches_of(&self.log, &self.disk);
        let is_left = |base: Offset| there.iter().any(|it| it.batch().base_offset() == base);
        let first_lost = model.keep(|batch| batch.last < safe || is_left(batch.base));
        let active = self.log.active_segment().base_offset();
        let first = self.log.segments().next().expect("a segment").base_offset();
        model.end = model.written_end().max(active);
        // If all that was left ends before the log is known to start, it begins anew there.
        let anew = first == start && model.batches.last().is_none_or(|batch| batch.last < start);
        assert!(first == model.first_segment || anew, "it begins at {first}, not {}", model.first_segment);
        model.first_segment = first;
        model.start = start.max(model.first_segment);
        model.high_watermark = high_watermark.clamp(model.start, model.end);
        model.forgotten_below = model.forgotten_below.max(model.start);
        model.farthest_start = model.farthest_start.max(model.start).min(model.end);
        model.read_producers_again(self.now_ms);
        self.log.update_high_watermark(high_watermark);
        self.steps.push(format!("    started: {:?}, log {}", self.log.recovery_report(), self.log.log_end_offset()));
        // Before power goes the next time, the kernel has written what recovery left: Kafka flushes none of the indexes that it builds anew.
        let paths: Vec<_> = self.disk.paths().cloned().collect();
        for path in paths {
            self.disk.fsync(&path).expect("flushed");
        }
        if let Some(hole) = first_lost.filter(|lost| *lost < self.model.end) {
            self.close_hole(hole);
        }
    }

    /// Pages reach the platter in any order: of what was not flushed a later segment may be there, an earlier not. Kafka leaves it at that,
    /// and until the end is cut off, as its leader will tell it to, little can be said of such a log.
    fn close_hole(&mut self, hole: Offset) {
        checks::contents(&self.log, &checks::batches_of(&self.log, &self.disk), &self.model);
        self.truncate_to(hole);
    }

    pub(crate) fn draw_producer(&mut self) -> producers::From {
        producers::draw(&mut self.rng)
    }
}

fn partition() -> TopicPartition {
    TopicPartition::parse("t-0").expect("a partition")
}

fn offset_in(disk: &Disk, path: &str) -> Offset {
    read_offsets(disk, path).expect("a checkpoint").get(&partition()).copied().unwrap_or(0)
}

fn open(disk: &mut Disk, config: LogConfig, had_clean_shutdown: bool, now_ms: i64) -> UnifiedLog {
    let producer_state = ProducerStateManagerConfig {
        producer_id_expiration_ms: EXPIRATION_MS,
        ..ProducerStateManagerConfig::default()
    };
    let params = LoadParams {
        had_clean_shutdown,
        recovery_point: offset_in(disk, RECOVERY_POINT),
        log_start_offset: offset_in(disk, LOG_START),
        now_ms,
        producer_state,
        ..LoadParams::default()
    };
    UnifiedLog::open(partition(), DIR, config, disk, params).expect("opened")
}

/// Small segments, and of everything else a bit.
fn config(rng: &mut Rng) -> LogConfig {
    let mut pick = |values: &[&'static str]| values[rng.below(values.len() as u64) as usize];
    let chosen = [
        ("internal.segment.bytes", pick(&["800", "1500", "4000"])),
        ("index.interval.bytes", pick(&["0", "200", "900"])),
        ("segment.index.bytes", pick(&["60", "1000", "10000"])),
        ("segment.ms", pick(&["9000", "40000", "604800000"])),
        ("cleanup.policy", pick(&["delete", "delete", "compact", "compact", "compact,delete"])),
        ("retention.ms", pick(&["20000", "90000", "-1"])),
        ("retention.bytes", pick(&["3000", "9000", "-1"])),
        ("delete.retention.ms", pick(&["0", "15000", "60000"])),
        ("min.cleanable.dirty.ratio", pick(&["0.0", "0.5"])),
        ("file.delete.delay.ms", pick(&["0", "5000"])),
        ("flush.messages", pick(&["1", "20", "9223372036854775807"])),
        ("message.timestamp.type", pick(&["CreateTime", "CreateTime", "LogAppendTime"])),
        ("compression.type", pick(&["producer", "producer", "gzip", "uncompressed"])),
    ];
    let mut config = LogConfig::default();
    for (name, value) in chosen {
        config.set(name, value).expect("a setting");
    }
    config
}
