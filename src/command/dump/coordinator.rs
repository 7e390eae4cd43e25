//! `--offsets-decoder`: the records of `__consumer_offsets` as JSON, in the form of Kafka's generated converters.

use super::Thrown;
use crate::base::TopicPartition;
use crate::command::json::{array, bytes, object, text, text_or_null};
use crate::coordinator::OffsetAndMetadata;
use crate::coordinator::records::{GroupMetadataValue, GroupRecord, MemberMetadata};
use crate::protocol::consumer_protocol::{Assignment, Subscription};
use crate::record::Record;

/// What a record's key and its value say.
pub(super) fn decode(record: &Record<'_>) -> Result<(Option<String>, Option<String>), Thrown> {
    let Some(key) = record.key.as_deref() else {
        let message = format!(
            "Failed to decode message at offset {} using the specified decoder (message had a missing key)",
            record.offset
        );
        return Err(Thrown::new("java.lang.RuntimeException", message));
    };
    let value = record.value.as_deref();
    let skipped = |why: &str| Ok((Some(format!("Error at offset {}, skipping. {why}", record.offset)), None));
    let decoded = match GroupRecord::decode(key, value) {
        Ok(decoded) => decoded,
        Err(error) => return skipped(&error.to_string()),
    };
    let kind = i16_at(key, 0);
    let version = value.map_or(0, |value| i16_at(value, 0));
    let (fields, value) = match &decoded {
        GroupRecord::OffsetCommit { group, partition, value: committed } => {
            let TopicPartition { topic, partition } = partition;
            let fields = [("group", text(group)), ("topic", text(topic)), ("partition", partition.to_string())];
            let expiry = value.filter(|_| version == 1).map(i64_at_end);
            (object(&fields), committed.as_ref().map(|it| offset_commit(it, version, expiry)))
        }
        GroupRecord::GroupMetadata { group, value } => {
            (object(&[("group", text(group))]), value.as_ref().map(|it| group_metadata(it, version)))
        }
        GroupRecord::Other(kind) => return skipped(&format!("Records of type {kind} are not decoded here.")),
    };
    let key = object(&[("type", text(&kind.to_string())), ("data", fields)]);
    let value = value.map(|data| object(&[("version", text(&version.to_string())), ("data", data)]));
    Ok((Some(key), Some(value.unwrap_or("<DELETE>".into()))))
}

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    bytes.get(at..at + 2).map_or(0, |it| i16::from_be_bytes([it[0], it[1]]))
}

fn i64_at_end(bytes: &[u8]) -> i64 {
    bytes.last_chunk().map_or(-1, |last| i64::from_be_bytes(*last))
}

fn offset_commit(value: &OffsetAndMetadata, version: i16, expiry: Option<i64>) -> String {
    let mut fields = vec![("offset", value.offset.to_string())];
    if version >= 3 {
        fields.push(("leaderEpoch", value.leader_epoch.to_string()));
    }
    fields.push(("metadata", text(&value.metadata)));
    fields.push(("commitTimestamp", value.commit_timestamp.to_string()));
    if let Some(expiry) = expiry {
        fields.push(("expireTimestamp", expiry.to_string()));
    }
    if let Some(id) = value.topic_id.filter(|id| version >= 4 && id.0 != 0) {
        fields.push(("topicId", text(&id.to_string())));
    }
    object(&fields)
}

fn group_metadata(value: &GroupMetadataValue, version: i16) -> String {
    let is_consumer = &*value.protocol_type == "consumer";
    let mut fields = vec![
        ("protocolType", text(&value.protocol_type)),
        ("generation", value.generation.to_string()),
        ("protocol", text_or_null(value.protocol.as_deref())),
        ("leader", text_or_null(value.leader.as_deref())),
    ];
    if version >= 2 {
        fields.push(("currentStateTimestamp", value.current_state_timestamp.to_string()));
    }
    fields.push(("members", array(value.members.iter().map(|it| member(it, version, is_consumer)))));
    object(&fields)
}

fn member(member: &MemberMetadata, version: i16, is_consumer: bool) -> String {
    let mut fields = vec![("memberId", text(&member.member))];
    if version >= 3 {
        fields.push(("groupInstanceId", text_or_null(member.instance.as_deref())));
    }
    fields.push(("clientId", text(&member.client_id)));
    fields.push(("clientHost", text(&member.client_host)));
    if version >= 1 {
        fields.push(("rebalanceTimeout", member.rebalance_timeout.to_string()));
    }
    fields.push(("sessionTimeout", member.session_timeout.to_string()));
    let subscription = Some(&member.subscription).filter(|_| is_consumer).and_then(|it| subscription(it));
    fields.push(("subscription", subscription.unwrap_or_else(|| bytes(Some(&member.subscription)))));
    let assignment = Some(&member.assignment).filter(|_| is_consumer).and_then(|it| assignment(it));
    fields.push(("assignment", assignment.unwrap_or_else(|| bytes(Some(&member.assignment)))));
    object(&fields)
}

/// What a member told its group's leader, if it can be read.
fn subscription(content: &[u8]) -> Option<String> {
    let version = i16_at(content, 0);
    let value = Subscription::decode(content).ok()?;
    let mut fields = vec![
        ("topics", array(value.topics.iter().map(|topic| text(topic)))),
        ("userData", bytes(value.user_data.as_deref())),
    ];
    if version >= 1 {
        fields.push(("ownedPartitions", partitions(&value.owned)));
    }
    if version >= 2 {
        fields.push(("generationId", value.generation.to_string()));
    }
    if version >= 3 {
        fields.push(("rackId", text_or_null(value.rack.as_deref())));
    }
    Some(object(&fields))
}

/// What the leader gave a member, if it can be read.
fn assignment(content: &[u8]) -> Option<String> {
    if content.is_empty() {
        return None;
    }
    let value = Assignment::decode(content).ok()?;
    let fields =
        [("assignedPartitions", partitions(&value.partitions)), ("userData", bytes(value.user_data.as_deref()))];
    Some(object(&fields))
}

/// Partitions by topic, as they stand there.
fn partitions(partitions: &[TopicPartition]) -> String {
    let by_topic = partitions.chunk_by(|a, b| a.topic == b.topic);
    array(by_topic.map(|group| {
        let numbers = array(group.iter().map(|tp| tp.partition.to_string()));
        object(&[("topic", text(&group[0].topic)), ("partitions", numbers)])
    }))
}
