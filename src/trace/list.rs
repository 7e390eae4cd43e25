//! The list of all events, cheap to clone.

use super::{EventSeq, TraceEvent};
use crate::base::Chunks;

/// All events of a world so far.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Trace(Chunks<TraceEvent>);

impl Trace {
    /// How many events there are; also the number of the next one.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether nothing has happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends an event, which must carry the next number.
    ///
    /// # Panics
    /// If the event's number is not the next one.
    pub fn push(&mut self, event: TraceEvent) {
        assert_eq!(event.seq, self.len(), "trace events are numbered without gaps");
        self.0.push(event);
    }

    /// The event numbered `seq`.
    #[must_use]
    pub fn get(&self, seq: EventSeq) -> Option<&TraceEvent> {
        self.0.get(usize::try_from(seq).ok()?)
    }

    /// The events from number `from` on.
    pub fn since(&self, from: EventSeq) -> impl Iterator<Item = &TraceEvent> {
        self.0.since(usize::try_from(from).unwrap_or(usize::MAX))
    }

    /// All events, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &TraceEvent> {
        self.0.iter().rev()
    }

    /// `seq` and what caused it, back to the first cause; the effect comes first.
    pub fn causes(&self, seq: EventSeq) -> impl Iterator<Item = &TraceEvent> {
        std::iter::successors(self.get(seq), |event| self.get(event.cause?))
    }
}
