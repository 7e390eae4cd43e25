//! The file panel: whose files, the tree, and the opened one.

use super::open::Opened;
use super::tree::Tree;
use super::{FilesMsg, Source};
use crate::base::{BrokerId, Set};
use crate::ui::Msg;
use crate::view::files::{FilesView, size_text};
use std::rc::Rc;
use yew::prelude::*;

/// What the panel shows.
#[derive(Clone, PartialEq)]
pub(crate) struct PanelView {
    pub(super) brokers: Vec<BrokerId>,
    pub(super) source: Source,
    pub(super) view: FilesView,
    /// The file that is to be open, even if it is gone.
    pub(super) opened: Option<Rc<str>>,
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
    let PanelView { brokers, source, view, opened, toggled, wide } = panel;
    let send = send.reform(Msg::Files);
    let choose = |id: BrokerId| {
        let this = Source::Broker(id);
        let on = *source == this;
        html! {
            <button key={id.0} class={classes!("pick", on.then_some("on"))} aria-pressed={on.to_string()}
                onclick={send.reform(move |_| FilesMsg::Source(this))}>{ format!("브로커 {id}") }</button>
        }
    };
    let pages = view.tree.pages;
    let total = format!("{} · 캐시 {}쪽 · 더티 {}쪽", size_text(view.tree.bytes), pages.cached, pages.dirty);
    html! {
        <div class="files-room">
            <div class={classes!("files", opened.is_some().then_some("opened"))}>
                <div class="files-side">
                    <div class="files-head">
                        <div class="picks" role="group" aria-label="누구의 파일">{ for brokers.iter().map(|id| choose(*id)) }</div>
                    </div>
                    <p class="files-total"><code>{ &*view.tree.path }</code><span>{ total }</span></p>
                    <Tree tree={view.tree.clone()} opened={opened.clone()} toggled={toggled.clone()} send={send.clone()} />
                </div>
                <div class="files-main">
                    if let Some(open) = &view.open {
                        <Opened key={&*open.file.path} open={open.clone()} wide={*wide} send={send.clone()} />
                    } else if let Some(path) = opened {
                        { gone(path, &send) }
                    } else {
                        { nothing() }
                    }
                </div>
            </div>
        </div>
    }
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
        </div>
    }
}
