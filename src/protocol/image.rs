//! The cluster as the metadata log tells it: every controller and every broker holds one and replays records into it.

use super::{ConfigResource, MetadataRecord, PartitionChange, TopicId};
use crate::base::{BrokerId, LeaderEpoch, Map, Offset, TopicName, TopicPartition};
use std::rc::Rc;

/// What the cluster knows of a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BrokerRegistration {
    /// The offset of its registration; a broker that comes back gets a higher one.
    pub epoch: i64,
    /// Its process; differs after every start.
    pub incarnation: u32,
    /// The rack that it stands in.
    pub rack: Option<Rc<str>>,
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
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
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
    /// Replicas that a reassignment under way brings.
    pub adding_replicas: Vec<BrokerId>,
    /// Replicas that a reassignment under way takes away.
    pub removing_replicas: Vec<BrokerId>,
    /// Eligible leader replicas: outside the ISR, but known to have all that is committed.
    pub elr: Vec<BrokerId>,
    /// Who led last, while nobody does.
    pub last_known_elr: Vec<BrokerId>,
    /// Whether the leader, elected uncleanly, has yet to recover.
    pub recovering: bool,
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
            MetadataRecord::RegisterBroker { broker, incarnation, rack } => {
                let registration = BrokerRegistration {
                    epoch: offset,
                    incarnation: *incarnation,
                    rack: rack.clone(),
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
                    ..PartitionRegistration::default()
                };
                self.topic_mut(&partition.topic).partitions.insert(partition.partition, Rc::new(registration));
            }
            MetadataRecord::PartitionChange { partition, change } => {
                let topic = self.topic_mut(&partition.topic);
                let registration =
                    topic.partitions.get_mut(&partition.partition).expect("a change follows the creation");
                Rc::make_mut(registration).change(change);
            }
        }
    }

    fn topic_mut(&mut self, name: &TopicName) -> &mut TopicImage {
        Rc::make_mut(self.topics.get_mut(name).expect("a topic's record comes before those about it"))
    }
}

impl PartitionRegistration {
    /// Whether replicas are being brought or taken away.
    #[must_use]
    pub fn is_reassigning(&self) -> bool {
        !self.adding_replicas.is_empty() || !self.removing_replicas.is_empty()
    }

    /// Takes in a change: the partition epoch rises with every one, the leader epoch when a leader (or none) is named.
    pub fn change(&mut self, change: &PartitionChange) {
        let set = |mine: &mut Vec<BrokerId>, new: &Option<Vec<BrokerId>>| {
            if let Some(new) = new {
                mine.clone_from(new);
            }
        };
        set(&mut self.isr, &change.isr);
        set(&mut self.replicas, &change.replicas);
        set(&mut self.adding_replicas, &change.adding_replicas);
        set(&mut self.removing_replicas, &change.removing_replicas);
        set(&mut self.elr, &change.elr);
        set(&mut self.last_known_elr, &change.last_known_elr);
        if let Some(leader) = change.leader {
            self.leader = leader;
            self.leader_epoch += 1;
        }
        self.recovering = change.recovering.unwrap_or(self.recovering);
        self.partition_epoch += 1;
    }
}
