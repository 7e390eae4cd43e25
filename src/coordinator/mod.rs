//! The group coordinator: who is in a consumer group, which generation it is in, and how far it has read.
//!
//! Every group belongs to one partition of `__consumer_offsets`, found by a hash of its name ([`partition_for`]), and the
//! broker that leads that partition coordinates the group. A [`GroupCoordinator`] is the state machine of *one* such
//! partition, a shard as in Kafka's `CoordinatorRuntime`. It is pure: a request or timer comes in, a [`Step`] comes out
//! with records to append, answers, timers and trace events. When the partition moves to another broker, that broker
//! makes a new shard and replays the partition's records into it.
//!
//! The rooms: [`records`] holds the records' bytes; `group` the classic group and its members; `join`, `sync` and
//! `membership` the protocol's phases; `offsets` the committed offsets; `shard` the dispatch, the replay, and the answers
//! that wait for the high watermark.
//!
//! What a host does with a step, in this order: append [`Step::records`] as one batch with the rules of `acks=all`, and
//! say at once [`GroupCoordinator::on_appended`] or [`GroupCoordinator::on_append_failed`]; send [`Step::replies`]; set
//! [`Step::timers`]. When the partition's high watermark moves, [`GroupCoordinator::on_high_watermark`] yields the
//! answers that waited for it. A timer must find its way back to the very shard that set it: a shard of an earlier
//! leader epoch has timers of its own.
//!
//! Left for later: static members, the KIP-848 protocol, transactions, the expiry and deletion of offsets and groups,
//! `group.max.size`.

mod config;
mod deadline;
mod group;
mod hash;
mod join;
mod membership;
mod offsets;
pub mod records;
mod request;
mod shard;
mod step;
mod sync;
mod view;

pub use config::GroupConfig;
pub use group::ClassicGroupState;
pub use hash::{java_hash_code, partition_for};
pub use offsets::OffsetAndMetadata;
pub use records::CoordinatorRecord;
pub use request::GroupRequest;
pub use shard::GroupCoordinator;
pub use step::{AppendId, GroupTimer, ReplyTo, Step};
pub use view::{GroupView, MemberView};
