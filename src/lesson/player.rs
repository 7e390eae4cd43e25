//! Leads a person through a lesson.
//!
//! The player knows what comes next ([`Player::cue`]) and does it ([`Player::go`]); it never lets time pass by itself. On the page the world is
//! played between two cues; [`Player::advance`] is the same thing at once, for tests. What a person has done so far is plain data
//! ([`PlayerState`]) that a page can keep.

use super::error::Flaw;
use super::{Lesson, LessonError, Step};
use crate::command::{Line, Progress, State, Terminal, Wait, latest_cause};
use crate::sim::{ClusterConfig, Moment, Session};
use crate::trace::EventSeq;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What comes next.
#[derive(Clone, Debug)]
pub enum Cue {
    /// The step's prediction is to be answered: [`Player::predict`].
    Ask,
    /// This command is to be run: [`Player::go`].
    Command(String),
    /// Time is to pass until the wait is over: let the session run with [`Session::run_until`] and [`Wait::is_over`], then [`Player::go`].
    Play(Wait),
    /// The step's commands have all been run; goals may be left to reach. Then [`Player::next_step`].
    Done,
}

/// What became of a prediction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The option that was chosen, from 0.
    pub chosen: usize,
    /// The option that turned out right; `None` if the world was changed so that not exactly one did.
    pub right: Option<usize>,
    /// Why, in Markdown.
    pub explanation: String,
    /// The event that shows it.
    pub event: Option<EventSeq>,
}

/// What a person has done in a step.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct StepState {
    /// Where in the story it was entered.
    entered: Moment,
    /// How many of its commands have been begun.
    begun: usize,
    chosen: Option<usize>,
    verdict: Option<Verdict>,
    hints: usize,
}

/// What a person has done in a lesson: plain data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlayerState {
    /// The lesson's id.
    pub lesson: String,
    step: usize,
    steps: Vec<StepState>,
}

/// Leads a person through a lesson.
pub struct Player {
    lesson: Rc<Lesson>,
    state: PlayerState,
    terminal: Terminal,
    waiting: Option<Wait>,
}

impl Player {
    /// Begins a lesson: its world, as its setup leaves it.
    ///
    /// # Errors
    /// If its cluster or setup fails.
    pub fn start(lesson: &Rc<Lesson>) -> Result<(Self, Session), LessonError> {
        let fail =
            |message: String| Flaw::new(1, message, "cluster 머리글과 setup 블록을 고쳐 주세요.").of(&lesson.file);
        let mut session = Session::new(ClusterConfig::default()).map_err(|error| fail(error.to_string()))?;
        let mut terminal = Terminal::default();
        for script in [&lesson.cluster, &lesson.setup] {
            let output = terminal.execute_strictly(&mut session, script);
            if !output.ok {
                let said: Vec<String> = output.lines.into_iter().map(|line| line.text).collect();
                return Err(fail(said.join(" ")));
            }
        }
        let steps = vec![StepState { entered: session.moment(), ..StepState::default() }];
        let state = PlayerState { lesson: lesson.id.clone(), step: 0, steps };
        Ok((Self { lesson: lesson.clone(), state, terminal, waiting: None }, session))
    }

    /// Takes a lesson up again where it was left, in the session that was kept with it. If a step's commands were being run, the step begins anew
    /// with the next [`Self::go`]; call [`Self::back`] to have the world there too.
    ///
    /// # Errors
    /// If the state is not one of this lesson.
    pub fn resume(lesson: &Rc<Lesson>, mut state: PlayerState) -> Result<Self, LessonError> {
        let fits =
            state.lesson == lesson.id && state.step < state.steps.len() && state.steps.len() <= lesson.steps.len();
        if !fits {
            return Err(Flaw::new(1, "다른 수업의 기록이에요.", "수업을 처음부터 시작해 주세요.").of(&lesson.file));
        }
        let step = &mut state.steps[state.step];
        if step.begun < lesson.steps[state.step].commands.len() {
            step.begun = 0;
        }
        Ok(Self { lesson: lesson.clone(), state, terminal: Terminal::default(), waiting: None })
    }

    /// What has been done so far, to be kept.
    #[must_use]
    pub fn state(&self) -> &PlayerState {
        &self.state
    }

    /// The lesson.
    #[must_use]
    pub fn lesson(&self) -> &Rc<Lesson> {
        &self.lesson
    }

    /// Which step this is, from 0.
    #[must_use]
    pub fn step_index(&self) -> usize {
        self.state.step
    }

    /// The step.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.lesson.steps[self.state.step]
    }

    fn here(&self) -> &StepState {
        &self.state.steps[self.state.step]
    }

    fn here_mut(&mut self) -> &mut StepState {
        &mut self.state.steps[self.state.step]
    }

    /// What comes next.
    #[must_use]
    pub fn cue(&self) -> Cue {
        if let Some(wait) = &self.waiting {
            return Cue::Play(wait.clone());
        }
        if self.step().prediction.is_some() && self.here().chosen.is_none() {
            return Cue::Ask;
        }
        match self.step().commands.get(self.here().begun) {
            Some(line) => Cue::Command(line.shown().into()),
            None => Cue::Done,
        }
    }

    /// Answers the step's prediction. Before the run only.
    pub fn predict(&mut self, option: usize) {
        let options = self.step().prediction.as_ref().map_or(0, |prediction| prediction.options.len());
        if option < options && self.here().begun == 0 {
            self.here_mut().chosen = Some(option);
        }
    }

    /// The option chosen for the step's prediction.
    #[must_use]
    pub fn chosen(&self) -> Option<usize> {
        self.here().chosen
    }

    /// What became of the step's prediction, once its commands have run.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.here().verdict.as_ref()
    }

    /// Does what the cue says: begins the next command, or goes on with the one that waited, if its wait is over. Returns what was said.
    pub fn go(&mut self, session: &mut Session) -> Vec<Line> {
        match self.cue() {
            Cue::Ask | Cue::Done => Vec::new(),
            Cue::Play(_) => {
                let progress = self.terminal.poll(session);
                self.take_in(progress, session)
            }
            Cue::Command(_) => {
                let line = self.step().commands[self.here().begun].clone();
                self.here_mut().begun += 1;
                let progress = self.terminal.start_strictly(session, &line.source());
                self.take_in(progress, session)
            }
        }
    }

    fn take_in(&mut self, progress: Progress, session: &Session) -> Vec<Line> {
        self.waiting = match progress.state {
            State::Waiting(wait) => Some(wait),
            // Lessons' commands are tested; if the person changed the world so that one cannot be done, the rest still may.
            State::Ended(_) => None,
        };
        if matches!(self.cue(), Cue::Done) {
            self.judge(session);
        }
        progress.lines
    }

    fn judge(&mut self, session: &Session) {
        let (Some(prediction), Some(chosen)) = (&self.step().prediction, self.here().chosen) else { return };
        let holds = |option: &super::Choice| option.predicate.holds(session.cluster()) == Ok(true);
        let mut right = (0..).zip(&prediction.options).filter(|(_, option)| holds(option)).map(|(place, _)| place);
        let only = match (right.next(), right.next()) {
            (Some(place), None) => Some(place),
            _ => None,
        };
        let event = prediction.event.as_ref().and_then(|(tp, what)| latest_cause(session.cluster(), tp, what));
        let verdict = Verdict { chosen, right: only, explanation: prediction.explanation.clone(), event };
        self.here_mut().verdict = Some(verdict);
    }

    /// Runs all of the step's commands at once, as far as that goes without an answer. Returns what was said.
    pub fn advance(&mut self, session: &mut Session) -> Vec<Line> {
        let mut lines = Vec::new();
        loop {
            match self.cue() {
                Cue::Ask | Cue::Done => return lines,
                Cue::Command(_) => {}
                Cue::Play(wait) => {
                    let Some(deadline) = wait.deadline() else { return lines };
                    session.run_until(deadline, |cluster| wait.is_over(cluster));
                }
            }
            lines.extend(self.go(session));
        }
    }

    /// How each of the step's goals stands.
    #[must_use]
    pub fn goals(&self, session: &Session) -> Vec<bool> {
        self.step().goals.iter().map(|goal| goal.predicate.holds(session.cluster()) == Ok(true)).collect()
    }

    /// Whether the step has been run and its goals are reached.
    #[must_use]
    pub fn is_passed(&self, session: &Session) -> bool {
        matches!(self.cue(), Cue::Done) && self.goals(session).into_iter().all(|reached| reached)
    }

    /// The hints shown so far.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.step().hints[..self.here().hints.min(self.step().hints.len())]
    }

    /// Shows the next hint.
    pub fn hint(&mut self) {
        self.here_mut().hints = (self.here().hints + 1).min(self.step().hints.len());
    }

    /// Goes on to the next step. False at the last one, and while a command of this one waits.
    pub fn next_step(&mut self, session: &Session) -> bool {
        if self.waiting.is_some() || self.state.step + 1 >= self.lesson.steps.len() {
            return false;
        }
        self.state.step += 1;
        self.state.steps.truncate(self.state.step);
        self.state.steps.push(StepState { entered: session.moment(), ..StepState::default() });
        true
    }

    /// Whether nothing has been done in this step, and no time has passed.
    #[must_use]
    pub fn is_untouched(&self, session: &Session) -> bool {
        self.here().begun == 0 && self.here().entered == session.moment()
    }

    /// Before a step is run: comes back from an earlier moment, if the person has gone there to look.
    pub fn return_to_entry(&self, session: &mut Session) {
        let entered = self.here().entered;
        if self.here().begun == 0 && session.now() < entered.at {
            session.return_to(entered);
        }
    }

    /// Goes back to where this step began, or, if nothing has happened in it, to where the one before began.
    pub fn back(&mut self, session: &mut Session) {
        if self.waiting.take().is_some() {
            self.terminal = Terminal::default();
        }
        if self.is_untouched(session) && self.state.step > 0 {
            self.state.steps.pop();
            self.state.step -= 1;
        }
        let hints = self.here().hints;
        let entered = self.here().entered;
        *self.here_mut() = StepState { entered, hints, ..StepState::default() };
        session.return_to(entered);
    }
}
