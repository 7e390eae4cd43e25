//! Topics (the other half of Kafka's `ReplicationControlManager`): they are created, get more partitions, and are deleted.

use super::configuration_control::validate_topic_configs;
use super::{Controller, ControllerTimer, StripedReplicaPlacer};
use crate::base::{BrokerId, TopicName, TopicPartition};
use crate::protocol::{
    ConfigResource, CreatePartitionsTopic, CreateTopicsRequest, Effects, ErrorCode, MetadataRecord, Response, TopicId,
};
use crate::trace::TraceKind;
use std::rc::Rc;

type Fx = Effects<ControllerTimer>;

/// Why something was refused, and in which words.
pub(super) type Refusal = (ErrorCode, String);

impl Controller {
    pub(super) fn create_topic(&mut self, request: &CreateTopicsRequest, fx: &mut Fx) -> Response {
        let (error, message) = match self.new_topic_records(request) {
            Ok(records) => {
                let partitions =
                    records.iter().filter(|r| matches!(r, MetadataRecord::Partition { .. })).count() as i32;
                fx.trace_and(TraceKind::TopicCreated { topic: request.name.clone(), partitions }, |fx| {
                    self.write(records, fx)
                });
                (ErrorCode::None, String::new())
            }
            Err(refusal) => refusal,
        };
        Response::CreateTopics(vec![(request.name.clone(), error, message.into())])
    }

    fn new_topic_records(&mut self, request: &CreateTopicsRequest) -> Result<Vec<MetadataRecord>, Refusal> {
        let CreateTopicsRequest { name, configs, .. } = request;
        validate_topic_name(name)?;
        if self.image.topics.contains_key(name) {
            return Err((ErrorCode::TopicAlreadyExists, format!("Topic '{name}' already exists.")));
        }
        if let Some(other) = self.colliding_topic(name) {
            let message = format!("Topic '{name}' collides with existing topic: {other}");
            return Err((ErrorCode::InvalidTopicException, message));
        }
        let given = configs.iter().cloned().collect();
        validate_topic_configs(&given).map_err(|message| (ErrorCode::InvalidConfig, message))?;
        let placed = self.placement(request)?;
        let id = TopicId((u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64()));
        let mut records = vec![MetadataRecord::Topic { name: name.clone(), id }];
        let config = |(key, value): &(Rc<str>, Rc<str>)| MetadataRecord::Config {
            resource: ConfigResource::Topic(name.clone()),
            name: key.clone(),
            value: Some(value.clone()),
        };
        records.extend(configs.iter().map(config));
        records.extend(self.partition_records(name, 0, placed));
        Ok(records)
    }

    /// A topic whose name is the same in metrics, where a period becomes an underscore.
    fn colliding_topic(&self, name: &str) -> Option<&TopicName> {
        let unified = |name: &str| name.replace('.', "_");
        let collides = |known: &&TopicName| unified(known) == unified(name);
        self.image.topics.keys().find(collides).filter(|_| name.contains(['.', '_']))
    }

    /// The brokers for a new topic's partitions: chosen by whoever asks, or placed.
    fn placement(&mut self, request: &CreateTopicsRequest) -> Result<Vec<Vec<BrokerId>>, Refusal> {
        if !request.assignments.is_empty() {
            for (partition, replicas) in request.assignments.iter().enumerate() {
                self.validate_assignment(replicas, request.assignments.first().map(Vec::len))?;
                self.expect_active(partition as i32, replicas)?;
            }
            return Ok(request.assignments.clone());
        }
        let replication_factor = match request.replication_factor {
            -1 => self.config.default_replication_factor,
            1.. => request.replication_factor,
            _ => {
                return Err(invalid_replication_factor(
                    "Replication factor must be larger than 0, or -1 to use the default value.",
                ));
            }
        };
        let partitions = match request.partitions {
            -1 => self.config.num_partitions,
            1.. => request.partitions,
            _ => {
                return Err((
                    ErrorCode::InvalidPartitions,
                    "Number of partitions was set to an invalid non-positive value.".into(),
                ));
            }
        };
        let placed = self.place(partitions, replication_factor)?;
        self.expect_leaders(replication_factor, placed)
    }

    /// Every partition must have a replica that can lead.
    fn expect_leaders(
        &self,
        replication_factor: i16,
        placed: Vec<Vec<BrokerId>>,
    ) -> Result<Vec<Vec<BrokerId>>, Refusal> {
        if placed.iter().all(|replicas| replicas.iter().any(|broker| self.image.is_active(*broker))) {
            return Ok(placed);
        }
        Err(invalid_replication_factor(&format!(
            "Unable to replicate the partition {replication_factor} time(s): All brokers are currently fenced or in controlled \
             shutdown."
        )))
    }

    /// At least one of the replicas that a person has chosen must be able to lead.
    fn expect_active(&self, partition: i32, replicas: &[BrokerId]) -> Result<(), Refusal> {
        if replicas.iter().any(|broker| self.image.is_active(*broker)) {
            return Ok(());
        }
        let message = format!(
            "All brokers specified in the manual partition assignment for partition {partition} are fenced or in controlled \
             shutdown."
        );
        Err((ErrorCode::InvalidReplicaAssignment, message))
    }

    /// Chooses brokers for so many new partitions.
    fn place(&mut self, partitions: i32, replication_factor: i16) -> Result<Vec<Vec<BrokerId>>, Refusal> {
        let brokers = self
            .image
            .brokers
            .iter()
            .map(|(id, registration)| (*id, registration.fenced, registration.rack.as_deref()));
        let mut draw = |bound: u64| self.rng.below(bound);
        StripedReplicaPlacer::new(brokers, &mut draw)
            .and_then(|mut placer| (0..partitions).map(|_| placer.place(replication_factor, &mut draw)).collect())
            .map_err(|error| {
                invalid_replication_factor(&format!(
                    "Unable to replicate the partition {replication_factor} time(s): {error}"
                ))
            })
    }

    /// The records that make partitions of a topic, numbered from `first` on.
    fn partition_records(&self, topic: &TopicName, first: i32, placed: Vec<Vec<BrokerId>>) -> Vec<MetadataRecord> {
        let record = |(number, replicas): (i32, Vec<BrokerId>)| {
            let isr: Vec<BrokerId> = replicas.iter().copied().filter(|broker| self.image.is_active(*broker)).collect();
            let leader = isr.first().copied();
            MetadataRecord::Partition { partition: TopicPartition::new(topic, number), replicas, isr, leader }
        };
        (first..).zip(placed).map(record).collect()
    }

    pub(super) fn create_partitions(
        &mut self,
        topics: &[CreatePartitionsTopic],
        fx: &mut Fx,
    ) -> Vec<(TopicName, ErrorCode, Rc<str>)> {
        let mut answers = Vec::new();
        for topic in topics {
            let (error, message) = match self.more_partitions(topic) {
                Ok((from, records)) => {
                    let kind = TraceKind::PartitionsCreated { topic: topic.name.clone(), from, to: topic.count };
                    fx.trace_and(kind, |fx| self.write(records, fx));
                    (ErrorCode::None, String::new())
                }
                Err(refusal) => refusal,
            };
            answers.push((topic.name.clone(), error, message.into()));
        }
        answers
    }

    /// The records that bring a topic to the partitions wanted, and how many it has.
    fn more_partitions(&mut self, wanted: &CreatePartitionsTopic) -> Result<(i32, Vec<MetadataRecord>), Refusal> {
        let CreatePartitionsTopic { name, count, assignments } = wanted;
        let count = *count;
        let Some(topic) = self.image.topics.get(name) else {
            return Err((ErrorCode::UnknownTopicOrPartition, String::new()));
        };
        let present = topic.partitions.len() as i32;
        let invalid = |message: String| Err((ErrorCode::InvalidPartitions, message));
        if count == present {
            return invalid(format!("Topic already has {present} partition(s)."));
        }
        if count < present {
            return invalid(format!(
                "The topic {name} currently has {present} partition(s); {count} would not be an increase."
            ));
        }
        // As many replicas as its other partitions have.
        let replication_factor = topic.partitions.values().next().map_or(1, |first| first.replicas.len() as i16);
        let placed = match assignments {
            None => {
                let placed = self.place(count - present, replication_factor)?;
                self.expect_leaders(replication_factor, placed)?
            }
            Some(chosen) => {
                self.validate_additional(present, count - present, replication_factor, chosen)?;
                chosen.clone()
            }
        };
        Ok((present, self.partition_records(name, present, placed)))
    }

    /// Checks the replicas that a person has chosen for further partitions.
    fn validate_additional(
        &self,
        present: i32,
        additional: i32,
        replication_factor: i16,
        chosen: &[Vec<BrokerId>],
    ) -> Result<(), Refusal> {
        if chosen.len() as i32 != additional {
            let message = format!(
                "Attempted to add {additional} additional partition(s), but only {} assignment(s) were specified.",
                chosen.len()
            );
            return Err((ErrorCode::InvalidReplicaAssignment, message));
        }
        for (partition, replicas) in (present..).zip(chosen) {
            self.validate_assignment(replicas, Some(replication_factor as usize))?;
            self.expect_active(partition, replicas)?;
        }
        Ok(())
    }

    pub(super) fn delete_topics(&mut self, topics: &[TopicName], fx: &mut Fx) -> Vec<(TopicName, ErrorCode, Rc<str>)> {
        let mut answers = Vec::new();
        for name in topics {
            let mut error = ErrorCode::UnknownTopicOrPartition;
            if self.image.topics.contains_key(name) {
                error = ErrorCode::None;
                let record = MetadataRecord::RemoveTopic { name: name.clone() };
                fx.trace_and(TraceKind::TopicDeleted { topic: name.clone() }, |fx| self.write(vec![record], fx));
            }
            answers.push((name.clone(), error, "".into()));
        }
        answers
    }
}

fn invalid_replication_factor(message: &str) -> Refusal {
    (ErrorCode::InvalidReplicationFactor, message.into())
}

/// Kafka's rule for topic names (`Topic.validate`): 1 to 249 of `[a-zA-Z0-9._-]`, and neither `.` nor `..`.
fn validate_topic_name(name: &str) -> Result<(), Refusal> {
    let invalid = |why: &str| Err((ErrorCode::InvalidTopicException, format!("Topic name is invalid: {why}")));
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name {
        "" => invalid("the empty string is not allowed"),
        "." | ".." => invalid("'.' or '..' is not allowed"),
        _ if name.len() > 249 => invalid(&format!("the length of '{name}' is longer than the max allowed length 249")),
        _ if !name.chars().all(legal) => invalid(&format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        )),
        _ => Ok(()),
    }
}
