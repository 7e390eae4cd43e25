//! The world: every node, every message on its way, and time.
//!
//! [`Cluster`] is a discrete-event simulation: a queue of events ordered by (time, number); taking the next one makes one node take one
//! step, and what the step leaves behind goes back into the queue. The whole world is one value that can be cloned and
//! compared, which is what time travel ([`Session`]) rests on. What a person may do to it is an [`Action`]. The [`Ledger`] follows every
//! record from outside, and `invariants` says what must never be.

mod action;
mod admin;
mod clients;
mod cluster;
mod command_line;
mod diff;
mod fate;
mod faults;
mod hands;
mod history;
mod invariants;
mod ledger;
mod links;
mod machine;
mod node;
mod query;
mod session;
mod step;
mod story;

pub use action::{Action, ActionError, AdminCall, ConfigTarget, ConsumerSpec, DiskChange, KeySpec, ProducerSpec};
pub use cluster::{Cluster, ClusterConfig, ConfigError};
pub use diff::{Aspect, Difference, Subject, differences};
pub use fate::{Fate, RecordFate};
pub use faults::{FaultKind, FaultOptions};
pub use invariants::{Violation, Watch};
pub use ledger::{Belief, GroupLine, Handled, Ledger, Line, Place, Places};
pub use links::pairs;
pub use node::{BrokerNode, ClientKind, ClientNode, ClientProcess, ControllerNode, NodeTimer, ProcessStatus};
pub use session::{LoadError, Mark, NameTaken, Session, Spot};
pub use story::{Moment, Recorded, Story};
