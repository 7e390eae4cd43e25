//! DeleteRecords: a leader moves its log start, and waits until the replicas have followed (Kafka's `DelayedDeleteRecords`).
//!
//! Records before an offset are to go from the cluster. The leader moves its log start there at once; followers hear of it
//! with the answer to their next fetch, move their own, and say so in the fetch after that. The *low watermark* is the
//! lowest log start of all live replicas: once it has come to the offset, nobody who may lead can serve the records any
//! more, and the request is answered. The segments themselves go when the log next looks for what it may delete.

use super::{Broker, Fx, Partition};
use crate::base::{NodeId, Offset, TopicPartition};
use crate::disk::Disk;
use crate::log::{AppendError, LogError};
use crate::protocol::{DeleteRecordsPartition, DeleteRecordsRequest, ErrorCode, ReplicaState, Response};
use crate::trace::TraceKind;
use std::rc::Rc;

/// In place of an offset: the high watermark.
const HIGH_WATERMARK: Offset = -1;

/// A deletion that waits for the replicas.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct DelayedDeleteRecords {
    to: NodeId,
    correlation: u32,
    parts: Vec<DeletePart>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct DeletePart {
    answer: DeleteRecordsPartition,
    /// The low watermark that this part waits for; `None` once it is decided.
    required: Option<Offset>,
}

impl Broker {
    pub(super) fn delete_records(
        &mut self,
        from: NodeId,
        correlation: u32,
        request: DeleteRecordsRequest,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        let parts: Vec<DeletePart> =
            request.partitions.into_iter().map(|(tp, offset)| self.delete_before(tp, offset, disk, fx)).collect();
        let waited: Vec<TopicPartition> =
            parts.iter().filter(|part| part.required.is_some()).map(|part| part.answer.partition.clone()).collect();
        let operation = DelayedDeleteRecords { to: from, correlation, parts };
        if waited.is_empty() {
            return answer(operation, fx);
        }
        self.changed.extend(waited.iter().cloned());
        self.deletions.watch(operation, waited, request.timeout, fx);
    }

    fn delete_before(&mut self, tp: TopicPartition, offset: Offset, disk: &mut Disk, fx: &mut Fx) -> DeletePart {
        match self.delete_records_on_leader(&tp, offset, disk, fx) {
            Ok(required) => {
                let answer = DeleteRecordsPartition { partition: tp, error: ErrorCode::None, low_watermark: -1 };
                DeletePart { answer, required: Some(required) }
            }
            Err(error) => DeletePart {
                answer: DeleteRecordsPartition { partition: tp, error, low_watermark: -1 },
                required: None,
            },
        }
    }

    /// Moves the leader's log start; says up to where.
    fn delete_records_on_leader(
        &mut self,
        tp: &TopicPartition,
        offset: Offset,
        disk: &mut Disk,
        fx: &mut Fx,
    ) -> Result<Offset, ErrorCode> {
        if tp.is_internal() {
            return Err(ErrorCode::InvalidTopicException);
        }
        let partition = self.partitions.get_mut(tp).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if partition.leader().is_none() {
            return Err(ErrorCode::NotLeaderOrFollower);
        }
        let policy = partition.log.config().cleanup_policy;
        if policy.compact && !policy.delete {
            return Err(ErrorCode::PolicyViolation);
        }
        let target = if offset == HIGH_WATERMARK { partition.log.high_watermark() } else { offset };
        if target < 0 {
            return Err(ErrorCode::OffsetOutOfRange);
        }
        let from = partition.log.log_start_offset();
        match Rc::make_mut(partition).log.maybe_increment_log_start_offset(disk, target) {
            Ok(true) => {
                fx.trace(TraceKind::LogStartIncremented { partition: tp.clone(), from, to: target, on_leader: true });
                Ok(target)
            }
            Ok(false) => Ok(target),
            Err(LogError::OffsetOutOfRange { .. }) => Err(ErrorCode::OffsetOutOfRange),
            Err(error) => {
                self.maybe_add_offline_log_dir(&error);
                Err(ErrorCode::KafkaStorageError)
            }
        }
    }

    /// A follower's fetch said where its log starts.
    pub(super) fn record_follower_log_start(&mut self, follower: ReplicaState, tp: &TopicPartition, log_start: Offset) {
        let Some(partition) = self.partitions.get_mut(tp) else { return };
        if Rc::make_mut(partition).record_follower_log_start(follower.broker, log_start) {
            self.changed.insert(tp.clone());
        }
    }

    /// A follower's answer said where the leader's log starts.
    pub(super) fn follow_log_start(
        &mut self,
        tp: &TopicPartition,
        log_start: Offset,
        disk: &mut Disk,
        fx: &mut Fx,
    ) -> Result<(), AppendError> {
        let Some(partition) = self.partitions.get_mut(tp) else { return Ok(()) };
        let from = partition.log.log_start_offset();
        // Not above its own high watermark: what is missing for that comes with a later fetch.
        if log_start <= from || log_start > partition.log.high_watermark() {
            return Ok(());
        }
        if Rc::make_mut(partition).log.maybe_increment_log_start_offset(disk, log_start)? {
            fx.trace(TraceKind::LogStartIncremented { partition: tp.clone(), from, to: log_start, on_leader: false });
        }
        Ok(())
    }

    pub(super) fn try_complete_deletion(&mut self, id: u64, fx: &mut Fx) {
        let image = &self.image;
        let partitions = &self.partitions;
        let Some(operation) = self.deletions.get_mut(id) else { return };
        let is_alive = |broker| image.brokers.get(&broker).is_some_and(|registration| !registration.fenced);
        for part in &mut operation.parts {
            let Some(required) = part.required else { continue };
            let partition = partitions.get(&part.answer.partition);
            match partition.map(|partition| partition.low_watermark_if_leader(is_alive)) {
                Some(Some(low)) => {
                    part.answer.low_watermark = low;
                    if low >= required {
                        part.required = None;
                    }
                }
                gone => {
                    let missing = gone.is_none();
                    part.required = None;
                    part.answer.low_watermark = -1;
                    part.answer.error =
                        if missing { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::NotLeaderOrFollower };
                }
            }
        }
        if operation.parts.iter().all(|part| part.required.is_none())
            && let Some(operation) = self.deletions.take(id)
        {
            answer(operation, fx);
        }
    }

    pub(super) fn expire_deletions(&mut self, fx: &mut Fx) {
        for (cause, mut operation) in self.deletions.expire(fx) {
            for part in operation.parts.iter_mut().filter(|part| part.required.is_some()) {
                part.answer.error = ErrorCode::RequestTimedOut;
            }
            fx.because(cause);
            answer(operation, fx);
        }
    }
}

fn answer(operation: DelayedDeleteRecords, fx: &mut Fx) {
    let partitions = operation.parts.into_iter().map(|part| part.answer).collect();
    fx.respond(operation.to, operation.correlation, Response::DeleteRecords(partitions));
}

impl Partition {
    /// Remembers where a follower's log starts; says whether that is news.
    fn record_follower_log_start(&mut self, follower: crate::base::BrokerId, log_start: Offset) -> bool {
        let Some(replica) = self.leader_mut().and_then(|state| state.remote.get_mut(&follower)) else { return false };
        let before = std::mem::replace(&mut replica.log_start_offset, log_start);
        before != log_start
    }

    /// The lowest log start of all live replicas; none if another leads.
    #[must_use]
    pub fn low_watermark_if_leader(&self, is_alive: impl Fn(crate::base::BrokerId) -> bool) -> Option<Offset> {
        let state = self.leader()?;
        let remote = state.remote.iter().filter(|(id, _)| is_alive(**id)).map(|(_, replica)| replica.log_start_offset);
        Some(remote.fold(self.log.log_start_offset(), Offset::min))
    }
}
