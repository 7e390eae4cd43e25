//! What each message does to the application.

use super::App;
use super::browser::{self, Slot};
use super::complete::{complete, offers};
use super::msg::{DockTab, Msg, Panel, Theme};
use super::world::to_good_moment;
use crate::base::SimTime;
use crate::sim::Session;
use crate::view::geometry::Layout;
use crate::view::narrate::{Names, sentence};
use crate::view::stories::{diff, stories};
use crate::view::timeline::Track;
use crate::view::{Frame, Projector, Selection, inspect};
use std::rc::Rc;

/// How far a step forward looks for something to happen.
const PATIENCE: SimTime = SimTime::from_secs(120);

impl App {
    /// Does what `msg` asks for, and says whether the page must be drawn again.
    pub(super) fn handle(&mut self, msg: Msg) -> bool {
        self.still = matches!(msg, Msg::Room(..) | Msg::Scrub(_)) || self.scrubbing;
        match msg {
            Msg::Frame(at) => return self.on_frame(at),
            Msg::TogglePlay if self.playing.is_some() => {
                self.pause();
                self.keep_session();
            }
            Msg::TogglePlay => self.play(),
            Msg::Step if self.is_waiting() => self.step_with_work(),
            Msg::Step => self.travel(|session| {
                session.step(PATIENCE);
            }),
            Msg::StepBack => self.travel(|session| {
                session.step_back();
            }),
            Msg::Restart => self.travel(|session| session.seek(SimTime::ZERO)),
            Msg::Seek(time) => self.travel(|session| session.seek(time)),
            Msg::ShowEvent(event) => {
                if let Some(event) = self.session.head().trace().get(event) {
                    let at = event.at;
                    self.travel(|session| session.seek(at));
                    self.tab = DockTab::Events;
                }
            }
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
            Msg::Interrupt if self.typed.is_some() => {
                self.interrupt();
                self.refresh();
            }
            Msg::Interrupt | Msg::Deselect if self.selection.is_none() => return false,
            Msg::Interrupt | Msg::Deselect => self.select(None),
            Msg::Finish => self.finish(),
            Msg::Run(line) => self.run(&line, false),
            Msg::RunAtOnce(line) => {
                self.run(&line, true);
                to_good_moment(&mut self.session);
                self.refresh();
            }
            Msg::Complete(line) => self.complete(&line),
            Msg::ClearTerminal => self.entries = Rc::default(),
            Msg::Compare(left, right) => {
                self.diff = diff(&self.session, &self.names, &left, &right).map(Rc::new);
            }
            Msg::Lesson(msg) => self.learn(msg),
            Msg::Leave => {
                self.keep_session();
                return false;
            }
            other => return self.arrange(other),
        }
        true
    }

    /// Messages that change how the page looks, and leave the world alone.
    fn arrange(&mut self, msg: Msg) -> bool {
        match msg {
            Msg::Room(width, height) if (width, height) == self.room || width == 0.0 => return false,
            Msg::Room(width, height) => {
                self.room = (width, height);
                self.lay_out();
            }
            Msg::Resized => return self.files_grown(),
            Msg::Route(route) => self.enter(route),
            Msg::Theme(theme) => {
                self.theme = theme;
                browser::paint(theme);
                browser::keep(Slot::Theme, if theme == Theme::Dark { "dark" } else { "light" });
            }
            Msg::Dock(tab) => {
                self.tab = tab;
                self.folded.retain(|panel| *panel != Panel::Dock);
                self.refresh_files();
            }
            Msg::Files(msg) => self.on_files(msg),
            Msg::Fold(panel) => {
                self.fold(panel);
                self.refresh_files();
            }
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
        self.moved_from(before);
    }

    /// On to the next thing to see while something waits, but not over its end.
    fn step_with_work(&mut self) {
        let before = self.session.cluster().trace().len();
        let next = self.next_visible().into_iter().chain(self.next_deadline()).min();
        self.pause();
        self.pass(next.unwrap_or(self.session.now() + PATIENCE));
        self.moved_from(before);
    }

    /// The moment shown is another one; the live region tells where one is.
    pub(super) fn moved_from(&mut self, before: u64) {
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
        if let Some(Selection::Record(broker, tp, offset)) = &selection
            && self.shows_files()
        {
            self.open_record(*broker, tp, *offset);
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

    /// Completes the word at the end of what is typed; if several would do, they are offered.
    fn complete(&mut self, line: &str) {
        let (line, choices) = complete(&self.session, self.terminal.place(), line);
        browser::set_input("terminal-input", &line);
        if !choices.is_empty() {
            self.offers = Rc::new(choices);
        }
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
            let offers = offers(&self.frame);
            if offers != *self.offers {
                self.offers = Rc::new(offers);
            }
            self.lay_out();
            self.show_lesson();
        }
        self.extend_track();
        self.refresh_stories();
        self.inspect();
        self.refresh_files();
    }

    /// Takes in what became of the stories; a comparison of what is no more is put away.
    fn refresh_stories(&mut self) {
        let fresh = stories(&self.session);
        if fresh != *self.stories {
            let here = |name: &str| self.session.spot(name).is_some();
            self.diff = self.diff.take().filter(|diff| here(&diff.names.0) && here(&diff.names.1));
            self.stories = Rc::new(fresh);
        }
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
        self.projector = Projector::default();
        let mut track = Track::default();
        self.seen = self.session.now();
        self.ahead = None;
        track.extend(&self.known, self.seen);
        self.track = Rc::new(track);
    }

    /// Puts another world in the place of this one, which is handed back.
    pub(super) fn replace(&mut self, session: Session) -> Session {
        self.pause();
        let before = std::mem::replace(&mut self.session, session);
        self.select(None);
        self.said_until = self.session.cluster().trace().len();
        self.forget_future_and_redraw();
        self.refresh();
        before
    }

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
