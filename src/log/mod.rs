//! One replica's log: what a partition is on one broker's disk.
//!
//! A log is a folder, `topic-partition`. Its records lie in *segments*, each a run of record batches in a file named by
//! the first offset that it may hold: `00000000000000000042.log`. Only the last one, the active segment, is written to;
//! when it is full, or old, the log *rolls* and starts the next. Beside each lie two small index files. They are sparse:
//! one entry after every few thousand bytes of log, just enough to begin reading near what is sought and walk the rest.
//!
//! ```text
//! /var/lib/kafka/data/orders-0/
//!   00000000000000000000.log        record batches, end to end
//!   00000000000000000000.index      offset → position in the .log
//!   00000000000000000000.timeindex  timestamp → offset
//!   00000000000000000000.txnindex   aborted transactions, if any ended here
//!   00000000000000000042.snapshot   what was known of the producers at offset 42
//!   leader-epoch-checkpoint         which leader's term began at which offset
//!   partition.metadata              the topic's id
//! ```
//!
//! [`UnifiedLog`] is the log that brokers speak to; [`LogSegment`], [`OffsetIndex`], [`TimeIndex`] and
//! [`TransactionIndex`] are its files; [`ProducerStateManager`] knows its producers and their transactions;
//! [`LeaderEpochFileCache`] is how replicas find where their histories part. All of it is bytes in a
//! [`Disk`](crate::disk::Disk): what is kept in memory beside is what Kafka keeps there too, and can be had again from
//! the files.
//!
//! One difference in form: Kafka gives the index files of the active segment their full size at once (10 MiB of zeros)
//! and cuts them to what they hold when it rolls. Here they have the size of what they hold all the time.

mod append;
mod checkpoint;
pub mod cleaner;
mod config;
mod epoch_cache;
mod error;
mod file_batches;
mod files;
mod layout;
mod load;
mod log_dir;
mod log_validator;
mod lookup;
mod offset_index;
mod producer_state;
mod read;
mod rejected;
mod retention;
mod search;
mod segment;
mod server_synonyms;
mod tasks;
mod time_index;
mod transaction_index;
mod transactions;
mod truncate;
mod unified_log;
mod validate;

#[cfg(test)]
mod tests;

pub use append::{AppendOrigin, AppendParams, LogAppendInfo};
pub use checkpoint::{read_offsets, read_topic_id, write_offsets, write_topic_id};
pub use config::{CleanupPolicy, ConfigError, LogConfig, Ratio};
pub use epoch_cache::{EpochEntry, LeaderEpochFileCache, OffsetAndEpoch};
pub use error::{AppendError, LogError};
pub use file_batches::LogBatch;
pub use files::{
    CLEANED_FILE_SUFFIX, DELETE_DIR_SUFFIX, DELETED_FILE_SUFFIX, LEADER_EPOCH_CHECKPOINT, LOG_FILE_SUFFIX,
    OFFSET_INDEX_SUFFIX, PARTITION_METADATA, PRODUCER_SNAPSHOT_SUFFIX, STRAY_DIR_SUFFIX, SWAP_FILE_SUFFIX,
    TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, filename_prefix_from_offset, log_dir_name_with_suffix, parse_log_dir_name,
};
pub use layout::{
    FileFate, FileField, LogFileKind, entry_fields, file_fate, offset_in_file_name, snapshot_head_fields, text_fields,
};
pub use load::{LoadParams, RecoveryReport};
pub use log_dir::{
    CLEAN_SHUTDOWN, CLEANER_OFFSET_CHECKPOINT, LOCK_FILE, LOG_START_OFFSET_CHECKPOINT, META_PROPERTIES, MetaProperties,
    RECOVERY_POINT_CHECKPOINT, REPLICATION_OFFSET_CHECKPOINT, lock_log_dir, read_clean_shutdown, take_clean_shutdown,
    unlock_log_dir, write_clean_shutdown,
};
pub use lookup::{IndexWalk, LookupFound, LookupTarget, LookupWalk, ScannedBatch, SegmentChoice, SegmentWalk};
pub use offset_index::{OffsetIndex, OffsetPosition};
pub use producer_state::{
    BatchMetadata, ProducerStateEntry, ProducerStateManager, ProducerStateManagerConfig, VerificationGuard,
    VerificationStateEntry, read_snapshot,
};
pub use read::{
    EARLIEST_TIMESTAMP, FetchDataInfo, FetchIsolation, LATEST_TIMESTAMP, LogOffsetMetadata, MAX_TIMESTAMP,
    TimestampAndOffset,
};
pub use rejected::{RejectedReason, RejectedRecord, RejectedRecords};
pub use retention::{DeletedSegment, DeletionReason};
pub use search::Probe;
pub use segment::LogSegment;
pub use server_synonyms::{
    NOT_OF_LOGS, find_synonym, has_server_default, server_synonym, server_synonyms, topic_config,
};
pub use tasks::{LogTask, ScheduledTask};
pub use time_index::{TimeIndex, TimestampOffset};
pub use transaction_index::{AbortedTransaction, AbortedTxn, TransactionIndex};
pub use unified_log::UnifiedLog;
