//! What a message is called on the stage.

use super::{
    Body, ErrorCode, FetchRequest, FetchResponse, PartitionResults, ProduceRequest, ProduceResponse, Request, Response,
};
use crate::base::TopicPartition;
use crate::trace::MessageLabel;

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

fn label(name: &'static str, detail: impl Into<String>) -> MessageLabel {
    let detail = detail.into().into();
    MessageLabel { name, detail, partition: None, idle: false, failed: false, loaded: false }
}

fn idle(name: &'static str) -> MessageLabel {
    MessageLabel { idle: true, ..label(name, "") }
}

/// The label of a request about partitions, which names the partition if it is one.
fn about<'a>(name: &'static str, partitions: impl Iterator<Item = &'a TopicPartition>) -> MessageLabel {
    MessageLabel { partition: single(partitions), ..label(name, "") }
}

/// A label that shows the error, if there is one.
fn answer(name: &'static str, error: ErrorCode) -> MessageLabel {
    let detail = if error.is_ok() { "" } else { error.name() };
    MessageLabel { failed: !error.is_ok(), ..label(name, detail) }
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
                MessageLabel { partition, ..label("ListOffsets", "") }
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
                MessageLabel { partition, ..label("DeleteRecords", "") }
            }
            Request::DescribeLogDirs => label("DescribeLogDirs", ""),
            Request::FindCoordinator(group) => label("FindCoordinator", &**group),
            Request::JoinGroup(request) => label("JoinGroup", &*request.group),
            Request::SyncGroup(request) => label("SyncGroup", format!("{} g{}", request.group, request.generation)),
            Request::Heartbeat(_) => idle("Heartbeat"),
            Request::LeaveGroup(request) => label("LeaveGroup", &*request.group),
            Request::OffsetCommit(request) => match &request.offsets[..] {
                [(tp, offset, _)] => {
                    MessageLabel { partition: Some(tp.clone()), ..label("OffsetCommit", format!("@{offset}")) }
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
            Request::Vote(request) if request.pre_vote => label("PreVote", format!("e{}", request.epoch)),
            Request::Vote(request) => label("Vote", format!("e{}", request.epoch)),
            Request::BeginQuorumEpoch { epoch, .. } => label("BeginQuorumEpoch", format!("e{epoch}")),
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
                _ => label("ListOffsetsResponse", ""),
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
                ..label("FetchResponse", metadata_records(response.entries.len()))
            },
        }
    }
}

fn metadata_records(count: usize) -> String {
    format!("metadata ×{count}")
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
        MessageLabel { partition, loaded: true, ..label("Produce", format!("×{count}")) }
    }
}

impl ProduceResponse {
    fn label(&self) -> MessageLabel {
        let error = first_error(self.partitions.iter().map(|p| p.error));
        let mut label = answer("ProduceResponse", error);
        label.partition = single(self.partitions.iter().map(|p| &p.partition));
        if let ([one], true) = (&self.partitions[..], error.is_ok()) {
            label.detail = format!("@{}", one.base_offset).into();
        }
        label
    }
}

impl FetchRequest {
    fn label(&self) -> MessageLabel {
        let mut label = label("Fetch", "");
        if let [one] = &self.partitions[..] {
            label.partition = Some(one.partition.clone());
            label.detail = format!("@{}", one.fetch_offset).into();
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
                label.detail = records_detail(&one.records).into();
            }
            ([], [one]) => {
                label.partition = Some(one.partition.clone());
                label.detail = match (one.diverging, one.preferred_read_replica) {
                    (Some((epoch, end)), _) => format!("diverging e{epoch}@{end}").into(),
                    (None, Some(broker)) => format!("-> broker {broker}").into(),
                    (None, None) => format!("HW {}", one.high_watermark).into(),
                };
            }
            _ => {}
        }
        label
    }
}

/// `9` or `9–11`: the offsets of the records, from the first batch's header to the last one's.
fn records_detail(records: &[u8]) -> String {
    let mut batches = crate::record::batches(records).filter_map(Result::ok);
    let Some(first) = batches.next() else { return String::new() };
    let last = batches.last().unwrap_or(first);
    match (first.base_offset(), last.last_offset()) {
        (a, b) if a == b => a.to_string(),
        (a, b) => format!("{a}–{b}"),
    }
}

fn single<'a>(mut partitions: impl Iterator<Item = &'a TopicPartition>) -> Option<TopicPartition> {
    let first = partitions.next()?;
    partitions.next().is_none().then(|| first.clone())
}
