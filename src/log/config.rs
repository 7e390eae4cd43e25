//! A topic's settings, as far as its logs mind them. Names and defaults are Kafka's.

use crate::record::TimestampType;
use std::fmt;

/// The settings of a log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is full at this size.
    pub segment_bytes: u32,
    /// `internal.segment.bytes`: the same without the minimum of 1 MiB, which it overrides; Kafka has it for tests, we
    /// for segments that one can see roll.
    pub internal_segment_bytes: Option<u32>,
    /// `segment.ms`: a segment takes no record this much younger than its first.
    pub segment_ms: i64,
    /// `segment.index.bytes`: an index is full at this size, and its segment with it.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: an index gets an entry once more than this was appended since the last one.
    pub index_interval_bytes: u32,
    /// `max.message.bytes`: the largest batch that is taken from a producer.
    pub max_message_bytes: u32,
    /// `message.timestamp.type`: whose clock records are stamped by.
    pub message_timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far behind the broker's clock a producer's may be.
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far ahead of the broker's clock a producer's may be.
    pub message_timestamp_after_max_ms: i64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            internal_segment_bytes: None,
            segment_ms: 7 * 24 * 60 * 60 * 1000,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            max_message_bytes: (1 << 20) + 12,
            message_timestamp_type: TimestampType::CreateTime,
            message_timestamp_before_max_ms: i64::MAX,
            message_timestamp_after_max_ms: 60 * 60 * 1000,
        }
    }
}

/// Why a setting was refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ConfigError {
    /// No log has such a setting.
    Unknown {
        /// The name.
        name: String,
    },
    /// The value is none that the setting may have.
    Invalid {
        /// The name.
        name: &'static str,
        /// The value.
        value: String,
        /// What it may be.
        allowed: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "unknown topic config name: {name}"),
            Self::Invalid { name, value, allowed } => {
                write!(f, "invalid value {value} for configuration {name}: must be {allowed}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl LogConfig {
    /// The names that [`LogConfig::set`] knows.
    pub const NAMES: &[&str] = &[
        "segment.bytes",
        "internal.segment.bytes",
        "segment.ms",
        "segment.index.bytes",
        "index.interval.bytes",
        "max.message.bytes",
        "message.timestamp.type",
        "message.timestamp.before.max.ms",
        "message.timestamp.after.max.ms",
    ];

    /// The size at which a segment is full.
    #[must_use]
    pub fn segment_size(&self) -> u32 {
        self.internal_segment_bytes.unwrap_or(self.segment_bytes)
    }

    /// Sets one setting from its name and value as one types them.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        match name {
            "segment.bytes" => self.segment_bytes = int("segment.bytes", value, 1 << 20)?,
            "internal.segment.bytes" => {
                self.internal_segment_bytes = Some(int("internal.segment.bytes", value, 1)?);
            }
            "segment.ms" => self.segment_ms = long("segment.ms", value, 1)?,
            "segment.index.bytes" => self.segment_index_bytes = int("segment.index.bytes", value, 4)?,
            "index.interval.bytes" => self.index_interval_bytes = int("index.interval.bytes", value, 0)?,
            "max.message.bytes" => self.max_message_bytes = int("max.message.bytes", value, 0)?,
            "message.timestamp.type" => self.message_timestamp_type = timestamp_type(value)?,
            "message.timestamp.before.max.ms" => {
                self.message_timestamp_before_max_ms = long("message.timestamp.before.max.ms", value, 0)?;
            }
            "message.timestamp.after.max.ms" => {
                self.message_timestamp_after_max_ms = long("message.timestamp.after.max.ms", value, 0)?;
            }
            _ => return Err(ConfigError::Unknown { name: name.into() }),
        }
        Ok(())
    }

    /// The value of a setting as one would type it; none if there is no such setting, or it has no value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        Some(match name {
            "segment.bytes" => self.segment_bytes.to_string(),
            "internal.segment.bytes" => self.internal_segment_bytes?.to_string(),
            "segment.ms" => self.segment_ms.to_string(),
            "segment.index.bytes" => self.segment_index_bytes.to_string(),
            "index.interval.bytes" => self.index_interval_bytes.to_string(),
            "max.message.bytes" => self.max_message_bytes.to_string(),
            "message.timestamp.type" => self.message_timestamp_type.to_string(),
            "message.timestamp.before.max.ms" => self.message_timestamp_before_max_ms.to_string(),
            "message.timestamp.after.max.ms" => self.message_timestamp_after_max_ms.to_string(),
            _ => return None,
        })
    }
}

/// A number of Kafka's type `int`.
fn int(name: &'static str, value: &str, min: i32) -> Result<u32, ConfigError> {
    long(name, value, i64::from(min)).and_then(|number| match i32::try_from(number) {
        Ok(number) => Ok(number.cast_unsigned()),
        Err(_) => Err(invalid(name, value, format!("at most {}", i32::MAX))),
    })
}

fn long(name: &'static str, value: &str, min: i64) -> Result<i64, ConfigError> {
    match value.trim().parse() {
        Ok(number) if number >= min => Ok(number),
        _ => Err(invalid(name, value, format!("a number of at least {min}"))),
    }
}

fn timestamp_type(value: &str) -> Result<TimestampType, ConfigError> {
    [TimestampType::CreateTime, TimestampType::LogAppendTime]
        .into_iter()
        .find(|it| it.name() == value)
        .ok_or_else(|| invalid("message.timestamp.type", value, "CreateTime or LogAppendTime".into()))
}

fn invalid(name: &'static str, value: &str, allowed: String) -> ConfigError {
    ConfigError::Invalid { name, value: value.into(), allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_set_to_what_it_is() {
        let mut config = LogConfig { internal_segment_bytes: Some(1000), ..LogConfig::default() };
        let before = config.clone();
        for name in LogConfig::NAMES {
            let value = config.get(name).unwrap();
            config.set(name, &value).unwrap();
        }
        assert_eq!(config, before);
    }

    #[test]
    fn what_kafka_refuses_is_refused() {
        let mut config = LogConfig::default();
        for (name, value) in [
            ("segment.bytes", "1048575"),
            ("segment.bytes", "2147483648"),
            ("segment.ms", "0"),
            ("index.interval.bytes", "-1"),
            ("max.message.bytes", "many"),
            ("message.timestamp.type", "createtime"),
            ("segment.byte", "1"),
        ] {
            assert!(config.set(name, value).is_err(), "{name}={value}");
        }
        assert_eq!(config, LogConfig::default());
    }
}
