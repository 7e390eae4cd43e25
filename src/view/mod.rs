//! From model to picture: plain data that a page, a test or a table can read.

mod frame;
pub mod geometry;
pub mod josa;
pub mod narrate;
pub mod timeline;

pub use frame::{
    BrokerView, ConsumerView, ControllerView, Frame, GroupView, PacketKind, PacketView, PartitionView, ProcessState,
    ProducerView, QuorumRole, QuorumView, RecordView, ReplicaRole, ReplicaView, SegmentView,
};
