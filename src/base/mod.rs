//! What every layer speaks in: identities, simulated time, a seeded random generator, and a digest.
//!
//! Kafka passes node ids as `int` and times as `long` milliseconds. Here each has a type of its own, so that a broker id
//! can never be taken for a partition, nor a millisecond for a microsecond.

mod bytes;
mod chunks;
mod date;
mod digest;
mod id;
pub mod josa;
mod map;
mod rng;
mod set;
mod spans;
mod time;

pub use bytes::Bytes;
pub use chunks::Chunks;
pub use date::Date;
pub use digest::{Digest, digest_of};
pub use id::{BrokerId, ClientId, ControllerId, LeaderEpoch, NodeId, Offset, RecordId, TopicName, TopicPartition};
pub use map::Map;
pub use rng::Rng;
pub use set::Set;
pub use spans::Spans;
pub use time::{SimTime, WALL_CLOCK_START_MS};
