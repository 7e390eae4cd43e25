//! Compaction: of each key only the newest record stays. Kafka's log cleaner.
//!
//! A topic with `cleanup.policy=compact` promises that the last value of every key can be read from it for ever. Records
//! that a newer one with the same key has superseded may go, and do so some time later, in the background: the *cleaner*
//! looks for the log of which the largest part is *dirty*, reads which keys its dirty part holds, and writes its segments
//! anew without what is superseded. Offsets stay as they are, and leave gaps.
//!
//! A record with a null value, a *tombstone*, deletes its key. It must itself stay for a while, or a consumer that has
//! read the older value would never hear that it is gone: the first round that meets it writes into its batch until when
//! (`delete.retention.ms` from then), and a round after that drops it. So nothing happens without new dirty data.
//!
//! * `log_to_clean`: how dirty a log is, and which part of it may be cleaned.
//! * `offset_map`: key → newest offset, in 24 bytes a key.
//! * `plan`, `filter`, `transactions`: what a round will do, down to each record and the reason why it goes.
//! * `manager`: which log is next, and where each one's last round ended.
//! * `apply`: how the files change hands, so that a crash at any moment leaves the old or the new.
//!
//! Like Kafka's, our cleaner does not verify a batch's CRC: one that it writes anew gets a new CRC, whatever it holds.
//!
//! Left out: splitting a segment whose offsets span more than an index can say, which only logs of very old brokers have,
//! and the rules for record formats before v2.

mod apply;
mod config;
mod filter;
mod log_to_clean;
mod manager;
mod offset_map;
mod plan;
mod stats;
#[cfg(test)]
mod tests;
mod transactions;

pub use config::CleanerConfig;
pub use filter::{BatchFate, BatchPlan, Removal};
pub use log_to_clean::LogToClean;
pub use manager::{CLEANER_OFFSET_CHECKPOINT, Cleaning, LogCleanerManager, LogCleaningState};
pub use offset_map::OffsetMapSize;
pub use plan::{CleaningPlan, SegmentGroup, plan};
pub use stats::CleanerStats;
