//! Appends across this broker's replicas (Kafka's `ReplicaManager`).
//!
//! A produce is appended to each partition's log; with `acks=all` it then waits until the high watermark has passed it. What waits, here
//! or in `fetch`, is looked at again whenever one of its partitions changes, and at its time-out.

use super::log_manager::log_dir_file;
use super::{Broker, BrokerTimer, Fx, PartitionRole};
use crate::base::{NodeId, Offset, RecordId, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{AppendError, AppendOrigin, LogError, REPLICATION_OFFSET_CHECKPOINT, write_offsets};
use crate::protocol::{ErrorCode, ProducePartitionResponse, ProduceRequest, ProduceResponse, Response};
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

    /// Whether a replica of this broker is of use to a client.
    #[must_use]
    pub fn leads(&self, tp: &TopicPartition) -> bool {
        self.partitions.get(tp).is_some_and(|partition| matches!(partition.role, PartitionRole::Leader(_)))
    }
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
