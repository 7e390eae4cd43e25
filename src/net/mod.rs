//! The network: how long a message takes, and whether it arrives at all.
//!
//! Both are decided when a message is sent, so that a picture can show where it is by arithmetic alone. Between two nodes messages keep
//! their order, as on a TCP connection. A link that is cut loses what is sent, and what was on its way; nobody is told, and only
//! time-outs notice. A process that dies closes its sockets, and whoever was connected learns of it one hop later.
//!
//! Left out so far: loss, duplication, reordering and delay by command.

mod repeat;

use crate::base::{Map, NodeId, Rng, Set, SimTime};
use crate::protocol::{Body, Envelope, Outgoing};
use crate::trace::EventSeq;
use repeat::LastFetches;

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

/// All links between all nodes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Network {
    config: NetworkConfig,
    rng: Rng,
    next_id: u64,
    /// When the last message from one node to another arrives: the next one arrives later.
    busy_until: Map<(NodeId, NodeId), SimTime>,
    connected: Set<(NodeId, NodeId)>,
    cut: Set<(NodeId, NodeId)>,
    last_fetches: LastFetches,
}

fn pair(a: NodeId, b: NodeId) -> (NodeId, NodeId) {
    (a.min(b), a.max(b))
}

impl Network {
    /// A network that works.
    #[must_use]
    pub fn new(config: NetworkConfig, rng: Rng) -> Self {
        Self {
            config,
            rng,
            next_id: 0,
            busy_until: Map::new(),
            connected: Set::new(),
            cut: Set::new(),
            last_fetches: LastFetches::default(),
        }
    }

    /// Puts a message on its way. `None` in place of the delivery time means that it is lost.
    pub fn send(&mut self, now: SimTime, from: NodeId, outgoing: Outgoing, cause: EventSeq) -> (Envelope, bool) {
        let Outgoing { to, body, .. } = outgoing;
        let id = self.next_id;
        self.next_id += 1;
        let mut label = body.label();
        self.last_fetches.refine(from, to, &body, &mut label);
        let deliver_at = self.arrival(now, from, to);
        self.connected.insert(pair(from, to));
        let lost = self.is_cut(from, to);
        (Envelope { id, from, to, sent_at: now, deliver_at, cause, label, body }, lost)
    }

    fn arrival(&mut self, now: SimTime, from: NodeId, to: NodeId) -> SimTime {
        let jitter = if self.config.jitter.0 == 0 { 0 } else { self.rng.below(self.config.jitter.0) };
        let at = now + self.config.latency + SimTime(jitter);
        let busy = self.busy_until.entry((from, to)).or_default();
        *busy = at.max(*busy + SimTime(1));
        *busy
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

    /// What `peer` gets when it speaks to `node`, where nobody listens; nothing if the link is cut.
    pub fn reset(&mut self, now: SimTime, node: NodeId, peer: NodeId, cause: EventSeq) -> Option<Envelope> {
        if self.is_cut(node, peer) {
            return None;
        }
        let outgoing = Outgoing { to: peer, cause: Some(cause), body: Body::Disconnected };
        let (envelope, _) = self.send(now, node, outgoing, cause);
        self.connected.remove(&pair(node, peer));
        Some(envelope)
    }

    /// Cuts a link, both ways.
    pub fn cut(&mut self, a: NodeId, b: NodeId) {
        self.cut.insert(pair(a, b));
    }

    /// Mends a link.
    pub fn heal(&mut self, a: NodeId, b: NodeId) {
        self.cut.remove(&pair(a, b));
    }

    /// Whether a link is cut.
    #[must_use]
    pub fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        self.cut.contains(&pair(a, b))
    }

    /// The links that are cut.
    pub fn cuts(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        self.cut.iter().copied()
    }
}
