//! A broker's settings, by Kafka's names and with its defaults.

use super::SecurityProtocol;
use crate::base::SimTime;
use crate::coordinator::GroupConfig;
use crate::log::cleaner::CleanerConfig;
use crate::log::{ConfigError, LogConfig, ProducerStateManagerConfig, Ratio, topic_config};
use crate::protocol::Request;

/// What `server.properties` may say, as far as it is modelled.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BrokerConfig {
    /// `broker.heartbeat.interval.ms`.
    pub heartbeat_interval: SimTime,
    /// `replica.lag.time.max.ms`.
    pub replica_lag_time_max: SimTime,
    /// `replica.socket.timeout.ms`.
    pub replica_socket_timeout: SimTime,
    /// `replica.fetch.wait.max.ms`.
    pub replica_fetch_wait_max: SimTime,
    /// `replica.fetch.min.bytes`.
    pub replica_fetch_min_bytes: i32,
    /// `replica.fetch.max.bytes`, for one partition.
    pub replica_fetch_max_bytes: i32,
    /// `replica.fetch.response.max.bytes`, in all.
    pub replica_fetch_response_max_bytes: i32,
    /// `replica.fetch.backoff.ms`.
    pub replica_fetch_backoff: SimTime,
    /// `replica.high.watermark.checkpoint.interval.ms`.
    pub high_watermark_checkpoint_interval: SimTime,
    /// `producer.id.expiration.ms`, in ms: a producer that has not written for so long is forgotten.
    pub producer_id_expiration_ms: i64,
    /// `producer.id.expiration.check.interval.ms`.
    pub producer_id_expiration_check_interval: SimTime,
    /// `min.insync.replicas`, for topics that do not say.
    pub min_insync_replicas: usize,
    /// `fetch.max.bytes`, above which no consumer's fetch goes.
    pub fetch_max_bytes: i32,
    /// `offsets.topic.num.partitions`.
    pub offsets_topic_num_partitions: i32,
    /// `offsets.topic.replication.factor`.
    pub offsets_topic_replication_factor: i16,
    /// The protocol of the listener that clients use, from `listeners`.
    pub listener_protocol: SecurityProtocol,
    /// `security.inter.broker.protocol`.
    pub inter_broker_protocol: SecurityProtocol,
    /// The group coordinator's settings.
    pub group: GroupConfig,
    /// The log cleaner's settings.
    pub cleaner: CleanerConfig,
    /// What holds for topics that do not say: `log.cleanup.policy` and its like.
    pub topic_defaults: LogConfig,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            heartbeat_interval: SimTime::from_ms(2000),
            replica_lag_time_max: SimTime::from_ms(30_000),
            replica_socket_timeout: SimTime::from_ms(30_000),
            replica_fetch_wait_max: SimTime::from_ms(500),
            replica_fetch_min_bytes: 1,
            replica_fetch_max_bytes: 1 << 20,
            replica_fetch_response_max_bytes: 10 << 20,
            replica_fetch_backoff: SimTime::from_ms(1000),
            high_watermark_checkpoint_interval: SimTime::from_ms(5000),
            producer_id_expiration_ms: 24 * 60 * 60 * 1000,
            producer_id_expiration_check_interval: SimTime::from_ms(10 * 60 * 1000),
            min_insync_replicas: 1,
            fetch_max_bytes: 57_671_680,
            offsets_topic_num_partitions: 50,
            offsets_topic_replication_factor: 3,
            listener_protocol: SecurityProtocol::Plaintext,
            inter_broker_protocol: SecurityProtocol::Plaintext,
            group: GroupConfig::default(),
            cleaner: CleanerConfig::default(),
            topic_defaults: LogConfig::default(),
        }
    }
}

/// Why a broker's or controller's setting was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidValue {
    /// The setting.
    pub name: String,
    /// The value.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invalid value {} for configuration {}: {}", self.value, self.name, self.reason)
    }
}

impl BrokerConfig {
    /// How long this broker waits for the answer to a request: `controller.quorum.request.timeout.ms` for the metadata log, half a
    /// session for its registration and heartbeats, `replica.socket.timeout.ms` and its like for the rest. The first two are
    /// fixed at their defaults.
    #[must_use]
    pub(super) fn request_timeout(&self, request: &Request) -> SimTime {
        match request {
            Request::QuorumFetch(_) => SimTime::from_ms(2000),
            Request::BrokerRegistration { .. } | Request::BrokerHeartbeat { .. } => SimTime::from_ms(4500),
            _ => self.replica_socket_timeout,
        }
    }

    /// What a log keeps of producers. Nobody coordinates transactions yet, so none can be verified.
    #[must_use]
    pub(super) fn producer_state(&self) -> ProducerStateManagerConfig {
        let producer_id_expiration_ms = self.producer_id_expiration_ms;
        ProducerStateManagerConfig { producer_id_expiration_ms, transaction_verification_enabled: false }
    }

    /// The value of a setting that topics take their default from, if it is not Kafka's own.
    #[must_use]
    pub(super) fn given(&self, name: &str) -> Option<String> {
        if name == "min.insync.replicas" {
            let is_given = self.min_insync_replicas != Self::default().min_insync_replicas;
            return is_given.then(|| self.min_insync_replicas.to_string());
        }
        let topic_config = topic_config(name)?;
        let value = self.topic_defaults.get(topic_config);
        value.filter(|value| LogConfig::default().get(topic_config).as_ref() != Some(value))
    }

    /// The settings that [`Self::set`] takes.
    pub const NAMES: &[&str] = &[
        "compression.type",
        "log.cleaner.backoff.ms",
        "log.cleaner.dedupe.buffer.size",
        "log.cleaner.delete.retention.ms",
        "log.cleaner.enable",
        "log.cleaner.io.buffer.load.factor",
        "log.cleaner.io.max.bytes.per.second",
        "log.cleaner.max.compaction.lag.ms",
        "log.cleaner.min.cleanable.ratio",
        "log.cleaner.min.compaction.lag.ms",
        "log.cleanup.policy",
        "log.flush.interval.messages",
        "log.flush.interval.ms",
        "log.index.interval.bytes",
        "log.index.size.max.bytes",
        "log.message.timestamp.after.max.ms",
        "log.message.timestamp.before.max.ms",
        "log.message.timestamp.type",
        "log.retention.bytes",
        "log.retention.ms",
        "log.roll.jitter.ms",
        "log.roll.ms",
        "log.segment.bytes",
        "log.segment.delete.delay.ms",
        "message.max.bytes",
        "broker.heartbeat.interval.ms",
        "replica.lag.time.max.ms",
        "replica.socket.timeout.ms",
        "replica.fetch.wait.max.ms",
        "replica.fetch.min.bytes",
        "replica.fetch.max.bytes",
        "replica.fetch.response.max.bytes",
        "replica.fetch.backoff.ms",
        "replica.high.watermark.checkpoint.interval.ms",
        "producer.id.expiration.ms",
        "producer.id.expiration.check.interval.ms",
        "min.insync.replicas",
        "fetch.max.bytes",
        "listeners",
        "security.inter.broker.protocol",
        "offsets.topic.num.partitions",
        "offsets.topic.replication.factor",
        "group.initial.rebalance.delay.ms",
        "group.min.session.timeout.ms",
        "group.max.session.timeout.ms",
    ];

    /// Changes a setting by Kafka's name; false if it is no setting of a broker that is modelled.
    ///
    /// # Errors
    /// If the value is not of the kind that the setting takes.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, InvalidValue> {
        let refuse = |wanted: &str| {
            let reason = format!("{wanted} is wanted");
            InvalidValue { name: name.into(), value: value.into(), reason }
        };
        let invalid = || refuse("a number");
        let protocol = |name| SecurityProtocol::named(name).ok_or_else(|| refuse("PLAINTEXT or SSL"));
        let number = || value.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(invalid);
        let ms = || value.parse::<u32>().map(|ms| SimTime::from_ms(ms.into())).map_err(|_| invalid());
        match name {
            "broker.heartbeat.interval.ms" => self.heartbeat_interval = ms()?,
            "replica.lag.time.max.ms" => self.replica_lag_time_max = ms()?,
            "replica.socket.timeout.ms" => self.replica_socket_timeout = ms()?,
            "replica.fetch.wait.max.ms" => self.replica_fetch_wait_max = ms()?,
            "replica.fetch.min.bytes" => self.replica_fetch_min_bytes = number()? as i32,
            "replica.fetch.max.bytes" => self.replica_fetch_max_bytes = number()? as i32,
            "replica.fetch.response.max.bytes" => self.replica_fetch_response_max_bytes = number()? as i32,
            "replica.fetch.backoff.ms" => self.replica_fetch_backoff = ms()?,
            "replica.high.watermark.checkpoint.interval.ms" => self.high_watermark_checkpoint_interval = ms()?,
            "producer.id.expiration.ms" => self.producer_id_expiration_ms = number()?.into(),
            "producer.id.expiration.check.interval.ms" => self.producer_id_expiration_check_interval = ms()?,
            "min.insync.replicas" => self.min_insync_replicas = number()? as usize,
            "fetch.max.bytes" => self.fetch_max_bytes = number()? as i32,
            // One listener, `PROTOCOL://host:port`; where it listens does not matter here.
            "listeners" => self.listener_protocol = protocol(value.split("://").next().unwrap_or_default())?,
            "security.inter.broker.protocol" => self.inter_broker_protocol = protocol(value)?,
            "offsets.topic.num.partitions" => self.offsets_topic_num_partitions = number()? as i32,
            "offsets.topic.replication.factor" => self.offsets_topic_replication_factor = number()? as i16,
            "group.initial.rebalance.delay.ms" => self.group.initial_rebalance_delay = ms()?,
            "group.min.session.timeout.ms" => self.group.min_session_timeout = ms()?,
            "group.max.session.timeout.ms" => self.group.max_session_timeout = ms()?,
            "log.cleaner.enable" => {
                self.cleaner.enable = value.parse().map_err(|_| refuse("true or false"))?;
            }
            "log.cleaner.backoff.ms" => self.cleaner.backoff_ms = value.parse().map_err(|_| invalid())?,
            "log.cleaner.dedupe.buffer.size" => {
                let min = CleanerConfig::MIN_DEDUPE_BUFFER_SIZE;
                let size = value.parse().ok().filter(|size| *size >= min);
                self.cleaner.offset_map.dedupe_buffer_size =
                    size.ok_or_else(|| refuse(&format!("a number of at least {min}")))?;
            }
            "log.cleaner.io.buffer.load.factor" => {
                let factor = Ratio::parse(value).filter(|factor| *factor > Ratio(0));
                self.cleaner.offset_map.load_factor = factor.ok_or_else(|| refuse("a number above 0 and up to 1"))?;
            }
            "log.cleaner.io.max.bytes.per.second" => {
                self.cleaner.io_max_bytes_per_second = Some(u64::from(number()?));
            }
            _ => return self.set_topic_default(name, value),
        }
        Ok(true)
    }

    /// Changes what holds for topics that do not say.
    fn set_topic_default(&mut self, name: &str, value: &str) -> Result<bool, InvalidValue> {
        let Some(topic_name) = topic_config(name) else { return Ok(false) };
        let invalid = |reason| InvalidValue { name: name.into(), value: value.into(), reason };
        match self.topic_defaults.set(topic_name, value) {
            Ok(()) => Ok(true),
            Err(ConfigError::Invalid { reason, .. }) => Err(invalid(reason)),
            Err(error @ ConfigError::Duplicated { .. }) => Err(invalid(error.to_string())),
            // A topic has it, but its logs do not mind it.
            Err(ConfigError::Unknown { .. }) => Ok(false),
        }
    }
}
