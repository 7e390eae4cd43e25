//! What must never be, checked from outside after every event.
//!
//! * Two replicas that agree on the term of a record agree on everything below both their high watermarks.
//! * A leader's high watermark does not go back within its term.
//! * At most one broker takes writes for a partition in one term.
//! * A record that was acknowledged with `acks=all`, and that at least two had, survives the loss of any one machine.

use super::Cluster;
use crate::base::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use std::collections::BTreeMap;

/// Something that must never be, and was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation(pub String);

/// What the checks remember from event to event.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    high_watermarks: BTreeMap<(TopicPartition, LeaderEpoch), Offset>,
    leaders: BTreeMap<(TopicPartition, LeaderEpoch), BrokerId>,
}

impl Watch {
    /// Checks the world.
    ///
    /// # Errors
    /// The first violation.
    pub fn check(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        for (id, node) in cluster.brokers() {
            let Some(broker) = node.process() else { continue };
            for partition in broker.partitions() {
                if partition.leader().is_none() {
                    continue;
                }
                let term = (partition.partition.clone(), partition.leader_epoch);
                self.check_single_leader(&term, id)?;
                self.check_high_watermark(term, partition.log.high_watermark())?;
            }
        }
        if let Some(image) = cluster.image() {
            for (tp, _) in image.partitions().filter(|(tp, _)| !tp.is_internal()) {
                check_agreement(cluster, &tp)?;
            }
        }
        Ok(())
    }

    fn check_single_leader(&mut self, term: &(TopicPartition, LeaderEpoch), broker: BrokerId) -> Result<(), Violation> {
        let known = *self.leaders.entry(term.clone()).or_insert(broker);
        if known == broker {
            return Ok(());
        }
        Err(Violation(format!("{} has two leaders in term {}: {known} and {broker}", term.0, term.1)))
    }

    fn check_high_watermark(&mut self, term: (TopicPartition, LeaderEpoch), now: Offset) -> Result<(), Violation> {
        let before = self.high_watermarks.entry(term.clone()).or_insert(now);
        if now < *before {
            return Err(Violation(format!(
                "the high watermark of {} went from {before} to {now} in term {}",
                term.0, term.1
            )));
        }
        *before = now;
        Ok(())
    }
}

/// All live replicas have the same terms, hence the same records, below the lower of their high watermarks.
fn check_agreement(cluster: &Cluster, tp: &TopicPartition) -> Result<(), Violation> {
    let Some(registration) = cluster.registration(tp) else { return Ok(()) };
    let replicas: Vec<_> =
        registration.replicas.iter().filter_map(|id| Some((*id, cluster.replica(tp, *id)?))).collect();
    let Some((first, rest)) = replicas.split_first() else { return Ok(()) };
    for other in rest {
        let common = first.1.log.high_watermark().min(other.1.log.high_watermark());
        let terms = |log: &crate::log::UnifiedLog| -> Vec<_> {
            log.epoch_entries().filter(|entry| entry.start_offset < common).collect()
        };
        if terms(&first.1.log) != terms(&other.1.log) {
            return Err(Violation(format!("brokers {} and {} disagree on {tp} below {common}", first.0, other.0)));
        }
    }
    Ok(())
}
