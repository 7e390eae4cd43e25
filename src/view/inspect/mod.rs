//! A closer look at one thing: its state in rows, a record's bytes with every field named, and why it is as it is.

mod clients;
mod logs;
mod nodes;
mod sending;

pub use sending::{PlaceView, WayView};

use super::bytes::BytesView;
use super::frame::LinkView;
use super::narrate::{Names, sentence};
use super::network::links;
use crate::base::{BrokerId, ClientId, ControllerId, NodeId, Offset, SimTime, TopicPartition};
use crate::sim::{Cluster, ProcessStatus};
use crate::trace::{EventSeq, TraceEvent, TraceKind};
use std::rc::Rc;

/// What a person points at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// A broker.
    Broker(BrokerId),
    /// A controller.
    Controller(ControllerId),
    /// A replica.
    Replica(BrokerId, TopicPartition),
    /// A record in a replica's log.
    Record(BrokerId, TopicPartition, Offset),
    /// A producer.
    Producer(ClientId),
    /// A consumer.
    Consumer(ClientId),
    /// A group.
    Group(Rc<str>),
    /// A message on its way.
    Packet(u64),
}

/// What there is to say about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inspection {
    /// What kind of thing it is.
    pub eyebrow: String,
    /// Its name.
    pub title: String,
    /// Its state.
    pub sections: Vec<Section>,
    /// Its bytes, if it has any; of a compressed batch also those that come out of it.
    pub bytes: Vec<Rc<BytesView>>,
    /// The ways of its bytes from the disk to a socket, if it sends any.
    pub ways: Vec<WayView>,
    /// Why it is as it is.
    pub why: Vec<WhyView>,
}

/// Rows under a heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Label and value.
    pub rows: Vec<(String, String)>,
}

/// A question and its answer: a chain of causes, the effect first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyView {
    /// The question.
    pub question: String,
    /// The chain.
    pub steps: Vec<WhyStep>,
}

/// A link of the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyStep {
    /// The event.
    pub seq: EventSeq,
    /// When.
    pub at: SimTime,
    /// What happened.
    pub text: String,
}

/// How many links of a chain are shown.
const LINKS_SHOWN: usize = 8;

/// Looks closer at `what`; `None` if it is no longer there.
#[must_use]
pub fn inspect(cluster: &Cluster, names: &Names, what: &Selection) -> Option<Inspection> {
    let mut inspection = look(cluster, names, what)?;
    let node = match what {
        Selection::Broker(id) => Some(NodeId::Broker(*id)),
        Selection::Controller(id) => Some(NodeId::Controller(*id)),
        Selection::Producer(id) | Selection::Consumer(id) => Some(NodeId::Client(*id)),
        _ => None,
    };
    let row = |link: LinkView| {
        let other = names.node(link.other_end(node?)?);
        let way = match node == Some(link.from) {
            _ if link.both => other,
            true => format!("→ {other}"),
            false => format!("← {other}"),
        };
        Some((way, link.words.to_string()))
    };
    let rows: Vec<_> = links(cluster).into_iter().filter_map(row).collect();
    if !rows.is_empty() {
        inspection.sections.push(Section { heading: "네트워크".into(), rows });
    }
    Some(inspection)
}

fn look(cluster: &Cluster, names: &Names, what: &Selection) -> Option<Inspection> {
    match what {
        Selection::Broker(id) => nodes::broker(cluster, names, *id),
        Selection::Controller(id) => nodes::controller(cluster, names, *id),
        Selection::Replica(id, tp) => logs::replica(cluster, names, *id, tp),
        Selection::Record(id, tp, offset) => logs::record(cluster, names, *id, tp, *offset),
        Selection::Producer(id) => clients::producer(cluster, names, *id),
        Selection::Consumer(id) => clients::consumer(cluster, names, *id),
        Selection::Group(name) => clients::group(cluster, names, name),
        Selection::Packet(id) => nodes::packet(cluster, names, *id),
    }
}

fn section<const N: usize>(heading: &str, rows: [(&str, String); N]) -> Section {
    Section { heading: heading.into(), rows: rows.into_iter().map(|(label, value)| (label.into(), value)).collect() }
}

fn ids(list: &[BrokerId]) -> String {
    let ids: Vec<String> = list.iter().map(ToString::to_string).collect();
    if ids.is_empty() { "없음".into() } else { ids.join(", ") }
}

fn yes(is: bool) -> String {
    if is { "예" } else { "아니요" }.into()
}

fn process(status: ProcessStatus) -> String {
    match status {
        ProcessStatus::Running => "실행 중",
        ProcessStatus::Paused => "멈춤(응답 없음)",
        ProcessStatus::Dead => "꺼짐",
    }
    .into()
}

/// The chain of causes of the last event that `is` says it is about.
fn why(
    cluster: &Cluster,
    names: &Names,
    question: &str,
    is: impl Fn(Option<NodeId>, &TraceKind) -> bool,
) -> Option<WhyView> {
    let trace = cluster.trace();
    let last = trace.newest_first().find(|event| is(event.node, &event.kind))?;
    let link = |event: &TraceEvent| WhyStep { seq: event.seq, at: event.at, text: sentence(event, names) };
    Some(WhyView { question: question.into(), steps: trace.causes(last.seq).take(LINKS_SHOWN).map(link).collect() })
}
