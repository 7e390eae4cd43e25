//! A producer's settings, by Kafka's names and with its 4.x defaults, except idempotence, which is not modelled yet and off.

use crate::base::SimTime;
use crate::record::CompressionType;
use std::fmt;

/// What `producer.properties` may say, as far as it is modelled.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProducerConfig {
    /// `acks`: 0, 1, or −1 for all.
    pub acks: i16,
    /// `batch.size`, in bytes.
    pub batch_size: usize,
    /// `compression.type`: how batches are compressed before they are sent.
    pub compression: CompressionType,
    /// `linger.ms`.
    pub linger: SimTime,
    /// `max.in.flight.requests.per.connection`.
    pub max_in_flight: usize,
    /// `retries`.
    pub retries: u32,
    /// `retry.backoff.ms`; doubles with each failure.
    pub retry_backoff: SimTime,
    /// `retry.backoff.max.ms`.
    pub retry_backoff_max: SimTime,
    /// `delivery.timeout.ms`: bounds a record's whole way, retries included.
    pub delivery_timeout: SimTime,
    /// `request.timeout.ms`.
    pub request_timeout: SimTime,
    /// `max.block.ms`: how long `send()` waits for metadata.
    pub max_block: SimTime,
    /// `metadata.max.age.ms`.
    pub metadata_max_age: SimTime,
}

impl Default for ProducerConfig {
    fn default() -> Self {
        Self {
            acks: -1,
            batch_size: 16_384,
            compression: CompressionType::None,
            linger: SimTime::from_ms(5),
            max_in_flight: 5,
            retries: i32::MAX as u32,
            retry_backoff: SimTime::from_ms(100),
            retry_backoff_max: SimTime::from_ms(1000),
            delivery_timeout: SimTime::from_ms(120_000),
            request_timeout: SimTime::from_ms(30_000),
            max_block: SimTime::from_ms(60_000),
            metadata_max_age: SimTime::from_ms(300_000),
        }
    }
}

/// Why a producer's setting was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProducerConfigError {
    /// No such setting, or one that is not modelled.
    Unknown(String),
    /// A value that is not allowed.
    Invalid {
        /// The setting.
        name: String,
        /// The value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl fmt::Display for ProducerConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProducerConfigError::Unknown(name) => write!(f, "Unknown or not yet modelled producer config: {name}"),
            ProducerConfigError::Invalid { name, value, allowed } => {
                write!(f, "Invalid value {value} for configuration {name}: {allowed}")
            }
        }
    }
}

impl ProducerConfig {
    /// The settings that [`Self::set`] takes.
    pub const NAMES: &[&str] = &[
        "acks",
        "batch.size",
        "compression.type",
        "linger.ms",
        "max.in.flight.requests.per.connection",
        "retries",
        "retry.backoff.ms",
        "retry.backoff.max.ms",
        "delivery.timeout.ms",
        "request.timeout.ms",
        "max.block.ms",
        "metadata.max.age.ms",
        "enable.idempotence",
    ];

    /// Changes a setting by Kafka's name.
    ///
    /// # Errors
    /// If the name is unknown here or the value not allowed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ProducerConfigError> {
        let invalid = |allowed| ProducerConfigError::Invalid { name: name.into(), value: value.into(), allowed };
        let number = || value.parse::<u64>().map_err(|_| invalid("a number of 0 or more is wanted"));
        let ms = || number().map(SimTime::from_ms);
        match name {
            "acks" => {
                self.acks = match value {
                    "0" => 0,
                    "1" => 1,
                    "all" | "-1" => -1,
                    _ => return Err(invalid("String must be one of: all, -1, 0, 1")),
                }
            }
            "batch.size" => self.batch_size = number()? as usize,
            "linger.ms" => self.linger = ms()?,
            "compression.type" => {
                self.compression = CompressionType::for_name(value)
                    .ok_or_else(|| invalid("String must be one of: none, gzip, snappy, lz4, zstd"))?;
            }
            "max.in.flight.requests.per.connection" => {
                self.max_in_flight = match number()? {
                    0 => return Err(invalid("Value must be at least 1")),
                    n => n as usize,
                }
            }
            "retries" => self.retries = number()?.min(i32::MAX as u64) as u32,
            "retry.backoff.ms" => self.retry_backoff = ms()?,
            "retry.backoff.max.ms" => self.retry_backoff_max = ms()?,
            "delivery.timeout.ms" => self.delivery_timeout = ms()?,
            "request.timeout.ms" => self.request_timeout = ms()?,
            "max.block.ms" => self.max_block = ms()?,
            "metadata.max.age.ms" => self.metadata_max_age = ms()?,
            "enable.idempotence" if value == "false" => {}
            "enable.idempotence" => return Err(invalid("idempotence is not modelled yet; only false is taken")),
            _ => return Err(ProducerConfigError::Unknown(name.into())),
        }
        Ok(())
    }

    /// `acks` as one writes it.
    #[must_use]
    pub fn acks_name(&self) -> &'static str {
        match self.acks {
            0 => "0",
            1 => "1",
            _ => "all",
        }
    }
}
