//! Replicas move to other brokers (Kafka's `alterPartitionReassignment`, `PartitionReassignmentReplicas` and
//! `PartitionReassignmentRevert`).
//!
//! The controller names the new replicas as further ones of the same partition: they fetch from the leader like any follower, and
//! when all of them have come into the ISR the old ones go. So the partition never has fewer copies than before, and a
//! reassignment can be taken back as long as it lasts. Nothing is moved by itself: a broker that joins the cluster stays empty
//! until somebody reassigns partitions to it.

use super::topic_control::Refusal;
use super::{Controller, ControllerTimer};
use crate::base::{BrokerId, TopicPartition};
use crate::protocol::{
    AlterPartitionReassignmentsRequest, Effects, ErrorCode, ListPartitionReassignmentsResponse, OngoingReassignment,
    PartitionRegistration, PartitionResult, PartitionResults,
};

type Fx = Effects<ControllerTimer>;

impl Controller {
    pub(super) fn alter_partition_reassignments(
        &mut self,
        request: &AlterPartitionReassignmentsRequest,
        fx: &mut Fx,
    ) -> PartitionResults {
        let mut results = Vec::new();
        for (tp, target) in &request.reassignments {
            let done = match (self.partition_to_reassign(tp), target) {
                (Err(refusal), _) => Err(refusal),
                (Ok(partition), None) => self.cancel_reassignment(tp, &partition, fx),
                (Ok(partition), Some(target)) => {
                    self.reassign(tp, &partition, target, request.allow_replication_factor_change, fx)
                }
            };
            let (error, message) = done.err().unwrap_or_default();
            results.push(PartitionResult { partition: tp.clone(), error, message: message.into() });
        }
        PartitionResults { error: ErrorCode::None, results }
    }

    fn partition_to_reassign(&self, tp: &TopicPartition) -> Result<PartitionRegistration, Refusal> {
        let unknown = |what: String| (ErrorCode::UnknownTopicOrPartition, what);
        let topic = self.image.topics.get(&tp.topic);
        let topic = topic.ok_or_else(|| unknown(format!("Unable to find a topic named {}.", tp.topic)))?;
        let partition = topic.partitions.get(&tp.partition);
        let name = || format!("Unable to find partition {}:{}.", tp.topic, tp.partition);
        partition.map(|partition| (**partition).clone()).ok_or_else(|| unknown(name()))
    }

    fn reassign(
        &mut self,
        tp: &TopicPartition,
        before: &PartitionRegistration,
        target: &[BrokerId],
        allow_replication_factor_change: bool,
        fx: &mut Fx,
    ) -> Result<(), Refusal> {
        self.validate_assignment(target, None)?;
        let present = before.replicas.iter().filter(|replica| !before.removing_replicas.contains(replica)).count();
        if !allow_replication_factor_change && present != target.len() {
            let message = format!("The replication factor is changed from {present} to {}", target.len());
            return Err((ErrorCode::InvalidReplicationFactor, message));
        }
        let builder = self.plain_change_of(tp, before).reassign(target);
        self.change_partition(tp, before, builder, |_| true, fx);
        Ok(())
    }

    fn cancel_reassignment(
        &mut self,
        tp: &TopicPartition,
        before: &PartitionRegistration,
        fx: &mut Fx,
    ) -> Result<(), Refusal> {
        if !before.is_reassigning() {
            return Err((ErrorCode::NoReassignmentInProgress, String::new()));
        }
        let remain = |replicas: &[BrokerId]| -> Vec<BrokerId> {
            replicas.iter().copied().filter(|replica| !before.adding_replicas.contains(replica)).collect()
        };
        let mut isr = remain(&before.isr);
        if isr.is_empty() {
            // All that is in sync would go; the first of the old ones would have to lead without being known to have anything.
            if !self.is_unclean_leader_election_enabled(&tp.topic) {
                let message = format!(
                    "Unable to revert partition assignment for {}:{} because it would require an unclean leader election.",
                    tp.topic, tp.partition
                );
                return Err((ErrorCode::InvalidReplicaAssignment, message));
            }
            isr.extend(remain(&before.replicas).first());
        }
        let builder = self.change_of(tp, before).cancel_reassignment().target_isr(&isr);
        self.change_partition(tp, before, builder, |_| true, fx);
        Ok(())
    }

    /// Checks replicas that a person has chosen (Kafka's `validateManualPartitionAssignment`).
    pub(super) fn validate_assignment(
        &self,
        replicas: &[BrokerId],
        replication_factor: Option<usize>,
    ) -> Result<(), Refusal> {
        let refuse = |message: String| Err((ErrorCode::InvalidReplicaAssignment, message));
        if replicas.is_empty() {
            return refuse("The manual partition assignment includes an empty replica list.".into());
        }
        let mut sorted = replicas.to_vec();
        sorted.sort_unstable();
        for (place, broker) in sorted.iter().enumerate() {
            if !self.image.brokers.contains_key(broker) {
                return refuse(format!(
                    "The manual partition assignment includes broker {broker}, but no such broker is registered."
                ));
            }
            if place > 0 && sorted[place - 1] == *broker {
                return refuse(format!("The manual partition assignment includes the broker {broker} more than once."));
            }
        }
        match replication_factor {
            Some(wanted) if wanted != replicas.len() => refuse(format!(
                "The manual partition assignment includes a partition with {} replica(s), but this is not consistent with \
                 previous partitions, which have {wanted} replica(s).",
                replicas.len()
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn list_partition_reassignments(
        &self,
        wanted: Option<&[TopicPartition]>,
    ) -> ListPartitionReassignmentsResponse {
        let ongoing = |tp: &TopicPartition, partition: &PartitionRegistration| OngoingReassignment {
            partition: tp.clone(),
            replicas: partition.replicas.clone(),
            adding: partition.adding_replicas.clone(),
            removing: partition.removing_replicas.clone(),
        };
        let moving = self.image.partitions().filter(|(_, partition)| partition.is_reassigning());
        let asked = moving.filter(|(tp, _)| wanted.is_none_or(|wanted| wanted.contains(tp)));
        let reassignments = asked.map(|(tp, partition)| ongoing(&tp, partition)).collect();
        ListPartitionReassignmentsResponse { error: ErrorCode::None, reassignments }
    }
}
