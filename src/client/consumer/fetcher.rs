//! Fetching: one request per leader, one in flight per broker, for every partition that has room.
//!
//! A partition whose records still wait for `poll()` is not asked for again, nor is anything from a broker that has
//! delivered records which still wait. So a slow application slows its fetches by itself. An idle Fetch is parked at the
//! broker for `fetch.max.wait.ms`.

use super::Consumer;
use super::dispatch::Purpose;
use super::fetch_buffer::{CompletedFetch, ConsumedRecord, FetchException};
use super::subscription_state::FetchPosition;
use crate::base::{BrokerId, Map, Offset, Set, SimTime, TopicPartition};
use crate::client::ClientTimer;
use crate::protocol::{
    Effects, ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, IsolationLevel, Request,
};

impl Consumer {
    /// Asks every leader that can be asked.
    pub(super) fn send_fetches(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        if self.subscriptions.pending_revocation {
            return;
        }
        let buffered: Set<&TopicPartition> = self.buffer.iter().map(|fetch| &fetch.partition).collect();
        let busy: Set<BrokerId> = self.buffer.iter().map(|fetch| fetch.node).collect();
        let mut by_node: Map<BrokerId, Vec<FetchPartition>> = Map::new();
        let mut leaderless = false;
        for tp in self.subscriptions.in_order() {
            let Some(state) = self.subscriptions.get(tp) else { continue };
            let Some(position) = state.position else { continue };
            if buffered.contains(tp) || now < state.retry_at {
                continue;
            }
            let info = self.cluster.cache.partition(tp);
            let Some((leader, epoch)) = info.and_then(|info| Some((info.leader?, info.leader_epoch))) else {
                leaderless = true;
                continue;
            };
            let node = self.select_read_replica(now, tp, leader);
            if self.fetching.contains(&node) || busy.contains(&node) || !self.cluster.is_ready(now, node) {
                continue;
            }
            by_node.entry(node).or_default().push(FetchPartition {
                partition: tp.clone(),
                fetch_offset: position.offset,
                log_start_offset: -1,
                current_leader_epoch: epoch,
                last_fetched_epoch: -1,
                max_bytes: self.config.max_partition_fetch_bytes,
            });
        }
        if leaderless {
            self.cluster.request_update();
        }
        for (node, partitions) in by_node {
            self.send_fetch(node, partitions, fx);
        }
    }

    /// Whom to ask for a partition: the replica that its leader named, as long as it is there and the word holds.
    fn select_read_replica(&self, now: SimTime, tp: &TopicPartition, leader: BrokerId) -> BrokerId {
        let preferred = self.subscriptions.get(tp).and_then(|state| state.preferred_read_replica);
        let holds = |(broker, until): &(BrokerId, SimTime)| now < *until && self.cluster.cache.brokers.contains(broker);
        preferred.filter(holds).map_or(leader, |(broker, _)| broker)
    }

    fn send_fetch(&mut self, node: BrokerId, partitions: Vec<FetchPartition>, fx: &mut Effects<ClientTimer>) {
        self.fetching.insert(node);
        let asked = partitions.iter().map(|p| (p.partition.clone(), p.fetch_offset)).collect();
        let (session, partitions, forgotten) = self.sessions.entry(node).or_default().build(partitions);
        let request = FetchRequest {
            replica: None,
            isolation_level: IsolationLevel::ReadUncommitted,
            max_wait: self.config.fetch_max_wait,
            min_bytes: self.config.fetch_min_bytes,
            max_bytes: self.config.fetch_max_bytes,
            session,
            partitions,
            forgotten,
            rack: (!self.config.client_rack.is_empty()).then(|| self.config.client_rack.clone()),
        };
        self.net.send(node, Request::Fetch(request), Purpose::Fetch(asked), fx);
    }

    pub(super) fn on_fetch(
        &mut self,
        now: SimTime,
        node: BrokerId,
        asked: &[(TopicPartition, Offset)],
        response: FetchResponse,
    ) {
        self.fetching.remove(&node);
        if !self.sessions.entry(node).or_default().on_response(&response) {
            return;
        }
        for answer in response.partitions {
            let Some((_, offset)) = asked.iter().find(|(tp, _)| *tp == answer.partition) else { continue };
            // The partition may have been given up, or its position moved, while the request was away.
            if self.subscriptions.position(&answer.partition).is_some_and(|position| position.offset == *offset) {
                self.on_fetched(now, node, *offset, answer);
            }
        }
    }

    fn on_fetched(&mut self, now: SimTime, node: BrokerId, offset: Offset, answer: FetchPartitionResponse) {
        let tp = answer.partition;
        match answer.error {
            ErrorCode::None => {
                if let Some(state) = self.subscriptions.get_mut(&tp) {
                    state.high_watermark = Some(answer.high_watermark);
                    if let Some(broker) = answer.preferred_read_replica {
                        state.preferred_read_replica = Some((broker, now + self.config.metadata_max_age));
                    }
                }
                if answer.records.is_empty() {
                    return;
                }
                self.buffer.push(CompletedFetch::new(tp, node, offset, answer.records));
            }
            ErrorCode::OffsetOutOfRange => {
                self.last_error = Some(answer.error.name());
                self.subscriptions.move_to_end(&tp);
                // A follower may not have come so far yet: then the leader is asked, and only its word counts.
                if !self.forget_preferred(&tp) {
                    self.on_out_of_range(&tp);
                }
            }
            ErrorCode::CorruptMessage => self.fail(answer.error.name()),
            error => {
                self.last_error = Some(error.name());
                self.subscriptions.move_to_end(&tp);
                self.forget_preferred(&tp);
                if let Some(state) = self.subscriptions.get_mut(&tp) {
                    state.retry_at = now + self.config.retry_backoff;
                }
                // UNKNOWN_LEADER_EPOCH says that the broker is behind, not the consumer; asking again does no harm.
                self.cluster.request_update();
            }
        }
    }

    /// Goes back to the leader; says whether that was not where it was.
    fn forget_preferred(&mut self, tp: &TopicPartition) -> bool {
        self.subscriptions.get_mut(tp).is_some_and(|state| state.preferred_read_replica.take().is_some())
    }

    pub(super) fn on_fetch_failed(&mut self, node: BrokerId) {
        self.fetching.remove(&node);
        self.sessions.entry(node).or_default().on_error();
        let asked_there: Vec<TopicPartition> = self
            .subscriptions
            .iter()
            .filter(|(_, state)| state.preferred_read_replica.is_some_and(|(broker, _)| broker == node))
            .map(|(tp, _)| tp.clone())
            .collect();
        for tp in asked_there {
            self.forget_preferred(&tp);
        }
        self.cluster.request_update();
    }

    /// What `poll()` returns: at most `max.poll.records`, of as many partitions as are there. It throws if it has nothing else to return before
    /// bytes that cannot be read.
    pub(super) fn collect_fetch(&mut self, fx: &mut Effects<ClientTimer>) -> Vec<ConsumedRecord> {
        let max = usize::try_from(self.config.max_poll_records).unwrap_or(1);
        let mut collected = Vec::new();
        if self.subscriptions.pending_revocation {
            return collected;
        }
        while collected.len() < max {
            let Some(fetch) = self.buffer.front_mut() else { break };
            let tp = fetch.partition.clone();
            let next = fetch.next_offset;
            let state = self.subscriptions.get_mut(&tp);
            let Some(state) = state.filter(|state| state.position.is_some_and(|p| p.offset == next)) else {
                self.buffer.pop();
                continue;
            };
            collected.extend(fetch.take(max - collected.len()));
            state.position = Some(FetchPosition { offset: fetch.next_offset, offset_epoch: fetch.last_epoch });
            if fetch.remaining > 0 {
                continue;
            }
            if let Some(cause) = fetch.damage.clone() {
                if collected.is_empty() {
                    self.throw(FetchException { partition: tp, cause }, fx);
                }
                break;
            }
            self.buffer.pop();
            self.subscriptions.move_to_end(&tp);
        }
        collected
    }

    /// When a partition that had trouble can be asked again.
    pub(super) fn next_fetch_wake(&self, now: SimTime) -> Option<SimTime> {
        self.subscriptions.iter().map(|(_, state)| state.retry_at).filter(|at| *at > now).min()
    }
}
