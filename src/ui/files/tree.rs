//! The tree of folders and files: a row each, walked by keyboard as trees are.

use super::{FilesMsg, internal_topics};
use crate::base::Set;
use crate::disk::PageState;
use crate::ui::browser::rove;
use crate::ui::icon::{Icon, draw};
use crate::view::files::{FileRow, FolderView, PageCount, PageRun, fate_name, kind_name, size_text};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Pages beyond this number are not drawn one by one.
const PAGES_APART: u64 = 12;

/// The properties of [`Tree`].
#[derive(Properties, PartialEq)]
pub(super) struct TreeProps {
    pub(super) tree: Rc<FolderView>,
    pub(super) opened: Option<Rc<str>>,
    pub(super) toggled: Rc<Set<Rc<str>>>,
    pub(super) send: Callback<FilesMsg>,
}

/// The tree.
#[component]
pub(super) fn Tree(props: &TreeProps) -> Html {
    let TreeProps { tree, opened, toggled, send } = props;
    let mut rows = Rows { rows: Vec::new(), opened: opened.as_deref(), toggled, send };
    rows.content(tree, 1);
    html! {
        <div class="tree" role="tree" aria-label="폴더와 파일" onkeydown={on_key}>
            { for rows.rows }
            if tree.is_empty() { <p class="muted pad">{ "파일이 없어요." }</p> }
        </div>
    }
}

/// Arrows lead from row to row; right and left open and close a folder, or lead into and out of it.
fn on_key(event: KeyboardEvent) {
    let Some(row) = event.target_dyn_into::<HtmlElement>() else { return };
    let expanded = row.get_attribute("aria-expanded");
    let key = event.key();
    match (key.as_str(), expanded.as_deref()) {
        ("ArrowRight", Some("false")) | ("ArrowLeft", Some("true")) | ("Enter" | " ", _) => row.click(),
        ("ArrowLeft", _) => {
            let level = row.get_attribute("aria-level").and_then(|level| level.parse::<u32>().ok()).unwrap_or(1);
            let above = format!("[aria-level='{}']", level.saturating_sub(1));
            let mut before = row.previous_element_sibling();
            while let Some(element) = before.take() {
                if element.matches(&above).unwrap_or(false) {
                    let _ = element.dyn_into::<HtmlElement>().map(|parent| parent.focus());
                    break;
                }
                before = element.previous_element_sibling();
            }
        }
        ("ArrowRight", Some(_)) => {
            rove(&row, "ArrowDown", "[role=treeitem]");
        }
        _ if rove(&row, &key, "[role=treeitem]").is_some() => {}
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// The rows that are in sight.
struct Rows<'a> {
    rows: Vec<Html>,
    opened: Option<&'a str>,
    toggled: &'a Set<Rc<str>>,
    send: &'a Callback<FilesMsg>,
}

impl Rows<'_> {
    fn content(&mut self, folder: &FolderView, level: u32) {
        let (closed, open): (Vec<_>, Vec<_>) = folder.folders.iter().partition(|inner| inner.closed);
        self.folders(&open, level);
        if !closed.is_empty() {
            let path = internal_topics(&closed[0].path);
            let expanded = self.toggled.contains(&path);
            self.internal(&path, &closed, level, expanded);
            if expanded {
                self.folders(&closed, level + 1);
            }
        }
        for file in &folder.files {
            self.file(file, level);
        }
    }

    fn folders(&mut self, folders: &[&Rc<FolderView>], level: u32) {
        for inner in folders {
            let expanded = inner.closed == self.toggled.contains(&inner.path);
            self.folder(inner, level, expanded);
            if expanded {
                self.content(inner, level + 1);
            }
        }
    }

    /// The first row, and the opened one, are what Tab leads to.
    fn tabindex(&self, is_open: bool) -> &'static str {
        if is_open || self.rows.is_empty() { "0" } else { "-1" }
    }

    fn folder(&mut self, folder: &FolderView, level: u32, expanded: bool) {
        let name = if folder.name.is_empty() { "이름 없는 폴더" } else { &folder.name };
        self.row(&folder.path, name, folder.role, (folder.bytes, folder.pages), level, expanded);
        if let Some(tp) = folder.partition.clone().filter(|_| expanded) {
            let path = folder.path.clone();
            self.rows.push(html! {
                <div key={format!("{path} find")} role="treeitem" aria-level={(level + 1).to_string()} tabindex="-1" class="tree-row of-file find"
                    style={format!("--level:{}", level + 1)} onclick={self.send.reform(move |_| FilesMsg::Ask(path.clone(), tp.clone()))}>
                    { draw(Icon::Find) }<span>{ "오프셋이나 시각으로 찾아가기" }</span>
                </div>
            });
        }
    }

    /// Kafka's own topics, which have many folders, stand together.
    fn internal(&mut self, path: &Rc<str>, folders: &[&Rc<FolderView>], level: u32, expanded: bool) {
        let mut pages = PageCount::default();
        folders.iter().for_each(|folder| pages.add(folder.pages));
        let bytes = folders.iter().map(|folder| folder.bytes).sum();
        let name = format!("내부 토픽 {}개", folders.len());
        self.row(path, &name, "", (bytes, pages), level, expanded);
    }

    fn row(
        &mut self,
        path: &Rc<str>,
        name: &str,
        role: &'static str,
        size: (u64, PageCount),
        level: u32,
        expanded: bool,
    ) {
        let (bytes, pages) = size;
        let label = format!("폴더 {name} {role}, {}, {}", size_text(bytes), spoken(pages));
        let toggled = path.clone();
        let row = html! {
            <div key={path.to_string()} role="treeitem" aria-level={level.to_string()} aria-expanded={expanded.to_string()} aria-label={label}
                tabindex={self.tabindex(false)} class="tree-row" style={format!("--level:{level}")}
                onclick={self.send.reform(move |_| FilesMsg::Toggle(toggled.clone()))}>
                { draw(if expanded { Icon::Fold } else { Icon::Right }) }
                <span class="tree-name"><span class="rest">{ name }</span></span>
                if !role.is_empty() { <span class="tag">{ role }</span> }
                <span class="spring" />
                <span class="tree-pages">{ pages_word(pages) }</span>
                <span class="tree-size">{ size_text(bytes) }</span>
            </div>
        };
        self.rows.push(row);
    }

    fn file(&mut self, file: &FileRow, level: u32) {
        let path = file.path.clone();
        let is_open = self.opened == Some(&*path);
        let state = if file.active { "활성 세그먼트, " } else { "" };
        let fate = file.fate.map_or("", fate_name);
        let label = format!(
            "{}, {} {fate}, {state}{}, {}",
            file.name,
            kind_name(file.kind),
            size_text(file.bytes),
            spoken(file.pages)
        );
        let row = html! {
            <div key={path.to_string()} role="treeitem" aria-level={level.to_string()} aria-selected={is_open.to_string()} aria-label={label}
                title={file.purpose} tabindex={self.tabindex(is_open)} class={classes!("tree-row", "of-file", is_open.then_some("on"), file.fate.map(|_| "doomed"))}
                style={format!("--level:{level}")} onclick={self.send.reform(move |_| FilesMsg::Open(path.clone()))}>
                <span class="tree-name">{ file_name(&file.name) }</span>
                if file.active { <span class="active-mark" title="활성 세그먼트: 지금 쓰는 중" /> }
                <span class="spring" />
                { strip(&file.runs, file.pages) }
                <span class="tree-size">{ size_text(file.bytes) }</span>
            </div>
        };
        self.rows.push(row);
    }
}

/// A name whose leading zeros stand back.
pub(super) fn file_name(name: &str) -> Html {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let zeros = if digits == 20 { name.bytes().take(19).take_while(|byte| *byte == b'0').count() } else { 0 };
    let (zeros, rest) = name.split_at(zeros);
    html! { <>if !zeros.is_empty() { <span class="zeros">{ zeros }</span> }<span class="rest">{ rest }</span></> }
}

/// The pages of a file, one after the other; it says the same in words where it is read out.
pub(super) fn strip(runs: &[PageRun], count: PageCount) -> Html {
    let apart = count.all <= PAGES_APART;
    let class = |state: PageState| match state {
        PageState::Evicted => "absent",
        PageState::Clean => "clean",
        PageState::Dirty => "dirty",
    };
    html! {
        <span class={classes!("strip", apart.then_some("apart"))} aria-hidden="true" title={words(count)}>
            { for runs.iter().flat_map(|run| {
                let (times, share) = if apart { (run.pages, 1) } else { (1, run.pages) };
                (0..times).map(move |_| html! { <i class={classes!("page", class(run.state))} style={format!("flex-grow:{share}")} /> })
            }) }
        </span>
    }
}

/// The pages in words.
pub(super) fn words(count: PageCount) -> String {
    let absent = count.all - count.cached;
    let clean = count.cached - count.dirty;
    format!(
        "4 KiB 페이지 {}쪽: 캐시에 있고 디스크와 같음 {clean}, 더티 {}, 캐시에 없음 {absent}",
        count.all, count.dirty
    )
}

fn spoken(count: PageCount) -> String {
    format!("페이지 {}쪽 중 캐시 {}, 더티 {}", count.all, count.cached, count.dirty)
}

fn pages_word(count: PageCount) -> String {
    if count.dirty > 0 { format!("더티 {}", count.dirty) } else { String::new() }
}
