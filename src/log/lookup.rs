//! A look-up, step by step: which segment, which index entries, which batches were looked at, and what was found.
//!
//! [`UnifiedLog::read`] and [`UnifiedLog::offset_for_timestamp`] only say what they found. The same way is walked here and
//! written down, for whoever wants to see it: the lab prints it, the page plays it. A test holds both to the same end.
//!
//! By offset: the segment with the greatest base offset that is not above the target, then the last entry of its `.index`
//! that is not above it either, then batch after batch from that position on. By time there is one step more: the first
//! segment that holds anything so young, the last entry of its `.timeindex` that is not younger, and from the offset in
//! there on as before.

use super::search::Probe;
use super::{LogError, LogSegment, OffsetPosition, TimestampOffset, UnifiedLog};
use crate::base::Offset;
use crate::disk::Disk;
use crate::record::RecordBatch;
use std::rc::Rc;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LookupTarget {
    /// The batch that holds this offset; in a gap, the next one.
    Offset(Offset),
    /// The first record with at least this timestamp, in Unix ms.
    Timestamp(i64),
}

/// A whole look-up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LookupWalk {
    /// What was looked for.
    pub target: LookupTarget,
    /// All segments of the log, oldest first.
    pub segments: Vec<SegmentChoice>,
    /// The segments that were looked into, in order: one, and another only where the end of one has a gap.
    pub walks: Vec<SegmentWalk>,
    /// What was found; none for a time that no record has reached, and for the end of the log.
    pub found: Option<LookupFound>,
}

/// A segment that could be chosen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SegmentChoice {
    /// Its base offset.
    pub base_offset: Offset,
    /// Its largest timestamp, in Unix ms; −1 if it has none.
    pub largest_timestamp: i64,
    /// Whether the walk begins in it.
    pub chosen: bool,
}

/// A look-up inside of one segment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SegmentWalk {
    /// The segment's base offset.
    pub base_offset: Offset,
    /// Its `.log` file.
    pub path: Rc<str>,
    /// The search in its `.timeindex`; none when an offset is looked for.
    pub time_index: Option<IndexWalk<TimestampOffset>>,
    /// The search in its `.index`.
    pub offset_index: IndexWalk<OffsetPosition>,
    /// The batches whose headers were read, in order.
    pub scanned: Vec<ScannedBatch>,
}

/// A binary search in one index file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IndexWalk<E> {
    /// The file.
    pub path: Rc<str>,
    /// How many entries it has.
    pub entries: u32,
    /// What was searched for in it: an offset, or a timestamp in Unix ms.
    pub key: i64,
    /// The entries that were looked at, in order.
    pub probes: Vec<Probe<E>>,
    /// The entry that was found, and its place; none if all lie above the key, or there are none.
    pub slot: Option<u32>,
    /// What the search gives: the entry, or the segment's beginning in its place.
    pub result: E,
}

/// A batch whose header was read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ScannedBatch {
    /// Where it begins in the `.log`.
    pub position: u32,
    /// Its size in bytes, header included.
    pub size: u32,
    /// Its first offset.
    pub base_offset: Offset,
    /// Its last offset.
    pub last_offset: Offset,
    /// Its largest timestamp, in Unix ms.
    pub max_timestamp: i64,
    /// The records in it that were looked at, as (offset, timestamp): only for a time, and only in a batch young enough.
    pub records: Vec<(Offset, i64)>,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// Where a look-up ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LookupFound {
    /// The base offset of the segment.
    pub segment_base_offset: Offset,
    /// Where the batch begins in the `.log`.
    pub position: u32,
    /// The offset: of the batch's first record for an offset, of the very record for a time.
    pub offset: Offset,
    /// The timestamp of that record, in Unix ms; for an offset, the batch's largest.
    pub timestamp: i64,
}

impl UnifiedLog {
    /// How a read finds `offset`.
    pub fn walk_to_offset(&self, disk: &Disk, offset: Offset) -> Result<LookupWalk, LogError> {
        let (log_start_offset, log_end_offset) = (self.log_start_offset, self.log_end_offset);
        if !(log_start_offset..=log_end_offset).contains(&offset) {
            return Err(LogError::OffsetOutOfRange { offset, log_start_offset, log_end_offset });
        }
        let mut walk = self.begin_walk(LookupTarget::Offset(offset), self.floor_base_offset(offset));
        for segment in self.segments_from(offset) {
            let step = SegmentWalk::to_offset(segment, disk, offset)?;
            walk.found = step.scanned.iter().find(|batch| batch.hit).map(|batch| LookupFound {
                segment_base_offset: segment.base_offset(),
                position: batch.position,
                offset: batch.base_offset,
                timestamp: batch.max_timestamp,
            });
            walk.walks.push(step);
            if walk.found.is_some() {
                break;
            }
        }
        Ok(walk)
    }

    /// How the first record with at least `timestamp` is found.
    pub fn walk_to_timestamp(&self, disk: &Disk, timestamp: i64) -> Result<LookupWalk, LogError> {
        let young = self.segments().find(|it| it.max_timestamp_and_offset_so_far().timestamp >= timestamp);
        let chosen = young.map_or(-1, LogSegment::base_offset);
        let mut walk = self.begin_walk(LookupTarget::Timestamp(timestamp), chosen);
        if let Some(segment) = young {
            let step = SegmentWalk::to_timestamp(segment, disk, timestamp, self.log_start_offset)?;
            walk.found = step.scanned.iter().find(|batch| batch.hit).and_then(|batch| {
                let (offset, timestamp) = *batch.records.last()?;
                let (segment_base_offset, position) = (segment.base_offset(), batch.position);
                Some(LookupFound { segment_base_offset, position, offset, timestamp })
            });
            walk.walks.push(step);
        }
        Ok(walk)
    }

    fn begin_walk(&self, target: LookupTarget, chosen: Offset) -> LookupWalk {
        let choice = |segment: &LogSegment| SegmentChoice {
            base_offset: segment.base_offset(),
            largest_timestamp: segment.max_timestamp_and_offset_so_far().timestamp,
            chosen: segment.base_offset() == chosen,
        };
        LookupWalk { target, segments: self.segments().map(choice).collect(), walks: Vec::new(), found: None }
    }
}

impl SegmentWalk {
    fn begin(segment: &LogSegment, disk: &Disk, offset: Offset) -> Result<Self, LogError> {
        let index = segment.offset_index();
        let (probes, result) = (index.walk(disk, offset)?, index.lookup(disk, offset)?);
        Ok(Self {
            base_offset: segment.base_offset(),
            path: segment.path().into(),
            time_index: None,
            offset_index: IndexWalk {
                path: index.path().into(),
                entries: index.entries(),
                key: offset,
                slot: probes.iter().rfind(|probe| probe.entry == result).map(|probe| probe.slot),
                probes,
                result,
            },
            scanned: Vec::new(),
        })
    }

    fn to_offset(segment: &LogSegment, disk: &Disk, offset: Offset) -> Result<Self, LogError> {
        let mut walk = Self::begin(segment, disk, offset)?;
        walk.scan(segment, disk, |batch, _| {
            batch.hit = batch.last_offset >= offset;
            Ok(())
        })?;
        Ok(walk)
    }

    fn to_timestamp(segment: &LogSegment, disk: &Disk, timestamp: i64, start: Offset) -> Result<Self, LogError> {
        let index = segment.time_index();
        let (probes, result) = (index.walk(disk, timestamp)?, index.lookup(disk, timestamp)?);
        let mut walk = Self::begin(segment, disk, result.offset.max(start))?;
        walk.time_index = Some(IndexWalk {
            path: index.path().into(),
            entries: index.entries(),
            key: timestamp,
            slot: probes.iter().rfind(|probe| probe.entry == result).map(|probe| probe.slot),
            probes,
            result,
        });
        walk.scan(segment, disk, |batch, bytes| {
            if batch.max_timestamp < timestamp {
                return Ok(());
            }
            let position = batch.position;
            let corrupt = |error| LogError::Corrupt { path: segment.path().into(), position, error };
            for record in RecordBatch::parse(&bytes()?).map_err(corrupt)?.records() {
                let record = record.map_err(corrupt)?;
                batch.records.push((record.offset, record.timestamp));
                batch.hit = record.timestamp >= timestamp && record.offset >= start;
                if batch.hit {
                    break;
                }
            }
            Ok(())
        })?;
        Ok(walk)
    }

    /// Reads headers from where the index pointed to, until `look` says that one is a hit.
    fn scan(
        &mut self,
        segment: &LogSegment,
        disk: &Disk,
        mut look: impl FnMut(&mut ScannedBatch, &dyn Fn() -> Result<Vec<u8>, LogError>) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        for batch in segment.batches_from(disk, self.offset_index.result.position) {
            let (position, header) = batch?;
            let mut batch = ScannedBatch {
                position,
                size: header.size,
                base_offset: header.base_offset,
                last_offset: header.last_offset,
                max_timestamp: header.max_timestamp,
                records: Vec::new(),
                hit: false,
            };
            look(&mut batch, &|| Ok(disk.read(segment.path(), u64::from(position), u64::from(header.size))?))?;
            self.scanned.push(batch);
            if self.scanned.last().is_some_and(|batch| batch.hit) {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Rng, TopicPartition};
    use crate::log::{AppendOrigin, LoadParams, LogConfig};
    use crate::record::RecordBatchBuilder;

    /// A log of many small segments, with timestamps that mostly grow.
    fn log(seed: u64) -> (UnifiedLog, Disk) {
        let mut rng = Rng::new(seed, &"lookup");
        let mut disk = Disk::new();
        let mut config = LogConfig::default();
        for (name, value) in [("internal.segment.bytes", "4000"), ("index.interval.bytes", "200")] {
            config.set(name, value).unwrap();
        }
        let tp = TopicPartition::new(&"t".into(), 0);
        let mut log = UnifiedLog::open(tp, "/t-0", config, &mut disk, LoadParams::default()).unwrap();
        let mut time = 1000;
        for _ in 0..120 {
            let mut batch = RecordBatchBuilder::new();
            for _ in 0..1 + rng.below(4) {
                time += rng.below(20) as i64 - 4;
                batch.append(time, None, Some(&vec![b'x'; rng.below(120) as usize]), &[]);
            }
            log.append_as_leader(&mut disk, &batch.build(), 0, AppendOrigin::Client, time).unwrap();
        }
        log.update_high_watermark(log.log_end_offset());
        log.maybe_increment_log_start_offset(&mut disk, 7).unwrap();
        (log, disk)
    }

    #[test]
    fn a_walk_ends_where_the_log_itself_does() {
        for seed in 0..10 {
            let (log, disk) = log(seed);
            assert!(log.segments().count() > 3);
            for offset in 7..log.log_end_offset() {
                let walk = log.walk_to_offset(&disk, offset).unwrap();
                let metadata = log.offset_metadata(&disk, offset).unwrap();
                let found = walk.found.unwrap();
                let there = (metadata.message_offset, metadata.relative_position_in_segment);
                assert_eq!((found.offset, found.position), there);
                assert_eq!(walk.segments.iter().filter(|it| it.chosen).count(), 1);
                assert!(walk.walks[0].offset_index.entries == 0 || !walk.walks[0].offset_index.probes.is_empty());
            }
            assert!(log.walk_to_offset(&disk, 6).is_err());
            assert_eq!(log.walk_to_offset(&disk, log.log_end_offset()).unwrap().found, None);
            for timestamp in 950..2200 {
                let walk = log.walk_to_timestamp(&disk, timestamp).unwrap();
                let found = log.offset_for_timestamp(&disk, timestamp).unwrap();
                assert_eq!(walk.found.map(|it| (it.offset, it.timestamp)), found.map(|it| (it.offset, it.timestamp)));
            }
        }
    }
}
