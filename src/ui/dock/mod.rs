//! The dock under the stage: the terminal and the event log.

mod log;
mod terminal;

use super::complete::Offer;
use super::icon::{Icon, draw};
use super::msg::{DockTab, Msg, Panel};
use crate::base::SimTime;
use crate::trace::Trace;
use crate::view::narrate::Names;
use log::EventLog;
use std::rc::Rc;
use terminal::TerminalView;
use yew::prelude::*;

pub(super) use terminal::Entry;

/// The properties of [`Dock`].
#[derive(Properties, PartialEq)]
pub(super) struct DockProps {
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
    pub(super) send: Callback<Msg>,
}

/// The dock.
#[component]
pub(super) fn Dock(props: &DockProps) -> Html {
    let DockProps { tab, folded, entries, offers, waiting, trace, now, until, names, send } = props;
    let button = |this: DockTab, name: &'static str, id: &'static str| {
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
                    { button(DockTab::Terminal, "터미널", "tab-terminal") }
                    { button(DockTab::Events, "사건 기록", "tab-events") }
                </div>
                <span class="spring" />
                <button class="btn quiet square small" aria-label={label} title={label} aria-expanded={(!folded).to_string()}
                    onclick={send.reform(|_| Msg::Fold(Panel::Dock))}>{ draw(icon) }</button>
            </div>
            if !folded {
                <div class="dock-body" role="tabpanel" aria-labelledby={if *tab == DockTab::Terminal { "tab-terminal" } else { "tab-events" }}>
                    if *tab == DockTab::Terminal {
                        <TerminalView entries={entries.clone()} offers={offers.clone()} waiting={*waiting} send={send.clone()} />
                    } else {
                        <EventLog trace={trace.clone()} now={*now} until={*until} names={names.clone()} send={send.clone()} />
                    }
                </div>
            }
        </section>
    }
}
