//! A look-up played step by step: choose a segment, search its index, walk over batches.

use super::FilesMsg;
use super::tree::file_name;
use crate::base::Date;
use crate::log::{LookupTarget, ScannedBatch};
use crate::ui::browser;
use crate::ui::icon::{Icon, draw};
use crate::view::files::{IndexScene, ScanScene, Scene, SegmentCell, WalkView};
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use yew::prelude::*;

/// How long a step stands while the play runs by itself, in milliseconds.
const STEP_MS: u32 = 1600;

/// Of the batches that were passed, so many are drawn.
const BATCHES_DRAWN: usize = 14;

/// The properties of [`Walk`].
#[derive(Properties, PartialEq)]
pub(super) struct WalkProps {
    pub(super) walk: Rc<WalkView>,
    /// What was asked.
    pub(super) target: Option<LookupTarget>,
    pub(super) send: Callback<FilesMsg>,
}

/// The look-up.
#[component]
pub(super) fn Walk(props: &WalkProps) -> Html {
    let WalkProps { walk, target, send } = props;
    html! {
        <article class="walk" aria-label="찾아가기">
            <header class="file-head">
                <div class="file-line">
                    <button class="btn quiet square small back" aria-label="파일 목록으로" title="파일 목록으로"
                        onclick={send.reform(|_| FilesMsg::Close)}>{ draw(Icon::Left) }</button>
                    <h3>{ format!("{}에서 찾아가기", walk.partition) }</h3>
                    <span class="spring" />
                    <button class="btn quiet square small close" aria-label="찾아가기 닫기" title="찾아가기 닫기"
                        onclick={send.reform(|_| FilesMsg::EndWalk)}>{ draw(Icon::Close) }</button>
                </div>
                <p class="file-purpose">{ "브로커가 오프셋이나 시각 하나로 디스크의 어느 바이트를 찾아내는지, 한 걸음씩 보여 드려요." }</p>
                <Form key={walk.partition.to_string()} walk={walk.clone()} target={*target} send={send.clone()} />
            </header>
            if let Some(problem) = &walk.problem {
                <p class="file-note" role="alert">{ problem }</p>
            } else if !walk.steps.is_empty() {
                <Play key={format!("{target:?}")} walk={walk.clone()} send={send.clone()} />
            }
        </article>
    }
}

/// What to look for.
#[component]
fn Form(props: &WalkProps) -> Html {
    let WalkProps { walk, target, send } = props;
    let by_time = use_state_eq(|| matches!(target, Some(LookupTarget::Timestamp(_))));
    let wrong = use_state_eq(|| false);
    let (first, end) = walk.offsets;
    let times = walk.times;
    let onsubmit = {
        let (send, wrong, by_time) = (send.clone(), wrong.clone(), *by_time);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let number = browser::input("walk-target").trim().parse::<i64>();
            wrong.set(number.is_err());
            if let Ok(number) = number {
                let target = if by_time { LookupTarget::Timestamp(number) } else { LookupTarget::Offset(number) };
                send.emit(FilesMsg::Find(target));
            }
        })
    };
    let choose = |time: bool, name: &'static str| {
        let by_time_now = by_time.clone();
        let on = *by_time == time;
        html! {
            <button type="button" class={classes!("pick", on.then_some("on"))} aria-pressed={on.to_string()}
                onclick={move |_| by_time_now.set(time)}>{ name }</button>
        }
    };
    let (value, hint) = match times {
        Some((oldest, youngest)) if *by_time => {
            let (from, to) = (Date::of_unix_ms(oldest), Date::of_unix_ms(youngest).time_of_day());
            (oldest.midpoint(youngest), format!("{oldest}–{youngest} (UTC {from}–{to})"))
        }
        None if *by_time => (0, "이 로그에는 시각이 있는 레코드가 없어요.".into()),
        _ => (first.midpoint((end - 1).max(first)), format!("{first}–{}", (end - 1).max(first))),
    };
    let value = match target {
        Some(LookupTarget::Offset(offset)) if !*by_time => *offset,
        Some(LookupTarget::Timestamp(time)) if *by_time => *time,
        _ => value,
    };
    html! {
        <form class="walk-form" {onsubmit}>
            <div class="picks" role="group" aria-label="무엇으로 찾을지">{ choose(false, "오프셋") }{ choose(true, "시각") }</div>
            <input key={by_time.to_string()} id="walk-target" inputmode="numeric" autocomplete="off" value={value.to_string()}
                aria-label={if *by_time { "찾을 시각(Unix ms)" } else { "찾을 오프셋" }} aria-describedby="walk-hint" />
            <button class="btn small primary">{ "찾기" }</button>
            <span id="walk-hint" class={classes!("walk-hint", wrong.then_some("wrong"))}>
                { if *wrong { "숫자로 적어 주세요.".to_string() } else { hint } }
            </span>
        </form>
    }
}

/// The properties of [`Play`].
#[derive(Properties, PartialEq)]
struct PlayProps {
    walk: Rc<WalkView>,
    send: Callback<FilesMsg>,
}

/// The steps, with what one needs to go through them.
#[component]
fn Play(props: &PlayProps) -> Html {
    let PlayProps { walk, send } = props;
    let at = use_state_eq(|| 0usize);
    let playing = use_state_eq(|| false);
    let last = walk.steps.len() - 1;
    let now = (*at).min(last);
    {
        let (at, playing) = (at.clone(), playing.clone());
        use_effect_with((now, *playing), move |(now, is_playing)| {
            let now = *now;
            let timer = is_playing.then(|| {
                Timeout::new(STEP_MS, move || {
                    if now < last {
                        at.set(now + 1);
                    } else {
                        playing.set(false);
                    }
                })
            });
            move || drop(timer)
        });
    }
    let go = {
        let (at, playing) = (at.clone(), playing.clone());
        Callback::from(move |to: usize| {
            playing.set(false);
            at.set(to.min(last));
        })
    };
    let toggle = {
        let (at, playing) = (at.clone(), playing.clone());
        Callback::from(move |()| {
            if now == last && !*playing {
                at.set(0);
            }
            playing.set(!*playing);
        })
    };
    let onkeydown = {
        let (go, toggle) = (go.clone(), toggle.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowRight" => go.emit(now + 1),
                "ArrowLeft" => go.emit(now.saturating_sub(1)),
                "Home" => go.emit(0),
                "End" => go.emit(last),
                " " => toggle.emit(()),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let step = &walk.steps[now];
    let button = |icon: Icon, label: &'static str, to: usize| {
        html! {
            <button class="btn quiet square small" aria-label={label} title={label} disabled={to == now} onclick={go.reform(move |_| to)}>{ draw(icon) }</button>
        }
    };
    let (icon, word) = if *playing { (Icon::Pause, "멈춤") } else { (Icon::Play, "재생") };
    html! {
        <div class="walk-play" tabindex="0" role="group" aria-label="찾아가기의 걸음. 화살표로 옮겨 다녀요." {onkeydown}>
            <div class="walk-bar">
                { button(Icon::Restart, "처음 걸음", 0) }
                { button(Icon::Left, "이전 걸음", now.saturating_sub(1)) }
                <button class="btn small" onclick={toggle.reform(|_| ())}>{ draw(icon) }{ word }</button>
                { button(Icon::Right, "다음 걸음", (now + 1).min(last)) }
                <span class="walk-count">{ format!("{} / {}", now + 1, last + 1) }</span>
                <i class="walk-progress" aria-hidden="true"><b style={format!("width:{}%", (now + 1) * 100 / (last + 1))} /></i>
            </div>
            <p class="walk-words" aria-live="polite">{ &step.words }</p>
            <div class="scene">
                { match &step.scene {
                    Scene::Segments(cells) => segments(cells),
                    Scene::Index(scene) => index(scene),
                    Scene::Scan(scene) => scan(scene),
                } }
            </div>
            if let (Some((path, position)), true) = (walk.found.clone(), now == last) {
                <button class="btn small primary" onclick={send.reform(move |_| FilesMsg::OpenAt(path.clone(), position))}>{ "이 배치 열기" }</button>
            }
        </div>
    }
}

fn segments(cells: &[SegmentCell]) -> Html {
    html! {
        <>
            <h4>{ "세그먼트" }</h4>
            <ol class="cells">
                { for cells.iter().map(|cell| {
                    let time = if cell.largest_timestamp < 0 { "시각 없음".to_string() } else { format!("가장 늦은 시각 {}", Date::of_unix_ms(cell.largest_timestamp)) };
                    html! {
                        <li key={cell.base_offset} class={classes!("cell", "segment", if cell.chosen { "found" } else { "out" })} aria-current={cell.chosen.then_some("true")}>
                            <span class="cell-key">{ format!("{}부터", cell.base_offset) }</span>
                            <span class="cell-note">{ time }</span>
                        </li>
                    }
                }) }
            </ol>
        </>
    }
}

/// A key as a time of day, if it is a timestamp.
fn time(scene: &IndexScene, key: i64) -> Option<String> {
    scene.by_time.then(|| Date::of_unix_ms(key).time_of_day())
}

fn index(scene: &IndexScene) -> Html {
    let mut next = 0;
    let share = |slot: u32| f64::from(slot) * 100.0 / f64::from(scene.entries.max(1));
    let (left, width) = scene.range.map_or((0.0, 0.0), |(low, high)| (share(low), share(high + 1) - share(low)));
    html! {
        <>
            <h4><span class="tree-name">{ file_name(&scene.name) }</span><span class="muted">{ format!("항목 {}개 · 찾는 값 {}", scene.entries, scene.key) }{ for time(scene, scene.key).map(|time| format!(" ({time})")) }</span></h4>
            if scene.entries > 0 {
                <div class="range" aria-hidden="true"><i style={format!("left:{left}%;width:{width}%")} /></div>
            }
            <ol class="cells">
                { for scene.cells.iter().map(|cell| {
                    let gap = cell.slot != std::mem::replace(&mut next, cell.slot + 1);
                    let inside = scene.range.is_some_and(|(low, high)| low <= cell.slot && cell.slot <= high);
                    let probed = scene.probe == Some(cell.slot);
                    let found = scene.found == Some(cell.slot);
                    let state = match (found, probed, inside) {
                        (true, ..) => "찾음",
                        (_, true, _) => "보는 중",
                        (.., true) => "아직 남음",
                        _ => "볼 것 없음",
                    };
                    html! {
                        <>
                            if gap { <li key={format!("gap-{}", cell.slot)} class="gap" aria-hidden="true">{ "…" }</li> }
                            <li key={cell.slot} class={classes!("cell", found.then_some("found"), probed.then_some("probe"), (!inside).then_some("out"))}>
                                <span class="cell-slot">{ cell.slot }<span class="sr-only">{ format!(" {state}") }</span></span>
                                <span class="cell-key">{ cell.key }</span>
                                { for time(scene, cell.key).map(|time| html! { <span class="cell-note">{ time }</span> }) }
                                <span class="cell-note">{ &cell.leads_to }</span>
                            </li>
                        </>
                    }
                }) }
            </ol>
        </>
    }
}

fn scan(scene: &ScanScene) -> Html {
    let first = (scene.at + 1).saturating_sub(BATCHES_DRAWN);
    let draw_one = |(number, batch): (usize, &ScannedBatch)| {
        let here = number == scene.at;
        let span = if batch.base_offset == batch.last_offset {
            batch.base_offset.to_string()
        } else {
            format!("{}–{}", batch.base_offset, batch.last_offset)
        };
        html! {
            <li key={batch.position} class={classes!("cell", (here && batch.hit).then_some("found"), here.then_some("probe"), (number < scene.at).then_some("out"), (number > scene.at).then_some("later"))}
                aria-current={here.then_some("true")}>
                <span class="cell-slot">{ format!("@{}", batch.position) }</span>
                <span class="cell-key">{ span }</span>
                <span class="cell-note">{ format!("{}바이트", batch.size) }</span>
            </li>
        }
    };
    html! {
        <>
            <h4><span class="tree-name">{ file_name(&scene.name) }</span><span class="muted">{ format!("배치 헤더 {}개 읽음", scene.at + 1) }</span></h4>
            <ol class="cells">
                if first > 0 { <li class="gap" aria-hidden="true">{ "…" }</li> }
                { for scene.batches.iter().enumerate().skip(first).take(BATCHES_DRAWN + 2).map(draw_one) }
            </ol>
        </>
    }
}
