//! What is on its way. Nothing here remembers a frame: each is a function of the moment.

use super::columns::n;
use crate::base::SimTime;
use crate::ui::Msg;
use crate::ui::press::press;
use crate::view::geometry::{Curve, Layout, Point};
use crate::view::{Frame, PacketKind, PacketView, Selection};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Packets`].
#[derive(Properties, PartialEq)]
pub(super) struct PacketsProps {
    pub(super) frame: Rc<Frame>,
    pub(super) layout: Rc<Layout>,
    pub(super) now: SimTime,
    pub(super) selection: Option<Selection>,
    pub(super) send: Callback<Msg>,
}

/// All packets on their ways: the words of the busy ones lie above the dots of the idle ones.
#[component]
pub(super) fn Packets(props: &PacketsProps) -> Html {
    let PacketsProps { frame, layout, now, selection, send } = props;
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for packet in frame.packets.iter().filter(|p| p.sent_at <= *now && *now <= p.deliver_at) {
        let Some(curve) = layout.way(packet) else { continue };
        let place = layout.place(packet, &curve, *now);
        if packet.idle {
            idle.push(html! {
                <circle key={packet.id} class={classes!("dot", class(packet.kind))} cx={n(place.x)} cy={n(place.y)} r="2.8" />
            });
        } else {
            let selected = *selection == Some(Selection::Packet(packet.id));
            busy.push(draw(packet, &curve, (inside(place, packet, layout), *now), selected, send));
        }
    }
    html! {
        <svg class="packets" width={layout.width.to_string()} height={layout.height.to_string()} role="group" aria-label="오가는 메시지">
            <g>{ for idle }</g>
            <g>{ for busy }</g>
        </svg>
    }
}

/// A pill that would hang over the edge of the stage is drawn in.
fn inside(place: Point, packet: &PacketView, layout: &Layout) -> Point {
    let half = width(packet) / 2.0 + 3.0;
    Point { x: place.x.clamp(half, (layout.width - half).max(half)), y: place.y }
}

fn label(packet: &PacketView) -> String {
    let text = if packet.text.is_empty() { packet.api } else { &packet.text };
    let mut short: String = text.chars().take(15).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn width(packet: &PacketView) -> f64 {
    let letters: f64 = label(packet).chars().map(|c| if c.is_ascii() { 6.5 } else { 9.0 }).sum();
    letters + if packet.failed || packet.lost { 34.0 } else { 20.0 }
}

fn draw(
    packet: &PacketView,
    curve: &Curve,
    (place, now): (Point, SimTime),
    selected: bool,
    send: &Callback<Msg>,
) -> Html {
    let (onclick, onkeydown) = press(send, Msg::Select(Selection::Packet(packet.id)));
    let w = width(packet);
    let half = w / 2.0;
    let class = classes!(
        "packet",
        class(packet.kind),
        packet.failed.then_some("failed"),
        packet.loaded.then_some("loaded"),
        packet.lost.then_some(if packet.progress(now) == 500 { "lost gone" } else { "lost" }),
        selected.then_some("selected")
    );
    // A message that carries an error, or that gets lost, is pointed and crossed, whatever its colour.
    let crossed = packet.failed || packet.lost;
    let shape = if crossed {
        format!("M{} 0l9-11h{}l9 11-9 11h-{}z", n(-half), n(w - 18.0), n(w - 18.0))
    } else {
        format!("M{} -11h{}a11 11 0 0 1 0 22h-{}a11 11 0 0 1 0-22z", n(11.0 - half), n(w - 22.0), n(w - 22.0))
    };
    html! {
        <g key={packet.id} {class}>
            <path class="way" d={curve.to_string()} />
            <g class="pill" transform={format!("translate({} {})", n(place.x), n(place.y))} role="button" tabindex="0"
                aria-label={format!("{} {}, {}에서 {}로{}", packet.api, packet.text, packet.from, packet.to, if packet.lost { ", 사라짐" } else { "" })} {onclick} {onkeydown}>
                <path class="pill-shape" d={shape} />
                if crossed {
                    <path class="pill-cross" d={format!("M{} -3.5l7 7m0-7-7 7", n(10.0 - half))} />
                }
                <text x={if crossed { "7" } else { "0" }} y="4">{ label(packet) }</text>
            </g>
        </g>
    }
}

fn class(kind: PacketKind) -> &'static str {
    match kind {
        PacketKind::Produce => "produce",
        PacketKind::Ack => "ack",
        PacketKind::Fetch => "fetch",
        PacketKind::Records => "records",
        PacketKind::Group => "of-group",
        PacketKind::Control => "control",
        PacketKind::Other => "other",
        PacketKind::Disconnect => "disconnect",
    }
}
