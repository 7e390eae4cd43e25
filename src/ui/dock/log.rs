//! The event log: what happened, in sentences, newest last. What is known of the future stands there too, faintly.

use crate::base::SimTime;
use crate::trace::{Trace, TraceEvent, TraceKind};
use crate::ui::browser;
use crate::ui::msg::Msg;
use crate::view::narrate::{Names, sentence};
use crate::view::timeline::MarkKind;
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The properties of [`EventLog`].
#[derive(Properties, PartialEq)]
pub(super) struct EventLogProps {
    pub(super) trace: Rc<Trace>,
    pub(super) now: SimTime,
    pub(super) until: SimTime,
    pub(super) names: Rc<Names>,
    pub(super) send: Callback<Msg>,
}

/// How many events before and after the moment shown are listed.
const BEFORE: usize = 150;
const AFTER: usize = 30;

/// The event log.
#[component]
pub(super) fn EventLog(props: &EventLogProps) -> Html {
    let EventLogProps { trace, now, until, names, send } = props;
    let messages = use_state_eq(|| false);
    let wanted = |event: &&TraceEvent| event.kind.is_visible() && (*messages || !is_message(&event.kind));
    let behind = partition(trace, *now);
    let mut shown: Vec<&TraceEvent> =
        (0..behind).rev().filter_map(|seq| trace.get(seq)).filter(wanted).take(BEFORE).collect();
    shown.reverse();
    let latest = shown.last().map(|event| event.seq);
    shown.extend(trace.since(behind).take_while(|event| event.at <= *until).filter(wanted).take(AFTER));
    use_effect_with(latest, |latest| {
        if let Some(row) = latest.and_then(|seq| browser::element(&format!("event-{seq}"))) {
            scroll_to(&row);
        }
    });
    let toggle = {
        let messages = messages.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                messages.set(input.checked());
            }
        })
    };
    html! {
        <div class="events">
            <label class="events-filter"><input type="checkbox" checked={*messages} onchange={toggle} />{ "오간 메시지도 보기" }</label>
            if shown.is_empty() {
                <p class="muted pad">{ "아직 아무 일도 없어요. 재생하거나 명령을 내려 보세요." }</p>
            }
            <ol class="events-list">
                { for shown.into_iter().map(|event| {
                    let current = Some(event.seq) == latest;
                    html! { <Row key={event.seq} event={Rc::new(event.clone())} {current} ahead={event.seq >= behind} names={names.clone()} send={send.clone()} /> }
                }) }
            </ol>
        </div>
    }
}

/// The number of the first event after `now`.
fn partition(trace: &Trace, now: SimTime) -> u64 {
    let (mut low, mut high) = (0, trace.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if trace.get(middle).is_some_and(|event| event.at <= now) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Moves the list, and the list only, so that the row is at its lower end.
fn scroll_to(row: &web_sys::Element) -> Option<()> {
    let list = row.parent_element()?;
    let (row, view) = (row.get_bounding_client_rect(), list.get_bounding_client_rect());
    let below = row.bottom() - view.bottom() + 8.0;
    if below > 0.0 || row.top() < view.top() {
        list.set_scroll_top(list.scroll_top() + below as i32);
    }
    Some(())
}

fn is_message(kind: &TraceKind) -> bool {
    matches!(kind, TraceKind::Sent { .. } | TraceKind::Delivered { .. })
}

#[derive(Properties, PartialEq)]
struct RowProps {
    event: Rc<TraceEvent>,
    current: bool,
    ahead: bool,
    names: Rc<Names>,
    send: Callback<Msg>,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let RowProps { event, current, ahead, names, send } = props;
    let at = event.at;
    let kind = MarkKind::of(event).map(|kind| match kind {
        MarkKind::Trouble => "trouble",
        MarkKind::Command => "typed",
        MarkKind::Leader => "lead",
        MarkKind::Commit => "commit",
        _ => "plain",
    });
    html! {
        <li id={format!("event-{}", event.seq)} class={classes!("event", kind, ahead.then_some("ahead"), current.then_some("current"))}>
            <button onclick={send.reform(move |_| Msg::Seek(at))} title="이 순간으로 가기">
                <time>{ at.to_string() }</time><span>{ sentence(event, names) }</span>
            </button>
        </li>
    }
}
