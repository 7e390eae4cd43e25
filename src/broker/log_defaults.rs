//! What `server.properties` says for topics that do not say it themselves (Kafka's `ServerTopicConfigSynonyms`).
//!
//! Almost every setting of a topic has one of the server behind it, under another name, for reasons of history: behind
//! `retention.ms` stand `log.retention.ms`, `log.retention.minutes` and `log.retention.hours`, of which the first that is
//! given counts, in whatever order they are written.

use super::config::InvalidValue;
use crate::log::{ConfigError, LogConfig};

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;

/// A setting of a topic, and those of the server behind it, the strongest first; each with what one of its units is in
/// the topic's.
type Synonyms = (&'static str, &'static [(&'static str, i64)]);

const SYNONYMS: &[Synonyms] = &[
    ("segment.bytes", &[("log.segment.bytes", 1)]),
    ("segment.ms", &[("log.roll.ms", 1), ("log.roll.hours", HOUR)]),
    ("segment.jitter.ms", &[("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", HOUR)]),
    ("segment.index.bytes", &[("log.index.size.max.bytes", 1)]),
    ("flush.messages", &[("log.flush.interval.messages", 1)]),
    ("flush.ms", &[("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)]),
    ("retention.bytes", &[("log.retention.bytes", 1)]),
    ("retention.ms", &[("log.retention.ms", 1), ("log.retention.minutes", MINUTE), ("log.retention.hours", HOUR)]),
    ("max.message.bytes", &[("message.max.bytes", 1)]),
    ("index.interval.bytes", &[("log.index.interval.bytes", 1)]),
    ("delete.retention.ms", &[("log.cleaner.delete.retention.ms", 1)]),
    ("min.compaction.lag.ms", &[("log.cleaner.min.compaction.lag.ms", 1)]),
    ("max.compaction.lag.ms", &[("log.cleaner.max.compaction.lag.ms", 1)]),
    ("file.delete.delay.ms", &[("log.segment.delete.delay.ms", 1)]),
    ("min.cleanable.dirty.ratio", &[("log.cleaner.min.cleanable.ratio", 1)]),
    ("cleanup.policy", &[("log.cleanup.policy", 1)]),
    ("compression.type", &[("compression.type", 1)]),
    ("message.timestamp.type", &[("log.message.timestamp.type", 1)]),
    ("message.timestamp.before.max.ms", &[("log.message.timestamp.before.max.ms", 1)]),
    ("message.timestamp.after.max.ms", &[("log.message.timestamp.after.max.ms", 1)]),
];

/// The server's settings for topics that do not say.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct LogDefaults {
    config: LogConfig,
    /// The settings of topics that were given, each with the place of the synonym that gave it.
    given: Vec<(&'static str, u8)>,
}

impl LogDefaults {
    /// What a topic has that says nothing.
    #[must_use]
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// The names that [`LogDefaults::set`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SYNONYMS.iter().flat_map(|(_, names)| names.iter().map(|(name, _)| *name))
    }

    /// The strongest of the server's settings behind a topic's.
    #[must_use]
    pub fn server_synonym(topic_setting: &str) -> Option<&'static str> {
        SYNONYMS.iter().find(|(name, _)| *name == topic_setting).and_then(|(_, names)| Some(names.first()?.0))
    }

    /// Takes one of the server's settings; false if no topic's setting stands before it.
    ///
    /// # Errors
    /// If the value is none that the setting may have.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, InvalidValue> {
        let find = |(topic, names): &Synonyms| {
            let place = names.iter().position(|(synonym, _)| *synonym == name)?;
            Some((*topic, place as u8, names[place].1))
        };
        let Some((topic, place, unit)) = SYNONYMS.iter().find_map(find) else { return Ok(false) };
        let refused = |wanted: String| InvalidValue { name: name.into(), value: value.into(), wanted };
        let no_number = || refused("a number".into());
        let mut own = match unit {
            1 => value.trim().to_owned(),
            _ => in_ms(value, unit).ok_or_else(no_number)?.to_string(),
        };
        if topic == "retention.ms" {
            own = retention(&own).ok_or_else(|| refused("at least 1, or -1 for ever,".into()))?;
        }
        let mut config = self.config.clone();
        config.set(topic, &own).map_err(|error| match error {
            ConfigError::Invalid { allowed, .. } => refused(allowed),
            ConfigError::Unknown { .. } => unreachable!("a synonym stands for a setting of the log"),
        })?;
        let before = self.given.iter().position(|(given, _)| *given == topic);
        match before {
            Some(at) if self.given[at].1 < place => return Ok(true),
            Some(at) => self.given[at].1 = place,
            None => self.given.push((topic, place)),
        }
        self.config = config;
        Ok(true)
    }
}

fn in_ms(value: &str, unit: i64) -> Option<i64> {
    value.trim().parse::<i64>().ok()?.checked_mul(unit)
}

/// Of a server's retention, everything below zero means for ever, and zero is refused.
fn retention(value: &str) -> Option<String> {
    match value.parse::<i64>().ok()? {
        0 => None,
        ms => Some(ms.max(-1).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(settings: &[(&str, &str)]) -> LogConfig {
        let mut defaults = LogDefaults::default();
        for (name, value) in settings {
            assert_eq!(defaults.set(name, value), Ok(true), "{name}={value}");
        }
        defaults.config().clone()
    }

    #[test]
    fn the_finer_unit_counts_in_whatever_order() {
        let (hours, minutes, ms) =
            (("log.retention.hours", "2"), ("log.retention.minutes", "3"), ("log.retention.ms", "4"));
        for (settings, expected) in [
            (&[hours][..], 7_200_000),
            (&[hours, minutes], 180_000),
            (&[minutes, hours], 180_000),
            (&[minutes, ms, hours], 4),
            (&[("log.retention.hours", "-1")], -1),
        ] {
            assert_eq!(given(settings).retention_ms, expected);
        }
        let again = given(&[("log.roll.hours", "1"), ("log.roll.hours", "2")]);
        assert_eq!(again.segment_ms, 7_200_000, "the last word for one and the same setting counts");
    }

    #[test]
    fn what_no_topic_may_have_no_server_may_say() {
        let mut defaults = LogDefaults::default();
        for (name, value) in
            [("log.retention.ms", "0"), ("log.roll.hours", "0"), ("log.segment.bytes", "7"), ("log.roll.ms", "soon")]
        {
            assert!(defaults.set(name, value).is_err(), "{name}={value}");
        }
        assert_eq!(defaults.set("broker.heartbeat.interval.ms", "1"), Ok(false));
        assert_eq!(defaults, LogDefaults::default());
    }

    #[test]
    fn every_synonym_leads_to_a_setting_of_the_log() {
        for (topic, names) in SYNONYMS {
            assert!(LogConfig::NAMES.contains(topic), "{topic}");
            assert_eq!(LogDefaults::server_synonym(topic), Some(names[0].0));
            let value = LogConfig::default().get(topic).unwrap();
            assert_eq!(given(&[(names[0].0, &value)]), LogConfig::default());
        }
    }
}
