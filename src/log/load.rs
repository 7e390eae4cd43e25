//! Opening a log: what a broker does with each of its folders when it starts. Kafka's `LogLoader`.
//!
//! After a clean shutdown the files are taken at their word. Otherwise every segment from the recovery point on (all
//! before it is known to be on the platter) is read to the last byte and cut at the first batch that is damaged or half
//! written; what lies behind such a batch, later segments included, is dropped. Indexes are rebuilt on the way, and so
//! is what the partition knew of its producers.

use super::files::{
    LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, offset_from_file_name, segment_file,
};
use super::producer_state::{Rebuild, rebuild_producer_state};
use super::truncate::delete_files;
use super::{
    LeaderEpochFileCache, LogConfig, LogError, LogSegment, ProducerStateManager, ProducerStateManagerConfig, UnifiedLog,
};
use crate::base::{Map, Offset, Set, TopicPartition};
use crate::disk::Disk;
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
    /// The broker's clock, in ms.
    pub now_ms: i64,
    /// The settings for what is kept of producers.
    pub producer_state: ProducerStateManagerConfig,
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
        let leader_epoch_cache = LeaderEpochFileCache::open(disk, &Self::epoch_cache_path(dir))?;
        let mut loader = LogLoader { dir, config: &config, params, leader_epoch_cache, segments: Map::new() };
        loader.load_segment_files(disk)?;
        if !params.had_clean_shutdown {
            loader.recover_log(disk)?;
        }
        let mut producer_state = ProducerStateManager::new(disk, dir, params.producer_state);
        let log_end_offset = loader.ensure_segment(disk, &mut producer_state)?;
        let LogLoader { mut leader_epoch_cache, segments, .. } = loader;
        let first = segments.first_key_value().map_or(0, |(base_offset, _)| *base_offset);
        let log_start_offset = params.log_start_offset.max(first);
        leader_epoch_cache.truncate_from_end(disk, log_end_offset)?;
        leader_epoch_cache.truncate_from_start(disk, log_start_offset)?;
        producer_state.remove_stray_snapshots(disk, &segments.keys().copied().collect::<Set<_>>())?;
        let rebuild = Rebuild {
            segments: &segments,
            log_start_offset,
            last_offset: log_end_offset,
            after_clean_shutdown: params.had_clean_shutdown,
            now_ms: params.now_ms,
        };
        rebuild_producer_state(&mut producer_state, disk, rebuild)?;
        let flushed = if params.had_clean_shutdown { log_end_offset } else { params.recovery_point };
        Ok(Self {
            topic_partition,
            dir: dir.into(),
            config,
            segments,
            log_start_offset,
            log_end_offset,
            high_watermark: log_start_offset,
            recovery_point: flushed.min(log_end_offset),
            leader_epoch_cache,
            producer_state,
        })
    }
}

/// A log that is being opened.
struct LogLoader<'a> {
    dir: &'a str,
    config: &'a LogConfig,
    params: LoadParams,
    leader_epoch_cache: LeaderEpochFileCache,
    segments: Map<Offset, Rc<LogSegment>>,
}

impl LogLoader<'_> {
    /// Finds the segments. Index files without a `.log` are removed; a `.log` without index files gets new ones.
    fn load_segment_files(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        let names: Vec<String> = disk.list(self.dir).into_iter().map(Into::into).collect();
        for suffix in [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX] {
            for offset in names.iter().filter_map(|name| offset_from_file_name(name, suffix)) {
                if !disk.exists(&segment_file(self.dir, offset, LOG_FILE_SUFFIX)) {
                    disk.delete(&segment_file(self.dir, offset, suffix))?;
                }
            }
        }
        for offset in names.iter().filter_map(|name| offset_from_file_name(name, LOG_FILE_SUFFIX)) {
            let (mut segment, indexed) = LogSegment::open(disk, self.dir, offset, self.config)?;
            if !indexed {
                self.recover_segment(disk, &mut segment)?;
            }
            self.segments.insert(offset, Rc::new(segment));
        }
        Ok(())
    }

    /// Reads what may not have reached the platter, and cuts what did not.
    fn recover_log(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        let first = self.segments.range(..=self.params.recovery_point).next_back();
        let first = first.map_or(Offset::MIN, |(base_offset, _)| *base_offset);
        let unflushed: Vec<Offset> = self.segments.range(first..).map(|(base_offset, _)| *base_offset).collect();
        for base_offset in unflushed {
            let mut segment = LogSegment::clone(&self.segments[&base_offset]);
            let cut = self.recover_segment(disk, &mut segment)?;
            self.segments.insert(base_offset, Rc::new(segment));
            if cut > 0 {
                let mut producers = ProducerStateManager::new(disk, self.dir, self.params.producer_state);
                for segment in self.segments.split_off(&(base_offset + 1)).values() {
                    delete_files(disk, segment, &mut producers)?;
                }
                break;
            }
        }
        Ok(())
    }

    /// Recovers one segment, with the producers as they were when it began. A snapshot of them as they are at its end
    /// saves reading it again for the next one.
    fn recover_segment(&mut self, disk: &mut Disk, segment: &mut LogSegment) -> Result<u32, LogError> {
        let mut producers = ProducerStateManager::new(disk, self.dir, self.params.producer_state);
        let log = Rebuild {
            segments: &self.segments,
            log_start_offset: self.params.log_start_offset,
            last_offset: segment.base_offset(),
            after_clean_shutdown: false,
            now_ms: self.params.now_ms,
        };
        rebuild_producer_state(&mut producers, disk, log)?;
        let cut = segment.recover(disk, self.config, &mut producers, &mut self.leader_epoch_cache)?;
        producers.take_snapshot(disk)?;
        Ok(cut)
    }

    /// Sees to it that there is an active segment, and says where the log ends.
    fn ensure_segment(&mut self, disk: &mut Disk, producers: &mut ProducerStateManager) -> Result<Offset, LogError> {
        if let Some((_, active)) = self.segments.last_key_value() {
            let log_end_offset = active.read_next_offset(disk)?;
            if log_end_offset >= self.params.log_start_offset {
                return Ok(log_end_offset);
            }
            // Records that are gone for good: the log begins anew where it is known to start.
            for segment in std::mem::take(&mut self.segments).values() {
                delete_files(disk, segment, producers)?;
            }
            self.leader_epoch_cache.clear(disk)?;
            producers.truncate_fully_and_start_at(disk, self.params.log_start_offset)?;
        }
        let base_offset = self.params.log_start_offset;
        let segment = LogSegment::create(disk, self.dir, base_offset, self.config)?;
        self.segments.insert(base_offset, Rc::new(segment));
        Ok(base_offset)
    }
}
