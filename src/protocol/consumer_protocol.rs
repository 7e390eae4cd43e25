//! What the members of a consumer group tell each other, as bytes: Kafka's `ConsumerProtocolSubscription` and
//! `ConsumerProtocolAssignment`.
//!
//! In the classic protocol the coordinator only carries them: a member's subscription rides in its JoinGroup to the
//! group's leader, and the leader's decision rides back in SyncGroup. Both begin with an `int16` version. The Java client
//! writes version 3, the highest; a reader takes a version that it does not know for the highest that it does, because
//! later versions may only add fields at the end. They live here, not with the client, because the coordinator's view of
//! a group wants to show an assignment; no decision of the coordinator reads them.

use super::wire::{Reader, WireError, Writer};
use crate::base::{Bytes, Set, TopicName, TopicPartition};
use std::rc::Rc;

const HIGHEST_VERSION: i16 = 3;

/// What a member wants to read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Subscription {
    /// The topics, in the order of their names.
    pub topics: Vec<TopicName>,
    /// What only the assignor understands.
    pub user_data: Option<Bytes>,
    /// What the member holds as it joins; an eager member holds nothing.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it got them; −1 if none.
    pub generation: i32,
    /// `client.rack`.
    pub rack: Option<Rc<str>>,
}

impl Subscription {
    /// The subscription of a member that holds nothing.
    #[must_use]
    pub fn new(topics: &[TopicName]) -> Self {
        let topics: Set<TopicName> = topics.iter().cloned().collect();
        Self { topics: topics.into_iter().collect(), user_data: None, owned: Vec::new(), generation: -1, rack: None }
    }

    /// The bytes that the Java client writes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut writer = Writer::default();
        writer.i16(HIGHEST_VERSION);
        writer.length(self.topics.len());
        for topic in &self.topics {
            writer.string(topic);
        }
        writer.nullable_bytes(self.user_data.as_deref());
        let owned: Set<&TopicPartition> = self.owned.iter().collect();
        write_partitions(&mut writer, owned);
        writer.i32(self.generation);
        writer.nullable_string(self.rack.as_deref());
        writer.finish()
    }

    /// Reads a subscription of any version.
    ///
    /// # Errors
    /// If the bytes are cut or senseless.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let version = version_of(&mut reader)?;
        let mut topics = Vec::new();
        for _ in 0..reader.length()? {
            topics.push(reader.string()?);
        }
        let user_data = reader.nullable_bytes()?;
        let owned = if version >= 1 { read_partitions(&mut reader)? } else { Vec::new() };
        let generation = if version >= 2 { reader.i32()? } else { -1 };
        let rack = if version >= 3 { reader.nullable_string()? } else { None };
        Ok(Self { topics, user_data, owned, generation, rack: rack.filter(|rack| !rack.is_empty()) })
    }
}

/// What a member gets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Assignment {
    /// The partitions, in the order in which the leader gave them.
    pub partitions: Vec<TopicPartition>,
    /// What only the assignor understands.
    pub user_data: Option<Bytes>,
}

impl Assignment {
    /// The assignment of `partitions`, with nothing else to say.
    #[must_use]
    pub fn new(partitions: Vec<TopicPartition>) -> Self {
        Self { partitions, user_data: None }
    }

    /// The bytes that the Java client writes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut writer = Writer::default();
        writer.i16(HIGHEST_VERSION);
        write_partitions(&mut writer, &self.partitions);
        writer.nullable_bytes(self.user_data.as_deref());
        writer.finish()
    }

    /// Reads an assignment of any version. No bytes at all are the coordinator's way to say "nothing".
    ///
    /// # Errors
    /// If the bytes are cut or senseless.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.is_empty() {
            return Ok(Self::new(Vec::new()));
        }
        let mut reader = Reader::new(bytes);
        version_of(&mut reader)?;
        Ok(Self { partitions: read_partitions(&mut reader)?, user_data: reader.nullable_bytes()? })
    }
}

fn version_of(reader: &mut Reader<'_>) -> Result<i16, WireError> {
    let version = reader.i16()?;
    if version < 0 { Err(WireError::UnsupportedVersion(version)) } else { Ok(version) }
}

/// Partitions are grouped by topic, the topics in the order of their first partition.
fn write_partitions<'a>(writer: &mut Writer, partitions: impl IntoIterator<Item = &'a TopicPartition>) {
    let mut topics: Vec<(&TopicName, Vec<i32>)> = Vec::new();
    for tp in partitions {
        match topics.iter_mut().find(|(topic, _)| **topic == tp.topic) {
            Some((_, numbers)) => numbers.push(tp.partition),
            None => topics.push((&tp.topic, vec![tp.partition])),
        }
    }
    writer.length(topics.len());
    for (topic, numbers) in topics {
        writer.string(topic);
        writer.length(numbers.len());
        for number in numbers {
            writer.i32(number);
        }
    }
}

fn read_partitions(reader: &mut Reader<'_>) -> Result<Vec<TopicPartition>, WireError> {
    let mut partitions = Vec::new();
    for _ in 0..reader.length()? {
        let topic = reader.string()?;
        for _ in 0..reader.length()? {
            partitions.push(TopicPartition { topic: topic.clone(), partition: reader.i32()? });
        }
    }
    Ok(partitions)
}

#[cfg(test)]
mod tests {
    use super::{Assignment, Subscription};
    use crate::base::TopicPartition;

    fn partitions(names: &[&str]) -> Vec<TopicPartition> {
        names.iter().map(|name| TopicPartition::parse(name).expect("a partition")).collect()
    }

    #[test]
    fn a_subscription_has_the_java_clients_bytes() {
        let subscription = Subscription::new(&["b".into(), "a".into()]);
        let expected = [
            0, 3, // version
            0, 0, 0, 2, 0, 1, b'a', 0, 1, b'b', // topics, sorted
            0xff, 0xff, 0xff, 0xff, // no user data
            0, 0, 0, 0, // nothing owned
            0xff, 0xff, 0xff, 0xff, // no generation
            0xff, 0xff, // no rack
        ];
        assert_eq!(&subscription.encode()[..], expected);
        assert_eq!(Subscription::decode(&expected), Ok(subscription));
    }

    #[test]
    fn an_assignment_groups_by_topic() {
        let assignment = Assignment::new(partitions(&["t-1", "u-0", "t-3"]));
        let expected = [
            0, 3, 0, 0, 0, 2, 0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 1, b'u', 0, 0, 0, 1, 0, 0, 0, 0, 0xff,
            0xff, 0xff, 0xff,
        ];
        assert_eq!(&assignment.encode()[..], expected);
        assert_eq!(Assignment::decode(&expected).map(|a| a.partitions), Ok(partitions(&["t-1", "t-3", "u-0"])));
    }

    #[test]
    fn version_0_and_later_versions_are_read() {
        let old = [0, 0, 0, 0, 0, 1, 0, 1, b't', 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Subscription::decode(&old), Ok(Subscription::new(&["t".into()])));
        let mut later = Subscription::new(&["t".into()]).encode().to_vec();
        later[1] = 9;
        later.extend([1, 2, 3]);
        assert_eq!(Subscription::decode(&later), Ok(Subscription::new(&["t".into()])));
    }
}
