//! The coordinator's settings.

use crate::base::SimTime;

/// What a broker's configuration says of groups, by Kafka's names and 4.x defaults.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupConfig {
    /// `group.initial.rebalance.delay.ms`: how long an empty group waits for more members.
    pub initial_rebalance_delay: SimTime,
    /// `group.min.session.timeout.ms`.
    pub min_session_timeout: SimTime,
    /// `group.max.session.timeout.ms`.
    pub max_session_timeout: SimTime,
    /// How long a new member may wait in its first join, which has no heartbeats; a constant in Kafka.
    pub new_member_join_timeout: SimTime,
    /// `offsets.commit.timeout.ms`: how long an answer waits for the high watermark.
    pub offsets_commit_timeout: SimTime,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            initial_rebalance_delay: SimTime::from_secs(3),
            min_session_timeout: SimTime::from_secs(6),
            max_session_timeout: SimTime::from_secs(30 * 60),
            new_member_join_timeout: SimTime::from_secs(5 * 60),
            offsets_commit_timeout: SimTime::from_secs(5),
        }
    }
}
