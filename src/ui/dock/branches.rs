//! The stories of the session as lanes below each other, the moments that have names, and what differs between two of them.

use crate::base::SimTime;
use crate::ui::browser;
use crate::ui::msg::Msg;
use crate::view::stories::{DiffView, StoriesView};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Branches`].
#[derive(Properties, PartialEq)]
pub(super) struct BranchesProps {
    pub(super) stories: Rc<StoriesView>,
    pub(super) diff: Option<Rc<DiffView>>,
    pub(super) now: SimTime,
    pub(super) send: Callback<Msg>,
}

/// The stories, and the comparison.
#[component]
pub(super) fn Branches(props: &BranchesProps) -> Html {
    let BranchesProps { stories, diff, now, send } = props;
    let run = |line: String| send.reform(move |_: MouseEvent| Msg::Run(line.clone()));
    let alone = stories.stories.len() < 2;
    html! {
        <div class="branches">
            <div class="branch-tools">
                <button class="btn small" onclick={run(format!("mark {}", stories.free_name("mark")))}>{ "이 순간에 이름 붙이기" }</button>
                <button class="btn small" onclick={run(format!("fork {}", stories.free_name("branch")))}>{ "여기서 갈라 보기" }</button>
                if alone {
                    <p class="muted">{ "과거로 돌아가 다른 명령을 내리거나 여기서 가르면, 지금까지의 이야기는 그대로 두고 다른 이야기가 시작돼요." }</p>
                }
            </div>
            <ol class="lanes">{ for (0..stories.stories.len()).map(|place| lane(stories, place, *now, send)) }</ol>
            if stories.stories.len() + stories.marks.len() > 1 { { compare(stories, send) } }
            if let Some(diff) = diff { { draw_diff(diff) } }
        </div>
    }
}

/// A moment's place across a lane, in percent.
fn place_of(time: SimTime, stories: &StoriesView) -> String {
    format!("{:.2}%", time.0 as f64 * 100.0 / stories.end.0.max(1) as f64)
}

fn lane(stories: &StoriesView, place: usize, now: SimTime, send: &Callback<Msg>) -> Html {
    let story = &stories.stories[place];
    let (left, right) = (place_of(story.from, stories), place_of(story.end, stories));
    let go = send.reform({
        let line = format!("branch {}", story.name);
        move |_: MouseEvent| Msg::Run(line.clone())
    });
    let told = if story.told { "지금 보는 이야기" } else { "이 이야기로 가기" };
    let marks = stories.marks.iter().filter(|mark| mark.story == place).map(|mark| {
        let line = format!("seek {}", mark.name);
        html! {
            <button key={mark.name.to_string()} class="lane-mark" style={format!("left:{}", place_of(mark.at, stories))}
                title={format!("{} · {}초", mark.name, mark.at)} onclick={send.reform(move |_: MouseEvent| Msg::Run(line.clone()))}>{ &*mark.name }</button>
        }
    });
    html! {
        <li key={story.name.to_string()} class={classes!("lane", story.told.then_some("told"))}>
            <button class="lane-name" disabled={story.told} onclick={go} title={told} aria-current={story.told.then_some("true")}>{ &*story.name }</button>
            <div class="lane-line">
                <i class="lane-told" style={format!("left:{left};width:calc({right} - {left})")} />
                if story.parent != place {
                    <i class="lane-fork" style={format!("left:{left};--up:{}", place - story.parent)} />
                }
                if story.told { <i class="lane-now" style={format!("left:{}", place_of(now.min(stories.end), stories))} /> }
                { for marks }
            </div>
            <span class="lane-end">{ format!("{}초 · 명령 {}개", story.end, story.actions) }</span>
        </li>
    }
}

fn compare(stories: &StoriesView, send: &Callback<Msg>) -> Html {
    let names: Vec<&Rc<str>> =
        stories.stories.iter().map(|story| &story.name).chain(stories.marks.iter().map(|mark| &mark.name)).collect();
    let choice = |id: &'static str, label: &'static str, chosen: usize| {
        html! {
            <select {id} aria-label={label}>
                { for names.iter().enumerate().map(|(place, name)| html! { <option value={name.to_string()} selected={place == chosen}>{ &***name }</option> }) }
            </select>
        }
    };
    let told = stories.stories.iter().position(|story| story.told).unwrap_or(0);
    let other = if told == 0 { 1 } else { stories.stories[told].parent };
    let onsubmit = send.reform(|event: SubmitEvent| {
        event.prevent_default();
        Msg::Compare(browser::input("compare-left").into(), browser::input("compare-right").into())
    });
    html! {
        <form class="compare" {onsubmit}>
            { choice("compare-left", "견줄 이야기", other) }
            <span>{ "↔" }</span>
            { choice("compare-right", "견줄 다른 이야기", told) }
            <button class="btn small primary">{ "견주기" }</button>
        </form>
    }
}

fn draw_diff(diff: &DiffView) -> Html {
    let (left, right) = &diff.names;
    if diff.rows.is_empty() {
        return html! { <p class="muted pad" role="status">{ format!("{left} ↔ {right}: 다른 것이 없어요.") }</p> };
    }
    let mut before = "";
    let rows = diff.rows.iter().map(|row| {
        let again = std::mem::replace(&mut before, &row.subject) == row.subject;
        html! {
            <tr class={(!again).then_some("first")}>
                <th scope="row"><span class={again.then_some("sr-only")}>{ &row.subject }</span></th>
                <td>{ &row.aspect }</td><td class="value">{ &row.left }</td><td class="value">{ &row.right }</td>
            </tr>
        }
    });
    html! {
        <table class="diff">
            <thead><tr><th /><th /><th scope="col">{ &**left }</th><th scope="col">{ &**right }</th></tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}
