//! Command-line tools at work: each question is a client of its own, which asks once and ends.

use super::Cluster;
use super::action::{Action, AdminCall, ConfigTarget};
use super::node::{ClientProcess, ClientSpec};
use crate::base::{BrokerId, TopicPartition};
use crate::client::{Admin, AdminQuestion, LeaderQuestion};
use crate::protocol::{
    AlterPartitionReassignmentsRequest, ConfigResource, CreatePartitionsTopic, CreateTopicsRequest,
    ElectLeadersRequest, ElectionType, IncrementalAlterConfigsRequest, Request,
};
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
                assignments: Vec::new(),
                configs: configs.iter().map(|(key, value)| (name(key), name(value))).collect(),
            }))
        }
        AdminCall::Describe { topics } => AdminQuestion::Any(Request::Metadata(topics.iter().map(name).collect())),
        AdminCall::CreatePartitions { topics } => {
            let topic = |(topic, count): &(String, i32)| CreatePartitionsTopic {
                name: name(topic),
                count: *count,
                assignments: None,
            };
            AdminQuestion::Any(Request::CreatePartitions(topics.iter().map(topic).collect()))
        }
        AdminCall::CreateTopicOn { name: topic, replicas, configs } => {
            AdminQuestion::Any(Request::CreateTopics(CreateTopicsRequest {
                name: name(topic),
                partitions: -1,
                replication_factor: -1,
                assignments: replicas.iter().map(|replicas| brokers(replicas)).collect(),
                configs: configs.iter().map(|(key, value)| (name(key), name(value))).collect(),
            }))
        }
        AdminCall::CreatePartitionsOn { topic, count, replicas } => {
            let assignments = Some(replicas.iter().map(|replicas| brokers(replicas)).collect());
            let topic = CreatePartitionsTopic { name: name(topic), count: *count, assignments };
            AdminQuestion::Any(Request::CreatePartitions(vec![topic]))
        }
        AdminCall::ElectLeaders { unclean, partitions } => {
            let election_type = if *unclean { ElectionType::Unclean } else { ElectionType::Preferred };
            let partitions = partitions.as_deref().map(topic_partitions);
            AdminQuestion::Any(Request::ElectLeaders(ElectLeadersRequest { election_type, partitions }))
        }
        AdminCall::AlterPartitionReassignments { reassignments, allow_replication_factor_change } => {
            let one = |(topic, partition, target): &(String, i32, Option<Vec<i32>>)| {
                (TopicPartition::new(&name(topic), *partition), target.as_deref().map(brokers))
            };
            AdminQuestion::Any(Request::AlterPartitionReassignments(AlterPartitionReassignmentsRequest {
                allow_replication_factor_change: *allow_replication_factor_change,
                reassignments: reassignments.iter().map(one).collect(),
            }))
        }
        AdminCall::ListPartitionReassignments { partitions } => {
            let partitions = partitions.as_deref().map(topic_partitions);
            AdminQuestion::Any(Request::ListPartitionReassignments(partitions))
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

fn brokers(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

fn topic_partitions(partitions: &[(String, i32)]) -> Vec<TopicPartition> {
    partitions.iter().map(|(topic, partition)| TopicPartition::new(&topic.as_str().into(), *partition)).collect()
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
        AdminCall::CreateTopicOn { name, .. } => format!("kafka-topics --create --topic {name}"),
        AdminCall::CreatePartitionsOn { topic, count, .. } => {
            format!("kafka-topics --alter --topic {topic} --partitions {count}")
        }
        AdminCall::ElectLeaders { unclean, partitions } => {
            let election = if *unclean { "unclean" } else { "preferred" };
            let which = match partitions.as_deref() {
                Some([(topic, partition)]) => format!("--topic {topic} --partition {partition}"),
                Some(_) => "--path-to-json-file".into(),
                None => "--all-topic-partitions".into(),
            };
            format!("kafka-leader-election --election-type {election} {which}")
        }
        AdminCall::AlterPartitionReassignments { reassignments, .. } => {
            let ends = reassignments.iter().all(|(_, _, target)| target.is_none());
            format!("kafka-reassign-partitions {}", if ends { "--cancel" } else { "--execute" })
        }
        AdminCall::ListPartitionReassignments { .. } => "kafka-reassign-partitions --list".into(),
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
