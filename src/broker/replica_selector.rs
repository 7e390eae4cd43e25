//! Which replica a consumer had better read from (KIP-392; Kafka's `RackAwareReplicaSelector`).
//!
//! Only a leader is asked, and only for consumers. It looks at the replicas that are in sync and hold the offset: one in the consumer's rack
//! is named instead of records, unless the leader itself stands there; among several the one that has most, then the one that was
//! caught up most recently, then the one with the largest id. The consumer asks that one until its metadata is out of date.

use super::{Broker, Partition};
use crate::base::{BrokerId, Offset, SimTime};
use crate::protocol::FetchRequest;
use std::cmp::Reverse;

/// `replica.selector.class`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ReplicaSelector {
    /// None, or `LeaderSelector`: consumers read from the leader.
    #[default]
    Leader,
    /// `RackAwareReplicaSelector`: from the same rack, if it can be.
    RackAware,
}

impl ReplicaSelector {
    /// The one of this class name, with or without its package.
    #[must_use]
    pub fn named(class: &str) -> Option<Self> {
        match class.strip_prefix("org.apache.kafka.common.replica.").unwrap_or(class) {
            "LeaderSelector" => Some(Self::Leader),
            "RackAwareReplicaSelector" => Some(Self::RackAware),
            _ => None,
        }
    }
}

impl Broker {
    /// Another replica from which a consumer had better fetch from `offset` on.
    pub(super) fn preferred_read_replica(
        &self,
        partition: &Partition,
        request: &FetchRequest,
        offset: Offset,
        now: SimTime,
    ) -> Option<BrokerId> {
        let rack = request.rack.as_deref().filter(|rack| !rack.is_empty())?;
        let state = partition.leader().filter(|_| self.config.replica_selector == ReplicaSelector::RackAware)?;
        let stands_there = |broker: BrokerId| {
            let known = self.image.brokers.get(&broker).filter(|registration| !registration.fenced);
            known.is_some_and(|registration| registration.rack.as_deref() == Some(rack))
        };
        if stands_there(self.id) {
            return None;
        }
        let candidates = state.remote.iter().filter(|(id, replica)| {
            state.isr.committed.contains(id)
                && (replica.log_start_offset..=replica.log_end_offset).contains(&offset)
                && stands_there(**id)
        });
        let rank = |(id, replica): &(&BrokerId, &super::Replica)| {
            let behind = replica.last_caught_up.map_or(SimTime(u64::MAX), |at| now.since(at));
            (replica.log_end_offset, Reverse(behind), **id)
        };
        candidates.max_by_key(rank).map(|(id, _)| *id)
    }
}
