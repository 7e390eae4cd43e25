//! The cleaner's own settings: Kafka's `CleanerConfig`. What concerns one topic is in its log's settings.

use super::OffsetMapSize;

/// The `log.cleaner.*` settings of a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CleanerConfig {
    /// `log.cleaner.enable`: without it nothing is ever compacted.
    pub enable: bool,
    /// `log.cleaner.backoff.ms`: how long the cleaner sleeps when there is nothing to clean.
    pub backoff_ms: u32,
    /// `log.cleaner.dedupe.buffer.size` and `log.cleaner.io.buffer.load.factor`.
    pub offset_map: OffsetMapSize,
    /// `log.cleaner.io.max.bytes.per.second`: how much the cleaner reads and writes at most; none for no limit.
    pub io_max_bytes_per_second: Option<u64>,
}

impl CleanerConfig {
    /// The smallest `log.cleaner.dedupe.buffer.size`, in bytes: more than 1 MiB for each thread, of which there is one.
    pub const MIN_DEDUPE_BUFFER_SIZE: u64 = (1 << 20) + 1;
}

impl Default for CleanerConfig {
    fn default() -> Self {
        Self { enable: true, backoff_ms: 15_000, offset_map: OffsetMapSize::default(), io_max_bytes_per_second: None }
    }
}
