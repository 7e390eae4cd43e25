//! The hands on the network: links are cut, delayed, made to lose, and mended.

use super::action::{Action, ActionError};
use super::cluster::{Cluster, Event};
use crate::base::NodeId;
use crate::net::{LinkChange, Sent};
use crate::protocol::{Body, Envelope};
use crate::trace::{EventSeq, LinkTrouble, NetworkNews, TraceKind};
use std::rc::Rc;

type Pair = (NodeId, NodeId);

impl Cluster {
    pub(super) fn change_links(
        &mut self,
        a: &[NodeId],
        b: &[NodeId],
        one_way: bool,
        change: &LinkChange,
        action: &Action,
    ) -> Result<(), ActionError> {
        for node in a.iter().chain(b) {
            self.status(*node)?;
        }
        let pairs = pairs(a, b, one_way);
        if pairs.is_empty() {
            return Err(ActionError::NoLink);
        }
        let cause = self.say_command(action);
        let links: Vec<Pair> = pairs
            .iter()
            .flat_map(|(a, b)| [(*a, *b), (*b, *a)].into_iter().take(if one_way { 1 } else { 2 }))
            .collect();
        Rc::make_mut(&mut self.network).change(&links, change);
        for (a, b) in &pairs {
            let kind = said((*a, *b), one_way, change);
            // What is to be lost is one number for all of the links, and is said once.
            if !matches!(change, LinkChange::Lose { .. }) || (*a, *b) == pairs[0] {
                self.say(None, cause, kind);
            }
        }
        if matches!(change, LinkChange::Cut | LinkChange::Reset) {
            self.lose_under_way(&links, cause);
        }
        if *change == LinkChange::Reset {
            for (a, b) in pairs {
                let told = Rc::make_mut(&mut self.network).break_connection(self.now, a, b, cause.unwrap_or_default());
                for envelope in told {
                    self.enqueue(envelope.deliver_at, Event::Deliver(Rc::new(envelope)));
                }
            }
        }
        Ok(())
    }

    /// What is on its way over links that are cut is lost.
    fn lose_under_way(&mut self, links: &[Pair], cause: Option<EventSeq>) {
        let over = |event: &Event| match event {
            Event::Deliver(it) | Event::Duplicate(it) => links.contains(&(it.from, it.to)),
            _ => false,
        };
        let lost: Vec<Event> = self.queue.values().filter(|event| over(event)).cloned().collect();
        self.queue.retain(|_, event| !over(event));
        for event in lost {
            let Event::Deliver(envelope) = event else { continue };
            let Envelope { id, from, to, .. } = *envelope;
            let label = envelope.label.clone();
            self.say(None, cause, TraceKind::Network(NetworkNews::LostUnderWay { id, from, to, label }));
        }
    }

    /// Lets a message that was sent come to its end, and says what its packet went through.
    pub(super) fn carry(&mut self, sent: Sent, cause: EventSeq) {
        let Sent { envelope, lost, resent, later, detour, copy } = sent;
        if lost.is_some() {
            return;
        }
        let (node, to) = (Some(envelope.from), envelope.to);
        if resent > 0 {
            let news = NetworkNews::Retransmitted { to, label: envelope.label.clone(), times: resent, later };
            self.say(node, Some(cause), TraceKind::Network(news));
        }
        if detour {
            let news = NetworkNews::Overtaken { to, label: envelope.label.clone() };
            self.say(node, Some(cause), TraceKind::Network(news));
        }
        self.enqueue(envelope.deliver_at, Event::Deliver(Rc::new(envelope)));
        if let Some(copy) = copy {
            self.enqueue(copy.deliver_at, Event::Duplicate(Rc::new(copy)));
        }
    }

    /// A packet arrives that was there already: no process gets to see it.
    pub(super) fn discard(&mut self, envelope: Rc<Envelope>) {
        let Envelope { from, to, cause, label, body, .. } = Rc::unwrap_or_clone(envelope);
        if self.is_alive(to) && body != Body::Disconnected {
            let news = NetworkNews::DuplicateDiscarded { from, label };
            self.say(Some(to), Some(cause), TraceKind::Network(news));
        }
    }
}

/// Each on one side with each on the other, once, and nobody with itself; one way as given, else the lower first.
#[must_use]
pub fn pairs(a: &[NodeId], b: &[NodeId], one_way: bool) -> Vec<Pair> {
    let each = a.iter().flat_map(|a| b.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
    let mut pairs: Vec<Pair> = each.map(|(a, b)| if one_way { (a, b) } else { (a.min(b), a.max(b)) }).collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

fn said((a, b): Pair, one_way: bool, change: &LinkChange) -> TraceKind {
    let what = match change {
        LinkChange::Cut => return TraceKind::LinkCut { a, b, one_way },
        LinkChange::Heal => return TraceKind::LinkHealed { a, b, one_way },
        LinkChange::Reset => return TraceKind::Network(NetworkNews::ConnectionReset { a, b }),
        LinkChange::Delay { by, jitter } => LinkTrouble::Delay { by: *by, jitter: *jitter },
        LinkChange::Drop(chance) => LinkTrouble::Drop(chance.to_string().into()),
        LinkChange::Duplicate(chance) => LinkTrouble::Duplicate(chance.to_string().into()),
        LinkChange::Reorder(chance) => LinkTrouble::Reorder(chance.to_string().into()),
        LinkChange::Lose { api, response, count } => {
            LinkTrouble::Lose { api: api.as_str().into(), response: *response, count: *count }
        }
    };
    TraceKind::Network(NetworkNews::LinkChanged { a, b, one_way, what })
}

/// A change in the words of the lab.
pub(super) fn describe(a: &[NodeId], b: &[NodeId], one_way: bool, change: &LinkChange) -> String {
    let side = |nodes: &[NodeId]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let (verb, value) = match change {
        LinkChange::Cut => ("cut", String::new()),
        LinkChange::Heal => ("heal", String::new()),
        LinkChange::Reset => ("reset", String::new()),
        LinkChange::Delay { by, jitter } if jitter.0 == 0 => ("delay", format!(" {}us", by.0)),
        LinkChange::Delay { by, jitter } => ("delay", format!(" {}us --jitter {}us", by.0, jitter.0)),
        LinkChange::Drop(chance) => ("drop", format!(" {chance}")),
        LinkChange::Duplicate(chance) => ("dup", format!(" {chance}")),
        LinkChange::Reorder(chance) => ("reorder", format!(" {chance}")),
        LinkChange::Lose { api, response, count } => {
            ("lose", format!(" {api} {} {count}", if *response { "response" } else { "request" }))
        }
    };
    let way = if one_way { " --one-way" } else { "" };
    format!("link {verb} {} {}{value}{way}", side(a), side(b))
}
