//! What a predicate can ask about consumer groups.
//!
//! What a group handled the ledger knows: the consumers say `Processed` when their application is done with records.

use super::functions::Argument;
use super::value::Value;
use crate::base::{Offset, TopicPartition};
use crate::coordinator::GroupView;
use crate::sim::{Cluster, GroupLine};

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

/// What the ledger says of the group.
fn line<'a>(cluster: &'a Cluster, arguments: &[Argument]) -> Option<&'a GroupLine> {
    cluster.ledger().group(name(arguments)?)
}

pub(super) fn rebalances(cluster: &Cluster, arguments: &[Argument]) -> Value {
    Value::count(line(cluster, arguments).map_or(0, |line| line.rebalances))
}

pub(super) fn processed(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let handled = line(cluster, arguments).into_iter().flat_map(|line| line.handled.values());
    Value::count(handled.map(|handled| handled.once.len()).sum())
}

pub(super) fn reprocessed(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let handled = line(cluster, arguments).into_iter().flat_map(|line| line.handled.values());
    Value::count(handled.map(|handled| handled.again.len()).sum())
}

pub(super) fn skipped(cluster: &Cluster, arguments: &[Argument]) -> Value {
    let offsets = view(cluster, arguments).map(|view| view.offsets).unwrap_or_default();
    let line = line(cluster, arguments);
    let skipped = offsets.iter().map(|(tp, committed)| {
        let Some(handled) = line.and_then(|line| line.handled.get(tp)) else { return 0 };
        let passed = (committed.offset - handled.began).max(0).unsigned_abs();
        passed - handled.once.count_within(handled.began, committed.offset)
    });
    Value::count(skipped.sum())
}
