//! What is wrong with the ways between nodes, and what got lost on them.

use super::frame::{LinkView, PacketView};
use super::project::packet_view;
use crate::base::{NodeId, SimTime};
use crate::net::{Chance, Link};
use crate::sim::Cluster;
use crate::trace::{NetworkNews, TraceKind};

/// How long a lost message is seen: about as long as it would have been on its way.
const SEEN: SimTime = SimTime(1100);

/// The links with which something is wrong; one view for both directions where it is the same.
pub(super) fn links(cluster: &Cluster) -> Vec<LinkView> {
    let network = cluster.network();
    let mut ways: Vec<(NodeId, NodeId)> = network.links().map(|(way, _)| way).collect();
    ways.extend(network.losing().iter().flat_map(|losing| losing.links.iter().copied()));
    ways.sort_unstable();
    ways.dedup();
    let state = |way: (NodeId, NodeId)| {
        let link = network.links().find(|(other, _)| *other == way).map(|(_, link)| link);
        let losing = network.losing().iter().filter(|losing| losing.links.contains(&way));
        let chosen = losing.map(|losing| {
            format!("{} {} {}개 버림", losing.api, if losing.response { "응답" } else { "요청" }, losing.left)
        });
        let words: Vec<String> = link.into_iter().flat_map(troubles).chain(chosen).collect();
        (link.is_some_and(|link| link.cut), words.join(" · "))
    };
    let mut views: Vec<LinkView> = Vec::new();
    for (from, to) in ways {
        let (cut, words) = state((from, to));
        let same =
            |other: &&mut LinkView| (other.from, other.to) == (to, from) && (other.cut, &*other.words) == (cut, &words);
        match views.iter_mut().find(same) {
            Some(other) => other.both = true,
            None => views.push(LinkView { from, to, both: false, cut, words: words.into() }),
        }
    }
    views
}

/// What is wrong with one direction, in a few words each.
fn troubles(link: &Link) -> Vec<String> {
    if link.cut {
        return vec!["끊김".into()];
    }
    let mut words = Vec::new();
    match (link.delay.as_ms(), (link.delay + link.jitter).as_ms()) {
        (0, 0) => {}
        (least, most) if least == most => words.push(format!("+{least}ms")),
        (least, most) => words.push(format!("+{least}–{most}ms")),
    }
    let chances = [("패킷 손실", link.drop), ("중복", link.duplicate), ("뒤바뀜", link.reorder)];
    words.extend(
        chances
            .iter()
            .filter(|(_, chance)| *chance > Chance::default())
            .map(|(name, chance)| format!("{name} {chance}")),
    );
    words
}

/// Messages that were lost a moment ago: they are seen on their way to where they end, halfway.
pub(super) fn lost(cluster: &Cluster) -> Vec<PacketView> {
    let now = cluster.now();
    let recent = cluster.trace().newest_first().take_while(|event| now.since(event.at) < SEEN);
    let view = |event: &crate::trace::TraceEvent| match &event.kind {
        TraceKind::Sent { id, to, label, lost: Some(_) } => {
            Some(packet_view(*id, (event.node?, *to), (event.at, event.at + SEEN), label, true))
        }
        TraceKind::Network(NetworkNews::LostUnderWay { id, from, to, label }) => {
            let half = SimTime(SEEN.0 / 2);
            Some(packet_view(*id, (*from, *to), (event.at - half.min(event.at), event.at + half), label, true))
        }
        _ => None,
    };
    recent.filter_map(view).collect()
}
