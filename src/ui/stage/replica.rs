//! A cell: one replica's log, from its trays to its log end.

use super::columns::n;
use super::quorum::CROWN;
use crate::base::Offset;
use crate::ui::Msg;
use crate::ui::press::press;
use crate::view::geometry::{LogWindow, Rect, Tray, marks, trays};
use crate::view::{RecordView, ReplicaRole, ReplicaView, Selection, Standing};
use std::rc::Rc;
use yew::prelude::*;

/// What of a cell is selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Selected {
    No,
    Whole,
    Record(Offset),
}

/// The properties of [`Replica`].
#[derive(Properties, PartialEq)]
pub(super) struct ReplicaProps {
    pub(super) log: Rc<ReplicaView>,
    pub(super) rect: Rect,
    pub(super) window: LogWindow,
    pub(super) selected: Selected,
    /// Whether the controller's record names it as the leader.
    pub(super) leads: bool,
    /// What else it is to its partition.
    pub(super) standing: Standing,
    /// Whether its broker does not run.
    pub(super) down: bool,
    pub(super) send: Callback<Msg>,
}

/// A replica's cell.
#[component]
pub(super) fn Replica(props: &ReplicaProps) -> Html {
    let ReplicaProps { log, rect, window, selected, leads, standing, down, send } = props;
    let (onclick, onkeydown) = press(send, Msg::Select(Selection::Replica(log.broker, log.partition.clone())));
    let leader = log.role == ReplicaRole::Leader;
    let class = classes!(
        "replica",
        (leader && *leads && !down).then_some("leader"),
        (leader && !*leads).then_some("stale"),
        (!log.in_isr).then_some("out"),
        down.then_some("down"),
        (*selected == Selected::Whole).then_some("selected")
    );
    let records = log.records.iter().filter(|r| r.offset >= window.start).map(|record| {
        let chosen = *selected == Selected::Record(record.offset);
        draw_record(log, record, window, chosen, send)
    });
    html! {
        <g {class} style={at(rect.x, rect.y)} {onclick}>
            <g class="face" role="button" tabindex="0" aria-label={describe(log, *leads, *standing, *down)} {onkeydown}>
                <rect class="cell" width={n(rect.w)} height={n(rect.h)} rx="10" />
                { header(log, rect.w, *leads, *standing, *down) }
            </g>
            { for trays(log, window).iter().map(|tray| draw_tray(tray, window)) }
            { active_tray(log, window) }
            { for epochs(log, window) }
            // A list of its own, so that a record keeps its element while others come.
            <g>{ for records }</g>
            { draw_marks(log, window, rect.h) }
        </g>
    }
}

fn at(x: f64, y: f64) -> String {
    format!("transform:translate({}px,{}px)", n(x), n(y))
}

fn role_word(log: &ReplicaView, leads: bool, down: bool) -> &'static str {
    match log.role {
        _ if down => "오프라인",
        ReplicaRole::Leader if leads => "리더",
        ReplicaRole::Leader => "옛 리더",
        ReplicaRole::Follower => "팔로워",
        ReplicaRole::Offline => "오프라인",
    }
}

fn describe(log: &ReplicaView, leads: bool, standing: Standing, down: bool) -> String {
    let standing = standing.word().map(|word| format!(", {word}")).unwrap_or_default();
    format!(
        "{} 브로커 {} {}, {}, HW {}, LEO {}, 에포크 {}, 세그먼트 {}{standing}",
        log.partition,
        log.broker,
        role_word(log, leads, down),
        if log.in_isr { "ISR" } else { "ISR 밖" },
        log.high_watermark,
        log.log_end,
        log.leader_epoch,
        log.segments.len()
    )
}

fn header(log: &ReplicaView, width: f64, leads: bool, standing: Standing, down: bool) -> Html {
    let word = role_word(log, leads, down);
    let crowned = log.role == ReplicaRole::Leader && !down;
    let narrow = width < 128.0;
    let x = if crowned { 27.0 } else { 10.0 };
    let chip_x = x + word.chars().count() as f64 * 12.2 + if narrow { 3.0 } else { 8.0 };
    // There is room for one chip only: what is on its way to change comes before what is.
    let (chip, chip_w) = match (standing.word(), log.in_isr) {
        (Some(word), _) => (word, if word.is_ascii() { 32.0 } else { 50.0 }),
        (None, true) => ("ISR", 31.0),
        (None, false) => ("ISR 밖", 47.0),
    };
    let chip_class = match standing {
        Standing::Adding | Standing::Removing => "isr moving",
        _ if log.in_isr => "isr",
        _ => "isr no",
    };
    html! {
        <>
            if crowned {
                <path class="crown" d={CROWN} transform="translate(10 12.5) scale(.92)" />
            }
            <text class="role" x={n(x)} y="21">{ word }</text>
            <g class={chip_class}>
                <rect x={n(chip_x)} y="8" width={n(chip_w)} height="18" rx="9" />
                <text x={n(chip_x + chip_w / 2.0)} y="21">{ chip }</text>
            </g>
            <text class="epoch" x={n(width - 10.0)} y="21">{ format!("e{}", log.leader_epoch.max(0)) }</text>
        </>
    }
}

fn draw_tray(tray: &Tray, window: &LogWindow) -> Html {
    let (x, w) = window.tray(tray.place);
    let (y, h) = (window.y - 4.0, window.record_height() + 8.0);
    let middle = n(x + w / 2.0);
    let one_line = format!("{}–{}", tray.first, tray.last);
    let short = one_line.chars().count() <= 4;
    let title = match (tray.segments, tray.active) {
        (1, true) => format!("활성 세그먼트의 앞부분, 오프셋 {one_line}"),
        (1, false) => format!("봉인된 세그먼트, 오프셋 {one_line}"),
        (count, _) => format!("세그먼트 {count}개, 오프셋 {one_line}"),
    };
    html! {
        <g key={format!("tray-{}", tray.place)} class={classes!("tray", tray.active.then_some("open"))}>
            <title>{ title }</title>
            if tray.segments > 1 {
                <rect class="tray-behind" x={n(x - 2.5)} y={n(y + 3.0)} width={n(w)} height={n(h - 6.0)} rx="5" />
            }
            <rect class="tray-box" x={n(x)} y={n(y)} width={n(w)} height={n(h)} rx="5" />
            if short {
                <text x={middle} y={n(y + h / 2.0 + 3.5)}>{ one_line }</text>
            } else {
                <text x={middle.clone()} y={n(y + h / 2.0 - 2.0)}>{ tray.first }</text>
                <text x={middle} y={n(y + h / 2.0 + 9.5)}>{ format!("–{}", tray.last) }</text>
            }
        </g>
    }
}

/// The active segment: a tray that is still open at its right end.
fn active_tray(log: &ReplicaView, window: &LogWindow) -> Html {
    let (x, y, right) = (window.x - 4.0, window.y - 4.0, window.right());
    let h = window.record_height() + 8.0;
    let d = format!("M{right} {y}H{}q-5 0-5 5v{}q0 5 5 5H{right}", n(x + 5.0), n(h - 10.0));
    html! {
        <>
            <path class="active-tray" {d} />
            if log.log_end == log.log_start {
                <text class="no-records" x={n(x + 12.0)} y={n(y + h / 2.0 + 4.0)}>{ "레코드 없음" }</text>
            }
        </>
    }
}

/// Where a leader's term begins inside the window.
fn epochs(log: &ReplicaView, window: &LogWindow) -> Vec<Html> {
    let shown = log.epochs.iter().filter(|(_, start)| *start > window.start && *start < log.log_end);
    shown
        .map(|(epoch, start)| {
            html! {
                <g key={format!("e{epoch}")} class="term" style={at(window.x_of(*start) - 1.2, window.y)}>
                    <title>{ format!("에포크 {epoch} 시작: 오프셋 {start}") }</title>
                    <path d={format!("M0 -5V{}", window.record_height() + 5.0)} />
                    if window.y >= 38.0 { <text x="2.5" y="-3.5">{ format!("e{epoch}") }</text> }
                </g>
            }
        })
        .collect()
}

fn draw_record(
    log: &ReplicaView,
    record: &RecordView,
    window: &LogWindow,
    selected: bool,
    send: &Callback<Msg>,
) -> Html {
    let selection = Selection::Record(log.broker, log.partition.clone(), record.offset);
    let (onclick, onkeydown) = press(send, Msg::Select(selection));
    let committed = record.offset < log.high_watermark;
    let (w, h) = (window.record_width(), window.record_height());
    let hue = record.hue.min(7);
    let key = record.key.as_deref().map_or_else(|| "키 없음".into(), |key| format!("키 {key}"));
    let state = if committed { "커밋됨" } else { "아직 커밋되지 않음" };
    let class = classes!("record", format!("k{hue}"), (!committed).then_some("dashed"), selected.then_some("selected"));
    let strip = if hue == 0 { "fill:var(--k)".to_string() } else { format!("fill:url(#key-{hue})") };
    html! {
        <g key={format!("{}@{}", log.partition, record.offset)} {class} style={at(window.x_of(record.offset), window.y)}
            role="button" tabindex="-1" aria-label={format!("오프셋 {}, {key}, {state}", record.offset)} {onclick} {onkeydown}>
            <title>{ format!("오프셋 {} · {key} · {state}", record.offset) }</title>
            <rect class="record-box" width={n(w)} height={n(h)} rx="3.5" />
            <rect class="record-key" x="1" y={n(h - 7.0)} width={n(w - 2.0)} height="6" rx="2" style={strip} />
            <text class={(record.offset > 99).then_some("long")} x={n(w / 2.0)} y="15">{ record.offset }</text>
        </g>
    }
}

fn draw_marks(log: &ReplicaView, window: &LogWindow, height: f64) -> Html {
    let marks = marks(log, window);
    let bottom = window.y + window.record_height();
    let line = bottom + 22.0;
    let (hw_line, leo_line) = if marks.stacked { ((line - 3.0), (line + 9.0).min(height - 5.0)) } else { (line, line) };
    html! {
        <g class="marks">
            <g class="leo" style={at(marks.leo_x, bottom)}>
                <path d="M-4.5 8.5 0 2.5l4.5 6z" />
            </g>
            <g class="hw" style={at(marks.hw_x, window.y)}>
                <path d={format!("M0 -9V{}", n(window.record_height() + 9.0))} />
            </g>
            <g class="hw" style={at(marks.hw_text, hw_line)}><text>{ format!("HW {}", log.high_watermark) }</text></g>
            <g class="leo" style={at(marks.leo_text, leo_line)}><text>{ format!("LEO {}", log.log_end) }</text></g>
        </g>
    }
}
