//! The consumer's settings, by Kafka's names and 4.x defaults.

use crate::base::SimTime;
use crate::client::RANGE_ASSIGNOR_NAME;
use std::fmt;
use std::rc::Rc;

/// What a consumer does in a partition for which its group has no offset, or one that no longer exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AutoOffsetReset {
    /// Reads what comes from now on.
    Latest,
    /// Reads from the log's start.
    Earliest,
    /// Gives up with an error.
    None,
}

/// What is wrong with a setting.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ConfigError {
    /// There is no such setting, or it is not modelled.
    Unknown(Rc<str>),
    /// The value is not allowed.
    Invalid {
        /// The setting.
        name: Rc<str>,
        /// The value.
        value: Rc<str>,
        /// What would be allowed.
        expected: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unknown(name) => write!(f, "the consumer has no setting {name} here"),
            ConfigError::Invalid { name, value, expected } => {
                write!(f, "Invalid value {value} for configuration {name}: expected {expected}")
            }
        }
    }
}

/// The settings.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConsumerConfig {
    /// `group.id`.
    pub group_id: Rc<str>,
    /// `enable.auto.commit`.
    pub enable_auto_commit: bool,
    /// `auto.commit.interval.ms`.
    pub auto_commit_interval: SimTime,
    /// `auto.offset.reset`.
    pub auto_offset_reset: AutoOffsetReset,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// `heartbeat.interval.ms`.
    pub heartbeat_interval: SimTime,
    /// `max.poll.interval.ms`.
    pub max_poll_interval_ms: i32,
    /// `max.poll.records`.
    pub max_poll_records: i32,
    /// `client.rack`; empty for none.
    pub client_rack: Rc<str>,
    /// `fetch.min.bytes`.
    pub fetch_min_bytes: i32,
    /// `fetch.max.wait.ms`.
    pub fetch_max_wait: SimTime,
    /// `fetch.max.bytes`.
    pub fetch_max_bytes: i32,
    /// `max.partition.fetch.bytes`.
    pub max_partition_fetch_bytes: i32,
    /// `metadata.max.age.ms`.
    pub metadata_max_age: SimTime,
    /// `request.timeout.ms`.
    pub request_timeout: SimTime,
    /// `retry.backoff.ms`.
    pub retry_backoff: SimTime,
    /// `retry.backoff.max.ms`.
    pub retry_backoff_max: SimTime,
    /// `reconnect.backoff.ms`.
    pub reconnect_backoff: SimTime,
    /// `reconnect.backoff.max.ms`.
    pub reconnect_backoff_max: SimTime,
}

impl Default for ConsumerConfig {
    fn default() -> Self {
        Self {
            group_id: "".into(),
            enable_auto_commit: true,
            auto_commit_interval: SimTime::from_secs(5),
            auto_offset_reset: AutoOffsetReset::Latest,
            session_timeout_ms: 45_000,
            heartbeat_interval: SimTime::from_secs(3),
            max_poll_interval_ms: 300_000,
            max_poll_records: 500,
            client_rack: "".into(),
            fetch_min_bytes: 1,
            fetch_max_wait: SimTime::from_ms(500),
            fetch_max_bytes: 52_428_800,
            max_partition_fetch_bytes: 1_048_576,
            metadata_max_age: SimTime::from_secs(300),
            request_timeout: SimTime::from_secs(30),
            retry_backoff: SimTime::from_ms(100),
            retry_backoff_max: SimTime::from_ms(1000),
            reconnect_backoff: SimTime::from_ms(50),
            reconnect_backoff_max: SimTime::from_ms(1000),
        }
    }
}

impl ConsumerConfig {
    /// The settings that are modelled, by name.
    pub const NAMES: &[&str] = &[
        "auto.commit.interval.ms",
        "auto.offset.reset",
        "client.rack",
        "enable.auto.commit",
        "fetch.max.bytes",
        "fetch.max.wait.ms",
        "fetch.min.bytes",
        "group.id",
        "heartbeat.interval.ms",
        "max.partition.fetch.bytes",
        "max.poll.interval.ms",
        "max.poll.records",
        "metadata.max.age.ms",
        "partition.assignment.strategy",
        "reconnect.backoff.max.ms",
        "reconnect.backoff.ms",
        "request.timeout.ms",
        "retry.backoff.max.ms",
        "retry.backoff.ms",
        "session.timeout.ms",
    ];

    /// Changes the setting `name`.
    ///
    /// # Errors
    /// If it is not modelled, or if Kafka would not take the value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let setting = Setting { name, value };
        match name {
            "group.id" => self.group_id = value.into(),
            "client.rack" => self.client_rack = value.into(),
            "enable.auto.commit" => self.enable_auto_commit = setting.boolean()?,
            "auto.commit.interval.ms" => self.auto_commit_interval = setting.millis()?,
            "auto.offset.reset" => self.auto_offset_reset = setting.offset_reset()?,
            "session.timeout.ms" => self.session_timeout_ms = setting.int(0)?,
            "heartbeat.interval.ms" => self.heartbeat_interval = setting.millis()?,
            "max.poll.interval.ms" => self.max_poll_interval_ms = setting.int(1)?,
            "max.poll.records" => self.max_poll_records = setting.int(1)?,
            "fetch.min.bytes" => self.fetch_min_bytes = setting.int(0)?,
            "fetch.max.wait.ms" => self.fetch_max_wait = setting.millis()?,
            "fetch.max.bytes" => self.fetch_max_bytes = setting.int(0)?,
            "max.partition.fetch.bytes" => self.max_partition_fetch_bytes = setting.int(0)?,
            "metadata.max.age.ms" => self.metadata_max_age = setting.millis()?,
            "request.timeout.ms" => self.request_timeout = setting.millis()?,
            "retry.backoff.ms" => self.retry_backoff = setting.millis()?,
            "retry.backoff.max.ms" => self.retry_backoff_max = setting.millis()?,
            "reconnect.backoff.ms" => self.reconnect_backoff = setting.millis()?,
            "reconnect.backoff.max.ms" => self.reconnect_backoff_max = setting.millis()?,
            "partition.assignment.strategy" => setting.range_only()?,
            _ => return Err(ConfigError::Unknown(name.into())),
        }
        Ok(())
    }

    /// What is wrong with the settings taken together, which the Java client checks as it starts.
    ///
    /// # Errors
    /// If `heartbeat.interval.ms` is not below `session.timeout.ms`.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let session = u64::try_from(self.session_timeout_ms).unwrap_or(0);
        if self.heartbeat_interval.as_ms() >= session {
            let setting =
                Setting { name: "heartbeat.interval.ms", value: &self.heartbeat_interval.as_ms().to_string() };
            return Err(setting.invalid("less than session.timeout.ms"));
        }
        Ok(())
    }
}

/// A setting being read.
struct Setting<'a> {
    name: &'a str,
    value: &'a str,
}

impl Setting<'_> {
    fn invalid(&self, expected: &'static str) -> ConfigError {
        ConfigError::Invalid { name: self.name.into(), value: self.value.into(), expected }
    }

    fn int(&self, at_least: i32) -> Result<i32, ConfigError> {
        let expected = if at_least > 0 { "a whole number, at least 1" } else { "a whole number, at least 0" };
        match self.value.trim().parse() {
            Ok(number) if number >= at_least => Ok(number),
            _ => Err(self.invalid(expected)),
        }
    }

    fn millis(&self) -> Result<SimTime, ConfigError> {
        self.int(0).map(|ms| SimTime::from_ms(u64::from(ms.unsigned_abs())))
    }

    fn boolean(&self) -> Result<bool, ConfigError> {
        match self.value.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.invalid("true or false")),
        }
    }

    fn offset_reset(&self) -> Result<AutoOffsetReset, ConfigError> {
        match self.value {
            "latest" => Ok(AutoOffsetReset::Latest),
            "earliest" => Ok(AutoOffsetReset::Earliest),
            "none" => Ok(AutoOffsetReset::None),
            _ => Err(self.invalid("latest, earliest or none")),
        }
    }

    fn range_only(&self) -> Result<(), ConfigError> {
        match self.value {
            RANGE_ASSIGNOR_NAME | "org.apache.kafka.clients.consumer.RangeAssignor" => Ok(()),
            _ => Err(self.invalid("range")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AutoOffsetReset, ConfigError, ConsumerConfig};

    #[test]
    fn every_name_is_taken_and_others_are_refused_by_name() {
        let mut config = ConsumerConfig::default();
        for name in ConsumerConfig::NAMES {
            let value = match *name {
                "auto.offset.reset" => "earliest",
                "enable.auto.commit" => "false",
                "partition.assignment.strategy" => "range",
                _ => "7",
            };
            assert_eq!(config.set(name, value), Ok(()), "{name}");
        }
        assert_eq!(config.auto_offset_reset, AutoOffsetReset::Earliest);
        assert_eq!(config.set("isolation.level", "x"), Err(ConfigError::Unknown("isolation.level".into())));
        assert!(config.set("max.poll.records", "0").is_err());
        assert!(config.set("fetch.min.bytes", "many").is_err());
        assert!(ConsumerConfig::default().validate().is_ok());
        assert!(config.validate().is_err(), "a heartbeat every 7 ms and a session of 7 ms");
    }
}
