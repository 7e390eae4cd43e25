//! What a step of the coordinator asks of its host.

use super::CoordinatorRecord;
use crate::base::{NodeId, SimTime};
use crate::protocol::{GroupName, MemberId, Response};
use crate::trace::TraceKind;

/// Whom to answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReplyTo {
    /// Who asked.
    pub node: NodeId,
    /// The asker's number for its request.
    pub correlation: u32,
}

/// The number of an append that the shard asked for; each is larger than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AppendId(pub u64);

/// The timers that a coordinator sets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GroupTimer {
    /// A member may have been silent for its session, or a new one may not have come back with its id.
    Heartbeat {
        /// The group.
        group: GroupName,
        /// The member.
        member: MemberId,
    },
    /// The group's join phase may be over.
    Join {
        /// The group.
        group: GroupName,
    },
    /// The group's members may have had time enough to sync.
    Sync {
        /// The group.
        group: GroupName,
    },
    /// An append may have waited for the high watermark for `offsets.commit.timeout.ms`.
    Append(AppendId),
}

/// What the host is to do.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Step {
    /// Records to append as one batch, with the rules of `acks=all`.
    pub records: Vec<CoordinatorRecord>,
    /// The number under which to say what became of the records; `None` when there are none.
    pub append: Option<AppendId>,
    /// Answers to send now. Those that wait for the records come later, with the high watermark.
    pub replies: Vec<(ReplyTo, Response)>,
    /// Timers to set: how long they run, and which.
    pub timers: Vec<(SimTime, GroupTimer)>,
    /// What happened.
    pub events: Vec<TraceKind>,
}
