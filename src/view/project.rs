//! From the cluster to the frame.
//!
//! A [`Projector`] remembers what it made last and hands out the same `Rc` for a part that has not changed, so that a stage draws again
//! only what moved. What it keeps is a cache and nothing more: a fresh one gives an equal frame.

use super::frame::{
    BrokerView, ConsumerView, ControllerView, Frame, GroupView, PacketKind, PacketView, PartitionView, ProcessState,
    ProducerView, QuorumRole, QuorumView, RecordView, ReplicaRole, ReplicaView, SegmentView,
};
use super::network::{links, lost};
use crate::base::{BrokerId, Map, NodeId, Offset, Set, SimTime, TopicPartition};
use crate::broker::{BrokerState, LOG_DIR, PartitionRole};
use crate::client::murmur2;
use crate::controller::Role;
use crate::coordinator::ClassicGroupState;
use crate::disk::Disk;
use crate::log::{LoadParams, LogConfig, UnifiedLog, read_offsets};
use crate::protocol::{Envelope, PartitionRegistration};
use crate::sim::{BrokerNode, ClientKind, ClientNode, Cluster, ProcessStatus};
use crate::trace::MessageLabel;
use std::rc::Rc;

/// How many of a replica's newest records a frame holds.
const RECORDS_SHOWN: usize = 64;

/// What decides how a replica looks; if it is the same, so is the picture.
#[derive(Clone, PartialEq, Debug)]
struct ReplicaKey {
    role: ReplicaRole,
    in_isr: bool,
    leader_epoch: i32,
    log_start: Offset,
    log_end: Offset,
    high_watermark: Offset,
    segments: usize,
    /// Tells a log from what the cleaner left of it.
    bytes: u64,
    /// Tells a log that was cut and written anew from the old one.
    epochs: Vec<(i32, Offset)>,
}

/// Projects frames of one session.
#[derive(Clone, Default, Debug)]
pub struct Projector {
    replicas: Map<(BrokerId, TopicPartition), (ReplicaKey, Rc<ReplicaView>)>,
    last: Frame,
}

/// The same `Rc` as before, if the content is the same.
fn keep<T: PartialEq>(new: T, old: Option<&Rc<T>>) -> Rc<T> {
    match old {
        Some(old) if **old == new => old.clone(),
        _ => Rc::new(new),
    }
}

impl Projector {
    /// The frame of this moment.
    pub fn project(&mut self, cluster: &Cluster) -> Frame {
        let partitions = self.partitions(cluster);
        let all = cluster.image().map_or(0, |image| image.partitions().count());
        let last = &self.last;
        let frame = Frame {
            now: cluster.now(),
            quorum: keep(quorum(cluster), Some(&last.quorum)),
            brokers: brokers(cluster, last),
            hidden_partitions: all - partitions.len(),
            partitions,
            producers: producers(cluster, last),
            groups: groups(cluster, last),
            packets: packets(cluster, last),
            links: links(cluster),
        };
        self.last = frame.clone();
        frame
    }

    fn partitions(&mut self, cluster: &Cluster) -> Vec<Rc<PartitionView>> {
        let Some(image) = cluster.image() else { return Vec::new() };
        let shown = image.partitions().filter(|(tp, _)| !tp.is_internal());
        let mut views = Vec::new();
        for (tp, told) in shown {
            let min_isr =
                image.topic_config(&tp.topic, "min.insync.replicas").and_then(|v| v.parse().ok()).unwrap_or(1);
            let view = self.partition(cluster, &tp, told, min_isr);
            let old = self.last.partitions.iter().find(|old| old.partition == tp);
            views.push(keep(view, old));
        }
        views
    }

    fn partition(
        &mut self,
        cluster: &Cluster,
        tp: &TopicPartition,
        told: &PartitionRegistration,
        min_isr: usize,
    ) -> PartitionView {
        let logs = told.replicas.iter().map(|broker| self.replica(cluster, tp, *broker, told)).collect();
        PartitionView {
            partition: tp.clone(),
            leader: told.leader,
            leader_epoch: told.leader_epoch,
            replicas: told.replicas.clone(),
            isr: told.isr.clone(),
            adding: told.adding_replicas.clone(),
            removing: told.removing_replicas.clone(),
            elr: told.elr.clone(),
            min_isr,
            logs,
        }
    }

    fn replica(
        &mut self,
        cluster: &Cluster,
        tp: &TopicPartition,
        broker: BrokerId,
        told: &PartitionRegistration,
    ) -> Rc<ReplicaView> {
        let in_isr = told.isr.contains(&broker);
        let empty = || Rc::new(empty_replica(tp, broker, in_isr));
        let Some(node) = cluster.broker_node(broker) else { return empty() };
        if let Some(partition) = cluster.replica(tp, broker) {
            let role = match partition.role {
                PartitionRole::Leader(_) => ReplicaRole::Leader,
                PartitionRole::Follower(_) => ReplicaRole::Follower,
                PartitionRole::Undecided => ReplicaRole::Offline,
            };
            return self.draw(node.disk(), &partition.log, partition.leader_epoch, broker, role, in_isr);
        }
        if node.process().is_some() {
            return empty();
        }
        // The process is dead, but its files are there: what one would find who opened them.
        let mut disk = node.disk().clone();
        match log_on_disk(&mut disk, tp) {
            Some(log) => self.draw(&disk, &log, log.latest_epoch().unwrap_or(-1), broker, ReplicaRole::Offline, in_isr),
            None => empty(),
        }
    }

    fn draw(
        &mut self,
        disk: &Disk,
        log: &UnifiedLog,
        epoch: i32,
        broker: BrokerId,
        role: ReplicaRole,
        in_isr: bool,
    ) -> Rc<ReplicaView> {
        let tp = log.topic_partition();
        let key = ReplicaKey {
            role,
            in_isr,
            leader_epoch: epoch,
            log_start: log.log_start_offset(),
            log_end: log.log_end_offset(),
            high_watermark: log.high_watermark(),
            segments: log.segments().count(),
            bytes: log.size_bytes(),
            epochs: log.epoch_entries().map(|entry| (entry.epoch, entry.start_offset)).collect(),
        };
        let slot = (broker, tp.clone());
        match self.replicas.get(&slot) {
            Some((old, view)) if *old == key => view.clone(),
            _ => {
                let view = Rc::new(replica_view(disk, log, broker, &key));
                self.replicas.insert(slot, (key, view.clone()));
                view
            }
        }
    }
}

fn empty_replica(tp: &TopicPartition, broker: BrokerId, in_isr: bool) -> ReplicaView {
    ReplicaView {
        broker,
        partition: tp.clone(),
        role: ReplicaRole::Offline,
        in_isr,
        leader_epoch: -1,
        log_start: 0,
        log_end: 0,
        high_watermark: 0,
        segments: Vec::new(),
        records: Vec::new(),
        epochs: Vec::new(),
    }
}

/// The log that a dead broker left, with the high watermark of its last checkpoint.
pub(super) fn log_on_disk(disk: &mut Disk, tp: &TopicPartition) -> Option<UnifiedLog> {
    let dir = format!("{LOG_DIR}/{tp}");
    if disk.list(&dir).is_empty() {
        return None;
    }
    let checkpoint = read_offsets(disk, &format!("{LOG_DIR}/replication-offset-checkpoint")).unwrap_or_default();
    let mut log = UnifiedLog::open(tp.clone(), &dir, LogConfig::default(), disk, LoadParams::default()).ok()?;
    log.update_high_watermark(checkpoint.get(tp).copied().unwrap_or(0));
    Some(log)
}

fn replica_view(disk: &Disk, log: &UnifiedLog, broker: BrokerId, key: &ReplicaKey) -> ReplicaView {
    let mut segments: Vec<SegmentView> = log
        .segments()
        .map(|segment| SegmentView { base: segment.base_offset(), end: key.log_end, bytes: segment.size().into() })
        .collect();
    for place in 1..segments.len() {
        segments[place - 1].end = segments[place].base;
    }
    ReplicaView {
        broker,
        partition: log.topic_partition().clone(),
        role: key.role,
        in_isr: key.in_isr,
        leader_epoch: key.leader_epoch,
        log_start: key.log_start,
        log_end: key.log_end,
        high_watermark: key.high_watermark,
        segments,
        records: newest_records(disk, log),
        epochs: key.epochs.clone(),
    }
}

fn newest_records(disk: &Disk, log: &UnifiedLog) -> Vec<RecordView> {
    let from = (log.log_end_offset() - RECORDS_SHOWN as Offset).max(log.log_start_offset());
    let mut records = Vec::new();
    for found in log.batches(disk, from).flatten() {
        let batch = found.batch();
        for record in batch.records().flatten().filter(|record| record.offset >= from) {
            records.push(RecordView {
                offset: record.offset,
                leader_epoch: batch.partition_leader_epoch(),
                hue: record.key.as_deref().map_or(0, hue),
                key: record.key.map(|key| String::from_utf8_lossy(&key).into()),
                batch: batch.base_offset(),
            });
        }
    }
    records
}

/// The colour of a key: one of seven, always the same.
pub(super) fn hue(key: &[u8]) -> u8 {
    1 + ((murmur2(key) & 0x7fff_ffff) % 7) as u8
}

fn process_state(status: ProcessStatus) -> ProcessState {
    match status {
        ProcessStatus::Running => ProcessState::Running,
        ProcessStatus::Paused => ProcessState::Paused,
        ProcessStatus::Dead => ProcessState::Dead,
    }
}

fn quorum(cluster: &Cluster) -> QuorumView {
    let controllers: Vec<ControllerView> = cluster
        .controllers()
        .map(|(id, node)| ControllerView {
            id,
            process: process_state(node.status()),
            role: match node.process().map(|controller| controller.role()) {
                Some(Role::Leader { .. }) => QuorumRole::Active,
                Some(Role::Follower { .. }) => QuorumRole::Standby,
                Some(Role::Prospective { .. }) => QuorumRole::Prospective,
                Some(Role::Candidate { .. }) => QuorumRole::Candidate,
                Some(Role::Unattached) | None => QuorumRole::Unattached,
            },
        })
        .collect();
    let processes = || cluster.controllers().filter_map(|(_, node)| node.process());
    QuorumView {
        controllers,
        epoch: processes().map(|controller| controller.epoch()).max().unwrap_or(0),
        metadata_offset: processes().map(|controller| controller.high_watermark()).max().unwrap_or(0),
    }
}

fn brokers(cluster: &Cluster, last: &Frame) -> Vec<Rc<BrokerView>> {
    let view = |(id, node): (BrokerId, &Rc<BrokerNode>)| {
        let old = last.brokers.iter().find(|old| old.id == id);
        keep(broker_view(cluster, id, node), old)
    };
    cluster.brokers().map(view).collect()
}

fn broker_view(cluster: &Cluster, id: BrokerId, node: &BrokerNode) -> BrokerView {
    let cache = node.disk().page_cache();
    let registration = cluster.image().and_then(|image| image.brokers.get(&id));
    let leads = |image: &crate::protocol::MetadataImage| {
        image.partitions().filter(|(tp, told)| !tp.is_internal() && told.leader == Some(id)).count()
    };
    let coordinators = node.process().map(|broker| broker.coordinators());
    let coordinates = coordinators.into_iter().flatten().flat_map(|(_, shard)| shard.groups()).map(|group| group.group);
    BrokerView {
        id,
        rack: registration.and_then(|registration| registration.rack.clone()),
        process: process_state(node.status()),
        fenced: registration.is_none_or(|registration| registration.fenced),
        leaving: node.process().is_some_and(|broker| broker.state() == BrokerState::PendingControlledShutdown),
        cached_pages: cache.resident as usize,
        dirty_pages: cache.dirty as usize,
        disk_slowness: node.disk().slowness(),
        disk_failed: node.disk().has_failed(),
        leads: cluster.image().map_or(0, leads),
        coordinates: coordinates.collect(),
    }
}

/// The clients to show: of those of one name the last, unless it came to its end in good order.
fn shown(cluster: &Cluster, kind: ClientKind) -> impl Iterator<Item = &Rc<ClientNode>> {
    let wanted = move |client: &&Rc<ClientNode>| {
        let newest = cluster.client_named(&client.name).is_some_and(|last| last.id == client.id);
        client.kind() == kind
            && newest
            && !client.is_finished()
            && !(client.is_tool() && client.status() == ProcessStatus::Dead)
    };
    cluster.clients().filter(wanted)
}

fn producers(cluster: &Cluster, last: &Frame) -> Vec<Rc<ProducerView>> {
    let view = |client: &Rc<ClientNode>| {
        let producer = client.producer()?;
        let view = ProducerView {
            id: client.id,
            name: client.name.clone(),
            process: process_state(client.status()),
            acks: producer.config().acks_name(),
            topic: producer.topic().clone(),
            sent: producer.sent(),
            acked: producer.acked(),
            failed: producer.failed(),
            pending: producer.pending(),
            error: producer.error().map(|error| error.name()),
        };
        Some(keep(view, last.producers.iter().find(|old| old.id == client.id)))
    };
    shown(cluster, ClientKind::Producer).filter_map(view).collect()
}

fn groups(cluster: &Cluster, last: &Frame) -> Vec<Rc<GroupView>> {
    let mut names: Set<Rc<str>> =
        shown(cluster, ClientKind::Consumer).filter_map(|client| Some(client.group()?.into())).collect();
    for (_, node) in cluster.brokers() {
        let shards = node.process().map(|broker| broker.coordinators()).into_iter().flatten();
        names.extend(
            shards
                .flat_map(|(_, shard)| shard.groups())
                .filter(|group| !group.members.is_empty())
                .map(|group| group.group),
        );
    }
    let view = |name: Rc<str>| {
        let old = last.groups.iter().find(|old| old.name == name);
        keep(group_view(cluster, name, old.map(|old| &old.members[..]).unwrap_or_default()), old)
    };
    names.into_iter().map(view).collect()
}

fn group_view(cluster: &Cluster, name: Rc<str>, old: &[Rc<ConsumerView>]) -> GroupView {
    let known = cluster.group(&name);
    let leader = known.as_ref().and_then(|(_, group)| group.leader.clone());
    let members = shown(cluster, ClientKind::Consumer).filter(|client| client.group() == Some(&name));
    let members = members.filter_map(|client| consumer_view(client, leader.as_deref(), old)).collect();
    let committed: Vec<(TopicPartition, Offset)> = known
        .iter()
        .flat_map(|(_, group)| group.offsets.iter().map(|(tp, committed)| (tp.clone(), committed.offset)))
        .collect();
    let behind = |(tp, offset): &(TopicPartition, Offset)| {
        let high_watermark = cluster.leader_replica(tp).map_or(*offset, |partition| partition.log.high_watermark());
        (high_watermark - offset).max(0) as u64
    };
    GroupView {
        lag: committed.iter().map(behind).sum(),
        state: known.as_ref().map_or("", |(_, group)| ClassicGroupState::name(group.state)),
        generation: known.as_ref().map_or(-1, |(_, group)| group.generation),
        coordinator: known.as_ref().map(|(broker, _)| *broker),
        members,
        committed,
        name,
    }
}

fn consumer_view(client: &ClientNode, leader: Option<&str>, old: &[Rc<ConsumerView>]) -> Option<Rc<ConsumerView>> {
    let consumer = client.consumer()?;
    let view = ConsumerView {
        id: client.id,
        name: client.name.clone(),
        process: process_state(client.status()),
        state: consumer.member_state().name(),
        is_group_leader: leader.is_some_and(|leader| leader == &**consumer.member_id()),
        assignment: consumer.partitions().map(|p| (p.partition, p.position.unwrap_or(-1))).collect(),
        buffered: consumer.buffered(),
        processed: consumer.processed(),
    };
    Some(keep(view, old.iter().find(|old| old.id == client.id)))
}

fn packets(cluster: &Cluster, last: &Frame) -> Vec<Rc<PacketView>> {
    let visible = |envelope: &&Envelope| envelope.sent_at <= cluster.now();
    let known: Map<u64, &Rc<PacketView>> = last.packets.iter().map(|packet| (packet.id, packet)).collect();
    let view = |envelope: &Envelope| match known.get(&envelope.id) {
        // A message never changes on its way. Only after a jump in time may another one bear its number.
        Some(old)
            if old.sent_at == envelope.sent_at
                && old.deliver_at == envelope.deliver_at
                && old.from == envelope.from =>
        {
            (*old).clone()
        }
        _ => {
            let Envelope { id, from, to, sent_at, deliver_at, label, .. } = envelope;
            Rc::new(packet_view(*id, (*from, *to), (*sent_at, *deliver_at), label, false))
        }
    };
    cluster.in_flight().filter(visible).map(view).chain(lost(cluster).into_iter().map(Rc::new)).collect()
}

/// A message with its number, from whom and to whom it goes, when it was sent and when it arrives.
pub(super) fn packet_view(
    id: u64,
    (from, to): (NodeId, NodeId),
    (sent_at, deliver_at): (SimTime, SimTime),
    label: &MessageLabel,
    lost: bool,
) -> PacketView {
    let is_control = [from, to].iter().any(|node| matches!(node, NodeId::Controller(_)));
    let (kind, text): (PacketKind, String) = match label.name {
        "Produce" => (PacketKind::Produce, label.detail.to_string()),
        "ProduceResponse" if label.failed => (PacketKind::Ack, label.detail.to_string()),
        "ProduceResponse" => (PacketKind::Ack, format!("ack {}", label.detail)),
        "Fetch" if is_control => (PacketKind::Control, "Fetch".into()),
        "FetchResponse" if is_control => (PacketKind::Control, label.detail.to_string()),
        "Fetch" => (PacketKind::Fetch, format!("Fetch {}", label.detail)),
        "FetchResponse" => (PacketKind::Records, label.detail.to_string()),
        "Disconnected" => (PacketKind::Disconnect, "끊김".into()),
        name if is_group(name) => (PacketKind::Group, short(name, &label.detail.to_string(), label.failed)),
        _ if is_control => (PacketKind::Control, short(label.name, &label.detail.to_string(), label.failed)),
        name => (PacketKind::Other, short(name, &label.detail.to_string(), label.failed)),
    };
    PacketView {
        id,
        from,
        to,
        sent_at,
        deliver_at,
        kind,
        partition: label.partition.clone().filter(|tp| !tp.is_internal()),
        text: text.trim_end().into(),
        api: label.name,
        idle: label.idle,
        failed: label.failed,
        loaded: label.loaded,
        lost,
    }
}

/// An error's name, or what is asked; an answer that says only "yes" is a tick.
fn short(name: &'static str, detail: &str, failed: bool) -> String {
    match name.strip_suffix("Response") {
        _ if failed => detail.into(),
        Some(asked) if detail.is_empty() => format!("{asked} ✓"),
        Some(asked) => format!("{asked} {detail}"),
        None => name.into(),
    }
}

fn is_group(name: &str) -> bool {
    const GROUP_APIS: [&str; 7] =
        ["FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup", "OffsetCommit", "OffsetFetch"];
    GROUP_APIS.contains(&name.strip_suffix("Response").unwrap_or(name))
}
