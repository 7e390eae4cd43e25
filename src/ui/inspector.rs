//! What is inside the selected thing: its state, its bytes, and why it is so.

use super::files::FilesMsg;
use super::hex::Bytes;
use super::icon::{Icon, draw};
use super::msg::{Msg, Panel};
use crate::view::{Inspection, PlaceView, Section, Selection, WayView, WhyView};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Inspector`].
#[derive(Properties, PartialEq)]
pub(super) struct InspectorProps {
    pub(super) inspection: Option<Rc<Inspection>>,
    pub(super) selection: Option<Selection>,
    pub(super) send: Callback<Msg>,
}

/// The inspector.
#[component]
pub(super) fn Inspector(props: &InspectorProps) -> Html {
    let InspectorProps { inspection, selection, send } = props;
    let Some(inspection) = inspection else { return nothing(send) };
    html! {
        <aside class="inspector" aria-label="살펴보기">
            <div class="panel-head">
                <div>
                    <p class="eyebrow">{ &inspection.eyebrow }</p>
                    <h2>{ &inspection.title }</h2>
                </div>
                { fold(send) }
            </div>
            if let Some((words, msg)) = selection.as_ref().and_then(files_of) {
                <button class="btn small" onclick={send.reform(move |_| Msg::Files(msg.clone()))}>{ draw(Icon::File) }{ words }</button>
            }
            { for inspection.why.iter().map(|why| draw_why(why, send)) }
            { for inspection.sections.iter().map(draw_section) }
            if !inspection.ways.is_empty() { { draw_ways(&inspection.ways) } }
            if !inspection.bytes.is_empty() { <h3>{ "바이트" }</h3> }
            { for inspection.bytes.iter().zip(["record", "record-inner"]).map(|(view, id)| html! {
                <Bytes key={format!("{} {id}", inspection.title)} view={view.clone()} per_line=8 lines=24 {id} />
            }) }
        </aside>
    }
}

/// Where the files of the selected thing are.
fn files_of(selection: &Selection) -> Option<(&'static str, FilesMsg)> {
    match selection {
        Selection::Broker(id) => Some(("디스크의 파일 보기", FilesMsg::Disk(*id))),
        Selection::Replica(id, tp) => Some(("이 레플리카의 파일 보기", FilesMsg::Folder(*id, tp.clone()))),
        Selection::Record(id, tp, offset) => Some(("파일에서 보기", FilesMsg::Record(*id, tp.clone(), *offset))),
        _ => None,
    }
}

fn fold(send: &Callback<Msg>) -> Html {
    html! {
        <button class="btn quiet square small wide-only" aria-label="살펴보기 접기" title="접기"
            onclick={send.reform(|_| Msg::Fold(Panel::Inspector))}>{ draw(Icon::Right) }</button>
    }
}

/// What stands there while nothing is selected: how to read the stage.
fn nothing(send: &Callback<Msg>) -> Html {
    let entry = |class: &'static str, name: &'static str, words: &'static str| {
        html! { <><dt><i class={classes!("swatch", class)} />{ name }</dt><dd>{ words }</dd></> }
    };
    html! {
        <aside class="inspector" aria-label="살펴보기">
            <div class="panel-head">
                <div>
                    <p class="eyebrow">{ "살펴보기" }</p>
                    <h2>{ "무대에서 무엇이든 눌러 보세요" }</h2>
                </div>
                { fold(send) }
            </div>
            <p class="muted">{ "브로커, 레플리카, 레코드, 메시지를 누르면 상태와 바이트, 그렇게 된 까닭을 보여 드려요." }</p>
            <h3>{ "그림 읽는 법" }</h3>
            <dl class="legend">
                { entry("done", "채운 칸", "커밋된 레코드. 컨슈머가 읽을 수 있어요.") }
                { entry("open", "점선 칸", "아직 커밋되지 않은 레코드.") }
                { entry("tray", "왼쪽 묶음", "봉인된 세그먼트와 그 오프셋 범위.") }
                { entry("hw", "HW", "하이워터마크. ISR 모두가 가진 데까지예요.") }
                { entry("leo", "LEO", "로그의 끝. 다음 레코드가 놓일 오프셋.") }
                { entry("lead", "금빛 테두리", "파티션의 리더. 쓰기와 읽기를 맡아요.") }
                { entry("outside", "점선 테두리", "ISR 밖의 레플리카.") }
            </dl>
        </aside>
    }
}

fn draw_section(section: &Section) -> Html {
    html! {
        <section key={section.heading.clone()}>
            <h3>{ &section.heading }</h3>
            <dl class="facts">
                { for section.rows.iter().map(|(label, value)| html! { <><dt>{ label }</dt><dd>{ value }</dd></> }) }
            </dl>
        </section>
    }
}

fn draw_why(why: &WhyView, send: &Callback<Msg>) -> Html {
    html! {
        <section key={why.question.clone()}>
            <h3>{ &why.question }</h3>
            <ol class="why">
                { for why.steps.iter().map(|step| {
                    let at = step.at;
                    html! {
                        <li key={step.seq}>
                            <button onclick={send.reform(move |_| Msg::Seek(at))} title="이 순간으로 가기">
                                <time>{ at.to_string() }</time><span>{ &step.text }</span>
                            </button>
                        </li>
                    }
                }) }
            </ol>
        </section>
    }
}

/// The ways of bytes to a socket: those in use, and the others to compare.
fn draw_ways(ways: &[WayView]) -> Html {
    let (used, others): (Vec<_>, Vec<_>) = ways.iter().partition(|way| !way.used_for.is_empty());
    html! {
        <section class="ways">
            <h3>{ "바이트가 가는 길" }</h3>
            { for used.into_iter().map(draw_way) }
            <details>
                <summary>{ "다른 길과 견주기" }</summary>
                { for others.into_iter().map(draw_way) }
            </details>
        </section>
    }
}

fn draw_way(way: &WayView) -> Html {
    html! {
        <div key={way.name} class="way">
            <p class="way-name"><strong>{ way.name }</strong>{ for way.used_for.iter().map(|to| html! { <span class="tag active">{ *to }</span> }) }</p>
            { draw_hops(&way.places) }
            <p class="way-words">{ way.words }</p>
            <p class="way-counts">{ format!("CPU 복사 {}번 · 모드 전환 {}번(16 KiB)", way.cpu_copies, way.mode_switches) }</p>
        </div>
    }
}

/// The places that bytes come by, one below the other: those of the process stand at the right, apart from the kernel's.
fn draw_hops(places: &[PlaceView]) -> Html {
    let passed_by = !places.iter().any(|place| place.in_process);
    let before = std::iter::once(None).chain(places.iter().map(|place| Some(place.in_process)));
    let legs = places.iter().zip(before).enumerate().map(|(row, (place, from))| {
        let arrow = match (from, place.in_process) {
            (Some(false), true) => "→",
            (Some(true), false) => "←",
            _ => "↓",
        };
        let hop = place.by_cpu.map(|by_cpu| {
            let words = if by_cpu { format!("{arrow} CPU가 복사") } else { format!("{arrow} DMA") };
            html! { <span class={classes!("hop", by_cpu.then_some("cpu"))}>{ words }</span> }
        });
        html! {
            <li key={row} class={classes!("leg", place.in_process.then_some("in-process"))} style={format!("grid-row:{}", row + 2)}>
                { for hop }<span class="place">{ place.name }</span>
            </li>
        }
    });
    html! {
        <ol class="hops">
            <li class="side" aria-hidden="true">{ "커널과 장치" }</li>
            <li class={classes!("side", "in-process", passed_by.then_some("passed-by"))} aria-hidden="true">{ "프로세스" }</li>
            { for legs }
        </ol>
    }
}
