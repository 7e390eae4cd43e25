//! The committed offsets of a shard's groups. Kafka's `OffsetMetadataManager`.
//!
//! A commit is decided against the group's generation, turned into one record per partition, and applied by the same
//! code that replays the log. It shows at once to later commits; an OffsetFetch waits for the high watermark like every
//! answer that may rest on records not yet committed.

use super::ReplyTo;
use super::group::ClassicGroupState;
use super::join::schedule_session;
use super::records::GroupRecord;
use super::shard::{Completion, GroupCoordinator, Turn};
use crate::base::{LeaderEpoch, Map, Offset, TopicPartition};
use crate::protocol::{
    ErrorCode, GroupName, OffsetCommitRequest, OffsetFetchRequest, OffsetFetchResponse, Response, TopicId,
};
use std::rc::Rc;

/// A committed offset.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OffsetAndMetadata {
    /// The next offset to read.
    pub offset: Offset,
    /// The leader epoch of the record before it; −1 if unknown.
    pub leader_epoch: LeaderEpoch,
    /// What the committer noted beside it.
    pub metadata: Rc<str>,
    /// When, in Unix milliseconds.
    pub commit_timestamp: i64,
    /// The topic's id, if the committer named it.
    pub topic_id: Option<TopicId>,
}

/// The offsets of all groups of a shard.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct OffsetStore {
    by_group: Map<GroupName, Map<TopicPartition, OffsetAndMetadata>>,
}

impl OffsetStore {
    pub(super) fn of(&self, group: &str) -> impl Iterator<Item = (&TopicPartition, &OffsetAndMetadata)> {
        self.by_group.get(group).into_iter().flatten()
    }

    pub(super) fn get(&self, group: &str, partition: &TopicPartition) -> Option<&OffsetAndMetadata> {
        self.by_group.get(group)?.get(partition)
    }

    /// Puts an offset in, or takes it out; returns what stood there.
    pub(super) fn apply(
        &mut self,
        group: &GroupName,
        partition: &TopicPartition,
        value: Option<OffsetAndMetadata>,
    ) -> Option<OffsetAndMetadata> {
        match value {
            Some(value) => self.by_group.entry(group.clone()).or_default().insert(partition.clone(), value),
            None => {
                let offsets = self.by_group.get_mut(group)?;
                let old = offsets.remove(partition);
                if offsets.is_empty() {
                    self.by_group.remove(group);
                }
                old
            }
        }
    }

    /// Answers an OffsetFetch; no partitions ask for all.
    pub(super) fn fetch(&self, group: &str, partitions: &[TopicPartition]) -> OffsetFetchResponse {
        let offsets = if partitions.is_empty() {
            self.of(group).map(|(tp, value)| (tp.clone(), value.offset, value.leader_epoch)).collect()
        } else {
            let tell = |tp: &TopicPartition| match self.get(group, tp) {
                Some(value) => (tp.clone(), value.offset, value.leader_epoch),
                None => (tp.clone(), -1, -1),
            };
            partitions.iter().map(tell).collect()
        };
        OffsetFetchResponse { error: ErrorCode::None, offsets }
    }
}

impl GroupCoordinator {
    pub(super) fn commit(&mut self, turn: &mut Turn<'_>, from: ReplyTo, request: &OffsetCommitRequest) {
        let verdict = match self.groups.get(&request.group) {
            Some(group) => group.validate_commit(&request.member, request.generation),
            // A client that manages its partitions by itself commits under a name that nobody else knows.
            None if request.generation < 0 => Ok(()),
            None => Err(ErrorCode::GroupIdNotFound),
        };
        let error = verdict.err().unwrap_or_default();
        let answers = request.offsets.iter().map(|(tp, ..)| (tp.clone(), error)).collect();
        turn.reply_when_committed(from, Response::OffsetCommit(answers));
        if !error.is_ok() || request.offsets.is_empty() {
            return;
        }
        // A commit keeps the session alive; the commit of a client that is no member has none.
        if let Some(group) = self.groups.get_mut(&request.group)
            && matches!(group.state, ClassicGroupState::Stable | ClassicGroupState::PreparingRebalance)
        {
            schedule_session(group, turn, &request.member);
        }
        let records = commit_records(request, turn.wall_clock_ms);
        let made_group = !self.groups.contains_key(&request.group);
        let mut undo = Vec::new();
        for record in &records {
            undo.extend(self.apply(turn.now, record));
        }
        turn.records.extend(records);
        let offsets = request.offsets.iter().map(|(tp, offset, _)| (tp.clone(), *offset)).collect();
        turn.completions.push(Completion::Offsets { group: request.group.clone(), offsets, undo, made_group });
    }

    pub(super) fn offset_fetch(&mut self, turn: &mut Turn<'_>, from: ReplyTo, request: &OffsetFetchRequest) {
        let response = self.offsets.fetch(&request.group, &request.partitions);
        turn.reply_when_committed(from, Response::OffsetFetch(response));
    }
}

/// The records of a commit at `timestamp`.
fn commit_records(request: &OffsetCommitRequest, timestamp: i64) -> Vec<GroupRecord> {
    let record = |(partition, offset, leader_epoch): &(TopicPartition, Offset, LeaderEpoch)| {
        let value = OffsetAndMetadata {
            offset: *offset,
            leader_epoch: *leader_epoch,
            metadata: "".into(),
            commit_timestamp: timestamp,
            topic_id: None,
        };
        let group = request.group.clone();
        GroupRecord::OffsetCommit { group, partition: partition.clone(), value: Some(value) }
    };
    request.offsets.iter().map(record).collect()
}
