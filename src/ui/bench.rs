//! `window.kafkascopeBench`: what `cargo xtask bench web` asks the page.
//!
//! `play()` lets the world play at real speed; `run()` runs the usual cluster for a while without drawing and says how fast that went.

use super::browser;
use super::msg::Msg;
use super::world::fresh_session;
use crate::base::SimTime;
use crate::view::Projector;
use crate::view::timeline::Speed;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::js_sys::{Object, Reflect};
use yew::Callback;

/// How long the world is run.
const SPAN: SimTime = SimTime::from_secs(60);

/// Puts the hook into the window.
pub(super) fn install(send: &Callback<Msg>) -> Option<()> {
    let hook = Object::new();
    let send = send.clone();
    let play = Closure::<dyn Fn()>::new(move || {
        send.emit(Msg::Speed(Speed::REAL));
        send.emit(Msg::TogglePlay);
    });
    let run = Closure::<dyn Fn() -> JsValue>::new(|| run().map_or(JsValue::NULL, JsValue::from));
    set(&hook, "play", &play.into_js_value())?;
    set(&hook, "run", &run.into_js_value())?;
    set(&browser::window()?.into(), "kafkascopeBench", &hook)
}

fn set(object: &JsValue, name: &str, value: &JsValue) -> Option<()> {
    Reflect::set(object, &name.into(), value).ok().map(drop)
}

fn run() -> Option<Object> {
    let clock = browser::window()?.performance()?;
    let begun = clock.now();
    let mut session = fresh_session();
    let opened = clock.now();
    let (steps, until) = (session.cluster().steps(), session.now() + SPAN);
    session.run_to(until);
    let ran = clock.now();
    let mut projector = Projector::default();
    projector.project(session.cluster());
    let projected = clock.now();
    let seconds = (ran - opened) / 1000.0;
    let answer = Object::new();
    let round = |value: f64| value.round().into();
    set(&answer, "events_per_second", &round((session.cluster().steps() - steps) as f64 / seconds))?;
    set(&answer, "times_real_speed", &round(SPAN.as_ms() as f64 / (ran - opened)))?;
    set(&answer, "first_world_ms", &round(opened - begun))?;
    set(&answer, "first_frame_ms", &round(projected - ran))?;
    Some(answer)
}
