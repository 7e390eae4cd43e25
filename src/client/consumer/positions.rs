//! Where to begin: the group's committed offset, or the end that `auto.offset.reset` names.

use super::dispatch::Purpose;
use super::membership::Generation;
use super::subscription_state::FetchPosition;
use super::{AutoOffsetReset, Consumer, SeekTo};
use crate::base::{BrokerId, Map, Set, SimTime, TopicPartition};
use crate::client::ClientTimer;
use crate::protocol::{
    Effects, ErrorCode, IsolationLevel, ListOffsetsRequest, ListOffsetsResponse, OffsetFetchRequest,
    OffsetFetchResponse, Request,
};
use crate::trace::TraceKind;

/// The timestamps that ListOffsets takes for the two ends of a log.
const LATEST_TIMESTAMP: i64 = -1;
const EARLIEST_TIMESTAMP: i64 = -2;

/// The questions that are on their way.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Positions {
    committed_in_flight: bool,
    committed_not_before: SimTime,
    committed_attempts: u32,
    /// The partitions that a ListOffsets has been sent for.
    listing: Set<TopicPartition>,
}

impl Positions {
    /// Forgets what was asked for an earlier assignment.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Consumer {
    /// Takes the partition that it was assigned by hand, and its position there.
    pub(super) fn seek_by_hand(&mut self, partition: TopicPartition, to: SeekTo) {
        self.subscriptions.assign(std::slice::from_ref(&partition));
        let Some(state) = self.subscriptions.get_mut(&partition) else { return };
        match to {
            SeekTo::Offset(offset) => state.position = Some(FetchPosition { offset, offset_epoch: -1 }),
            SeekTo::Beginning => state.reset = Some(AutoOffsetReset::Earliest),
            SeekTo::End => state.reset = Some(AutoOffsetReset::Latest),
        }
    }

    /// Looks for the positions that are missing.
    pub(super) fn update_positions(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        self.fetch_committed(now, fx);
        self.list_offsets(now, fx);
    }

    fn fetch_committed(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let partitions = self.subscriptions.initializing();
        if partitions.is_empty() || self.positions.committed_in_flight || now < self.positions.committed_not_before {
            return;
        }
        let Some(coordinator) = self.cluster.ready_coordinator(now) else { return };
        self.positions.committed_in_flight = true;
        let request = OffsetFetchRequest { group: self.config.group_id.clone(), partitions };
        let purpose = Purpose::OffsetFetch(self.membership.generation.clone());
        self.net.send(coordinator, Request::OffsetFetch(request), purpose, fx);
    }

    pub(super) fn on_offset_fetch(&mut self, now: SimTime, sent: &Generation, response: &OffsetFetchResponse) {
        if self.membership.generation != *sent {
            return;
        }
        self.positions.committed_in_flight = false;
        match response.error {
            ErrorCode::None => {
                self.positions.committed_attempts = 0;
                self.take_committed(response);
            }
            error @ (ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator) => {
                self.last_error = Some(error.name());
                self.mark_coordinator_unknown();
                self.on_offset_fetch_failed(now, sent);
            }
            error if error.is_retriable() => self.on_offset_fetch_failed(now, sent),
            error => self.fail(error.name()),
        }
    }

    pub(super) fn on_offset_fetch_failed(&mut self, now: SimTime, sent: &Generation) {
        if self.membership.generation == *sent {
            self.positions.committed_in_flight = false;
            self.positions.committed_not_before = now + self.backoff(self.positions.committed_attempts);
            self.positions.committed_attempts += 1;
        }
    }

    fn take_committed(&mut self, response: &OffsetFetchResponse) {
        let mut homeless = false;
        for (tp, offset, epoch) in &response.offsets {
            let Some(state) = self.subscriptions.get_mut(tp).filter(|state| state.position.is_none()) else {
                continue;
            };
            if *offset >= 0 {
                state.committed = Some(*offset);
                state.position = Some(FetchPosition { offset: *offset, offset_epoch: *epoch });
            } else if self.config.auto_offset_reset == AutoOffsetReset::None {
                homeless = true;
            } else {
                state.reset = Some(self.config.auto_offset_reset);
            }
        }
        if homeless {
            self.fail("NoOffsetForPartitionException");
        }
    }

    /// The fetch offset is not in the leader's log: the position is forgotten and the reset policy applies.
    pub(super) fn on_out_of_range(&mut self, tp: &TopicPartition) {
        if self.config.auto_offset_reset == AutoOffsetReset::None {
            return self.fail("OffsetOutOfRangeException");
        }
        if let Some(state) = self.subscriptions.get_mut(tp) {
            state.position = None;
            state.reset = Some(self.config.auto_offset_reset);
        }
    }

    /// Asks each leader for the ends of the logs that are to be read from there.
    fn list_offsets(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let mut by_node: Map<BrokerId, Vec<(TopicPartition, i64)>> = Map::new();
        let mut leaderless = false;
        for (tp, state) in self.subscriptions.iter() {
            let Some(reset) = state.reset else { continue };
            if self.positions.listing.contains(tp) || now < state.retry_at {
                continue;
            }
            let timestamp = if reset == AutoOffsetReset::Earliest { EARLIEST_TIMESTAMP } else { LATEST_TIMESTAMP };
            match self.cluster.cache.partition(tp).and_then(|info| info.leader) {
                Some(leader) if self.cluster.is_ready(now, leader) => {
                    by_node.entry(leader).or_default().push((tp.clone(), timestamp));
                }
                Some(_) => {}
                None => leaderless = true,
            }
        }
        if leaderless {
            self.cluster.request_update();
        }
        for (node, partitions) in by_node {
            let asked: Vec<TopicPartition> = partitions.iter().map(|(tp, _)| tp.clone()).collect();
            self.positions.listing.extend(asked.iter().cloned());
            let purpose = Purpose::ListOffsets { generation: self.membership.generation.clone(), partitions: asked };
            let request =
                ListOffsetsRequest { replica: None, isolation_level: IsolationLevel::ReadUncommitted, partitions };
            self.net.send(node, Request::ListOffsets(request), purpose, fx);
        }
    }

    pub(super) fn on_list_offsets(
        &mut self,
        now: SimTime,
        sent: &Generation,
        response: &ListOffsetsResponse,
        fx: &mut Effects<ClientTimer>,
    ) {
        if self.membership.generation != *sent {
            return;
        }
        for answer in &response.partitions {
            self.positions.listing.remove(&answer.partition);
            let Some(state) = self.subscriptions.get_mut(&answer.partition) else { continue };
            if answer.error.is_ok() && answer.offset >= 0 && state.reset.is_some() {
                state.reset = None;
                state.position = Some(FetchPosition { offset: answer.offset, offset_epoch: answer.leader_epoch });
                fx.trace(TraceKind::OffsetReset { partition: answer.partition.clone(), to: answer.offset });
            } else {
                state.retry_at = now + self.config.retry_backoff;
                self.cluster.request_update();
            }
        }
    }

    pub(super) fn on_list_offsets_failed(&mut self, now: SimTime, sent: &Generation, partitions: &[TopicPartition]) {
        if self.membership.generation != *sent {
            return;
        }
        for tp in partitions {
            self.positions.listing.remove(tp);
            if let Some(state) = self.subscriptions.get_mut(tp) {
                state.retry_at = now + self.config.retry_backoff;
            }
        }
    }

    /// When a question can be asked again.
    pub(super) fn next_position_wake(&self) -> Option<SimTime> {
        let initializing = !self.subscriptions.initializing().is_empty() && !self.positions.committed_in_flight;
        initializing.then_some(self.positions.committed_not_before)
    }
}
