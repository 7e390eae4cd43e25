//! Which answer goes where, and what becomes of questions that will never be answered.

use super::Consumer;
use super::commits::CommitKind;
use super::membership::Generation;
use crate::base::{BrokerId, LeaderEpoch, NodeId, Offset, SimTime, TopicPartition};
use crate::client::{ClientTimer, InFlight};
use crate::protocol::{Effects, Response};

/// What the consumer remembers of a request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Purpose {
    Metadata,
    FindCoordinator,
    Join(Generation),
    Sync(Generation),
    Heartbeat(Generation),
    Leave,
    Commit { kind: CommitKind, generation: Generation, offsets: Vec<(TopicPartition, Offset, LeaderEpoch)> },
    OffsetFetch(Generation),
    ListOffsets { generation: Generation, partitions: Vec<TopicPartition> },
    Fetch(Vec<(TopicPartition, Offset)>),
}

impl Consumer {
    pub(super) fn on_timer(&mut self, now: SimTime, timer: ClientTimer, fx: &mut Effects<ClientTimer>) {
        match timer {
            ClientTimer::RequestTimeout => {
                // A broker that does not answer is treated as one whose connection broke: Kafka closes it.
                for request in self.net.timed_out(fx) {
                    let node = NodeId::Broker(request.to);
                    fx.because(request.cause);
                    self.on_failed(now, request, fx);
                    self.on_disconnected(now, node, fx);
                }
            }
            ClientTimer::Heartbeat(number) => {
                self.heartbeat.alarm.fired(number);
            }
            ClientTimer::Poll(number) => {
                self.poll_alarm.fired(number);
            }
            _ => {}
        }
    }

    pub(super) fn on_disconnected(&mut self, now: SimTime, peer: NodeId, fx: &mut Effects<ClientTimer>) {
        let Some(broker) = peer.broker() else { return };
        self.mark_unreachable(now, broker);
        for request in self.net.disconnected(peer) {
            self.on_failed(now, request, fx);
        }
    }

    fn on_failed(&mut self, now: SimTime, request: InFlight<Purpose>, _fx: &mut Effects<ClientTimer>) {
        match request.purpose {
            Purpose::Metadata => self.on_metadata_failed(now),
            Purpose::FindCoordinator => self.on_find_coordinator_failed(now),
            Purpose::Join(_) | Purpose::Sync(_) => {
                self.mark_coordinator_unknown();
                self.retry_join(now);
            }
            Purpose::Heartbeat(_) => self.on_heartbeat_failed(now),
            Purpose::Leave => self.on_left(),
            Purpose::Commit { kind, generation, offsets } => {
                self.mark_coordinator_unknown();
                self.on_commit(now, kind, &generation, &offsets, None);
            }
            Purpose::OffsetFetch(generation) => {
                self.mark_coordinator_unknown();
                self.on_offset_fetch_failed(now, &generation);
            }
            Purpose::ListOffsets { generation, partitions } => {
                self.on_list_offsets_failed(now, &generation, &partitions);
            }
            Purpose::Fetch(_) => self.on_fetch_failed(request.to),
        }
    }

    pub(super) fn on_response(
        &mut self,
        now: SimTime,
        from: NodeId,
        correlation: u32,
        response: Response,
        fx: &mut Effects<ClientTimer>,
    ) {
        let Some(request) = self.net.take(correlation) else { return };
        if let Some(broker) = from.broker() {
            self.cluster.reached(broker);
        }
        self.dispatch(now, request.to, request.purpose, response, fx);
    }

    /// # Panics
    /// If a broker answers a question with the answer to another kind of question.
    fn dispatch(
        &mut self,
        now: SimTime,
        node: BrokerId,
        purpose: Purpose,
        response: Response,
        fx: &mut Effects<ClientTimer>,
    ) {
        match (purpose, response) {
            (Purpose::Metadata, Response::Metadata(response)) => self.on_metadata(now, &response),
            (Purpose::FindCoordinator, Response::FindCoordinator(response)) => {
                self.on_find_coordinator(now, &response);
            }
            (Purpose::Join(sent), Response::JoinGroup(response)) => self.on_join(now, &sent, response, fx),
            (Purpose::Sync(sent), Response::SyncGroup(response)) => self.on_sync(now, &sent, &response, fx),
            (Purpose::Heartbeat(sent), Response::Heartbeat(error)) => self.on_heartbeat(now, &sent, error),
            (Purpose::Leave, Response::LeaveGroup(_)) => self.on_left(),
            (Purpose::Commit { kind, generation, offsets }, Response::OffsetCommit(answers)) => {
                self.on_commit(now, kind, &generation, &offsets, Some(&answers));
            }
            (Purpose::OffsetFetch(sent), Response::OffsetFetch(response)) => {
                self.on_offset_fetch(now, &sent, &response);
            }
            (Purpose::ListOffsets { generation, .. }, Response::ListOffsets(response)) => {
                self.on_list_offsets(now, &generation, &response, fx);
            }
            (Purpose::Fetch(asked), Response::Fetch(response)) => self.on_fetch(now, node, &asked, response),
            _ => unreachable!("every purpose is answered in its own kind"),
        }
    }
}
