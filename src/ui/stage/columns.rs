//! The brokers: a column each, with a head that says how the broker is.

use super::links::severed;
use crate::base::NodeId;
use crate::ui::Msg;
use crate::ui::press::press;
use crate::view::geometry::{Column, Layout, Point};
use crate::view::{BrokerView, Frame, ProcessState, Selection};
use std::rc::Rc;
use yew::prelude::*;

/// All columns.
pub(super) fn columns(frame: &Frame, layout: &Layout, selection: Option<&Selection>, send: &Callback<Msg>) -> Html {
    let draw = |(broker, place): (&Rc<BrokerView>, &Column)| {
        let cut = severed(frame, NodeId::Broker(broker.id));
        column(broker, place, cut, selection == Some(&Selection::Broker(broker.id)), send)
    };
    frame.brokers.iter().zip(&layout.columns).map(draw).collect()
}

fn column(
    broker: &BrokerView,
    column: &Column,
    cut: Option<(String, String)>,
    selected: bool,
    send: &Callback<Msg>,
) -> Html {
    let (rect, head) = (column.rect, column.head);
    let (onclick, onkeydown) = press(send, Msg::Select(Selection::Broker(broker.id)));
    let (state, words) = condition(broker);
    let narrow = rect.w < 150.0;
    let told = match &cut {
        Some((_, whole)) => format!("브로커 {}, {}, {whole}", broker.id, spoken(broker)),
        None => format!("브로커 {}, {}", broker.id, spoken(broker)),
    };
    let is_cut = cut.is_some();
    let words = match cut {
        Some((short, _)) if state == "well" => short,
        _ if narrow && state == "well" => format!("캐시 {} · 더티 {}", broker.cached_pages, broker.dirty_pages),
        _ => words,
    };
    // Beside the name, or above it where a switch and a badge need the room.
    let rack_at = match narrow {
        true => Point { x: head.x + 12.0, y: head.y + 12.5 },
        false => Point { x: head.x + 69.0 + 9.0 * broker.id.to_string().len() as f64, y: head.y + 26.0 },
    };
    html! {
        <g key={broker.id.0} class={classes!("column", state, narrow.then_some("slim"))}>
            <rect class="column-back" x={n(rect.x)} y={n(rect.y)} width={n(rect.w)} height={n(rect.h)} rx="14" />
            if state != "well" {
                <rect class="column-hatch" x={n(rect.x)} y={n(rect.y)} width={n(rect.w)} height={n(rect.h)} rx="14" />
            }
            <g class={classes!("broker", selected.then_some("selected"))} role="button" tabindex="0"
                aria-label={told} {onclick} {onkeydown}>
                <rect class="hit" x={n(head.x + 3.0)} y={n(head.y + 3.0)} width={n(head.w - 6.0)} height={n(head.h - 4.0)} rx="11" />
                <text class="broker-name" x={n(head.x + 12.0)} y={n(head.y + 26.0)}>{ format!("브로커 {}", broker.id) }</text>
                if let Some(rack) = &broker.rack {
                    <text class="broker-rack" x={n(rack_at.x)} y={n(rack_at.y)}>{ format!("rack {rack}") }</text>
                }
                <text class={classes!("broker-state", is_cut.then_some("cut-off"))} x={n(head.x + 12.0)} y={n(head.y + 46.0)}>{ words }</text>
            </g>
            if !broker.coordinates.is_empty() {
                <g class="badge">
                    <title>{ format!("그룹 {}의 코디네이터", broker.coordinates.join(", ")) }</title>
                    <rect x={n(head.right() - 53.0)} y={n(head.y + 13.0)} width="19" height="19" rx="6" />
                    <text x={n(head.right() - 43.5)} y={n(head.y + 26.5)}>{ "G" }</text>
                </g>
            }
            { switch(broker, head.right() - 32.0, head.y + 10.0, send) }
        </g>
    }
}

/// The broker's switch: it runs the command that one would type.
fn switch(broker: &BrokerView, x: f64, y: f64, send: &Callback<Msg>) -> Html {
    let (verb, word) = match broker.process {
        ProcessState::Running => ("kill", "강제로 끄기"),
        ProcessState::Paused => ("resume", "다시 움직이기"),
        ProcessState::Dead => ("start", "켜기"),
    };
    let command = format!("broker {verb} {}", broker.id);
    let (onclick, onkeydown) = press(send, Msg::Run(command.clone()));
    html! {
        <g class="switch" role="button" tabindex="0" aria-label={format!("브로커 {} {word}", broker.id)} {onclick} {onkeydown}>
            <title>{ format!("{word}: {command}") }</title>
            <rect class="hit" x={n(x)} y={n(y)} width="24" height="24" rx="8" />
            if broker.process == ProcessState::Paused {
                <path d={format!("M{} {}l8 5-8 5z", x + 8.5, y + 7.0)} />
            } else {
                <path d={format!("M{} {}v6M{} {}a5.6 5.6 0 1 0 7.2 0", x + 12.0, y + 5.5, x + 8.4, y + 8.0)} />
            }
        </g>
    }
}

/// How a broker is, for who listens.
fn spoken(broker: &BrokerView) -> String {
    let rack = broker.rack.as_ref().map(|rack| format!(", rack {rack}")).unwrap_or_default();
    match condition(broker) {
        ("well", _) => format!("실행 중{rack}, 리더 {}개, 더티 페이지 {}", broker.leads, broker.dirty_pages),
        (_, words) => words.replace(" · ", ", ") + &rack,
    }
}

/// How a broker is: a class for its looks, and words.
fn condition(broker: &BrokerView) -> (&'static str, String) {
    if broker.leaving && broker.process == ProcessState::Running {
        return ("fenced", "정상 종료 중 · 리더 넘김".into());
    }
    match (broker.process, broker.fenced) {
        (ProcessState::Dead, _) => ("dead", "꺼짐".into()),
        (ProcessState::Paused, true) => ("paused", "멈춤 · 펜싱됨".into()),
        (ProcessState::Paused, false) => ("paused", "멈춤 · 응답 없음".into()),
        (ProcessState::Running, true) => ("fenced", "펜싱됨 · 리더 불가".into()),
        (ProcessState::Running, false) => {
            ("well", format!("페이지 캐시 {} · 더티 {}", broker.cached_pages, broker.dirty_pages))
        }
    }
}

/// A number as an attribute.
pub(super) fn n(value: f64) -> String {
    format!("{}", (value * 10.0).round() / 10.0)
}
