//! What a predicate can ask about consumer groups.
//!
//! What a group handled is read from the trace: the consumers say `Processed` when their application is done with records.

use super::functions::Argument;
use super::value::Value;
use crate::base::{Offset, TopicPartition};
use crate::coordinator::GroupView;
use crate::sim::Cluster;
use crate::trace::TraceKind;
use std::collections::BTreeMap;

/// The groups that consumers belong to or once did.
pub(super) fn names(cluster: &Cluster) -> Vec<String> {
    let mut names: Vec<String> = cluster.clients().filter_map(|client| client.group().map(String::from)).collect();
    names.sort();
    names.dedup();
    names
}

fn view(cluster: &Cluster, arguments: &[Argument]) -> Option<GroupView> {
    cluster.group(name(arguments)?).map(|(_, view)| view)
}

fn name(arguments: &[Argument]) -> Option<&str> {
    match arguments.first() {
        Some(Argument::Name(name)) => Some(name),
        _ => None,
    }
}

fn partition(arguments: &[Argument]) -> Option<&TopicPartition> {
    match arguments.get(1) {
        Some(Argument::Partition(tp, _)) => Some(tp),
        _ => None,
    }
}

pub(super) fn coordinator(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::number(name(arguments).and_then(|name| cluster.group(name)).map(|(broker, _)| broker.0))
}

/// A group that nobody has heard of is `Dead`, as in Kafka's tools.
pub(super) fn state(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::Name(view(cluster, arguments).map_or("Dead", |view| view.state.name()).into())
}

pub(super) fn generation(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::number(view(cluster, arguments).map(|view| view.generation))
}

pub(super) fn members(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::names(view(cluster, arguments).iter().flat_map(|view| &view.members).map(|member| &member.client_id))
}

pub(super) fn assignment(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let consumer = name(arguments).and_then(|name| cluster.consumer_named(name));
    consumer.map_or(Value::None, |consumer| Value::names(consumer.assignment()))
}

pub(super) fn committed(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let offset = name(arguments).zip(partition(arguments)).and_then(|(group, tp)| cluster.committed(group, tp));
    Value::number(offset)
}

pub(super) fn position(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let consumer = name(arguments).and_then(|name| cluster.consumer_named(name));
    Value::number(consumer.zip(partition(arguments)).and_then(|(consumer, tp)| consumer.position(tp)))
}

/// What is committed in the log and not by the group, in one partition or in all that it has committed in.
pub(super) fn lag(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let Some(view) = view(cluster, arguments) else { return Value::None };
    let of = |tp: &TopicPartition, offset: Offset| Some(cluster.leader_replica(tp)?.log.high_watermark() - offset);
    let wanted = partition(arguments);
    let mut offsets = view.offsets.iter().filter(|(tp, _)| wanted.is_none_or(|wanted| wanted == tp)).peekable();
    if offsets.peek().is_none() {
        return Value::None;
    }
    Value::number(offsets.map(|(tp, committed)| of(tp, committed.offset)).sum::<Option<Offset>>())
}

pub(super) fn rebalances(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let begun = cluster.trace().since(0).filter(|event| match &event.kind {
        TraceKind::GroupState { group, to, .. } => Some(&**group) == name(arguments) && *to == "PreparingRebalance",
        _ => false,
    });
    Value::count(begun.count() as u64)
}

/// How often a group handled each record, and from where it began to read.
#[derive(Default)]
struct Handled {
    times: BTreeMap<(TopicPartition, Offset), u64>,
    began: BTreeMap<TopicPartition, Offset>,
}

fn handled(cluster: &Cluster, arguments: &[Argument]) -> Handled {
    let mut handled = Handled::default();
    let Some(group) = name(arguments) else { return handled };
    for event in cluster.trace().since(0) {
        let (partition, begin) = match &event.kind {
            TraceKind::Processed { partition, first, .. } => (partition, *first),
            TraceKind::OffsetReset { partition, to } => (partition, *to),
            _ => continue,
        };
        let client = event.node.and_then(|node| match node {
            crate::base::NodeId::Client(id) => cluster.client(id),
            _ => None,
        });
        if client.and_then(|client| client.group()) != Some(group) {
            continue;
        }
        let began = handled.began.entry(partition.clone()).or_insert(begin);
        *began = begin.min(*began);
        if let TraceKind::Processed { first, last, .. } = event.kind {
            for offset in first..=last {
                *handled.times.entry((partition.clone(), offset)).or_default() += 1;
            }
        }
    }
    handled
}

pub(super) fn processed(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::count(handled(cluster, arguments).times.len() as u64)
}

pub(super) fn reprocessed(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::count(handled(cluster, arguments).times.values().filter(|times| **times > 1).count() as u64)
}

pub(super) fn skipped(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let handled = handled(cluster, arguments);
    let offsets = view(cluster, arguments).map(|view| view.offsets).unwrap_or_default();
    let passed = offsets.iter().flat_map(|(tp, committed)| {
        let from = handled.began.get(tp).copied().unwrap_or(committed.offset);
        (from..committed.offset).map(move |offset| (tp.clone(), offset))
    });
    Value::count(passed.filter(|place| !handled.times.contains_key(place)).count() as u64)
}
