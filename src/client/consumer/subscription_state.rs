//! What the consumer was assigned, and how far it is in each partition. Kafka's `SubscriptionState`.
//!
//! A partition that has just been assigned has no position: it first asks the group's committed offset, and if there is
//! none, takes the one that `auto.offset.reset` names. The *position* is the next offset that `poll()` will return; it
//! moves when records are handed out, not when they are processed.

use super::AutoOffsetReset;
use crate::base::{BrokerId, LeaderEpoch, Map, Offset, SimTime, TopicPartition};

/// Where the consumer is in a partition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct FetchPosition {
    /// The next offset.
    pub(super) offset: Offset,
    /// The leader epoch of the record before it; −1 if unknown.
    pub(super) offset_epoch: LeaderEpoch,
}

/// One assigned partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct PartitionState {
    /// `None` while it is being looked for.
    pub(super) position: Option<FetchPosition>,
    /// It waits for an offset from the leader.
    pub(super) reset: Option<AutoOffsetReset>,
    /// What the group has committed, as far as this member knows.
    pub(super) committed: Option<Offset>,
    /// The leader's high watermark at the last fetch.
    pub(super) high_watermark: Option<Offset>,
    /// Nothing is asked of its leader before this.
    pub(super) retry_at: SimTime,
    /// Whom its leader would rather have asked, and until when.
    pub(super) preferred_read_replica: Option<(BrokerId, SimTime)>,
}

/// All assigned partitions.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct SubscriptionState {
    partitions: Map<TopicPartition, PartitionState>,
    /// In which order they are asked for: whoever has delivered goes to the end.
    order: Vec<TopicPartition>,
    /// A commit before a rebalance is on its way: nothing more is fetched or handed out.
    pub(super) pending_revocation: bool,
}

impl SubscriptionState {
    /// Replaces the assignment; what stays keeps nothing, since an eager member has revoked everything.
    pub(super) fn assign(&mut self, partitions: &[TopicPartition]) {
        let new = PartitionState {
            position: None,
            reset: None,
            committed: None,
            high_watermark: None,
            retry_at: SimTime::ZERO,
            preferred_read_replica: None,
        };
        self.partitions = partitions.iter().map(|tp| (tp.clone(), new.clone())).collect();
        self.order = partitions.to_vec();
        self.pending_revocation = false;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    pub(super) fn get(&self, tp: &TopicPartition) -> Option<&PartitionState> {
        self.partitions.get(tp)
    }

    pub(super) fn get_mut(&mut self, tp: &TopicPartition) -> Option<&mut PartitionState> {
        self.partitions.get_mut(tp)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&TopicPartition, &PartitionState)> {
        self.partitions.iter()
    }

    pub(super) fn in_order(&self) -> &[TopicPartition] {
        &self.order
    }

    pub(super) fn position(&self, tp: &TopicPartition) -> Option<FetchPosition> {
        self.get(tp)?.position
    }

    pub(super) fn move_to_end(&mut self, tp: &TopicPartition) {
        if let Some(place) = self.order.iter().position(|other| other == tp) {
            let tp = self.order.remove(place);
            self.order.push(tp);
        }
    }

    /// Those whose committed offset has not been asked yet.
    pub(super) fn initializing(&self) -> Vec<TopicPartition> {
        let unknown = |state: &PartitionState| state.position.is_none() && state.reset.is_none();
        self.partitions.iter().filter(|(_, state)| unknown(state)).map(|(tp, _)| tp.clone()).collect()
    }

    /// What a commit now would say: the position of every partition that has one.
    pub(super) fn all_consumed(&self) -> Vec<(TopicPartition, Offset, LeaderEpoch)> {
        self.partitions
            .iter()
            .filter_map(|(tp, state)| state.position.map(|p| (tp.clone(), p.offset, p.offset_epoch)))
            .collect()
    }
}
