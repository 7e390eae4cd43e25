//! Fetches: what a follower or a consumer gets to read, and when (the read half of Kafka's `ReplicaManager`, with its `DelayedFetch`).
//!
//! A fetch reads up to the log end for a follower and up to the high watermark for a consumer. If there is less than it asked for, it waits;
//! an error, logs that have parted, or another broker that is nearer are told at once. A follower is served by the leader only; a
//! consumer by any replica, up to *its* high watermark. That a leader sends it elsewhere takes a `replica.selector.class` and its `client.rack`
//! (KIP-392, `replica_selector`).
//!
//! Within a session (`fetch_session`) a fetch names only what has changed; here it has been filled up with what the session knows, and
//! the answer is thinned out again as it leaves.

use super::fetch_session::FetchContext;
use super::{Broker, BrokerTimer, Fx, Partition};
use crate::base::{Bytes, LeaderEpoch, NodeId, Offset, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{FetchIsolation, LogError};
use crate::protocol::{ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest, IsolationLevel, ReplicaState};
use std::rc::Rc;

/// A fetch that waits for bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct DelayedFetch {
    to: NodeId,
    correlation: u32,
    request: FetchRequest,
    context: FetchContext,
}

impl Broker {
    pub(super) fn fetch(
        &mut self,
        from: NodeId,
        correlation: u32,
        mut request: FetchRequest,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        let context = match self.fetch_sessions.context(fx.now, &mut request) {
            Ok(context) => context,
            Err(error) => return Self::refuse_session(from, correlation, error, fx),
        };
        let answers = self.read(&request, disk, fx.wall_clock());
        if let Some(follower) = request.replica {
            for (asked, answer) in request.partitions.iter().zip(&answers) {
                if answer.error.is_ok() && answer.diverging.is_none() {
                    self.record_follower_log_start(follower, &asked.partition, asked.log_start_offset);
                    self.on_follower_fetch(follower, &asked.partition, asked.fetch_offset, fx);
                }
            }
        }
        let at_once = request.max_wait == SimTime::ZERO || request.partitions.is_empty();
        if at_once || is_worth_answering(&request, &answers) {
            return self.send_fetched((from, correlation), &request, context, answers, disk, fx);
        }
        let watched = request.partitions.iter().map(|asked| asked.partition.clone()).collect();
        let wait = request.max_wait;
        let id = self.fetches.watch(DelayedFetch { to: from, correlation, request, context }, watched);
        fx.timer(wait, BrokerTimer::DelayedFetch(id));
    }

    fn read(&self, request: &FetchRequest, disk: &Disk, now: SimTime) -> Vec<FetchPartitionResponse> {
        let mut left = request.max_bytes.min(self.config.fetch_max_bytes);
        let mut first = true;
        let mut answers = Vec::with_capacity(request.partitions.len());
        for asked in &request.partitions {
            let answer = self.read_partition(asked, request, (left, first), disk, now);
            left = (left - i32::try_from(answer.records.len()).unwrap_or(i32::MAX)).max(0);
            first &= answer.records.is_empty();
            answers.push(answer);
        }
        answers
    }

    /// What there is of one partition: at most `left` bytes, or one batch even so if it is the `first` one with any.
    fn read_partition(
        &self,
        asked: &FetchPartition,
        request: &FetchRequest,
        (left, first): (i32, bool),
        disk: &Disk,
        now: SimTime,
    ) -> FetchPartitionResponse {
        let mut answer = FetchPartitionResponse {
            partition: asked.partition.clone(),
            error: ErrorCode::None,
            high_watermark: -1,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging: None,
            preferred_read_replica: None,
            aborted_transactions: None,
            records: Bytes::default(),
        };
        let partition = match request.replica {
            Some(_) => self.leader_partition(&asked.partition, asked.current_leader_epoch),
            None => self.local_partition(&asked.partition, asked.current_leader_epoch),
        };
        let partition = match partition {
            Ok(partition) => partition,
            Err(error) => return FetchPartitionResponse { error, ..answer },
        };
        if request
            .replica
            .is_some_and(|replica| !partition.has_replica(replica.broker) || self.is_from_the_past(replica))
        {
            return FetchPartitionResponse { error: ErrorCode::NotLeaderOrFollower, ..answer };
        }
        let log = &partition.log;
        answer.high_watermark = log.high_watermark();
        answer.last_stable_offset = log.last_stable_offset();
        answer.log_start_offset = log.log_start_offset();
        if request.replica.is_none() {
            answer.preferred_read_replica = self.preferred_read_replica(partition, request, asked.fetch_offset, now);
            if answer.preferred_read_replica.is_some() {
                return answer;
            }
        }
        if asked.last_fetched_epoch >= 0 {
            let agreed = log.end_offset_for_epoch(asked.last_fetched_epoch);
            if agreed.leader_epoch < asked.last_fetched_epoch || agreed.offset < asked.fetch_offset {
                return FetchPartitionResponse { diverging: Some((agreed.leader_epoch, agreed.offset)), ..answer };
            }
        }
        let isolation = match (request.replica, request.isolation_level) {
            (Some(_), _) => FetchIsolation::LogEnd,
            (None, IsolationLevel::ReadUncommitted) => FetchIsolation::HighWatermark,
            (None, IsolationLevel::ReadCommitted) => FetchIsolation::TxnCommitted,
        };
        let most = asked.max_bytes.min(left).max(0) as u32;
        match log.read(disk, asked.fetch_offset, most, isolation, first) {
            Ok(data) => {
                answer.records = data.records;
                answer.aborted_transactions = data.aborted_transactions;
            }
            Err(LogError::OffsetOutOfRange { .. }) => answer.error = ErrorCode::OffsetOutOfRange,
            Err(LogError::Corrupt { .. }) => answer.error = ErrorCode::CorruptMessage,
            Err(_) => answer.error = ErrorCode::KafkaStorageError,
        }
        answer
    }

    /// This broker's replica, in the term that the asker knows (−1: any).
    fn local_partition(&self, tp: &TopicPartition, epoch: LeaderEpoch) -> Result<&Partition, ErrorCode> {
        let partition = self.partitions.get(tp).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        match () {
            () if epoch >= 0 && epoch < partition.leader_epoch => Err(ErrorCode::FencedLeaderEpoch),
            () if epoch > partition.leader_epoch => Err(ErrorCode::UnknownLeaderEpoch),
            () => Ok(partition),
        }
    }

    /// The same, if this broker leads it.
    pub(super) fn leader_partition(&self, tp: &TopicPartition, epoch: LeaderEpoch) -> Result<&Partition, ErrorCode> {
        let partition = self.local_partition(tp, epoch)?;
        partition.leader().map(|_| partition).ok_or(ErrorCode::NotLeaderOrFollower)
    }

    /// Whether a fetch was sent by a process that another has taken the place of since (KIP-903).
    fn is_from_the_past(&self, follower: ReplicaState) -> bool {
        let known = self.image.brokers.get(&follower.broker).filter(|registration| !registration.fenced);
        follower.epoch != -1 && known.is_some_and(|registration| registration.epoch > follower.epoch)
    }

    fn on_follower_fetch(&mut self, follower: ReplicaState, tp: &TopicPartition, offset: Offset, fx: &mut Fx) {
        let image = &self.image;
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        let partition = Rc::make_mut(partition);
        let has_moved = partition.record_follower_fetch(fx.wall_clock(), follower, offset);
        let joins = partition.expanded_isr(follower.broker, |broker, epoch| Self::is_eligible(image, broker, epoch));
        if let Some(isr) = joins {
            self.propose_isr(tp, isr, fx);
        }
        if has_moved {
            self.advance_high_watermark(tp, fx);
        }
    }

    pub(super) fn try_complete_fetch(&mut self, id: u64, disk: &mut Disk, fx: &mut Fx) {
        let Some(request) = self.fetches.get_mut(id).map(|operation| operation.request.clone()) else { return };
        let answers = self.read(&request, disk, fx.wall_clock());
        if is_worth_answering(&request, &answers) {
            self.release_fetch(id, disk, fx);
        }
    }

    /// Answers a waiting fetch with what there is.
    pub(super) fn release_fetch(&mut self, id: u64, disk: &mut Disk, fx: &mut Fx) {
        let Some(operation) = self.fetches.take(id) else { return };
        let DelayedFetch { to, correlation, request, context } = operation;
        let partitions = self.read(&request, disk, fx.wall_clock());
        self.send_fetched((to, correlation), &request, context, partitions, disk, fx);
    }
}

fn is_worth_answering(request: &FetchRequest, answers: &[FetchPartitionResponse]) -> bool {
    let bytes: usize = answers.iter().map(|answer| answer.records.len()).sum();
    let urgent = |answer: &FetchPartitionResponse| {
        !answer.error.is_ok() || answer.diverging.is_some() || answer.preferred_read_replica.is_some()
    };
    bytes >= usize::try_from(request.min_bytes).unwrap_or(0) || answers.iter().any(urgent)
}
