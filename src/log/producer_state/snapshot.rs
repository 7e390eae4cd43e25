//! The file of a snapshot, `00000000000000000042.snapshot`: the producers as they were when the log ended at 42.
//!
//! ```text
//! version i16 = 1 │ crc u32, a CRC-32C of all behind it │ count i32 │ then, for each producer:
//! id i64 │ epoch i16 │ last sequence i32 │ last offset i64 │ offset delta i32 │ timestamp i64 │ coordinator epoch i32
//! first offset of the open transaction i64
//! ```

use super::entry::{BatchMetadata, ProducerStateEntry};
use crate::log::LogError;

const VERSION: i16 = 1;
const CRC_OFFSET: usize = 2;
const ENTRIES_OFFSET: usize = 6;
const HEADER_SIZE: usize = 10;
const ENTRY_SIZE: usize = 46;

/// The bytes of a snapshot.
pub(super) fn write_snapshot<'a>(producers: impl ExactSizeIterator<Item = &'a ProducerStateEntry>) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_SIZE + ENTRY_SIZE * producers.len());
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&[0; ENTRIES_OFFSET - CRC_OFFSET]);
    out.extend_from_slice(&(producers.len() as i32).to_be_bytes());
    for entry in producers {
        out.extend_from_slice(&entry.producer_id.to_be_bytes());
        out.extend_from_slice(&entry.producer_epoch.to_be_bytes());
        out.extend_from_slice(&entry.last_sequence().to_be_bytes());
        out.extend_from_slice(&entry.last_data_offset().to_be_bytes());
        out.extend_from_slice(&entry.last_offset_delta().to_be_bytes());
        out.extend_from_slice(&entry.last_timestamp.to_be_bytes());
        out.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        out.extend_from_slice(&entry.current_txn_first_offset.unwrap_or(-1).to_be_bytes());
    }
    let crc = crc32c::crc32c(&out[ENTRIES_OFFSET..]);
    out[CRC_OFFSET..ENTRIES_OFFSET].copy_from_slice(&crc.to_be_bytes());
    out
}

/// The producers in the snapshot `bytes`, which lie in the file `path`, in the order of the file.
pub fn read_snapshot(path: &str, bytes: &[u8]) -> Result<Vec<ProducerStateEntry>, LogError> {
    let corrupt = |reason| LogError::CorruptSnapshot { path: path.into(), reason };
    let mut fields = Fields { rest: bytes };
    let version = i16::from_be_bytes(fields.take().ok_or_else(|| corrupt("it has no version"))?);
    if version != VERSION {
        return Err(corrupt("its version is unknown"));
    }
    let crc = u32::from_be_bytes(fields.take().ok_or_else(|| corrupt("it has no crc"))?);
    if crc32c::crc32c(fields.rest) != crc {
        return Err(corrupt("its crc is not that of its bytes"));
    }
    let count = i32::from_be_bytes(fields.take().ok_or_else(|| corrupt("it has no count"))?);
    // Kafka overlooks bytes behind the last entry.
    if !usize::try_from(count).is_ok_and(|count| count <= fields.rest.len() / ENTRY_SIZE) {
        return Err(corrupt("its count and its size disagree"));
    }
    (0..count).map(|_| fields.entry().ok_or_else(|| corrupt("an entry is cut"))).collect()
}

struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*field)
    }

    fn entry(&mut self) -> Option<ProducerStateEntry> {
        let producer_id = i64::from_be_bytes(self.take()?);
        let producer_epoch = i16::from_be_bytes(self.take()?);
        let last_seq = i32::from_be_bytes(self.take()?);
        let last_offset = i64::from_be_bytes(self.take()?);
        let offset_delta = i32::from_be_bytes(self.take()?);
        let timestamp = i64::from_be_bytes(self.take()?);
        let coordinator_epoch = i32::from_be_bytes(self.take()?);
        let txn_first_offset = i64::from_be_bytes(self.take()?);
        let mut entry = ProducerStateEntry::empty(producer_id);
        entry.producer_epoch = producer_epoch;
        entry.coordinator_epoch = coordinator_epoch;
        entry.last_timestamp = timestamp;
        entry.current_txn_first_offset = (txn_first_offset >= 0).then_some(txn_first_offset);
        if last_offset >= 0 {
            entry.add_batch(producer_epoch, BatchMetadata { last_seq, last_offset, offset_delta, timestamp });
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    fn producers() -> Vec<ProducerStateEntry> {
        let mut plain = ProducerStateEntry::empty(7);
        let batch = BatchMetadata { last_seq: 4, last_offset: 20, offset_delta: 2, timestamp: 1_700_000_000_000 };
        plain.add_batch(3, batch);
        let mut marker_only = ProducerStateEntry::empty(1 << 40);
        marker_only.end_transaction(0, 9, 5);
        let mut open = plain.clone();
        open.producer_id = 8;
        open.current_txn_first_offset = Some(18);
        vec![plain, marker_only, open]
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let bytes = write_snapshot(producers().iter());
        assert_eq!(bytes.len(), 10 + 3 * 46);
        assert_eq!(read_snapshot("/s", &bytes), Ok(producers()));
        assert_eq!(read_snapshot("/s", &write_snapshot([].iter())), Ok(Vec::new()));
    }

    #[test]
    fn a_damaged_snapshot_is_refused_and_never_a_panic() {
        let good = write_snapshot(producers().iter());
        let mut rng = Rng::new(1, &"snapshot");
        for at in 0..good.len() {
            assert!(read_snapshot("/s", &good[..at]).is_err(), "cut at {at}");
            let mut bytes = good.clone();
            bytes[at] ^= 1 << rng.below(8);
            assert!(read_snapshot("/s", &bytes).is_err(), "flipped at {at}");
        }
        // A count that no file could hold, with a right crc.
        let mut bytes = good;
        bytes[6..10].copy_from_slice(&i32::MAX.to_be_bytes());
        let crc = crc32c::crc32c(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.to_be_bytes());
        let error = read_snapshot("/s", &bytes).unwrap_err();
        assert_eq!(error.to_string(), "/s: corrupt producer snapshot: its count and its size disagree");
    }
}
