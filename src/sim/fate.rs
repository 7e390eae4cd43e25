//! What truly became of records, beside what their producers believe.
//!
//! The truth about a partition lies with its leader. Where there is none, it lies with those who may become it without an unclean election: the members of
//! the ISR and the eligible leader replicas, whether their processes live or not; what is on none of their disks will not come back. Where
//! nobody may, all replicas are asked.

use super::history::{breaks_of_history, has_in_its_history, is_still_there};
use super::ledger::{Belief, Line, Place};
use super::{BrokerNode, Cluster};
use crate::base::{BrokerId, LeaderEpoch, Map, Offset, RecordId, Set, Spans, TopicPartition};
use crate::broker::LOG_DIR;
use crate::disk::Disk;
use crate::log::{LoadParams, LogConfig, UnifiedLog};
use crate::protocol::{Body, Request};
use std::rc::Rc;

/// What truly became of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// It is in no log and on no wire.
    Nowhere,
    /// It is on its way to a leader that has not had it yet.
    OnTheWay,
    /// It is in the leader's log, but above the high watermark.
    Uncommitted,
    /// It is in the committed part of the log, once.
    Committed,
    /// It is in the log more than once.
    Duplicated,
    /// It was in the log and was deleted or compacted away, as the settings ask.
    Deleted,
    /// Its partition has no leader; somebody who may become it has the record.
    Leaderless,
    /// It was in a log and is in none that counts.
    Gone,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Nowhere,
        Self::OnTheWay,
        Self::Uncommitted,
        Self::Committed,
        Self::Duplicated,
        Self::Deleted,
        Self::Leaderless,
        Self::Gone,
    ];

    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nowhere => "nowhere",
            Self::OnTheWay => "on-the-way",
            Self::Uncommitted => "uncommitted",
            Self::Committed => "committed",
            Self::Duplicated => "duplicated",
            Self::Deleted => "deleted",
            Self::Leaderless => "leaderless",
            Self::Gone => "gone",
        }
    }

    /// Whether a record of which its producer believes `belief` is lost: it was called safe and is not there.
    #[must_use]
    pub fn is_lost(self, belief: Belief) -> bool {
        belief == Belief::Acked && matches!(self, Self::Gone | Self::Nowhere)
    }
}

/// A record's line with the truth beside the belief.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordFate {
    /// The record.
    pub id: RecordId,
    /// What its producer believes.
    pub belief: Belief,
    /// What became of it.
    pub fate: Fate,
    /// Where it is, or was last.
    pub place: Option<Place>,
}

/// A replica's log: a live process's, or what lies on the disk of a dead one.
enum Held<'a> {
    Live(&'a UnifiedLog),
    OnDisk(Box<UnifiedLog>),
}

impl Held<'_> {
    fn log(&self) -> &UnifiedLog {
        match self {
            Held::Live(log) => log,
            Held::OnDisk(log) => log,
        }
    }
}

/// Who tells the truth about a partition.
enum Witness<'a> {
    /// Its leader, with its disk.
    Leader(&'a UnifiedLog, &'a Disk),
    /// Those who may lead.
    MayLead(Vec<Held<'a>>),
    /// Nobody: the partition is no more, or no node is left that knows of it.
    Nobody,
}

impl Witness<'_> {
    fn logs(&self) -> Vec<&UnifiedLog> {
        match self {
            Witness::Leader(log, _) => vec![log],
            Witness::MayLead(held) => held.iter().map(Held::log).collect(),
            Witness::Nobody => Vec::new(),
        }
    }

    fn has(&self, place: &Place) -> bool {
        self.logs().iter().any(|log| has_in_its_history(log, place.offset, place.epoch))
    }

    /// Whether the record itself can still be read from the leader.
    fn can_read(&self, place: &Place) -> bool {
        let Witness::Leader(log, disk) = self else { return false };
        place.offset >= log.log_start_offset()
            && (!log.config().cleanup_policy.compact || is_still_there(log, disk, place.offset))
    }

    /// How many of the records that were appended in a term are in none of the logs.
    fn gone(&self, epoch: LeaderEpoch, spans: &Spans) -> u64 {
        let logs = match self {
            Witness::Nobody => return 0,
            witness => witness.logs(),
        };
        // Between two of these, what is true of one offset is true of all.
        let mut breaks: Set<Offset> = logs.iter().flat_map(|log| breaks_of_history(log)).collect();
        breaks.extend(spans.iter().map(|(first, _)| first));
        let has = |offset| logs.iter().any(|log| has_in_its_history(log, offset, epoch));
        let ends = breaks.iter().skip(1).copied().chain([Offset::MAX]);
        let pieces = breaks.iter().copied().zip(ends).filter(|(first, _)| !has(*first));
        pieces.map(|(first, end)| spans.count_within(first, end)).sum()
    }
}

/// Who tells the truth about each partition; asked once for each.
struct Witnesses<'a> {
    cluster: &'a Cluster,
    known: Map<TopicPartition, Witness<'a>>,
}

impl<'a> Witnesses<'a> {
    fn of(&mut self, tp: &TopicPartition) -> &Witness<'a> {
        let cluster = self.cluster;
        self.known.entry(tp.clone()).or_insert_with(|| cluster.witness(tp))
    }
}

impl Cluster {
    fn witnesses(&self) -> Witnesses<'_> {
        Witnesses { cluster: self, known: Map::new() }
    }

    fn witness(&self, tp: &TopicPartition) -> Witness<'_> {
        let Some(registration) = self.registration(tp) else { return Witness::Nobody };
        if let (Some(replica), Some(leader)) = (self.leader_replica(tp), registration.leader)
            && let Some(node) = self.broker_node(leader)
        {
            return Witness::Leader(&replica.log, node.disk());
        }
        let may_lead: Set<BrokerId> = registration.isr.iter().chain(&registration.elr).copied().collect();
        let asked: Vec<BrokerId> =
            if may_lead.is_empty() { registration.replicas.clone() } else { may_lead.into_iter().collect() };
        let held = |id: BrokerId| match self.replica(tp, id) {
            Some(replica) => Some(Held::Live(&replica.log)),
            None => self.left_on_disk(self.broker_node(id)?, tp).map(|log| Held::OnDisk(Box::new(log))),
        };
        Witness::MayLead(asked.into_iter().filter_map(held).collect())
    }

    /// A partition's log as a process would find it that started on this machine now.
    fn left_on_disk(&self, node: &BrokerNode, tp: &TopicPartition) -> Option<UnifiedLog> {
        let dir = format!("{LOG_DIR}/{tp}");
        let mut config = LogConfig::default();
        if let Some(policy) = self.image().and_then(|image| image.topic_config(&tp.topic, "cleanup.policy")) {
            // The controller has checked it.
            let _ = config.set("cleanup.policy", policy);
        }
        let mut disk = node.disk().clone();
        let is_there = !disk.list(&dir).is_empty();
        let open = |disk| UnifiedLog::open(tp.clone(), &dir, config, disk, LoadParams::default());
        is_there.then(|| open(&mut disk).ok()).flatten()
    }

    /// Acknowledged records that are gone from their partition's log.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let mut witnesses = self.witnesses();
        let simple: u64 =
            self.ledger.acked_places().map(|(tp, epoch, spans)| witnesses.of(tp).gone(epoch, spans)).sum();
        let on_the_way = self.records_on_the_way(self.ledger.odd());
        let lines = self.ledger.odd().filter_map(|id| Some((id, self.ledger.line(id)?)));
        let odd = lines.filter(|(id, line)| match &line.places[..] {
            [] => !on_the_way.contains(id),
            places => places.iter().all(|place| match witnesses.of(&place.partition) {
                Witness::Nobody => false,
                witness => !witness.has(place),
            }),
        });
        simple + odd.count() as u64
    }

    /// Records that are in their partition's log more than once.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        let mut witnesses = self.witnesses();
        let lines = self.ledger.several().filter_map(|id| self.ledger.line(id));
        let mut count = |line: &Line| {
            let mut readable = |place: &&Place| {
                let witness = witnesses.of(&place.partition);
                witness.has(place) && witness.can_read(place)
            };
            line.places.iter().filter(|place| readable(place)).count()
        };
        lines.filter(|line| count(line) > 1).count() as u64
    }

    /// Records that lie before one that their producer sent earlier, in the same partition's log.
    #[must_use]
    pub fn reordered(&self) -> u64 {
        let mut witnesses = self.witnesses();
        let mut farthest = Map::new();
        let mut count = 0;
        for (id, line) in self.ledger.lines() {
            let led = |witness: &Witness<'_>| matches!(witness, Witness::Leader(..));
            let mut held = line.places.iter().filter(|place| {
                let witness = witnesses.of(&place.partition);
                led(witness) && witness.has(place)
            });
            let Some(place) = held.next() else { continue };
            let before = farthest.entry((id.producer, &place.partition)).or_insert(place.offset);
            count += u64::from(place.offset < *before);
            *before = place.offset.max(*before);
        }
        count
    }

    /// What became of every record that a producer handed over, by producer and number.
    #[must_use]
    pub fn fates(&self) -> Vec<RecordFate> {
        let mut witnesses = self.witnesses();
        let mut fates = Vec::new();
        for client in self.clients.values() {
            let Some(producer) = client.producer() else { continue };
            let untold = Line::default();
            let records = (0..producer.sent()).map(|number| RecordId { producer: client.id, number });
            let placeless = |id: &RecordId| self.ledger.line(*id).is_none_or(|line| line.places.is_empty());
            let on_the_way = self.records_on_the_way(records.clone().filter(placeless));
            for id in records {
                let line = self.ledger.line(id).unwrap_or(&untold);
                let (fate, place) = fate(line, &mut witnesses);
                let fate = if on_the_way.contains(&id) { Fate::OnTheWay } else { fate };
                fates.push(RecordFate { id, belief: line.belief, fate, place: place.cloned() });
            }
        }
        fates
    }

    /// Those of some records that are on their way to a leader.
    fn records_on_the_way(&self, records: impl Iterator<Item = RecordId>) -> Set<RecordId> {
        let asked: Set<RecordId> = records.collect();
        if asked.is_empty() {
            return asked;
        }
        let produces = self.in_flight().filter_map(|envelope| match &envelope.body {
            Body::Request { request: Request::Produce(request), .. } => Some(&request.partitions),
            _ => None,
        });
        let ids: Vec<&Rc<[RecordId]>> = produces.flatten().map(|(_, _, ids)| ids).collect();
        ids.into_iter().flat_map(|ids| ids.iter().copied()).filter(|id| asked.contains(id)).collect()
    }
}

/// What became of a record, and where it is or was.
fn fate<'l>(line: &'l Line, witnesses: &mut Witnesses<'_>) -> (Fate, Option<&'l Place>) {
    let Some(last) = line.places.last() else { return (Fate::Nowhere, None) };
    let held: Vec<&Place> = line.places.iter().filter(|place| witnesses.of(&place.partition).has(place)).collect();
    let there: Vec<&Place> =
        held.iter().copied().filter(|place| witnesses.of(&place.partition).can_read(place)).collect();
    match (witnesses.of(&last.partition), &held[..], &there[..]) {
        (Witness::Nobody, ..) => (Fate::Deleted, Some(last)),
        (_, [], _) => (Fate::Gone, Some(last)),
        (Witness::MayLead(_), [first, ..], _) => (Fate::Leaderless, Some(first)),
        (Witness::Leader(..), [first, ..], []) => (Fate::Deleted, Some(first)),
        (Witness::Leader(log, _), _, [place]) if place.offset < log.high_watermark() => (Fate::Committed, Some(place)),
        (Witness::Leader(..), _, [place]) => (Fate::Uncommitted, Some(place)),
        (Witness::Leader(..), _, [first, ..]) => (Fate::Duplicated, Some(first)),
    }
}
