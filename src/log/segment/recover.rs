//! Recovering a segment that may not have reached the platter whole.

use super::LogSegment;
use crate::base::Map;
use crate::disk::Disk;
use crate::log::file_batches::FileBatches;
use crate::log::producer_state::{CompletedTxn, ProducerStateManager, update_producers, what_no_leader_took};
use crate::log::{AppendError, AppendOrigin, LeaderEpochFileCache, LogConfig, LogError};
use crate::record::{BatchHeader, RecordBatch, RecordError};

/// A batch that is kept.
struct Recovered {
    header: BatchHeader,
    /// The transaction that it ends, if it is the marker of one.
    completed: Option<CompletedTxn>,
}

impl LogSegment {
    /// Reads every byte: cuts the file at the first batch that is damaged or half written, and builds the indexes anew.
    /// Epochs that `cache` does not know yet are entered. `producers`, which must be as they were when the segment began,
    /// become what they were when it ended. Says how many bytes were cut.
    ///
    /// As in Kafka, the order of offsets is noticed only where an index entry falls due: one that does not grow is an
    /// [`LogError::InvalidOffset`].
    pub(in crate::log) fn recover(
        &mut self,
        disk: &mut Disk,
        config: &LogConfig,
        producers: &mut ProducerStateManager,
        cache: &mut LeaderEpochFileCache,
    ) -> Result<u32, LogError> {
        disk.touch(&self.path, 0, u64::from(self.size))?;
        self.offset_index.reset(disk)?;
        self.time_index.reset(disk)?;
        self.txn_index.reset(disk)?;
        self.max_timestamp_and_offset_so_far = self.time_index.last_entry();
        self.rolling_based_timestamp = None;
        self.bytes_since_last_index_entry = 0;
        let end = std::mem::take(&mut self.size);
        while let Some(Recovered { header, completed }) = self.next_valid_batch(disk, end, producers)? {
            let falls_due = self.bytes_since_last_index_entry > config.index_interval_bytes;
            if falls_due && self.offset_index.entries() > 0 && header.last_offset <= self.offset_index.last_offset() {
                self.size = end;
                return Err(LogError::InvalidOffset {
                    path: self.path.clone(),
                    offset: header.last_offset,
                    last_offset: self.offset_index.last_offset(),
                });
            }
            if let Some(completed) = completed {
                self.update_txn_index(disk, &completed, producers.last_stable_offset(&completed))?;
                producers.complete_txn(&completed);
            }
            producers.update_map_end_offset(header.last_offset + 1);
            let epoch = header.partition_leader_epoch;
            if epoch >= 0 && cache.latest_epoch().is_none_or(|latest| epoch > latest) {
                cache.assign(disk, epoch, header.base_offset)?;
            }
            self.index(disk, config, &header)?;
        }
        disk.truncate(&self.path, u64::from(self.size))?;
        self.on_become_inactive_segment(disk)?;
        self.bytes_since_last_index_entry = 0;
        Ok(end - self.size)
    }

    /// The batch at the current size of a segment under recovery, if it can be kept; its producer is taken account of.
    fn next_valid_batch(
        &self,
        disk: &Disk,
        end: u32,
        producers: &mut ProducerStateManager,
    ) -> Result<Option<Recovered>, LogError> {
        let header = match FileBatches::new(disk, &self.path, self.size, end).next() {
            Some(Ok((_, header))) => header,
            None | Some(Err(LogError::Corrupt { .. })) => return Ok(None),
            Some(Err(error)) => return Err(error),
        };
        let bytes = disk.lend(&self.path, u64::from(self.size), u64::from(header.size))?;
        let Ok(batch) = RecordBatch::parse(&bytes) else { return Ok(None) };
        let in_range =
            header.base_offset >= self.base_offset && self.offset_index.can_append_offset(header.last_offset);
        if !in_range || !batch.is_valid() {
            return Ok(None);
        }
        match recover_producer(&batch, producers) {
            Ok(completed) => Ok(Some(Recovered { header, completed })),
            // A marker that does not say what it marks.
            Err(AppendError::Record(RecordError::InvalidRecord { .. })) => Ok(None),
            Err(error) => {
                let (path, position, error) = (self.path.clone(), self.size, what_no_leader_took(error));
                Err(LogError::Corrupt { path, position, error })
            }
        }
    }
}

/// Takes account of the producer of a batch. Says which transaction it ends.
fn recover_producer(
    batch: &RecordBatch<'_>,
    producers: &mut ProducerStateManager,
) -> Result<Option<CompletedTxn>, AppendError> {
    if !batch.has_producer_id() {
        return Ok(None);
    }
    let mut updated = Map::new();
    let completed = update_producers(producers, &mut updated, batch, AppendOrigin::Replication, 0)?;
    updated.values().for_each(|info| producers.update(info));
    Ok(completed)
}
