//! What nodes say to each other: requests, responses, error codes, metadata records, and the envelope that carries them.
//!
//! In Kafka these are generated from JSON schemas and travel as bytes. Here they are structs with the same names and
//! the fields that matter to the model; record data inside them is real bytes. A request is answered by a response with
//! the same correlation id. A broken connection is told to both sides as [`Body::Disconnected`], as a closed socket
//! would be.

mod admin;
pub mod consumer_protocol;
mod effects;
mod envelope;
mod error_code;
mod fetch_session;
mod group;
mod image;
mod label;
mod message;
mod metadata;
mod quorum;
mod replicas;
pub mod wire;

pub use admin::{
    ConfigEntry, ConfigResource, ConfigSource, ConfigSynonym, DeleteRecordsPartition, DeleteRecordsRequest,
    DescribeConfigsResponse, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, LogDirDescription,
    LogDirReplica,
};
pub use effects::{Effects, Outgoing};
pub use envelope::{Body, Envelope};
pub use error_code::ErrorCode;
pub use fetch_session::{FetchMetadata, FetchSessionHandler};
pub use group::{
    FindCoordinatorResponse, GroupName, HeartbeatRequest, JoinGroupMember, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, MemberId, OffsetCommitRequest, OffsetFetchRequest, OffsetFetchResponse, SyncGroupRequest,
    SyncGroupResponse,
};
pub use image::{BrokerRegistration, MetadataImage, PartitionRegistration, TopicImage};
pub use label::API_NAMES;
pub use message::{
    AlterPartitionRequest, AlterPartitionResponse, BrokerHeartbeatResponse, CreatePartitionsTopic, CreateTopicsRequest,
    FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, IsolationLevel, ListOffsetsPartition,
    ListOffsetsRequest, ListOffsetsResponse, MetadataPartition, MetadataResponse, MetadataTopic,
    ProducePartitionResponse, ProduceRequest, ProduceResponse, ReplicaState, Request, Response,
};
pub use metadata::{MetadataRecord, PartitionChange, TopicId};
pub use quorum::{QuorumEntry, QuorumFetchRequest, QuorumFetchResponse, VoteRequest, VoteResponse};
pub use replicas::{
    AlterPartitionReassignmentsRequest, ElectLeadersRequest, ElectionType, ListPartitionReassignmentsResponse,
    OngoingReassignment, PartitionResult, PartitionResults,
};

/// The internal topic that holds groups and their committed offsets.
pub const GROUP_METADATA_TOPIC: &str = "__consumer_offsets";
