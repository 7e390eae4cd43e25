//! What is looked at before anything is written: Kafka's `analyzeAndValidateRecords`.

use super::log_validator::LogValidator;
use super::{AppendError, AppendOrigin, UnifiedLog};
use crate::base::LeaderEpoch;
use crate::record::{BatchHeader, RecordBatch, batches};

/// The batches at the front of some bytes that may be appended.
pub(super) struct Analyzed {
    pub(super) batches: Vec<BatchHeader>,
    /// How many bytes they take.
    pub(super) valid_bytes: usize,
}

impl UnifiedLog {
    /// The one batch that a producer, or a coordinator, sends to a partition, as it is to be written: at the end of the
    /// log, with the leader's term.
    pub(super) fn validate_for_leader(
        &self,
        records: &[u8],
        leader_epoch: LeaderEpoch,
        origin: AppendOrigin,
        now_ms: i64,
    ) -> Result<Vec<u8>, AppendError> {
        let invalid = |reason| Err(AppendError::InvalidRecord { reason });
        let mut walk = batches(records);
        let Some(batch) = walk.next().transpose()? else { return invalid("the request holds no record batch") };
        if walk.next().is_some() {
            return invalid("the request holds more than one record batch");
        }
        if origin == AppendOrigin::Client && batch.base_offset() != 0 {
            return invalid("the base offset of a new record batch must be 0");
        }
        self.check_size(&batch)?;
        batch.ensure_valid()?;
        let (partition, config) = (&self.topic_partition, &self.config);
        let validator = LogValidator { partition, config, origin, leader_epoch, now_ms };
        validator.validate_and_assign_offsets(&batch, self.log_end_offset)
    }

    fn check_size(&self, batch: &RecordBatch<'_>) -> Result<(), AppendError> {
        let (size, max) = (batch.size_in_bytes() as u64, u64::from(self.config.max_message_bytes));
        if size > max { Err(AppendError::RecordTooLarge { size, max }) } else { Ok(()) }
    }

    /// The batches that may be taken over with the offsets that they have: by a follower from the leader of the partition,
    /// by the quorum's log from its leader. A follower stops before the first batch of a later term than its own: such a
    /// batch can arrive if the answer to a fetch was held up while the leadership changed; its turn comes with the next
    /// fetch.
    pub(super) fn validate_with_offsets(
        &self,
        records: &[u8],
        leader_epoch: LeaderEpoch,
        origin: AppendOrigin,
    ) -> Result<Analyzed, AppendError> {
        let mut analyzed = Analyzed { batches: Vec::new(), valid_bytes: 0 };
        for batch in batches(records) {
            let batch = batch?;
            let header = BatchHeader::from(&batch);
            if origin == AppendOrigin::RaftLeader {
                if header.partition_leader_epoch != leader_epoch {
                    return Err(AppendError::InvalidRecord {
                        reason: "a record batch has another term than its leader",
                    });
                }
                self.check_size(&batch)?;
            } else if header.partition_leader_epoch > leader_epoch {
                break;
            }
            if header.partition_leader_epoch < 0 || header.base_offset < 0 || header.last_offset < header.base_offset {
                return Err(AppendError::InvalidRecord {
                    reason: "a record batch from a leader has no place in a log",
                });
            }
            let last_offset = analyzed.batches.last().map_or(-1, |last: &BatchHeader| last.last_offset);
            if header.last_offset <= last_offset {
                return Err(AppendError::OffsetsOutOfOrder { last_offset, next: header.last_offset });
            }
            batch.ensure_valid()?;
            analyzed.valid_bytes += batch.size_in_bytes();
            analyzed.batches.push(header);
        }
        match analyzed.batches.first() {
            Some(first) if first.base_offset < self.log_end_offset => Err(AppendError::UnexpectedAppendOffset {
                first_offset: first.base_offset,
                log_end_offset: self.log_end_offset,
            }),
            _ => Ok(analyzed),
        }
    }
}
