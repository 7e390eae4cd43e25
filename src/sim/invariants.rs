//! What must never be, checked from outside after every event.
//!
//! * Two replicas agree, term for term, on everything below both their high watermarks.
//! * A leader's high watermark does not go back within its term.
//! * At most one broker takes writes for a partition in one term.
//! * A record that a producer with `acks=all` was told is safe, on a partition that asks for at least two in sync, is on the disks of at
//!   least two machines at that moment: so it survives the loss of any one.

use super::Cluster;
use super::history::{agree_below, has_in_its_history};
use super::ledger::Place;
use crate::base::{BrokerId, LeaderEpoch, Map, Offset, RecordId, TopicPartition};
use crate::broker::{LOG_DIR, Partition};
use crate::log::{LoadParams, LogConfig, UnifiedLog};
use crate::trace::TraceKind;

/// Something that must never be, and was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation(pub String);

/// What the checks remember from event to event.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    high_watermarks: Map<(TopicPartition, LeaderEpoch), Offset>,
    leaders: Map<(TopicPartition, LeaderEpoch), BrokerId>,
    /// How many trace events have been looked at.
    seen: u64,
}

impl Watch {
    /// Checks the world.
    ///
    /// # Errors
    /// The first violation.
    pub fn check(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        for (id, node) in cluster.brokers() {
            for partition in node.process().into_iter().flat_map(|broker| broker.partitions()) {
                if partition.leader().is_some() {
                    self.check_leader(partition, id)?;
                }
            }
        }
        if let Some(image) = cluster.image() {
            for (tp, _) in image.partitions().filter(|(tp, _)| !tp.is_internal()) {
                check_agreement(cluster, &tp)?;
            }
        }
        for event in cluster.trace().since(self.seen) {
            if let TraceKind::RecordsAcked { ids, .. } = &event.kind {
                check_acknowledged(cluster, ids)?;
            }
        }
        self.seen = cluster.trace().len();
        Ok(())
    }

    fn check_leader(&mut self, partition: &Partition, broker: BrokerId) -> Result<(), Violation> {
        let term = (partition.partition.clone(), partition.leader_epoch);
        let now = partition.log.high_watermark();
        let known = *self.leaders.entry(term.clone()).or_insert(broker);
        if known != broker {
            return Err(Violation(format!("{} has two leaders in term {}: {known} and {broker}", term.0, term.1)));
        }
        let before = self.high_watermarks.entry(term.clone()).or_insert(now);
        if now < *before {
            let what = format!("the high watermark of {} went from {before} to {now} in term {}", term.0, term.1);
            return Err(Violation(what));
        }
        *before = now;
        Ok(())
    }
}

/// All live replicas have the same terms, hence the same records, below the lower of their high watermarks.
fn check_agreement(cluster: &Cluster, tp: &TopicPartition) -> Result<(), Violation> {
    let Some(registration) = cluster.registration(tp) else { return Ok(()) };
    let replica = |id| Some((id, &cluster.replica(tp, id)?.log, cluster.broker_node(id)?.disk()));
    let replicas: Vec<_> = registration.replicas.iter().filter_map(|id| replica(*id)).collect();
    let Some((first, rest)) = replicas.split_first() else { return Ok(()) };
    for other in rest {
        let common = first.1.high_watermark().min(other.1.high_watermark());
        if !agree_below((first.1, first.2), (other.1, other.2), common) {
            return Err(Violation(format!("brokers {} and {} disagree on {tp} below {common}", first.0, other.0)));
        }
    }
    Ok(())
}

fn check_acknowledged(cluster: &Cluster, ids: &[RecordId]) -> Result<(), Violation> {
    for id in ids {
        let acks_all =
            cluster.client(id.producer).and_then(|client| client.producer()).is_some_and(|p| p.config().acks == -1);
        let Some(places) = cluster.ledger().line(*id).map(|line| &line.places) else { continue };
        let guarded = places
            .iter()
            .any(|place| cluster.leader_replica(&place.partition).is_some_and(|p| p.effective_min_isr() >= 2));
        if acks_all && guarded && !places.iter().any(|place| machines_with(cluster, place) >= 2) {
            return Err(Violation(format!(
                "record {id:?} was acknowledged with acks=all but fewer than two machines have it"
            )));
        }
    }
    Ok(())
}

/// On how many machines' disks a place is filled, whether their brokers live or not.
fn machines_with(cluster: &Cluster, place: &Place) -> usize {
    let holds = |log: &UnifiedLog| has_in_its_history(log, place.offset, place.epoch);
    let has = |id: BrokerId| match (cluster.replica(&place.partition, id), cluster.broker_node(id)) {
        (Some(partition), _) => holds(&partition.log),
        (None, Some(node)) => {
            let dir = format!("{LOG_DIR}/{}", place.partition);
            let mut disk = node.disk().clone();
            let open = |disk| {
                UnifiedLog::open(place.partition.clone(), &dir, LogConfig::default(), disk, LoadParams::default())
            };
            open(&mut disk).is_ok_and(|log| holds(&log))
        }
        (None, None) => false,
    };
    cluster.brokers().filter(|(id, _)| has(*id)).count()
}
