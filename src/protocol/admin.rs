//! What administrators ask for: more partitions, other settings, fewer records, what lies on the disks.

use super::ErrorCode;
use crate::base::{BrokerId, Offset, SimTime, TopicName, TopicPartition};
use std::fmt;
use std::rc::Rc;

/// Whose settings (Kafka's `ConfigResource`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ConfigResource {
    /// A topic's.
    Topic(TopicName),
    /// One broker's.
    Broker(BrokerId),
    /// Those of all brokers that have none of their own; Kafka gives it the empty name.
    DefaultBroker,
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(name) => write!(f, "topic {name}"),
            Self::Broker(id) => write!(f, "broker {id}"),
            Self::DefaultBroker => f.write_str("default broker"),
        }
    }
}

/// IncrementalAlterConfigs, for one resource: all of it is done, or nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IncrementalAlterConfigsRequest {
    /// Whose settings.
    pub resource: ConfigResource,
    /// Names, each with the value to set, or none to take the setting back.
    pub ops: Vec<(Rc<str>, Option<Rc<str>>)>,
}

/// The answer to IncrementalAlterConfigs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IncrementalAlterConfigsResponse {
    /// Whose settings.
    pub resource: ConfigResource,
    /// The error.
    pub error: ErrorCode,
    /// What was wrong, for a person.
    pub message: Rc<str>,
}

/// Where the value of a setting comes from; of several the first in this order counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ConfigSource {
    /// Set for the topic.
    DynamicTopic,
    /// Set for this broker while it ran.
    DynamicBroker,
    /// Set for all brokers while they ran.
    DynamicDefaultBroker,
    /// Stands in the broker's `server.properties`.
    StaticBroker,
    /// Kafka's default.
    Default,
}

impl ConfigSource {
    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DynamicTopic => "DYNAMIC_TOPIC_CONFIG",
            Self::DynamicBroker => "DYNAMIC_BROKER_CONFIG",
            Self::DynamicDefaultBroker => "DYNAMIC_DEFAULT_BROKER_CONFIG",
            Self::StaticBroker => "STATIC_BROKER_CONFIG",
            Self::Default => "DEFAULT_CONFIG",
        }
    }
}

/// One of the places that give a setting a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConfigSynonym {
    /// What kind of place.
    pub source: ConfigSource,
    /// The setting's name there: a topic's `retention.ms` is a broker's `log.retention.ms`.
    pub name: Rc<str>,
    /// The value there.
    pub value: Rc<str>,
}

/// A setting, as DescribeConfigs tells it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConfigEntry {
    /// Its name.
    pub name: Rc<str>,
    /// The value in force.
    pub value: Rc<str>,
    /// All places that give it a value, the one in force first.
    pub synonyms: Vec<ConfigSynonym>,
}

impl ConfigEntry {
    /// Where the value in force comes from.
    #[must_use]
    pub fn source(&self) -> ConfigSource {
        self.synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source)
    }
}

/// The answer to DescribeConfigs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DescribeConfigsResponse {
    /// The error.
    pub error: ErrorCode,
    /// The settings, by name.
    pub entries: Vec<ConfigEntry>,
}

/// DeleteRecords.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DeleteRecordsRequest {
    /// How long the broker may wait for the replicas.
    pub timeout: SimTime,
    /// Per partition the first offset that is to stay; −1 for the high watermark.
    pub partitions: Vec<(TopicPartition, Offset)>,
}

/// The answer to DeleteRecords for one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DeleteRecordsPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// The error.
    pub error: ErrorCode,
    /// The lowest log start of all live replicas; −1 with an error.
    pub low_watermark: Offset,
}

/// One of a broker's log directories, as DescribeLogDirs tells it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogDirDescription {
    /// NONE, or KAFKA_STORAGE_ERROR if the directory is offline.
    pub error: ErrorCode,
    /// Its path.
    pub log_dir: Rc<str>,
    /// The replicas in it.
    pub replicas: Vec<LogDirReplica>,
}

/// A replica, as DescribeLogDirs tells it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogDirReplica {
    /// The partition.
    pub partition: TopicPartition,
    /// The size of all its segments, in bytes.
    pub size: u64,
    /// How many records its log end is behind its high watermark, as far as the replica itself knows.
    pub offset_lag: Offset,
}
