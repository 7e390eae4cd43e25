//! The ledger (장부): what became of each record, as seen from outside.
//!
//! It reads the trace. A record is known by its producer and number; where it was appended, by partition, offset and leader epoch, which
//! together name one place in one history. So a lost record is one whose place no longer is in its partition's log, and a
//! duplicate one that has two places.
//!
//! What is asked at every event must not cost more with every record: so the places of acknowledged records are also kept as spans of
//! offsets, and the few records that are not so simple (with several places, or acknowledged without any) by name. What groups
//! handled is kept as spans too.

use crate::base::{Chunks, ClientId, LeaderEpoch, Map, Offset, RecordId, Set, Spans, TopicPartition};
use crate::trace::{TraceEvent, TraceKind};
use std::ops::Deref;
use std::rc::Rc;

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

/// Where leaders appended a record: mostly in one place.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Places {
    /// Nowhere, or nowhere yet.
    #[default]
    None,
    /// In one place.
    One(Place),
    /// In several, in the order of time.
    Several(Vec<Place>),
}

impl Places {
    fn push(&mut self, place: Place) {
        *self = match std::mem::take(self) {
            Places::None => Places::One(place),
            Places::One(first) => Places::Several(vec![first, place]),
            Places::Several(mut places) => {
                places.push(place);
                Places::Several(places)
            }
        };
    }
}

impl Deref for Places {
    type Target = [Place];

    fn deref(&self) -> &[Place] {
        match self {
            Places::None => &[],
            Places::One(place) => std::slice::from_ref(place),
            Places::Several(places) => places,
        }
    }
}

/// What a producer believes of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Belief {
    /// It has heard nothing.
    #[default]
    Waiting,
    /// It was told that the record is safe.
    Acked,
    /// It gave up.
    Failed,
}

impl Belief {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Acked => "acked",
            Self::Failed => "failed",
        }
    }
}

/// One record's line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Line {
    /// Where leaders appended it.
    pub places: Places,
    /// What its producer believes.
    pub belief: Belief,
}

/// What a group has handled of one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Handled {
    /// From where it began to read.
    pub began: Offset,
    /// What it handled.
    pub once: Spans,
    /// What it handled more than once.
    pub again: Spans,
}

/// A group's line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct GroupLine {
    /// How often a rebalance began.
    pub rebalances: u64,
    /// What its members' applications handled.
    pub handled: Map<TopicPartition, Handled>,
}

/// All records' and groups' lines.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ledger {
    /// The records of each producer, by number.
    lines: Map<ClientId, Chunks<Line>>,
    /// The places of the records that are acknowledged and have one place.
    acked: Map<(TopicPartition, LeaderEpoch), Spans>,
    /// The records that are acknowledged and have not one place, but none or several.
    odd: Set<RecordId>,
    /// The records that have several places.
    several: Set<RecordId>,
    groups: Map<Rc<str>, GroupLine>,
}

impl Ledger {
    /// Whether an event concerns it.
    pub(super) fn concerns(kind: &TraceKind) -> bool {
        match kind {
            TraceKind::Appended { ids, as_leader: true, .. } => !ids.is_empty(),
            TraceKind::GroupState { to, .. } => *to == "PreparingRebalance",
            TraceKind::RecordsAcked { .. }
            | TraceKind::RecordsFailed { .. }
            | TraceKind::Processed { .. }
            | TraceKind::OffsetReset { .. } => true,
            _ => false,
        }
    }

    /// Takes in an event; `group` is that of the consumer in whose process it happened.
    pub(super) fn read(&mut self, event: &TraceEvent, group: Option<&str>) {
        match &event.kind {
            TraceKind::Appended { partition, first, epoch, ids, as_leader: true, .. } => {
                for (offset, id) in (*first..).zip(&**ids) {
                    self.appended(*id, Place { partition: partition.clone(), offset, epoch: *epoch });
                }
            }
            TraceKind::RecordsAcked { ids, .. } => ids.iter().for_each(|id| self.acked(*id)),
            TraceKind::RecordsFailed { ids, .. } => {
                for id in &**ids {
                    self.line_mut(*id).belief = Belief::Failed;
                }
            }
            TraceKind::GroupState { group, to: "PreparingRebalance", .. } => {
                self.groups.entry(group.clone()).or_default().rebalances += 1;
            }
            TraceKind::Processed { partition, first, last } => self.handled(group, partition, *first, *last),
            TraceKind::OffsetReset { partition, to } => self.handled(group, partition, *to, *to - 1),
            _ => {}
        }
    }

    fn line_mut(&mut self, id: RecordId) -> &mut Line {
        let lines = self.lines.entry(id.producer).or_default();
        let number = id.number as usize;
        while lines.len() <= number {
            lines.push(Line::default());
        }
        lines.get_mut(number).expect("it is there now")
    }

    fn appended(&mut self, id: RecordId, place: Place) {
        let line = self.line_mut(id);
        let before = line.places.first().filter(|_| line.places.len() == 1).cloned();
        line.places.push(place.clone());
        let (count, acked) = (line.places.len(), line.belief == Belief::Acked);
        if count > 1 {
            self.several.insert(id);
        }
        if acked && count == 1 {
            self.odd.remove(&id);
            self.span(&place).insert(place.offset);
        } else if let Some(before) = before.filter(|_| acked) {
            self.span(&before).remove(before.offset);
            self.odd.insert(id);
        }
    }

    fn acked(&mut self, id: RecordId) {
        let line = self.line_mut(id);
        if std::mem::replace(&mut line.belief, Belief::Acked) == Belief::Acked {
            return;
        }
        match line.places.clone() {
            Places::One(place) => {
                self.span(&place).insert(place.offset);
            }
            Places::None | Places::Several(_) => {
                self.odd.insert(id);
            }
        }
    }

    fn span(&mut self, place: &Place) -> &mut Spans {
        self.acked.entry((place.partition.clone(), place.epoch)).or_default()
    }

    fn handled(&mut self, group: Option<&str>, partition: &TopicPartition, first: Offset, last: Offset) {
        let Some(group) = group else { return };
        let line = match self.groups.contains_key(group) {
            true => self.groups.get_mut(group).expect("looked up just now"),
            false => self.groups.entry(group.into()).or_default(),
        };
        let fresh = Handled { began: first, once: Spans::default(), again: Spans::default() };
        let handled = line.handled.entry(partition.clone()).or_insert(fresh);
        handled.began = handled.began.min(first);
        for offset in first..=last {
            if !handled.once.insert(offset) {
                handled.again.insert(offset);
            }
        }
    }

    /// All lines, by producer and number.
    pub fn lines(&self) -> impl Iterator<Item = (RecordId, &Line)> {
        self.lines.keys().flat_map(|producer| self.of(*producer))
    }

    /// One record's line.
    #[must_use]
    pub fn line(&self, id: RecordId) -> Option<&Line> {
        self.lines.get(&id.producer)?.get(usize::try_from(id.number).ok()?)
    }

    /// The lines of one producer.
    pub fn of(&self, producer: ClientId) -> impl Iterator<Item = (RecordId, &Line)> {
        let lines = self.lines.get(&producer).into_iter().flat_map(Chunks::iter);
        (0..).zip(lines).map(move |(number, line)| (RecordId { producer, number }, line))
    }

    /// The places of the records that are acknowledged and have one place, by partition and term.
    pub(super) fn acked_places(&self) -> impl Iterator<Item = (&TopicPartition, LeaderEpoch, &Spans)> {
        self.acked.iter().map(|((partition, epoch), spans)| (partition, *epoch, spans))
    }

    /// The records that are acknowledged and have not one place, but none or several.
    pub(super) fn odd(&self) -> impl Iterator<Item = RecordId> {
        self.odd.iter().copied()
    }

    /// The records that have several places.
    pub(super) fn several(&self) -> impl Iterator<Item = RecordId> {
        self.several.iter().copied()
    }

    /// A group's line.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&GroupLine> {
        self.groups.get(name)
    }
}
