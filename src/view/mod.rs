//! From model to picture: plain data that a page, a test or a table can read.

mod bytes;
pub mod files;
mod frame;
pub mod geometry;
mod inspect;
mod meaning;
pub mod narrate;
mod network;
mod project;
pub mod stories;
pub mod timeline;

pub use crate::base::josa;
pub use bytes::{BitView, BytesView, FieldView};
pub use frame::{
    BrokerView, ConsumerView, ControllerView, Frame, GroupView, LinkView, PacketKind, PacketView, PartitionView,
    ProcessState, ProducerView, QuorumRole, QuorumView, RecordView, ReplicaRole, ReplicaView, SegmentView, Standing,
};
pub use inspect::{Inspection, PlaceView, Section, Selection, WayView, WhyStep, WhyView, inspect};
pub use project::Projector;
