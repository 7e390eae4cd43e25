//! Which brokers a new topic's replicas go to (Kafka's `StripedReplicaPlacer`, for a cluster without racks).
//!
//! Two lists, of brokers let in and of fenced ones, each with a random offset. Per partition: walk the first list from its offset,
//! then the second; the next partition starts one further on. So leaders, and followers too, are spread evenly. After as many
//! partitions as there are unfenced brokers the lists are shuffled, lest the same rows come again.
//!
//! Left out: racks.

use crate::base::{BrokerId, Set};
use std::fmt;

/// Why replicas could not be placed, in Kafka's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlacerError {
    /// More replicas than brokers.
    TooFewBrokers {
        /// The replicas asked for.
        replication_factor: i16,
        /// The brokers registered.
        brokers: usize,
    },
    /// No broker is let in.
    AllFenced,
    /// No replicas, or fewer.
    NonPositive(i16),
}

impl fmt::Display for PlacerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlacerError::TooFewBrokers { replication_factor, brokers } => write!(
                f,
                "The target replication factor of {replication_factor} cannot be reached because only {brokers} broker(s) are registered or some brokers \
                 have all their log directories cordoned."
            ),
            PlacerError::NonPositive(factor) => {
                write!(f, "Invalid replication factor {factor}: the replication factor must be positive.")
            }
            PlacerError::AllFenced => write!(f, "All brokers are currently fenced."),
        }
    }
}

/// A list that each partition walks through from one further on.
#[derive(Debug)]
struct BrokerList {
    brokers: Vec<BrokerId>,
    index: usize,
    offset: usize,
    epoch: usize,
}

impl BrokerList {
    fn new(brokers: Set<BrokerId>, draw: &mut impl FnMut(u64) -> u64) -> Self {
        let offset = if brokers.is_empty() { 0 } else { draw(brokers.len() as u64) as usize };
        Self { brokers: brokers.into_iter().collect(), index: 0, offset, epoch: 0 }
    }

    fn next(&mut self, epoch: usize) -> Option<BrokerId> {
        if self.brokers.is_empty() {
            return None;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.index = 0;
            self.offset = (self.offset + 1) % self.brokers.len();
        }
        let next =
            (self.index < self.brokers.len()).then(|| self.brokers[(self.index + self.offset) % self.brokers.len()]);
        self.index += usize::from(next.is_some());
        next
    }

    fn shuffle(&mut self, draw: &mut impl FnMut(u64) -> u64) {
        for i in (1..self.brokers.len()).rev() {
            let other = draw(i as u64 + 1) as usize;
            self.brokers.swap(i, other);
        }
    }
}

/// Places the partitions of one topic.
#[derive(Debug)]
pub struct StripedReplicaPlacer {
    fenced: BrokerList,
    unfenced: BrokerList,
    epoch: usize,
}

impl StripedReplicaPlacer {
    /// A placer over `brokers`, each with whether it is fenced; `draw(n)` gives a random number below n.
    ///
    /// # Errors
    /// If there is no unfenced broker.
    pub fn new(
        brokers: impl Iterator<Item = (BrokerId, bool)>,
        draw: &mut impl FnMut(u64) -> u64,
    ) -> Result<Self, PlacerError> {
        let (mut fenced, mut unfenced) = (Set::new(), Set::new());
        for (id, is_fenced) in brokers {
            if is_fenced { &mut fenced } else { &mut unfenced }.insert(id);
        }
        let fenced = BrokerList::new(fenced, draw);
        let unfenced = BrokerList::new(unfenced, draw);
        if unfenced.brokers.is_empty() {
            return Err(PlacerError::AllFenced);
        }
        draw(1); // The offset among the racks, of which there is one.
        Ok(Self { fenced, unfenced, epoch: 0 })
    }

    /// The replicas of the next partition, the preferred leader first.
    ///
    /// # Errors
    /// If there are fewer brokers than replicas, or no replica is wanted.
    pub fn place(
        &mut self,
        replication_factor: i16,
        draw: &mut impl FnMut(u64) -> u64,
    ) -> Result<Vec<BrokerId>, PlacerError> {
        let brokers = self.fenced.brokers.len() + self.unfenced.brokers.len();
        let wanted = usize::try_from(replication_factor).unwrap_or(0);
        if wanted == 0 {
            return Err(PlacerError::NonPositive(replication_factor));
        }
        if wanted > brokers {
            return Err(PlacerError::TooFewBrokers { replication_factor, brokers });
        }
        let alive = self.unfenced.brokers.len();
        if self.epoch == alive && alive > 1 {
            self.fenced.shuffle(draw);
            self.unfenced.shuffle(draw);
            self.epoch = 0;
        }
        let epoch = self.epoch;
        let replicas =
            (0..wanted).filter_map(|_| self.unfenced.next(epoch).or_else(|| self.fenced.next(epoch))).collect();
        self.epoch += 1;
        Ok(replicas)
    }
}
