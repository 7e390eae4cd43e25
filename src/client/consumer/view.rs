//! The consumer as an onlooker sees it.

use super::{ConsumedRecord, Consumer, ConsumerConfig, FetchException, MemberState};
use crate::base::{BrokerId, ClientId, Offset, TopicName, TopicPartition};
use crate::protocol::{GroupName, MemberId};

/// One assigned partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartitionView {
    /// The partition.
    pub partition: TopicPartition,
    /// The next offset that `poll()` returns; `None` while it is being looked for.
    pub position: Option<Offset>,
    /// What the group has committed, as far as this member knows.
    pub committed: Option<Offset>,
    /// The leader's high watermark at the last fetch.
    pub high_watermark: Option<Offset>,
    /// The replica from which its leader would rather have it read.
    pub preferred_read_replica: Option<BrokerId>,
}

impl Consumer {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// Its `client.id`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its group.
    #[must_use]
    pub fn group(&self) -> &GroupName {
        &self.config.group_id
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &ConsumerConfig {
        &self.config
    }

    /// The topics that it has subscribed to.
    #[must_use]
    pub fn topics(&self) -> &[TopicName] {
        &self.topics
    }

    /// How far it is in its group.
    #[must_use]
    pub fn member_state(&self) -> MemberState {
        self.membership.state
    }

    /// What the application does, in a word: `polling`, `processing`, `closing`, `finished`.
    #[must_use]
    pub fn activity(&self) -> &'static str {
        self.app.word()
    }

    /// Its id in the group; empty before it has one.
    #[must_use]
    pub fn member_id(&self) -> &MemberId {
        &self.membership.generation.member
    }

    /// The generation that it belongs to; −1 if none.
    #[must_use]
    pub fn generation(&self) -> i32 {
        self.membership.generation.id
    }

    /// What it reads, by topic and number.
    #[must_use]
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.subscriptions.iter().map(|(tp, _)| tp.clone()).collect()
    }

    /// Every assigned partition with its offsets.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionView> {
        self.subscriptions.iter().map(|(tp, state)| PartitionView {
            partition: tp.clone(),
            position: state.position.map(|position| position.offset),
            committed: state.committed,
            high_watermark: state.high_watermark,
            preferred_read_replica: state.preferred_read_replica.map(|(broker, _)| broker),
        })
    }

    /// The next offset that `poll()` returns of a partition.
    #[must_use]
    pub fn position(&self, tp: &TopicPartition) -> Option<Offset> {
        self.subscriptions.position(tp).map(|position| position.offset)
    }

    /// What the group has committed in a partition, as far as this member knows.
    #[must_use]
    pub fn committed(&self, tp: &TopicPartition) -> Option<Offset> {
        self.subscriptions.get(tp)?.committed
    }

    /// How many records have been fetched and wait for `poll()`.
    #[must_use]
    pub fn buffered(&self) -> u64 {
        self.buffer.len()
    }

    /// How many records `poll()` has returned that are not processed.
    #[must_use]
    pub fn unprocessed(&self) -> u64 {
        self.app.unprocessed()
    }

    /// How many records it has processed.
    #[must_use]
    pub fn processed(&self) -> u64 {
        self.app.processed
    }

    /// The last error: Kafka's name of it, or of the exception that ended the application.
    #[must_use]
    pub fn last_error(&self) -> Option<&'static str> {
        self.last_error
    }

    /// Keeps what is processed for [`Self::delivered`].
    pub fn keep_delivered(&mut self, keep: bool) {
        self.app.keep = keep;
    }

    /// What has been processed, if it was to be kept; oldest first.
    #[must_use]
    pub fn delivered(&self) -> &[ConsumedRecord] {
        &self.app.delivered
    }

    /// What `poll()` threw, if it did because of what a fetch had brought.
    #[must_use]
    pub fn exception(&self) -> Option<&FetchException> {
        self.exception.as_ref()
    }

    /// Lets the application end by itself after `count` records in all (`--max-messages`).
    pub fn limit(&mut self, count: u64) {
        self.app.limit = Some(count);
    }
}
