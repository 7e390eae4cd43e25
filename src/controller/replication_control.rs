//! Partitions (Kafka's `ReplicationControlManager`): ISR changes that leaders ask for, and who leads.

use super::partition_change::{Election, PartitionChangeBuilder};
use super::{Controller, ControllerTimer};
use crate::base::{BrokerId, TopicPartition};
use crate::protocol::{
    AlterPartitionRequest, AlterPartitionResponse, Effects, ErrorCode, MetadataRecord, PartitionRegistration,
};
use crate::trace::TraceKind;
use std::rc::Rc;

type Fx = Effects<ControllerTimer>;

/// The answer that refuses an ISR change.
pub(super) fn refused(request: &AlterPartitionRequest, error: ErrorCode) -> AlterPartitionResponse {
    AlterPartitionResponse {
        partition: request.partition.clone(),
        error,
        leader: None,
        leader_epoch: -1,
        isr: Vec::new(),
        partition_epoch: -1,
    }
}

impl Controller {
    pub(super) fn alter_partition(&mut self, request: &AlterPartitionRequest, fx: &mut Fx) -> AlterPartitionResponse {
        if self.image.brokers.get(&request.broker.broker).is_none_or(|broker| broker.epoch != request.broker.epoch) {
            return refused(request, ErrorCode::StaleBrokerEpoch);
        }
        let Some(partition) = self.image.partition(&request.partition).cloned() else {
            return refused(request, ErrorCode::UnknownTopicOrPartition);
        };
        let error = self.validate_alter_partition(request, &partition);
        if !error.is_ok() {
            return refused(request, error);
        }
        let target: Vec<BrokerId> = request.new_isr.iter().map(|replica| replica.broker).collect();
        self.change_partition(&request.partition, &partition, &target, Election::Online, fx);
        let after = self.image.partition(&request.partition).expect("changed above");
        let error =
            if after.leader == Some(request.broker.broker) { ErrorCode::None } else { ErrorCode::NewLeaderElected };
        AlterPartitionResponse {
            partition: request.partition.clone(),
            error,
            leader: after.leader,
            leader_epoch: after.leader_epoch,
            isr: after.isr.clone(),
            partition_epoch: after.partition_epoch,
        }
    }

    /// Kafka's checks, in Kafka's order: the first that fails names the error.
    fn validate_alter_partition(
        &self,
        request: &AlterPartitionRequest,
        partition: &PartitionRegistration,
    ) -> ErrorCode {
        let wanted = |broker: BrokerId| request.new_isr.iter().filter(move |replica| replica.broker == broker).count();
        let ahead =
            request.leader_epoch > partition.leader_epoch || request.partition_epoch > partition.partition_epoch;
        let well_formed = request
            .new_isr
            .iter()
            .all(|replica| partition.replicas.contains(&replica.broker) && wanted(replica.broker) == 1);
        let eligible = request.new_isr.iter().all(|replica| {
            let registration = self.image.brokers.get(&replica.broker);
            registration.is_some_and(|r| r.is_active() && (replica.epoch == -1 || replica.epoch == r.epoch))
        });
        if ahead {
            ErrorCode::NotController
        } else if request.leader_epoch < partition.leader_epoch {
            ErrorCode::FencedLeaderEpoch
        } else if partition.leader != Some(request.broker.broker) {
            ErrorCode::InvalidRequest
        } else if request.partition_epoch < partition.partition_epoch {
            ErrorCode::InvalidUpdateVersion
        } else if !well_formed || wanted(request.broker.broker) == 0 {
            ErrorCode::InvalidRequest
        } else if !eligible {
            ErrorCode::IneligibleReplica
        } else {
            ErrorCode::None
        }
    }

    /// A broker is shut out or leaving: it goes from every ISR, and what it led goes to another.
    pub(super) fn remove_from_leadership(&mut self, broker: BrokerId, fx: &mut Fx) {
        for (tp, partition) in self.partitions_where(|p| p.isr.contains(&broker) || p.leader == Some(broker)) {
            let target: Vec<BrokerId> = partition.isr.iter().copied().filter(|member| *member != broker).collect();
            self.change_partition(&tp, &partition, &target, Election::Online, fx);
        }
    }

    /// A broker was let in: it may lead what has no leader and counts it in sync.
    pub(super) fn elect_for_returned(&mut self, broker: BrokerId, fx: &mut Fx) {
        for (tp, partition) in self.partitions_where(|p| p.leader.is_none() && p.isr.contains(&broker)) {
            self.change_partition(&tp, &partition, &partition.isr, Election::Online, fx);
        }
    }

    /// Gives partitions back to their preferred leaders.
    pub(super) fn balance_leaders(&mut self, fx: &mut Fx) {
        for (tp, partition) in self.partitions_where(|p| p.leader != p.replicas.first().copied()) {
            self.change_partition(&tp, &partition, &partition.isr, Election::Preferred, fx);
        }
        fx.timer(self.config.imbalance_check_interval, ControllerTimer::Imbalance(self.term_of_office));
    }

    fn partitions_where(
        &self,
        wanted: impl Fn(&PartitionRegistration) -> bool,
    ) -> Vec<(TopicPartition, Rc<PartitionRegistration>)> {
        self.image
            .partitions()
            .filter(|(_, partition)| wanted(partition))
            .map(|(tp, partition)| (tp, partition.clone()))
            .collect()
    }

    fn change_partition(
        &mut self,
        tp: &TopicPartition,
        before: &PartitionRegistration,
        target: &[BrokerId],
        election: Election,
        fx: &mut Fx,
    ) {
        let builder = PartitionChangeBuilder::new(before).target_isr(target).election(election);
        let Some(change) = builder.build(|broker| self.image.is_active(broker)) else { return };
        self.write(vec![MetadataRecord::PartitionChange { partition: tp.clone(), change }], fx);
        let after = self.image.partition(tp).expect("changed just now").clone();
        if after.leader_epoch != before.leader_epoch {
            let (from, to, epoch) = (before.leader, after.leader, after.leader_epoch);
            fx.trace(TraceKind::LeaderElected { partition: tp.clone(), from, to, epoch });
        }
        if after.isr != before.isr {
            fx.trace(TraceKind::IsrChanged { partition: tp.clone(), from: before.isr.clone(), to: after.isr.clone() });
        }
    }
}
