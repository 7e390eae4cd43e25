//! An opened file: what it is, the list of its parts, and the bytes of the chosen one.

use super::FilesMsg;
use super::tree::{file_name, strip, words};
use crate::base::TopicPartition;
use crate::ui::browser::rove;
use crate::ui::hex::Bytes;
use crate::ui::icon::{Icon, draw};
use crate::view::files::{Choice, Content, OpenFile, PartView, fate_name, kind_name, size_text};
use crate::view::timeline::clock;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// The properties of [`Opened`].
#[derive(Properties, PartialEq)]
pub(super) struct OpenedProps {
    pub(super) open: Rc<OpenFile>,
    /// The partition's folder that it lies in.
    pub(super) folder: Option<(Rc<str>, TopicPartition)>,
    pub(super) wide: bool,
    pub(super) send: Callback<FilesMsg>,
}

/// How many lines of bytes make a page.
const LINES: usize = 32;

/// The opened file.
#[component]
pub(super) fn Opened(props: &OpenedProps) -> Html {
    let OpenedProps { open, folder, wide, send } = props;
    let content = &open.content;
    let per_line = if *wide { 16 } else { 8 };
    let ids = ["open", "inner"];
    html! {
        <article class="opened-file" aria-label={open.file.name.to_string()}>
            { head(open, folder.as_ref(), send) }
            <div class={classes!("opened-body", (content.total > 1).then_some("with-parts"))}>
                if content.total > 1 { { part_list(content, send) } }
                <div class="opened-bytes">
                    { for content.notes.iter().map(|note| html! { <p class="file-note" role="status">{ note }</p> }) }
                    { for content.blocks.iter().zip(ids).map(|(block, id)| html! {
                        <Bytes key={format!("{}-{id}", content.part)} view={block.clone()} {per_line} lines={LINES} {id} />
                    }) }
                </div>
            </div>
        </article>
    }
}

fn head(open: &OpenFile, folder: Option<&(Rc<str>, TopicPartition)>, send: &Callback<FilesMsg>) -> Html {
    let file = &open.file;
    html! {
        <header class="file-head">
            <div class="file-line">
                <button class="btn quiet square small back" aria-label="파일 목록으로" title="파일 목록으로"
                    onclick={send.reform(|_| FilesMsg::Close)}>{ draw(Icon::Left) }</button>
                <h3>{ file_name(&file.name) }</h3>
                <span class="tag">{ kind_name(file.kind) }</span>
                if file.active { <span class="tag active">{ "활성 세그먼트" }</span> }
                if let Some(fate) = file.fate { <span class="tag bad">{ fate_name(fate) }</span> }
                <span class="spring" />
                if let Some((folder, tp)) = folder.cloned() {
                    <button class="btn small find" onclick={send.reform(move |_| FilesMsg::Ask(folder.clone(), tp.clone()))}>{ draw(Icon::Find) }{ "찾아가기" }</button>
                }
                <button class="btn quiet square small close" aria-label="파일 닫기" title="파일 닫기"
                    onclick={send.reform(|_| FilesMsg::Close)}>{ draw(Icon::Close) }</button>
            </div>
            <p class="file-purpose">{ file.purpose }</p>
            <p class="file-pages" title={words(file.pages)}>
                { strip(&file.runs, file.pages) }
                <span>{ format!("{} · 페이지 {}쪽 · 캐시 {} · 더티 {}", size_text(file.bytes), file.pages.all, file.pages.cached, file.pages.dirty) }</span>
                <span>{ format!("마지막 쓰기 {}", clock(file.modified)) }</span>
            </p>
        </header>
    }
}

/// The parts around the chosen one.
fn part_list(content: &Content, send: &Callback<FilesMsg>) -> Html {
    let window = content.window;
    let onkeydown = |event: KeyboardEvent| {
        let Some(row) = event.target_dyn_into::<HtmlElement>().filter(|row| row.matches(".part").unwrap_or(false))
        else {
            return;
        };
        if let Some(next) = rove(&row, &event.key(), ".part") {
            event.prevent_default();
            event.stop_propagation();
            next.unchecked_into::<HtmlElement>().click();
        }
    };
    let listed = |number: u64| Choice { part: content.part, position: None, list: Some(number) };
    let before = window.first.checked_sub(1).map(listed);
    let after = Some(window.first + window.len).filter(|next| *next < content.total).map(listed);
    html! {
        <nav class="parts" aria-label="파일의 부분">
            <div class="part-list" {onkeydown}>
                { for content.parts.iter().map(|part| draw_part(part, part.number == content.part, send)) }
            </div>
            if before.is_some() || after.is_some() {
                <div class="pager">
                    { turn(Icon::Left, "앞부분", before, send) }
                    <span>{ format!("{}–{} / {}", window.first + 1, window.first + window.len, content.total) }</span>
                    { turn(Icon::Right, "뒷부분", after, send) }
                </div>
            }
        </nav>
    }
}

fn turn(icon: Icon, label: &'static str, to: Option<Choice>, send: &Callback<FilesMsg>) -> Html {
    let onclick = send.reform(move |_| FilesMsg::Choose(to.unwrap_or_default()));
    html! { <button class="btn quiet square small" aria-label={label} title={label} disabled={to.is_none()} {onclick}>{ draw(icon) }</button> }
}

fn draw_part(part: &PartView, on: bool, send: &Callback<FilesMsg>) -> Html {
    let number = part.number;
    let choose = send.reform(move |_| FilesMsg::Choose(Choice { part: number, ..Choice::default() }));
    html! {
        <button key={number} class={classes!("part", on.then_some("on"), part.bad.then_some("bad"))} aria-current={on.then_some("true")}
            tabindex={if on { "0" } else { "-1" }} onclick={choose}>
            <span class="part-title">{ &part.title }</span>
            { for part.tags.iter().map(|tag| html! { <span class="tag">{ *tag }</span> }) }
            <span class="part-detail">{ &part.detail }</span>
        </button>
    }
}
