//! A group as an onlooker sees it.

use super::group::{ClassicGroup, Member};
use super::{ClassicGroupState, OffsetAndMetadata};
use crate::base::TopicPartition;
use crate::protocol::consumer_protocol::Assignment;
use crate::protocol::{GroupName, MemberId};
use std::rc::Rc;

/// A group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupView {
    /// Its name.
    pub group: GroupName,
    /// Its state.
    pub state: ClassicGroupState,
    /// Its generation.
    pub generation: i32,
    /// The assignor that was chosen.
    pub protocol: Option<Rc<str>>,
    /// The member that assigns.
    pub leader: Option<MemberId>,
    /// The members, in the order of joining.
    pub members: Vec<MemberView>,
    /// Ids that were given out, and whose owners have not come back with them.
    pub pending: Vec<MemberId>,
    /// How far it has read, whether or not that is committed in the log yet.
    pub offsets: Vec<(TopicPartition, OffsetAndMetadata)>,
}

/// A member.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MemberView {
    /// Its id.
    pub id: MemberId,
    /// `client.id`.
    pub client_id: Rc<str>,
    /// Its address, as Kafka's tools print it.
    pub client_host: Rc<str>,
    /// What it was given; empty while nothing is.
    pub assignment: Vec<TopicPartition>,
    /// Whether it waits for the join phase to end.
    pub awaiting_join: bool,
    /// Whether it waits for the leader's assignment.
    pub awaiting_sync: bool,
}

impl GroupView {
    pub(super) fn new<'a>(
        group: &ClassicGroup,
        offsets: impl Iterator<Item = (&'a TopicPartition, &'a OffsetAndMetadata)>,
    ) -> Self {
        Self {
            group: group.name.clone(),
            state: group.state,
            generation: group.generation,
            protocol: group.protocol.clone(),
            leader: group.leader.clone(),
            members: group.members.iter().map(MemberView::new).collect(),
            pending: group.pending_join.keys().cloned().collect(),
            offsets: offsets.map(|(tp, value)| (tp.clone(), value.clone())).collect(),
        }
    }
}

impl MemberView {
    fn new(member: &Member) -> Self {
        // The coordinator never looks inside an assignment; what no consumer wrote shows as nothing.
        let assignment = Assignment::decode(&member.assignment).map(|a| a.partitions).unwrap_or_default();
        Self {
            id: member.id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            assignment,
            awaiting_join: member.awaiting_join.is_some(),
            awaiting_sync: member.awaiting_sync.is_some(),
        }
    }
}
