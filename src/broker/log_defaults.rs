//! What `server.properties` says for topics that do not say it themselves (Kafka's `ServerTopicConfigSynonyms`).
//!
//! Almost every setting of a topic has one of the server behind it, under another name, for reasons of history: behind
//! `retention.ms` stand `log.retention.ms`, `log.retention.minutes` and `log.retention.hours`, of which the first that is
//! given counts, in whatever order they are written.

use super::config::InvalidValue;
use crate::log::{LogConfig, find_synonym, server_synonym, server_synonyms};

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
        server_synonyms().map(|(_, name)| name)
    }

    /// The value of the setting called `name`, if it was given and counts.
    #[must_use]
    pub(super) fn given(&self, name: &str) -> Option<String> {
        let (topic, _) = self.given.iter().find(|(topic, _)| server_synonym(topic) == Some(name))?;
        self.config.get(topic)
    }

    /// Takes one of the server's settings; false if no topic's setting stands before it.
    ///
    /// # Errors
    /// If the value is none that the setting may have.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, InvalidValue> {
        let Some((topic, place, unit)) = find_synonym(name) else { return Ok(false) };
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
        config.set(topic, &own).map_err(|_| refused(format!("a value that {topic} may have")))?;
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
        for (topic, name) in server_synonyms().filter(|(topic, name)| server_synonym(topic) == Some(*name)) {
            let value = LogConfig::default().get(topic).unwrap();
            assert_eq!(given(&[(name, &value)]), LogConfig::default());
        }
    }
}
