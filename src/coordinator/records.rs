//! The records of `__consumer_offsets`, to the byte.
//!
//! A key begins with an `int16` that names the record's kind (Kafka once meant it as a version: 0 and 1 are an offset
//! commit, 2 is a group's metadata), a value with its version; a record without a value takes back what stands under its
//! key. Written are the versions that Kafka 4.3 writes: offset commit key 1 and value 4, group metadata key 2 and value
//! 3. Read are all that Kafka ever wrote (a group metadata value 4 is defined, but nobody writes it). Records of other
//! kinds (KIP-848 and later groups) are told apart and left alone.

use super::OffsetAndMetadata;
use crate::base::{Bytes, TopicPartition};
use crate::protocol::wire::{Reader, WireError, Writer};
use crate::protocol::{GroupName, MemberId, TopicId};
use std::rc::Rc;

const OFFSET_COMMIT: i16 = 1;
const GROUP_METADATA: i16 = 2;
const OFFSET_COMMIT_VALUE: i16 = 4;
const GROUP_METADATA_VALUE: i16 = 3;
const TOPIC_ID_TAG: u32 = 0;

/// A record as it goes into the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CoordinatorRecord {
    /// Its key.
    pub key: Bytes,
    /// Its value; `None` takes back what stands under the key.
    pub value: Option<Bytes>,
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum GroupRecord {
    /// How far a group has read one partition.
    OffsetCommit {
        /// The group.
        group: GroupName,
        /// The partition.
        partition: TopicPartition,
        /// The offset; `None` forgets it.
        value: Option<OffsetAndMetadata>,
    },
    /// A group's generation and members.
    GroupMetadata {
        /// The group.
        group: GroupName,
        /// The group; `None` forgets it.
        value: Option<GroupMetadataValue>,
    },
    /// A kind of record that the classic protocol does not use.
    Other(i16),
}

/// A classic group, as its record has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupMetadataValue {
    /// `consumer`; empty for a group that never had a member.
    pub protocol_type: Rc<str>,
    /// The generation.
    pub generation: i32,
    /// The assignor that was chosen.
    pub protocol: Option<Rc<str>>,
    /// The leader.
    pub leader: Option<MemberId>,
    /// Since when the group is in its state, in Unix milliseconds; −1 if unknown.
    pub current_state_timestamp: i64,
    /// The members.
    pub members: Vec<MemberMetadata>,
}

/// A member, as its group's record has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MemberMetadata {
    /// Its id.
    pub member: MemberId,
    /// `group.instance.id`, for a static member.
    pub instance: Option<Rc<str>>,
    /// `client.id`.
    pub client_id: Rc<str>,
    /// Its address.
    pub client_host: Rc<str>,
    /// Its rebalance time-out in ms; −1 takes the session's.
    pub rebalance_timeout: i32,
    /// Its session time-out in ms.
    pub session_timeout: i32,
    /// Its subscription for the chosen assignor.
    pub subscription: Bytes,
    /// What it was given.
    pub assignment: Bytes,
}

impl GroupRecord {
    /// The record's bytes.
    ///
    /// # Panics
    /// If it is of another kind than the two that are written here.
    #[must_use]
    pub fn encode(&self) -> CoordinatorRecord {
        let mut key = Writer::default();
        let value = match self {
            GroupRecord::OffsetCommit { group, partition, value } => {
                key.i16(OFFSET_COMMIT);
                key.string(group);
                key.string(&partition.topic);
                key.i32(partition.partition);
                value.as_ref().map(encode_offset)
            }
            GroupRecord::GroupMetadata { group, value } => {
                key.i16(GROUP_METADATA);
                key.string(group);
                value.as_ref().map(encode_group)
            }
            GroupRecord::Other(kind) => unreachable!("records of kind {kind} are not written here"),
        };
        CoordinatorRecord { key: key.finish(), value }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// If its bytes are cut or senseless, or its value is of a version that Kafka 4.3 does not know.
    pub fn decode(key: &[u8], value: Option<&[u8]>) -> Result<Self, WireError> {
        let mut key = Reader::new(key);
        match key.i16()? {
            0 | OFFSET_COMMIT => {
                let group = key.string()?;
                let partition = TopicPartition { topic: key.string()?, partition: key.i32()? };
                Ok(GroupRecord::OffsetCommit { group, partition, value: value.map(decode_offset).transpose()? })
            }
            GROUP_METADATA => {
                Ok(GroupRecord::GroupMetadata { group: key.string()?, value: value.map(decode_group).transpose()? })
            }
            kind => Ok(GroupRecord::Other(kind)),
        }
    }
}

fn encode_offset(value: &OffsetAndMetadata) -> Bytes {
    let mut writer = Writer::default();
    writer.i16(OFFSET_COMMIT_VALUE);
    writer.i64(value.offset);
    writer.i32(value.leader_epoch);
    writer.compact_string(&value.metadata);
    writer.i64(value.commit_timestamp);
    match value.topic_id {
        None => writer.unsigned_varint(0),
        Some(id) => {
            writer.unsigned_varint(1);
            writer.unsigned_varint(TOPIC_ID_TAG);
            writer.unsigned_varint(16);
            writer.raw(&id.0.to_be_bytes());
        }
    }
    writer.finish()
}

fn decode_offset(bytes: &[u8]) -> Result<OffsetAndMetadata, WireError> {
    let mut reader = Reader::new(bytes);
    let version = version_of(&mut reader)?;
    let offset = reader.i64()?;
    let leader_epoch = if version >= 3 { reader.i32()? } else { -1 };
    let metadata = if version >= 4 { reader.compact_string()? } else { reader.string()? };
    let commit_timestamp = reader.i64()?;
    let mut topic_id = None;
    if version == 1 {
        reader.i64()?; // an explicit expiry, which no client has sent since 2.1
    }
    if version >= 4 {
        for (tag, bytes) in reader.tagged_fields()? {
            if tag == TOPIC_ID_TAG {
                let bytes = bytes.try_into().map_err(|_| WireError::InvalidLength)?;
                topic_id = Some(TopicId(u128::from_be_bytes(bytes)));
            }
        }
    }
    Ok(OffsetAndMetadata { offset, leader_epoch, metadata, commit_timestamp, topic_id })
}

fn encode_group(value: &GroupMetadataValue) -> Bytes {
    let mut writer = Writer::default();
    writer.i16(GROUP_METADATA_VALUE);
    writer.string(&value.protocol_type);
    writer.i32(value.generation);
    writer.nullable_string(value.protocol.as_deref());
    writer.nullable_string(value.leader.as_deref());
    writer.i64(value.current_state_timestamp);
    writer.length(value.members.len());
    for member in &value.members {
        writer.string(&member.member);
        writer.nullable_string(member.instance.as_deref());
        writer.string(&member.client_id);
        writer.string(&member.client_host);
        writer.i32(member.rebalance_timeout);
        writer.i32(member.session_timeout);
        writer.bytes(&member.subscription);
        writer.bytes(&member.assignment);
    }
    writer.finish()
}

/// Version 4 is defined, the fields of 3 in the flexible form, but never written.
fn decode_group(bytes: &[u8]) -> Result<GroupMetadataValue, WireError> {
    let mut reader = Reader::new(bytes);
    let version = version_of(&mut reader)?;
    if version == 4 {
        return Err(WireError::UnsupportedVersion(version));
    }
    let protocol_type = reader.string()?;
    let generation = reader.i32()?;
    let protocol = reader.nullable_string()?;
    let leader = reader.nullable_string()?;
    let current_state_timestamp = if version >= 2 { reader.i64()? } else { -1 };
    let mut members = Vec::new();
    for _ in 0..reader.length()? {
        members.push(decode_member(&mut reader, version)?);
    }
    Ok(GroupMetadataValue { protocol_type, generation, protocol, leader, current_state_timestamp, members })
}

fn decode_member(reader: &mut Reader<'_>, version: i16) -> Result<MemberMetadata, WireError> {
    Ok(MemberMetadata {
        member: reader.string()?,
        instance: if version >= 3 { reader.nullable_string()? } else { None },
        client_id: reader.string()?,
        client_host: reader.string()?,
        rebalance_timeout: if version >= 1 { reader.i32()? } else { -1 },
        session_timeout: reader.i32()?,
        subscription: reader.bytes()?,
        assignment: reader.bytes()?,
    })
}

fn version_of(reader: &mut Reader<'_>) -> Result<i16, WireError> {
    match reader.i16()? {
        version @ 0..=4 => Ok(version),
        version => Err(WireError::UnsupportedVersion(version)),
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupMetadataValue, GroupRecord, MemberMetadata, OffsetAndMetadata};
    use crate::base::TopicPartition;
    use crate::protocol::TopicId;
    use crate::protocol::wire::WireError;

    fn offset(topic_id: Option<TopicId>) -> OffsetAndMetadata {
        OffsetAndMetadata { offset: 7, leader_epoch: 2, metadata: "".into(), commit_timestamp: 258, topic_id }
    }

    #[test]
    fn an_offset_commit_to_the_byte() {
        let partition = TopicPartition::new(&"t".into(), 3);
        let record = GroupRecord::OffsetCommit { group: "g".into(), partition, value: Some(offset(None)) };
        let bytes = record.encode();
        assert_eq!(&bytes.key[..], [0, 1, 0, 1, b'g', 0, 1, b't', 0, 0, 0, 3]);
        let value = bytes.value.as_deref().expect("a value");
        assert_eq!(value, [0, 4, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1, 2, 0]);
        assert_eq!(GroupRecord::decode(&bytes.key, Some(value)), Ok(record));
    }

    #[test]
    fn older_offset_commits_and_tombstones_are_read() {
        let key = [0, 0, 0, 1, b'g', 0, 1, b't', 0, 0, 0, 3];
        let partition = TopicPartition::new(&"t".into(), 3);
        assert_eq!(
            GroupRecord::decode(&key, None),
            Ok(GroupRecord::OffsetCommit { group: "g".into(), partition: partition.clone(), value: None })
        );
        let version_1 =
            [&[0, 1][..], &[0, 0, 0, 0, 0, 0, 0, 7], &[0, 0], &[0, 0, 0, 0, 0, 0, 1, 2], &[0xff; 8]].concat();
        let value = OffsetAndMetadata { leader_epoch: -1, ..offset(None) };
        assert_eq!(
            GroupRecord::decode(&key, Some(&version_1)),
            Ok(GroupRecord::OffsetCommit { group: "g".into(), partition: partition.clone(), value: Some(value) })
        );
        let value = Some(offset(Some(TopicId(5))));
        let tagged = GroupRecord::OffsetCommit { group: "g".into(), partition, value };
        let bytes = tagged.encode();
        assert_eq!(GroupRecord::decode(&bytes.key, bytes.value.as_deref()), Ok(tagged));
        assert_eq!(GroupRecord::decode(&key, Some(&[0, 5])), Err(WireError::UnsupportedVersion(5)));
        assert_eq!(GroupRecord::decode(&[0, 3, 1], None), Ok(GroupRecord::Other(3)));
    }

    #[test]
    fn group_metadata_to_the_byte() {
        let member = MemberMetadata {
            member: "m".into(),
            instance: None,
            client_id: "c".into(),
            client_host: "/h".into(),
            rebalance_timeout: 1,
            session_timeout: 2,
            subscription: b"s"[..].into(),
            assignment: b"a"[..].into(),
        };
        let value = GroupMetadataValue {
            protocol_type: "consumer".into(),
            generation: 4,
            protocol: Some("range".into()),
            leader: None,
            current_state_timestamp: 5,
            members: vec![member],
        };
        let record = GroupRecord::GroupMetadata { group: "g".into(), value: Some(value) };
        let bytes = record.encode();
        assert_eq!(&bytes.key[..], [0, 2, 0, 1, b'g']);
        let expected = [
            &[0, 3, 0, 8][..],
            b"consumer",
            &[0, 0, 0, 4, 0, 5],
            b"range",
            &[0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 5],
            &[0, 0, 0, 1],
            &[0, 1, b'm', 0xff, 0xff, 0, 1, b'c', 0, 2, b'/', b'h', 0, 0, 0, 1, 0, 0, 0, 2],
            &[0, 0, 0, 1, b's', 0, 0, 0, 1, b'a'],
        ]
        .concat();
        assert_eq!(bytes.value.as_deref(), Some(&expected[..]));
        assert_eq!(GroupRecord::decode(&bytes.key, bytes.value.as_deref()), Ok(record));
    }
}
