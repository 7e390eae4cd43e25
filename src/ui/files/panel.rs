//! The file panel: whose files, the tree, and the opened one.

use super::bring::{self, Reading};
use super::open::Opened;
use super::tree::Tree;
use super::walk::Walk;
use super::{FilesMsg, Source};
use crate::base::{BrokerId, Set, TopicPartition};
use crate::log::LookupTarget;
use crate::ui::Msg;
use crate::ui::icon::{Icon, draw};
use crate::view::files::{Brought, FilesView, WalkView, size_text};
use std::rc::Rc;
use yew::prelude::*;

/// What the panel shows.
#[derive(Clone, PartialEq)]
pub(crate) struct PanelView {
    pub(super) brokers: Vec<BrokerId>,
    pub(super) source: Source,
    /// Files from elsewhere, if some were opened.
    pub(super) brought: Option<Rc<Brought>>,
    pub(super) problem: Option<Rc<str>>,
    pub(super) view: FilesView,
    /// The file that is to be open, even if it is gone.
    pub(super) opened: Option<Rc<str>>,
    /// A look-up, and what is looked up.
    pub(super) walk: Option<(Rc<WalkView>, Option<LookupTarget>)>,
    pub(super) toggled: Rc<Set<Rc<str>>>,
    /// Whether there is room for sixteen bytes in a line.
    pub(super) wide: bool,
}

/// The properties of [`FilePanel`].
#[derive(Properties, PartialEq)]
pub(crate) struct FilePanelProps {
    pub(crate) panel: PanelView,
    pub(crate) send: Callback<Msg>,
}

/// The panel.
#[component]
pub(crate) fn FilePanel(props: &FilePanelProps) -> Html {
    let FilePanelProps { panel, send } = props;
    let PanelView { brokers, source, brought, problem, view, opened, walk, toggled, wide } = panel;
    let send = send.reform(Msg::Files);
    let reading = use_memo((), |()| Reading::default());
    let pick = |this: Source, name: String| {
        let on = *source == this;
        html! {
            <button key={name.clone()} class={classes!("pick", on.then_some("on"))} aria-pressed={on.to_string()}
                onclick={send.reform(move |_| FilesMsg::Source(this))}>{ name }</button>
        }
    };
    let ondrop = {
        let (send, reading) = (send.clone(), (*reading).clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            event.data_transfer().iter().for_each(|data| bring::dropped(data, &reading, &send));
        })
    };
    let main = match (walk, &view.open, opened) {
        (Some((walk, target)), ..) => html! { <Walk walk={walk.clone()} target={*target} send={send.clone()} /> },
        (None, Some(open), _) => html! {
            <Opened key={&*open.file.path} open={open.clone()} folder={folder_of(view, &open.file.path)} wide={*wide} send={send.clone()} />
        },
        (None, None, Some(path)) => gone(path, &send),
        _ => nothing(),
    };
    let is_brought = *source == Source::Brought;
    let class =
        classes!("files", (opened.is_some() || walk.is_some()).then_some("opened"), is_brought.then_some("brought"));
    html! {
        <div class="files-room" {ondrop} ondragover={|event: DragEvent| event.prevent_default()}>
            <div {class}>
                <div class="files-side">
                    <div class="files-head">
                        <div class="picks" role="group" aria-label="누구의 파일">
                            { for brokers.iter().map(|id| pick(Source::Broker(*id), format!("브로커 {id}"))) }
                            if brought.is_some() { { pick(Source::Brought, "연 파일".into()) } }
                        </div>
                        <span class="spring" />
                        { tools(is_brought, &reading, &send) }
                    </div>
                    if let Some(problem) = problem {
                        <p class="file-note problem" role="alert">{ &**problem }</p>
                    }
                    { total(panel) }
                    <Tree tree={view.tree.clone()} opened={opened.clone()} toggled={toggled.clone()} send={send.clone()} />
                </div>
                <div class="files-main">{ main }</div>
            </div>
        </div>
    }
}

/// What the tree holds in all.
fn total(panel: &PanelView) -> Html {
    let tree = &panel.view.tree;
    let size = size_text(tree.bytes);
    match (panel.source, &panel.brought) {
        (Source::Brought, Some(brought)) => html! {
            <p class="files-total"><code>{ &brought.name }</code><span>{ format!("파일 {}개 · {size}", brought.count) }</span></p>
        },
        _ => html! {
            <p class="files-total"><code>{ &*tree.path }</code><span>{ format!("{size} · 캐시 {}쪽 · 더티 {}쪽", tree.pages.cached, tree.pages.dirty) }</span></p>
        },
    }
}

/// Buttons for files that come in and go out.
fn tools(is_brought: bool, reading: &Reading, send: &Callback<FilesMsg>) -> Html {
    let button = |icon: Icon, label: &'static str, onclick: Callback<MouseEvent>| {
        html! { <button class="btn quiet square small" aria-label={label} title={label} {onclick}>{ draw(icon) }</button> }
    };
    html! {
        <>
            { button(Icon::Import, "파일이나 zip 열기", Callback::from(|_| bring::ask("open-files"))) }
            { button(Icon::Folder, "폴더 열기", Callback::from(|_| bring::ask("open-folder"))) }
            if is_brought {
                { button(Icon::Close, "연 파일 닫기", send.reform(|_| FilesMsg::PutAway)) }
            } else {
                { button(Icon::Export, "이 브로커의 파일을 zip으로 내려받기", send.reform(|_| FilesMsg::Export)) }
            }
            { bring::input("open-files", false, reading, send) }
            { bring::input("open-folder", true, reading, send) }
        </>
    }
}

/// The folder that a file lies in, if it is a partition's.
fn folder_of(view: &FilesView, path: &str) -> Option<(Rc<str>, TopicPartition)> {
    let folder = view.tree.folder(path.rsplit_once('/')?.0)?;
    Some((folder.path.clone(), folder.partition.clone()?))
}

/// What stands there for a file that was open and is no more.
fn gone(path: &str, send: &Callback<FilesMsg>) -> Html {
    html! {
        <div class="files-empty">
            <p>{ "이 순간에는 없는 파일이에요." }</p>
            <p class="muted"><code>{ path }</code></p>
            <p class="muted">{ "아직 만들어지지 않았거나, 이름이 바뀌었거나, 지워졌어요. 시간을 옮기면 다시 보일 수 있어요." }</p>
            <button class="btn small" onclick={send.reform(|_| FilesMsg::Close)}>{ "닫기" }</button>
        </div>
    }
}

/// What stands there while no file is open.
fn nothing() -> Html {
    let entry = |class: &'static str, name: &'static str, words: &'static str| {
        html! { <><dt><i class={classes!("page", class)} />{ name }</dt><dd>{ words }</dd></> }
    };
    html! {
        <div class="files-empty">
            <p>{ "파일을 고르면 바이트마다 무엇을 뜻하는지 보여 드려요." }</p>
            <p class="muted">{ "파일 이름 옆의 칸은 4 KiB 페이지예요." }</p>
            <dl class="page-legend">
                { entry("clean", "캐시", "페이지 캐시에 있고 디스크와 같아요.") }
                { entry("dirty", "더티", "캐시에만 있어요. 전원이 나가면 사라질 수 있어요.") }
                { entry("absent", "디스크", "캐시에 없어서 읽으려면 디스크에 다녀와야 해요.") }
            </dl>
            <p class="muted">{ "실제 카프카의 세그먼트 파일이나 폴더, zip을 여기에 끌어다 놓아도 열려요. 클러스터는 그대로예요." }</p>
        </div>
    }
}
