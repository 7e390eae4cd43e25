//! Time: buttons, clock, speed and track; always in sight.

use super::icon::{Icon, draw};
use super::msg::{DockTab, Msg};
use crate::base::SimTime;
use crate::base::josa::{Josa, josa};
use crate::view::stories::{StoriesView, StoryView};
use crate::view::timeline::{Mark, MarkKind, Speed, Track, clock, duration};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

/// What the timeline shows.
pub(super) struct Transport<'a> {
    pub(super) track: &'a Rc<Track>,
    pub(super) stories: &'a Rc<StoriesView>,
    pub(super) now: SimTime,
    pub(super) playing: bool,
    pub(super) speed: Speed,
    /// How many times faster than the speed chosen, while nothing happens.
    pub(super) lapse: Option<u64>,
    /// About how wide the track is.
    pub(super) width: f64,
    pub(super) send: &'a Callback<Msg>,
}

/// The timeline.
pub(super) fn transport(view: &Transport<'_>) -> Html {
    let Transport { track, stories, now, playing, speed, lapse, width, send } = *view;
    html! {
        <section class="transport" aria-label="시간">
            { buttons(playing, now == SimTime::ZERO, send) }
            <div class="clock">
                <output aria-label="지금 시각">{ clock(now) }</output>
                { speed_control(speed, lapse, send) }
            </div>
            <TrackBar track={track.clone()} stories={stories.clone()} {now} {width} send={send.clone()} />
        </section>
    }
}

fn buttons(playing: bool, at_start: bool, send: &Callback<Msg>) -> Html {
    let button = |icon, label: &'static str, msg: Msg, class: &'static str, disabled: bool| {
        html! {
            <button class={classes!("step", class)} aria-label={label} title={label} {disabled} onclick={send.reform(move |_| msg.clone())}>
                { draw(icon) }
            </button>
        }
    };
    let (icon, label) =
        if playing { (Icon::Pause, "멈춤 (스페이스)") } else { (Icon::Play, "재생 (스페이스)") };
    html! {
        <div class="steps-buttons">
            { button(Icon::Restart, "처음으로", Msg::Restart, "", at_start) }
            { button(Icon::Back, "한 사건 뒤로 (,)", Msg::StepBack, "", at_start) }
            { button(icon, label, Msg::TogglePlay, "main", false) }
            { button(Icon::Forward, "한 사건 앞으로 (.)", Msg::Step, "", false) }
        </div>
    }
}

fn speed_control(speed: Speed, lapse: Option<u64>, send: &Callback<Msg>) -> Html {
    let oninput = send.reform(|event: InputEvent| {
        let index = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.value().parse().ok());
        Msg::Speed(index.map_or_else(Speed::default, Speed::new))
    });
    let words = speed.words();
    html! {
        <label class="speed">
            <span class={classes!("speed-words", lapse.map(|_| "lapse"))}>
                { lapse.map_or_else(|| words.clone(), |times| format!("빨리 감기 ×{times}")) }
            </span>
            <input type="range" min="0" max={(Speed::COUNT - 1).to_string()} step="1" value={speed.index().to_string()}
                aria-label="재생 속도" aria-valuetext={words} {oninput} />
        </label>
    }
}

#[derive(Properties, PartialEq)]
struct TrackBarProps {
    track: Rc<Track>,
    stories: Rc<StoriesView>,
    now: SimTime,
    width: f64,
    send: Callback<Msg>,
}

/// The track: what stands on it is drawn only when it changes, the cursor with every frame.
#[component]
fn TrackBar(props: &TrackBarProps) -> Html {
    let TrackBarProps { track, stories, now, width, send } = props;
    let rail = use_node_ref();
    let held = use_mut_ref(|| false);
    let pointed = {
        let (rail, track) = (rail.clone(), track.clone());
        move |event: &PointerEvent| {
            let rect = rail.cast::<Element>()?.get_bounding_client_rect();
            Some(track.time((f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0)))
        }
    };
    let onpointerdown = {
        let (send, held, pointed) = (send.clone(), held.clone(), pointed.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            *held.borrow_mut() = true;
            pointed(&event).into_iter().for_each(|time| send.emit(Msg::Scrub(time)));
        })
    };
    let onpointermove = {
        let (send, held) = (send.clone(), held.clone());
        Callback::from(move |event: PointerEvent| {
            if *held.borrow() {
                pointed(&event).into_iter().for_each(|time| send.emit(Msg::Scrub(time)));
            }
        })
    };
    let release = {
        let send = send.clone();
        Callback::from(move |_: PointerEvent| {
            if held.replace(false) {
                send.emit(Msg::ScrubEnd);
            }
        })
    };
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            let msg = match event.key().as_str() {
                "ArrowRight" | "ArrowUp" => Msg::Step,
                "ArrowLeft" | "ArrowDown" => Msg::StepBack,
                "Home" => Msg::Restart,
                _ => return,
            };
            event.prevent_default();
            send.emit(msg);
        })
    };
    let place = percent(track.place(*now));
    html! {
        <div class="track">
            <div class="rail" ref={rail} role="slider" tabindex="0" aria-label="시간 축" aria-valuemin="0"
                aria-valuemax={track.end().max(*now).as_ms().to_string()} aria-valuenow={now.as_ms().to_string()}
                aria-valuetext={clock(*now)} {onpointerdown} {onpointermove} onpointerup={release.clone()}
                onpointercancel={release} {onkeydown}>
                <div class="rail-line" />
                <div class="rail-known" style={format!("width:{}", percent(track.place(track.end())))} />
                <div class="rail-past" style={format!("width:{place}")} />
            </div>
            <Scale track={track.clone()} stories={stories.clone()} width={*width} send={send.clone()} />
            <div class="cursor-lane"><div class="cursor" style={format!("left:{place}")} /></div>
            <div class="veil" style={format!("left:{place}")} />
        </div>
    }
}

fn percent(place: f64) -> String {
    format!("{:.3}%", place * 100.0)
}

#[derive(Properties, PartialEq)]
struct ScaleProps {
    track: Rc<Track>,
    stories: Rc<StoriesView>,
    width: f64,
    send: Callback<Msg>,
}

/// What stands on the track, whatever the moment: marks, quiet stretches, and the hours.
#[component]
fn Scale(props: &ScaleProps) -> Html {
    let ScaleProps { track, stories, width, send } = props;
    html! {
        <>
            { marks(track, *width, send) }
            { quiets(track, *width) }
            { pins(track, stories, send) }
            { ticks(track, *width) }
        </>
    }
}

/// Event marks; those that would touch are one, and the gravest gives its shape.
fn marks(track: &Track, width: f64, send: &Callback<Msg>) -> Html {
    let mut shown: Vec<(f64, Mark, usize)> = Vec::new();
    for mark in track.marks() {
        let place = track.place(mark.at);
        match shown.last_mut() {
            Some((last, kept, count)) if (place - *last) * width < 12.0 => {
                *count += 1;
                if mark.kind > kept.kind {
                    *kept = *mark;
                }
            }
            _ => shown.push((place, *mark, 1)),
        }
    }
    let draw = shown.into_iter().map(|(place, mark, count)| {
        let more = if count > 1 { format!(" 외 {}건", count - 1) } else { String::new() };
        let label = format!("{}{more} · {}초", mark.kind.name(), mark.at);
        let at = mark.at;
        html! {
            <button key={mark.seq} class={classes!("event-mark", class(mark.kind))} style={format!("left:{}", percent(place))}
                tabindex="-1" title={label.clone()} aria-label={label} onclick={send.reform(move |_| Msg::Seek(at))}>
                <svg viewBox="-6 -6 12 12" aria-hidden="true"><path d={shape(mark.kind)} /></svg>
            </button>
        }
    });
    html! { <div class="marks-row">{ for draw }</div> }
}

/// Each kind has a shape of its own, so that colour is never the only difference.
fn shape(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Record => "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
        MarkKind::Commit => "M0-4.8 4.8 0 0 4.8-4.8 0z",
        MarkKind::Leader => "M-5 4.5-4.5-3-2 .5 0-4.5 2 .5 4.5-3 5 4.5z",
        MarkKind::Trouble => "M0-4.8 5 4H-5z",
        MarkKind::Recovery => "M-1.4-4.5h2.8v3.1h3.1v2.8H1.4v3.1h-2.8V1.4h-3.1v-2.8h3.1z",
        MarkKind::Group => "M-4-4h8v8h-8z",
        MarkKind::Command => "M-3.5-5 3.5 0-3.5 5-1.2 0z",
    }
}

fn class(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Record => "of-record",
        MarkKind::Commit => "of-commit",
        MarkKind::Leader => "of-leader",
        MarkKind::Trouble => "of-trouble",
        MarkKind::Recovery => "of-recovery",
        MarkKind::Group => "of-group",
        MarkKind::Command => "of-command",
    }
}

fn quiets(track: &Track, width: f64) -> Html {
    let quiet = track.quiet().into_iter().filter(|quiet| (quiet.to - quiet.from) * width >= 14.0).map(|quiet| {
        let style = format!("left:{};width:{}", percent(quiet.from), percent(quiet.to - quiet.from));
        let title = format!("조용한 {} (짧게 그렸어요)", duration(quiet.length));
        html! { <div class="quiet-stretch" {style} {title} /> }
    });
    html! { <div class="quiets">{ for quiet }</div> }
}

/// Moments that have names, and where other stories part from the one that is told.
fn pins(track: &Track, stories: &StoriesView, send: &Callback<Msg>) -> Html {
    let named = stories.marks_here().map(|mark| {
        let line = format!("seek {}", mark.name);
        let title = format!("{} · {}초", mark.name, mark.at);
        html! {
            <button key={mark.name.to_string()} class="pin" style={format!("left:{}", percent(track.place(mark.at)))} title={title.clone()}
                aria-label={title} onclick={send.reform(move |_: MouseEvent| Msg::Run(line.clone()))}>
                <svg viewBox="0 0 12 16" aria-hidden="true"><path d="M2 15.5V1.5h8L7.8 4.2 10 7H2" /></svg>
            </button>
        }
    });
    let told = stories.stories.iter().position(|story| story.told);
    let parting = |(place, story): (usize, &StoryView)| {
        let other = match told {
            Some(told) if story.told && story.parent != told => stories.stories.get(story.parent)?,
            Some(told) if story.parent == told && place != told => story,
            _ => return None,
        };
        let title = format!("브랜치 {} 여기서 갈라져요 · {}초", josa(&other.name, Josa::Subject), story.from);
        Some(html! {
            <button key={format!("part {}", story.name)} class="pin parting" style={format!("left:{}", percent(track.place(story.from)))}
                title={title.clone()} aria-label={title} onclick={send.reform(|_: MouseEvent| Msg::Dock(DockTab::Branches))}>
                <svg viewBox="0 0 12 16" aria-hidden="true"><path d="M3 15V1M3 10c0-4 6-3 6-8" /></svg>
            </button>
        })
    };
    html! { <div class="pins">{ for named }{ for stories.stories.iter().enumerate().filter_map(parting) }</div> }
}

fn ticks(track: &Track, width: f64) -> Html {
    let ticks = track.ticks(width).into_iter();
    let ticks = ticks.map(|(place, label)| html! { <span style={format!("left:{}", percent(place))}>{ label }</span> });
    html! { <div class="ticks" aria-hidden="true">{ for ticks }</div> }
}
