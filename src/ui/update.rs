//! What each message does to the application.

use super::App;
use super::app::{catalog, find_lesson, fresh_session};
use super::browser::{self, Slot};
use super::dock::Entry;
use super::msg::{DockTab, LessonMsg, Msg, Panel, Theme};
use super::notice::Notice;
use super::route::Route;
use crate::base::SimTime;
use crate::sim::Session;
use crate::view::Frame;
use crate::view::geometry::Layout;
use crate::view::narrate::{Names, sentence};
use crate::view::timeline::Track;
use crate::view::{Selection, inspect};
use std::rc::Rc;
use yew::prelude::*;

/// So many answers stay in the terminal.
const MAX_ENTRIES: usize = 200;
/// How far a step forward looks for something to happen.
const PATIENCE: SimTime = SimTime::from_secs(120);

impl App {
    /// Does what `msg` asks for, and says whether the page must be drawn again.
    pub(super) fn handle(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        self.still = matches!(msg, Msg::Room(..) | Msg::Scrub(_)) || self.scrubbing;
        match msg {
            Msg::Frame(at) => return self.on_frame(ctx, at),
            Msg::TogglePlay if self.playing.is_some() => {
                self.pause();
                self.keep_session();
            }
            Msg::TogglePlay => self.play(ctx),
            Msg::Step => self.travel(|session| {
                session.step(PATIENCE);
            }),
            Msg::StepBack => self.travel(|session| {
                session.step_back();
            }),
            Msg::Restart => self.travel(|session| session.seek(SimTime::ZERO)),
            Msg::Seek(time) => self.travel(|session| session.seek(time)),
            Msg::Scrub(time) => {
                self.scrubbing = true;
                self.travel(|session| session.seek(time));
            }
            Msg::ScrubEnd => self.scrubbing = false,
            Msg::Speed(speed) => {
                self.speed = speed;
                browser::keep(Slot::Speed, &speed.index().to_string());
            }
            Msg::Select(selection) => self.select(Some(selection)),
            Msg::Deselect if self.selection.is_none() => return false,
            Msg::Deselect => self.select(None),
            Msg::Run(line) => self.run(&line),
            Msg::ClearTerminal => self.entries = Rc::default(),
            Msg::Lesson(msg) => self.in_lesson(msg),
            Msg::Leave => {
                self.keep_session();
                return false;
            }
            Msg::FreshWorld => self.replace(fresh_session()),
            other => return self.arrange(other),
        }
        true
    }

    /// Messages that change how the page looks, and leave the world alone.
    fn arrange(&mut self, msg: Msg) -> bool {
        match msg {
            Msg::Room(width, height) if (width, height) == self.room => return false,
            Msg::Room(width, height) => {
                self.room = (width, height);
                self.lay_out();
            }
            Msg::Route(route) => self.enter(route),
            Msg::Theme(theme) => {
                self.theme = theme;
                browser::paint(theme);
                browser::keep(Slot::Theme, if theme == Theme::Dark { "dark" } else { "light" });
            }
            Msg::Dock(tab) => {
                self.tab = tab;
                self.folded.retain(|panel| *panel != Panel::Dock);
            }
            Msg::Fold(panel) => self.fold(panel),
            Msg::Side(panel) => self.side = panel,
            Msg::ToggleTable => self.as_table = !self.as_table,
            Msg::DismissNotice(notice) => self.notices.retain(|other| *other != notice),
            Msg::Export => {
                browser::download("kafkascope-session.json", &self.session.save());
            }
            Msg::ExportRescued => {
                let text = browser::kept(Slot::Rescued).unwrap_or_default();
                browser::download("kafkascope-unread-session.txt", &text);
            }
            _ => return false,
        }
        true
    }

    /// Goes to another moment; playing stops, and the live region tells where one is.
    fn travel(&mut self, go: impl FnOnce(&mut Session)) {
        self.pause();
        let before = self.session.cluster().trace().len();
        go(&mut self.session);
        self.refresh();
        let after = self.session.cluster().trace().len();
        self.said_until = if after > before { before } else { after.saturating_sub(1) };
        if !self.scrubbing {
            self.say_newest();
        }
    }

    /// Says the newest visible event that has not been said.
    pub(super) fn say_newest(&mut self) -> bool {
        let trace = self.session.cluster().trace();
        let new = trace.newest_first().take_while(|event| event.seq >= self.said_until);
        let newest = new.into_iter().find(|event| event.kind.is_visible()).map(|event| sentence(event, &self.names));
        self.said_until = trace.len();
        let Some(words) = newest else { return false };
        self.said = words.into();
        true
    }

    fn select(&mut self, selection: Option<Selection>) {
        if selection.is_some() {
            self.side = Panel::Inspector;
        }
        self.selection = selection;
        self.inspect();
    }

    fn inspect(&mut self) {
        let fresh = self.selection.as_ref().and_then(|what| inspect(self.session.cluster(), &self.names, what));
        if fresh.as_ref() != self.inspection.as_deref() {
            self.inspection = fresh.map(Rc::new);
        }
    }

    /// Runs a command and shows it with its answer in the terminal.
    fn run(&mut self, line: &str) {
        self.pause();
        let output = self.terminal.execute(&mut self.session, line);
        let mut entries = self.entries.to_vec();
        entries.push(Rc::new(Entry { id: self.next_entry, command: line.to_string(), lines: output.lines }));
        if entries.len() > MAX_ENTRIES {
            entries.remove(0);
        }
        self.entries = Rc::new(entries);
        self.next_entry += 1;
        self.tab = DockTab::Terminal;
        self.said = if output.ok {
            format!("실행: {line}").into()
        } else {
            "명령을 실행하지 못했어요. 터미널을 확인해 주세요.".into()
        };
        self.refresh();
        self.forget_future_and_redraw();
        self.keep_session();
    }

    /// Draws the world anew where it changed.
    pub(super) fn refresh(&mut self) {
        let now = self.session.now();
        self.seen = self.seen.max(now);
        // The moment itself goes to the packets and the clock only; all else is drawn anew when something changed.
        let frame = Frame { now: SimTime::ZERO, ..self.projector.project(self.session.cluster()) };
        if frame != *self.frame {
            self.frame = Rc::new(frame);
            let names = Names::of(&self.frame);
            if names != *self.names {
                self.names = Rc::new(names);
            }
            self.lay_out();
        }
        self.extend_track();
        self.inspect();
    }

    fn lay_out(&mut self) {
        let layout = Layout::of(&self.frame, self.room.0, self.room.1);
        if layout != *self.layout {
            self.layout = Rc::new(layout);
        }
    }

    /// Takes in what became known since the track was drawn last.
    fn extend_track(&mut self) {
        let head = self.session.head();
        if head.trace().len() != self.known.len() {
            self.known = Rc::new(head.trace().clone());
        } else if self.seen == self.track.end() {
            return;
        }
        Rc::make_mut(&mut self.track).extend(&self.known, self.seen);
    }

    /// After a command the future may be another one: the track is drawn from the beginning.
    pub(super) fn forget_future_and_redraw(&mut self) {
        self.known = Rc::new(self.session.head().trace().clone());
        let mut track = Track::default();
        self.seen = self.session.now();
        self.ahead = None;
        track.extend(&self.known, self.seen);
        self.track = Rc::new(track);
    }

    /// Puts another world in the place of this one.
    fn replace(&mut self, session: Session) {
        self.pause();
        self.session = session;
        self.select(None);
        self.said_until = 0;
        self.refresh();
        self.forget_future_and_redraw();
    }

    /// Goes where the address leads.
    pub(super) fn enter(&mut self, route: Route) {
        self.notices.retain(|notice| !matches!(notice, Notice::NoSuchLesson(_)));
        if self.catalog.is_empty() {
            self.catalog = Rc::new(catalog());
        }
        self.lesson = match &route {
            Route::Lesson(id) => {
                let found = find_lesson(id);
                if found.is_none() {
                    self.notices.push(Notice::NoSuchLesson(id.clone()));
                }
                found
            }
            Route::Lessons | Route::Lab => None,
        };
        self.side = if route == Route::Lab { Panel::Inspector } else { Panel::Lesson };
        self.route = route;
    }

    fn in_lesson(&mut self, _: LessonMsg) {}

    fn fold(&mut self, panel: Panel) {
        if self.is_folded(panel) {
            self.folded.retain(|other| *other != panel);
        } else {
            self.folded.push(panel);
        }
        let names = self.folded.iter().map(|panel| match panel {
            Panel::Lesson => "lesson",
            Panel::Inspector => "inspector",
            Panel::Dock => "dock",
        });
        browser::keep(Slot::Folded, &names.collect::<Vec<_>>().join(" "));
    }
}
