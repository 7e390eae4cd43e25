//! The list of all events, cheap to clone: full pages are shared, only the last one is copied.

use std::rc::Rc;

use super::{EventSeq, TraceEvent};

const PAGE: usize = 256;

/// All events of a world so far.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Trace {
    full: Vec<Rc<Vec<TraceEvent>>>,
    last: Vec<TraceEvent>,
}

impl Trace {
    /// How many events there are; also the number of the next one.
    #[must_use]
    pub fn len(&self) -> u64 {
        (self.full.len() * PAGE + self.last.len()) as u64
    }

    /// Whether nothing has happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends an event, which must carry the next number.
    ///
    /// # Panics
    /// If the event's number is not the next one.
    pub fn push(&mut self, event: TraceEvent) {
        assert_eq!(event.seq, self.len(), "trace events are numbered without gaps");
        self.last.push(event);
        if self.last.len() == PAGE {
            self.full.push(Rc::new(std::mem::take(&mut self.last)));
        }
    }

    /// The event numbered `seq`.
    #[must_use]
    pub fn get(&self, seq: EventSeq) -> Option<&TraceEvent> {
        let (page, place) = (seq as usize / PAGE, seq as usize % PAGE);
        match self.full.get(page) {
            Some(page) => page.get(place),
            None if page == self.full.len() => self.last.get(place),
            None => None,
        }
    }

    /// The events from number `from` on.
    pub fn since(&self, from: EventSeq) -> impl Iterator<Item = &TraceEvent> {
        (from..self.len()).filter_map(|seq| self.get(seq))
    }

    /// All events, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &TraceEvent> {
        (0..self.len()).rev().filter_map(|seq| self.get(seq))
    }

    /// `seq` and what caused it, back to the first cause; the effect comes first.
    pub fn causes(&self, seq: EventSeq) -> impl Iterator<Item = &TraceEvent> {
        std::iter::successors(self.get(seq), |event| self.get(event.cause?))
    }
}
