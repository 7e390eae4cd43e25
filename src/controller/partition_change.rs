//! What becomes of a partition when its replicas' fortunes change (Kafka's `PartitionChangeBuilder`).
//!
//! Given the partition, the ISR wanted and who is active: who leads? The leader stays if it is active and still in the ISR. Else
//! the first replica *in the order of the assignment* that is in the ISR and active. Else nobody; then the last member of the ISR
//! stays in it, since without eligible leader replicas it is the only one known to have everything.

use crate::base::{BrokerId, TopicPartition};
use crate::protocol::{MetadataRecord, PartitionRegistration};

/// Which leader is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Election {
    /// One from the ISR; the present one if it can stay.
    Online,
    /// The preferred replica, if it is in the ISR and active; else as [`Election::Online`].
    Preferred,
}

/// The record that brings the partition to `target_isr` and a fit leader; `None` if nothing changes.
#[must_use]
pub fn partition_change(
    tp: &TopicPartition,
    partition: &PartitionRegistration,
    target_isr: &[BrokerId],
    election: Election,
    is_active: impl Fn(BrokerId) -> bool,
) -> Option<MetadataRecord> {
    let may_lead = |broker: &BrokerId| target_isr.contains(broker) && is_active(*broker);
    let preferred = partition.replicas.first().copied();
    let leader = match election {
        Election::Preferred if preferred.as_ref().is_some_and(may_lead) => preferred,
        _ => partition.leader.filter(may_lead).or_else(|| partition.replicas.iter().copied().find(may_lead)),
    };
    // Nobody is left: the ISR keeps its last members rather than becoming empty.
    let isr = if target_isr.is_empty() { &partition.isr[..] } else { target_isr };
    let isr = (isr != &partition.isr[..]).then(|| isr.to_vec());
    let leader = (leader != partition.leader).then_some(leader);
    let changed = isr.is_some() || leader.is_some();
    changed.then(|| MetadataRecord::PartitionChange { partition: tp.clone(), isr, leader })
}
