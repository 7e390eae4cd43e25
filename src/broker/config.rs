//! A broker's settings, by Kafka's names and with its defaults.

use crate::base::SimTime;
use crate::coordinator::GroupConfig;

/// What `server.properties` may say, as far as it is modelled.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BrokerConfig {
    /// `broker.heartbeat.interval.ms`.
    pub heartbeat_interval: SimTime,
    /// `replica.lag.time.max.ms`.
    pub replica_lag_time_max: SimTime,
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
    /// `min.insync.replicas`, for topics that do not say.
    pub min_insync_replicas: usize,
    /// `fetch.max.bytes`, above which no consumer's fetch goes.
    pub fetch_max_bytes: i32,
    /// `auto.create.topics.enable` is always off here: topics are made by command. This is `offsets.topic.num.partitions`.
    pub offsets_topic_num_partitions: i32,
    /// `offsets.topic.replication.factor`.
    pub offsets_topic_replication_factor: i16,
    /// The group coordinator's settings.
    pub group: GroupConfig,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            heartbeat_interval: SimTime::from_ms(2000),
            replica_lag_time_max: SimTime::from_ms(30_000),
            replica_fetch_wait_max: SimTime::from_ms(500),
            replica_fetch_min_bytes: 1,
            replica_fetch_max_bytes: 1 << 20,
            replica_fetch_response_max_bytes: 10 << 20,
            replica_fetch_backoff: SimTime::from_ms(1000),
            high_watermark_checkpoint_interval: SimTime::from_ms(5000),
            min_insync_replicas: 1,
            fetch_max_bytes: 57_671_680,
            offsets_topic_num_partitions: 50,
            offsets_topic_replication_factor: 3,
            group: GroupConfig::default(),
        }
    }
}
