//! From model to picture: plain data that a page, a test or a table can read.

mod frame;

pub use frame::{
    BrokerView, ConsumerView, ControllerView, Frame, GroupView, PacketKind, PacketView, PartitionView, ProcessState,
    ProducerView, QuorumRole, QuorumView, RecordView, ReplicaRole, ReplicaView, SegmentView,
};
