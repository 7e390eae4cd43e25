//! The stage in words, for those who do not see it, and for those who would rather read.

use super::links::severed;
use crate::base::NodeId;
use crate::view::narrate::Names;
use crate::view::{Frame, LinkView, PartitionView, ProcessState, QuorumRole, ReplicaRole};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Table`].
#[derive(Properties, PartialEq)]
pub(super) struct TableProps {
    pub(super) frame: Rc<Frame>,
}

/// All that the picture shows, but for what is on its way.
#[component]
pub(super) fn Table(props: &TableProps) -> Html {
    let frame = &props.frame;
    html! {
        <>
            { partitions(frame) }
            { nodes(frame) }
            { clients(frame) }
            if !frame.links.is_empty() { { links(frame) } }
        </>
    }
}

fn table(caption: &'static str, heads: &[&'static str], rows: Vec<(String, Vec<String>)>) -> Html {
    if rows.is_empty() {
        return html! { <p class="muted">{ format!("{caption}: 없음") }</p> };
    }
    html! {
        <table>
            <caption>{ caption }</caption>
            <thead><tr>{ for heads.iter().map(|head| html! { <th scope="col">{ *head }</th> }) }</tr></thead>
            <tbody>
                { for rows.into_iter().map(|(name, cells)| html! {
                    <tr key={name.clone()}><th scope="row">{ name }</th>{ for cells.into_iter().map(|cell| html! { <td>{ cell }</td> }) }</tr>
                }) }
            </tbody>
        </table>
    }
}

fn partitions(frame: &Frame) -> Html {
    let row = |partition: &Rc<PartitionView>| {
        let logs = partition.logs.iter().map(move |log| {
            let role = match log.role {
                ReplicaRole::Leader => "리더",
                ReplicaRole::Follower => "팔로워",
                ReplicaRole::Offline => "오프라인",
            };
            let cells = vec![
                role.to_string(),
                match (partition.standing(log.broker).word(), log.in_isr) {
                    (Some(word), true) => format!("예, {word}"),
                    (Some(word), false) => format!("아니요, {word}"),
                    (None, true) => "예".into(),
                    (None, false) => "아니요".into(),
                },
                log.leader_epoch.to_string(),
                log.log_start.to_string(),
                log.high_watermark.to_string(),
                log.log_end.to_string(),
                log.segments.len().to_string(),
            ];
            (format!("{} · 브로커 {}", log.partition, log.broker), cells)
        });
        logs.collect::<Vec<_>>()
    };
    let heads = ["레플리카", "역할", "ISR", "에포크", "로그 시작", "HW", "LEO", "세그먼트"];
    table("파티션", &heads, frame.partitions.iter().flat_map(row).collect())
}

fn nodes(frame: &Frame) -> Html {
    let process = |state| match state {
        ProcessState::Running => "켜짐",
        ProcessState::Paused => "멈춤",
        ProcessState::Dead => "꺼짐",
    };
    let controllers = frame.quorum.controllers.iter().map(|controller| {
        let role = match controller.role {
            QuorumRole::Active => "액티브 컨트롤러",
            QuorumRole::Standby => "대기 컨트롤러",
            QuorumRole::Prospective => "컨트롤러 예비 후보",
            QuorumRole::Candidate => "컨트롤러 후보",
            QuorumRole::Unattached => "리더를 모름",
        };
        (format!("컨트롤러 {}", controller.id), vec![process(controller.process).into(), role.into()])
    });
    let brokers = frame.brokers.iter().map(|broker| {
        let note = if broker.fenced { "펜싱됨".into() } else { format!("리더 {}개", broker.leads) };
        let cut = severed(frame, NodeId::Broker(broker.id)).map(|(_, whole)| format!(", {whole}"));
        let note = note + &cut.unwrap_or_default();
        (format!("브로커 {}", broker.id), vec![process(broker.process).into(), note])
    });
    table("노드", &["노드", "상태", "역할"], controllers.chain(brokers).collect())
}

fn clients(frame: &Frame) -> Html {
    let producers = frame.producers.iter().map(|producer| {
        let did = format!("보냄 {}, 확인 {}, 실패 {}", producer.sent, producer.acked, producer.failed);
        (format!("프로듀서 {}", producer.name), vec![producer.topic.to_string(), did])
    });
    let members = frame.groups.iter().flat_map(|group| {
        group.members.iter().map(move |member| {
            let parts: Vec<String> = member.assignment.iter().map(|(p, at)| format!("{p} @{at}")).collect();
            let reads = if parts.is_empty() { "맡은 파티션 없음".into() } else { parts.join(", ") };
            let name = format!("컨슈머 {} (그룹 {})", member.name, group.name);
            (name, vec![reads, format!("처리 {}", member.processed)])
        })
    });
    table("클라이언트", &["이름", "대상", "한 일"], producers.chain(members).collect())
}

fn links(frame: &Frame) -> Html {
    let names = Names::of(frame);
    let row = |link: &LinkView| {
        let arrow = if link.both { "↔" } else { "→" };
        (format!("{} {arrow} {}", names.node(link.from), names.node(link.to)), vec![link.words.to_string()])
    };
    table("네트워크", &["연결", "상태"], frame.links.iter().map(row).collect())
}
