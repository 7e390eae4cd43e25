//! Opening a log: what a broker does with each of its folders when it starts. Kafka's `LogLoader`.
//!
//! After a clean shutdown the files are taken at their word. Otherwise every segment from the recovery point on (all
//! before it is known to be on the platter) is read to the last byte and cut at the first batch that is damaged or half
//! written; what lies behind such a batch, later segments included, is dropped. Indexes are rebuilt on the way.

use super::files::{LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, offset_from_file_name, segment_file};
use super::truncate::delete_files;
use super::{LeaderEpochFileCache, LogConfig, LogError, LogSegment, UnifiedLog};
use crate::base::{Map, Offset, TopicPartition};
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
        let mut leader_epoch_cache = LeaderEpochFileCache::open(disk, &Self::epoch_cache_path(dir))?;
        let mut segments = load_segment_files(disk, dir, &config, &mut leader_epoch_cache)?;
        if !params.had_clean_shutdown {
            recover_log(disk, &config, &mut segments, &mut leader_epoch_cache, params.recovery_point)?;
        }
        let mut log_end_offset = next_offset(disk, &segments)?;
        if params.log_start_offset > log_end_offset {
            // Records that are gone for good: the log begins anew where it is known to start.
            for segment in std::mem::take(&mut segments).values() {
                delete_files(disk, segment)?;
            }
        }
        if segments.is_empty() {
            let base_offset = params.log_start_offset;
            segments.insert(base_offset, LogSegment::create(disk, dir, base_offset, &config)?);
            log_end_offset = base_offset;
        }
        let first = segments.first_key_value().map_or(0, |(base_offset, _)| *base_offset);
        let log_start_offset = params.log_start_offset.max(first);
        leader_epoch_cache.truncate_from_end(disk, log_end_offset)?;
        leader_epoch_cache.truncate_from_start(disk, log_start_offset)?;
        let flushed = if params.had_clean_shutdown { log_end_offset } else { params.recovery_point };
        Ok(Self {
            topic_partition,
            dir: dir.into(),
            config,
            segments: segments.into_iter().map(|(base_offset, segment)| (base_offset, Rc::new(segment))).collect(),
            log_start_offset,
            log_end_offset,
            high_watermark: log_start_offset,
            recovery_point: flushed.min(log_end_offset),
            leader_epoch_cache,
        })
    }
}

/// Finds the segments. Index files without a `.log` are removed; a `.log` without index files gets new ones.
fn load_segment_files(
    disk: &mut Disk,
    dir: &str,
    config: &LogConfig,
    cache: &mut LeaderEpochFileCache,
) -> Result<Map<Offset, LogSegment>, LogError> {
    let names: Vec<String> = disk.list(dir).into_iter().map(Into::into).collect();
    for suffix in [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX] {
        for offset in names.iter().filter_map(|name| offset_from_file_name(name, suffix)) {
            if !disk.exists(&segment_file(dir, offset, LOG_FILE_SUFFIX)) {
                disk.delete(&segment_file(dir, offset, suffix))?;
            }
        }
    }
    let mut segments = Map::new();
    for offset in names.iter().filter_map(|name| offset_from_file_name(name, LOG_FILE_SUFFIX)) {
        let (mut segment, indexed) = LogSegment::open(disk, dir, offset, config)?;
        if !indexed {
            segment.recover(disk, config, cache)?;
        }
        segments.insert(offset, segment);
    }
    Ok(segments)
}

/// Reads what may not have reached the platter, and cuts what did not.
fn recover_log(
    disk: &mut Disk,
    config: &LogConfig,
    segments: &mut Map<Offset, LogSegment>,
    cache: &mut LeaderEpochFileCache,
    recovery_point: Offset,
) -> Result<(), LogError> {
    let first = segments.range(..=recovery_point).next_back().map_or(Offset::MIN, |(base_offset, _)| *base_offset);
    let mut damaged = None;
    for (base_offset, segment) in segments.range_mut(first..) {
        if segment.recover(disk, config, cache)? > 0 {
            damaged = Some(*base_offset);
            break;
        }
    }
    if let Some(base_offset) = damaged {
        for segment in segments.split_off(&(base_offset + 1)).values() {
            delete_files(disk, segment)?;
        }
    }
    Ok(())
}

fn next_offset(disk: &Disk, segments: &Map<Offset, LogSegment>) -> Result<Offset, LogError> {
    match segments.last_key_value() {
        None => Ok(0),
        Some((_, active)) => active.read_next_offset(disk),
    }
}
