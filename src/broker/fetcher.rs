//! Following a leader (Kafka's `ReplicaFetcherThread`).
//!
//! One loop for each leader that this broker follows, over all partitions followed there: fetch, append what came, fetch again at
//! once. The next fetch is the acknowledgement. If the leader says that the logs have parted, the follower cuts its own back to
//! where they agree and asks again (truncation on fetch, KIP-595's way for ordinary partitions).
//!
//! If the leader does not have the offset at all, the loop stops and asks it where its log ends, then where it starts: a log
//! that is longer than the leader's is cut to its length, one that ends before the leader's starts is begun anew there
//! (`fetchOffsetAndTruncate`).
//!
//! A broker set to *before leader epochs* does as Kafka did before 0.11: it tells the leader no epochs, and whenever it begins to follow
//! another leader it cuts its log back to its own high watermark, of which it hears late. That loses and divides records (KIP-101), and it is
//! here to be seen. (That Kafka ended the process of a follower that was ahead of its leader; ours cuts its log, as newer ones do.)

use super::{Broker, BrokerTimer, Fx, Partition, Purpose};
use crate::base::{BrokerId, LeaderEpoch, Map, NodeId, Offset, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{AppendError, EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, LogError, UnifiedLog};
use crate::protocol::{
    ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, FetchSessionHandler,
    IsolationLevel, ListOffsetsRequest, ListOffsetsResponse, ReplicaState, Request,
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
    /// The session with that leader.
    pub session: FetchSessionHandler,
}

/// Partitions of whose leader's log a follower must first learn the ends; the fetcher waits meanwhile.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct OffsetReset {
    /// Whom they are followed at.
    pub(super) leader: BrokerId,
    /// Each with the follower's log end and the leader's term; the first is being asked for.
    waiting: Vec<(TopicPartition, Offset, LeaderEpoch)>,
    /// What is being asked: where the leader's log ends, then where it starts.
    timestamp: i64,
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
        let epoch_of = |tp: &TopicPartition| self.partitions.get(tp).map_or(-1, |partition| partition.leader_epoch);
        fetcher.asked = asks.iter().map(|a| (a.partition.clone(), a.fetch_offset, epoch_of(&a.partition))).collect();
        let (session, partitions, forgotten) = fetcher.session.build(asks);
        let request = FetchRequest {
            replica: Some(ReplicaState { broker: self.id, epoch }),
            isolation_level: IsolationLevel::ReadUncommitted,
            max_wait: self.config.replica_fetch_wait_max,
            min_bytes: self.config.replica_fetch_min_bytes,
            max_bytes: self.config.replica_fetch_response_max_bytes,
            session,
            partitions,
            forgotten,
            rack: None,
        };
        self.send(NodeId::Broker(leader), Request::Fetch(request), Purpose::Replicate(leader), fx);
    }

    /// Nothing to ask now: sleep, if there is something to ask later.
    fn rest(&mut self, leader: BrokerId, fx: &mut Fx) {
        let Some(fetcher) = self.fetchers.get_mut(&leader) else { return };
        fetcher.busy = !fetcher.partitions.is_empty();
        if fetcher.busy {
            fx.timer(self.config.replica_fetch_backoff, BrokerTimer::Fetcher(leader));
        }
    }

    fn fetch_partition(&self, tp: &TopicPartition) -> Option<FetchPartition> {
        let partition = self.partitions.get(tp)?;
        let known = |epoch| if self.config.before_leader_epochs { -1 } else { epoch };
        Some(FetchPartition {
            partition: tp.clone(),
            fetch_offset: partition.log.log_end_offset(),
            current_leader_epoch: known(partition.leader_epoch),
            last_fetched_epoch: known(partition.log.latest_epoch().unwrap_or(-1)),
            log_start_offset: partition.log.log_start_offset(),
            max_bytes: self.config.replica_fetch_max_bytes,
        })
    }

    pub(super) fn on_replicated(&mut self, leader: BrokerId, response: FetchResponse, disk: &mut Disk, fx: &mut Fx) {
        let Some(fetcher) = self.fetchers.get_mut(&leader) else { return };
        let asked = std::mem::take(&mut fetcher.asked);
        if !fetcher.session.on_response(&response) {
            return self.fetch_from(leader, fx);
        }
        let mut out_of_range = Vec::new();
        for answer in &response.partitions {
            let Some(asked) = asked.iter().find(|(tp, ..)| *tp == answer.partition) else { continue };
            if !self.is_following(leader, &asked.0, asked.1, asked.2) {
                continue;
            }
            match answer.error {
                ErrorCode::OffsetOutOfRange => out_of_range.push(asked.clone()),
                // The leader is in a newer term: the metadata log will bring it, and with it the next fetch.
                ErrorCode::FencedLeaderEpoch => self.unfollow(&asked.0),
                _ if self.take_in(answer, disk, fx) => {}
                _ => self.ask_later(leader, &answer.partition, fx),
            }
        }
        let reset = OffsetReset { leader, waiting: out_of_range, timestamp: LATEST_TIMESTAMP };
        self.reset_offsets(reset, fx);
    }

    /// No answer came: try again after a while, in a new session.
    pub(super) fn on_fetch_failed(&mut self, leader: BrokerId, fx: &mut Fx) {
        if let Some(fetcher) = self.fetchers.get_mut(&leader) {
            fetcher.session.on_error();
        }
        fx.timer(self.config.replica_fetch_backoff, BrokerTimer::Fetcher(leader));
    }

    /// Lets the fetcher leave a partition out for a while.
    fn ask_later(&mut self, leader: BrokerId, tp: &TopicPartition, fx: &Fx) {
        let later = fx.now + self.config.replica_fetch_backoff;
        if let Some(not_before) = self.fetchers.get_mut(&leader).and_then(|it| it.partitions.get_mut(tp)) {
            *not_before = later;
        }
    }

    /// Asks for the next partition that waits for it, or goes on fetching.
    fn reset_offsets(&mut self, reset: OffsetReset, fx: &mut Fx) {
        let Some((tp, ..)) = reset.waiting.first() else { return self.fetch_from(reset.leader, fx) };
        let request = ListOffsetsRequest {
            replica: Some(self.id),
            isolation_level: IsolationLevel::ReadUncommitted,
            partitions: vec![(tp.clone(), reset.timestamp)],
        };
        self.send(NodeId::Broker(reset.leader), Request::ListOffsets(request), Purpose::ResetOffset(reset), fx);
    }

    /// The leader cannot be asked for the ends of its log: all that waited for it is left out for a while.
    pub(super) fn give_up_reset(&mut self, reset: OffsetReset, fx: &mut Fx) {
        for (tp, ..) in &reset.waiting {
            self.ask_later(reset.leader, tp, fx);
        }
        fx.timer(self.config.replica_fetch_backoff, BrokerTimer::Fetcher(reset.leader));
    }

    /// The leader has said where its log ends, or starts.
    pub(super) fn on_leader_offset(
        &mut self,
        mut reset: OffsetReset,
        response: ListOffsetsResponse,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        let (tp, end, epoch) = reset.waiting[0].clone();
        let told = response.partitions.into_iter().find(|answer| answer.partition == tp && answer.error.is_ok());
        let asked_for_end = reset.timestamp == LATEST_TIMESTAMP;
        let done = match told.filter(|_| self.is_following(reset.leader, &tp, end, epoch)) {
            None => {
                self.ask_later(reset.leader, &tp, fx);
                true
            }
            Some(leader_end) if asked_for_end && leader_end.offset < end => {
                self.cut_log(&tp, disk, fx, |log, disk, now_ms| log.truncate_to(disk, leader_end.offset, now_ms));
                true
            }
            Some(_) if asked_for_end => false,
            Some(start) if start.offset > end => {
                self.cut_log(&tp, disk, fx, |log, disk, now_ms| {
                    log.truncate_fully_and_start_at(disk, start.offset, now_ms).map(|()| true)
                });
                true
            }
            // The leader has the offset by now.
            Some(_) => true,
        };
        reset.timestamp = if done { LATEST_TIMESTAMP } else { EARLIEST_TIMESTAMP };
        if done {
            reset.waiting.remove(0);
        }
        self.reset_offsets(reset, fx);
    }

    /// Before leader epochs: who begins to follow keeps only what it knows to be committed.
    pub(super) fn truncate_to_high_watermark(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        let Some(high_watermark) = self.partitions.get(tp).map(|partition| partition.log.high_watermark()) else {
            return;
        };
        self.cut_log(tp, disk, fx, |log, disk, now_ms| log.truncate_to(disk, high_watermark, now_ms));
    }

    /// Cuts a log; false if the disk would not.
    fn cut_log(
        &mut self,
        tp: &TopicPartition,
        disk: &mut Disk,
        fx: &mut Fx,
        cut: impl FnOnce(&mut UnifiedLog, &mut Disk, i64) -> Result<bool, LogError>,
    ) -> bool {
        let Some(partition) = self.partitions.get_mut(tp) else { return false };
        let log = &mut Rc::make_mut(partition).log;
        let (from, active) = (log.log_end_offset(), log.active_segment().base_offset());
        let done = cut(log, disk, fx.wall_clock_ms());
        let (start, to) = (log.log_start_offset(), log.log_end_offset());
        let Some(cut) = self.online(done) else { return false };
        if cut || to != from || start == to {
            fx.trace(TraceKind::Truncated { partition: tp.clone(), from, to });
        }
        self.schedule_log_tasks(tp, fx);
        self.on_log_truncated(tp, active, disk);
        self.changed.insert(tp.clone());
        true
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
        match (answer.error, answer.diverging) {
            (ErrorCode::None, Some((epoch, end))) => {
                self.cut_log(tp, disk, fx, |log, disk, now_ms| truncate_diverging(log, epoch, end, disk, now_ms))
            }
            (ErrorCode::None, None) => {
                let appended = self.append_replicated(answer, disk, fx);
                let appended = appended.and_then(|()| self.follow_log_start(tp, answer.log_start_offset, disk, fx));
                appended.inspect_err(|error| self.maybe_add_offline_for_append(error)).is_ok()
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
            // Consumers that read here have waited for that.
            self.changed.insert(tp.clone());
        }
        Ok(())
    }
}

/// Cuts a follower's log back to where it agrees with the leader's, as far as the leader's answer tells: the leader has no record of
/// a term above `epoch` before `end`.
fn truncate_diverging(
    log: &mut UnifiedLog,
    epoch: LeaderEpoch,
    end: Offset,
    disk: &mut Disk,
    now_ms: i64,
) -> Result<bool, LogError> {
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
