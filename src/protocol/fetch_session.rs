//! Fetch sessions, as whoever fetches sees them (KIP-227; Kafka's `FetchMetadata` and `FetchSessionHandler`).
//!
//! Whoever fetches the same partitions from the same broker again and again need not name them each time. A *full* fetch (epoch 0) asks for
//! a session; the broker answers with its id, or with 0 if it has no room for one. From then on *incremental* fetches name only
//! what has changed, each under the next epoch, and the answers hold only partitions of which there is news. If an answer gets lost, or the
//! broker has thrown the session out, the broker says so (INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_ID_NOT_FOUND), and the next fetch is
//! a full one again.
//!
//! Left out: topic ids, under which newer requests name partitions.

use super::{ErrorCode, FetchPartition, FetchResponse};
use crate::base::{Map, TopicPartition};

/// Which session a fetch belongs to, and which of its requests it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FetchMetadata {
    /// The session; 0 for none.
    pub session_id: i32,
    /// 0 for a full fetch that wants a session, −1 for one that wants none, otherwise the number of the incremental fetch.
    pub epoch: i32,
}

impl FetchMetadata {
    /// A full fetch that asks for a session.
    pub const INITIAL: Self = Self { session_id: 0, epoch: 0 };
    /// A fetch without a session.
    pub const LEGACY: Self = Self { session_id: 0, epoch: -1 };

    /// Whether every partition is named.
    #[must_use]
    pub fn is_full(self) -> bool {
        self.epoch <= 0
    }

    /// The epoch after `epoch`; after the largest comes 1.
    #[must_use]
    pub fn next_epoch(epoch: i32) -> i32 {
        epoch.checked_add(1).unwrap_or(1)
    }
}

/// One side's view of its session with one broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchSessionHandler {
    next: FetchMetadata,
    partitions: Map<TopicPartition, FetchPartition>,
}

impl Default for FetchSessionHandler {
    fn default() -> Self {
        Self { next: FetchMetadata::INITIAL, partitions: Map::new() }
    }
}

impl FetchSessionHandler {
    /// The session, if there is one.
    #[must_use]
    pub fn session_id(&self) -> Option<i32> {
        (self.next.session_id != 0).then_some(self.next.session_id)
    }

    /// What a fetch of `wanted` has to say: its place in the session, what to name, what to forget.
    pub fn build(&mut self, wanted: Vec<FetchPartition>) -> (FetchMetadata, Vec<FetchPartition>, Vec<TopicPartition>) {
        let before = std::mem::take(&mut self.partitions);
        self.partitions = wanted.iter().map(|asked| (asked.partition.clone(), asked.clone())).collect();
        if self.next.is_full() {
            return (self.next, wanted, Vec::new());
        }
        let forgotten = before.keys().filter(|tp| !self.partitions.contains_key(*tp)).cloned().collect();
        let changed = wanted.into_iter().filter(|asked| before.get(&asked.partition) != Some(asked)).collect();
        (self.next, changed, forgotten)
    }

    /// Takes in an answer; false if the broker would not have the session, and the answer says nothing else.
    pub fn on_response(&mut self, response: &FetchResponse) -> bool {
        if !response.error.is_ok() {
            // A session that the broker does not know cannot be closed; another is closed by the next full fetch.
            let session_id = if response.error == ErrorCode::FetchSessionIdNotFound { 0 } else { self.next.session_id };
            self.next = FetchMetadata { session_id, epoch: 0 };
            return false;
        }
        self.next = match response.session_id {
            0 => FetchMetadata::INITIAL,
            session_id => FetchMetadata { session_id, epoch: FetchMetadata::next_epoch(self.next.epoch) },
        };
        true
    }

    /// No answer came: whether the broker has taken the request is not known, so begin again.
    pub fn on_error(&mut self) {
        self.next = FetchMetadata { session_id: self.next.session_id, epoch: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(partition: i32, fetch_offset: i64) -> FetchPartition {
        FetchPartition {
            partition: TopicPartition::new(&"orders".into(), partition),
            fetch_offset,
            current_leader_epoch: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            max_bytes: 1,
        }
    }

    fn answer(error: ErrorCode, session_id: i32) -> FetchResponse {
        FetchResponse { error, session_id, partitions: Vec::new() }
    }

    #[test]
    fn after_the_first_fetch_only_changes_are_named() {
        let mut handler = FetchSessionHandler::default();
        let (metadata, named, forgotten) = handler.build(vec![asked(0, 0), asked(1, 0)]);
        assert_eq!((metadata, named.len(), forgotten.len()), (FetchMetadata::INITIAL, 2, 0));
        assert!(handler.on_response(&answer(ErrorCode::None, 7)));
        let (metadata, named, forgotten) = handler.build(vec![asked(0, 0), asked(1, 3), asked(2, 0)]);
        assert_eq!(metadata, FetchMetadata { session_id: 7, epoch: 1 });
        assert_eq!((named, forgotten), (vec![asked(1, 3), asked(2, 0)], vec![]));
        assert!(handler.on_response(&answer(ErrorCode::None, 7)));
        let (metadata, named, forgotten) = handler.build(vec![asked(0, 0)]);
        assert_eq!((metadata.epoch, named), (2, vec![]));
        assert_eq!(forgotten, [asked(1, 0).partition, asked(2, 0).partition]);
    }

    #[test]
    fn whatever_goes_wrong_the_next_fetch_is_full() {
        let begun = || {
            let mut handler = FetchSessionHandler::default();
            handler.build(vec![asked(0, 0)]);
            handler.on_response(&answer(ErrorCode::None, 7));
            handler
        };
        let mut lost = begun();
        lost.on_error();
        assert_eq!(lost.build(vec![asked(0, 0)]).0, FetchMetadata { session_id: 7, epoch: 0 });
        let mut wrong_epoch = begun();
        assert!(!wrong_epoch.on_response(&answer(ErrorCode::InvalidFetchSessionEpoch, 0)));
        assert_eq!(wrong_epoch.build(vec![asked(0, 0)]).0, FetchMetadata { session_id: 7, epoch: 0 });
        let mut unknown = begun();
        assert!(!unknown.on_response(&answer(ErrorCode::FetchSessionIdNotFound, 0)));
        assert_eq!(unknown.build(vec![asked(0, 0)]).0, FetchMetadata::INITIAL);
        let mut closed = begun();
        assert!(closed.on_response(&answer(ErrorCode::None, 0)));
        assert_eq!(closed.build(vec![asked(0, 0)]), (FetchMetadata::INITIAL, vec![asked(0, 0)], vec![]));
    }
}
