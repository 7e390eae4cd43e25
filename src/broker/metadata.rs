//! Following the metadata log (Kafka's `MetadataLoader` and `BrokerMetadataPublisher`).
//!
//! A broker is an observer of the quorum: it fetches committed records, replays them into its image, and then every replica
//! that a record touched takes up its part, as leader or as follower.

use super::{Broker, BrokerTimer, Fx, Partition, PartitionRole, Purpose};
use crate::base::{BrokerId, Offset, Set, SimTime, TopicPartition};
use crate::disk::Disk;
use crate::log::{LogConfig, LogError, server_synonym};
use crate::protocol::{
    ConfigResource, MetadataRecord, PartitionRegistration, QuorumFetchRequest, QuorumFetchResponse, Request,
};
use crate::trace::TraceKind;
use std::rc::Rc;

const RETRY_BACKOFF: SimTime = SimTime::from_ms(200);

impl Broker {
    pub(super) fn fetch_metadata(&mut self, fx: &mut Fx) {
        let request = QuorumFetchRequest {
            epoch: self.quorum_epoch,
            voter: None,
            offset: self.image.next_offset,
            last_epoch: self.metadata_epoch,
            high_watermark: self.image.next_offset,
        };
        self.send_to_controller(Request::QuorumFetch(request), Purpose::MetadataFetch, fx);
    }

    pub(super) fn retry_metadata_fetch(&mut self, fx: &mut Fx) {
        fx.timer(RETRY_BACKOFF, BrokerTimer::MetadataFetch);
    }

    pub(super) fn on_metadata(&mut self, response: QuorumFetchResponse, disk: &mut Disk, fx: &mut Fx) {
        let newer = response.epoch > self.quorum_epoch;
        self.quorum_epoch = self.quorum_epoch.max(response.epoch);
        if !response.error.is_ok() {
            if let Some(leader) = response.leader {
                self.controller = leader;
            }
            return if newer && response.leader.is_some() {
                self.fetch_metadata(fx)
            } else {
                self.retry_metadata_fetch(fx)
            };
        }
        let before = self.image.next_offset;
        let mut touched = Set::new();
        let (mut removed, mut configured) = (Vec::new(), Vec::new());
        let committed = (response.high_watermark - before).max(0) as usize;
        for entry in response.entries.into_iter().take(committed) {
            let offset = self.image.next_offset;
            self.metadata_epoch = entry.epoch;
            match entry.record {
                Some(record) => {
                    self.image.replay(offset, &record);
                    touched.extend(touched_partition(&record));
                    match &*record {
                        MetadataRecord::RemoveTopic { name } => removed.push(name.clone()),
                        MetadataRecord::Config { resource, .. } => configured.push(resource.clone()),
                        _ => {}
                    }
                }
                None => self.image.next_offset = offset + 1,
            }
        }
        self.stop_deleted(&removed, disk, fx);
        self.publish(touched, disk, fx);
        self.reconfigure(&configured, fx);
        self.on_metadata_progress(before, fx);
        self.fetch_metadata(fx);
    }

    /// Lets replicas take up their parts. A broker that starts waits until it has seen its own registration: what the log says of it
    /// before that was said to an earlier process.
    pub(super) fn publish(&mut self, touched: Set<TopicPartition>, disk: &mut Disk, fx: &mut Fx) {
        if self.published {
            return self.apply_metadata(&touched, disk, fx);
        }
        if self.lifecycle.epoch.is_some_and(|epoch| self.image.next_offset > epoch) {
            self.published = true;
            self.start_log_manager(disk, fx);
            let all = self.image.partitions().map(|(tp, _)| tp).collect();
            self.apply_metadata(&all, disk, fx);
        }
    }

    fn apply_metadata(&mut self, touched: &Set<TopicPartition>, disk: &mut Disk, fx: &mut Fx) {
        for tp in touched {
            let Some(told) = self.image.partition(tp).cloned() else { continue };
            if !told.replicas.contains(&self.id) {
                // It was moved to others.
                self.stop_replica(tp, disk, fx);
                continue;
            }
            let opened = self.open_partition(tp, disk, fx);
            if self.online(opened).is_none() {
                continue;
            }
            if told.leader == Some(self.id) {
                self.make_leader(tp, &told, disk, fx);
            } else {
                self.make_follower(tp, &told, disk, fx);
            }
            self.changed.insert(tp.clone());
        }
    }

    /// Makes sure of a log for a replica of this broker, and that it has the topic's settings.
    fn open_partition(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &Fx) -> Result<(), LogError> {
        if !self.partitions.contains_key(tp) {
            let log = self.create_log(tp, disk, fx)?;
            self.partitions.insert(tp.clone(), Rc::new(Partition::new(tp.clone(), log)));
        }
        let (config, min_isr) = (self.log_config(&tp.topic), self.min_isr(&tp.topic));
        let partition = Rc::make_mut(self.partitions.get_mut(tp).expect("it is there now"));
        partition.min_isr = min_isr;
        partition.log.update_config(config);
        Ok(())
    }

    /// Gives logs their settings anew, after some of their topics' or of the brokers' have changed.
    fn reconfigure(&mut self, configured: &[ConfigResource], fx: &mut Fx) {
        let concerns = |tp: &TopicPartition| {
            configured.iter().any(|resource| match resource {
                ConfigResource::Topic(topic) => *topic == tp.topic,
                ConfigResource::Broker(id) => *id == self.id,
                ConfigResource::DefaultBroker => true,
            })
        };
        let concerned: Vec<TopicPartition> = self.partitions.keys().filter(|tp| concerns(tp)).cloned().collect();
        for tp in concerned {
            let (config, min_isr) = (self.log_config(&tp.topic), self.min_isr(&tp.topic));
            let Some(partition) = self.partitions.get_mut(&tp).map(Rc::make_mut) else { continue };
            partition.min_isr = min_isr;
            partition.log.update_config(config);
            if partition.leader().is_some() {
                self.advance_high_watermark(&tp, fx);
            }
        }
    }

    pub(super) fn log_config(&self, topic: &str) -> LogConfig {
        let mut config = self.config.log_defaults.config().clone();
        for name in LogConfig::NAMES {
            let of_brokers = server_synonym(name).and_then(|name| self.image.broker_config(self.id, name));
            if let Some(value) = of_brokers {
                let _ = config.set(name, value);
            }
        }
        if let Some(image) = self.image.topics.get(topic) {
            for (name, value) in &image.configs {
                // The controller has checked them; what is no setting of the log is somebody else's.
                let _ = config.set(name, value);
            }
        }
        config
    }

    pub(super) fn min_isr(&self, topic: &str) -> usize {
        let value = self.topic_config(topic, "min.insync.replicas");
        value.and_then(|value| value.trim().parse().ok()).unwrap_or(self.config.min_insync_replicas)
    }

    /// The value of a topic's setting that logs do not mind: the topic's own, or that of the brokers.
    pub(super) fn topic_config(&self, topic: &str, name: &str) -> Option<String> {
        let given = self.image.topic_config(topic, name).or_else(|| self.image.broker_config(self.id, name));
        self.config.not_of_logs(name).map(|of_broker| given.map_or(of_broker, String::from))
    }

    fn make_leader(&mut self, tp: &TopicPartition, told: &PartitionRegistration, disk: &mut Disk, fx: &mut Fx) {
        self.unfollow(tp);
        let partition = Rc::make_mut(self.partitions.get_mut(tp).expect("opened above"));
        let new_term = partition.make_leader(fx.wall_clock(), self.id, told);
        if new_term {
            let start = partition.log.log_end_offset();
            let assigned = partition.log.assign_epoch_start_offset(disk, told.leader_epoch, start);
            self.online(assigned);
            let kind = TraceKind::BecameLeader { partition: tp.clone(), epoch: told.leader_epoch, start };
            fx.trace_and(kind, |fx| self.on_leadership(tp, disk, fx));
        }
        self.advance_high_watermark(tp, fx);
    }

    fn make_follower(&mut self, tp: &TopicPartition, told: &PartitionRegistration, disk: &mut Disk, fx: &mut Fx) {
        let partition = Rc::make_mut(self.partitions.get_mut(tp).expect("opened above"));
        let was_leader = matches!(partition.role, PartitionRole::Leader(_));
        let was_following = partition.role == PartitionRole::Follower(told.leader);
        if !partition.make_follower(told) {
            return;
        }
        let kind = TraceKind::BecameFollower { partition: tp.clone(), leader: told.leader, epoch: told.leader_epoch };
        fx.trace_and(kind, |fx| {
            if was_leader {
                self.on_leadership_lost(tp, disk, fx);
            }
            self.unfollow(tp);
            if self.config.before_leader_epochs && told.leader.is_some() && !was_following {
                self.truncate_to_high_watermark(tp, disk, fx);
            }
            if let Some(leader) = told.leader {
                self.follow(leader, tp, fx);
            }
        });
    }

    /// Whether the image lets a broker join an ISR that fetches under the registration `epoch` (−1 for unknown).
    pub(super) fn is_eligible(image: &crate::protocol::MetadataImage, broker: BrokerId, epoch: i64) -> bool {
        image.brokers.get(&broker).is_some_and(|known| known.is_active() && (epoch == -1 || epoch == known.epoch))
    }

    /// How far this broker has replayed the metadata log.
    #[must_use]
    pub fn metadata_offset(&self) -> Offset {
        self.image.next_offset
    }
}

fn touched_partition(record: &MetadataRecord) -> Option<TopicPartition> {
    match record {
        MetadataRecord::Partition { partition, .. } | MetadataRecord::PartitionChange { partition, .. } => {
            Some(partition.clone())
        }
        _ => None,
    }
}
