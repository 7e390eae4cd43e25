//! The records of the metadata log.
//!
//! The controller never changes its picture of the cluster directly: it writes records and replays them, as every broker
//! does after it. [`super::MetadataImage`] is what the replay yields.

use super::ConfigResource;
use crate::base::{BrokerId, TopicName, TopicPartition};
use std::fmt;
use std::rc::Rc;

/// A topic's id: a UUID, printed as Kafka prints it, in URL-safe base64 without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TopicId(pub u128);

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        // 128 bits make 21 groups of six, and a last one of two bits filled up with four zeros.
        for group in 0..21 {
            let bits = (self.0 >> (122 - 6 * group)) & 0x3f;
            write!(f, "{}", ALPHABET[bits as usize] as char)?;
        }
        write!(f, "{}", ALPHABET[((self.0 << 4) & 0x3f) as usize] as char)
    }
}

/// One decision of the controller.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum MetadataRecord {
    /// A broker came to the cluster; it starts fenced. Its epoch is the offset of this record.
    RegisterBroker {
        /// The broker.
        broker: BrokerId,
        /// Its process; differs after every start.
        incarnation: u32,
        /// The rack that it stands in.
        rack: Option<Rc<str>>,
    },
    /// A broker was let in, shut out, or begins to leave in good order.
    BrokerRegistrationChange {
        /// The broker.
        broker: BrokerId,
        /// Whether it is shut out.
        fenced: bool,
        /// Whether it is leaving.
        in_controlled_shutdown: bool,
    },
    /// A topic was created.
    Topic {
        /// Its name.
        name: TopicName,
        /// Its id.
        id: TopicId,
    },
    /// A topic was deleted, with all its partitions and settings.
    RemoveTopic {
        /// Its name; Kafka gives its id.
        name: TopicName,
    },
    /// A setting of a topic or a broker.
    Config {
        /// Whose.
        resource: ConfigResource,
        /// Kafka's name of the setting.
        name: Rc<str>,
        /// Its value; none takes the setting back.
        value: Option<Rc<str>>,
    },
    /// A partition was created; both its epochs start at 0.
    Partition {
        /// The partition.
        partition: TopicPartition,
        /// Its replicas, the preferred leader first.
        replicas: Vec<BrokerId>,
        /// Those in sync.
        isr: Vec<BrokerId>,
        /// The leader.
        leader: Option<BrokerId>,
    },
    /// A partition changed.
    PartitionChange {
        /// The partition.
        partition: TopicPartition,
        /// What became of it.
        change: PartitionChange,
    },
}

/// What changes about a partition; what is `None` stays.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PartitionChange {
    /// The leader. Naming one, or none, raises the leader epoch.
    pub leader: Option<Option<BrokerId>>,
    /// The replicas in sync.
    pub isr: Option<Vec<BrokerId>>,
    /// All replicas.
    pub replicas: Option<Vec<BrokerId>>,
    /// Those that a reassignment brings.
    pub adding_replicas: Option<Vec<BrokerId>>,
    /// Those that a reassignment takes away.
    pub removing_replicas: Option<Vec<BrokerId>>,
    /// The eligible leader replicas.
    pub elr: Option<Vec<BrokerId>>,
    /// The last known eligible leader replicas: who led last, while nobody does.
    pub last_known_elr: Option<Vec<BrokerId>>,
    /// Whether the leader, elected uncleanly, has yet to recover.
    pub recovering: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::TopicId;

    #[test]
    fn topic_ids_print_as_kafka_prints_uuids() {
        // Uuid.ONE_UUID and Uuid.METADATA_TOPIC_ID of Kafka's own class.
        assert_eq!(TopicId(0).to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(TopicId(1).to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    }
}
