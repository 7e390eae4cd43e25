//! What happened, as Korean sentences: see [`crate::trace::narrate`]. Here the names of clients are taken from a frame.

use super::Frame;
pub use crate::trace::narrate::{Names, group_state, sentence};

impl Names {
    /// The names in `frame`.
    #[must_use]
    pub fn of(frame: &Frame) -> Self {
        let producers = frame.producers.iter().map(|p| (p.id, format!("프로듀서 {}", p.name).into()));
        let members = frame.groups.iter().flat_map(|group| &group.members);
        let consumers = members.map(|c| (c.id, format!("컨슈머 {}", c.name).into()));
        Self::new(producers.chain(consumers))
    }
}
