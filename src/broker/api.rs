//! The questions that need no wait: who leads what, which offset is the first or last, make a topic, who coordinates a group.

use super::{Broker, Fx, LOG_DIR, Partition, Purpose};
use crate::base::{NodeId, Offset, TopicName, TopicPartition};
use crate::coordinator::partition_for;
use crate::disk::Disk;
use crate::log::{EARLIEST_TIMESTAMP, LATEST_TIMESTAMP};
use crate::protocol::{
    CreateTopicsRequest, ErrorCode, FindCoordinatorResponse, GROUP_METADATA_TOPIC, GroupName, IsolationLevel,
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsResponse, LogDirDescription, LogDirReplica, MetadataPartition,
    MetadataResponse, MetadataTopic, Request, Response, TopicImage,
};
use std::rc::Rc;

impl Broker {
    /// The cluster as this broker knows it; an empty list asks for all topics.
    pub(super) fn describe(&self, wanted: &[TopicName]) -> MetadataResponse {
        let brokers = self.image.brokers.iter().filter(|(_, b)| !b.fenced).map(|(id, _)| *id).collect();
        let topics = if wanted.is_empty() {
            self.image.topics.iter().map(|(name, topic)| describe_topic(name, Some(topic))).collect()
        } else {
            wanted.iter().map(|name| describe_topic(name, self.image.topics.get(name).map(|topic| &**topic))).collect()
        };
        MetadataResponse { brokers, topics }
    }

    pub(super) fn list_offsets(&self, request: &ListOffsetsRequest, disk: &Disk) -> ListOffsetsResponse {
        // A follower asks for the ends of the log itself.
        let isolation_level = request.replica.is_none().then_some(request.isolation_level);
        let answer =
            |(tp, timestamp): &(TopicPartition, i64)| match self.list_offset(tp, *timestamp, isolation_level, disk) {
                Ok(offset) => {
                    let leader_epoch = self.partition(tp).map_or(-1, |partition| partition.leader_epoch);
                    ListOffsetsPartition { partition: tp.clone(), error: ErrorCode::None, offset, leader_epoch }
                }
                Err(error) => ListOffsetsPartition { partition: tp.clone(), error, offset: -1, leader_epoch: -1 },
            };
        ListOffsetsResponse { partitions: request.partitions.iter().map(answer).collect() }
    }

    fn list_offset(
        &self,
        tp: &TopicPartition,
        timestamp: i64,
        isolation_level: Option<IsolationLevel>,
        disk: &Disk,
    ) -> Result<Offset, ErrorCode> {
        let partition = self.leader_partition(tp, -1)?;
        let log = &partition.log;
        let last_fetchable = match isolation_level {
            None => log.log_end_offset(),
            Some(IsolationLevel::ReadUncommitted) => log.high_watermark(),
            Some(IsolationLevel::ReadCommitted) => log.last_stable_offset(),
        };
        // A new leader does not know yet how far its predecessor's high watermark had come.
        let epoch_start = partition.leader().map_or(0, |state| state.epoch_start);
        let unless_too_early =
            |offset| if epoch_start > last_fetchable { Err(ErrorCode::OffsetNotAvailable) } else { Ok(offset) };
        match timestamp {
            EARLIEST_TIMESTAMP => Ok(log.log_start_offset()),
            LATEST_TIMESTAMP => unless_too_early(last_fetchable),
            _ => {
                let found = log.offset_for_timestamp(disk, timestamp).map_err(|_| ErrorCode::KafkaStorageError)?;
                let offset = found.map(|record| record.offset).filter(|offset| *offset < last_fetchable);
                offset.map_or_else(|| unless_too_early(-1), Ok)
            }
        }
    }

    /// What lies in this broker's one log directory.
    pub(super) fn describe_log_dirs(&self) -> Vec<LogDirDescription> {
        let replica = |partition: &Rc<Partition>| LogDirReplica {
            partition: partition.partition.clone(),
            size: partition.log.size_bytes(),
            offset_lag: (partition.log.high_watermark() - partition.log.log_end_offset()).max(0),
        };
        let replicas = self.partitions.values().map(replica).collect();
        vec![LogDirDescription { error: ErrorCode::None, log_dir: LOG_DIR.into(), replicas }]
    }

    /// Passes a request for the controller on; the answer goes back the same way.
    pub(super) fn forward(&mut self, client: NodeId, correlation: u32, request: Request, fx: &mut Fx) {
        self.send_to_controller(request, Purpose::Forward { client, correlation }, fx);
    }

    pub(super) fn on_forwarded(&mut self, client: NodeId, correlation: u32, response: Response, fx: &mut Fx) {
        fx.respond(client, correlation, response);
    }

    pub(super) fn fail_forward(&self, client: NodeId, correlation: u32, fx: &mut Fx) {
        fx.respond(client, correlation, Response::CreateTopics(vec![("".into(), ErrorCode::NotController, "".into())]));
    }

    /// The coordinator of a group is the leader of one partition of `__consumer_offsets`, chosen by the group's name. The topic is made when
    /// it is asked for the first time.
    pub(super) fn find_coordinator(&mut self, group: &GroupName, fx: &mut Fx) -> FindCoordinatorResponse {
        let mut answer = FindCoordinatorResponse { error: ErrorCode::None, group: group.clone(), coordinator: None };
        let Some(topic) = self.image.topics.get(GROUP_METADATA_TOPIC) else {
            self.create_offsets_topic(fx);
            answer.error = ErrorCode::CoordinatorNotAvailable;
            return answer;
        };
        let partition = partition_for(group, topic.partitions.len() as i32);
        answer.coordinator = topic.partitions.get(&partition).and_then(|registration| registration.leader);
        if answer.coordinator.is_none() {
            answer.error = ErrorCode::CoordinatorNotAvailable;
        }
        answer
    }

    fn create_offsets_topic(&mut self, fx: &mut Fx) {
        if self.in_flight.values().any(|(_, purpose)| *purpose == Purpose::CreateOffsetsTopic) {
            return;
        }
        let request = CreateTopicsRequest {
            name: GROUP_METADATA_TOPIC.into(),
            partitions: self.config.offsets_topic_num_partitions,
            replication_factor: self.config.offsets_topic_replication_factor,
            assignments: Vec::new(),
            configs: [("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", "104857600")]
                .map(|(name, value)| (name.into(), value.into()))
                .to_vec(),
        };
        self.send_to_controller(Request::CreateTopics(request), Purpose::CreateOffsetsTopic, fx);
    }
}

fn describe_topic(name: &TopicName, topic: Option<&TopicImage>) -> MetadataTopic {
    let Some(topic) = topic else {
        return MetadataTopic { error: ErrorCode::UnknownTopicOrPartition, name: name.clone(), partitions: Vec::new() };
    };
    let partitions = topic.partitions.iter().map(|(number, registration)| MetadataPartition {
        partition: *number,
        error: if registration.leader.is_some() { ErrorCode::None } else { ErrorCode::LeaderNotAvailable },
        leader: registration.leader,
        leader_epoch: registration.leader_epoch,
        replicas: registration.replicas.clone(),
        isr: registration.isr.clone(),
        elr: registration.elr.clone(),
        last_known_elr: registration.last_known_elr.clone(),
    });
    MetadataTopic { error: ErrorCode::None, name: name.clone(), partitions: partitions.collect() }
}
