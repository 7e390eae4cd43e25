//! `.snapshot` and `.txnindex`: what a log remembers of its producers, and of their transactions that were aborted.

use super::{Dump, DumpFile, Thrown, optional_long};
use crate::command::Line;
use crate::log::{LogError, ProducerStateEntry, TransactionIndex, read_snapshot};

/// The only version of a snapshot.
const SNAPSHOT_VERSION: i16 = 1;

impl Dump<'_> {
    pub(super) fn producer_snapshot(&mut self, file: &DumpFile<'_>) -> Result<(), Thrown> {
        let bytes = file.bytes()?;
        match read_snapshot(&file.path, &bytes) {
            Ok(entries) => {
                for entry in &entries {
                    self.say(producer_line(entry));
                }
            }
            // The real tool takes a damaged snapshot calmly.
            Err(_) => self.lines.push(Line::err(corrupt_snapshot(&bytes))),
        }
        Ok(())
    }

    pub(super) fn transaction_index(&mut self, file: &DumpFile<'_>) -> Result<(), Thrown> {
        let base_offset = file.base_offset()?;
        let index = TransactionIndex::new(file.path.as_str().into(), base_offset);
        let aborted = index.all(file.disk).map_err(|error| match error {
            LogError::Disk(error) => Thrown::from(error),
            other => Thrown::new("org.apache.kafka.common.KafkaException", other.to_string()),
        })?;
        for txn in aborted {
            self.say(format!(
                "version: 0 producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
                txn.producer_id, txn.first_offset, txn.last_offset, txn.last_stable_offset
            ));
        }
        Ok(())
    }
}

fn producer_line(entry: &ProducerStateEntry) -> String {
    let mut line = format!(
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} lastTimestamp: {}",
        entry.producer_id(),
        entry.producer_epoch(),
        entry.coordinator_epoch(),
        optional_long(entry.current_txn_first_offset()),
        entry.last_timestamp(),
    );
    if let Some(batch) = entry.batch_metadata().first() {
        line.push_str(&format!(
            " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
            batch.first_seq(),
            batch.last_seq,
            batch.last_offset,
            batch.offset_delta,
            batch.timestamp,
        ));
    }
    line
}

/// What Kafka says of a snapshot that cannot be read; it looks at the fields first and at the checksum last.
fn corrupt_snapshot(bytes: &[u8]) -> String {
    let invalid = |why: &str| format!("Snapshot failed schema validation: {why}");
    let Some((version, rest)) = bytes.split_first_chunk() else { return invalid("null") };
    let version = i16::from_be_bytes(*version);
    if version != SNAPSHOT_VERSION {
        return invalid(&format!("Snapshot contained an unknown file version {version}"));
    }
    let Some((stored, behind)) = rest.split_first_chunk() else { return invalid("null") };
    let Some((count, entries)) = behind.split_first_chunk() else { return invalid("null") };
    let count = i32::from_be_bytes(*count);
    if count < 0 {
        return invalid("non-nullable field producerEntries was serialized as null");
    }
    if count.unsigned_abs() as usize > entries.len() {
        return invalid(&format!(
            "Tried to allocate a collection of size {count}, but there are only {} bytes remaining.",
            entries.len()
        ));
    }
    let (stored, computed) = (u32::from_be_bytes(*stored), crc32c::crc32c(behind));
    if stored == computed {
        return invalid("null");
    }
    format!("Snapshot is corrupt (CRC is no longer valid). Stored crc: {stored}. Computed crc: {computed}")
}
