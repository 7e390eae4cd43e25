//! The transaction index: the aborted transactions of a segment.
//!
//! A consumer with `read_committed` gets the batches of aborted transactions like all others, and a list by which to
//! leave them out: whose, and from which offset on, each time up to the abort marker. The list comes from these files. A
//! transaction is entered in the segment that holds its *marker*, wherever its data lie, so whoever reads looks from the
//! segment read in onwards, until an entry says that all transactions from there on began behind what was read: the last
//! stable offset of the time.
//!
//! An entry has 34 bytes: version i16 = 0, producer id i64, first offset i64, last offset i64 (the marker's), last stable
//! offset i64. Few segments have any; the file is made for the first.

use super::LogError;
use super::producer_state::CompletedTxn;
use crate::base::Offset;
use crate::disk::Disk;
use std::rc::Rc;

const ENTRY_SIZE: usize = 34;
const VERSION: i16 = 0;

/// An entry of the transaction index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AbortedTxn {
    /// Whose transaction it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// The last stable offset as it was with the marker written.
    pub last_stable_offset: Offset,
}

/// What a fetch tells of an aborted transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AbortedTransaction {
    /// Whose transaction it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: Offset,
}

/// What one segment's index knows of a range of offsets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TxnIndexSearchResult {
    pub(super) aborted_transactions: Vec<AbortedTxn>,
    /// Whether no later segment can have more.
    pub(super) is_complete: bool,
}

impl AbortedTxn {
    /// A transaction that its marker aborts.
    #[must_use]
    pub(super) fn new(completed: &CompletedTxn, last_stable_offset: Offset) -> Self {
        let CompletedTxn { producer_id, first_offset, last_offset, .. } = *completed;
        Self { producer_id, first_offset, last_offset, last_stable_offset }
    }

    /// What a consumer is told of it.
    #[must_use]
    pub fn as_aborted_transaction(&self) -> AbortedTransaction {
        AbortedTransaction { producer_id: self.producer_id, first_offset: self.first_offset }
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = VERSION.to_be_bytes().to_vec();
        for field in [self.producer_id, self.first_offset, self.last_offset, self.last_stable_offset] {
            bytes.extend_from_slice(&field.to_be_bytes());
        }
        bytes
    }

    /// The entry that `bytes` are; none if their version is a later one.
    fn parse(bytes: &[u8; ENTRY_SIZE]) -> Option<Self> {
        let (version, fields) = bytes.split_at(2);
        let (fields, _) = fields.as_chunks::<8>();
        let field = |number: usize| i64::from_be_bytes(fields[number]);
        (i16::from_be_bytes([version[0], version[1]]) <= VERSION).then(|| Self {
            producer_id: field(0),
            first_offset: field(1),
            last_offset: field(2),
            last_stable_offset: field(3),
        })
    }
}

/// A segment's transaction index. Its entries are in its file, if there is one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TransactionIndex {
    path: Rc<str>,
    start_offset: Offset,
    /// The marker of the last entry that was added or kept since the index was opened.
    last_offset: Option<Offset>,
}

impl TransactionIndex {
    /// The index in the file `path`, which need not be there, of the segment that begins at `start_offset`.
    #[must_use]
    pub fn new(path: Rc<str>, start_offset: Offset) -> Self {
        Self { path, start_offset, last_offset: None }
    }

    /// The file; it is there once there is an entry.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// All entries, in order.
    pub fn all(&self, disk: &Disk) -> Result<Vec<AbortedTxn>, LogError> {
        if !disk.exists(&self.path) {
            return Ok(Vec::new());
        }
        let bytes = disk.read(&self.path, 0, u64::MAX)?;
        // Kafka overlooks an entry that is cut.
        let (entries, _) = bytes.as_chunks::<ENTRY_SIZE>();
        let parse = |(number, entry)| {
            let reason = "its version is a later one than 0";
            let position = (number * ENTRY_SIZE) as u32;
            AbortedTxn::parse(entry).ok_or_else(|| LogError::CorruptIndex { path: self.path.clone(), position, reason })
        };
        entries.iter().enumerate().map(parse).collect()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self, disk: &Disk) -> Result<bool, LogError> {
        Ok(self.all(disk)?.is_empty())
    }

    /// Adds an entry; markers come in order.
    pub(super) fn append(&mut self, disk: &mut Disk, aborted: &AbortedTxn) -> Result<(), LogError> {
        let in_order = self.last_offset.is_none_or(|last| last < aborted.last_offset);
        assert!(in_order, "{}: {aborted:?} comes behind {:?}", self.path, self.last_offset);
        if !disk.exists(&self.path) {
            disk.create(&self.path)?;
        }
        disk.append(&self.path, &aborted.to_bytes())?;
        self.last_offset = Some(aborted.last_offset);
        Ok(())
    }

    /// Drops all entries; the file stays.
    pub(super) fn reset(&mut self, disk: &mut Disk) -> Result<(), LogError> {
        self.last_offset = None;
        self.cut(disk, 0)
    }

    /// Drops all entries whose marker lies at or behind `offset`.
    pub(super) fn truncate_to(&mut self, disk: &mut Disk, offset: Offset) -> Result<(), LogError> {
        let entries = self.all(disk)?;
        let keep = entries.iter().take_while(|entry| entry.last_offset < offset).count();
        if keep < entries.len() {
            self.last_offset = entries[..keep].last().map(|entry| entry.last_offset);
            self.cut(disk, keep as u64)?;
        }
        Ok(())
    }

    fn cut(&self, disk: &mut Disk, entries: u64) -> Result<(), LogError> {
        if disk.exists(&self.path) {
            disk.truncate(&self.path, entries * ENTRY_SIZE as u64)?;
        }
        Ok(())
    }

    /// The transactions that overlap the offsets from `fetch_offset` to before `upper_bound_offset`.
    pub(super) fn collect_aborted_txns(
        &self,
        disk: &Disk,
        fetch_offset: Offset,
        upper_bound_offset: Offset,
    ) -> Result<TxnIndexSearchResult, LogError> {
        let mut result = TxnIndexSearchResult { aborted_transactions: Vec::new(), is_complete: false };
        for entry in self.all(disk)? {
            if entry.last_offset >= fetch_offset && entry.first_offset < upper_bound_offset {
                result.aborted_transactions.push(entry);
            }
            if entry.last_stable_offset >= upper_bound_offset {
                result.is_complete = true;
                break;
            }
        }
        Ok(result)
    }

    /// Whether its entries can be those of its segment.
    pub(super) fn sanity_check(&self, disk: &Disk) -> Result<(), LogError> {
        for (number, entry) in self.all(disk)?.iter().enumerate() {
            if entry.last_offset < self.start_offset {
                let (position, reason) = ((number * ENTRY_SIZE) as u32, "a marker lies before its segment");
                return Err(LogError::CorruptIndex { path: self.path.clone(), position, reason });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aborted(first_offset: Offset, last_offset: Offset, last_stable_offset: Offset) -> AbortedTxn {
        AbortedTxn { producer_id: 7, first_offset, last_offset, last_stable_offset }
    }

    fn index(disk: &mut Disk, entries: &[AbortedTxn]) -> TransactionIndex {
        let mut index = TransactionIndex::new("/t-0/00000000000000000010.txnindex".into(), 10);
        for entry in entries {
            index.append(disk, entry).unwrap();
        }
        index
    }

    #[test]
    fn the_file_comes_with_the_first_entry() {
        let mut disk = Disk::new();
        let mut index = index(&mut disk, &[]);
        assert_eq!((index.all(&disk), disk.exists(index.path())), (Ok(Vec::new()), false));
        index.reset(&mut disk).unwrap();
        index.truncate_to(&mut disk, 0).unwrap();
        assert!(disk.is_empty());
        index.append(&mut disk, &aborted(4, 12, 13)).unwrap();
        assert_eq!((index.all(&disk), disk.len(index.path())), (Ok(vec![aborted(4, 12, 13)]), Ok(34)));
    }

    #[test]
    fn what_overlaps_a_fetch_is_found_and_where_to_stop() {
        let mut disk = Disk::new();
        let entries = [aborted(0, 11, 5), aborted(5, 13, 14), aborted(20, 25, 26)];
        let index = index(&mut disk, &entries);
        for (from, to, found, is_complete) in [
            (0, 5, &entries[..1], true),
            (0, 6, &entries[..2], true),
            (12, 20, &entries[1..2], true),
            (12, 21, &entries[1..], true),
            (26, 40, &[], false),
        ] {
            let result = index.collect_aborted_txns(&disk, from, to).unwrap();
            assert_eq!((&result.aborted_transactions[..], result.is_complete), (found, is_complete), "{from} to {to}");
        }
    }

    #[test]
    fn it_is_cut_with_its_segment() {
        let mut disk = Disk::new();
        let mut index = index(&mut disk, &[aborted(10, 11, 12), aborted(12, 15, 16)]);
        index.truncate_to(&mut disk, 16).unwrap();
        assert_eq!(index.all(&disk).unwrap().len(), 2);
        index.truncate_to(&mut disk, 15).unwrap();
        assert_eq!(index.all(&disk), Ok(vec![aborted(10, 11, 12)]));
        index.append(&mut disk, &aborted(12, 14, 15)).unwrap();
        index.truncate_to(&mut disk, 11).unwrap();
        assert_eq!(index.is_empty(&disk), Ok(true));
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let mut disk = Disk::new();
        let index = index(&mut disk, &[aborted(10, 11, 12), aborted(1, 12, 16)]);
        disk.write_at(index.path(), 34 + 18, &9i64.to_be_bytes()).unwrap();
        let error = index.sanity_check(&disk).unwrap_err().to_string();
        assert_eq!(error, format!("{} at byte 34: a marker lies before its segment", index.path()));
        disk.write_at(index.path(), 1, &[1]).unwrap();
        assert!(matches!(index.all(&disk), Err(LogError::CorruptIndex { position: 0, .. })));
        disk.truncate(index.path(), 33).unwrap();
        assert_eq!(index.all(&disk), Ok(Vec::new()));
    }
}
