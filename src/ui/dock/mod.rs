//! The dock under the stage: the terminal, the event log and the files.

mod branches;
mod log;
mod terminal;

use super::complete::Offer;
use super::files::{FilePanel, FilesMsg, PanelView};
use super::icon::{Icon, draw};
use super::msg::{DockTab, Msg, Panel};
use crate::base::SimTime;
use crate::trace::Trace;
use crate::view::narrate::Names;
use crate::view::stories::{DiffView, StoriesView};
use branches::Branches;
use log::EventLog;
use std::rc::Rc;
use terminal::TerminalView;
use yew::prelude::*;

pub(super) use terminal::Entry;

/// What the dock shows.
pub(super) struct DockView {
    pub(super) tab: DockTab,
    pub(super) folded: bool,
    pub(super) entries: Rc<Vec<Rc<Entry>>>,
    /// What is offered as chips.
    pub(super) offers: Rc<Vec<Offer>>,
    /// A typed command waits.
    pub(super) waiting: bool,
    /// All that is known, the future of this branch included.
    pub(super) trace: Rc<Trace>,
    pub(super) now: SimTime,
    /// The farthest moment that may be told.
    pub(super) until: SimTime,
    pub(super) names: Rc<Names>,
    /// The files, while they are in sight; and whether they have all of the room.
    pub(super) files: Option<PanelView>,
    pub(super) grown: bool,
    /// The stories, and two of them compared, if they were.
    pub(super) stories: Rc<StoriesView>,
    pub(super) diff: Option<Rc<DiffView>>,
    /// The moment on the stage, while the stories are in sight.
    pub(super) here: SimTime,
    pub(super) send: Callback<Msg>,
}

/// The dock.
pub(super) fn dock(view: &DockView) -> Html {
    let DockView { tab, folded, entries, offers, waiting, files, grown, send, .. } = view;
    let button = |this: DockTab, name: &'static str| {
        let id = tab_id(this);
        html! {
            <button role="tab" {id} aria-selected={(*tab == this).to_string()} class={classes!("dock-tab", (*tab == this).then_some("on"))}
                onclick={send.reform(move |_| Msg::Dock(this))}>{ name }</button>
        }
    };
    let (icon, label) =
        if *folded { (Icon::Unfold, "아래 패널 펴기") } else { (Icon::Fold, "아래 패널 접기") };
    html! {
        <section class={classes!("dock", folded.then_some("folded"))} aria-label="아래 패널">
            <div class="dock-head">
                <div role="tablist">
                    { button(DockTab::Terminal, "터미널") }
                    { button(DockTab::Events, "사건 기록") }
                    { button(DockTab::Files, "파일") }
                    { button(DockTab::Branches, "브랜치") }
                </div>
                <span class="spring" />
                if files.is_some() { { grow(*grown, send) } }
                <button class="btn quiet square small" aria-label={label} title={label} aria-expanded={(!folded).to_string()}
                    onclick={send.reform(|_| Msg::Fold(Panel::Dock))}>{ draw(icon) }</button>
            </div>
            if !folded {
                <div class="dock-body" role="tabpanel" aria-labelledby={tab_id(*tab)}>
                    { match (tab, files) {
                        (DockTab::Terminal, _) => html! {
                            <TerminalView entries={entries.clone()} offers={offers.clone()} waiting={*waiting} send={send.clone()} />
                        },
                        (DockTab::Files, Some(panel)) => html! { <FilePanel panel={panel.clone()} send={send.clone()} /> },
                        (DockTab::Branches, _) => html! {
                            <Branches stories={view.stories.clone()} diff={view.diff.clone()} now={view.here} send={send.clone()} />
                        },
                        _ => html! {
                            <EventLog trace={view.trace.clone()} now={view.now} until={view.until} names={view.names.clone()} send={send.clone()} />
                        },
                    } }
                </div>
            }
        </section>
    }
}

fn tab_id(tab: DockTab) -> &'static str {
    match tab {
        DockTab::Terminal => "tab-terminal",
        DockTab::Events => "tab-events",
        DockTab::Files => "tab-files",
        DockTab::Branches => "tab-branches",
    }
}

/// The button that gives the files all of the room.
fn grow(grown: bool, send: &Callback<Msg>) -> Html {
    let (icon, label) =
        if grown { (Icon::Shrink, "무대와 함께 보기") } else { (Icon::Grow, "파일을 크게 보기") };
    html! {
        <button class="btn quiet square small grow" aria-label={label} title={label} aria-pressed={grown.to_string()}
            onclick={send.reform(|_| Msg::Files(FilesMsg::Grow))}>{ draw(icon) }</button>
    }
}
