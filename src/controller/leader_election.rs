//! Elections that somebody asks for, and those that the controller holds by itself from time to time.
//!
//! After a failure the leaders of a topic end up on few brokers, for a leader stays where it is when others come back. Every
//! `leader.imbalance.check.interval.seconds` the controller gives each partition back to its *preferred* replica, the first of
//! its assignment, if that has everything. `kafka-leader-election` asks for the same at once.
//!
//! An *unclean* election lets a replica lead that may lack committed records. It is for partitions that have no leader and can
//! get none otherwise: when a tool asks for it, or, where `unclean.leader.election.enable` says so, as soon as a leader is
//! missing, and once more every `unclean.leader.election.interval.ms`.

use super::partition_change::Election;
use super::topic_control::Refusal;
use super::{Controller, ControllerTimer};
use crate::base::{SimTime, TopicPartition};
use crate::protocol::{Effects, ElectLeadersRequest, ElectionType, ErrorCode, PartitionResult, PartitionResults};

/// How many partitions one look may change; if there are more, the next follows at once.
const MAX_ELECTIONS_PER_IMBALANCE: usize = 1000;
/// How soon that is.
const IMMEDIATE_PERIOD: SimTime = SimTime::from_ms(10);

type Fx = Effects<ControllerTimer>;

impl Controller {
    pub(super) fn elect_leaders(&mut self, request: &ElectLeadersRequest, fx: &mut Fx) -> PartitionResults {
        let all = || self.image.partitions().map(|(tp, _)| tp).collect();
        let asked: Vec<TopicPartition> = request.partitions.clone().unwrap_or_else(all);
        let mut results = Vec::new();
        for partition in asked {
            let (error, message) = match self.elect_leader(&partition, request.election_type, fx) {
                Ok(()) => (ErrorCode::None, String::new()),
                Err((ErrorCode::ElectionNotNeeded, _)) if request.partitions.is_none() => continue,
                Err(refusal) => refusal,
            };
            results.push(PartitionResult { partition, error, message: message.into() });
        }
        PartitionResults { error: ErrorCode::None, results }
    }

    fn elect_leader(&mut self, tp: &TopicPartition, election: ElectionType, fx: &mut Fx) -> Result<(), Refusal> {
        let unknown = |what: String| (ErrorCode::UnknownTopicOrPartition, what);
        let Some(topic) = self.image.topics.get(&tp.topic) else {
            return Err(unknown(format!("No such topic as {}", tp.topic)));
        };
        let Some(partition) = topic.partitions.get(&tp.partition).cloned() else {
            return Err(unknown(format!("No such partition as {tp}")));
        };
        let (needed, wanted, unavailable) = match election {
            ElectionType::Preferred => (
                partition.leader != partition.replicas.first().copied(),
                Election::Preferred,
                ErrorCode::PreferredLeaderNotAvailable,
            ),
            ElectionType::Unclean => {
                (partition.leader.is_none(), Election::Unclean, ErrorCode::EligibleLeadersNotAvailable)
            }
        };
        if !needed {
            return Err((ErrorCode::ElectionNotNeeded, String::new()));
        }
        let builder = self.change_of(tp, &partition).election(wanted);
        if self.change_partition(tp, &partition, builder, |_| true, fx) {
            Ok(())
        } else {
            Err((unavailable, String::new()))
        }
    }

    /// Gives partitions back to their preferred leaders.
    pub(super) fn balance_leaders(&mut self, fx: &mut Fx) {
        let mut elections = 0;
        for (tp, partition) in self.partitions_where(|p| p.leader != p.replicas.first().copied()) {
            if elections >= MAX_ELECTIONS_PER_IMBALANCE {
                break;
            }
            let builder = self.change_of(&tp, &partition).election(Election::Preferred);
            elections += usize::from(self.change_partition(&tp, &partition, builder, |_| true, fx));
        }
        let wait = self.until_next(elections, self.config.imbalance_check_interval);
        fx.timer(wait, ControllerTimer::ElectPreferred(self.term_of_office));
    }

    /// Lets anybody lead what nobody leads, where the topic allows it.
    pub(super) fn elect_unclean_leaders(&mut self, fx: &mut Fx) {
        let mut elections = 0;
        for (tp, _) in self.partitions_where(|p| p.leader.is_none()) {
            if elections >= MAX_ELECTIONS_PER_IMBALANCE {
                break;
            }
            if self.is_unclean_leader_election_enabled(&tp.topic) {
                elections += usize::from(self.elect_leader(&tp, ElectionType::Unclean, fx).is_ok());
            }
        }
        let wait = self.until_next(elections, self.config.unclean_leader_election_interval);
        fx.timer(wait, ControllerTimer::ElectUnclean(self.term_of_office));
    }

    fn until_next(&self, elections: usize, interval: SimTime) -> SimTime {
        if elections >= MAX_ELECTIONS_PER_IMBALANCE { IMMEDIATE_PERIOD } else { interval }
    }
}
