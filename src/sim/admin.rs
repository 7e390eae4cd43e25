//! Command-line tools at work: each question is a client of its own, which asks once and ends.

use super::Cluster;
use super::action::{Action, AdminCall, ConfigTarget};
use super::node::{ClientProcess, ClientSpec};
use crate::base::{BrokerId, TopicPartition};
use crate::client::{Admin, AdminQuestion, LeaderQuestion};
use crate::protocol::{ConfigResource, CreateTopicsRequest, IncrementalAlterConfigsRequest, Request};
use std::rc::Rc;

impl Cluster {
    pub(super) fn start_admin(&mut self, call: &AdminCall, action: &Action) {
        let (id, _) = self.next_client("admin");
        let admin = Admin::new(question(call), self.now, self.bootstrap());
        self.start_client(id, "admin", ClientSpec::Admin, ClientProcess::Admin(admin), action);
    }
}

/// What a tool's client asks, and of whom.
fn question(call: &AdminCall) -> AdminQuestion {
    let name = |name: &String| -> Rc<str> { name.as_str().into() };
    match call {
        AdminCall::CreateTopic { name: topic, partitions, replication_factor, configs } => {
            AdminQuestion::Any(Request::CreateTopics(CreateTopicsRequest {
                name: name(topic),
                partitions: *partitions,
                replication_factor: *replication_factor,
                configs: configs.iter().map(|(key, value)| (name(key), name(value))).collect(),
            }))
        }
        AdminCall::Describe { topics } => AdminQuestion::Any(Request::Metadata(topics.iter().map(name).collect())),
        AdminCall::CreatePartitions { topics } => {
            let topics = topics.iter().map(|(topic, count)| (name(topic), *count));
            AdminQuestion::Any(Request::CreatePartitions(topics.collect()))
        }
        AdminCall::DeleteTopics { topics } => {
            AdminQuestion::Any(Request::DeleteTopics(topics.iter().map(name).collect()))
        }
        AdminCall::AlterConfigs { target, ops } => {
            AdminQuestion::Any(Request::IncrementalAlterConfigs(IncrementalAlterConfigsRequest {
                resource: resource(target),
                ops: ops.iter().map(|(key, value)| (name(key), value.as_ref().map(name))).collect(),
            }))
        }
        AdminCall::DescribeConfigs { target } => {
            let request = Request::DescribeConfigs(resource(target));
            match target {
                ConfigTarget::Broker(id) => AdminQuestion::Brokers(vec![BrokerId(*id)], request),
                _ => AdminQuestion::Any(request),
            }
        }
        AdminCall::DeleteRecords { offsets } => {
            AdminQuestion::Leaders(LeaderQuestion::DeleteRecords, numbered(offsets.iter().cloned()))
        }
        AdminCall::ListOffsets { partitions, timestamp } => {
            let asked = partitions.iter().map(|(topic, partition)| (topic.clone(), *partition, *timestamp));
            AdminQuestion::Leaders(LeaderQuestion::ListOffsets, numbered(asked))
        }
        AdminCall::DescribeLogDirs { brokers } => {
            AdminQuestion::Brokers(brokers.iter().copied().map(BrokerId).collect(), Request::DescribeLogDirs)
        }
    }
}

fn numbered(partitions: impl Iterator<Item = (String, i32, i64)>) -> Vec<(TopicPartition, i64)> {
    partitions
        .map(|(topic, partition, number)| (TopicPartition::new(&topic.as_str().into(), partition), number))
        .collect()
}

fn resource(target: &ConfigTarget) -> ConfigResource {
    match target {
        ConfigTarget::Topic(topic) => ConfigResource::Topic(topic.as_str().into()),
        ConfigTarget::Broker(id) => ConfigResource::Broker(BrokerId(*id)),
        ConfigTarget::DefaultBroker => ConfigResource::DefaultBroker,
    }
}

/// The command that a person typed, as far as the question tells.
pub(super) fn command_line(call: &AdminCall) -> String {
    let entity = |target: &ConfigTarget| match target {
        ConfigTarget::Topic(topic) => format!("--topic {topic}"),
        ConfigTarget::Broker(id) => format!("--broker {id}"),
        ConfigTarget::DefaultBroker => "--broker-defaults".into(),
    };
    match call {
        AdminCall::CreateTopic { name, .. } => format!("kafka-topics --create --topic {name}"),
        AdminCall::Describe { topics } => format!("kafka-topics --describe --topic {}", topics.join(",")),
        AdminCall::CreatePartitions { topics } => {
            let topics: Vec<String> =
                topics.iter().map(|(topic, count)| format!("--topic {topic} --partitions {count}")).collect();
            format!("kafka-topics --alter {}", topics.join(" "))
        }
        AdminCall::DeleteTopics { topics } => format!("kafka-topics --delete --topic {}", topics.join(",")),
        AdminCall::AlterConfigs { target, ops } => {
            let set: Vec<String> =
                ops.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect();
            let deleted: Vec<&str> =
                ops.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.as_str()).collect();
            let part = |flag: &str, list: String| if list.is_empty() { list } else { format!(" {flag} {list}") };
            let changes = part("--add-config", set.join(",")) + &part("--delete-config", deleted.join(","));
            format!("kafka-configs --alter {}{changes}", entity(target))
        }
        AdminCall::DescribeConfigs { target } => format!("kafka-configs --describe {}", entity(target)),
        AdminCall::DeleteRecords { offsets } => {
            let offsets: Vec<String> =
                offsets.iter().map(|(topic, partition, offset)| format!("{topic}-{partition}@{offset}")).collect();
            format!("kafka-delete-records {}", offsets.join(" "))
        }
        AdminCall::ListOffsets { timestamp, .. } => format!("kafka-get-offsets --time {timestamp}"),
        AdminCall::DescribeLogDirs { .. } => "kafka-log-dirs --describe".into(),
    }
}
