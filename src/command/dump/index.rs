//! `.index` and `.timeindex`: every entry, held against the log that it points into.

use super::segment::{FileBatch, invalid};
use super::{Dump, DumpFile, Thrown, note};
use crate::base::Offset;
use crate::disk::Disk;
use crate::log::{LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, OffsetPosition, TimestampOffset};
use crate::record::{NO_TIMESTAMP, RecordBatch};

const CORRUPT_INDEX: &str = "org.apache.kafka.storage.internals.log.CorruptIndexException";

/// The whole entries of an offset index.
fn offset_entries(bytes: &[u8], base_offset: Offset) -> Vec<OffsetPosition> {
    let (entries, _) = bytes.as_chunks::<8>();
    let entry = |[a, b, c, d, position @ ..]: &[u8; 8]| OffsetPosition {
        offset: base_offset.wrapping_add(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
        position: u32::from_be_bytes(*position),
    };
    entries.iter().map(entry).collect()
}

/// The whole entries of a time index.
fn time_entries(bytes: &[u8], base_offset: Offset) -> Vec<TimestampOffset> {
    let (entries, _) = bytes.as_chunks::<12>();
    let entry = |[timestamp @ .., a, b, c, d]: &[u8; 12]| TimestampOffset {
        timestamp: i64::from_be_bytes(*timestamp),
        offset: base_offset.wrapping_add(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
    };
    entries.iter().map(entry).collect()
}

/// The entries before the first that says nothing but the base offset: Kafka makes room for more at once, and after a
/// crash that room is still there, full of zeros.
fn up_to_the_zeros<E>(entries: &[E], is_zero: impl Fn(&E) -> bool) -> &[E] {
    let end = entries.iter().skip(1).position(is_zero).map_or(entries.len(), |place| place + 1);
    &entries[..end]
}

impl Dump<'_> {
    pub(super) fn offset_index(&mut self, file: &DumpFile<'_>) -> Result<(), Thrown> {
        let base_offset = file.base_offset()?;
        let log = file.sibling(LOG_FILE_SUFFIX);
        let log_len = file.disk.len(&log)?;
        let bytes = file.bytes()?;
        let entries = offset_entries(&bytes, base_offset);
        let Some(last) = entries.last() else {
            self.say(format!("{} is empty.", file.shown));
            return Ok(());
        };
        if self.options.index_sanity_check {
            check_offset_index(file, last.offset, base_offset, bytes.len())?;
            self.say(format!("{} passed sanity check.", file.shown));
            return Ok(());
        }
        for entry in up_to_the_zeros(&entries, |entry| entry.offset == base_offset) {
            let found = self.last_offset_at(file.disk, &log, log_len, u64::from(entry.position))?;
            if found != entry.offset {
                note(&mut self.complaints.index_mismatches, file, (entry.offset, found));
            }
            if !self.options.verify_index_only {
                self.say(format!("offset: {} position: {}", entry.offset, entry.position));
            }
        }
        Ok(())
    }

    /// The last offset of the batch at a position of a log, if it is not larger than `--max-message-size`.
    fn last_offset_at(&self, disk: &Disk, log: &str, len: u64, position: u64) -> Result<Offset, Thrown> {
        check_slice(log, len, position)?;
        let end = len.min(position + self.options.max_message_size.max(0).unsigned_abs() as u64);
        let batch = FileBatch::read(disk, log, position, end)?;
        let batch = batch.ok_or_else(|| Thrown::new("java.util.NoSuchElementException", ""))?;
        Ok(batch.header().last_offset())
    }

    pub(super) fn time_index(&mut self, file: &DumpFile<'_>) -> Result<(), Thrown> {
        let base_offset = file.base_offset()?;
        let (log, index) = (file.sibling(LOG_FILE_SUFFIX), file.sibling(OFFSET_INDEX_SUFFIX));
        let log_len = file.disk.len(&log)?;
        if !file.disk.exists(&index) {
            return Err(Thrown::new("java.lang.IllegalArgumentException", "Invalid max index size: -1"));
        }
        let offsets = offset_entries(&file.disk.read(&index, 0, u64::MAX)?, base_offset);
        let offsets = up_to_the_zeros(&offsets, |entry| entry.offset == base_offset);
        let bytes = file.bytes()?;
        let entries = time_entries(&bytes, base_offset);
        if self.options.index_sanity_check {
            check_time_index(file, &entries, base_offset, bytes.len())?;
            self.say(format!("{} passed sanity check.", file.shown));
            return Ok(());
        }
        let mut before = NO_TIMESTAMP;
        for entry in up_to_the_zeros(&entries, |entry| entry.offset == base_offset) {
            let below = offsets.partition_point(|it| it.offset <= entry.offset);
            let start = below.checked_sub(1).map_or(0, |slot| offsets[slot].position);
            self.verify_time_entry(file, &log, log_len, u64::from(start), entry, before)?;
            if !self.options.verify_index_only {
                self.say(format!("timestamp: {} offset: {}", entry.timestamp, entry.offset));
            }
            before = entry.timestamp;
        }
        Ok(())
    }

    /// Holds one entry against the batch that it speaks of, which lies at or behind `start`.
    fn verify_time_entry(
        &mut self,
        file: &DumpFile<'_>,
        log: &str,
        log_len: u64,
        start: u64,
        entry: &TimestampOffset,
        before: i64,
    ) -> Result<(), Thrown> {
        check_slice(log, log_len, start)?;
        // Kafka takes all batches down to the end of the file before it looks at any: damage far behind counts too.
        let (mut position, mut found) = (start, None);
        while let Some(batch) = FileBatch::read(file.disk, log, position, log_len)? {
            position += batch.size;
            if found.is_none() && batch.header().last_offset() >= entry.offset {
                found = Some(batch);
            }
        }
        let last_offset = found.as_ref().map_or(-1, |batch| batch.header().last_offset());
        let Some(batch) = found.filter(|_| last_offset == entry.offset) else {
            note(&mut self.complaints.offsets_not_found, file, (entry.offset, last_offset));
            return Ok(());
        };
        let largest = largest_timestamp(&batch.bytes(file.disk, log)?, &batch)?;
        if largest != entry.timestamp {
            note(&mut self.complaints.timestamp_mismatches, file, (entry.timestamp, largest));
        }
        if before >= entry.timestamp {
            note(&mut self.complaints.out_of_order_timestamps, file, (entry.timestamp, before));
        }
        Ok(())
    }
}

/// A log cannot be read from behind its end on, to where the index of a torn one may point.
fn check_slice(log: &str, len: u64, position: u64) -> Result<(), Thrown> {
    if position <= len {
        return Ok(());
    }
    let message = format!(
        "Slice from position {position} exceeds end position of FileRecords(size={len}, file={log}, start=0, end=2147483647)"
    );
    Err(Thrown::new("java.lang.IllegalArgumentException", message))
}

/// The largest timestamp of a batch's records, which need not be the one in its header.
fn largest_timestamp(bytes: &[u8], found: &FileBatch) -> Result<i64, Thrown> {
    let invalid = |error| invalid(&error, found);
    let mut largest = NO_TIMESTAMP;
    let batch = RecordBatch::parse(bytes).map_err(invalid)?;
    if batch.records_count() == 0 {
        return Ok(largest);
    }
    for record in batch.records() {
        largest = largest.max(record.map_err(invalid)?.timestamp);
    }
    Ok(largest)
}

fn check_offset_index(file: &DumpFile<'_>, last: Offset, base_offset: Offset, len: usize) -> Result<(), Thrown> {
    let path = &file.path;
    if last < base_offset {
        let message = format!(
            "Corrupt index found, index file {path} has non-zero size but the last offset is {last} which is less than \
             the base offset {base_offset}"
        );
        return Err(Thrown::new(CORRUPT_INDEX, message));
    }
    if !len.is_multiple_of(8) {
        let message =
            format!("Index file {path} is corrupt, found {len} bytes which is neither positive nor a multiple of 8");
        return Err(Thrown::new(CORRUPT_INDEX, message));
    }
    Ok(())
}

fn check_time_index(
    file: &DumpFile<'_>,
    entries: &[TimestampOffset],
    base_offset: Offset,
    len: usize,
) -> Result<(), Thrown> {
    let path = &file.path;
    if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
        let title = format!("Corrupt time index found, time index file ({path}) has non-zero size but the last");
        if last.timestamp < first.timestamp {
            let (last, first) = (last.timestamp, first.timestamp);
            let message = format!("{title} timestamp is {last} which is less than the first timestamp {first}");
            return Err(Thrown::new(CORRUPT_INDEX, message));
        }
        if last.offset < base_offset {
            let last = last.offset;
            let message = format!("{title} offset is {last} which is less than the first offset {base_offset}");
            return Err(Thrown::new(CORRUPT_INDEX, message));
        }
    }
    if !len.is_multiple_of(12) {
        let message = format!(
            "Time index file {path} is corrupt, found {len} bytes which is neither positive nor a multiple of 12"
        );
        return Err(Thrown::new(CORRUPT_INDEX, message));
    }
    Ok(())
}
