//! Programs and their groups: producers, consumers, groups.

use super::{Inspection, Section, process, section, why};
use crate::base::{ClientId, NodeId, Offset, TopicPartition};
use crate::coordinator::{MemberView, OffsetAndMetadata};
use crate::sim::Cluster;
use crate::trace::TraceKind;
use crate::view::narrate::Names;
use std::rc::Rc;

pub(super) fn producer(cluster: &Cluster, names: &Names, id: ClientId) -> Option<Inspection> {
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
                ("compression.type", config.compression.to_string()),
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
    Some(Inspection {
        eyebrow: "프로듀서".into(),
        title: node.name.to_string(),
        sections,
        bytes: Vec::new(),
        ways: Vec::new(),
        why,
    })
}

pub(super) fn consumer(cluster: &Cluster, names: &Names, id: ClientId) -> Option<Inspection> {
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
    Some(Inspection {
        eyebrow: "컨슈머".into(),
        title: node.name.to_string(),
        sections,
        bytes: Vec::new(),
        ways: Vec::new(),
        why,
    })
}

pub(super) fn group(cluster: &Cluster, names: &Names, name: &Rc<str>) -> Option<Inspection> {
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
        let share = |member: &MemberView| {
            let held: Vec<String> = member.assignment.iter().map(ToString::to_string).collect();
            (member.client_id.to_string(), if held.is_empty() { "맡은 파티션 없음".into() } else { held.join(", ") })
        };
        sections.push(Section { heading: "멤버".into(), rows: group.members.iter().map(share).collect() });
        let committed = |(tp, committed): &(TopicPartition, OffsetAndMetadata)| {
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
    Some(Inspection {
        eyebrow: "컨슈머 그룹".into(),
        title: name.to_string(),
        sections,
        bytes: Vec::new(),
        ways: Vec::new(),
        why,
    })
}
