//! Which brokers a new topic's replicas go to (Kafka's `StripedReplicaPlacer`).
//!
//! Each rack has two lists, of brokers let in and of fenced ones, each with a random offset; a cluster without racks is one rack. Per
//! partition: go from rack to rack, beginning with a random one, and take the next broker of each: from its first list from
//! the offset on, then from its second. The next partition begins one rack and one broker further on. So leaders, and followers
//! too, are spread evenly over racks and brokers. After as many partitions as there are unfenced brokers the racks and the lists
//! are shuffled, lest the same rows come again.

use crate::base::{BrokerId, Map, Set};
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
                "The target replication factor of {replication_factor} cannot be reached because only {brokers} broker(s) are registered."
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

/// The brokers of one rack.
#[derive(Debug)]
struct Rack {
    fenced: BrokerList,
    unfenced: BrokerList,
}

impl Rack {
    fn next(&mut self, epoch: usize) -> Option<BrokerId> {
        self.unfenced.next(epoch).or_else(|| self.fenced.next(epoch))
    }
}

/// Places the partitions of one topic.
#[derive(Debug)]
pub struct StripedReplicaPlacer {
    /// In the order in which they are walked through.
    racks: Vec<Rack>,
    /// Their places there, in the order in which Java's hash map would have them.
    hash_order: Vec<usize>,
    offset: usize,
    brokers: usize,
    unfenced: usize,
    epoch: usize,
}

impl StripedReplicaPlacer {
    /// A placer over `brokers`, each with whether it is fenced and the rack that it stands in; `draw(n)` gives a random number below n.
    ///
    /// # Errors
    /// If there is no unfenced broker.
    pub fn new<'a>(
        brokers: impl Iterator<Item = (BrokerId, bool, Option<&'a str>)>,
        draw: &mut impl FnMut(u64) -> u64,
    ) -> Result<Self, PlacerError> {
        let mut lists: Map<Option<&str>, (Set<BrokerId>, Set<BrokerId>)> = Map::new();
        let (mut count, mut unfenced) = (0, 0);
        for (id, is_fenced, rack) in brokers {
            let (fenced_here, unfenced_here) = lists.entry(rack).or_default();
            if is_fenced { fenced_here } else { unfenced_here }.insert(id);
            count += 1;
            unfenced += usize::from(!is_fenced);
        }
        let names: Vec<Option<&str>> = lists.keys().copied().collect();
        let mut racks = Map::new();
        let by_hash = in_hash_order(&names);
        for name in by_hash.iter().copied() {
            let (fenced, unfenced) = lists.remove(&name).unwrap_or_default();
            let fenced = BrokerList::new(fenced, draw);
            racks.insert(name, Rack { fenced, unfenced: BrokerList::new(unfenced, draw) });
        }
        if unfenced == 0 {
            return Err(PlacerError::AllFenced);
        }
        let offset = draw(racks.len() as u64) as usize;
        let place = |name: &Option<&str>| racks.keys().position(|known| known == name).unwrap_or(0);
        let hash_order = by_hash.iter().map(place).collect();
        Ok(Self { racks: racks.into_values().collect(), hash_order, offset, brokers: count, unfenced, epoch: 0 })
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
        let wanted = usize::try_from(replication_factor).unwrap_or(0);
        if wanted == 0 {
            return Err(PlacerError::NonPositive(replication_factor));
        }
        if wanted > self.brokers {
            return Err(PlacerError::TooFewBrokers { replication_factor, brokers: self.brokers });
        }
        if self.epoch == self.unfenced && self.unfenced > 1 {
            self.shuffle(draw);
        }
        self.offset %= self.racks.len();
        let replicas = self.walk(wanted);
        self.epoch += 1;
        self.offset += 1;
        Ok(replicas)
    }

    /// The first replica comes from the first rack that has an unfenced broker; the others from one rack after another, but not from that
    /// one again in the first round.
    fn walk(&mut self, wanted: usize) -> Vec<BrokerId> {
        let (count, epoch) = (self.racks.len(), self.epoch);
        let mut replicas = Vec::with_capacity(wanted);
        let mut first = self.offset;
        while replicas.is_empty() {
            match self.racks[first].unfenced.next(epoch) {
                Some(broker) => replicas.push(broker),
                None => first = (first + 1) % count,
            }
        }
        let mut to_pass_over = Some(first);
        let mut place = self.offset;
        while replicas.len() < wanted {
            if to_pass_over == Some(place) {
                to_pass_over = None;
            } else {
                replicas.extend(self.racks[place].next(epoch));
            }
            place = (place + 1) % count;
        }
        replicas
    }

    fn shuffle(&mut self, draw: &mut impl FnMut(u64) -> u64) {
        self.epoch = 0;
        // Kafka shuffles the names of the racks and then, in the order of its hash map, the lists of each.
        let count = self.racks.len();
        let mut order: Vec<usize> = (0..count).collect();
        for i in (1..count).rev() {
            order.swap(i, draw(i as u64 + 1) as usize);
        }
        for place in self.hash_order.clone() {
            let rack = &mut self.racks[place];
            rack.fenced.shuffle(draw);
            rack.unfenced.shuffle(draw);
        }
        let mut racks: Vec<Option<Rack>> = std::mem::take(&mut self.racks).into_iter().map(Some).collect();
        self.racks = order.iter().filter_map(|place| racks[*place].take()).collect();
        let moved = |old: &usize| order.iter().position(|place| place == old).unwrap_or(0);
        self.hash_order = self.hash_order.iter().map(moved).collect();
    }
}

/// Names in the order in which Java's `HashMap` walks through them.
fn in_hash_order<'a>(names: &[Option<&'a str>]) -> Vec<Option<&'a str>> {
    let hash = |name: &Option<&str>| {
        let hash =
            name.map_or(0, |name| name.encode_utf16().fold(0u32, |h, c| h.wrapping_mul(31).wrapping_add(c.into())));
        hash ^ (hash >> 16)
    };
    let mut buckets: u32 = 16;
    while names.len() as u32 * 4 > buckets * 3 {
        buckets *= 2;
    }
    let mut ordered = names.to_vec();
    ordered.sort_by_key(|name| hash(name) & (buckets - 1));
    ordered
}
