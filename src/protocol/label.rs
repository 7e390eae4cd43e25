//! What a message is called on the stage.

use super::{
    Body, ErrorCode, FetchRequest, FetchResponse, PartitionResults, ProduceRequest, ProduceResponse, Request, Response,
};
use crate::base::TopicPartition;
use crate::trace::{Detail, MessageLabel};
use std::rc::Rc;

/// The requests that there are, by Kafka's names.
pub const API_NAMES: &[&str] = &[
    "AlterPartition",
    "AlterPartitionReassignments",
    "BeginQuorumEpoch",
    "BrokerHeartbeat",
    "BrokerRegistration",
    "CreatePartitions",
    "CreateTopics",
    "DeleteRecords",
    "DeleteTopics",
    "DescribeConfigs",
    "DescribeLogDirs",
    "ElectLeaders",
    "Fetch",
    "FindCoordinator",
    "Heartbeat",
    "IncrementalAlterConfigs",
    "JoinGroup",
    "LeaveGroup",
    "ListOffsets",
    "ListPartitionReassignments",
    "Metadata",
    "OffsetCommit",
    "OffsetFetch",
    "Produce",
    "SyncGroup",
    "Vote",
];

impl Body {
    /// The message's label. Whether it is idle traffic is finally decided where it is sent, because a Fetch that repeats
    /// the one before it can only be told from its neighbours.
    #[must_use]
    pub fn label(&self) -> MessageLabel {
        match self {
            Body::Request { request, .. } => request.label(),
            Body::Response { response, .. } => response.label(),
            Body::Disconnected => idle("Disconnected"),
        }
    }
}

fn plain(name: &'static str, detail: Detail) -> MessageLabel {
    MessageLabel { name, detail, partition: None, idle: false, failed: false, loaded: false }
}

fn label(name: &'static str, detail: impl Into<Rc<str>>) -> MessageLabel {
    plain(name, Detail::Text(detail.into()))
}

fn idle(name: &'static str) -> MessageLabel {
    MessageLabel { idle: true, ..plain(name, Detail::None) }
}

/// The label of a request about partitions, which names the partition if it is one.
fn about<'a>(name: &'static str, partitions: impl Iterator<Item = &'a TopicPartition>) -> MessageLabel {
    MessageLabel { partition: single(partitions), ..label(name, "") }
}

/// A label that shows the error, if there is one.
fn answer(name: &'static str, error: ErrorCode) -> MessageLabel {
    let detail = if error.is_ok() { Detail::None } else { Detail::Error(error.name()) };
    MessageLabel { failed: !error.is_ok(), ..plain(name, detail) }
}

impl Request {
    /// The message's label.
    #[must_use]
    pub fn label(&self) -> MessageLabel {
        match self {
            Request::Produce(request) => request.label(),
            Request::Fetch(request) => request.label(),
            Request::ListOffsets(request) => {
                let partition = request.partitions.first().map(|(tp, _)| tp.clone());
                MessageLabel { partition, ..plain("ListOffsets", Detail::None) }
            }
            Request::Metadata(_) => idle("Metadata"),
            Request::CreateTopics(request) => label("CreateTopics", &*request.name),
            Request::CreatePartitions(topics) => {
                label("CreatePartitions", names(topics.iter().map(|topic| &topic.name)))
            }
            Request::DeleteTopics(topics) => label("DeleteTopics", names(topics)),
            Request::ElectLeaders(request) => about("ElectLeaders", request.partitions.iter().flatten()),
            Request::AlterPartitionReassignments(request) => {
                about("AlterPartitionReassignments", request.reassignments.iter().map(|(tp, _)| tp))
            }
            Request::ListPartitionReassignments(partitions) => {
                about("ListPartitionReassignments", partitions.iter().flatten())
            }
            Request::IncrementalAlterConfigs(request) => label("IncrementalAlterConfigs", request.resource.to_string()),
            Request::DescribeConfigs(resource) => label("DescribeConfigs", resource.to_string()),
            Request::DeleteRecords(request) => {
                let partition = single(request.partitions.iter().map(|(tp, _)| tp));
                MessageLabel { partition, ..plain("DeleteRecords", Detail::None) }
            }
            Request::DescribeLogDirs => plain("DescribeLogDirs", Detail::None),
            Request::FindCoordinator(group) => label("FindCoordinator", &**group),
            Request::JoinGroup(request) => label("JoinGroup", &*request.group),
            Request::SyncGroup(request) => label("SyncGroup", format!("{} g{}", request.group, request.generation)),
            Request::Heartbeat(_) => idle("Heartbeat"),
            Request::LeaveGroup(request) => label("LeaveGroup", &*request.group),
            Request::OffsetCommit(request) => match &request.offsets[..] {
                [(tp, offset, _)] => {
                    MessageLabel { partition: Some(tp.clone()), ..plain("OffsetCommit", Detail::At(*offset)) }
                }
                _ => label("OffsetCommit", &*request.group),
            },
            Request::OffsetFetch(request) => label("OffsetFetch", &*request.group),
            Request::AlterPartition(request) => {
                let isr: Vec<String> = request.new_isr.iter().map(|r| r.broker.to_string()).collect();
                let detail = format!("ISR {}", isr.join(","));
                MessageLabel { partition: Some(request.partition.clone()), ..label("AlterPartition", detail) }
            }
            Request::BrokerRegistration { broker, .. } => label("BrokerRegistration", broker.to_string()),
            Request::BrokerHeartbeat { .. } => idle("BrokerHeartbeat"),
            Request::Vote(request) if request.pre_vote => plain("PreVote", Detail::Epoch(request.epoch)),
            Request::Vote(request) => plain("Vote", Detail::Epoch(request.epoch)),
            Request::BeginQuorumEpoch { epoch, .. } => plain("BeginQuorumEpoch", Detail::Epoch(*epoch)),
            Request::QuorumFetch(_) => idle("Fetch"),
        }
    }
}

impl Response {
    /// The message's label.
    #[must_use]
    pub fn label(&self) -> MessageLabel {
        match self {
            Response::Produce(response) => response.label(),
            Response::Fetch(response) => response.label(),
            Response::ListOffsets(response) => match &response.partitions[..] {
                [one] => {
                    MessageLabel { partition: Some(one.partition.clone()), ..answer("ListOffsetsResponse", one.error) }
                }
                _ => plain("ListOffsetsResponse", Detail::None),
            },
            Response::Metadata(_) => idle("MetadataResponse"),
            Response::CreateTopics(topics) => {
                answer("CreateTopicsResponse", topics.first().map_or(ErrorCode::None, |(_, error, _)| *error))
            }
            Response::CreatePartitions(topics) => {
                answer("CreatePartitionsResponse", first_error(topics.iter().map(|(_, error, _)| *error)))
            }
            Response::DeleteTopics(topics) => {
                answer("DeleteTopicsResponse", first_error(topics.iter().map(|(_, error, _)| *error)))
            }
            Response::ElectLeaders(response) => response.label("ElectLeadersResponse"),
            Response::AlterPartitionReassignments(response) => response.label("AlterPartitionReassignmentsResponse"),
            Response::ListPartitionReassignments(response) => {
                answer("ListPartitionReassignmentsResponse", response.error)
            }
            Response::IncrementalAlterConfigs(response) => answer("IncrementalAlterConfigsResponse", response.error),
            Response::DescribeConfigs(response) => answer("DescribeConfigsResponse", response.error),
            Response::DeleteRecords(partitions) => {
                let label = answer("DeleteRecordsResponse", first_error(partitions.iter().map(|p| p.error)));
                MessageLabel { partition: single(partitions.iter().map(|p| &p.partition)), ..label }
            }
            Response::DescribeLogDirs(dirs) => {
                answer("DescribeLogDirsResponse", first_error(dirs.iter().map(|dir| dir.error)))
            }
            Response::FindCoordinator(response) => answer("FindCoordinatorResponse", response.error),
            Response::JoinGroup(response) => answer("JoinGroupResponse", response.error),
            Response::SyncGroup(response) => answer("SyncGroupResponse", response.error),
            Response::Heartbeat(error) => MessageLabel { idle: error.is_ok(), ..answer("HeartbeatResponse", *error) },
            Response::LeaveGroup(error) => answer("LeaveGroupResponse", *error),
            Response::OffsetCommit(partitions) => {
                answer("OffsetCommitResponse", first_error(partitions.iter().map(|(_, error)| *error)))
            }
            Response::OffsetFetch(response) => answer("OffsetFetchResponse", response.error),
            Response::AlterPartition(response) => {
                let partition = Some(response.partition.clone());
                MessageLabel { partition, ..answer("AlterPartitionResponse", response.error) }
            }
            Response::BrokerRegistration(result) => {
                answer("BrokerRegistrationResponse", result.err().unwrap_or(ErrorCode::None))
            }
            Response::BrokerHeartbeat(response) => {
                MessageLabel { idle: response.error.is_ok(), ..answer("BrokerHeartbeatResponse", response.error) }
            }
            Response::Vote(response) => {
                let name = if response.pre_vote { "PreVoteResponse" } else { "VoteResponse" };
                label(name, if response.granted { "granted" } else { "refused" })
            }
            Response::BeginQuorumEpoch(_) => idle("BeginQuorumEpochResponse"),
            Response::QuorumFetch(response) => MessageLabel {
                idle: response.entries.is_empty(),
                ..plain("FetchResponse", Detail::Metadata(response.entries.len() as u64))
            },
        }
    }
}

fn names<'a>(topics: impl IntoIterator<Item = &'a crate::base::TopicName>) -> String {
    topics.into_iter().map(|name| &**name).collect::<Vec<_>>().join(",")
}

fn first_error(mut errors: impl Iterator<Item = ErrorCode>) -> ErrorCode {
    errors.find(|error| !error.is_ok()).unwrap_or(ErrorCode::None)
}

impl PartitionResults {
    fn label(&self, name: &'static str) -> MessageLabel {
        let errors = [self.error].into_iter().chain(self.results.iter().map(|result| result.error));
        let partition = single(self.results.iter().map(|result| &result.partition));
        MessageLabel { partition, ..answer(name, first_error(errors)) }
    }
}

impl ProduceRequest {
    fn label(&self) -> MessageLabel {
        let count: usize = self.partitions.iter().map(|(_, _, ids)| ids.len()).sum();
        let partition = single(self.partitions.iter().map(|(tp, ..)| tp));
        MessageLabel { partition, loaded: true, ..plain("Produce", Detail::Count(count as u64)) }
    }
}

impl ProduceResponse {
    fn label(&self) -> MessageLabel {
        let error = first_error(self.partitions.iter().map(|p| p.error));
        let mut label = answer("ProduceResponse", error);
        label.partition = single(self.partitions.iter().map(|p| &p.partition));
        if let ([one], true) = (&self.partitions[..], error.is_ok()) {
            label.detail = Detail::At(one.base_offset);
        }
        label
    }
}

impl FetchRequest {
    fn label(&self) -> MessageLabel {
        let mut label = plain("Fetch", Detail::None);
        if let [one] = &self.partitions[..] {
            label.partition = Some(one.partition.clone());
            label.detail = Detail::At(one.fetch_offset);
        }
        label
    }
}

impl FetchResponse {
    fn label(&self) -> MessageLabel {
        let error = first_error([self.error].into_iter().chain(self.partitions.iter().map(|p| p.error)));
        let mut label = answer("FetchResponse", error);
        let loaded: Vec<_> = self.partitions.iter().filter(|p| !p.records.is_empty()).collect();
        label.loaded = !loaded.is_empty();
        match (&loaded[..], &self.partitions[..]) {
            _ if !error.is_ok() => {}
            ([one], _) => {
                label.partition = Some(one.partition.clone());
                label.detail = records_detail(&one.records);
            }
            ([], [one]) => {
                label.partition = Some(one.partition.clone());
                label.detail = match (one.diverging, one.preferred_read_replica) {
                    (Some((epoch, end)), _) => Detail::Text(format!("diverging e{epoch}@{end}").into()),
                    (None, Some(broker)) => Detail::Text(format!("-> broker {broker}").into()),
                    (None, None) => Detail::HighWatermark(one.high_watermark),
                };
            }
            _ => {}
        }
        label
    }
}

/// The offsets of the records, from the first batch's header to the last one's.
fn records_detail(records: &[u8]) -> Detail {
    let mut batches = crate::record::batches(records).filter_map(Result::ok);
    let Some(first) = batches.next() else { return Detail::None };
    Detail::Offsets(first.base_offset(), batches.last().unwrap_or(first).last_offset())
}

fn single<'a>(mut partitions: impl Iterator<Item = &'a TopicPartition>) -> Option<TopicPartition> {
    let first = partitions.next()?;
    partitions.next().is_none().then(|| first.clone())
}
