//! The name of every byte of the files beside a `.log`: what the hex view is painted from, as
//! [`record::layout`](crate::record::layout()) is for batches.
//!
//! All of them are plain. Indexes are rows of entries of one size; a producer snapshot is a head and a row of producers;
//! checkpoints are lines of text. The fields given here cover the bytes without gap or overlap, whatever the bytes are:
//! what cannot be an entry is a field too, and says so. A reader who shows a large file asks for a run of its entries only.

use super::files::offset_from_file_name;
use crate::base::Offset;
use std::ops::Range;

/// What a file in a log folder, or beside them, is for: told by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LogFileKind {
    /// `….log`: record batches, end to end.
    Log,
    /// `….index`: offset → position.
    OffsetIndex,
    /// `….timeindex`: timestamp → offset.
    TimeIndex,
    /// `….txnindex`: aborted transactions.
    TransactionIndex,
    /// `….snapshot`: what the broker knows of the log's producers.
    ProducerSnapshot,
    /// `leader-epoch-checkpoint`: which term began at which offset.
    LeaderEpochCheckpoint,
    /// `replication-offset-checkpoint` and its like: an offset for every partition.
    OffsetCheckpoint,
    /// `partition.metadata`: the topic's id.
    PartitionMetadata,
    /// `meta.properties`: whose disk this is.
    MetaProperties,
    /// `.kafka_cleanshutdown`: the marker of a shutdown in good order.
    CleanShutdown,
    /// Anything else.
    Other,
}

/// What is to become of a file, told by what its name ends in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileFate {
    /// `.deleted`: out of use, removed after a while.
    Deleted,
    /// `.cleaned`: the cleaner is still writing it.
    Cleaned,
    /// `.swap`: complete, about to take the place of others.
    Swap,
}

/// A run of bytes that means one thing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FileField {
    /// Where it lies, in bytes from the start of what was given.
    pub range: Range<usize>,
    /// Its name.
    pub name: &'static str,
    /// What it says, to be read by people.
    pub value: String,
    /// The number of the entry that it is part of, from 0 in the file; none outside of all entries.
    pub entry: Option<u64>,
}

const FATES: [(&str, FileFate); 3] =
    [(".deleted", FileFate::Deleted), (".cleaned", FileFate::Cleaned), (".swap", FileFate::Swap)];

const SEGMENT_SUFFIXES: [(&str, LogFileKind); 5] = [
    (".log", LogFileKind::Log),
    (".index", LogFileKind::OffsetIndex),
    (".timeindex", LogFileKind::TimeIndex),
    (".txnindex", LogFileKind::TransactionIndex),
    (".snapshot", LogFileKind::ProducerSnapshot),
];

/// The bytes of a producer snapshot before its first producer: version, checksum, count.
const SNAPSHOT_HEAD: usize = 10;

impl LogFileKind {
    /// The kind of the file called `name`, which may be a path and may end in `.deleted` or the like.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let name = plain_name(name);
        match name {
            "leader-epoch-checkpoint" => return Self::LeaderEpochCheckpoint,
            "partition.metadata" => return Self::PartitionMetadata,
            "meta.properties" => return Self::MetaProperties,
            ".kafka_cleanshutdown" => return Self::CleanShutdown,
            _ if name.ends_with("-checkpoint") => return Self::OffsetCheckpoint,
            _ => {}
        }
        let known = SEGMENT_SUFFIXES.iter().find(|(suffix, _)| offset_from_file_name(name, suffix).is_some());
        known.map_or(Self::Other, |(_, kind)| *kind)
    }

    /// The size of an entry, for files that are rows of entries.
    #[must_use]
    pub fn entry_size(self) -> Option<usize> {
        match self {
            Self::OffsetIndex => Some(8),
            Self::TimeIndex => Some(12),
            Self::TransactionIndex => Some(34),
            Self::ProducerSnapshot => Some(46),
            _ => None,
        }
    }

    /// How many bytes stand before the first entry.
    #[must_use]
    pub fn head_size(self) -> usize {
        if self == Self::ProducerSnapshot { SNAPSHOT_HEAD } else { 0 }
    }

    /// Whether it is text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::LeaderEpochCheckpoint
                | Self::OffsetCheckpoint
                | Self::PartitionMetadata
                | Self::MetaProperties
                | Self::CleanShutdown
        )
    }
}

/// What is to become of the file called `name`, if its name says anything.
#[must_use]
pub fn file_fate(name: &str) -> Option<FileFate> {
    FATES.iter().find(|(suffix, _)| name.ends_with(suffix)).map(|(_, fate)| *fate)
}

/// The offset in the name of a segment's file, whatever the file is for.
#[must_use]
pub fn offset_in_file_name(name: &str) -> Option<Offset> {
    let name = plain_name(name);
    SEGMENT_SUFFIXES.iter().find_map(|(suffix, _)| offset_from_file_name(name, suffix))
}

/// The name without the folders before it and without `.deleted` or the like behind it.
fn plain_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    FATES.iter().find_map(|(suffix, _)| name.strip_suffix(suffix)).unwrap_or(name)
}

/// The fields of a run of entries of an index or a snapshot: `bytes` begin with entry number `first`, and the segment's
/// base offset is `base_offset`.
#[must_use]
pub fn entry_fields(kind: LogFileKind, base_offset: Offset, first: u64, bytes: &[u8]) -> Vec<FileField> {
    let mut painter = Painter { bytes, at: 0, fields: Vec::new(), entry: None };
    let size = kind.entry_size().unwrap_or(bytes.len().max(1));
    for entry in first.. {
        if painter.bytes.len() - painter.at < size {
            break;
        }
        painter.entry = Some(entry);
        match kind {
            LogFileKind::OffsetIndex => painter.offset_entry(base_offset),
            LogFileKind::TimeIndex => painter.time_entry(base_offset),
            LogFileKind::TransactionIndex => painter.aborted_transaction(),
            LogFileKind::ProducerSnapshot => painter.producer(),
            _ => break,
        }
    }
    painter.rest()
}

/// The fields before the first entry of a producer snapshot; `bytes` are the whole file, of which the checksum tells.
#[must_use]
pub fn snapshot_head_fields(bytes: &[u8]) -> Vec<FileField> {
    let mut painter =
        Painter { bytes: &bytes[..bytes.len().min(SNAPSHOT_HEAD)], at: 0, fields: Vec::new(), entry: None };
    if bytes.len() < SNAPSHOT_HEAD {
        return painter.rest();
    }
    painter.i16("version");
    let stored = u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
    let computed = crc32c::crc32c(&bytes[6..]);
    let verdict = if stored == computed { "valid".into() } else { format!("computed 0x{computed:08x}") };
    painter.push(4, "crc", format!("0x{stored:08x} ({verdict})"));
    painter.i32("producerEntriesCount");
    painter.rest()
}

/// The fields of a text file, whose first line here is line number `first_line` of the file, from 0.
#[must_use]
pub fn text_fields(kind: LogFileKind, first_line: u64, bytes: &[u8]) -> Vec<FileField> {
    let mut painter = Painter { bytes, at: 0, fields: Vec::new(), entry: None };
    if kind == LogFileKind::CleanShutdown || kind == LogFileKind::Other {
        let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
        painter.push(bytes.len(), if kind == LogFileKind::Other { "text" } else { "json" }, text);
        return painter.fields;
    }
    for (line, content) in (first_line..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        painter.line(kind, line, content);
    }
    painter.rest()
}

/// Where fields go, and how far the bytes are named.
struct Painter<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: Vec<FileField>,
    entry: Option<u64>,
}

impl Painter<'_> {
    fn push(&mut self, size: usize, name: &'static str, value: String) {
        if size > 0 {
            self.fields.push(FileField { range: self.at..self.at + size, name, value, entry: self.entry });
            self.at += size;
        }
    }

    /// The next bytes as a number; the caller has seen to it that there are enough.
    fn number<const N: usize>(&self) -> [u8; N] {
        let mut number = [0; N];
        number.copy_from_slice(&self.bytes[self.at..self.at + N]);
        number
    }

    fn i16(&mut self, name: &'static str) {
        let value = i16::from_be_bytes(self.number());
        self.push(2, name, value.to_string());
    }

    fn i32(&mut self, name: &'static str) {
        let value = i32::from_be_bytes(self.number());
        self.push(4, name, value.to_string());
    }

    fn i64(&mut self, name: &'static str) {
        let value = i64::from_be_bytes(self.number());
        self.push(8, name, value.to_string());
    }

    fn relative_offset(&mut self, base_offset: Offset) {
        let relative = i32::from_be_bytes(self.number());
        let offset = base_offset.wrapping_add(i64::from(relative));
        self.push(4, "relativeOffset", format!("{relative} (offset {offset})"));
    }

    fn offset_entry(&mut self, base_offset: Offset) {
        self.relative_offset(base_offset);
        let position = u32::from_be_bytes(self.number());
        self.push(4, "position", position.to_string());
    }

    fn time_entry(&mut self, base_offset: Offset) {
        self.i64("timestamp");
        self.relative_offset(base_offset);
    }

    fn aborted_transaction(&mut self) {
        self.i16("version");
        for name in ["producerId", "firstOffset", "lastOffset", "lastStableOffset"] {
            self.i64(name);
        }
    }

    fn producer(&mut self) {
        self.i64("producerId");
        self.i16("producerEpoch");
        self.i32("lastSequence");
        self.i64("lastOffset");
        self.i32("offsetDelta");
        self.i64("timestamp");
        self.i32("coordinatorEpoch");
        self.i64("currentTxnFirstOffset");
    }

    /// One line of text, its end included. Each word is a field, with the space behind it.
    fn line(&mut self, kind: LogFileKind, line: u64, content: &[u8]) {
        let words: &[&'static str] = match (kind, line) {
            (LogFileKind::LeaderEpochCheckpoint | LogFileKind::OffsetCheckpoint, 0) => &["version"],
            (LogFileKind::LeaderEpochCheckpoint | LogFileKind::OffsetCheckpoint, 1) => &["entryCount"],
            (LogFileKind::LeaderEpochCheckpoint, _) => &["epoch", "startOffset"],
            (LogFileKind::OffsetCheckpoint, _) => &["topic", "partition", "offset"],
            (LogFileKind::PartitionMetadata, 0) => &["version"],
            (LogFileKind::PartitionMetadata, _) => &["topicId"],
            (_, _) if content.starts_with(b"#") => &["comment"],
            (_, _) => &["property"],
        };
        self.entry = (words.len() > 1).then(|| line - 2);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let mut rest = content;
        for (place, name) in words.iter().enumerate() {
            let space = rest.iter().position(|byte| *byte == b' ').map(|space| space + 1);
            let size = space.filter(|_| place + 1 < words.len()).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(size);
            self.push(size, name, text(word));
            rest = behind;
        }
    }

    /// What is left, which is no whole entry.
    fn rest(mut self) -> Vec<FileField> {
        self.entry = None;
        let left = self.bytes.len() - self.at;
        self.push(left, "rest", format!("{left} bytes that are no whole entry"));
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[FileField]) -> Vec<(&'static str, &str)> {
        fields.iter().map(|field| (field.name, field.value.as_str())).collect()
    }

    fn covers(fields: &[FileField], len: usize) -> bool {
        let mut at = 0;
        fields.iter().all(|field| std::mem::replace(&mut at, field.range.end) == field.range.start) && at == len
    }

    #[test]
    fn names_tell_what_files_are_for() {
        let log = "00000000000000000042";
        for (name, kind, fate) in [
            (format!("/d/t-0/{log}.log"), LogFileKind::Log, None),
            (format!("{log}.index.deleted"), LogFileKind::OffsetIndex, Some(FileFate::Deleted)),
            (format!("{log}.timeindex.swap"), LogFileKind::TimeIndex, Some(FileFate::Swap)),
            (format!("{log}.txnindex.cleaned"), LogFileKind::TransactionIndex, Some(FileFate::Cleaned)),
            (format!("{log}.snapshot"), LogFileKind::ProducerSnapshot, None),
            ("42.log".into(), LogFileKind::Other, None),
            ("leader-epoch-checkpoint".into(), LogFileKind::LeaderEpochCheckpoint, None),
            ("recovery-point-offset-checkpoint".into(), LogFileKind::OffsetCheckpoint, None),
            ("meta.properties".into(), LogFileKind::MetaProperties, None),
        ] {
            assert_eq!((LogFileKind::of(&name), file_fate(&name)), (kind, fate), "{name}");
        }
        assert_eq!(offset_in_file_name(&format!("{log}.timeindex.deleted")), Some(42));
        assert_eq!(offset_in_file_name("partition.metadata"), None);
    }

    #[test]
    fn entries_are_named_to_the_last_byte() {
        let bytes = [0, 0, 0, 7, 0, 0, 16, 0, 9];
        let fields = entry_fields(LogFileKind::OffsetIndex, 40, 3, &bytes);
        let rest = "1 bytes that are no whole entry";
        assert_eq!(read(&fields), [("relativeOffset", "7 (offset 47)"), ("position", "4096"), ("rest", rest)]);
        assert_eq!(fields.iter().map(|field| field.entry).collect::<Vec<_>>(), [Some(3), Some(3), None]);
        for kind in [LogFileKind::TimeIndex, LogFileKind::TransactionIndex, LogFileKind::ProducerSnapshot] {
            for len in [0, 1, 12, 34, 46, 100] {
                let fields = entry_fields(kind, 0, 0, &vec![0xff; len]);
                assert!(covers(&fields, len), "{kind:?} {len}: {fields:?}");
            }
        }
    }

    #[test]
    fn the_head_of_a_snapshot_knows_its_checksum() {
        let mut bytes = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let crc = crc32c::crc32c(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.to_be_bytes());
        let valid = format!("0x{crc:08x} (valid)");
        let expected = [("version", "1"), ("crc", valid.as_str()), ("producerEntriesCount", "0")];
        assert_eq!(read(&snapshot_head_fields(&bytes)), expected);
        bytes[9] = 1;
        assert!(snapshot_head_fields(&bytes)[1].value.contains("computed"));
        assert!(covers(&snapshot_head_fields(&bytes[..5]), 5));
    }

    #[test]
    fn lines_of_text_are_words_with_names() {
        let text = b"0\n2\norders 0 17\nbroken\n";
        let fields = text_fields(LogFileKind::OffsetCheckpoint, 0, text);
        let expected =
            [("version", "0"), ("entryCount", "2"), ("topic", "orders"), ("partition", "0"), ("offset", "17")];
        assert_eq!(read(&fields)[..5], expected);
        assert_eq!(read(&fields)[5..], [("topic", "broken")]);
        assert!(covers(&fields, text.len()));
        let epochs = text_fields(LogFileKind::LeaderEpochCheckpoint, 2, b"3 120\n");
        assert_eq!((epochs[0].entry, read(&epochs)), (Some(0), vec![("epoch", "3"), ("startOffset", "120")]));
        assert_eq!(read(&text_fields(LogFileKind::MetaProperties, 0, b"#x\nnode.id=1\n")).len(), 2);
        assert_eq!(read(&text_fields(LogFileKind::PartitionMetadata, 0, b"version: 0\ntopic_id: A"))[1].0, "topicId");
    }
}
