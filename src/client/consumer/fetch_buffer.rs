//! Fetched records that wait for `poll()`. Kafka's `FetchBuffer` and `CompletedFetch`.
//!
//! A fetch brings the bytes of whole batches, the last of which may be cut, beginning with the batch that *holds* the
//! wanted offset. So the reader skips records below its offset, stops before a cut batch, steps over control batches,
//! and after the last batch goes on where that batch ends, even if compaction has left a gap there.
//!
//! A broker does not look at what it hands out, so it is here that a damaged batch is noticed (`check.crcs`). What lies
//! before it is handed out first; the `poll()` after that throws, and goes on throwing as long as nobody seeks past it.
//!
//! Left out: Kafka hands out the records of a batch one by one, up to the one that it cannot read; here a batch is good or
//! damaged as a whole.

use crate::base::{BrokerId, Bytes, LeaderEpoch, Offset, TopicPartition};
use crate::record::{RecordBatch, RecordError, batches};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

/// A record that `poll()` returned.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConsumedRecord {
    /// Its partition.
    pub partition: TopicPartition,
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp, in Unix milliseconds.
    pub timestamp: i64,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value.
    pub value: Option<Bytes>,
}

/// What `poll()` throws when it comes to bytes that are no records; printed as the message of Kafka's exception.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchException {
    /// The partition that they came from.
    pub partition: TopicPartition,
    /// The exception that is the cause, in Kafka's words.
    pub cause: Rc<str>,
}

impl fmt::Display for FetchException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = &self.partition;
        write!(f, "Received exception when fetching the next record from {partition}. ")?;
        f.write_str("If needed, please seek past the record to continue consumption.")
    }
}

/// What one fetch brought from one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct CompletedFetch {
    pub(super) partition: TopicPartition,
    /// From whom it came.
    pub(super) node: BrokerId,
    /// The next offset to hand out.
    pub(super) next_offset: Offset,
    /// The leader epoch of the last record handed out.
    pub(super) last_epoch: LeaderEpoch,
    /// How many records are left.
    pub(super) remaining: u32,
    /// Why the bytes behind those records cannot be read, if they cannot.
    pub(super) damage: Option<Rc<str>>,
    records: Bytes,
    /// How many of the bytes are whole batches, or none.
    readable: usize,
}

impl CompletedFetch {
    /// Reads through the bytes once: are the batches whole, and how many records do they bring?
    pub(super) fn new(partition: TopicPartition, node: BrokerId, fetch_offset: Offset, records: Bytes) -> Self {
        let (mut remaining, mut readable, mut damage) = (0, 0, None);
        for batch in batches(&records) {
            match batch.and_then(|batch| Ok((count_from(&batch, fetch_offset)?, batch.size_in_bytes()))) {
                Ok((count, size)) => (remaining, readable) = (remaining + count, readable + size),
                Err(error) => {
                    damage = Some(cause(&partition, &error).into());
                    break;
                }
            }
        }
        Self { partition, node, next_offset: fetch_offset, last_epoch: -1, remaining, damage, records, readable }
    }

    /// Hands out the next records, at most `max`. With the last one, the next offset becomes the end of the last batch.
    ///
    /// # Panics
    /// If the bytes are not readable: [`Self::new`] has read them.
    pub(super) fn take(&mut self, max: usize) -> Vec<ConsumedRecord> {
        const CHECKED: &str = "the bytes were read through when they came";
        let bytes = self.records.clone();
        let mut taken = Vec::new();
        let mut end = self.next_offset;
        for batch in batches(&bytes[..self.readable]) {
            let batch = batch.expect(CHECKED);
            end = end.max(batch.next_offset());
            if batch.next_offset() <= self.next_offset {
                continue;
            }
            for record in batch.records().filter(|_| !batch.is_control_batch()) {
                let record = record.expect(CHECKED);
                if record.offset < self.next_offset {
                    continue;
                }
                if taken.len() == max {
                    return taken;
                }
                taken.push(ConsumedRecord {
                    partition: self.partition.clone(),
                    offset: record.offset,
                    timestamp: record.timestamp,
                    key: record.key.map(Bytes::from),
                    value: record.value.map(Bytes::from),
                });
                self.next_offset = record.offset + 1;
                self.last_epoch = batch.partition_leader_epoch();
                self.remaining -= 1;
            }
            // A control batch moves the position too, though nobody sees it.
            self.last_epoch = batch.partition_leader_epoch();
        }
        self.next_offset = end;
        taken
    }
}

/// How many records of a batch a reader sees that wants those from `offset` on.
fn count_from(batch: &RecordBatch<'_>, offset: Offset) -> Result<u32, RecordError> {
    batch.ensure_valid()?;
    let mut count = 0;
    for record in batch.records() {
        count += u32::from(record?.offset >= offset && !batch.is_control_batch());
    }
    Ok(count)
}

/// The exception that Kafka's consumer meets where ours finds `error`.
fn cause(partition: &TopicPartition, error: &RecordError) -> String {
    match error {
        RecordError::CorruptCrc { base_offset, stored, computed } => format!(
            "org.apache.kafka.common.KafkaException: Record batch for partition {partition} at offset {base_offset} is \
             invalid, cause: Record is corrupt (stored crc = {stored}, computed crc = {computed})"
        ),
        RecordError::UnsupportedMagic(magic) => {
            format!("org.apache.kafka.common.errors.CorruptRecordException: Invalid magic found in record: {magic}")
        }
        _ => format!("org.apache.kafka.common.errors.CorruptRecordException: {error}"),
    }
}

/// The fetches that wait, the oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct FetchBuffer {
    fetches: VecDeque<CompletedFetch>,
}

impl FetchBuffer {
    pub(super) fn push(&mut self, fetch: CompletedFetch) {
        self.fetches.push_back(fetch);
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut CompletedFetch> {
        self.fetches.front_mut()
    }

    pub(super) fn pop(&mut self) -> Option<CompletedFetch> {
        self.fetches.pop_front()
    }

    pub(super) fn clear(&mut self) {
        self.fetches.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &CompletedFetch> {
        self.fetches.iter()
    }

    /// How many records wait.
    pub(super) fn len(&self) -> u64 {
        self.fetches.iter().map(|fetch| u64::from(fetch.remaining)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::CompletedFetch;
    use crate::base::{BrokerId, Offset, TopicPartition};
    use crate::record::RecordBatchBuilder;

    fn batch(base: Offset, count: u8) -> Vec<u8> {
        let mut builder = RecordBatchBuilder::new().with_base_offset(base).with_partition_leader_epoch(4);
        for number in 0..count {
            builder.append(1000, None, Some(&[number]), &[]);
        }
        builder.build()
    }

    fn fetch(offset: Offset, bytes: Vec<u8>) -> CompletedFetch {
        let partition = TopicPartition::new(&"t".into(), 0);
        CompletedFetch::new(partition, BrokerId(1), offset, bytes.into())
    }

    fn offsets(fetch: &mut CompletedFetch, max: usize) -> Vec<Offset> {
        fetch.take(max).iter().map(|record| record.offset).collect()
    }

    #[test]
    fn records_below_the_offset_and_a_cut_batch_are_skipped() {
        let mut bytes = [batch(0, 3), batch(3, 2)].concat();
        let cut = batch(5, 2);
        bytes.extend(&cut[..cut.len() - 1]);
        let mut fetch = fetch(1, bytes);
        assert_eq!(fetch.remaining, 4);
        assert_eq!(offsets(&mut fetch, 3), [1, 2, 3]);
        assert_eq!((fetch.next_offset, fetch.last_epoch, fetch.remaining), (4, 4, 1));
        assert_eq!(offsets(&mut fetch, 3), [4]);
        assert_eq!((fetch.next_offset, fetch.remaining), (5, 0));
    }

    #[test]
    fn what_lies_before_a_damaged_batch_is_handed_out() {
        let mut bytes = [batch(0, 3), batch(3, 2), batch(5, 2)].concat();
        let at = batch(0, 3).len() + 65;
        bytes[at] ^= 0xff;
        let mut fetch = fetch(1, bytes);
        let damage = fetch.damage.clone().expect("damaged");
        assert!(damage.contains("Record batch for partition t-0 at offset 3 is invalid, cause: Record is corrupt"));
        assert_eq!(offsets(&mut fetch, 10), [1, 2]);
        assert_eq!((fetch.next_offset, fetch.remaining), (3, 0));
        assert!(offsets(&mut fetch, 10).is_empty());
    }

    #[test]
    fn the_position_jumps_over_gaps_and_control_batches() {
        let mut gap = RecordBatchBuilder::new().with_base_offset(0);
        gap.append_with_offset(0, 1, None, None, &[]);
        gap.append_with_offset(7, 1, None, None, &[]);
        let mut control = RecordBatchBuilder::new().with_base_offset(8).control();
        control.append(1, Some(&[0, 0, 0, 1]), Some(&[0; 6]), &[]);
        let mut fetch = fetch(0, [gap.build(), control.build()].concat());
        assert_eq!(offsets(&mut fetch, 10), [0, 7]);
        assert_eq!(fetch.next_offset, 9);
    }
}
