//! Those who write, those who read, and what they read.

use super::columns::n;
use super::links::severed;
use super::quorum::CROWN;
use crate::base::{ClientId, NodeId};
use crate::ui::Msg;
use crate::ui::press::press;
use crate::view::geometry::{GroupPlace, Layout, Mode, Rect};
use crate::view::{ConsumerView, Frame, GroupView, ProcessState, ProducerView, Selection};
use std::rc::Rc;
use yew::prelude::*;

/// All producers.
pub(super) fn producers(frame: &Frame, layout: &Layout, selection: Option<&Selection>, send: &Callback<Msg>) -> Html {
    let draw = |(producer, (_, rect)): (&Rc<ProducerView>, &(ClientId, Rect))| {
        let selected = selection == Some(&Selection::Producer(producer.id));
        let second = process_word(producer.process).map_or_else(|| format!("acks={}", producer.acks), str::to_string);
        let third = match producer.error {
            Some(error) => format!("✕ {}", error_word(error)),
            None if producer.failed > 0 => format!("✕ 실패 {}", producer.failed),
            None if producer.sent > 999 => format!("확인 {}", producer.acked),
            None => format!("확인 {}/{}", producer.acked, producer.sent),
        };
        let cut = severed(frame, NodeId::Client(producer.id));
        let bad = cut.is_some() || producer.error.is_some() || producer.failed > 0;
        let third = cut.as_ref().map_or(third, |(short, _)| short.clone());
        let title = format!(
            "프로듀서 {}, 토픽 {}, 보냄 {}, 확인 {}, 실패 {}{}",
            producer.name,
            producer.topic,
            producer.sent,
            producer.acked,
            producer.failed,
            producer.error.map(|error| format!(", 오류 {error}")).unwrap_or_default()
        );
        let title = title + &after_comma(process_word(producer.process)) + &after_comma(cut.map(|(_, whole)| whole));
        let class = classes!("client", "producer", state_class(producer.process), selected.then_some("selected"));
        let name = format!("프로듀서 {}", producer.name);
        let lines = [(second, ""), (third, if bad { "bad" } else { "" })];
        let select = Msg::Select(Selection::Producer(producer.id));
        client_box(producer.id, *rect, class, (&name, &title), &lines, false, press(send, select))
    };
    frame.producers.iter().zip(&layout.producers).map(draw).collect()
}

/// All groups with their members.
pub(super) fn groups(frame: &Frame, layout: &Layout, selection: Option<&Selection>, send: &Callback<Msg>) -> Html {
    if frame.groups.is_empty() {
        let room = layout.groups_room;
        return html! {
            <g class="nobody">
                <rect x={n(room.x)} y={n(room.y)} width={n(room.w)} height={n(room.h)} rx="10" />
                <text x={n(room.center().x)} y={n(room.center().y + 4.0)}>{ "컨슈머 없음" }</text>
            </g>
        };
    }
    let groups = frame.groups.iter().zip(&layout.groups);
    groups.map(|(group, place)| draw_group(frame, group, place, selection, layout.mode, send)).collect()
}

fn draw_group(
    frame: &Frame,
    group: &GroupView,
    place: &GroupPlace,
    selection: Option<&Selection>,
    mode: Mode,
    send: &Callback<Msg>,
) -> Html {
    let (onclick, onkeydown) = press(send, Msg::Select(Selection::Group(group.name.clone())));
    let selected = selection == Some(&Selection::Group(group.name.clone()));
    let head = place.head;
    let (state, calm) = state_word(group.state);
    let note = format!("{state} · 랙 {}", group.lag);
    let note_x = if mode == Mode::Wide { head.x } else { head.x + 150.0 };
    let note_y = if mode == Mode::Wide { head.y + 29.0 } else { head.y + 15.0 };
    let members = group.members.iter().zip(&place.members).enumerate().map(|(i, (member, (_, rect)))| {
        let selected = selection == Some(&Selection::Consumer(member.id));
        draw_member(frame, member, *rect, i, selected, send)
    });
    html! {
        <g key={group.name.to_string()} class="group">
            <g class={classes!("group-head", selected.then_some("selected"))} role="button" tabindex="0"
                aria-label={format!("그룹 {}, {state}, 세대 {}, 멤버 {}, 랙 {}", group.name, group.generation, group.members.len(), group.lag)}
                {onclick} {onkeydown}>
                <rect class="hit" x={n(head.x - 6.0)} y={n(head.y - 2.0)} width={n(head.w + 6.0)} height={n(head.h + 2.0)} rx="8" />
                <text class="group-name" x={n(head.x)} y={n(head.y + 13.0)}>{ format!("그룹 {}", shorten(&group.name, 12)) }</text>
                <text class={classes!("group-note", (!calm).then_some("busy"))} x={n(note_x)} y={n(note_y)}>{ note }</text>
            </g>
            <g>{ for members }</g>
        </g>
    }
}

fn draw_member(
    frame: &Frame,
    member: &ConsumerView,
    rect: Rect,
    place: usize,
    selected: bool,
    send: &Callback<Msg>,
) -> Html {
    let reading = match (&member.assignment[..], process_word(member.process)) {
        (_, Some(word)) => word.to_string(),
        ([], _) if member.state == "fetching" => "맡은 파티션 없음".into(),
        ([], _) => doing(member.state).into(),
        ([(partition, position)], _) => format!("{partition} @{position}"),
        (many, _) => format!("파티션 {}개", many.len()),
    };
    let lag = lag(frame, member);
    let cut = severed(frame, NodeId::Client(member.id));
    let progress = match &cut {
        Some((short, _)) => short.clone(),
        None => format!("처리 {} · 랙 {lag}", member.processed),
    };
    let parts: Vec<String> = member.assignment.iter().map(|(p, position)| format!("{p} @{position}")).collect();
    let leader = if member.is_group_leader { ", 그룹 리더" } else { "" };
    let title =
        format!("컨슈머 {}{leader}, {reading}, 처리 {}, 랙 {lag}. {}", member.name, member.processed, parts.join(", "));
    let title = title + &after_comma(cut.as_ref().map(|(_, whole)| whole.as_str()));
    let idle = member.assignment.is_empty();
    let class = classes!(
        "client",
        "member",
        format!("m{}", place % 6),
        state_class(member.process),
        idle.then_some("idle"),
        selected.then_some("selected")
    );
    let name = format!("컨슈머 {}", member.name);
    let lines = [(reading, ""), (progress, if cut.is_some() { "bad" } else { "" })];
    let select = Msg::Select(Selection::Consumer(member.id));
    client_box(member.id, rect, class, (&name, &title), &lines, member.is_group_leader, press(send, select))
}

/// How many records lie between where `member` reads and what its leaders have committed.
fn lag(frame: &Frame, member: &ConsumerView) -> i64 {
    let behind = |(partition, position): &(crate::base::TopicPartition, i64)| {
        let view = frame.partitions.iter().find(|view| view.partition == *partition)?;
        let leader = view.logs.iter().find(|log| Some(log.broker) == view.leader)?;
        Some((leader.high_watermark - position).max(0))
    };
    member.assignment.iter().filter_map(behind).sum()
}

type Press = (Callback<MouseEvent>, Callback<KeyboardEvent>);

fn client_box(
    id: ClientId,
    rect: Rect,
    class: Classes,
    (name, title): (&str, &str),
    lines: &[(String, &'static str); 2],
    crowned: bool,
    (onclick, onkeydown): Press,
) -> Html {
    let low = rect.h < 50.0;
    let step = if low { 17.0 } else { 15.5 };
    let first = rect.y + if low { 18.0 } else { 19.0 };
    // A low box has no room for a third line; the more important of the two stays.
    let shown = if low { &lines[usize::from(lines[1].1 == "bad")..][..1] } else { &lines[..] };
    html! {
        <g key={id.0} {class} role="button" tabindex="0" aria-label={title.to_string()} {onclick} {onkeydown}>
            <title>{ title }</title>
            <rect class="client-box" x={n(rect.x)} y={n(rect.y)} width={n(rect.w)} height={n(rect.h)} rx="10" />
            <text class="client-name" x={n(rect.x + 10.0)} y={n(first)}>{ shorten(name, 11) }</text>
            if crowned {
                <path class="group-crown" d={CROWN} transform={format!("translate({} {}) scale(.72)", n(rect.right() - 20.0), n(rect.y + 11.0))} />
            }
            { for shown.iter().enumerate().map(|(i, (line, class))| html! {
                <text class={classes!("client-line", *class)} x={n(rect.x + 10.0)} y={n(first + (i as f64 + 1.0) * step)}>{ line }</text>
            }) }
        </g>
    }
}

/// One thing more of a list, if there is one.
fn after_comma(words: Option<impl AsRef<str>>) -> String {
    words.map(|words| format!(", {}", words.as_ref())).unwrap_or_default()
}

/// Who reads what.
pub(super) fn ownership(groups: &[Rc<GroupView>], layout: &Layout) -> Html {
    let lines = layout.ownership(groups);
    let draw = lines.iter().map(|line| {
        html! {
            <path key={format!("{}-{}", line.partition, line.member.0)} class={format!("owns m{}", line.place % 6)}
                d={line.curve.to_string()} />
        }
    });
    html! { <g class="ownership">{ for draw }</g> }
}

/// An error in a word; Kafka's name of it is in the title and in the inspector.
fn error_word(error: &str) -> &'static str {
    match error {
        "NOT_ENOUGH_REPLICAS" | "NOT_ENOUGH_REPLICAS_AFTER_APPEND" => "레플리카 부족",
        "NOT_LEADER_OR_FOLLOWER" | "FENCED_LEADER_EPOCH" => "리더 아님",
        "LEADER_NOT_AVAILABLE" => "리더 없음",
        "REQUEST_TIMED_OUT" => "시간 초과",
        "UNKNOWN_TOPIC_OR_PARTITION" => "토픽 없음",
        "NETWORK_EXCEPTION" => "연결 끊김",
        _ => "오류",
    }
}

fn process_word(process: ProcessState) -> Option<&'static str> {
    match process {
        ProcessState::Running => None,
        ProcessState::Paused => Some("멈춤"),
        ProcessState::Dead => Some("꺼짐"),
    }
}

fn state_class(process: ProcessState) -> &'static str {
    match process {
        ProcessState::Running => "running",
        ProcessState::Paused => "paused",
        ProcessState::Dead => "dead",
    }
}

/// What a consumer does while it reads nothing.
fn doing(state: &str) -> &'static str {
    match state {
        "joining" => "그룹 참여 중",
        "syncing" => "할당받는 중",
        "finding coordinator" => "코디네이터 찾는 중",
        _ => "준비 중",
    }
}

/// A group's state in a word, and whether it is at rest.
fn state_word(state: &str) -> (&'static str, bool) {
    match state {
        "Stable" => ("안정", true),
        "Empty" => ("비어 있음", true),
        "PreparingRebalance" => ("리밸런스 준비", false),
        "CompletingRebalance" => ("할당 대기", false),
        "Dead" => ("사라짐", true),
        _ => ("준비 중", false),
    }
}

/// At most `limit` letters.
fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_string();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}
