//! Partitions (Kafka's `ReplicationControlManager`): ISR changes that leaders ask for, and who leads when brokers come and go.
//!
//! Every change is a record that a [`PartitionChangeBuilder`] makes; how it decides depends on the topic's
//! `min.insync.replicas` and `unclean.leader.election.enable`, which are read here.

use super::partition_change::{Election, PartitionChangeBuilder};
use super::{Controller, ControllerTimer};
use crate::base::{BrokerId, TopicPartition};
use crate::protocol::{
    AlterPartitionRequest, AlterPartitionResponse, ConfigResource, Effects, ErrorCode, MetadataRecord,
    PartitionRegistration,
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
        let tp = &request.partition;
        let Some(partition) = self.image.partition(tp).cloned() else {
            return refused(request, ErrorCode::UnknownTopicOrPartition);
        };
        let error = self.validate_alter_partition(request, &partition);
        if !error.is_ok() {
            return refused(request, error);
        }
        let target: Vec<BrokerId> = request.new_isr.iter().map(|replica| replica.broker).collect();
        // A leader that was elected uncleanly is at peace with its log from the moment on that it takes up the lead.
        let builder = self.change_of(tp, &partition).recovered().target_isr(&target);
        self.change_partition(tp, &partition, builder, |_| true, fx);
        let after = self.image.partition(tp).expect("changed above");
        let error =
            if after.leader == Some(request.broker.broker) { ErrorCode::None } else { ErrorCode::NewLeaderElected };
        AlterPartitionResponse {
            partition: tp.clone(),
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
        for (tp, partition) in self.partitions_where(|p| p.isr.contains(&broker)) {
            let target: Vec<BrokerId> = partition.isr.iter().copied().filter(|member| *member != broker).collect();
            let builder = self.change_of(&tp, &partition).target_isr(&target);
            self.change_partition(&tp, &partition, builder, |other| other != broker, fx);
        }
    }

    /// A broker was let in: it may lead what has no leader, if it has everything or nobody else is left to hope for.
    pub(super) fn elect_for_returned(&mut self, fx: &mut Fx) {
        for (tp, partition) in self.partitions_where(|p| p.leader.is_none()) {
            let builder = self.change_of(&tp, &partition);
            self.change_partition(&tp, &partition, builder, |_| true, fx);
        }
    }

    pub(super) fn partitions_where(
        &self,
        wanted: impl Fn(&PartitionRegistration) -> bool,
    ) -> Vec<(TopicPartition, Rc<PartitionRegistration>)> {
        self.image
            .partitions()
            .filter(|(_, partition)| wanted(partition))
            .map(|(tp, partition)| (tp, partition.clone()))
            .collect()
    }

    /// A change of a partition by the rules of the cluster, whatever its topic's settings say of elections.
    pub(super) fn plain_change_of<'a>(
        &self,
        _: &TopicPartition,
        before: &'a PartitionRegistration,
    ) -> PartitionChangeBuilder<'a> {
        PartitionChangeBuilder::new(before)
    }

    /// A change of a partition by the rules that its topic's settings make.
    pub(super) fn change_of<'a>(
        &self,
        tp: &TopicPartition,
        before: &'a PartitionRegistration,
    ) -> PartitionChangeBuilder<'a> {
        let unclean = self.is_unclean_leader_election_enabled(&tp.topic);
        self.plain_change_of(tp, before).election(if unclean { Election::Unclean } else { Election::Online })
    }

    /// Whether a topic's partitions may be led by a replica that lacks something, rather than by nobody.
    pub(super) fn is_unclean_leader_election_enabled(&self, topic: &str) -> bool {
        let given = self.topic_or_cluster_config(topic, "unclean.leader.election.enable");
        given.map_or(self.config.unclean_leader_election_enable, |value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// A topic's setting that its logs do not mind: its own, or that of all brokers.
    fn topic_or_cluster_config(&self, topic: &str, name: &str) -> Option<&str> {
        let of_brokers =
            || self.image.broker_configs.get(&ConfigResource::DefaultBroker)?.get(name).map(|value| &**value);
        self.image.topic_config(topic, name).or_else(of_brokers)
    }

    /// Writes the record that a change comes to, and says what it did; false if it changes nothing. Only active brokers that are
    /// `acceptable` may lead.
    pub(super) fn change_partition(
        &mut self,
        tp: &TopicPartition,
        before: &PartitionRegistration,
        builder: PartitionChangeBuilder<'_>,
        acceptable: impl Fn(BrokerId) -> bool,
        fx: &mut Fx,
    ) -> bool {
        let may_lead = |broker| acceptable(broker) && self.image.is_active(broker);
        let Some(change) = builder.build(may_lead) else { return false };
        self.write(vec![MetadataRecord::PartitionChange { partition: tp.clone(), change }], fx);
        let after = self.image.partition(tp).expect("changed just now").clone();
        if after.leader_epoch != before.leader_epoch {
            let kind = TraceKind::LeaderElected {
                partition: tp.clone(),
                from: before.leader,
                to: after.leader,
                epoch: after.leader_epoch,
                unclean: after.recovering && after.leader != before.leader,
            };
            fx.trace(kind);
        }
        if after.isr != before.isr {
            fx.trace(TraceKind::IsrChanged { partition: tp.clone(), from: before.isr.clone(), to: after.isr.clone() });
        }
        say_reassignment(tp, before, &after, fx);
        true
    }
}

/// Says that replicas begin to move, or have moved.
fn say_reassignment(tp: &TopicPartition, before: &PartitionRegistration, after: &PartitionRegistration, fx: &mut Fx) {
    let moving =
        |partition: &PartitionRegistration| (partition.adding_replicas.clone(), partition.removing_replicas.clone());
    if moving(before) == moving(after) && before.replicas == after.replicas {
        return;
    }
    let (adding, removing) = moving(after);
    fx.trace(TraceKind::ReplicasReassigned {
        partition: tp.clone(),
        from: before.replicas.clone(),
        to: after.replicas.clone(),
        adding,
        removing,
    });
}
