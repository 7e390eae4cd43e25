//! What a round of cleaning will do: the first half of Kafka's `Cleaner`, which decides.
//!
//! The dirty part is read once, to learn the newest offset of each key. Then every segment from the start of the log to
//! the end of the round is read and written anew without what is superseded. Neighbours that were small enough to fit
//! into one segment together become one, or a log that is cleaned again and again would end as a heap of tiny files.

use super::filter::{BatchFilter, BatchPlan, Filtered, LastRecord};
use super::log_to_clean::segments_between;
use super::offset_map::{OffsetMap, OffsetMapSize};
use super::transactions::{CleanedTransactionMetadata, Verdict};
use super::{CleanerStats, LogToClean};
use crate::base::{Bytes, Map, Offset};
use crate::disk::Disk;
use crate::log::segment::SegmentParams;
use crate::log::{LogConfig, LogError, LogSegment, ProducerStateEntry, UnifiedLog};
use crate::record::{BatchHeader, RecordBatch, RecordError};
use std::rc::Rc;

/// What a round will do: which segments become which, and why each record that goes does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CleaningPlan {
    /// When the round began, in Unix ms.
    pub now_ms: i64,
    /// Where the dirty part began.
    pub first_dirty_offset: Offset,
    /// Where the clean part ends after the round: what the checkpoint will say.
    pub next_dirty_offset: Offset,
    /// Neighbouring segments that become one, each group; oldest first.
    pub groups: Vec<SegmentGroup>,
    /// The round in numbers.
    pub stats: CleanerStats,
}

/// Segments that become one, which is named after the first of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SegmentGroup {
    /// Base offset and size of each, oldest first; there is at least one.
    pub sources: Vec<(Offset, u32)>,
    /// What becomes of each of their batches.
    pub batches: Vec<BatchPlan>,
    /// The segment that takes their place.
    pub cleaned: LogSegment,
    /// Its files as they are to lie on the disk, by their final path.
    pub files: Vec<(Rc<str>, Bytes)>,
}

impl CleaningPlan {
    /// The size of the segments that are cleaned.
    #[must_use]
    pub fn size_before(&self) -> u64 {
        self.groups.iter().flat_map(|group| &group.sources).map(|(_, size)| u64::from(*size)).sum()
    }

    /// The size of the segments that take their place.
    #[must_use]
    pub fn size_after(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.cleaned.size())).sum()
    }

    /// How many records the segments hold that are cleaned.
    #[must_use]
    pub fn records_before(&self) -> u64 {
        self.batches().map(|batch| u64::from(batch.kept) + batch.removed.len() as u64).sum()
    }

    /// How many of them stay.
    #[must_use]
    pub fn records_after(&self) -> u64 {
        self.batches().map(|batch| u64::from(batch.kept)).sum()
    }

    /// What becomes of each batch, in order.
    pub fn batches(&self) -> impl Iterator<Item = &BatchPlan> {
        self.groups.iter().flat_map(|group| &group.batches)
    }
}

/// Decides on a round over the part of `log` that `to_clean` describes, begun at `now_ms`. Nothing is changed.
pub fn plan(
    log: &UnifiedLog,
    disk: &Disk,
    to_clean: &LogToClean,
    size: OffsetMapSize,
    now_ms: i64,
) -> Result<CleaningPlan, LogError> {
    let mut stats = CleanerStats::default();
    let upper_bound = to_clean.first_uncleanable_offset;
    let map = build_offset_map(log, disk, to_clean.first_dirty_offset..upper_bound, size, &mut stats)?;
    stats.buffer_utilization = map.utilization();
    let next_dirty_offset = map.latest_offset() + 1;
    let mut round = Round { log, disk, map: &map, now_ms, upper_bound, stats, transactions: Default::default() };
    let segments: Vec<_> = segments_between(log, 0..next_dirty_offset).collect();
    let groups = group_segments_by_size(&segments, log.config(), upper_bound);
    let groups = groups.into_iter().map(|group| round.clean_segments(&group)).collect::<Result<_, _>>()?;
    let (first_dirty_offset, stats) = (to_clean.first_dirty_offset, round.stats);
    Ok(CleaningPlan { now_ms, first_dirty_offset, next_dirty_offset, groups, stats })
}

/// The newest offset of each key from `range.start` up to where the map is full, at most to `range.end`.
fn build_offset_map(
    log: &UnifiedLog,
    disk: &Disk,
    range: std::ops::Range<Offset>,
    size: OffsetMapSize,
    stats: &mut CleanerStats,
) -> Result<OffsetMap, LogError> {
    let mut map = OffsetMap::new(size);
    let mut transactions = CleanedTransactionMetadata::default();
    transactions.add_aborted_transactions(log.collect_aborted_transactions(disk, range.start, range.end)?);
    let mut dirty = segments_between(log, range.clone()).peekable();
    while let Some(segment) = dirty.next() {
        let near = segment.offset_index().lookup(disk, range.start)?.position;
        let mut full = false;
        for_each_batch(disk, segment, near, |batch| {
            full = full || !enter(batch, &mut map, &mut transactions, range.start, stats)?;
            Ok(())
        })?;
        if full {
            break;
        }
        // Gaps at the end of a segment count as looked at.
        map.update_latest_offset(dirty.peek().map_or(range.end, |next| next.base_offset()) - 1);
    }
    Ok(map)
}

/// Takes account of one batch of the dirty part; false if the map was full before its end.
fn enter(
    batch: &RecordBatch<'_>,
    map: &mut OffsetMap,
    transactions: &mut CleanedTransactionMetadata,
    start: Offset,
    stats: &mut CleanerStats,
) -> Result<bool, RecordError> {
    if batch.is_control_batch() {
        transactions.on_control_batch_read(batch)?;
        stats.map_messages_read += 1;
    } else if transactions.on_batch_read(batch) == Verdict::Discardable {
        stats.map_messages_read += u64::try_from(batch.records_count()).unwrap_or(0);
    } else {
        for record in batch.records() {
            let record = record?;
            if let Some(key) = record.key.as_ref().filter(|_| record.offset >= start) {
                if map.is_full() {
                    return Ok(false);
                }
                map.put(key, record.offset);
            }
            stats.map_messages_read += 1;
        }
    }
    if batch.last_offset() >= start {
        map.update_latest_offset(batch.last_offset());
    }
    stats.map_bytes_read += batch.size_in_bytes() as u64;
    Ok(true)
}

/// Neighbours whose logs, indexes and offsets fit into one segment together.
fn group_segments_by_size<'a>(
    segments: &[&'a LogSegment],
    config: &LogConfig,
    first_uncleanable_offset: Offset,
) -> Vec<Vec<&'a LogSegment>> {
    let sizes = |segment: &LogSegment| {
        let (offsets, times) = (segment.offset_index().size_in_bytes(), segment.time_index().size_in_bytes());
        [segment.size(), offsets, times].map(u64::from)
    };
    let limits = [config.segment_size(), config.segment_index_bytes, config.segment_index_bytes].map(u64::from);
    let mut groups: Vec<Vec<&LogSegment>> = Vec::new();
    let mut sums = [0; 3];
    for (i, segment) in segments.iter().enumerate() {
        let size = sizes(segment);
        let end = segments.get(i + 1).map_or(first_uncleanable_offset, |next| next.base_offset());
        let joins = groups.last().and_then(|group| group.last()).is_some_and(|last| {
            let fits = (0..3).all(|part| sums[part] + size[part] <= limits[part]);
            fits && (segment.size() == 0 || end - 1 - last.base_offset() <= i64::from(i32::MAX))
        });
        if joins {
            sums = [0, 1, 2].map(|part| sums[part] + size[part]);
            groups.last_mut().expect("joins a group").push(segment);
        } else {
            sums = size;
            groups.push(vec![segment]);
        }
    }
    groups
}

/// What holds for all groups of a round.
struct Round<'a> {
    log: &'a UnifiedLog,
    disk: &'a Disk,
    map: &'a OffsetMap,
    now_ms: i64,
    upper_bound: Offset,
    stats: CleanerStats,
    transactions: CleanedTransactionMetadata,
}

/// The segment that is being written; on a scratch disk, for nothing is to be changed yet.
struct Output {
    scratch: Disk,
    cleaned: LogSegment,
    modified_ms: i64,
    batches: Vec<BatchPlan>,
}

impl Round<'_> {
    /// Writes the segment that takes the place of `sources`.
    fn clean_segments(&mut self, sources: &[&LogSegment]) -> Result<SegmentGroup, LogError> {
        let mut output = self.output(sources)?;
        let last_records = last_records_of_active_producers(self.log);
        for (i, segment) in sources.iter().enumerate() {
            let start = segment.base_offset();
            let end = match sources.get(i + 1) {
                Some(next) => next.base_offset(),
                None => segment.read_next_offset(self.disk)?,
            };
            let aborted = self.log.collect_aborted_transactions(self.disk, start, end)?;
            self.transactions.add_aborted_transactions(aborted);
            self.clean_into(segment, &last_records, &mut output)?;
        }
        let Output { mut scratch, mut cleaned, batches, .. } = output;
        cleaned.on_become_inactive_segment(&mut scratch)?;
        // Of the transaction index there is none without an entry.
        let files = cleaned.files().into_iter().filter(|path| scratch.exists(path));
        let files = files.map(|path| Ok((path.into(), scratch.read(path, 0, u64::MAX)?.into())));
        let files = files.collect::<Result<_, LogError>>()?;
        let sources = sources.iter().map(|segment| (segment.base_offset(), segment.size())).collect();
        Ok(SegmentGroup { sources, batches, cleaned, files })
    }

    /// An empty segment in the place of `sources`, as old as the youngest of them.
    fn output(&self, sources: &[&LogSegment]) -> Result<Output, LogError> {
        let (Some(first), Some(last)) = (sources.first(), sources.last()) else { unreachable!("a group is not empty") };
        let modified_ms = last.last_modified_ms();
        let params = SegmentParams {
            dir: self.log.dir(),
            base_offset: first.base_offset(),
            file_suffix: "",
            config: self.log.config(),
            roll_jitter_ms: 0,
            now_ms: modified_ms,
        };
        let mut scratch = Disk::new();
        let cleaned = LogSegment::create(&mut scratch, params)?;
        Ok(Output { scratch, cleaned, modified_ms, batches: Vec::new() })
    }

    /// Adds what is left of one segment.
    fn clean_into(
        &mut self,
        segment: &LogSegment,
        last_records: &Map<i64, LastRecord>,
        output: &mut Output,
    ) -> Result<(), LogError> {
        let config = self.log.config();
        let mut filter = BatchFilter {
            map: self.map,
            now_ms: self.now_ms,
            delete_retention_ms: config.delete_retention_ms,
            upper_bound: self.upper_bound,
            last_records,
            transactions: &mut self.transactions,
            stats: &mut self.stats,
        };
        let mut filtered = Vec::new();
        for_each_batch(self.disk, segment, 0, |batch| {
            filtered.push(filter.filter(batch)?);
            Ok(())
        })?;
        for Filtered { plan, bytes, aborted } in filtered {
            if !bytes.is_empty() {
                let header = BatchHeader::parse(&bytes).expect("a batch that was just made");
                output.cleaned.append(&mut output.scratch, config, &bytes, &[header], output.modified_ms)?;
            }
            if let Some(aborted) = aborted {
                output.cleaned.append_to_txn_index(&mut output.scratch, &aborted)?;
            }
            output.batches.push(plan);
        }
        Ok(())
    }
}

/// What the log has of each producer that is still active.
fn last_records_of_active_producers(log: &UnifiedLog) -> Map<i64, LastRecord> {
    let last_record = |producer: &ProducerStateEntry| {
        let last_data_offset = Some(producer.last_data_offset()).filter(|offset| *offset >= 0);
        (producer.producer_id(), LastRecord { last_data_offset, producer_epoch: producer.producer_epoch() })
    };
    log.producer_state().active_producers().map(last_record).collect()
}

/// Shows every batch of a segment from `position` on; all of it must be batches.
fn for_each_batch(
    disk: &Disk,
    segment: &LogSegment,
    position: u32,
    mut show: impl FnMut(&RecordBatch<'_>) -> Result<(), RecordError>,
) -> Result<(), LogError> {
    let mut end = position;
    for batch in segment.batches_from(disk, position) {
        let (position, header) = batch?;
        let corrupt = |error| LogError::Corrupt { path: segment.path().into(), position, error };
        let bytes = disk.read(segment.path(), u64::from(position), u64::from(header.size))?;
        show(&RecordBatch::parse(&bytes).map_err(corrupt)?).map_err(corrupt)?;
        end = position + header.size;
    }
    if end < segment.size() {
        let available = u64::from(segment.size() - end);
        let error = RecordError::CutTail { needed: available + 1, available };
        return Err(LogError::Corrupt { path: segment.path().into(), position: end, error });
    }
    Ok(())
}
