//! Machines and messages: brokers, controllers, packets.

use super::sending::{sent, ways};
use super::{Inspection, Section, process, section, why, yes};
use crate::base::{BrokerId, ControllerId, NodeId};
use crate::controller::Role;
use crate::disk::Disk;
use crate::sim::Cluster;
use crate::trace::{MachineNews, TraceKind};
use crate::view::narrate::Names;

pub(super) fn broker(cluster: &Cluster, names: &Names, id: BrokerId) -> Option<Inspection> {
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
                ("broker.rack", registration.and_then(|r| r.rack.as_deref()).unwrap_or("−").into()),
                ("메타데이터 오프셋", node.process().map_or("−".into(), |broker| broker.metadata_offset().to_string())),
            ],
        ),
        section(
            "디스크",
            [
                ("페이지 캐시", format!("{}쪽", cache.resident)),
                ("더티 페이지", format!("{}쪽", cache.dirty)),
                ("속도", disk_speed(node.disk())),
            ],
        ),
    ];
    let ways = node.process().map(ways).unwrap_or_default();
    if let Some(process) = node.process() {
        sections.push(Section { heading: "디스크에서 소켓으로".into(), rows: sent(process) });
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
            TraceKind::Machine(MachineNews::WrittenBack { .. }) => false,
            TraceKind::Machine(_) | TraceKind::LogDirFailed { .. } => own,
            TraceKind::Killed | TraceKind::Paused | TraceKind::Resumed | TraceKind::Stopped => own,
            _ => false,
        }
    };
    let why = why(cluster, names, "왜 지금 이 상태인가요?", about).into_iter().collect();
    Some(Inspection {
        eyebrow: "브로커".into(), title: format!("브로커 {id}"), sections, bytes: Vec::new(), ways, why
    })
}

pub(super) fn controller(cluster: &Cluster, names: &Names, id: ControllerId) -> Option<Inspection> {
    let (_, node) = cluster.controllers().find(|(other, _)| *other == id)?;
    let process_state = process(node.status());
    let role = match node.process() {
        None => "−",
        Some(controller) if controller.is_active() => "액티브 컨트롤러",
        Some(controller) => match controller.role() {
            Role::Follower { .. } => "대기",
            Role::Prospective { .. } => "예비 후보",
            Role::Candidate { .. } => "후보",
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
    Some(Inspection {
        eyebrow: "컨트롤러".into(),
        title: format!("컨트롤러 {id}"),
        sections,
        bytes: Vec::new(),
        ways: Vec::new(),
        why,
    })
}

pub(super) fn packet(cluster: &Cluster, names: &Names, id: u64) -> Option<Inspection> {
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
    Some(Inspection {
        eyebrow: "메시지".into(),
        title: label.name.into(),
        sections,
        bytes: Vec::new(),
        ways: Vec::new(),
        why,
    })
}

fn disk_speed(disk: &Disk) -> String {
    match (disk.has_failed(), disk.slowness()) {
        (true, _) => "고장".into(),
        (_, 1) => "제 속도".into(),
        (_, times) => format!("{times}배 느림"),
    }
}
