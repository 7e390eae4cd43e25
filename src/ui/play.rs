//! Playing: one animation frame after another, each a step of time.

use super::{App, Msg};
use crate::base::SimTime;
use crate::trace::Trace;
use crate::view::timeline::advance;
use gloo::render::{AnimationFrame, request_animation_frame};
use yew::prelude::*;

/// How far to look ahead for something visible.
const HORIZON: SimTime = SimTime::from_secs(60);

/// What a look ahead found.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    /// The next visible event, if there is one …
    next: Option<SimTime>,
    /// … before this moment.
    until: SimTime,
}

/// Playing is under way; dropping it stops.
pub(super) struct Playing {
    /// When the last animation frame came, in milliseconds.
    last: Option<f64>,
    _frame: AnimationFrame,
}

fn request(send: &Callback<Msg>) -> AnimationFrame {
    let send = send.clone();
    request_animation_frame(move |at| send.emit(Msg::Frame(at)))
}

impl App {
    pub(super) fn play(&mut self) {
        self.playing = Some(Playing { last: None, _frame: request(&self.send) });
    }

    pub(super) fn pause(&mut self) {
        self.playing = None;
        self.lapse = None;
        self.rest = None;
    }

    /// One animation frame.
    pub(super) fn on_frame(&mut self, at: f64) -> bool {
        let Some(playing) = &self.playing else { return false };
        let elapsed = playing.last.map_or(0.0, |last| (at - last) / 1000.0);
        self.playing = Some(Playing { last: Some(at), _frame: request(&self.send) });
        if elapsed <= 0.0 {
            return false;
        }
        let now = self.session.now();
        let busy = self.frame.packets.iter().any(|p| !p.idle && p.sent_at <= now && p.deliver_at > now);
        let waited = self.is_waiting();
        let mut next = if busy { None } else { self.next_visible() };
        if waited && !busy {
            let horizon = next.is_none().then_some(now + HORIZON);
            next = next.into_iter().chain(self.next_deadline()).chain(horizon).min();
        }
        let step = advance(now, elapsed, self.speed, next, busy);
        self.lapse = step.lapse.map(round_lapse);
        self.pass(step.to);
        if waited && !self.is_waiting() {
            self.after_work();
        } else {
            self.refresh();
        }
        self.narrate(at);
        true
    }

    /// When something visible happens next. What has been simulated is looked up; beyond it, a copy of the world goes
    /// ahead, and what it finds is remembered until that moment.
    pub(super) fn next_visible(&mut self) -> Option<SimTime> {
        let now = self.session.now();
        let visible = |trace: &Trace, from: u64| trace.since(from).find(|e| e.kind.is_visible()).map(|e| e.at);
        let passed = self.session.cluster().trace().len();
        if let Some(at) = visible(self.session.head().trace(), passed) {
            return Some(at);
        }
        match self.ahead {
            Some(Ahead { next: Some(at), .. }) if at > now => return Some(at),
            Some(Ahead { next: None, until }) if until > SimTime(now.0 + HORIZON.0 / 2) => return None,
            _ => {}
        }
        let until = now + HORIZON;
        let mut copy = self.session.cluster().clone();
        let mut next = None;
        while next.is_none() && copy.next_event_at().is_some_and(|at| at <= until) {
            copy.step();
            next = visible(copy.trace(), passed);
        }
        self.ahead = Some(Ahead { next, until });
        next
    }

    /// Tells the live region the newest of what happened, not more often than one can listen.
    fn narrate(&mut self, at: f64) {
        const PAUSE_MS: f64 = 1500.0;
        if at - self.said_at >= PAUSE_MS && self.say_newest() {
            self.said_at = at;
        }
    }
}

/// Two digits are enough, and do not flicker.
fn round_lapse(times: f64) -> u64 {
    let times = times.max(2.0) as u64;
    let mut unit = 1;
    while unit * 10 <= times {
        unit *= 10;
    }
    (times + unit / 2) / unit * unit
}
