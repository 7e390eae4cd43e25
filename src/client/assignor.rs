//! The range assignor: how a group's leader divides partitions, topic by topic.
//!
//! In the classic protocol the *client* that leads the group assigns; the broker only carries the result. Range lays each
//! topic's partitions in a row, the topic's subscribers in the order of their ids beside it, and gives each a contiguous
//! stretch; when it does not come out even, the first ones get one more. So partitions with equal numbers of topics with
//! equal counts meet at the same member, which is what joins need, and so with many topics the first members carry
//! more, which is what people complain about.
//!
//! Left for later: the rack-aware variant (KIP-881), static members, which sort before the others, and the other assignors.

use crate::base::{Map, TopicName, TopicPartition};
use crate::protocol::MemberId;
use crate::protocol::consumer_protocol::Subscription;

/// What the assignor is called in JoinGroup and in `partition.assignment.strategy`.
pub const RANGE_ASSIGNOR_NAME: &str = "range";

/// A member, as the leader sees it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AssignorMember {
    /// Its id.
    pub member: MemberId,
    /// What it wants to read.
    pub subscription: Subscription,
}

/// Assigns the partitions of the topics in `partitions` (a count for each; a topic that is missing does not exist) to
/// `members`. Every member has an entry in the answer.
#[must_use]
pub fn range_assign(
    partitions: &Map<TopicName, i32>,
    members: &[AssignorMember],
) -> Map<MemberId, Vec<TopicPartition>> {
    let mut assignment: Map<MemberId, Vec<TopicPartition>> =
        members.iter().map(|member| (member.member.clone(), Vec::new())).collect();
    let in_order: Map<Vec<u16>, &AssignorMember> =
        members.iter().map(|member| (member.member.encode_utf16().collect(), member)).collect();
    for (topic, count) in partitions {
        let subscribers: Vec<&MemberId> =
            in_order.values().filter(|m| m.subscription.topics.contains(topic)).map(|m| &m.member).collect();
        let Ok(divisor @ 1..) = i32::try_from(subscribers.len()) else { continue };
        let (each, more) = (count / divisor, count % divisor);
        let mut next = 0;
        for (place, member) in (0..).zip(subscribers) {
            let end = next + each + i32::from(place < more);
            let given = assignment.get_mut(member).expect("every member has an entry");
            given.extend((next..end).map(|number| TopicPartition::new(topic, number)));
            next = end;
        }
    }
    assignment
}

#[cfg(test)]
mod tests {
    use super::{AssignorMember, range_assign};
    use crate::protocol::consumer_protocol::Subscription;

    #[test]
    fn the_first_members_get_one_more_of_each_topic() {
        let member = |id: &str| AssignorMember {
            member: id.into(),
            subscription: Subscription::new(&["t".into(), "u".into(), "gone".into()]),
        };
        let counts = [("t".into(), 3), ("u".into(), 3)].into_iter().collect();
        let assignment = range_assign(&counts, &[member("b"), member("a")]);
        let told: Vec<String> = assignment
            .iter()
            .map(|(id, tps)| format!("{id}: {}", tps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
            .collect();
        assert_eq!(told, ["a: t-0 t-1 u-0 u-1", "b: t-2 u-2"]);
    }
}
