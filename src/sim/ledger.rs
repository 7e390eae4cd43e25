//! The ledger (장부): what became of each record, as seen from outside.
//!
//! It reads the trace. A record is known by its producer and number; where it was appended, by partition, offset and leader epoch, which
//! together name one place in one history. So a lost record is one whose place no longer is in its partition's log, and a
//! duplicate one that has two places.

use crate::base::{ClientId, LeaderEpoch, Offset, RecordId, TopicPartition};
use crate::trace::{TraceEvent, TraceKind};
use std::collections::BTreeMap;

/// A place in a partition's history.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset.
    pub offset: Offset,
    /// The term of the leader that gave it.
    pub epoch: LeaderEpoch,
}

/// What a producer believes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Belief {
    /// It has heard nothing.
    #[default]
    Waiting,
    /// It was told that the record is safe.
    Acked,
    /// It gave up.
    Failed,
}

/// One record's line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Line {
    /// Where leaders appended it.
    pub places: Vec<Place>,
    /// What its producer believes.
    pub belief: Belief,
}

/// All records' lines.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ledger {
    lines: BTreeMap<RecordId, Line>,
}

impl Ledger {
    /// Takes in an event.
    pub(super) fn read(&mut self, event: &TraceEvent) {
        match &event.kind {
            TraceKind::Appended { partition, first, epoch, ids, as_leader: true, .. } => {
                for (offset, id) in (*first..).zip(&**ids) {
                    let place = Place { partition: partition.clone(), offset, epoch: *epoch };
                    self.lines.entry(*id).or_default().places.push(place);
                }
            }
            TraceKind::RecordsAcked { ids, .. } => self.believe(ids, Belief::Acked),
            TraceKind::RecordsFailed { ids, .. } => self.believe(ids, Belief::Failed),
            _ => {}
        }
    }

    fn believe(&mut self, ids: &[RecordId], belief: Belief) {
        for id in ids {
            self.lines.entry(*id).or_default().belief = belief;
        }
    }

    /// All lines, by producer and number.
    pub fn lines(&self) -> impl Iterator<Item = (&RecordId, &Line)> {
        self.lines.iter()
    }

    /// One record's line.
    #[must_use]
    pub fn line(&self, id: RecordId) -> Option<&Line> {
        self.lines.get(&id)
    }

    /// The lines of one producer.
    pub fn of(&self, producer: ClientId) -> impl Iterator<Item = (&RecordId, &Line)> {
        let (from, to) = (RecordId { producer, number: 0 }, RecordId { producer, number: u64::MAX });
        self.lines.range(from..=to)
    }
}
