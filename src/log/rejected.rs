//! Records that a leader does not take, one by one, in Kafka's own words: its `RecordValidationException`.
//!
//! A batch is taken whole or not at all, so one bad record fails all that came with it. The answer tells them apart.

use crate::base::TopicPartition;
use std::fmt;
use std::rc::Rc;

/// How many of them the message shows.
const SHOWN: usize = 3;

/// The records of a batch that broke a rule.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RejectedRecords {
    /// Where they were to go.
    pub partition: TopicPartition,
    /// The records, in order; there is one at least.
    pub records: Rc<[RejectedRecord]>,
}

/// A record that broke a rule.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RejectedRecord {
    /// Its number in the batch, from 0.
    pub batch_index: i32,
    /// The rule.
    pub reason: RejectedReason,
}

/// The rule that a record broke.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RejectedReason {
    /// Nothing can be compacted that has no key.
    NoKey,
    /// Its timestamp is too far from the broker's clock.
    TimestampOutOfRange {
        /// The timestamp.
        timestamp: i64,
        /// Its offset, counted from the start of the batch.
        offset: i64,
        /// The earliest timestamp that would have been taken.
        earliest: i64,
        /// The latest timestamp that would have been taken.
        latest: i64,
    },
    /// Stamping with the append time is the broker's part.
    LogAppendTimeFromProducer {
        /// The timestamp.
        timestamp: i64,
    },
}

impl RejectedReason {
    fn is_timestamp(self) -> bool {
        !matches!(self, Self::NoKey)
    }
}

impl RejectedRecords {
    /// Whether a timestamp is among what is wrong: then the answer is `INVALID_TIMESTAMP`, else `INVALID_RECORD`.
    #[must_use]
    pub fn has_invalid_timestamp(&self) -> bool {
        self.records.iter().any(|record| record.reason.is_timestamp())
    }

    /// What is wrong with one of them.
    #[must_use]
    pub fn message(&self, record: &RejectedRecord) -> String {
        match record.reason {
            RejectedReason::NoKey => {
                format!("Compacted topic cannot accept message without key in topic partition {}", self.partition)
            }
            RejectedReason::TimestampOutOfRange { timestamp, offset, earliest, latest } => format!(
                "Timestamp {timestamp} of message with offset {offset} is out of range. \
                 The timestamp should be within [{earliest}, {latest}]"
            ),
            RejectedReason::LogAppendTimeFromProducer { timestamp } => format!(
                "Invalid timestamp type in message with timestamp {timestamp}. \
                 Producer should not set timestamp type to LogAppendTime."
            ),
        }
    }
}

impl fmt::Display for RejectedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_invalid_timestamp() {
            return f.write_str("One or more records have been rejected due to invalid timestamp");
        }
        let shown = self.records.iter().take(SHOWN);
        let shown: Vec<_> = shown
            .map(|it| format!("RecordError(batchIndex={}, message='{}')", it.batch_index, self.message(it)))
            .collect();
        write!(
            f,
            "One or more records have been rejected due to {} record errors in total, \
             and only showing the first three errors at most: [{}]",
            self.records.len(),
            shown.join(", ")
        )
    }
}
