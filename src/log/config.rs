//! A topic's settings, as far as its logs mind them. Names and defaults are Kafka's.

use crate::base::Rng;
use crate::record::{CompressionType, TimestampType};
use std::fmt;

/// What becomes of records that are old: `cleanup.policy`. With neither, everything is kept for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CleanupPolicy {
    /// `delete`: old segments go, by time and by size.
    pub delete: bool,
    /// `compact`: of each key only the last value stays.
    pub compact: bool,
}

impl fmt::Display for CleanupPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.delete, self.compact) {
            (true, true) => "compact,delete",
            (true, false) => "delete",
            (false, true) => "compact",
            (false, false) => "",
        })
    }
}

/// A share between 0 and 1, in millionths: the model knows no floats.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ratio(pub u32);

impl Ratio {
    /// All of it.
    pub const ONE: Self = Self(1_000_000);

    /// Whether `part` of `whole` is more than this share; never of nothing.
    #[must_use]
    pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::ONE.0) > u128::from(whole) * u128::from(self.0)
    }

    /// Reads a decimal number such as `0.5`, with at most six digits behind the point.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(part) || part.len() > 6 {
            return None;
        }
        let millionths = format!("{whole}{part:0<6}").parse().ok()?;
        Some(Self(millionths)).filter(|ratio| *ratio <= Self::ONE)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:06}", self.0 % Self::ONE.0);
        let digits = digits.trim_end_matches('0');
        write!(f, "{}.{}", self.0 / Self::ONE.0, if digits.is_empty() { "0" } else { digits })
    }
}

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
    /// `compression.type`: the codec that batches are stored in; none for `producer`, as they come.
    pub compression_type: Option<CompressionType>,
    /// `segment.jitter.ms`: `segment.ms` is less by a random time below this, another for each segment.
    pub segment_jitter_ms: i64,
    /// `flush.messages`: after how many records a log is brought to the platter.
    pub flush_messages: i64,
    /// `flush.ms`: after what time a log is brought to the platter.
    pub flush_ms: i64,
    /// `cleanup.policy`: what becomes of old records.
    pub cleanup_policy: CleanupPolicy,
    /// `retention.ms`: a segment whose youngest record is older goes; −1 for never.
    pub retention_ms: i64,
    /// `retention.bytes`: the oldest segments beyond this size go; −1 for never.
    pub retention_bytes: i64,
    /// `file.delete.delay.ms`: how long a file lies as `.deleted` before it is removed.
    pub file_delete_delay_ms: i64,
    /// `delete.retention.ms`: how long the cleaner keeps a tombstone once it has seen it.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`: a younger record is not compacted.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`: an older record makes its log due for compaction, whatever the ratio.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`: a log is due for compaction if more than this share of it is dirty.
    pub min_cleanable_dirty_ratio: Ratio,
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
            compression_type: None,
            segment_jitter_ms: 0,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            cleanup_policy: CleanupPolicy { delete: true, compact: false },
            retention_ms: 7 * 24 * 60 * 60 * 1000,
            retention_bytes: -1,
            file_delete_delay_ms: 60 * 1000,
            delete_retention_ms: 24 * 60 * 60 * 1000,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_ratio: Ratio(500_000),
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
        /// What is wrong with it, in Kafka's words.
        reason: String,
    },
    /// One of the values of a list stands there twice.
    Duplicated {
        /// The setting's name.
        name: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "Unknown topic config name: {name}"),
            Self::Invalid { name, value, reason } => {
                write!(f, "Invalid value {value} for configuration {name}: {reason}")
            }
            Self::Duplicated { name } => write!(f, "Configuration '{name}' values must not be duplicated."),
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
        "compression.type",
        "segment.jitter.ms",
        "flush.messages",
        "flush.ms",
        "cleanup.policy",
        "retention.ms",
        "retention.bytes",
        "file.delete.delay.ms",
        "delete.retention.ms",
        "min.compaction.lag.ms",
        "max.compaction.lag.ms",
        "min.cleanable.dirty.ratio",
    ];

    /// The size at which a segment is full.
    #[must_use]
    pub fn segment_size(&self) -> u32 {
        self.internal_segment_bytes.unwrap_or(self.segment_bytes)
    }

    /// How long a segment takes records: compaction wants them in a sealed segment before `max.compaction.lag.ms`.
    #[must_use]
    pub fn max_segment_ms(&self) -> i64 {
        let compacts = self.cleanup_policy.compact && self.max_compaction_lag_ms > 0;
        if compacts { self.segment_ms.min(self.max_compaction_lag_ms) } else { self.segment_ms }
    }

    /// By how much a new segment is to roll early.
    pub(super) fn random_segment_jitter(&self, rng: &mut Rng) -> i64 {
        let bound = self.segment_jitter_ms.min(self.segment_ms);
        if bound > 0 { rng.below(bound.cast_unsigned()).cast_signed() } else { 0 }
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
            "compression.type" => self.compression_type = compression_type(value)?,
            "segment.jitter.ms" => self.segment_jitter_ms = long("segment.jitter.ms", value, 0)?,
            "flush.messages" => self.flush_messages = long("flush.messages", value, 1)?,
            "flush.ms" => self.flush_ms = long("flush.ms", value, 0)?,
            "cleanup.policy" => self.cleanup_policy = cleanup_policy(value)?,
            "retention.ms" => self.retention_ms = long("retention.ms", value, -1)?,
            // Kafka asks for no minimum here.
            "retention.bytes" => self.retention_bytes = long("retention.bytes", value, i64::MIN)?,
            "file.delete.delay.ms" => self.file_delete_delay_ms = long("file.delete.delay.ms", value, 0)?,
            "delete.retention.ms" => self.delete_retention_ms = long("delete.retention.ms", value, 0)?,
            "min.compaction.lag.ms" => self.min_compaction_lag_ms = long("min.compaction.lag.ms", value, 0)?,
            "max.compaction.lag.ms" => self.max_compaction_lag_ms = long("max.compaction.lag.ms", value, 1)?,
            "min.cleanable.dirty.ratio" => {
                self.min_cleanable_dirty_ratio = ratio("min.cleanable.dirty.ratio", value)?;
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
            "compression.type" => match self.compression_type {
                None => "producer".into(),
                Some(CompressionType::None) => UNCOMPRESSED.into(),
                Some(codec) => codec.to_string(),
            },
            "segment.jitter.ms" => self.segment_jitter_ms.to_string(),
            "flush.messages" => self.flush_messages.to_string(),
            "flush.ms" => self.flush_ms.to_string(),
            "cleanup.policy" => self.cleanup_policy.to_string(),
            "retention.ms" => self.retention_ms.to_string(),
            "retention.bytes" => self.retention_bytes.to_string(),
            "file.delete.delay.ms" => self.file_delete_delay_ms.to_string(),
            "delete.retention.ms" => self.delete_retention_ms.to_string(),
            "min.compaction.lag.ms" => self.min_compaction_lag_ms.to_string(),
            "max.compaction.lag.ms" => self.max_compaction_lag_ms.to_string(),
            "min.cleanable.dirty.ratio" => self.min_cleanable_dirty_ratio.to_string(),
            _ => return None,
        })
    }
}

/// A number of Kafka's type `int`.
fn int(name: &'static str, value: &str, min: i32) -> Result<u32, ConfigError> {
    match value.trim().parse::<i32>() {
        Ok(number) if number >= min => Ok(number.cast_unsigned()),
        Ok(number) => Err(at_least(name, i64::from(number), i64::from(min))),
        Err(_) => Err(invalid(name, value, "Not a number of type INT")),
    }
}

fn long(name: &'static str, value: &str, min: i64) -> Result<i64, ConfigError> {
    match value.trim().parse() {
        Ok(number) if number >= min => Ok(number),
        Ok(number) => Err(at_least(name, number, min)),
        Err(_) => Err(invalid(name, value, "Not a number of type LONG")),
    }
}

fn at_least(name: &'static str, number: i64, min: i64) -> ConfigError {
    invalid(name, &number.to_string(), &format!("Value must be at least {min}"))
}

fn ratio(name: &'static str, value: &str) -> Result<Ratio, ConfigError> {
    let value = value.trim();
    if let Some(ratio) = Ratio::parse(value) {
        return Ok(ratio);
    }
    let (sign, digits) = value.strip_prefix('-').map_or((false, value), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = [whole, part].iter().all(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    // Java shows the number that it has read: 2 as 2.0.
    let whole_number = is_number && !digits.contains('.');
    let shown = if whole_number { format!("{value}.0") } else { value.to_owned() };
    Err(invalid(
        name,
        &shown,
        match (is_number, sign) {
            (false, _) => "Not a number of type DOUBLE",
            (true, true) => "Value must be at least 0",
            (true, false) if part.len() > 6 => "more than six digits behind the point are not modelled",
            (true, false) => "Value must be no more than 1",
        },
    ))
}

fn timestamp_type(value: &str) -> Result<TimestampType, ConfigError> {
    [TimestampType::CreateTime, TimestampType::LogAppendTime]
        .into_iter()
        .find(|it| it.name() == value)
        .ok_or_else(|| invalid("message.timestamp.type", value, "String must be one of: CreateTime, LogAppendTime"))
}

/// What a topic calls "not compressed"; a producer calls it `none`.
const UNCOMPRESSED: &str = "uncompressed";

fn compression_type(value: &str) -> Result<Option<CompressionType>, ConfigError> {
    let codecs = [CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];
    match value {
        "producer" => Ok(None),
        UNCOMPRESSED => Ok(Some(CompressionType::None)),
        _ => codecs.into_iter().find(|codec| codec.name() == value).map(Some).ok_or_else(|| {
            let reason = "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer";
            invalid("compression.type", value, reason)
        }),
    }
}

fn cleanup_policy(value: &str) -> Result<CleanupPolicy, ConfigError> {
    let name = "cleanup.policy";
    let mut policy = CleanupPolicy { delete: false, compact: false };
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let flag = match part {
            "delete" => &mut policy.delete,
            "compact" => &mut policy.compact,
            _ => return Err(invalid(name, part, "String must be one of: compact, delete")),
        };
        if std::mem::replace(flag, true) {
            return Err(ConfigError::Duplicated { name });
        }
    }
    Ok(policy)
}

fn invalid(name: &'static str, value: &str, reason: &str) -> ConfigError {
    ConfigError::Invalid { name, value: value.into(), reason: reason.into() }
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
    fn a_ratio_is_strictly_exceeded() {
        for (text, again) in [("0.5", "0.5"), ("0", "0.0"), ("1.0", "1.0"), ("0.000001", "0.000001")] {
            assert_eq!(Ratio::parse(text).unwrap().to_string(), again);
        }
        for text in ["", ".", "-0.5", "0.0000001", "1.000001", "half"] {
            assert_eq!(Ratio::parse(text), None, "{text}");
        }
        let half = Ratio::parse("0.5").unwrap();
        assert!(half.is_exceeded_by(51, 100) && !half.is_exceeded_by(50, 100) && !half.is_exceeded_by(0, 0));
    }

    #[test]
    fn what_kafka_refuses_is_refused() {
        let mut config = LogConfig::default();
        for (name, value, reason) in [
            ("segment.bytes", "1048575", "Value must be at least 1048576"),
            ("segment.bytes", "2147483648", "Not a number of type INT"),
            ("segment.ms", "0", "Value must be at least 1"),
            ("index.interval.bytes", "-1", "Value must be at least 0"),
            ("max.message.bytes", "many", "Not a number of type INT"),
            ("retention.ms", "-2", "Value must be at least -1"),
            ("flush.ms", "soon", "Not a number of type LONG"),
            ("message.timestamp.type", "createtime", "String must be one of: CreateTime, LogAppendTime"),
            ("cleanup.policy", "remove", "String must be one of: compact, delete"),
            ("compression.type", "none", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"),
            ("min.cleanable.dirty.ratio", "1.1", "Value must be no more than 1"),
            ("min.cleanable.dirty.ratio", "-0.1", "Value must be at least 0"),
            ("min.cleanable.dirty.ratio", "half", "Not a number of type DOUBLE"),
        ] {
            let said = config.set(name, value).unwrap_err().to_string();
            assert_eq!(said, format!("Invalid value {value} for configuration {name}: {reason}"));
        }
        for (name, value, said) in [
            ("segment.byte", "1", "Unknown topic config name: segment.byte"),
            ("cleanup.policy", "delete,delete", "Configuration 'cleanup.policy' values must not be duplicated."),
        ] {
            assert_eq!(config.set(name, value).unwrap_err().to_string(), said);
        }
        assert_eq!(config, LogConfig::default());
    }
}
