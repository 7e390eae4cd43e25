//! Opening a log: what a broker does with each of its folders when it starts. Kafka's `LogLoader`.
//!
//! First, what an earlier process left half done. A `.deleted` file is removed; so is a `.cleaned` one, whose making was
//! cut short, and any `.swap` file at or behind the first `.cleaned` one, which belongs to the same attempt. Every other
//! `.swap` file is whole: it takes its place, and what it replaces goes.
//!
//! Then the segments. After a clean shutdown the files are taken at their word. Otherwise every segment from the recovery
//! point on (all before it is known to be on the platter) is read to the last byte and cut at the first batch that is
//! damaged or half written; what lies behind such a batch, later segments included, is dropped. Indexes are rebuilt on
//! the way, and so is what the partition knew of its producers. What Kafka does not look at, it does not find: damage
//! before the recovery point stays unnoticed until somebody reads there, and of the index files only the offset index is
//! missed if it is gone.
//!
//! Left out: a segment whose offsets are too far apart for its index, which Kafka 0.11 could write; Kafka splits it, here
//! it is cut.

use super::files::{
    CLEANED_FILE_SUFFIX, DELETED_FILE_SUFFIX, LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, SEGMENT_FILE_SUFFIXES,
    SWAP_FILE_SUFFIX, leading_offset, offset_from_file_name, segment_file,
};
use super::producer_state::{Rebuild, rebuild_producer_state};
use super::segment::SegmentParams;
use super::tasks::{ScheduledTask, mark_deleted};
use super::{
    LeaderEpochFileCache, LogConfig, LogError, LogSegment, ProducerStateManager, ProducerStateManagerConfig, UnifiedLog,
};
use crate::base::{Map, Offset, Rng, Set, TopicPartition};
use crate::disk::Disk;
use std::ops::Range;
use std::rc::Rc;

/// What a broker knows of a log before it opens it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LoadParams {
    /// Whether the log was closed in good order.
    pub had_clean_shutdown: bool,
    /// Everything before this offset is known to be on the platter; 0 if nothing is known.
    pub recovery_point: Offset,
    /// Where the log started; 0 if nothing is known.
    pub log_start_offset: Offset,
    /// The broker's clock, in Unix milliseconds.
    pub now_ms: i64,
    /// The seed of `segment.jitter.ms`.
    pub seed: u64,
    /// The settings for what is kept of producers.
    pub producer_state: ProducerStateManagerConfig,
}

/// What opening a log took.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct RecoveryReport {
    /// Segments that were read from the first byte to the last.
    pub segments_scanned: u32,
    /// How many bytes of record batches that were.
    pub bytes_read: u64,
    /// How many bytes were cut: what was damaged, and what lay behind it in the same segment.
    pub bytes_cut: u64,
    /// Segments that were dropped whole, because they lay behind damage or before the log start.
    pub segments_deleted: u32,
    /// Index files that were built anew.
    pub indexes_rebuilt: u32,
}

/// A log that is being opened.
struct LogLoader<'a> {
    dir: &'a str,
    config: &'a LogConfig,
    params: LoadParams,
    rng: Rng,
    segments: Map<Offset, Rc<LogSegment>>,
    cache: LeaderEpochFileCache,
    tasks: Vec<ScheduledTask>,
    report: RecoveryReport,
}

impl UnifiedLog {
    /// Opens the log in the folder `dir`, or begins one there. The high watermark is then at the log start; a broker
    /// that remembers it says so with [`UnifiedLog::update_high_watermark`].
    pub fn open(
        topic_partition: TopicPartition,
        dir: &str,
        config: LogConfig,
        disk: &mut Disk,
        params: LoadParams,
    ) -> Result<Self, LogError> {
        let mut loader = LogLoader {
            dir,
            config: &config,
            params,
            rng: Rng::new(params.seed, &dir),
            segments: Map::new(),
            cache: LeaderEpochFileCache::open(disk, &Self::epoch_cache_path(dir))?,
            tasks: Vec::new(),
            report: RecoveryReport::default(),
        };
        let (recovery_point, log_end_offset) = loader.load(disk)?;
        let first = loader.segments.first_key_value().map_or(0, |(base_offset, _)| *base_offset);
        let log_start_offset = params.log_start_offset.max(first);
        let producer_state = loader.load_producer_state(disk, log_start_offset, log_end_offset)?;
        let LogLoader { rng, segments, cache, tasks, report, .. } = loader;
        Ok(Self {
            topic_partition,
            dir: dir.into(),
            config,
            segments,
            log_start_offset,
            log_end_offset,
            high_watermark: log_start_offset,
            recovery_point,
            leader_epoch_cache: cache,
            producer_state,
            tasks,
            last_flush_ms: params.now_ms,
            rng,
            recovery_report: report,
        })
    }
}

impl<'a> LogLoader<'a> {
    /// Does it all. Says the recovery point and the log end offset.
    fn load(&mut self, disk: &mut Disk) -> Result<(Offset, Offset), LogError> {
        self.finish_interrupted(disk)?;
        self.load_segment_files(disk)?;
        if !self.params.had_clean_shutdown {
            self.recover_log(disk)?;
        }
        let end = self.delete_all_if_log_start_is_behind_log_end(disk)?;
        let LoadParams { had_clean_shutdown, recovery_point, log_start_offset, .. } = self.params;
        if self.segments.is_empty() {
            let segment = LogSegment::create(disk, self.segment_params(log_start_offset))?;
            self.segments.insert(log_start_offset, Rc::new(segment));
        }
        let flushed = if had_clean_shutdown && end.is_some() { Offset::MAX } else { recovery_point };
        let log_end_offset = end.unwrap_or(log_start_offset);
        self.cache.truncate_from_end(disk, log_end_offset)?;
        // That the log start had moved may not have reached the platter.
        self.cache.truncate_from_start(disk, log_start_offset)?;
        Ok((flushed.min(log_end_offset), log_end_offset))
    }

    fn segment_params(&mut self, base_offset: Offset) -> SegmentParams<'a> {
        SegmentParams {
            dir: self.dir,
            base_offset,
            file_suffix: "",
            config: self.config,
            roll_jitter_ms: self.config.random_segment_jitter(&mut self.rng),
            now_ms: self.params.now_ms,
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.dir)
    }

    /// Removes what was on its way out, and either ends or undoes what the cleaner was about.
    fn finish_interrupted(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        let ending = |suffix: &str| -> Vec<String> {
            disk.list(self.dir).into_iter().filter(|name| name.ends_with(suffix)).map(Into::into).collect()
        };
        let (deleted, cleaned, swaps) =
            (ending(DELETED_FILE_SUFFIX), ending(CLEANED_FILE_SUFFIX), ending(SWAP_FILE_SUFFIX));
        let first_cleaned = cleaned.iter().filter_map(|name| leading_offset(name)).min().unwrap_or(Offset::MAX);
        let (undone, swaps): (Vec<_>, Vec<_>) =
            swaps.into_iter().partition(|name| leading_offset(name).is_some_and(|offset| offset >= first_cleaned));
        for name in deleted.iter().chain(&cleaned).chain(&undone) {
            disk.delete(&self.path(name))?;
        }
        let replaced = self.offsets_of_swaps(disk, &swaps)?;
        let names: Vec<String> = disk.list(self.dir).into_iter().map(Into::into).collect();
        for name in names.iter().filter(|name| !name.ends_with(SWAP_FILE_SUFFIX)) {
            if leading_offset(name).is_some_and(|offset| replaced.contains(&offset)) {
                disk.delete(&self.path(name))?;
            }
        }
        for name in names.iter().filter(|name| name.ends_with(SWAP_FILE_SUFFIX)) {
            disk.rename(&self.path(name), &self.path(name.trim_end_matches(SWAP_FILE_SUFFIX)))?;
        }
        Ok(())
    }

    /// The offsets that the segments among `swaps` take the place of.
    fn offsets_of_swaps(&mut self, disk: &mut Disk, swaps: &[String]) -> Result<Range<Offset>, LogError> {
        let (mut first, mut last) = (Offset::MAX, Offset::MIN);
        let is_segment = |name: &&String| name.trim_end_matches(SWAP_FILE_SUFFIX).ends_with(LOG_FILE_SUFFIX);
        for base_offset in swaps.iter().filter(is_segment).filter_map(|name| leading_offset(name)) {
            let params = SegmentParams { file_suffix: SWAP_FILE_SUFFIX, ..self.segment_params(base_offset) };
            let end = LogSegment::open(disk, params)?.read_next_offset(disk)?;
            (first, last) = (first.min(base_offset), last.max(end));
        }
        Ok(first..last)
    }

    /// Finds the segments. Index files without a `.log` are removed; a `.log` without an offset index gets its indexes
    /// anew.
    fn load_segment_files(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        let names: Vec<String> = disk.list(self.dir).into_iter().map(Into::into).collect();
        for suffix in &SEGMENT_FILE_SUFFIXES[1..] {
            for offset in names.iter().filter_map(|name| offset_from_file_name(name, suffix)) {
                if !disk.exists(&segment_file(self.dir, offset, LOG_FILE_SUFFIX)) {
                    disk.delete(&segment_file(self.dir, offset, suffix))?;
                }
            }
        }
        for offset in names.iter().filter_map(|name| offset_from_file_name(name, LOG_FILE_SUFFIX)) {
            let indexed = disk.exists(&segment_file(self.dir, offset, OFFSET_INDEX_SUFFIX));
            let mut segment = LogSegment::open(disk, self.segment_params(offset))?;
            if !indexed || segment.txn_index().sanity_check(disk).is_err() {
                self.recover_segment(disk, &mut segment)?;
            }
            self.segments.insert(offset, Rc::new(segment));
        }
        Ok(())
    }

    /// Reads a segment to its end, with the producers as they were when it began. A snapshot of them as they are at its end
    /// saves reading it again for the next one. Says how many bytes were cut.
    fn recover_segment(&mut self, disk: &mut Disk, segment: &mut LogSegment) -> Result<u32, LogError> {
        self.report.segments_scanned += 1;
        self.report.bytes_read += u64::from(segment.size());
        self.report.indexes_rebuilt += 2;
        let mut producers = ProducerStateManager::new(disk, self.dir, self.params.producer_state);
        let rebuild = self.rebuild(self.params.log_start_offset, segment.base_offset(), false);
        rebuild_producer_state(&mut producers, disk, rebuild)?;
        let cut = segment.recover(disk, self.config, &mut producers, &mut self.cache)?;
        producers.take_snapshot(disk, true)?;
        self.report.bytes_cut += u64::from(cut);
        Ok(cut)
    }

    /// Reads what may not have reached the platter, and cuts what did not.
    fn recover_log(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        let first = self.segments.range(..=self.params.recovery_point).next_back();
        let first = first.map_or(Offset::MIN, |(base_offset, _)| *base_offset);
        let unflushed: Vec<Offset> = self.segments.range(first..).map(|(base_offset, _)| *base_offset).collect();
        for base_offset in unflushed {
            let mut segment = LogSegment::clone(&self.segments[&base_offset]);
            let cut = match self.recover_segment(disk, &mut segment) {
                Err(LogError::InvalidOffset { .. }) => {
                    let size = segment.size();
                    segment.truncate_to(disk, base_offset, self.params.now_ms)?;
                    self.report.bytes_cut += u64::from(size);
                    size
                }
                other => other?,
            };
            self.segments.insert(base_offset, Rc::new(segment));
            if cut > 0 {
                return self.delete_segments(disk, base_offset + 1);
            }
        }
        Ok(())
    }

    /// Drops the segments that begin at or behind `from`.
    fn delete_segments(&mut self, disk: &mut Disk, from: Offset) -> Result<(), LogError> {
        let dropped: Vec<Offset> = self.segments.split_off(&from).keys().copied().collect();
        self.report.segments_deleted += dropped.len() as u32;
        self.tasks.extend(mark_deleted(disk, self.dir, &dropped, true, self.config, self.params.now_ms)?);
        Ok(())
    }

    /// Where the log ends, if it holds anything. A log that ends before it is known to start has lost its files: it
    /// begins anew.
    fn delete_all_if_log_start_is_behind_log_end(&mut self, disk: &mut Disk) -> Result<Option<Offset>, LogError> {
        let Some((_, active)) = self.segments.last_key_value() else { return Ok(None) };
        let end = active.read_next_offset(disk)?;
        if end >= self.params.log_start_offset {
            return Ok(Some(end));
        }
        self.delete_segments(disk, Offset::MIN)?;
        self.cache.clear(disk)?;
        let mut producers = ProducerStateManager::new(disk, self.dir, self.params.producer_state);
        producers.truncate_fully_and_start_at(disk, self.params.log_start_offset)?;
        Ok(None)
    }

    /// What is known of the producers of the log that was found.
    fn load_producer_state(
        &mut self,
        disk: &mut Disk,
        log_start_offset: Offset,
        log_end_offset: Offset,
    ) -> Result<ProducerStateManager, LogError> {
        let mut producers = ProducerStateManager::new(disk, self.dir, self.params.producer_state);
        let base_offsets: Set<Offset> = self.segments.keys().copied().collect();
        producers.remove_stray_snapshots(disk, &base_offsets)?;
        let rebuild = self.rebuild(log_start_offset, log_end_offset, self.params.had_clean_shutdown);
        rebuild_producer_state(&mut producers, disk, rebuild)?;
        Ok(producers)
    }

    fn rebuild(&self, log_start_offset: Offset, last_offset: Offset, after_clean_shutdown: bool) -> Rebuild<'_> {
        let (segments, now_ms) = (&self.segments, self.params.now_ms);
        Rebuild { segments, log_start_offset, last_offset, after_clean_shutdown, now_ms }
    }
}
