//! What is in Kafka's files, in the words of Kafka's `DumpLogSegments`.
//!
//! [`dump_log`] gives the very lines that the real tool prints for the same files and options, so that the two can be
//! compared line for line; `kafka-dump-log` shows them. `segment` reads `.log` (and the batches of a metadata snapshot),
//! `index` the two index files, `state` the producer snapshots and transaction indexes, `coordinator` the records of
//! `__consumer_offsets`.
//!
//! What goes wrong in a file that cannot be read ends the real tool with a Java exception. So it does here: the line with
//! the exception's class and message is there, the stack trace below it is not.
//!
//! Left out: formats v0 and v1; decoders for other internal topics; the contents of control records that only the
//! metadata log has; the order in which complaints about several files follow one another, which in Java is that of a hash
//! table and here that of the files.

mod coordinator;
mod index;
mod segment;
mod state;
#[cfg(test)]
mod tests;
mod tool;

pub(super) use tool::{FLAGS, run};

use super::Line;
use crate::base::Offset;
use crate::disk::{Disk, DiskError};
use crate::log::{LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, PRODUCER_SNAPSHOT_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX};

/// How keys and values are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum DumpDecoder {
    /// As text, which the default `StringDecoder` makes of them.
    #[default]
    Strings,
    /// `--offsets-decoder`: as records of `__consumer_offsets`.
    Offsets,
}

/// The options of `kafka-dump-log`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DumpOptions {
    /// `--files`: the paths, as they are to be shown.
    pub files: Vec<String>,
    /// The folder that paths without a leading `/` count from.
    pub dir: String,
    /// `--print-data-log`: keys and values too. A decoder other than the default implies it.
    pub print_data_log: bool,
    /// `--deep-iteration`: record by record. Printing the data implies it.
    pub deep_iteration: bool,
    /// `--skip-record-metadata`: of records only key and value.
    pub skip_record_metadata: bool,
    /// `--verify-index-only`: of an index only what is wrong.
    pub verify_index_only: bool,
    /// `--index-sanity-check`: of an index only whether a broker would take it as it is.
    pub index_sanity_check: bool,
    /// `--max-bytes`: how much of a `.log` is read at most.
    pub max_bytes: i32,
    /// `--max-message-size`: how much of a `.log` is looked at behind an index entry.
    pub max_message_size: i32,
    /// How keys and values are shown.
    pub decoder: DumpDecoder,
}

impl Default for DumpOptions {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            dir: String::new(),
            print_data_log: false,
            deep_iteration: false,
            skip_record_metadata: false,
            verify_index_only: false,
            index_sanity_check: false,
            max_bytes: i32::MAX,
            max_message_size: 5 << 20,
            decoder: DumpDecoder::Strings,
        }
    }
}

impl DumpOptions {
    fn prints_data(&self) -> bool {
        self.print_data_log || self.decoder != DumpDecoder::Strings
    }

    fn iterates_deep(&self) -> bool {
        self.deep_iteration || self.prints_data()
    }

    fn absolute(&self, file: &str) -> String {
        if file.starts_with('/') { file.into() } else { format!("{}/{file}", self.dir) }
    }
}

/// An exception that ends the tool.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Thrown {
    class: &'static str,
    message: String,
}

impl Thrown {
    fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    fn line(&self) -> Line {
        let message = if self.message.is_empty() { String::new() } else { format!(": {}", self.message) };
        Line::err(format!("Exception in thread \"main\" {}{message}", self.class))
    }
}

impl From<DiskError> for Thrown {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::NotFound { path } => Thrown::new("java.nio.file.NoSuchFileException", &*path),
            other => Thrown::new("java.io.IOException", other.to_string()),
        }
    }
}

/// One file, as the tool knows it.
struct DumpFile<'a> {
    disk: &'a Disk,
    /// Its path as it was given, which is how it is spoken of.
    shown: &'a str,
    /// Its full path.
    path: String,
}

impl DumpFile<'_> {
    fn name(&self) -> &str {
        self.shown.rsplit('/').next().unwrap_or(self.shown)
    }

    /// The number that its name begins with.
    fn base_offset(&self) -> Result<Offset, Thrown> {
        let digits = self.stem();
        digits.parse().map_err(|_| {
            let message = format!("For input string: \"{digits}\"");
            Thrown::new("java.lang.NumberFormatException", message)
        })
    }

    fn stem(&self) -> &str {
        self.name().split('.').next().unwrap_or_default()
    }

    /// The full path of the file of the same segment with another suffix.
    fn sibling(&self, suffix: &str) -> String {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{}{suffix}", self.stem())
    }

    fn bytes(&self) -> Result<Vec<u8>, Thrown> {
        Ok(self.disk.read(&self.path, 0, u64::MAX)?)
    }
}

/// The lines that Kafka's `DumpLogSegments` prints for these files: its standard output as [`LineKind::Out`], its
/// standard error as [`LineKind::Err`](super::LineKind::Err), in the order of their coming.
///
/// [`LineKind::Out`]: super::LineKind::Out
#[must_use]
pub fn dump_log(disk: &Disk, options: &DumpOptions) -> Vec<Line> {
    let mut dump = Dump { options, lines: Vec::new(), complaints: Complaints::default() };
    for file in &options.files {
        dump.say(format!("Dumping {file}"));
        let file = DumpFile { disk, shown: file, path: options.absolute(file) };
        if let Err(thrown) = dump.file(&file) {
            dump.lines.push(thrown.line());
            return dump.lines;
        }
    }
    let Dump { mut lines, complaints, .. } = dump;
    lines.extend(complaints.lines().into_iter().map(Line::err));
    lines
}

/// A run of the tool.
struct Dump<'a> {
    options: &'a DumpOptions,
    lines: Vec<Line>,
    complaints: Complaints,
}

impl Dump<'_> {
    fn say(&mut self, text: String) {
        // A value may hold line ends of its own.
        self.lines.extend(text.split('\n').map(Line::out));
    }

    fn file(&mut self, file: &DumpFile<'_>) -> Result<(), Thrown> {
        let suffix = file.name().rfind('.').map(|dot| &file.name()[dot..]);
        match suffix {
            Some(LOG_FILE_SUFFIX | segment::SNAPSHOT_SUFFIX) => self.log(file),
            Some(OFFSET_INDEX_SUFFIX) => self.offset_index(file),
            Some(TIME_INDEX_SUFFIX) => self.time_index(file),
            Some(PRODUCER_SNAPSHOT_SUFFIX) => self.producer_snapshot(file),
            Some(TXN_INDEX_SUFFIX) => self.transaction_index(file),
            _ => {
                self.lines.push(Line::err(format!("Ignoring unknown file {}", file.shown)));
                Ok(())
            }
        }
    }
}

/// Pairs of numbers that are at odds, by file.
type Pairs = Vec<(String, Vec<(i64, i64)>)>;

/// What was found wrong on the way, and is said at the end.
#[derive(Default)]
struct Complaints {
    index_mismatches: Pairs,
    timestamp_mismatches: Pairs,
    out_of_order_timestamps: Pairs,
    offsets_not_found: Pairs,
    non_consecutive: Pairs,
}

fn note(pairs: &mut Pairs, file: &DumpFile<'_>, pair: (i64, i64)) {
    match pairs.iter_mut().find(|(path, _)| *path == file.path) {
        Some((_, pairs)) => pairs.push(pair),
        None => pairs.push((file.path.clone(), vec![pair])),
    }
}

impl Complaints {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut section = |title: &str, pairs: &Pairs, line: &dyn Fn(i64, i64) -> String| {
            for (path, pairs) in pairs {
                lines.push(format!("{title}{path}"));
                lines.extend(pairs.iter().map(|(a, b)| line(*a, *b)));
            }
        };
        section("Mismatches in :", &descending(&self.index_mismatches), &|index, log| {
            format!("  Index offset: {index}, log offset: {log}")
        });
        section("Found timestamp mismatch in :", &self.timestamp_mismatches, &|index, log| {
            format!("  Index timestamp: {index}, log timestamp: {log}")
        });
        section("Found out of order timestamp in :", &self.out_of_order_timestamps, &|index, before| {
            format!("  Index timestamp: {index}, Previously indexed timestamp: {before}")
        });
        section("The following indexed offsets are not found in :", &self.offsets_not_found, &|index, log| {
            format!("Indexed offset: {index}, found log offset: {log}")
        });
        section("Non-consecutive offsets in ", &ascending(&self.non_consecutive), &|offset, next| {
            format!("  {offset} is followed by {next}")
        });
        lines
    }
}

/// Each file's pairs by their first number, which stands once: of several, the last counts.
fn ascending(pairs: &Pairs) -> Pairs {
    let sorted = |pairs: &Vec<(i64, i64)>| {
        let by_first: std::collections::BTreeMap<i64, i64> = pairs.iter().copied().collect();
        by_first.into_iter().collect()
    };
    pairs.iter().map(|(path, pairs)| (path.clone(), sorted(pairs))).collect()
}

fn descending(pairs: &Pairs) -> Pairs {
    let mut pairs = ascending(pairs);
    for (_, pairs) in &mut pairs {
        pairs.reverse();
    }
    pairs
}

/// A number that may not be there, as Java's `OptionalLong` prints itself.
fn optional_long(value: Option<i64>) -> String {
    value.map_or("OptionalLong.empty".into(), |value| format!("OptionalLong[{value}]"))
}
