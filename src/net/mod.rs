//! The network: how long a message takes, and whether it arrives at all.
//!
//! Both are decided when a message is sent, so that a picture can show where it is by arithmetic alone. Between two nodes messages keep
//! their order, as on a TCP connection. A link that is cut loses what is sent, and what was on its way; nobody is told, and only
//! time-outs notice. A process that dies closes its sockets, and whoever was connected learns of it one hop later.
//!
//! What else may be wrong with a link, and what of it Kafka gets to feel, stands in `link`.
//!
//! Left out: bandwidth; a message takes as long as another, however large it is. Two nodes share one connection each way, where Kafka opens
//! one for each purpose.

mod link;
mod repeat;

pub use link::{Chance, Link, LinkChange};

use crate::base::{Map, NodeId, Rng, Set, SimTime};
use crate::protocol::{Body, Envelope, Outgoing};
use crate::trace::{EventSeq, Loss, MessageLabel};
use link::Trip;
use repeat::LastFetches;
use std::rc::Rc;

/// How long messages take.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NetworkConfig {
    /// One way between two nodes.
    pub latency: SimTime,
    /// Up to how much longer, drawn for each message.
    pub jitter: SimTime,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self { latency: SimTime(1000), jitter: SimTime(200) }
    }
}

/// Messages of a kind that are to be lost.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Losing {
    /// The links, as (from, to).
    pub links: Vec<(NodeId, NodeId)>,
    /// The API, by Kafka's name.
    pub api: String,
    /// The answer to it rather than the question.
    pub response: bool,
    /// How many are still to be lost.
    pub left: u32,
}

/// A message that was sent, and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The message.
    pub envelope: Envelope,
    /// Why it will not arrive, if it will not.
    pub lost: Option<Loss>,
    /// How often its packet was lost, and sent again.
    pub resent: u32,
    /// How much later it arrives for that.
    pub later: SimTime,
    /// Its packet took a detour, on which later ones overtake it.
    pub detour: bool,
    /// Its packet once more, which the receiver's TCP will throw away.
    pub copy: Option<Envelope>,
}

/// All links between all nodes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Network {
    config: NetworkConfig,
    seed: u64,
    rng: Rng,
    next_id: u64,
    /// When the last message from one node to another arrives: the next one arrives later.
    busy_until: Map<(NodeId, NodeId), SimTime>,
    connected: Set<(NodeId, NodeId)>,
    /// The links, as (from, to), with which something is wrong.
    links: Map<(NodeId, NodeId), Link>,
    losing: Vec<Losing>,
    last_fetches: LastFetches,
}

fn pair(a: NodeId, b: NodeId) -> (NodeId, NodeId) {
    (a.min(b), a.max(b))
}

impl Network {
    /// A network that works, in the world of this seed.
    #[must_use]
    pub fn new(config: NetworkConfig, seed: u64) -> Self {
        Self {
            config,
            seed,
            rng: Rng::new(seed, &"network"),
            next_id: 0,
            busy_until: Map::new(),
            connected: Set::new(),
            links: Map::new(),
            losing: Vec::new(),
            last_fetches: LastFetches::default(),
        }
    }

    /// Puts a message on its way.
    pub fn send(&mut self, now: SimTime, from: NodeId, outgoing: Outgoing, cause: EventSeq) -> Sent {
        let Outgoing { to, body, .. } = outgoing;
        let id = self.next_id();
        let mut label = body.label();
        self.last_fetches.refine(from, to, &body, &mut label);
        let trip = self.travel(from, to);
        let deliver_at = self.arrival(now, from, to, &trip);
        self.connected.insert(pair(from, to));
        let lost = match () {
            () if self.is_cut(from, to) => Some(Loss::Cut),
            () if self.is_among_the_losing(from, to, &label) => Some(Loss::Chosen),
            () if trip.given_up => Some(Loss::GivenUp),
            () => None,
        };
        let label = Rc::new(label);
        let envelope = Envelope { id, from, to, sent_at: now, deliver_at, cause, label, body };
        let copy = trip.again.filter(|_| lost.is_none()).map(|after| Envelope {
            id: self.next_id(),
            deliver_at: deliver_at + after,
            ..envelope.clone()
        });
        Sent { envelope, lost, resent: trip.resent, later: trip.later, detour: trip.detour, copy }
    }

    fn next_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn travel(&mut self, from: NodeId, to: NodeId) -> Trip {
        let usual = self.config.latency;
        self.links.get_mut(&(from, to)).map_or(Trip::default(), |link| link.travel(usual))
    }

    fn arrival(&mut self, now: SimTime, from: NodeId, to: NodeId, trip: &Trip) -> SimTime {
        let jitter = if self.config.jitter.0 == 0 { 0 } else { self.rng.below(self.config.jitter.0) };
        // Nothing waits behind a packet that TCP has given up: that connection is no longer used.
        let later = if trip.given_up { SimTime::ZERO } else { trip.later };
        let at = now + self.config.latency + SimTime(jitter) + later;
        let busy = self.busy_until.entry((from, to)).or_default();
        *busy = at.max(*busy + SimTime(1));
        *busy
    }

    fn is_among_the_losing(&mut self, from: NodeId, to: NodeId, label: &MessageLabel) -> bool {
        let (api, response) = label.api();
        let chosen = |losing: &&mut Losing| {
            losing.links.contains(&(from, to)) && losing.api == api && losing.response == response
        };
        let Some(losing) = self.losing.iter_mut().find(chosen) else { return false };
        losing.left -= 1;
        self.losing.retain(|losing| losing.left > 0);
        true
    }

    /// The process of `node` is gone: the messages that tell everybody who was connected to it.
    pub fn close(&mut self, now: SimTime, node: NodeId, cause: EventSeq) -> Vec<Envelope> {
        let links: Vec<_> = self.connected.iter().filter(|(a, b)| *a == node || *b == node).copied().collect();
        let mut told = Vec::new();
        for link in links {
            self.connected.remove(&link);
            let peer = if link.0 == node { link.1 } else { link.0 };
            told.extend(self.reset(now, node, peer, cause));
        }
        self.last_fetches.forget(node);
        told
    }

    /// The machine of `node` is gone: nobody is told, and there is nobody left who could tell.
    pub fn vanish(&mut self, node: NodeId) {
        self.connected.retain(|(a, b)| *a != node && *b != node);
        self.last_fetches.forget(node);
    }

    /// What `peer` gets when it speaks to `node`, where nobody listens; nothing if it cannot get through.
    pub fn reset(&mut self, now: SimTime, node: NodeId, peer: NodeId, cause: EventSeq) -> Option<Envelope> {
        if self.is_cut(node, peer) {
            return None;
        }
        let outgoing = Outgoing { to: peer, cause: Some(cause), body: Body::Disconnected };
        let sent = self.send(now, node, outgoing, cause);
        self.connected.remove(&pair(node, peer));
        sent.lost.is_none().then_some(sent.envelope)
    }

    /// The connection between two nodes breaks: what tells both ends, as far as it gets through to them.
    pub fn break_connection(&mut self, now: SimTime, a: NodeId, b: NodeId, cause: EventSeq) -> Vec<Envelope> {
        if !self.connected.contains(&pair(a, b)) {
            return Vec::new();
        }
        [(a, b), (b, a)].into_iter().filter_map(|(from, to)| self.reset(now, from, to, cause)).collect()
    }

    /// Does something to links, given as (from, to).
    pub fn change(&mut self, links: &[(NodeId, NodeId)], change: &LinkChange) {
        if let LinkChange::Lose { api, response, count } = change {
            if *count > 0 {
                let (api, links) = (api.clone(), links.to_vec());
                self.losing.push(Losing { links, api, response: *response, left: *count });
            }
            return;
        }
        let seed = self.seed;
        for link in links {
            self.links.entry(*link).or_insert_with(|| Link::new(Rng::new(seed, &("link", link)))).change(change);
        }
        if *change == LinkChange::Heal {
            for losing in &mut self.losing {
                losing.links.retain(|link| !links.contains(link));
            }
            self.losing.retain(|losing| !losing.links.is_empty());
        }
    }

    /// Whether nothing gets from one node to another.
    #[must_use]
    pub fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.links.get(&(from, to)).is_some_and(|link| link.cut)
    }

    /// Whether nothing is wrong with the way from one node to another.
    #[must_use]
    pub fn is_well(&self, from: NodeId, to: NodeId) -> bool {
        let loses = self.losing.iter().any(|losing| losing.links.contains(&(from, to)));
        !loses && self.links.get(&(from, to)).is_none_or(Link::is_well)
    }

    /// The pairs of nodes between which nothing gets through, in one direction at least.
    pub fn cuts(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        let both = |(from, to): &(NodeId, NodeId)| *from > *to && self.is_cut(*to, *from);
        let cut = self.links.iter().filter(|(_, link)| link.cut).map(|(link, _)| *link);
        cut.filter(move |link| !both(link)).map(|(from, to)| pair(from, to))
    }

    /// The links, as (from, to), with which something is wrong.
    pub fn links(&self) -> impl Iterator<Item = ((NodeId, NodeId), &Link)> {
        self.links.iter().filter(|(_, link)| !link.is_well()).map(|(link, state)| (*link, state))
    }

    /// The messages that are still to be lost.
    #[must_use]
    pub fn losing(&self) -> &[Losing] {
        &self.losing
    }
}
