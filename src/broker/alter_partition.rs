//! Changes of the ISR, from a leader's wish to the controller's word (Kafka's `AlterPartitionManager`).
//!
//! A leader never changes its ISR by itself. It proposes another to the controller, at most one at a time for a partition, with the
//! partition epoch that it builds on and the broker epochs under which the members fetch; so neither a leader that is behind
//! nor a follower that has died and come back since can slip in. Until the answer comes, whoever is to be added counts for the high watermark
//! already, and whoever is to be removed counts still.
//!
//! Left out: proposals for several partitions in one request.

use super::{Broker, BrokerTimer, Fx, IsrOutcome, IsrProposal, Partition, Purpose};
use crate::base::{BrokerId, SimTime, TopicPartition};
use crate::protocol::{AlterPartitionRequest, AlterPartitionResponse, ReplicaState, Request};
use crate::trace::TraceKind;
use std::rc::Rc;

impl Broker {
    /// Looks which followers have lagged too long; runs every half of `replica.lag.time.max.ms`.
    pub(super) fn shrink_isrs(&mut self, fx: &mut Fx) {
        let lag_max = self.config.replica_lag_time_max;
        let shrunk =
            |(tp, p): (&TopicPartition, &Rc<Partition>)| Some((tp.clone(), p.shrunk_isr(fx.wall_clock(), lag_max)?));
        let shrunk: Vec<_> = self.partitions.iter().filter_map(shrunk).collect();
        for (tp, isr) in shrunk {
            self.propose_isr(&tp, isr, fx);
        }
        fx.timer(SimTime(lag_max.0 / 2), BrokerTimer::IsrExpiration);
    }

    pub(super) fn propose_isr(&mut self, tp: &TopicPartition, isr: Vec<BrokerId>, fx: &mut Fx) {
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        let partition = Rc::make_mut(partition);
        let Some(state) = partition.leader() else { return };
        let kind = TraceKind::IsrProposed { partition: tp.clone(), from: state.isr.committed.clone(), to: isr.clone() };
        partition.propose_isr(isr);
        fx.trace_and(kind, |fx| self.send_proposal(tp, fx));
    }

    fn send_proposal(&mut self, tp: &TopicPartition, fx: &mut Fx) {
        let Some(partition) = self.partitions.get(tp) else { return };
        let (Some(state), Some(proposal)) = (partition.leader(), partition.proposal()) else { return };
        let Some(epoch) = self.lifecycle.epoch else { return self.retry_proposal(tp.clone(), fx) };
        let with_epoch = |broker: &BrokerId| ReplicaState {
            broker: *broker,
            epoch: if *broker == self.id {
                epoch
            } else {
                state.remote.get(broker).and_then(|replica| replica.broker_epoch).unwrap_or(-1)
            },
        };
        let request = AlterPartitionRequest {
            broker: ReplicaState { broker: self.id, epoch },
            partition: tp.clone(),
            leader_epoch: proposal.leader_epoch,
            partition_epoch: proposal.partition_epoch,
            new_isr: proposal.isr.iter().map(with_epoch).collect(),
        };
        self.send_to_controller(Request::AlterPartition(request), Purpose::AlterPartition(proposal), fx);
    }

    pub(super) fn retry_proposal(&mut self, tp: TopicPartition, fx: &mut Fx) {
        fx.timer(SimTime::from_ms(200), BrokerTimer::ProposeIsr(tp));
    }

    pub(super) fn propose_again(&mut self, tp: &TopicPartition, fx: &mut Fx) {
        let Some(proposal) = self.partitions.get(tp).and_then(|partition| partition.proposal()) else { return };
        let purpose = Purpose::AlterPartition(proposal);
        if !self.in_flight.values().any(|(_, waiting)| *waiting == purpose) {
            self.send_proposal(tp, fx);
        }
    }

    pub(super) fn on_isr_answered(&mut self, asked: &IsrProposal, response: &AlterPartitionResponse, fx: &mut Fx) {
        let tp = &asked.partition;
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        match Rc::make_mut(partition).on_isr_answer(asked, response) {
            IsrOutcome::Committed => {
                self.advance_high_watermark(tp, fx);
                self.changed.insert(tp.clone());
            }
            IsrOutcome::Retry => self.retry_proposal(tp.clone(), fx),
            IsrOutcome::Rejected | IsrOutcome::Unknown | IsrOutcome::Stale => {}
        }
    }
}
