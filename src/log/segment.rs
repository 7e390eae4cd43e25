//! A segment: one `.log`, its two indexes, and its transaction index if it has one.

mod recover;

use super::file_batches::FileBatches;
use super::files::{
    LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, SEGMENT_FILE_SUFFIXES, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, delete_if_exists,
    segment_file, suffixed_segment_file,
};
use super::producer_state::CompletedTxn;
use super::read::{FetchDataInfo, LogOffsetMetadata, TimestampAndOffset};
use super::{AbortedTxn, LogConfig, LogError, OffsetIndex, TimeIndex, TimestampOffset, TransactionIndex};
use crate::base::Offset;
use crate::disk::Disk;
use crate::record::{BatchHeader, RecordBatch};
use std::rc::Rc;

/// A part of a log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogSegment {
    base_offset: Offset,
    path: Rc<str>,
    size: u32,
    offset_index: OffsetIndex,
    time_index: TimeIndex,
    txn_index: TransactionIndex,
    bytes_since_last_index_entry: u32,
    max_timestamp_and_offset_so_far: TimestampOffset,
    /// The largest timestamp of the first batch, from which the segment's age counts.
    rolling_based_timestamp: Option<i64>,
    created_ms: i64,
    last_modified_ms: i64,
    roll_jitter_ms: i64,
}

/// What a segment is opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SegmentParams<'a> {
    /// The log's folder.
    pub(super) dir: &'a str,
    /// The segment's base offset.
    pub(super) base_offset: Offset,
    /// What stands behind the names of its files: nothing, or the likes of `.swap`.
    pub(super) file_suffix: &'a str,
    /// The log's settings.
    pub(super) config: &'a LogConfig,
    /// What it rolls earlier than `segment.ms` says.
    pub(super) roll_jitter_ms: i64,
    /// The broker's clock.
    pub(super) now_ms: i64,
}

/// Where a batch lies in a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BatchPosition {
    pub(super) base_offset: Offset,
    pub(super) position: u32,
    pub(super) size: u32,
}

/// What is about to be appended in one go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RollParams {
    pub(super) max_timestamp: i64,
    pub(super) last_offset: Offset,
    pub(super) size: u32,
    pub(super) now_ms: i64,
}

impl LogSegment {
    /// A new, empty segment, with its files.
    pub(super) fn create(disk: &mut Disk, params: SegmentParams<'_>) -> Result<Self, LogError> {
        for suffix in SEGMENT_FILE_SUFFIXES {
            delete_if_exists(disk, &segment_file(params.dir, params.base_offset, suffix))?;
        }
        let segment = Self::open(disk, params)?;
        Ok(Self { last_modified_ms: params.now_ms, ..segment })
    }

    /// The segment whose files lie in a folder. Files that are missing are made. What the indexes hold is taken at its
    /// word; of a file that does not end with an entry, what is left over is cut.
    pub(super) fn open(disk: &mut Disk, params: SegmentParams<'_>) -> Result<Self, LogError> {
        let SegmentParams { dir, base_offset, file_suffix, config, roll_jitter_ms, now_ms } = params;
        let [path, offset_path, time_path, txn_path] =
            [LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX]
                .map(|suffix| suffixed_segment_file(dir, base_offset, suffix, file_suffix));
        for path in [&path, &offset_path, &time_path] {
            if !disk.exists(path) {
                disk.create(path)?;
            }
        }
        let max_size = config.segment_index_bytes;
        let offset_index = OffsetIndex::open(disk, offset_path, base_offset, max_size)?;
        let time_index = TimeIndex::open(disk, time_path, base_offset, max_size)?;
        let mut segment = Self {
            base_offset,
            size: disk.len(&path)? as u32,
            last_modified_ms: disk.stat(&path)?.mtime.wall_clock_ms(),
            path,
            max_timestamp_and_offset_so_far: time_index.last_entry(),
            offset_index,
            time_index,
            txn_index: TransactionIndex::new(txn_path, base_offset),
            bytes_since_last_index_entry: 0,
            rolling_based_timestamp: None,
            created_ms: now_ms,
            roll_jitter_ms,
        };
        segment.load_first_batch_timestamp(disk);
        Ok(segment)
    }

    /// The first offset that it may hold.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// Its `.log` file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The size of its `.log`.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Its offset index.
    #[must_use]
    pub fn offset_index(&self) -> &OffsetIndex {
        &self.offset_index
    }

    /// Its time index.
    #[must_use]
    pub fn time_index(&self) -> &TimeIndex {
        &self.time_index
    }

    /// Its transaction index.
    #[must_use]
    pub fn txn_index(&self) -> &TransactionIndex {
        &self.txn_index
    }

    /// The largest timestamp in it and the last offset of the batch that first reached it; timestamp −1 if it has none.
    #[must_use]
    pub fn max_timestamp_and_offset_so_far(&self) -> TimestampOffset {
        self.max_timestamp_and_offset_so_far
    }

    /// The timestamp from which its age counts: the largest of its first batch.
    #[must_use]
    pub fn first_batch_timestamp(&self) -> Option<i64> {
        self.rolling_based_timestamp
    }

    /// Its largest timestamp, or, without one, when its file was last written to: what retention goes by.
    #[must_use]
    pub fn largest_timestamp(&self) -> i64 {
        let timestamp = self.max_timestamp_and_offset_so_far.timestamp;
        if timestamp >= 0 { timestamp } else { self.last_modified_ms }
    }

    /// When its file was last written to, in Unix milliseconds.
    #[must_use]
    pub fn last_modified_ms(&self) -> i64 {
        self.last_modified_ms
    }

    /// How much earlier than `segment.ms` says it rolls, in milliseconds.
    #[must_use]
    pub fn roll_jitter_ms(&self) -> i64 {
        self.roll_jitter_ms
    }

    /// Its files, the `.log` first and the `.txnindex`, which need not be there, last.
    pub(super) fn files(&self) -> [&str; 4] {
        [&self.path, self.offset_index.path(), self.time_index.path(), self.txn_index.path()]
    }

    /// Whether what comes belongs into the next segment. The time is that of the records; only if the first batch has
    /// none does the broker's clock decide.
    pub(super) fn should_roll(&self, config: &LogConfig, incoming: RollParams) -> bool {
        let waited = match self.rolling_based_timestamp {
            Some(first) if first >= 0 => incoming.max_timestamp.saturating_sub(first),
            _ => incoming.now_ms.saturating_sub(self.created_ms),
        };
        u64::from(self.size) + u64::from(incoming.size) > u64::from(config.segment_size())
            || (self.size > 0 && waited > config.max_segment_ms() - self.roll_jitter_ms)
            || self.offset_index.is_full()
            || self.time_index.is_full()
            || !self.offset_index.can_append_offset(incoming.last_offset)
    }

    /// Writes `records`, whose batches are `batches`, and the index entries that fall due.
    pub(super) fn append(
        &mut self,
        disk: &mut Disk,
        config: &LogConfig,
        records: &[u8],
        batches: &[BatchHeader],
        now_ms: i64,
    ) -> Result<(), LogError> {
        disk.append(&self.path, records)?;
        self.last_modified_ms = now_ms;
        for batch in batches {
            self.index(disk, config, batch)?;
        }
        Ok(())
    }

    /// Takes account of one batch that stands at the end of what has been taken account of.
    fn index(&mut self, disk: &mut Disk, config: &LogConfig, batch: &BatchHeader) -> Result<(), LogError> {
        if self.rolling_based_timestamp.is_none() {
            self.rolling_based_timestamp = Some(batch.max_timestamp);
        }
        if batch.max_timestamp > self.max_timestamp_and_offset_so_far.timestamp {
            self.max_timestamp_and_offset_so_far =
                TimestampOffset { timestamp: batch.max_timestamp, offset: batch.last_offset };
        }
        if self.bytes_since_last_index_entry > config.index_interval_bytes {
            self.offset_index.append(disk, batch.last_offset, self.size)?;
            self.time_index.maybe_append(disk, self.max_timestamp_and_offset_so_far, false)?;
            self.bytes_since_last_index_entry = 0;
        }
        self.size += batch.size;
        self.bytes_since_last_index_entry += batch.size;
        Ok(())
    }

    /// Enters an aborted transaction; what the cleaner does with those that are still in its way.
    pub(super) fn append_to_txn_index(&mut self, disk: &mut Disk, aborted: &AbortedTxn) -> Result<(), LogError> {
        self.txn_index.append(disk, aborted)
    }

    /// Enters a transaction that ended in this segment, if it came to nothing.
    pub(super) fn update_txn_index(
        &mut self,
        disk: &mut Disk,
        completed: &CompletedTxn,
        last_stable_offset: Offset,
    ) -> Result<(), LogError> {
        if completed.is_aborted {
            self.txn_index.append(disk, &AbortedTxn::new(completed, last_stable_offset))?;
        }
        Ok(())
    }

    /// The batch with the first offset at or behind `offset`; none if all are before it.
    pub(super) fn translate_offset(&self, disk: &Disk, offset: Offset) -> Result<Option<BatchPosition>, LogError> {
        let start = self.offset_index.lookup(disk, offset)?.position;
        for batch in self.batches_from(disk, start) {
            let (position, header) = batch?;
            if header.last_offset >= offset {
                let (base_offset, size) = (header.base_offset, header.size);
                return Ok(Some(BatchPosition { base_offset, position, size }));
            }
        }
        Ok(None)
    }

    /// The batches from `position`, which must be the start of one.
    pub(super) fn batches_from<'a>(&'a self, disk: &'a Disk, position: u32) -> FileBatches<'a> {
        FileBatches::new(disk, &self.path, position, self.size)
    }

    /// Bytes from the start of the batch that holds `start_offset`, up to `max_size` and to `max_position`; none if all
    /// batches are before it.
    pub(super) fn read(
        &self,
        disk: &Disk,
        start_offset: Offset,
        max_size: u32,
        max_position: u32,
        min_one_message: bool,
    ) -> Result<Option<FetchDataInfo>, LogError> {
        let Some(first) = self.translate_offset(disk, start_offset)? else { return Ok(None) };
        let fetch_offset_metadata = LogOffsetMetadata {
            message_offset: first.base_offset,
            segment_base_offset: self.base_offset,
            relative_position_in_segment: first.position,
        };
        let max_size = if min_one_message { max_size.max(first.size) } else { max_size };
        let size = max_position.saturating_sub(first.position).min(max_size);
        let records = disk.read(&self.path, u64::from(first.position), u64::from(size))?.into();
        let first_entry_incomplete = max_size > 0 && max_size < first.size;
        Ok(Some(FetchDataInfo { fetch_offset_metadata, records, first_entry_incomplete, aborted_transactions: None }))
    }

    /// The first record at or behind `starting_offset` whose timestamp is at least `timestamp`.
    pub(super) fn find_offset_by_timestamp(
        &self,
        disk: &Disk,
        timestamp: i64,
        starting_offset: Offset,
    ) -> Result<Option<TimestampAndOffset>, LogError> {
        let near = self.time_index.lookup(disk, timestamp)?.offset;
        let start = self.offset_index.lookup(disk, near.max(starting_offset))?.position;
        for batch in self.batches_from(disk, start) {
            let (position, header) = batch?;
            if header.max_timestamp < timestamp {
                continue;
            }
            let bytes = disk.read(&self.path, u64::from(position), u64::from(header.size))?;
            let corrupt = |error| LogError::Corrupt { path: self.path.clone(), position, error };
            for record in RecordBatch::parse(&bytes).map_err(corrupt)?.records() {
                let record = record.map_err(corrupt)?;
                if record.timestamp >= timestamp && record.offset >= starting_offset {
                    let leader_epoch = header.partition_leader_epoch;
                    return Ok(Some(TimestampAndOffset {
                        timestamp: record.timestamp,
                        offset: record.offset,
                        leader_epoch,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// The offset behind the last batch; found from the last index entry on.
    pub(super) fn read_next_offset(&self, disk: &Disk) -> Result<Offset, LogError> {
        let start = self.offset_index.lookup(disk, self.offset_index.last_offset())?.position;
        let mut next = self.base_offset;
        for batch in self.batches_from(disk, start) {
            next = batch?.1.last_offset + 1;
        }
        Ok(next)
    }

    /// No more will be appended: the time index gets its last entry.
    pub(super) fn on_become_inactive_segment(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        self.time_index.maybe_append(disk, self.max_timestamp_and_offset_so_far, true)
    }

    /// Brings all of it to the platter.
    pub(super) fn flush(&self, disk: &mut Disk) -> Result<(), LogError> {
        for path in self.files() {
            if disk.exists(path) {
                disk.fsync(path)?;
            }
        }
        Ok(())
    }

    /// Drops every batch that holds an offset at or behind `offset`, whole.
    pub(super) fn truncate_to(&mut self, disk: &mut Disk, offset: Offset, now_ms: i64) -> Result<(), LogError> {
        let first = self.translate_offset(disk, offset)?;
        self.offset_index.truncate_to(disk, offset)?;
        self.time_index.truncate_to(disk, offset)?;
        self.txn_index.truncate_to(disk, offset)?;
        if let Some(first) = first {
            disk.truncate(&self.path, u64::from(first.position))?;
            self.size = first.position;
            self.last_modified_ms = now_ms;
        }
        if self.size == 0 {
            self.created_ms = now_ms;
            self.rolling_based_timestamp = None;
        }
        self.bytes_since_last_index_entry = 0;
        self.max_timestamp_and_offset_so_far = self.read_largest_timestamp(disk)?;
        Ok(())
    }

    fn read_largest_timestamp(&self, disk: &Disk) -> Result<TimestampOffset, LogError> {
        let mut largest = self.time_index.last_entry();
        let start = self.offset_index.lookup(disk, largest.offset)?.position;
        for batch in self.batches_from(disk, start) {
            let (_, header) = batch?;
            if header.max_timestamp > largest.timestamp {
                largest = TimestampOffset { timestamp: header.max_timestamp, offset: header.last_offset };
            }
        }
        Ok(largest)
    }

    fn load_first_batch_timestamp(&mut self, disk: &Disk) {
        let first = self.batches_from(disk, 0).next().and_then(Result::ok).map(|(_, header)| header.max_timestamp);
        self.rolling_based_timestamp = first;
    }
}
