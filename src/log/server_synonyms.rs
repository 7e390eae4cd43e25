//! What a topic's settings are called among a broker's (Kafka's `ServerTopicConfigSynonyms`).
//!
//! A topic that does not say takes its broker's setting, which for historical reasons mostly has another name. Some have
//! further names in other units (`log.retention.hours`), which only count where the first one is not set; those are left
//! out here.

/// What a topic's settings are called among the broker's. Those without a default there have one under yet another
/// name, in other units.
const SERVER_SYNONYMS: &[(&str, &str, bool)] = &[
    ("cleanup.policy", "log.cleanup.policy", true),
    ("compression.type", "compression.type", true),
    ("delete.retention.ms", "log.cleaner.delete.retention.ms", true),
    ("file.delete.delay.ms", "log.segment.delete.delay.ms", true),
    ("flush.messages", "log.flush.interval.messages", true),
    ("flush.ms", "log.flush.interval.ms", false),
    ("index.interval.bytes", "log.index.interval.bytes", true),
    ("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", true),
    ("max.message.bytes", "message.max.bytes", true),
    ("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", true),
    ("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", true),
    ("message.timestamp.type", "log.message.timestamp.type", true),
    ("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", true),
    ("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", true),
    ("min.insync.replicas", "min.insync.replicas", true),
    ("retention.bytes", "log.retention.bytes", true),
    ("retention.ms", "log.retention.ms", false),
    ("segment.bytes", "log.segment.bytes", true),
    ("segment.index.bytes", "log.index.size.max.bytes", true),
    ("segment.jitter.ms", "log.roll.jitter.ms", false),
    ("segment.ms", "log.roll.ms", false),
];

/// The name among the broker's settings of a topic's setting.
#[must_use]
pub fn server_synonym(topic_config: &str) -> Option<&'static str> {
    SERVER_SYNONYMS.iter().find(|(of_topic, ..)| *of_topic == topic_config).map(|(_, of_broker, _)| *of_broker)
}

/// The topic's setting that takes its default from a broker's.
#[must_use]
pub fn topic_config(of_broker: &str) -> Option<&'static str> {
    SERVER_SYNONYMS.iter().find(|(_, name, _)| *name == of_broker).map(|(of_topic, ..)| *of_topic)
}

/// Whether the broker's setting of the first name has a default of its own.
#[must_use]
pub fn has_server_default(topic_config: &str) -> bool {
    SERVER_SYNONYMS.iter().any(|(of_topic, _, has_default)| *of_topic == topic_config && *has_default)
}
