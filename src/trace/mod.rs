//! What happened, in order, and which earlier event caused it.
//!
//! Every node tells the world what it did as [`TraceEvent`]s: plain data, never read back by the model. The event log,
//! the timeline's marks, the ledger and `why` all read this one list. A message's delivery is caused by its sending, its
//! sending by the event that made the node send it; so a chain of causes leads from a moved high watermark back to the
//! key somebody pressed.

mod kind;
mod list;
mod machine;
pub mod narrate;
mod network;

pub use kind::{Detail, MessageLabel, TraceKind};
pub use list::Trace;
pub use machine::MachineNews;
pub use network::{LinkTrouble, Loss, NetworkNews};

use crate::base::{NodeId, SimTime};

/// The number of a trace event in its world, from 0.
pub type EventSeq = u64;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TraceEvent {
    /// Its number; events are numbered in the order in which they happened.
    pub seq: EventSeq,
    /// When.
    pub at: SimTime,
    /// On which node; `None` for what happened to the world as a whole.
    pub node: Option<NodeId>,
    /// The earlier event that made it happen; `None` for what began by itself (a start, a command).
    pub cause: Option<EventSeq>,
    /// What.
    pub kind: TraceKind,
}
