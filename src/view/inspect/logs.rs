//! What lies in logs: replicas and records.

use super::{Inspection, Section, ids, section, why, yes};
use crate::base::{BrokerId, NodeId, Offset, TopicPartition};
use crate::broker::Replica;
use crate::log::UnifiedLog;
use crate::sim::Cluster;
use crate::trace::TraceKind;
use crate::view::bytes::{batch_bytes, date, shorten};
use crate::view::narrate::Names;
use crate::view::project::log_on_disk;
use std::borrow::Cow;
use std::rc::Rc;

pub(super) fn replica(cluster: &Cluster, names: &Names, id: BrokerId, tp: &TopicPartition) -> Option<Inspection> {
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
    let moves = [
        ("ELR", &told.elr),
        ("추가되는 레플리카", &told.adding_replicas),
        ("제거되는 레플리카", &told.removing_replicas),
    ];
    let moves = moves.iter().filter(|(_, brokers)| !brokers.is_empty());
    sections[1].rows.extend(moves.map(|(label, brokers)| ((*label).into(), ids(brokers))));
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
        let row = |(follower, known): (&BrokerId, &Replica)| {
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
        bytes: Vec::new(),
        ways: Vec::new(),
        why: why.into_iter().flatten().collect(),
    })
}

pub(super) fn record(
    cluster: &Cluster,
    names: &Names,
    id: BrokerId,
    tp: &TopicPartition,
    offset: Offset,
) -> Option<Inspection> {
    let mut disk = cluster.broker_node(id)?.disk().clone();
    let log = match cluster.replica(tp, id) {
        Some(partition) => partition.log.clone(),
        None => log_on_disk(&mut disk, tp)?,
    };
    let found = log.batches(&disk, offset).flatten().next()?;
    let batch = found.batch();
    let record = batch.records().flatten().find(|record| record.offset == offset)?;
    let text = |bytes: Option<Cow<'_, [u8]>>| {
        bytes.map_or("null".into(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let committed = offset < log.high_watermark();
    let sections = vec![section(
        "레코드",
        [
            ("오프셋", offset.to_string()),
            ("키", text(record.key)),
            ("값", shorten(text(record.value))),
            ("시각(Unix ms)", record.timestamp.to_string()),
            ("날짜", date(record.timestamp)),
            ("커밋됨", yes(committed)),
            ("배치", format!("{}–{}", batch.base_offset(), batch.last_offset())),
            ("리더 에포크", batch.partition_leader_epoch().to_string()),
        ],
    )];
    let bytes = batch_bytes(&batch, found.position.into()).into_iter().map(Rc::new).collect();
    let appended = |node: Option<NodeId>, kind: &TraceKind| {
        let here = node == Some(NodeId::Broker(id));
        here && matches!(kind, TraceKind::Appended { partition, first, last, .. } if partition == tp && (*first..=*last).contains(&offset))
    };
    let why = why(cluster, names, "이 레코드는 어떻게 여기 왔나요?", appended).into_iter().collect();
    let title = format!("{tp} · 오프셋 {offset}");
    Some(Inspection { eyebrow: format!("레코드 · 브로커 {id}"), title, sections, bytes, ways: Vec::new(), why })
}
