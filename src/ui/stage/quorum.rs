//! The controllers above the grid: the active one is crowned.

use super::columns::n;
use super::links::severed;
use crate::base::NodeId;
use crate::ui::Msg;
use crate::ui::press::press;
use crate::view::geometry::{Layout, Mode, Rect};
use crate::view::{ControllerView, Frame, ProcessState, QuorumRole, Selection};
use yew::prelude::*;

/// A crown, 14 by 9.
pub(super) const CROWN: &str = "M0 9 1 1.5l3.5 3L7 0l2.5 4.5 3.5-3L14 9z";

/// The controllers, and how far their metadata log is committed.
pub(super) fn quorum(frame: &Frame, layout: &Layout, selection: Option<&Selection>, send: &Callback<Msg>) -> Html {
    let quorum = &frame.quorum;
    let wide = layout.mode == Mode::Wide;
    let chips = quorum.controllers.iter().zip(&layout.controllers).map(|(controller, (_, rect))| {
        let selected = selection == Some(&Selection::Controller(controller.id));
        let cut = severed(frame, NodeId::Controller(controller.id)).map(|(_, whole)| whole);
        chip(controller, *rect, cut, selected, send)
    });
    let note = if wide {
        format!("메타데이터 오프셋 {} · 에포크 {}", quorum.metadata_offset, quorum.epoch)
    } else {
        format!("에포크 {}", quorum.epoch)
    };
    let terminal = layout.terminal;
    html! {
        <g class="quorum">
            if !quorum.controllers.is_empty() {
                <text class="caption" x={n(layout.quorum_label.x)} y={n(layout.quorum_label.y)}>
                    { if wide { "컨트롤러 쿼럼" } else { "컨트롤러" } }
                </text>
                { for chips }
                <text class="caption" x={n(layout.quorum_note.x)} y={n(layout.quorum_note.y)}>{ note }</text>
            }
            <g class="terminal-mark">
                <title>{ "터미널의 명령은 여기서 나가요" }</title>
                <rect x={n(terminal.x)} y={n(terminal.y)} width={n(terminal.w)} height={n(terminal.h)} rx="8" />
                <path d={format!("M{} {}l4 4-4 4", terminal.x + 11.0, terminal.center().y - 4.0)} />
                <text x={n(terminal.x + 22.0)} y={n(terminal.center().y + 4.0)}>{ "터미널" }</text>
            </g>
        </g>
    }
}

fn chip(controller: &ControllerView, rect: Rect, cut: Option<String>, selected: bool, send: &Callback<Msg>) -> Html {
    let (onclick, onkeydown) = press(send, Msg::Select(Selection::Controller(controller.id)));
    let active = controller.role == QuorumRole::Active && controller.process == ProcessState::Running;
    let (class, word) = match (controller.process, controller.role) {
        (ProcessState::Dead, _) => ("dead", "꺼짐"),
        (ProcessState::Paused, _) => ("paused", "멈춤"),
        (_, QuorumRole::Active) => ("active", "액티브"),
        (_, QuorumRole::Standby) => ("standby", "대기"),
        (_, QuorumRole::Prospective) => ("candidate", "예비 후보"),
        (_, QuorumRole::Candidate) => ("candidate", "후보"),
        (_, QuorumRole::Unattached) => ("unattached", "리더 모름"),
    };
    let center = rect.center();
    let told = match &cut {
        Some(cut) => format!("컨트롤러 {}, {word}, {cut}", controller.id),
        None => format!("컨트롤러 {}, {word}", controller.id),
    };
    html! {
        <g key={controller.id.0} class={classes!("controller", class, cut.map(|_| "cut-off"), selected.then_some("selected"))} role="button"
            tabindex="0" aria-label={told.clone()} {onclick} {onkeydown}>
            <title>{ told }</title>
            <rect class="hit" x={n(rect.x)} y={n(rect.y)} width={n(rect.w)} height={n(rect.h)} rx="13" />
            if active {
                <path class="crown" d={CROWN} transform={format!("translate({} {}) scale(.85)", n(center.x - 20.0), n(center.y - 4.0))} />
            }
            if class == "dead" {
                <path class="cross" d={format!("M{} {}l6 6m0-6-6 6", n(center.x - 19.0), n(center.y - 3.0))} />
            }
            if class == "paused" {
                <path class="cross" d={format!("M{} {}v7m4-7v7", n(center.x - 17.0), n(center.y - 3.5))} />
            }
            <text x={n(center.x + if matches!(class, "active" | "dead" | "paused") { 7.0 } else { 0.0 })} y={n(center.y + 4.5)}>
                { format!("C{}", controller.id) }
            </text>
        </g>
    }
}
