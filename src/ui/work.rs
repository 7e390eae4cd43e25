//! Commands on the page: what is at once, and what takes time.
//!
//! A command that waits (a tool for its answer, `run 20s` for twenty seconds) leaves a [`Waiting`] behind. The page plays on, at the
//! speed that the person chose, and asks the command again when what it waits for has come. Two may wait at a time: one that was
//! typed, and one of the lesson's step. If the person goes back in time meanwhile, nothing is asked until the story
//! is where it was: a command must not act in a past that it has been through.

use super::App;
use super::dock::Entry;
use super::msg::DockTab;
use crate::base::SimTime;
use crate::command::{Line, Progress, State, Status, Wait};
use crate::lesson::Cue;
use std::rc::Rc;

/// So many answers stay in the terminal.
const MAX_ENTRIES: usize = 200;
/// How far to run for a command that would wait for ever.
const FAR: SimTime = SimTime::from_secs(60);

/// A command that waits.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) wait: Wait,
    /// Since when.
    pub(super) since: SimTime,
}

/// So long time goes on after a tool has its answer, so that the brokers hear of what it did.
const REST: SimTime = SimTime::from_ms(200);

/// What tells one story from another: its name, how much was done in it, how many were left, and how far it is told.
type Story = (String, usize, usize, u64);

impl App {
    /// Runs lines, as if they had been typed, and shows them with their answers in the terminal. With `at_once` nothing is played.
    pub(super) fn run(&mut self, lines: &str, at_once: bool) {
        // Twice, for a tool that says goodbye first.
        self.interrupt();
        self.interrupt();
        self.begin_work();
        let before = self.story();
        let entry = self.push_entry(lines.to_string());
        let makes_world = |line: &str| line.split_whitespace().next() == Some("cluster");
        let status = if self.in_lesson() && lines.lines().any(makes_world) {
            let words = "수업의 클러스터는 바꿀 수 없어요. 새 클러스터는 실험실에서 만들어 보세요.";
            self.say_in(entry, vec![Line::err(words)]);
            Status::Bad
        } else {
            let progress = self.terminal.start(&mut self.session, lines);
            self.typed_entry = entry;
            self.typed_tool = lines.trim_start().starts_with("kafka-");
            self.hear(progress)
        };
        // Whoever looks at the stories sees there what came of it.
        if self.tab != DockTab::Branches || status != Status::Done {
            self.tab = DockTab::Terminal;
        }
        self.said = match status {
            Status::Done | Status::ToolFailed => format!("실행: {}", lines.lines().next().unwrap_or_default()).into(),
            Status::Unmet | Status::Bad => "명령을 실행하지 못했어요. 터미널을 확인해 주세요.".into(),
        };
        self.tell_apart(before);
        if at_once {
            self.finish();
        }
        self.after_work();
    }

    /// Before something is run: afterwards time goes on only if it does now.
    pub(super) fn begin_work(&mut self) {
        if !self.is_waiting() {
            self.plays_on = self.playing.is_some();
        }
    }

    /// Time goes on while something waits, and stops when nothing does, unless it went on before.
    pub(super) fn after_work(&mut self) {
        match (self.is_waiting(), self.playing.is_some()) {
            (true, false) => self.play(),
            (false, true) if !self.plays_on => self.pause(),
            _ => {}
        }
        self.refresh();
        if !self.is_waiting() {
            self.keep_session();
        }
    }

    /// Whether a command waits, typed or of the lesson.
    pub(super) fn is_waiting(&self) -> bool {
        self.waits().next().is_some() || self.is_resting()
    }

    fn is_resting(&self) -> bool {
        self.rest.is_some_and(|until| self.session.now() < until)
    }

    /// What is waited for.
    pub(super) fn waits(&self) -> impl Iterator<Item = Waiting> {
        let lesson = self.learning.as_ref().filter(|_| self.in_lesson()).and_then(|learning| learning.waiting());
        self.typed.clone().into_iter().chain(lesson)
    }

    /// When the next thing that is waited for is over at the latest.
    pub(super) fn next_deadline(&self) -> Option<SimTime> {
        self.waits().filter_map(|waiting| waiting.wait.deadline()).chain(self.rest.filter(|_| self.is_resting())).min()
    }

    /// Lets the world run to `limit`, and asks whoever waited as soon as what it waited for has come.
    pub(super) fn pass(&mut self, limit: SimTime) {
        loop {
            let now = self.session.now();
            let waits: Vec<Waiting> = self.waits().collect();
            let later = waits.iter().map(|waiting| waiting.since).filter(|since| *since > now);
            let deadlines = waits.iter().filter_map(|waiting| waiting.wait.deadline()).filter(|at| *at > now);
            let until = later.chain(deadlines).chain([limit]).min().unwrap_or(limit).max(now);
            let ready = |at: SimTime, waiting: &&Waiting| waiting.since <= at;
            let over = self.session.run_until(until, |cluster| {
                waits.iter().filter(|w| ready(cluster.now(), w)).any(|w| w.wait.is_over(cluster))
            });
            if over {
                self.attend();
                if self.waits().next().is_none() && !self.plays_on {
                    return;
                }
            } else if self.session.now() >= limit {
                return;
            }
        }
    }

    /// Asks those whose waiting is over.
    fn attend(&mut self) {
        let before = self.story();
        let now = self.session.now();
        let is_over = |w: &Waiting, app: &Self| w.since <= now && w.wait.is_over(app.session.cluster());
        if self.typed.as_ref().is_some_and(|w| is_over(w, self)) {
            let progress = self.terminal.poll(&mut self.session);
            self.hear(progress);
        }
        let lesson = self.learning.as_ref().filter(|_| self.in_lesson()).and_then(|learning| learning.waiting());
        if lesson.is_some_and(|w| is_over(&w, self)) {
            self.go_on_with_step();
        }
        self.tell_apart(before);
    }

    /// Takes in what the terminal answered.
    fn hear(&mut self, progress: Progress) -> Status {
        self.say_in(self.typed_entry, progress.lines);
        let ended = matches!(progress.state, State::Ended(_)) && self.typed.is_some();
        self.rest = (ended && self.typed_tool).then_some(self.session.now() + REST);
        let (waiting, status) = match progress.state {
            State::Waiting(wait) => (Some(Waiting { wait, since: self.session.now() }), Status::Done),
            State::Ended(status) => (None, status),
        };
        self.typed = waiting;
        status
    }

    /// Runs the step's commands up to where one waits, or all are done.
    pub(super) fn go_on_with_step(&mut self) {
        let before = self.story();
        while let Some(learning) = &mut self.learning {
            let cue = learning.player.cue();
            match &cue {
                Cue::Play(wait) if !wait.is_over(self.session.cluster()) => {
                    learning.since = self.session.now();
                    break;
                }
                Cue::Ask | Cue::Done => {
                    learning.running = false;
                    break;
                }
                Cue::Command(_) | Cue::Play(_) => {}
            }
            if let Cue::Command(shown) = cue {
                let typed = learning.player.step().commands.iter().find(|line| line.shown() == shown);
                let typed = typed.map_or(shown, |line| line.source());
                let entry = self.push_entry(typed);
                self.learning.iter_mut().for_each(|learning| learning.entry = entry);
            }
            let Some(learning) = &mut self.learning else { break };
            let (lines, entry) = (learning.player.go(&mut self.session), learning.entry);
            self.say_in(entry, lines);
        }
        self.tell_apart(before);
    }

    /// Lets everything that waits come to its end, at once; what would wait for ever is interrupted.
    pub(super) fn finish(&mut self) {
        self.plays_on = false;
        loop {
            let Some(waiting) = self.waits().next() else { break };
            let Some(deadline) = waiting.wait.deadline() else {
                self.pass(self.session.now().max(waiting.since) + FAR);
                self.interrupt();
                break;
            };
            self.pass(deadline.max(waiting.since));
        }
        if let Some(until) = self.rest.take() {
            self.pass(until);
        }
        self.after_work();
    }

    /// Ends the typed command that waits, as Ctrl-C does.
    pub(super) fn interrupt(&mut self) {
        self.rest = None;
        if self.typed.is_none() {
            return;
        }
        let before = self.story();
        let progress = self.terminal.interrupt(&mut self.session);
        self.hear(progress);
        self.rest = None;
        self.tell_apart(before);
        if !self.is_waiting() && !self.plays_on {
            self.pause();
        }
    }

    fn story(&self) -> Story {
        let session = &self.session;
        let name = session.story().name().to_owned();
        (name, session.actions().len(), session.branches().len(), session.head().trace().len())
    }

    /// After something was done: if it is another story now, the old one's future is forgotten.
    fn tell_apart(&mut self, before: Story) {
        let (name, actions, branches, told) = self.story();
        if (name, actions, branches) != (before.0, before.1, before.2) || told < before.3 {
            self.forget_future_and_redraw();
        }
    }

    /// A new entry of the terminal; its number.
    fn push_entry(&mut self, command: String) -> u32 {
        let id = self.next_entry;
        self.next_entry += 1;
        let entries = Rc::make_mut(&mut self.entries);
        entries.push(Rc::new(Entry { id, command, lines: Vec::new() }));
        if entries.len() > MAX_ENTRIES {
            entries.remove(0);
        }
        id
    }

    fn say_in(&mut self, id: u32, lines: Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        let entries = Rc::make_mut(&mut self.entries);
        if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.id == id) {
            Rc::make_mut(entry).lines.extend(lines);
        }
    }
}
