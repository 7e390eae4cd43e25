//! What the world's brokers know: who leads what, where logs end, and what a Fetch finds.

use super::{Partition, World};
use kafkascope::base::{BrokerId, TopicName, TopicPartition};
use kafkascope::protocol::{
    ErrorCode, FetchPartition, FetchPartitionResponse, FetchResponse, ListOffsetsPartition, MetadataPartition,
    MetadataResponse, MetadataTopic, Response,
};

impl World {
    pub(super) fn metadata(&self, topics: &[TopicName]) -> MetadataResponse {
        let tell = |name: &TopicName| {
            let partitions: Vec<MetadataPartition> =
                self.partitions.iter().filter(|(tp, _)| tp.topic == *name).map(|(tp, p)| self.tell(tp, p)).collect();
            let unknown = partitions.is_empty();
            let error = if unknown { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::None };
            MetadataTopic { error, name: name.clone(), partitions }
        };
        MetadataResponse { brokers: self.brokers.iter().copied().collect(), topics: topics.iter().map(tell).collect() }
    }

    fn tell(&self, tp: &TopicPartition, partition: &Partition) -> MetadataPartition {
        let leader = self.brokers.contains(&partition.leader).then_some(partition.leader);
        MetadataPartition {
            partition: tp.partition,
            error: if leader.is_some() { ErrorCode::None } else { ErrorCode::LeaderNotAvailable },
            leader,
            leader_epoch: partition.epoch,
            replicas: vec![partition.leader],
            isr: vec![partition.leader],
            elr: Vec::new(),
            last_known_elr: Vec::new(),
        }
    }

    pub(super) fn list_offset(&self, broker: BrokerId, tp: &TopicPartition, timestamp: i64) -> ListOffsetsPartition {
        let partition = &self.partitions[tp];
        let leads = partition.leader == broker;
        let offset = if timestamp == -2 { partition.log_start } else { partition.end() };
        ListOffsetsPartition {
            partition: tp.clone(),
            error: if leads { ErrorCode::None } else { ErrorCode::NotLeaderOrFollower },
            offset: if leads { offset } else { -1 },
            leader_epoch: partition.epoch,
        }
    }

    pub(super) fn answer_parked(&mut self, number: u64, expired: bool) {
        let Some(fetch) = self.parked.get(&number) else { return };
        let partitions: Vec<FetchPartitionResponse> = fetch
            .request
            .partitions
            .iter()
            .map(|asked| read(fetch.broker, &self.partitions[&asked.partition], asked))
            .collect();
        let ready = partitions.iter().any(|p| !p.error.is_ok() || !p.records.is_empty());
        if ready || expired {
            let (broker, from, correlation) = (fetch.broker, fetch.from, fetch.correlation);
            self.parked.remove(&number);
            self.answer(
                broker,
                from,
                correlation,
                Response::Fetch(FetchResponse { error: ErrorCode::None, session_id: 0, partitions }),
            );
        }
    }
}

/// Reads from the batch that holds the offset, and cuts the last batch in the middle as a broker may.
fn read(broker: BrokerId, partition: &Partition, asked: &FetchPartition) -> FetchPartitionResponse {
    let error = if partition.leader != broker {
        ErrorCode::NotLeaderOrFollower
    } else if asked.current_leader_epoch < partition.epoch {
        ErrorCode::FencedLeaderEpoch
    } else if asked.fetch_offset < partition.log_start || asked.fetch_offset > partition.end() {
        ErrorCode::OffsetOutOfRange
    } else {
        ErrorCode::None
    };
    let mut records = Vec::new();
    for (_, last, bytes) in &partition.batches {
        if error.is_ok() && *last >= asked.fetch_offset {
            let room = (asked.max_bytes as usize).saturating_sub(records.len());
            let whole = if records.is_empty() { bytes.len() } else { bytes.len().min(room) };
            records.extend(&bytes[..whole]);
        }
    }
    FetchPartitionResponse {
        partition: asked.partition.clone(),
        error,
        high_watermark: partition.end(),
        last_stable_offset: partition.end(),
        log_start_offset: partition.log_start,
        diverging: None,
        preferred_read_replica: None,
        aborted_transactions: None,
        records: records.into(),
    }
}
