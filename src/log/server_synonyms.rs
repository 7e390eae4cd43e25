//! What a topic's settings are called among a broker's (Kafka's `ServerTopicConfigSynonyms`).
//!
//! A topic that does not say takes its broker's setting, which for historical reasons mostly has another name. Some have
//! further names in other units, `log.retention.minutes` and `log.retention.hours` behind `log.retention.ms`; of those,
//! the first that is set counts.

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;

/// A setting of a topic, and those of the broker behind it, the strongest first; each with what one of its units is in
/// the topic's.
type Synonyms = (&'static str, &'static [(&'static str, i64)]);

const SYNONYMS: &[Synonyms] = &[
    ("cleanup.policy", &[("log.cleanup.policy", 1)]),
    ("compression.type", &[("compression.type", 1)]),
    ("delete.retention.ms", &[("log.cleaner.delete.retention.ms", 1)]),
    ("file.delete.delay.ms", &[("log.segment.delete.delay.ms", 1)]),
    ("flush.messages", &[("log.flush.interval.messages", 1)]),
    ("flush.ms", &[("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)]),
    ("index.interval.bytes", &[("log.index.interval.bytes", 1)]),
    ("max.compaction.lag.ms", &[("log.cleaner.max.compaction.lag.ms", 1)]),
    ("max.message.bytes", &[("message.max.bytes", 1)]),
    ("message.timestamp.after.max.ms", &[("log.message.timestamp.after.max.ms", 1)]),
    ("message.timestamp.before.max.ms", &[("log.message.timestamp.before.max.ms", 1)]),
    ("message.timestamp.type", &[("log.message.timestamp.type", 1)]),
    ("min.cleanable.dirty.ratio", &[("log.cleaner.min.cleanable.ratio", 1)]),
    ("min.compaction.lag.ms", &[("log.cleaner.min.compaction.lag.ms", 1)]),
    ("min.insync.replicas", &[("min.insync.replicas", 1)]),
    ("retention.bytes", &[("log.retention.bytes", 1)]),
    ("retention.ms", &[("log.retention.ms", 1), ("log.retention.minutes", MINUTE), ("log.retention.hours", HOUR)]),
    ("segment.bytes", &[("log.segment.bytes", 1)]),
    ("segment.index.bytes", &[("log.index.size.max.bytes", 1)]),
    ("segment.jitter.ms", &[("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", HOUR)]),
    ("segment.ms", &[("log.roll.ms", 1), ("log.roll.hours", HOUR)]),
    ("unclean.leader.election.enable", &[("unclean.leader.election.enable", 1)]),
];

/// The settings of a topic among these that its logs do not mind: they are for its leaders and for the controller.
pub const NOT_OF_LOGS: &[&str] = &["min.insync.replicas", "unclean.leader.election.enable"];

/// The name among the broker's settings of a topic's setting: the strongest, if there are several.
#[must_use]
pub fn server_synonym(topic_config: &str) -> Option<&'static str> {
    synonyms_of(topic_config).and_then(|names| Some(names.first()?.0))
}

/// The topic's setting that takes its default from a broker's.
#[must_use]
pub fn topic_config(of_broker: &str) -> Option<&'static str> {
    SYNONYMS.iter().find(|(_, names)| names[0].0 == of_broker).map(|(of_topic, _)| *of_topic)
}

/// Whether the strongest of the broker's settings has a default of its own; else one under another name has it.
#[must_use]
pub fn has_server_default(topic_config: &str) -> bool {
    synonyms_of(topic_config).is_some_and(|names| names.len() == 1)
}

/// All settings of brokers that logs mind, each behind the setting of topics that it stands for.
pub fn server_synonyms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_logs = SYNONYMS.iter().filter(|(of_topic, _)| !NOT_OF_LOGS.contains(of_topic));
    of_logs.flat_map(|(of_topic, names)| names.iter().map(|(name, _)| (*of_topic, *name)))
}

/// The setting of topics that one of brokers stands for; which place that one has among several, the strongest at 0; and
/// what one of its units is in the topic's.
#[must_use]
pub fn find_synonym(of_broker: &str) -> Option<(&'static str, u8, i64)> {
    let (of_topic, _) = server_synonyms().find(|(_, name)| *name == of_broker)?;
    let names = synonyms_of(of_topic)?;
    let place = names.iter().position(|(name, _)| *name == of_broker)?;
    Some((of_topic, place as u8, names[place].1))
}

fn synonyms_of(topic_config: &str) -> Option<&'static [(&'static str, i64)]> {
    SYNONYMS.iter().find(|(of_topic, _)| *of_topic == topic_config).map(|(_, names)| *names)
}
