//! Fetched bytes on their way from the page cache to a socket.
//!
//! What a fetch finds is read when it is answered, not when it is looked for: here the pages are touched, which may mean to wait for the
//! disk, and what the sending costs is counted, by the way it takes ([`Transfer`]): `sendfile` on a plain connection, through the
//! process on one with TLS.
//!
//! Left out: pages of the index files, which are few and mapped into memory; look-ups in them cost nothing here.

use super::fetch_session::FetchContext;
use super::{Broker, Fx};
use crate::base::NodeId;
use crate::disk::{Disk, PAGE_SIZE, Transfer, TransferStat};
use crate::protocol::{ErrorCode, FetchPartition, FetchPartitionResponse, FetchRequest, Response};

/// How a connection is secured (Kafka's `SecurityProtocol`, without SASL).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SecurityProtocol {
    /// Not at all.
    #[default]
    Plaintext,
    /// By TLS.
    Ssl,
}

impl SecurityProtocol {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Plaintext, Self::Ssl];

    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The way of file content to a socket so secured.
    #[must_use]
    pub fn transfer(self) -> Transfer {
        match self {
            Self::Plaintext => Transfer::SendFileGather,
            Self::Ssl => Transfer::Tls,
        }
    }
}

/// What a broker's process has sent from its log files.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sendings {
    /// To consumers.
    pub consumers: TransferStat,
    /// To followers.
    pub followers: TransferStat,
}

impl Broker {
    /// What it has sent from its log files since its process came up.
    #[must_use]
    pub fn sendings(&self) -> &Sendings {
        &self.sendings
    }

    /// Answers a fetch with what was found.
    pub(super) fn send_fetched(
        &mut self,
        (to, correlation): (NodeId, u32),
        request: &FetchRequest,
        context: FetchContext,
        partitions: Vec<FetchPartitionResponse>,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        for (asked, answer) in request.partitions.iter().zip(&partitions) {
            if answer.error == ErrorCode::KafkaStorageError {
                self.blame_disk(disk);
            } else if !answer.records.is_empty() {
                self.count_sending(asked, answer.records.len() as u64, request.replica.is_some(), disk);
            }
        }
        let slots = self.config.fetch_session_cache_slots;
        let response = self.fetch_sessions.answer(fx.now, request, context, partitions, slots);
        fx.respond(to, correlation, Response::Fetch(response));
    }

    fn count_sending(&mut self, asked: &FetchPartition, bytes: u64, to_follower: bool, disk: &mut Disk) {
        let Some(partition) = self.partitions.get(&asked.partition) else { return };
        let Ok(place) = partition.log.offset_metadata(disk, asked.fetch_offset) else { return };
        let mut segments = partition.log.segments();
        let Some(segment) = segments.find(|it| it.base_offset() == place.segment_base_offset) else { return };
        let position = u64::from(place.relative_position_in_segment);
        let missed = disk.touch(segment.path(), position, bytes).unwrap_or(0);
        let (protocol, stat) = match to_follower {
            true => (self.config.inter_broker_protocol, &mut self.sendings.followers),
            false => (self.config.listener_protocol, &mut self.sendings.consumers),
        };
        stat.count(protocol.transfer(), bytes, (missed * PAGE_SIZE as u64).min(bytes));
    }
}
