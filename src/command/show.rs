//! `show`: the state of things, one aligned line each.

use super::call::{Call, number};
use super::job::Reply;
use super::output::Line;
use super::predicate::partition_named;
use super::table::{aligned, row};
use super::words::Word;
use super::{Problem, disks};
use crate::base::{BrokerId, NodeId, TopicPartition};
use crate::broker::{Partition, PartitionRole, QuotaSide};
use crate::protocol::PartitionRegistration;
use crate::sim::{ClientNode, Cluster, Session};
use std::rc::Rc;

fn reply(rows: &[Vec<String>]) -> Reply {
    Reply::done(aligned(rows).into_iter().map(Line::out).collect())
}

fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if values.is_empty() { "-".into() } else { values.join(",") }
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or("-".into(), |value| value.to_string())
}

/// `show cluster`.
pub(super) fn cluster(_: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let cluster = session.cluster();
    let mut rows = vec![row!["time", cluster.now()]];
    let active = cluster.active_controller().map(|controller| controller.id());
    for (id, node) in cluster.controllers() {
        let role = if active == Some(id) { "active" } else { "-" };
        let epoch = or_dash(node.process().map(|process| process.epoch()));
        rows.push(row![
            NodeId::Controller(id),
            cluster.status_word(NodeId::Controller(id)),
            role,
            format!("epoch {epoch}")
        ]);
    }
    for (id, _) in cluster.brokers() {
        rows.push(broker_row(cluster, id));
    }
    for (tp, partition) in cluster.image().into_iter().flat_map(|image| image.partitions()) {
        if !tp.is_internal() {
            rows.push(partition_row(cluster, &tp, partition));
        }
    }
    rows.extend(cluster.clients().filter(|client| !client.is_tool()).filter_map(|client| client_row(cluster, client)));
    Ok(reply(&rows))
}

fn broker_row(cluster: &Cluster, id: BrokerId) -> Vec<String> {
    let node = NodeId::Broker(id);
    let registration = cluster.image().and_then(|image| image.brokers.get(&id));
    let fenced = match registration {
        None => "unregistered",
        Some(broker) if broker.fenced => "fenced",
        Some(broker) if broker.in_controlled_shutdown => "leaving",
        Some(_) => "active",
    };
    let led = cluster.image().into_iter().flat_map(|image| image.partitions());
    let led: Vec<TopicPartition> =
        led.filter(|(tp, p)| p.leader == Some(id) && !tp.is_internal()).map(|(tp, _)| tp).collect();
    let mut row = row![node, cluster.status_word(node), fenced, format!("leads {}", list(led))];
    row.extend(registration.and_then(|broker| broker.rack.as_ref()).map(|rack| format!("rack {rack}")));
    row.extend(cluster.broker_node(id).and_then(|machine| disks::condition(machine.disk())));
    row
}

fn partition_row(cluster: &Cluster, tp: &TopicPartition, partition: &PartitionRegistration) -> Vec<String> {
    let leader = cluster.leader_replica(tp);
    row![
        tp,
        format!("leader {}", partition.leader.map_or("none".into(), |id| id.to_string())),
        format!("epoch {}", partition.leader_epoch),
        format!("isr {}", list(&partition.isr)),
        format!("hw {}", or_dash(leader.map(|replica| replica.log.high_watermark()))),
        format!("leo {}", or_dash(leader.map(|replica| replica.log.log_end_offset()))),
    ]
}

fn client_row(cluster: &Cluster, client: &Rc<ClientNode>) -> Option<Vec<String>> {
    let status = cluster.status_word(NodeId::Client(client.id));
    if let Some(producer) = client.producer() {
        let counts = format!("sent {} acked {} failed {}", producer.sent(), producer.acked(), producer.failed());
        return Some(row![client.name, status, "producer", counts, or_dash(producer.error().map(|e| e.name()))]);
    }
    let consumer = client.consumer()?;
    let counts = format!("{} processed {}", list(consumer.assignment()), consumer.processed());
    let ended = consumer.last_error().filter(|_| consumer.is_finished());
    Some(row![client.name, status, format!("consumer of {}", consumer.group()), counts, or_dash(ended)])
}

/// `show partition P`.
pub(super) fn partition(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (cluster, word) = (session.cluster(), call.need(0)?);
    let tp = partition_named(cluster, &word.text, word.column)?;
    let Some(partition) = cluster.registration(&tp) else { return Ok(Reply::done(Vec::new())) };
    let mut rows = vec![partition_row(cluster, &tp, partition)];
    for id in &partition.replicas {
        let sync = if partition.isr.contains(id) { "in sync" } else { "out of sync" };
        let mut row = row![format!("  broker-{id}"), cluster.status_word(NodeId::Broker(*id)), sync];
        row.extend(cluster.replica(&tp, *id).map_or(row!["-"], replica_cells));
        rows.push(row);
    }
    let mut lines = aligned(&rows[..1]);
    lines.extend(aligned(&rows[1..]));
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}

fn replica_cells(replica: &Partition) -> Vec<String> {
    let role = match &replica.role {
        PartitionRole::Undecided => "undecided".into(),
        PartitionRole::Leader(_) => "leader".into(),
        PartitionRole::Follower(Some(leader)) => format!("follows {leader}"),
        PartitionRole::Follower(None) => "no leader".into(),
    };
    row![
        role,
        format!("epoch {}", replica.leader_epoch),
        format!("start {}", replica.log.log_start_offset()),
        format!("hw {}", replica.log.high_watermark()),
        format!("leo {}", replica.log.log_end_offset()),
    ]
}

/// `show broker ID`.
pub(super) fn broker(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (cluster, word) = (session.cluster(), call.need(0)?);
    let id = broker_id(cluster, word)?;
    let mut rows = vec![broker_row(cluster, id)];
    let replicas = cluster.broker(id).into_iter().flat_map(|broker| broker.partitions());
    for replica in replicas.filter(|replica| !replica.partition.is_internal()) {
        let mut row = row![format!("  {}", replica.partition)];
        row.extend(replica_cells(replica));
        rows.push(row);
    }
    let mut lines = aligned(&rows[..1]);
    lines.extend(aligned(&rows[1..]));
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}

/// `show sessions ID`: the fetch sessions that others have with a broker.
pub(super) fn sessions(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (cluster, word) = (session.cluster(), call.need(0)?);
    let id = broker_id(cluster, word)?;
    let Some(broker) = cluster.broker(id) else { return Ok(Reply::note("이 브로커는 꺼져 있어요.")) };
    let cache = broker.fetch_sessions();
    let mut rows: Vec<Vec<String>> = cache
        .sessions()
        .map(|(session_id, follower, partitions, epoch)| {
            let whose = if follower { "follower" } else { "consumer" };
            row![
                format!("session {session_id}"),
                whose,
                format!("partitions {partitions}"),
                format!("next epoch {epoch}")
            ]
        })
        .collect();
    rows.push(row![
        format!("slots {}", broker.config().fetch_session_cache_slots),
        format!("evicted {}", cache.evicted())
    ]);
    Ok(reply(&rows))
}

/// `show throttle ID`: what replicas that catch up may take of a broker, and what they took of late.
pub(super) fn throttle(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (cluster, word) = (session.cluster(), call.need(0)?);
    let id = broker_id(cluster, word)?;
    let Some(broker) = cluster.broker(id) else { return Ok(Reply::note("이 브로커는 꺼져 있어요.")) };
    let side = |name: &str, side| {
        let (bytes, within_ms) = broker.throttled_traffic(side, cluster.now());
        let limit = broker.throttled_rate(side).map_or("no limit".into(), |rate| format!("limit {rate} B/s"));
        row![name, limit, format!("{} B/s", bytes * 1000 / within_ms), format!("{bytes} bytes in {within_ms} ms")]
    };
    Ok(reply(&[side("leader", QuotaSide::Leader), side("follower", QuotaSide::Follower)]))
}

/// The broker that a word names by its number.
fn broker_id(cluster: &Cluster, word: &Word) -> Result<BrokerId, Problem> {
    let bare = Word { text: word.text.strip_prefix("broker-").unwrap_or(&word.text).into(), ..word.clone() };
    let id = BrokerId(i32::try_from(number(&bare, "브로커", 1, 1000)?).unwrap_or(0));
    match cluster.broker_node(id) {
        Some(_) => Ok(id),
        None => Err(Problem::new(word.column, format!("그런 브로커는 없어요: {}", word.text))),
    }
}

/// `show group G`.
pub(super) fn group(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (cluster, word) = (session.cluster(), call.need(0)?);
    let Some((coordinator, view)) = cluster.group(&word.text) else {
        let mut known: Vec<String> = cluster.clients().filter_map(|client| client.group().map(String::from)).collect();
        known.sort();
        if known.contains(&word.text) {
            return Ok(Reply::note("이 그룹에는 지금 코디네이터가 없어요."));
        }
        let problem = Problem::new(word.column, format!("그런 그룹은 없어요: {}.", word.text));
        return Err(problem.or_rather(&word.text, known.iter().map(String::as_str)));
    };
    let head = format!(
        "{}  {}  generation {}  coordinator broker-{coordinator}  assignor {}",
        view.group,
        view.state.name(),
        view.generation,
        or_dash(view.protocol.as_ref())
    );
    let mut lines = vec![head];
    let members: Vec<Vec<String>> = view
        .members
        .iter()
        .map(|member| {
            let leads = if view.leader.as_ref() == Some(&member.id) { "leader" } else { "-" };
            row![format!("  {}", member.client_id), leads, list(&member.assignment)]
        })
        .collect();
    lines.extend(aligned(&members));
    let offsets: Vec<Vec<String>> = view
        .offsets
        .iter()
        .map(|(tp, committed)| {
            let hw = cluster.leader_replica(tp).map(|replica| replica.log.high_watermark());
            let lag = or_dash(hw.map(|hw| hw - committed.offset));
            row![format!("  {tp}"), format!("committed {}", committed.offset), format!("lag {lag}")]
        })
        .collect();
    lines.extend(aligned(&offsets));
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}

fn client<'a>(cluster: &'a Cluster, word: &Word, producer: bool) -> Result<&'a Rc<ClientNode>, Problem> {
    let right = |client: &&Rc<ClientNode>| client.producer().is_some() == producer && !client.is_tool();
    let known: Vec<&Rc<ClientNode>> = cluster.clients().filter(right).collect();
    known.iter().rev().find(|client| *client.name == *word.text).copied().ok_or_else(|| {
        let kind = if producer { "프로듀서" } else { "컨슈머" };
        let problem = Problem::new(word.column, format!("그런 {kind}는 없어요: {}.", word.text));
        problem.or_rather(&word.text, known.iter().map(|client| &*client.name))
    })
}

/// `show producer N`.
pub(super) fn producer(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let cluster = session.cluster();
    let client = client(cluster, call.need(0)?, true)?;
    let mut rows: Vec<Vec<String>> = client_row(cluster, client).into_iter().collect();
    if let Some(producer) = client.producer() {
        rows[0].push(format!("topic {} acks {}", producer.topic(), producer.config().acks_name()));
        rows.extend(producer.queued().iter().map(|(tp, count)| row![format!("  {tp}"), format!("queued {count}")]));
    }
    Ok(reply(&rows))
}

/// `show consumer N`.
pub(super) fn consumer(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let cluster = session.cluster();
    let client = client(cluster, call.need(0)?, false)?;
    let mut rows: Vec<Vec<String>> = client_row(cluster, client).into_iter().collect();
    let mut lines = aligned(&rows);
    rows.clear();
    if let Some(consumer) = client.consumer() {
        lines[0] = format!("{}  {}  generation {}", lines[0], consumer.member_state().name(), consumer.generation());
        for it in consumer.partitions() {
            let mut row = row![
                format!("  {}", it.partition),
                format!("position {}", or_dash(it.position)),
                format!("committed {}", or_dash(it.committed)),
                format!("hw {}", or_dash(it.high_watermark)),
            ];
            row.extend(it.preferred_read_replica.map(|broker| format!("reads from broker-{broker}")));
            rows.push(row);
        }
    }
    lines.extend(aligned(&rows));
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}
