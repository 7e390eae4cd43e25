//! Appends and reads across this broker's replicas (Kafka's `ReplicaManager`).
//!
//! A produce is appended to each partition's log; with `acks=all` it then waits until the high watermark has passed it. A fetch reads
//! up to the log end for a follower and up to the high watermark for a consumer; if there is less than it asked for, it waits.
//! What waits is looked at again whenever one of its partitions changes, and at its time-out.

use super::log_manager::log_dir_file;
use super::{Broker, BrokerTimer, Fx, IsrOutcome, IsrProposal, Partition, PartitionRole, Purpose};
use crate::base::{Bytes, LeaderEpoch, NodeId, Offset, RecordId, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{AppendError, AppendOrigin, FetchIsolation, LogError, REPLICATION_OFFSET_CHECKPOINT, write_offsets};
use crate::protocol::{
    AlterPartitionRequest, AlterPartitionResponse, ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest,
    IsolationLevel, ProducePartitionResponse, ProduceRequest, ProduceResponse, ReplicaState, Request, Response,
};
use crate::record::RecordError;
use crate::trace::TraceKind;
use std::rc::Rc;

/// An append that waits for the high watermark.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct DelayedProduce {
    to: NodeId,
    correlation: u32,
    parts: Vec<ProducePart>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct ProducePart {
    answer: ProducePartitionResponse,
    /// The high watermark that this part waits for; `None` once it is decided.
    required: Option<Offset>,
}

/// A batch that comes to a leader.
struct Incoming<'a> {
    partition: TopicPartition,
    records: &'a [u8],
    ids: Rc<[RecordId]>,
    origin: AppendOrigin,
}

/// A fetch that waits for bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct DelayedFetch {
    to: NodeId,
    correlation: u32,
    request: FetchRequest,
}

impl Broker {
    pub(super) fn checkpoint_high_watermarks(&mut self, disk: &mut Disk, fx: &mut Fx) {
        let written = self.write_high_watermarks(disk);
        self.online(written);
        fx.timer(self.config.high_watermark_checkpoint_interval, BrokerTimer::HighWatermarkCheckpoint);
    }

    pub(super) fn write_high_watermarks(&self, disk: &mut Disk) -> Result<(), LogError> {
        if !self.published {
            // The logs were not opened yet; what the last process wrote down still holds.
            return Ok(());
        }
        let offsets =
            self.partitions.iter().map(|(tp, partition)| (tp.clone(), partition.log.high_watermark())).collect();
        write_offsets(disk, &log_dir_file(REPLICATION_OFFSET_CHECKPOINT), &offsets)
    }

    pub(super) fn produce(
        &mut self,
        from: NodeId,
        correlation: u32,
        request: ProduceRequest,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        let ProduceRequest { acks, timeout, partitions } = request;
        let mut parts = Vec::with_capacity(partitions.len());
        for (tp, records, ids) in partitions {
            let incoming = Incoming { partition: tp, records: &records, ids, origin: AppendOrigin::Client };
            parts.push(self.append_as_leader(incoming, acks, disk, fx));
        }
        match acks {
            0 => {}
            -1 => self.await_replicas(DelayedProduce { to: from, correlation, parts }, timeout, fx),
            _ => fx.respond(from, correlation, produce_response(parts)),
        }
    }

    /// Appends what a coordinator decided, with the rules of `acks=all`; returns the high watermark that commits it.
    pub(super) fn append_for_coordinator(
        &mut self,
        tp: &TopicPartition,
        records: &[u8],
        disk: &mut Disk,
        fx: &mut Fx,
    ) -> Result<Offset, ErrorCode> {
        let incoming =
            Incoming { partition: tp.clone(), records, ids: Rc::from([]), origin: AppendOrigin::Coordinator };
        let part = self.append_as_leader(incoming, -1, disk, fx);
        part.required.ok_or(part.answer.error)
    }

    fn append_as_leader(&mut self, incoming: Incoming<'_>, acks: i16, disk: &mut Disk, fx: &mut Fx) -> ProducePart {
        let Incoming { partition: tp, records, ids, origin } = incoming;
        let refused = |tp, error| ProducePart {
            answer: ProducePartitionResponse { partition: tp, error, base_offset: -1, record_errors: Rc::from([]) },
            required: None,
        };
        let Some(partition) = self.partitions.get_mut(&tp) else {
            return refused(tp, ErrorCode::UnknownTopicOrPartition);
        };
        if partition.leader().is_none() {
            return refused(tp, ErrorCode::NotLeaderOrFollower);
        }
        if acks == -1 && partition.is_under_min_isr() {
            return refused(tp, ErrorCode::NotEnoughReplicas);
        }
        let partition = Rc::make_mut(partition);
        let epoch = partition.leader_epoch;
        let info = match partition.log.append_as_leader(disk, records, epoch, origin, fx.wall_clock_ms()) {
            Ok(info) => info,
            Err(error) => {
                self.maybe_add_offline_for_append(&error);
                let mut part = refused(tp, append_error_code(&error));
                part.answer.record_errors = record_errors(&error);
                return part;
            }
        };
        let (first, last) = (info.first_offset, info.last_offset);
        let answer = ProducePartitionResponse {
            partition: tp.clone(),
            error: ErrorCode::None,
            base_offset: first,
            record_errors: Rc::from([]),
        };
        if !info.rolled.is_empty() {
            self.schedule_log_tasks(&tp, fx);
        }
        if info.duplicate {
            return ProducePart { answer, required: Some(last + 1) };
        }
        fx.trace_and(TraceKind::Appended { partition: tp.clone(), first, last, epoch, ids, as_leader: true }, |fx| {
            for base in info.rolled {
                fx.trace(TraceKind::SegmentRolled { partition: tp.clone(), base });
            }
            self.advance_high_watermark(&tp, fx);
        });
        self.changed.insert(tp);
        ProducePart { answer, required: Some(last + 1) }
    }

    fn await_replicas(&mut self, operation: DelayedProduce, timeout: SimTime, fx: &mut Fx) {
        let waited: Vec<TopicPartition> = operation
            .parts
            .iter()
            .filter(|part| part.required.is_some())
            .map(|part| part.answer.partition.clone())
            .collect();
        self.changed.extend(waited.iter().cloned());
        if waited.is_empty() {
            return Self::finish_produce(operation, fx);
        }
        let id = self.produces.watch(operation, waited);
        fx.timer(timeout, BrokerTimer::DelayedProduce(id));
    }

    fn finish_produce(operation: DelayedProduce, fx: &mut Fx) {
        fx.respond(operation.to, operation.correlation, produce_response(operation.parts));
    }

    pub(super) fn expire_produce(&mut self, id: u64, fx: &mut Fx) {
        let Some(mut operation) = self.produces.take(id) else { return };
        for part in operation.parts.iter_mut().filter(|part| part.required.is_some()) {
            part.answer.error = ErrorCode::RequestTimedOut;
            part.answer.base_offset = -1;
        }
        Self::finish_produce(operation, fx);
    }

    pub(super) fn fetch(
        &mut self,
        from: NodeId,
        correlation: u32,
        request: FetchRequest,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        let answers = self.read(&request, disk);
        if let Some(follower) = request.replica {
            for (asked, answer) in request.partitions.iter().zip(&answers) {
                if answer.error.is_ok() && answer.diverging.is_none() {
                    self.record_follower_log_start(follower, &asked.partition, asked.log_start_offset);
                    self.on_follower_fetch(follower, &asked.partition, asked.fetch_offset, fx);
                }
            }
        }
        if request.max_wait == SimTime::ZERO || is_worth_answering(&request, &answers) {
            return self.send_fetched(from, correlation, &request, answers, disk, fx);
        }
        let watched = request.partitions.iter().map(|asked| asked.partition.clone()).collect();
        let wait = request.max_wait;
        let id = self.fetches.watch(DelayedFetch { to: from, correlation, request }, watched);
        fx.timer(wait, BrokerTimer::DelayedFetch(id));
    }

    fn read(&self, request: &FetchRequest, disk: &Disk) -> Vec<FetchPartitionResponse> {
        let mut left = request.max_bytes.min(self.config.fetch_max_bytes);
        let mut first = true;
        let mut answers = Vec::with_capacity(request.partitions.len());
        for asked in &request.partitions {
            let answer = self.read_partition(asked, request, left, first, disk);
            left = (left - i32::try_from(answer.records.len()).unwrap_or(i32::MAX)).max(0);
            first &= answer.records.is_empty();
            answers.push(answer);
        }
        answers
    }

    fn read_partition(
        &self,
        asked: &FetchPartition,
        request: &FetchRequest,
        left: i32,
        min_one: bool,
        disk: &Disk,
    ) -> FetchPartitionResponse {
        let mut answer = FetchPartitionResponse {
            partition: asked.partition.clone(),
            error: ErrorCode::None,
            high_watermark: -1,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging: None,
            aborted_transactions: None,
            records: Bytes::default(),
        };
        let partition = match self.leader_partition(&asked.partition, asked.current_leader_epoch) {
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
        match log.read(disk, asked.fetch_offset, most, isolation, min_one) {
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

    /// The replica, if this broker leads it in the term that the asker knows (−1: any).
    pub(super) fn leader_partition(&self, tp: &TopicPartition, epoch: LeaderEpoch) -> Result<&Partition, ErrorCode> {
        let partition = self.partitions.get(tp).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        match () {
            () if epoch >= 0 && epoch < partition.leader_epoch => Err(ErrorCode::FencedLeaderEpoch),
            () if epoch > partition.leader_epoch => Err(ErrorCode::UnknownLeaderEpoch),
            () if partition.leader().is_none() => Err(ErrorCode::NotLeaderOrFollower),
            () => Ok(partition),
        }
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

    /// Moves a leader's high watermark as far as it may.
    pub(super) fn advance_high_watermark(&mut self, tp: &TopicPartition, fx: &mut Fx) {
        let image = &self.image;
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        let lag_max = self.config.replica_lag_time_max;
        let moved =
            Rc::make_mut(partition).maybe_increment_high_watermark(fx.wall_clock(), lag_max, |broker, epoch| {
                Self::is_eligible(image, broker, epoch)
            });
        if let Some((from, to)) = moved {
            fx.trace(TraceKind::HighWatermark { partition: tp.clone(), from, to, on_leader: true });
            self.changed.insert(tp.clone());
        }
    }

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

    fn propose_isr(&mut self, tp: &TopicPartition, isr: Vec<crate::base::BrokerId>, fx: &mut Fx) {
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
        let with_epoch = |broker: &crate::base::BrokerId| ReplicaState {
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

    /// Looks at what the partitions that changed in this step were waited for, until nothing changes any more.
    pub(super) fn complete_delayed(&mut self, disk: &mut Disk, fx: &mut Fx) {
        while let Some(tp) = self.changed.pop_first() {
            for id in self.produces.watching(&tp) {
                self.try_complete_produce(id, fx);
            }
            for id in self.fetches.watching(&tp) {
                self.try_complete_fetch(id, disk, fx);
            }
            for id in self.deletions.watching(&tp) {
                self.try_complete_deletion(id, fx);
            }
            self.on_coordinator_progress(&tp, disk, fx);
        }
    }

    fn try_complete_produce(&mut self, id: u64, fx: &mut Fx) {
        let partitions = &self.partitions;
        let Some(operation) = self.produces.get_mut(id) else { return };
        for part in &mut operation.parts {
            let Some(required) = part.required else { continue };
            let partition = partitions.get(&part.answer.partition);
            let decided = partition.map_or(Some(ErrorCode::NotLeaderOrFollower), |partition| {
                partition.check_enough_replicas_reach_offset(required)
            });
            if let Some(error) = decided {
                part.required = None;
                part.answer.error = error;
                if !error.is_ok() {
                    part.answer.base_offset = -1;
                }
            }
        }
        if operation.parts.iter().all(|part| part.required.is_none())
            && let Some(operation) = self.produces.take(id)
        {
            Self::finish_produce(operation, fx);
        }
    }

    fn try_complete_fetch(&mut self, id: u64, disk: &mut Disk, fx: &mut Fx) {
        let Some(request) = self.fetches.get_mut(id).map(|operation| operation.request.clone()) else { return };
        let answers = self.read(&request, disk);
        if is_worth_answering(&request, &answers) {
            self.release_fetch(id, disk, fx);
        }
    }

    /// Answers a waiting fetch with what there is.
    pub(super) fn release_fetch(&mut self, id: u64, disk: &mut Disk, fx: &mut Fx) {
        let Some(operation) = self.fetches.take(id) else { return };
        let DelayedFetch { to, correlation, request } = operation;
        let partitions = self.read(&request, disk);
        self.send_fetched(to, correlation, &request, partitions, disk, fx);
    }

    /// Whether a replica of this broker is of use to a client.
    #[must_use]
    pub fn leads(&self, tp: &TopicPartition) -> bool {
        self.partitions.get(tp).is_some_and(|partition| matches!(partition.role, PartitionRole::Leader(_)))
    }
}

fn is_worth_answering(request: &FetchRequest, answers: &[FetchPartitionResponse]) -> bool {
    let bytes: usize = answers.iter().map(|answer| answer.records.len()).sum();
    let urgent = |answer: &FetchPartitionResponse| !answer.error.is_ok() || answer.diverging.is_some();
    bytes >= usize::try_from(request.min_bytes).unwrap_or(0) || answers.iter().any(urgent)
}

fn produce_response(parts: Vec<ProducePart>) -> Response {
    Response::Produce(ProduceResponse { partitions: parts.into_iter().map(|part| part.answer).collect() })
}

/// What is wrong with each record, if that is what the error is about.
fn record_errors(error: &AppendError) -> Rc<[(i32, Rc<str>)]> {
    match error {
        AppendError::Rejected(rejected) => {
            rejected.records.iter().map(|record| (record.batch_index, rejected.message(record).into())).collect()
        }
        _ => Rc::from([]),
    }
}

fn append_error_code(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::Record(RecordError::InvalidRecord { .. }) | AppendError::InvalidRecord { .. } => {
            ErrorCode::InvalidRecord
        }
        AppendError::Record(
            RecordError::UnknownCompression(_)
            | RecordError::InvalidCompression { .. }
            | RecordError::DecompressedTooLarge { .. },
        ) => ErrorCode::UnknownServerError,
        AppendError::Record(_) => ErrorCode::CorruptMessage,
        AppendError::Rejected(records) if records.has_invalid_timestamp() => ErrorCode::InvalidTimestamp,
        AppendError::Rejected(_) => ErrorCode::InvalidRecord,
        AppendError::RecordTooLarge { .. } => ErrorCode::MessageTooLarge,
        AppendError::RecordBatchTooLarge { .. } => ErrorCode::RecordListTooLarge,
        AppendError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        AppendError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        AppendError::InvalidTxnState { .. } => ErrorCode::InvalidTxnState,
        AppendError::TransactionCoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
        AppendError::OffsetsOutOfOrder { .. } | AppendError::UnexpectedAppendOffset { .. } | AppendError::Log(_) => {
            ErrorCode::KafkaStorageError
        }
    }
}
