//! The cluster as the metadata log tells it: every controller and every broker holds one and replays records into it.

use super::{ConfigResource, MetadataRecord, TopicId};
use crate::base::{BrokerId, LeaderEpoch, Map, Offset, TopicName, TopicPartition};
use std::rc::Rc;

/// What the cluster knows of a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BrokerRegistration {
    /// The offset of its registration; a broker that comes back gets a higher one.
    pub epoch: i64,
    /// Its process; differs after every start.
    pub incarnation: u32,
    /// Shut out: it may lead nothing and be in no ISR.
    pub fenced: bool,
    /// On its way out in good order.
    pub in_controlled_shutdown: bool,
}

impl BrokerRegistration {
    /// Whether it may lead and be in an ISR.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }
}

/// What the cluster knows of a partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartitionRegistration {
    /// The replicas, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// Those in sync.
    pub isr: Vec<BrokerId>,
    /// The leader.
    pub leader: Option<BrokerId>,
    /// The leader's term.
    pub leader_epoch: LeaderEpoch,
    /// How often anything about the partition changed.
    pub partition_epoch: i32,
}

/// What the cluster knows of a topic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TopicImage {
    /// Its id.
    pub id: TopicId,
    /// The settings that were given for it, by Kafka's names.
    pub configs: Map<Rc<str>, Rc<str>>,
    /// Its partitions.
    pub partitions: Map<i32, Rc<PartitionRegistration>>,
}

/// The cluster, as of one offset of the metadata log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct MetadataImage {
    /// The offset behind the last record replayed.
    pub next_offset: Offset,
    /// All brokers that ever registered.
    pub brokers: Map<BrokerId, BrokerRegistration>,
    /// Settings that brokers were given while they ran, by Kafka's names.
    pub broker_configs: Map<ConfigResource, Map<Rc<str>, Rc<str>>>,
    /// All topics.
    pub topics: Map<TopicName, Rc<TopicImage>>,
}

impl MetadataImage {
    /// What is known of a partition.
    #[must_use]
    pub fn partition(&self, tp: &TopicPartition) -> Option<&Rc<PartitionRegistration>> {
        self.topics.get(&tp.topic)?.partitions.get(&tp.partition)
    }

    /// All partitions, by topic and number.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, &Rc<PartitionRegistration>)> {
        self.topics.iter().flat_map(|(name, topic)| {
            topic.partitions.iter().map(move |(number, partition)| (TopicPartition::new(name, *number), partition))
        })
    }

    /// Whether a broker may lead and be in an ISR.
    #[must_use]
    pub fn is_active(&self, broker: BrokerId) -> bool {
        self.brokers.get(&broker).is_some_and(BrokerRegistration::is_active)
    }

    /// A topic's setting, if it was given one.
    #[must_use]
    pub fn topic_config(&self, topic: &str, name: &str) -> Option<&str> {
        self.topics.get(topic)?.configs.get(name).map(|value| &**value)
    }

    /// A broker's setting, if it was given one while it ran: its own, or else that of all brokers.
    #[must_use]
    pub fn broker_config(&self, broker: BrokerId, name: &str) -> Option<&str> {
        let of = |resource| self.broker_configs.get(&resource)?.get(name).map(|value| &**value);
        of(ConfigResource::Broker(broker)).or_else(|| of(ConfigResource::DefaultBroker))
    }

    /// Takes in the record at `offset`.
    ///
    /// # Panics
    /// If the record speaks of a broker, topic or partition that no earlier record made: the controller never writes
    /// such a log.
    pub fn replay(&mut self, offset: Offset, record: &MetadataRecord) {
        self.next_offset = offset + 1;
        match record {
            MetadataRecord::RegisterBroker { broker, incarnation } => {
                let registration = BrokerRegistration {
                    epoch: offset,
                    incarnation: *incarnation,
                    fenced: true,
                    in_controlled_shutdown: false,
                };
                self.brokers.insert(*broker, registration);
            }
            MetadataRecord::BrokerRegistrationChange { broker, fenced, in_controlled_shutdown } => {
                let registration = self.brokers.get_mut(broker).expect("a change follows the registration");
                registration.fenced = *fenced;
                registration.in_controlled_shutdown = *in_controlled_shutdown;
            }
            MetadataRecord::Topic { name, id } => {
                let topic = TopicImage { id: *id, configs: Map::new(), partitions: Map::new() };
                self.topics.insert(name.clone(), Rc::new(topic));
            }
            MetadataRecord::RemoveTopic { name } => {
                self.topics.remove(name);
            }
            MetadataRecord::Config { resource, name, value } => {
                let configs = match resource {
                    ConfigResource::Topic(topic) => &mut self.topic_mut(topic).configs,
                    broker => self.broker_configs.entry(broker.clone()).or_default(),
                };
                match value {
                    Some(value) => configs.insert(name.clone(), value.clone()),
                    None => configs.remove(name),
                };
            }
            MetadataRecord::Partition { partition, replicas, isr, leader } => {
                let registration = PartitionRegistration {
                    replicas: replicas.clone(),
                    isr: isr.clone(),
                    leader: *leader,
                    leader_epoch: 0,
                    partition_epoch: 0,
                };
                self.topic_mut(&partition.topic).partitions.insert(partition.partition, Rc::new(registration));
            }
            MetadataRecord::PartitionChange { partition, isr, leader } => {
                let topic = self.topic_mut(&partition.topic);
                let registration =
                    topic.partitions.get_mut(&partition.partition).expect("a change follows the creation");
                Rc::make_mut(registration).change(isr.as_ref(), *leader);
            }
        }
    }

    fn topic_mut(&mut self, name: &TopicName) -> &mut TopicImage {
        Rc::make_mut(self.topics.get_mut(name).expect("a topic's record comes before those about it"))
    }
}

impl PartitionRegistration {
    /// Takes in a change: the partition epoch rises with every one, the leader epoch when a leader (or none) is named.
    pub fn change(&mut self, isr: Option<&Vec<BrokerId>>, leader: Option<Option<BrokerId>>) {
        if let Some(isr) = isr {
            self.isr.clone_from(isr);
        }
        if let Some(leader) = leader {
            self.leader = leader;
            self.leader_epoch += 1;
        }
        self.partition_epoch += 1;
    }
}
