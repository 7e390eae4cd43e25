//! A broker's settings, by Kafka's names and with its defaults.

use super::log_defaults::LogDefaults;
use super::{ReplicaSelector, SecurityProtocol};
use crate::base::SimTime;
use crate::coordinator::GroupConfig;
use crate::log::cleaner::CleanerConfig;
use crate::log::{ProducerStateManagerConfig, Ratio};
use crate::protocol::Request;
use std::rc::Rc;

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
    /// `max.incremental.fetch.session.cache.slots`.
    pub fetch_session_cache_slots: usize,
    /// `replica.selector.class`.
    pub replica_selector: ReplicaSelector,
    /// `broker.rack`.
    pub rack: Option<Rc<str>>,
    /// Replicate as Kafka did before 0.11, when followers cut their logs back to their own high watermark and knew no leader epochs.
    /// No setting of Kafka's: a lab's, for the sake of comparison.
    pub before_leader_epochs: bool,
    /// `min.insync.replicas`, for topics that do not say.
    pub min_insync_replicas: usize,
    /// `unclean.leader.election.enable`, for topics that do not say; the controllers decide by it.
    pub unclean_leader_election_enable: bool,
    /// `fetch.max.bytes`, above which no consumer's fetch goes.
    pub fetch_max_bytes: i32,
    /// `offsets.topic.num.partitions`.
    pub offsets_topic_num_partitions: i32,
    /// `offsets.topic.replication.factor`.
    pub offsets_topic_replication_factor: i16,
    /// What topics have that do not say: `log.retention.hours` and its like.
    pub log_defaults: LogDefaults,
    /// `producer.id.expiration.ms`, and what else is kept of producers by.
    pub producer_state: ProducerStateManagerConfig,
    /// `producer.id.expiration.check.interval.ms`.
    pub producer_id_expiration_check_interval: SimTime,
    /// `log.initial.task.delay.ms`: how long after the logs are open all that follows begins.
    pub log_initial_task_delay: SimTime,
    /// `log.retention.check.interval.ms`.
    pub log_retention_check_interval: SimTime,
    /// `log.flush.scheduler.interval.ms`; none for never.
    pub log_flush_scheduler_interval: Option<SimTime>,
    /// `log.flush.offset.checkpoint.interval.ms`.
    pub log_flush_offset_checkpoint_interval: SimTime,
    /// `log.flush.start.offset.checkpoint.interval.ms`.
    pub log_flush_start_offset_checkpoint_interval: SimTime,
    /// The protocol of the listener that clients use, from `listeners`.
    pub listener_protocol: SecurityProtocol,
    /// `security.inter.broker.protocol`.
    pub inter_broker_protocol: SecurityProtocol,
    /// The group coordinator's settings.
    pub group: GroupConfig,
    /// The log cleaner's settings.
    pub cleaner: CleanerConfig,
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
            fetch_session_cache_slots: 1000,
            replica_selector: ReplicaSelector::Leader,
            rack: None,
            before_leader_epochs: false,
            min_insync_replicas: 1,
            unclean_leader_election_enable: false,
            fetch_max_bytes: 57_671_680,
            offsets_topic_num_partitions: 50,
            offsets_topic_replication_factor: 3,
            log_defaults: LogDefaults::default(),
            // Nobody coordinates transactions yet, so none can be verified.
            producer_state: ProducerStateManagerConfig {
                transaction_verification_enabled: false,
                ..ProducerStateManagerConfig::default()
            },
            producer_id_expiration_check_interval: SimTime::from_secs(600),
            log_initial_task_delay: SimTime::from_secs(30),
            log_retention_check_interval: SimTime::from_secs(300),
            log_flush_scheduler_interval: None,
            log_flush_offset_checkpoint_interval: SimTime::from_secs(60),
            log_flush_start_offset_checkpoint_interval: SimTime::from_secs(60),
            listener_protocol: SecurityProtocol::Plaintext,
            inter_broker_protocol: SecurityProtocol::Plaintext,
            group: GroupConfig::default(),
            cleaner: CleanerConfig::default(),
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

    /// The value of a setting that topics take their default from, if it is not Kafka's own.
    #[must_use]
    pub(super) fn given(&self, name: &str) -> Option<String> {
        let not_of_logs =
            self.not_of_logs(name).filter(|value| Some(value) != Self::default().not_of_logs(name).as_ref());
        not_of_logs.or_else(|| self.log_defaults.given(name))
    }

    /// The value of a setting that topics take their default from and that their logs do not mind.
    #[must_use]
    pub(super) fn not_of_logs(&self, name: &str) -> Option<String> {
        match name {
            "min.insync.replicas" => Some(self.min_insync_replicas.to_string()),
            "unclean.leader.election.enable" => Some(self.unclean_leader_election_enable.to_string()),
            _ => None,
        }
    }

    /// The settings that [`Self::set`] takes.
    pub const NAMES: &[&str] = &[
        "broker.heartbeat.interval.ms",
        "compression.type",
        "fetch.max.bytes",
        "group.initial.rebalance.delay.ms",
        "group.max.session.timeout.ms",
        "group.min.session.timeout.ms",
        "listeners",
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
        "log.flush.offset.checkpoint.interval.ms",
        "log.flush.scheduler.interval.ms",
        "log.flush.start.offset.checkpoint.interval.ms",
        "log.index.interval.bytes",
        "log.index.size.max.bytes",
        "log.initial.task.delay.ms",
        "log.message.timestamp.after.max.ms",
        "log.message.timestamp.before.max.ms",
        "log.message.timestamp.type",
        "log.retention.bytes",
        "log.retention.check.interval.ms",
        "log.retention.hours",
        "log.retention.minutes",
        "log.retention.ms",
        "log.roll.hours",
        "log.roll.jitter.hours",
        "log.roll.jitter.ms",
        "log.roll.ms",
        "log.segment.bytes",
        "log.segment.delete.delay.ms",
        "max.incremental.fetch.session.cache.slots",
        "message.max.bytes",
        "min.insync.replicas",
        "offsets.topic.num.partitions",
        "offsets.topic.replication.factor",
        "producer.id.expiration.check.interval.ms",
        "producer.id.expiration.ms",
        "replica.fetch.backoff.ms",
        "replica.fetch.max.bytes",
        "replica.fetch.min.bytes",
        "replica.fetch.response.max.bytes",
        "replica.fetch.wait.max.ms",
        "replica.high.watermark.checkpoint.interval.ms",
        "replica.lag.time.max.ms",
        "replica.selector.class",
        "replica.socket.timeout.ms",
        "security.inter.broker.protocol",
        "unclean.leader.election.enable",
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
        let positive_ms = || number().map(|ms| SimTime::from_ms(ms.into()));
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
            "min.insync.replicas" => self.min_insync_replicas = number()? as usize,
            "max.incremental.fetch.session.cache.slots" => {
                let slots = value.parse().ok().filter(|slots| *slots <= i32::MAX as usize);
                self.fetch_session_cache_slots = slots.ok_or_else(invalid)?;
            }
            "replica.selector.class" => {
                let class = ReplicaSelector::named(value);
                self.replica_selector = class.ok_or_else(|| refuse("RackAwareReplicaSelector or LeaderSelector"))?;
            }
            "unclean.leader.election.enable" => {
                self.unclean_leader_election_enable = value.parse().map_err(|_| refuse("true or false"))?;
            }
            "fetch.max.bytes" => self.fetch_max_bytes = number()? as i32,
            // One listener, `PROTOCOL://host:port`; where it listens does not matter here.
            "listeners" => self.listener_protocol = protocol(value.split("://").next().unwrap_or_default())?,
            "security.inter.broker.protocol" => self.inter_broker_protocol = protocol(value)?,
            "offsets.topic.num.partitions" => self.offsets_topic_num_partitions = number()? as i32,
            "offsets.topic.replication.factor" => self.offsets_topic_replication_factor = number()? as i16,
            "producer.id.expiration.ms" => {
                self.producer_state.producer_id_expiration_ms = i64::from(number()?);
            }
            "producer.id.expiration.check.interval.ms" => {
                self.producer_id_expiration_check_interval = positive_ms()?;
            }
            "log.initial.task.delay.ms" => self.log_initial_task_delay = ms()?,
            "log.retention.check.interval.ms" => self.log_retention_check_interval = positive_ms()?,
            "log.flush.offset.checkpoint.interval.ms" => self.log_flush_offset_checkpoint_interval = positive_ms()?,
            "log.flush.start.offset.checkpoint.interval.ms" => {
                self.log_flush_start_offset_checkpoint_interval = positive_ms()?;
            }
            "log.flush.scheduler.interval.ms" => {
                self.log_flush_scheduler_interval = Some(positive_ms()?);
                self.log_defaults.set(name, value)?;
            }
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
            _ => return self.log_defaults.set(name, value),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_named_and_taken() {
        assert!(LogDefaults::names().all(|name| BrokerConfig::NAMES.contains(&name)));
        let sample = |name: &str| match name {
            "log.cleanup.policy" => "compact",
            "compression.type" => "zstd",
            "log.message.timestamp.type" => "LogAppendTime",
            "log.cleaner.min.cleanable.ratio" | "log.cleaner.io.buffer.load.factor" => "0.25",
            "log.cleaner.enable" => "false",
            "unclean.leader.election.enable" => "true",
            "listeners" => "SSL://:9093",
            "security.inter.broker.protocol" => "SSL",
            "replica.selector.class" => "RackAwareReplicaSelector",
            _ => "2097152",
        };
        for name in BrokerConfig::NAMES {
            let mut config = BrokerConfig::default();
            // Some are 16 bits wide.
            let taken = config.set(name, sample(name)).or_else(|_| config.set(name, "2"));
            assert_eq!(taken, Ok(true), "{name}");
            assert_ne!(config, BrokerConfig::default(), "{name}");
        }
        assert_eq!(BrokerConfig::default().set("log.of.wood", "1"), Ok(false));
    }
}
