//! Following a leader (Kafka's `ReplicaFetcherThread`).
//!
//! One loop for each leader that this broker follows, over all partitions followed there: fetch, append what came, fetch again at
//! once. The next fetch is the acknowledgement. If the leader says that the logs have parted, the follower cuts its own back to
//! where they agree and asks again (truncation on fetch, KIP-595's way for ordinary partitions).

use super::{Broker, Fx, Partition, Purpose};
use crate::base::{BrokerId, LeaderEpoch, Map, NodeId, Offset, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{AppendError, LogError};
use crate::protocol::{
    ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, IsolationLevel, ReplicaState,
    Request,
};
use crate::trace::TraceKind;
use std::rc::Rc;

/// The loop towards one leader.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Fetcher {
    /// The partitions followed there; each with the moment before which it is not to be asked for.
    pub partitions: Map<TopicPartition, SimTime>,
    /// Whether a fetch is under way or about to be retried.
    pub busy: bool,
    /// What the fetch under way asked: (partition, offset, the leader's term).
    asked: Vec<(TopicPartition, Offset, LeaderEpoch)>,
}

impl Broker {
    pub(super) fn follow(&mut self, leader: BrokerId, tp: &TopicPartition, fx: &mut Fx) {
        let fetcher = self.fetchers.entry(leader).or_default();
        fetcher.partitions.insert(tp.clone(), SimTime::ZERO);
        if !fetcher.busy {
            self.fetch_from(leader, fx);
        }
    }

    pub(super) fn unfollow(&mut self, tp: &TopicPartition) {
        for fetcher in self.fetchers.values_mut() {
            fetcher.partitions.remove(tp);
        }
    }

    pub(super) fn fetch_from(&mut self, leader: BrokerId, fx: &mut Fx) {
        let Some(epoch) = self.lifecycle.epoch else { return self.rest(leader, fx) };
        let Some(fetcher) = self.fetchers.get(&leader) else { return };
        let ready = fetcher.partitions.iter().filter(|(_, not_before)| **not_before <= fx.now).map(|(tp, _)| tp);
        let asks: Vec<FetchPartition> = ready.filter_map(|tp| self.fetch_partition(tp)).collect();
        if asks.is_empty() {
            return self.rest(leader, fx);
        }
        let fetcher = self.fetchers.get_mut(&leader).expect("looked up above");
        fetcher.busy = true;
        fetcher.asked = asks.iter().map(|a| (a.partition.clone(), a.fetch_offset, a.current_leader_epoch)).collect();
        let request = FetchRequest {
            replica: Some(ReplicaState { broker: self.id, epoch }),
            isolation_level: IsolationLevel::ReadUncommitted,
            max_wait: self.config.replica_fetch_wait_max,
            min_bytes: self.config.replica_fetch_min_bytes,
            max_bytes: self.config.replica_fetch_response_max_bytes,
            partitions: asks,
        };
        self.send(NodeId::Broker(leader), Request::Fetch(request), Purpose::Replicate(leader), fx);
    }

    /// Nothing to ask now: sleep, if there is something to ask later.
    fn rest(&mut self, leader: BrokerId, fx: &mut Fx) {
        let Some(fetcher) = self.fetchers.get_mut(&leader) else { return };
        fetcher.busy = !fetcher.partitions.is_empty();
        if fetcher.busy {
            fx.timer(self.config.replica_fetch_backoff, super::BrokerTimer::Fetcher(leader));
        }
    }

    fn fetch_partition(&self, tp: &TopicPartition) -> Option<FetchPartition> {
        let partition = self.partitions.get(tp)?;
        Some(FetchPartition {
            partition: tp.clone(),
            fetch_offset: partition.log.log_end_offset(),
            current_leader_epoch: partition.leader_epoch,
            last_fetched_epoch: partition.log.latest_epoch().unwrap_or(-1),
            log_start_offset: partition.log.log_start_offset(),
            max_bytes: self.config.replica_fetch_max_bytes,
        })
    }

    pub(super) fn on_replicated(&mut self, leader: BrokerId, response: FetchResponse, disk: &mut Disk, fx: &mut Fx) {
        let Some(fetcher) = self.fetchers.get_mut(&leader) else { return };
        let asked = std::mem::take(&mut fetcher.asked);
        for answer in &response.partitions {
            let still_wanted = asked
                .iter()
                .any(|(tp, offset, epoch)| *tp == answer.partition && self.is_following(leader, tp, *offset, *epoch));
            if still_wanted && !self.take_in(answer, disk, fx) {
                let later = fx.now + self.config.replica_fetch_backoff;
                if let Some(not_before) =
                    self.fetchers.get_mut(&leader).and_then(|f| f.partitions.get_mut(&answer.partition))
                {
                    *not_before = later;
                }
            }
        }
        self.fetch_from(leader, fx);
    }

    /// Whether the answer to a fetch from `offset` in the term `epoch` may still be used.
    fn is_following(&self, leader: BrokerId, tp: &TopicPartition, offset: Offset, epoch: LeaderEpoch) -> bool {
        let followed = self.fetchers.get(&leader).is_some_and(|fetcher| fetcher.partitions.contains_key(tp));
        let same = |p: &Rc<Partition>| p.log.log_end_offset() == offset && p.leader_epoch == epoch;
        followed && self.partitions.get(tp).is_some_and(same)
    }

    /// Takes in the answer for one partition; false if it is to be asked for again only after a while.
    fn take_in(&mut self, answer: &FetchPartitionResponse, disk: &mut Disk, fx: &mut Fx) -> bool {
        let tp = &answer.partition;
        let partition = Rc::make_mut(self.partitions.get_mut(tp).expect("is_following looked it up"));
        match (answer.error, answer.diverging) {
            (ErrorCode::None, Some((epoch, end))) => {
                let from = partition.log.log_end_offset();
                let active = partition.log.active_segment().base_offset();
                let cut = truncate_diverging(partition, epoch, end, disk, fx.wall_clock_ms());
                let to = partition.log.log_end_offset();
                if self.online(cut).is_none() {
                    return false;
                }
                fx.trace(TraceKind::Truncated { partition: tp.clone(), from, to });
                self.schedule_log_tasks(tp, fx);
                self.on_log_truncated(tp, active, disk);
                self.changed.insert(tp.clone());
                true
            }
            (ErrorCode::None, None) => {
                let appended = self.append_replicated(answer, disk, fx);
                let appended = appended.and_then(|()| self.follow_log_start(tp, answer.log_start_offset, disk, fx));
                appended.inspect_err(|error| self.maybe_add_offline_for_append(error)).is_ok()
            }
            (ErrorCode::OffsetOutOfRange, _) => {
                let from = partition.log.log_end_offset();
                let active = partition.log.active_segment().base_offset();
                let now_ms = fx.wall_clock_ms();
                let cut = partition.log.truncate_fully_and_start_at(disk, answer.log_start_offset, now_ms);
                if self.online(cut).is_none() {
                    return false;
                }
                fx.trace(TraceKind::Truncated { partition: tp.clone(), from, to: answer.log_start_offset });
                self.schedule_log_tasks(tp, fx);
                self.on_log_truncated(tp, active, disk);
                true
            }
            _ => false,
        }
    }

    /// Appends what a leader sent. Batches that are damaged are refused, as Kafka does; the fetcher will ask for them again after a while, for
    /// they may come whole then.
    fn append_replicated(
        &mut self,
        answer: &FetchPartitionResponse,
        disk: &mut Disk,
        fx: &mut Fx,
    ) -> Result<(), AppendError> {
        let tp = &answer.partition;
        let partition = Rc::make_mut(self.partitions.get_mut(tp).expect("is_following looked it up"));
        if !answer.records.is_empty() {
            let epoch = partition.leader_epoch;
            let now_ms = fx.wall_clock_ms();
            let info = partition.log.append_as_follower(disk, &answer.records, epoch, now_ms)?;
            if info.bytes == 0 {
                return Ok(());
            }
            let kind = TraceKind::Appended {
                partition: tp.clone(),
                first: info.first_offset,
                last: info.last_offset,
                epoch: info.last_leader_epoch,
                ids: Rc::from([]),
                as_leader: false,
            };
            fx.trace(kind);
            let has_rolled = !info.rolled.is_empty();
            for base in info.rolled {
                fx.trace(TraceKind::SegmentRolled { partition: tp.clone(), base });
            }
            if has_rolled {
                self.schedule_log_tasks(tp, fx);
            }
        }
        let partition = Rc::make_mut(self.partitions.get_mut(tp).expect("is_following looked it up"));
        let from = partition.log.high_watermark();
        let to = partition.log.update_high_watermark(answer.high_watermark);
        if to != from {
            fx.trace(TraceKind::HighWatermark { partition: tp.clone(), from, to, on_leader: false });
        }
        Ok(())
    }
}

/// Cuts a follower's log back to where it agrees with the leader's, as far as the leader's answer tells: the leader has no record of
/// a term above `epoch` before `end`.
fn truncate_diverging(
    partition: &mut Partition,
    epoch: LeaderEpoch,
    end: Offset,
    disk: &mut Disk,
    now_ms: i64,
) -> Result<bool, LogError> {
    let log = &mut partition.log;
    let log_end = log.log_end_offset();
    let mine = log.end_offset_for_epoch(epoch);
    let target = if !mine.is_defined() {
        end.min(log_end)
    } else if mine.leader_epoch == epoch {
        mine.offset.min(end).min(log_end)
    } else {
        // This log does not know that term: back to the end of the next lower one, and ask again.
        mine.offset.min(log_end)
    };
    log.truncate_to(disk, target, now_ms)
}
