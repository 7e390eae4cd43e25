//! What a round of cleaning did, in numbers: Kafka's `CleanerStats`.

use crate::log::Ratio;

/// The numbers of one round.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CleanerStats {
    /// Bytes of the dirty part that were read for the offset map.
    pub map_bytes_read: u64,
    /// Records that were read for the offset map.
    pub map_messages_read: u64,
    /// Bytes of the segments that were cleaned.
    pub bytes_read: u64,
    /// Bytes that they have now.
    pub bytes_written: u64,
    /// Records that were looked at, one by one; those of a batch that goes unread, as an aborted one does, are not.
    pub messages_read: u64,
    /// Records that were kept.
    pub messages_written: u64,
    /// Records without a key, which have no place in a compacted topic and are dropped.
    pub invalid_messages_read: u64,
    /// How full the offset map became.
    pub buffer_utilization: Ratio,
}

impl Default for CleanerStats {
    fn default() -> Self {
        Self {
            map_bytes_read: 0,
            map_messages_read: 0,
            bytes_read: 0,
            bytes_written: 0,
            messages_read: 0,
            messages_written: 0,
            invalid_messages_read: 0,
            buffer_utilization: Ratio(0),
        }
    }
}
