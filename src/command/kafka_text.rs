//! Kafka's own wording: exceptions, their messages, and a log line as its tools print one.
//!
//! These stay in English, because they are what one meets at work and searches for.

use super::Line;
use crate::base::{Date, SimTime};
use crate::protocol::ErrorCode;

/// The Java exception behind an error code, without its package, and its message.
fn exception(error: ErrorCode) -> (&'static str, &'static str) {
    match error {
        ErrorCode::NotEnoughReplicas => (
            "NotEnoughReplicasException",
            "Messages are rejected since there are fewer in-sync replicas than required.",
        ),
        ErrorCode::NotEnoughReplicasAfterAppend => (
            "NotEnoughReplicasAfterAppendException",
            "Messages are written to the log, but to fewer in-sync replicas than required.",
        ),
        ErrorCode::RequestTimedOut => ("TimeoutException", "The request timed out."),
        ErrorCode::NotLeaderOrFollower => (
            "NotLeaderOrFollowerException",
            "For requests intended only for the leader, this error indicates that the broker is not the current leader. \
             For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition.",
        ),
        ErrorCode::UnknownTopicOrPartition => {
            ("UnknownTopicOrPartitionException", "This server does not host this topic-partition.")
        }
        ErrorCode::OffsetOutOfRange => (
            "OffsetOutOfRangeException",
            "The requested offset is not within the range of offsets maintained by the server.",
        ),
        ErrorCode::PolicyViolation => {
            ("PolicyViolationException", "Request parameters do not satisfy the configured policy.")
        }
        ErrorCode::InvalidRequest => (
            "InvalidRequestException",
            "This most likely occurs because of a request being malformed by the client library or the message was sent to \
             an incompatible broker. See the broker logs for more details.",
        ),
        ErrorCode::KafkaStorageError => {
            ("KafkaStorageException", "Disk error when trying to access log file on the disk.")
        }
        ErrorCode::NetworkException => ("NetworkException", "The server disconnected before a response was received."),
        ErrorCode::MessageTooLarge => (
            "RecordTooLargeException",
            "The request included a message larger than the max message size the server will accept.",
        ),
        ErrorCode::CorruptMessage => (
            "CorruptRecordException",
            "This message has failed its CRC checksum, exceeds the valid size, has a null key for a compacted topic, \
             or is otherwise corrupt.",
        ),
        ErrorCode::RecordListTooLarge => (
            "RecordBatchTooLargeException",
            "The request included message batch larger than the configured segment size on the server.",
        ),
        ErrorCode::InvalidTimestamp => {
            ("InvalidTimestampException", "The timestamp of the message is out of acceptable range.")
        }
        ErrorCode::InvalidRecord => {
            ("InvalidRecordException", "This record has failed the validation on broker and hence will be rejected.")
        }
        ErrorCode::TopicAlreadyExists => ("TopicExistsException", "Topic with this name already exists."),
        ErrorCode::InvalidPartitions => ("InvalidPartitionsException", "Number of partitions is below 1."),
        ErrorCode::InvalidReplicationFactor => (
            "InvalidReplicationFactorException",
            "Replication factor is below 1 or larger than the number of available brokers.",
        ),
        ErrorCode::InvalidConfig => ("InvalidConfigurationException", "Configuration is invalid."),
        ErrorCode::InvalidTopicException => {
            ("InvalidTopicException", "The request attempted to perform an operation on an invalid topic.")
        }
        ErrorCode::PreferredLeaderNotAvailable => {
            ("PreferredLeaderNotAvailableException", "The preferred leader was not available.")
        }
        ErrorCode::EligibleLeadersNotAvailable => {
            ("EligibleLeadersNotAvailableException", "Eligible topic partition leaders are not available.")
        }
        ErrorCode::ElectionNotNeeded => {
            ("ElectionNotNeededException", "Leader election not needed for topic partition.")
        }
        ErrorCode::NoReassignmentInProgress => {
            ("NoReassignmentInProgressException", "No partition reassignment is in progress.")
        }
        ErrorCode::InvalidReplicaAssignment => ("InvalidReplicaAssignmentException", "Replica assignment is invalid."),
        ErrorCode::NotController => ("NotControllerException", "This is not the correct controller for this cluster."),
        ErrorCode::LeaderNotAvailable => (
            "LeaderNotAvailableException",
            "There is no leader for this topic-partition as we are in the middle of a leadership election.",
        ),
        _ => ("UnknownServerException", "The server experienced an unexpected error when processing the request."),
    }
}

/// An exception with its package and a message, or its usual message if that is empty.
pub(super) fn exception_line(error: ErrorCode, message: &str) -> String {
    let (name, usual) = exception(error);
    let message = if message.is_empty() { usual } else { message };
    // The one exception that does not lie with the others.
    let package = if error == ErrorCode::InvalidRecord { "" } else { "errors." };
    format!("org.apache.kafka.common.{package}{name}: {message}")
}

/// An error's usual message.
pub(super) fn message(error: ErrorCode) -> &'static str {
    exception(error).1
}

/// The error of that name.
pub(super) fn error_named(name: &str) -> ErrorCode {
    ErrorCode::ALL.iter().copied().find(|error| error.name() == name).unwrap_or(ErrorCode::UnknownServerError)
}

/// A line as Log4j writes it into a tool's terminal.
pub(super) fn log_line(now: SimTime, level: &str, text: &str) -> Line {
    Line::err(format!("[{}] {level} {text}", clock(now.wall_clock_ms())))
}

/// A moment on the broker's wall clock: `2025-01-01 00:00:05,123`.
pub(super) fn clock(ms: i64) -> String {
    Date::of_unix_ms(ms).to_string().replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn the_wall_clock_shows_dates() {
        assert_eq!(clock(1_735_689_600_000), "2025-01-01 00:00:00,000");
        assert_eq!(clock(1_735_689_605_123), "2025-01-01 00:00:05,123");
    }
}
