//! A closer look at one thing: its state in rows, a record's bytes with every field named, and why it is as it is.

use super::meaning::meaning;
use super::narrate::{Names, sentence};
use super::project::log_on_disk;
use crate::base::{BrokerId, ClientId, ControllerId, NodeId, Offset, SimTime, TopicPartition};
use crate::log::UnifiedLog;
use crate::record::layout;
use crate::sim::{Cluster, ProcessStatus};
use crate::trace::{EventSeq, TraceKind};
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
    /// Its bytes, if it has any.
    pub bytes: Option<BytesView>,
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

/// Bytes with names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BytesView {
    /// Where the first byte lies in its file.
    pub base_position: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they mean.
    pub fields: Vec<FieldView>,
}

/// A run of bytes that means one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldView {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Kafka's name of it.
    pub name: String,
    /// What it says.
    pub value: String,
    /// What that means, in a line.
    pub meaning: String,
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
    let cuts = cluster.network().cuts().filter_map(|(a, b)| match node {
        Some(node) if node == a => Some(b),
        Some(node) if node == b => Some(a),
        _ => None,
    });
    let rows: Vec<_> = cuts.map(|other| (names.node(other), "끊김".into())).collect();
    if !rows.is_empty() {
        inspection.sections.push(Section { heading: "끊긴 연결".into(), rows });
    }
    Some(inspection)
}

fn look(cluster: &Cluster, names: &Names, what: &Selection) -> Option<Inspection> {
    match what {
        Selection::Broker(id) => broker(cluster, names, *id),
        Selection::Controller(id) => controller(cluster, names, *id),
        Selection::Replica(id, tp) => replica(cluster, names, *id, tp),
        Selection::Record(id, tp, offset) => record(cluster, names, *id, tp, *offset),
        Selection::Producer(id) => producer(cluster, names, *id),
        Selection::Consumer(id) => consumer(cluster, names, *id),
        Selection::Group(name) => group(cluster, names, name),
        Selection::Packet(id) => packet(cluster, names, *id),
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
    let link =
        |event: &crate::trace::TraceEvent| WhyStep { seq: event.seq, at: event.at, text: sentence(event, names) };
    Some(WhyView { question: question.into(), steps: trace.causes(last.seq).take(LINKS_SHOWN).map(link).collect() })
}

fn broker(cluster: &Cluster, names: &Names, id: BrokerId) -> Option<Inspection> {
    let node = cluster.broker_node(id)?;
    let registration = cluster.image().and_then(|image| image.brokers.get(&id));
    let cache = node.disk().page_cache();
    let mut sections = vec![
        section(
            "상태",
            [
                ("프로세스", process(node.status())),
                ("클러스터에 들어와 있음", yes(registration.is_some_and(|r| r.is_active()))),
                ("브로커 에포크", registration.map_or("−".into(), |r| r.epoch.to_string())),
                ("메타데이터 오프셋", node.process().map_or("−".into(), |broker| broker.metadata_offset().to_string())),
            ],
        ),
        section(
            "디스크",
            [
                ("페이지 캐시", format!("{}쪽", cache.resident)),
                ("아직 디스크에 안 쓴 쪽", format!("{}쪽", cache.dirty)),
            ],
        ),
    ];
    if let Some(process) = node.process() {
        let rows = process.partitions().filter(|partition| !partition.partition.is_internal()).map(|partition| {
            let part = if partition.leader().is_some() { "리더" } else { "팔로워" };
            let log = &partition.log;
            (
                partition.partition.to_string(),
                format!("{part} · HW {} · LEO {}", log.high_watermark(), log.log_end_offset()),
            )
        });
        sections.push(Section { heading: "레플리카".into(), rows: rows.collect() });
        let config = process.config();
        sections.push(section(
            "설정",
            [
                ("replica.lag.time.max.ms", config.replica_lag_time_max.as_ms().to_string()),
                ("replica.fetch.wait.max.ms", config.replica_fetch_wait_max.as_ms().to_string()),
                ("broker.heartbeat.interval.ms", config.heartbeat_interval.as_ms().to_string()),
            ],
        ));
    }
    let about = |node: Option<NodeId>, kind: &TraceKind| {
        let own = node == Some(NodeId::Broker(id));
        match kind {
            TraceKind::BrokerFenced { broker } | TraceKind::BrokerUnfenced { broker } => *broker == id,
            TraceKind::Killed | TraceKind::Paused | TraceKind::Resumed | TraceKind::Stopped => own,
            _ => false,
        }
    };
    let why = why(cluster, names, "왜 지금 이 상태인가요?", about).into_iter().collect();
    Some(Inspection { eyebrow: "브로커".into(), title: format!("브로커 {id}"), sections, bytes: None, why })
}

fn controller(cluster: &Cluster, names: &Names, id: ControllerId) -> Option<Inspection> {
    let (_, node) = cluster.controllers().find(|(other, _)| *other == id)?;
    let process_state = process(node.status());
    let role = match node.process() {
        None => "−",
        Some(controller) if controller.is_active() => "활성 컨트롤러",
        Some(controller) => match controller.role() {
            crate::controller::Role::Follower { .. } => "대기",
            crate::controller::Role::Candidate { .. } => "후보",
            _ => "리더를 모름",
        },
    };
    let (epoch, end, high_watermark) = node.process().map_or((0, 0, 0), |controller| {
        (controller.epoch(), controller.store().log.end_offset(), controller.high_watermark())
    });
    let sections = vec![section(
        "상태",
        [
            ("프로세스", process_state),
            ("역할", role.into()),
            ("쿼럼 에포크", epoch.to_string()),
            ("메타데이터 로그 끝", end.to_string()),
            ("하이워터마크", high_watermark.to_string()),
        ],
    )];
    let about = |node: Option<NodeId>, kind: &TraceKind| {
        let own = node == Some(NodeId::Controller(id));
        own && matches!(
            kind,
            TraceKind::ControllerElected { .. } | TraceKind::ControllerResigned { .. } | TraceKind::Killed
        )
    };
    let why = why(cluster, names, "왜 지금 이 역할인가요?", about).into_iter().collect();
    Some(Inspection { eyebrow: "컨트롤러".into(), title: format!("컨트롤러 {id}"), sections, bytes: None, why })
}

fn replica(cluster: &Cluster, names: &Names, id: BrokerId, tp: &TopicPartition) -> Option<Inspection> {
    let told = cluster.registration(tp)?;
    let local = cluster.replica(tp, id);
    let leads = local.is_some_and(|partition| partition.leader().is_some());
    let part = match local {
        None => "브로커가 꺼져 있음",
        Some(_) if leads => "리더",
        Some(_) => "팔로워",
    };
    let mut disk = cluster.broker_node(id)?.disk().clone();
    let found = local.map(|partition| partition.log.clone()).or_else(|| log_on_disk(&mut disk, tp));
    let log = found.as_ref();
    let offset = |get: fn(&UnifiedLog) -> Offset| log.map_or("−".into(), |log| get(log).to_string());
    let mut sections = vec![
        section(
            "상태",
            [
                ("역할", part.into()),
                ("ISR에 있음", yes(told.isr.contains(&id))),
                ("리더 에포크", local.map_or("−".into(), |partition| partition.leader_epoch.to_string())),
                ("로그 시작", offset(UnifiedLog::log_start_offset)),
                ("하이워터마크(HW)", offset(UnifiedLog::high_watermark)),
                ("로그 끝(LEO)", offset(UnifiedLog::log_end_offset)),
            ],
        ),
        section(
            "파티션",
            [
                ("리더", told.leader.map_or("없음".into(), |leader| format!("브로커 {leader}"))),
                ("레플리카", ids(&told.replicas)),
                ("ISR", ids(&told.isr)),
                ("파티션 에포크", told.partition_epoch.to_string()),
                ("min.insync.replicas", local.map_or("−".into(), |partition| partition.min_isr.to_string())),
            ],
        ),
    ];
    if let Some(log) = log {
        let segments = log
            .segments()
            .map(|s| (s.path().rsplit('/').next().unwrap_or("").to_owned(), format!("{}바이트", s.size())));
        sections.push(Section { heading: "세그먼트".into(), rows: segments.collect() });
        let epochs = log
            .epoch_entries()
            .map(|entry| (format!("e{}", entry.epoch), format!("오프셋 {}부터", entry.start_offset)));
        sections.push(Section { heading: "leader-epoch-checkpoint".into(), rows: epochs.collect() });
    }
    if let Some(state) = local.and_then(|partition| partition.leader()) {
        let now = cluster.now();
        let row = |(follower, known): (&BrokerId, &crate::broker::Replica)| {
            let caught_up = known
                .last_caught_up
                .map_or("따라잡은 적 없음".into(), |at| format!("{}초 전에 따라잡음", now.since(at)));
            (format!("브로커 {follower}"), format!("LEO {} · {caught_up}", known.log_end_offset))
        };
        sections.push(Section {
            heading: "리더가 아는 팔로워".into(), rows: state.remote.iter().map(row).collect()
        });
    }
    let moved = |node: Option<NodeId>, kind: &TraceKind| {
        node == Some(NodeId::Broker(id))
            && matches!(kind, TraceKind::HighWatermark { partition, .. } if partition == tp)
    };
    let isr = |_: Option<NodeId>, kind: &TraceKind| matches!(kind, TraceKind::IsrChanged { partition, .. } if partition == tp);
    let elected = |_: Option<NodeId>, kind: &TraceKind| matches!(kind, TraceKind::LeaderElected { partition, .. } if partition == tp);
    let why = [
        why(cluster, names, "HW는 왜 여기까지 왔나요?", moved),
        why(cluster, names, "ISR은 왜 바뀌었나요?", isr),
        why(cluster, names, "왜 이 브로커가 리더인가요?", elected),
    ];
    let title = format!("{tp} · 브로커 {id}");
    Some(Inspection {
        eyebrow: "레플리카".into(),
        title,
        sections,
        bytes: None,
        why: why.into_iter().flatten().collect(),
    })
}

fn record(cluster: &Cluster, names: &Names, id: BrokerId, tp: &TopicPartition, offset: Offset) -> Option<Inspection> {
    let mut disk = cluster.broker_node(id)?.disk().clone();
    let log = match cluster.replica(tp, id) {
        Some(partition) => partition.log.clone(),
        None => log_on_disk(&mut disk, tp)?,
    };
    let found = log.batches(&disk, offset).flatten().next()?;
    let batch = found.batch();
    let record = batch.records().flatten().find(|record| record.offset == offset)?;
    let text = |bytes: Option<&[u8]>| bytes.map_or("null".into(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    let committed = offset < log.high_watermark();
    let sections = vec![section(
        "레코드",
        [
            ("오프셋", offset.to_string()),
            ("키", text(record.key)),
            ("값", text(record.value)),
            ("시각", format!("{} ms", record.timestamp)),
            ("커밋됨", yes(committed)),
            ("배치", format!("{}–{}", batch.base_offset(), batch.last_offset())),
            ("리더 에포크", batch.partition_leader_epoch().to_string()),
        ],
    )];
    let field = |field: crate::record::Field| FieldView {
        start: field.range.start,
        end: field.range.end,
        name: match field.record {
            Some(number) => format!("{} · {number}", field.name),
            None => field.name.into(),
        },
        value: field.value,
        meaning: meaning(field.name).into(),
    };
    let fields = layout(&batch).into_iter().map(field).collect();
    let bytes = BytesView { base_position: found.position.into(), bytes: batch.bytes().to_vec(), fields };
    let appended = |node: Option<NodeId>, kind: &TraceKind| {
        let here = node == Some(NodeId::Broker(id));
        here && matches!(kind, TraceKind::Appended { partition, first, last, .. } if partition == tp && (*first..=*last).contains(&offset))
    };
    let why = why(cluster, names, "이 레코드는 어떻게 여기 왔나요?", appended).into_iter().collect();
    let title = format!("{tp} · 오프셋 {offset}");
    Some(Inspection { eyebrow: format!("레코드 · 브로커 {id}"), title, sections, bytes: Some(bytes), why })
}

fn producer(cluster: &Cluster, names: &Names, id: ClientId) -> Option<Inspection> {
    let node = cluster.client(id)?;
    let producer = node.producer()?;
    let config = producer.config();
    let mut sections = vec![
        section(
            "상태",
            [
                ("프로세스", process(node.status())),
                ("토픽", producer.topic().to_string()),
                ("보낸 레코드", producer.sent().to_string()),
                ("확인받은 레코드", producer.acked().to_string()),
                ("포기한 레코드", producer.failed().to_string()),
                ("기다리는 레코드", producer.pending().to_string()),
                ("마지막 오류", producer.error().map_or("없음".into(), |error| error.name().into())),
            ],
        ),
        section(
            "설정",
            [
                ("acks", config.acks_name().into()),
                ("linger.ms", config.linger.as_ms().to_string()),
                ("batch.size", config.batch_size.to_string()),
                ("max.in.flight.requests.per.connection", config.max_in_flight.to_string()),
                ("retry.backoff.ms", config.retry_backoff.as_ms().to_string()),
                ("delivery.timeout.ms", config.delivery_timeout.as_ms().to_string()),
            ],
        ),
    ];
    let queued = producer.queued();
    if !queued.is_empty() {
        let rows = queued.iter().map(|(tp, count)| (tp.to_string(), format!("{count}개"))).collect();
        sections.push(Section { heading: "보내기를 기다리는 레코드".into(), rows });
    }
    let about = |node: Option<NodeId>, kind: &TraceKind| {
        let own = node == Some(NodeId::Client(id));
        own && matches!(
            kind,
            TraceKind::RecordsAcked { .. } | TraceKind::ProduceRetried { .. } | TraceKind::RecordsFailed { .. }
        )
    };
    let why = why(cluster, names, "마지막 결과는 왜 이런가요?", about).into_iter().collect();
    Some(Inspection { eyebrow: "프로듀서".into(), title: node.name.to_string(), sections, bytes: None, why })
}

fn consumer(cluster: &Cluster, names: &Names, id: ClientId) -> Option<Inspection> {
    let node = cluster.client(id)?;
    let consumer = node.consumer()?;
    let config = consumer.config();
    let offset = |offset: Option<Offset>| offset.map_or("−".to_owned(), |offset| offset.to_string());
    let rows = consumer.partitions().map(|p| {
        let value =
            format!("위치 {} · 커밋 {} · HW {}", offset(p.position), offset(p.committed), offset(p.high_watermark));
        (p.partition.to_string(), value)
    });
    let sections = vec![
        section(
            "상태",
            [
                ("프로세스", process(node.status())),
                ("그룹", consumer.group().to_string()),
                ("멤버 상태", consumer.member_state().name().into()),
                (
                    "멤버 ID",
                    if consumer.member_id().is_empty() {
                        "아직 없음".into()
                    } else {
                        consumer.member_id().to_string()
                    },
                ),
                ("세대", consumer.generation().to_string()),
                ("가져와 둔 레코드", consumer.buffered().to_string()),
                ("처리한 레코드", consumer.processed().to_string()),
                ("마지막 오류", consumer.last_error().unwrap_or("없음").into()),
            ],
        ),
        Section { heading: "맡은 파티션".into(), rows: rows.collect() },
        section(
            "설정",
            [
                ("session.timeout.ms", config.session_timeout_ms.to_string()),
                ("heartbeat.interval.ms", config.heartbeat_interval.as_ms().to_string()),
                ("max.poll.records", config.max_poll_records.to_string()),
                ("enable.auto.commit", config.enable_auto_commit.to_string()),
                ("auto.commit.interval.ms", config.auto_commit_interval.as_ms().to_string()),
            ],
        ),
    ];
    let about = |node: Option<NodeId>, kind: &TraceKind| {
        node == Some(NodeId::Client(id)) && matches!(kind, TraceKind::Assigned { .. })
    };
    let why = why(cluster, names, "왜 이 파티션을 맡았나요?", about).into_iter().collect();
    Some(Inspection { eyebrow: "컨슈머".into(), title: node.name.to_string(), sections, bytes: None, why })
}

fn group(cluster: &Cluster, names: &Names, name: &Rc<str>) -> Option<Inspection> {
    let known = cluster.group(name);
    let waiting = cluster.clients().any(|client| client.group() == Some(name));
    if known.is_none() && !waiting {
        return None;
    }
    let mut sections = Vec::new();
    if let Some((coordinator, group)) = &known {
        sections.push(section(
            "상태",
            [
                ("상태", group.state.name().into()),
                ("세대", group.generation.to_string()),
                ("코디네이터", format!("브로커 {coordinator}")),
                ("할당 방식", group.protocol.as_deref().unwrap_or("−").into()),
                ("그룹 리더", group.leader.as_deref().unwrap_or("−").into()),
            ],
        ));
        let share = |member: &crate::coordinator::MemberView| {
            let held: Vec<String> = member.assignment.iter().map(ToString::to_string).collect();
            (member.client_id.to_string(), if held.is_empty() { "맡은 파티션 없음".into() } else { held.join(", ") })
        };
        sections.push(Section { heading: "멤버".into(), rows: group.members.iter().map(share).collect() });
        let committed = |(tp, committed): &(TopicPartition, crate::coordinator::OffsetAndMetadata)| {
            let end = cluster.leader_replica(tp).map(|partition| partition.log.high_watermark());
            let lag = end.map_or("?".to_owned(), |end| (end - committed.offset).max(0).to_string());
            (tp.to_string(), format!("{} · 랙 {lag}", committed.offset))
        };
        sections.push(Section {
            heading: "커밋한 오프셋".into(), rows: group.offsets.iter().map(committed).collect()
        });
    } else {
        sections.push(section("상태", [("코디네이터", "아직 못 찾음".into())]));
    }
    let about =
        |_: Option<NodeId>, kind: &TraceKind| matches!(kind, TraceKind::GroupState { group, .. } if group == name);
    let why = why(cluster, names, "왜 이 상태인가요?", about).into_iter().collect();
    Some(Inspection { eyebrow: "컨슈머 그룹".into(), title: name.to_string(), sections, bytes: None, why })
}

fn packet(cluster: &Cluster, names: &Names, id: u64) -> Option<Inspection> {
    let envelope = cluster.in_flight().find(|envelope| envelope.id == id)?;
    let label = &envelope.label;
    let sections = vec![section(
        "메시지",
        [
            ("보낸 쪽", names.node(envelope.from)),
            ("받는 쪽", names.node(envelope.to)),
            ("보낸 때", format!("{}초", envelope.sent_at)),
            ("닿는 때", format!("{}초", envelope.deliver_at)),
            ("파티션", label.partition.as_ref().map_or("−".into(), ToString::to_string)),
            ("내용", if label.detail.is_empty() { "−".into() } else { label.detail.to_string() }),
        ],
    )];
    let about = |_: Option<NodeId>, kind: &TraceKind| matches!(kind, TraceKind::Sent { id: sent, .. } if *sent == id);
    let why = why(cluster, names, "이 메시지는 왜 보냈나요?", about).into_iter().collect();
    Some(Inspection { eyebrow: "메시지".into(), title: label.name.into(), sections, bytes: None, why })
}
