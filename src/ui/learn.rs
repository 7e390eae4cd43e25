//! Being in a lesson: its player, the world that belongs to it, and what the panel shows of both.
//!
//! A lesson has a world of its own. While one looks into the lab it is put aside, as the lab's is during a lesson, so that
//! neither disturbs the other.

use super::App;
use super::browser::{self, Slot};
use super::lesson::{LessonView, Phase};
use super::msg::{DockTab, LessonMsg, Panel};
use super::notice::Notice;
use super::route::Route;
use super::work::Waiting;
use super::world::{open_lab, open_lesson};
use crate::base::SimTime;
use crate::lesson::{Cue, Player};
use crate::sim::Session;
use std::rc::Rc;

/// A lesson under way.
pub(super) struct Learning {
    pub(super) player: Player,
    /// The step's commands are being run.
    pub(super) running: bool,
    /// When the command that waits began to wait.
    pub(super) since: SimTime,
    /// The number of the terminal's entry that its answers go to.
    pub(super) entry: u32,
    /// Its world, while another is shown.
    away: Option<Session>,
}

impl Learning {
    pub(super) fn new(player: Player) -> Self {
        Self { player, running: false, since: SimTime::ZERO, entry: 0, away: None }
    }

    /// What the step's command waits for.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        match self.player.cue() {
            Cue::Play(wait) if self.running => Some(Waiting { wait, since: self.since }),
            _ => None,
        }
    }
}

impl App {
    /// Whether the world shown is the lesson's.
    pub(super) fn in_lesson(&self) -> bool {
        self.learning.as_ref().is_some_and(|learning| learning.away.is_none())
    }

    /// Goes where the address leads.
    pub(super) fn enter(&mut self, route: Route) {
        self.notices.retain(|notice| !matches!(notice, Notice::NoSuchLesson(_)));
        match &route {
            Route::Lab => self.go_to_lab(),
            Route::Lesson(id) => self.go_to_lesson(id),
            Route::Lessons => {}
        }
        self.side = if route == Route::Lab { Panel::Inspector } else { Panel::Lesson };
        self.route = route;
        self.show_lesson();
    }

    fn go_to_lab(&mut self) {
        if !self.in_lesson() {
            return;
        }
        self.leave_world();
        let lab = self.lab.take().unwrap_or_else(|| {
            let (session, _, notice) = open_lab();
            self.notices.extend(notice);
            session
        });
        browser::forget(Slot::Opening);
        let lesson = self.replace(lab);
        if let Some(learning) = &mut self.learning {
            learning.away = Some(lesson);
        }
    }

    fn go_to_lesson(&mut self, id: &str) {
        if let Some(learning) = self.learning.as_mut().filter(|learning| learning.player.lesson().id == id) {
            if let Some(session) = learning.away.take() {
                self.leave_world();
                self.lab = Some(self.replace(session));
            }
            return;
        }
        self.leave_world();
        let Some((learning, session, notice)) = open_lesson(id) else {
            self.notices.push(Notice::NoSuchLesson(id.into()));
            return;
        };
        browser::forget(Slot::Opening);
        self.notices.extend(notice);
        let from_lab = !self.in_lesson();
        let before = self.replace(session);
        if from_lab {
            self.lab = Some(before);
        }
        self.learning = Some(learning);
    }

    /// Before another world is shown: what waits for this one is over, and it is kept.
    fn leave_world(&mut self) {
        self.interrupt();
        self.pause();
        self.keep_session();
    }

    /// Keeps the session for the next visit, and how far one is in the lesson with it.
    pub(super) fn keep_session(&self) {
        let text = self.session.save();
        match self.learning.as_ref().filter(|_| self.in_lesson()) {
            Some(learning) => {
                let state = serde_json::to_string(learning.player.state()).unwrap_or_default();
                browser::keep(Slot::Lesson(&learning.player.lesson().id), &format!("{state}\n{text}"));
            }
            None => browser::keep(Slot::Session, &text),
        }
    }

    /// Something was pressed in the lesson.
    pub(super) fn learn(&mut self, msg: LessonMsg) {
        let before = self.session.cluster().trace().len();
        let Some(learning) = &mut self.learning else { return };
        let session = &mut self.session;
        match msg {
            LessonMsg::Predict(option) => learning.player.predict(option),
            LessonMsg::Hint => learning.player.hint(),
            LessonMsg::Run => return self.run_step(),
            LessonMsg::Next => {
                // One may have gone back to look: the next step begins where this one has come to.
                let here = session.moment();
                session.seek(session.end());
                if !learning.player.is_passed(session) {
                    session.return_to(here);
                }
                learning.player.next_step(session);
            }
            LessonMsg::Again => learning.player.back(session),
            LessonMsg::Back => {
                if !learning.player.is_untouched(session) {
                    learning.player.back(session);
                }
                learning.player.back(session);
            }
        }
        if matches!(msg, LessonMsg::Next | LessonMsg::Again | LessonMsg::Back) {
            learning.running = false;
            self.interrupt();
            self.pause();
            self.tab = DockTab::Terminal;
            self.moved_from(before);
            self.keep_session();
        }
        self.show_lesson();
    }

    fn run_step(&mut self) {
        let Some(learning) = &mut self.learning else { return };
        learning.player.return_to_entry(&mut self.session);
        learning.running = true;
        self.tab = DockTab::Terminal;
        browser::show_stage();
        self.begin_work();
        self.go_on_with_step();
        self.after_work();
    }

    /// What the panel shows, made anew where it changed.
    pub(super) fn show_lesson(&mut self) {
        let wanted = matches!(self.route, Route::Lesson(_)) && self.in_lesson();
        let view = self.learning.as_ref().filter(|_| wanted).map(|learning| lesson_view(learning, &self.session));
        if view.as_ref() != self.lesson.as_deref() {
            self.lesson = view.map(Rc::new);
        }
    }
}

fn lesson_view(learning: &Learning, session: &Session) -> LessonView {
    let player = &learning.player;
    LessonView {
        lesson: player.lesson().clone(),
        step: player.step_index(),
        chosen: player.chosen(),
        verdict: player.verdict().cloned(),
        goals: player.goals(session),
        hints: player.hints().len(),
        phase: match player.cue() {
            Cue::Ask => Phase::Asking,
            _ if learning.running => Phase::Running,
            Cue::Command(_) | Cue::Play(_) => Phase::Ready,
            Cue::Done => Phase::Done,
        },
        touched: !player.is_untouched(session),
        passed: player.is_passed(session),
    }
}
