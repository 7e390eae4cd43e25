//! What a command says.

use crate::base::SimTime;
use crate::sim::Cluster;
use serde::{Deserialize, Serialize};

/// Who speaks in a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LineKind {
    /// The command's answer (its standard output).
    Out,
    /// An error (its standard error).
    Err,
    /// The lab's own remark.
    Note,
}

/// A line of text.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Who speaks.
    pub kind: LineKind,
    /// The text; may hold tabs.
    pub text: String,
}

impl Line {
    /// A line of an answer.
    #[must_use]
    pub fn out(text: impl Into<String>) -> Self {
        Self { kind: LineKind::Out, text: text.into() }
    }

    /// A line of an error.
    #[must_use]
    pub fn err(text: impl Into<String>) -> Self {
        Self { kind: LineKind::Err, text: text.into() }
    }

    /// A remark.
    #[must_use]
    pub fn note(text: impl Into<String>) -> Self {
        Self { kind: LineKind::Note, text: text.into() }
    }
}

/// How it went; the worst is the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Status {
    /// Well.
    #[default]
    Done,
    /// A Kafka tool ended with an error of its own, as it would at work.
    ToolFailed,
    /// An `expect` did not hold, or a `run until` ran out of time.
    Unmet,
    /// The line could not be understood or done.
    Bad,
}

impl Status {
    /// The exit status of a script that ended so.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Status::Done | Status::ToolFailed => 0,
            Status::Unmet => 1,
            Status::Bad => 2,
        }
    }
}

/// What came of a command, or of several.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// What was said.
    pub lines: Vec<Line>,
    /// Whether all went well.
    pub ok: bool,
    /// How it went.
    pub status: Status,
}

/// What a command waits for.
#[derive(Clone, Debug)]
pub struct Wait {
    deadline: Option<SimTime>,
    condition: super::job::Condition,
}

impl Wait {
    pub(super) fn new(deadline: Option<SimTime>, condition: super::job::Condition) -> Self {
        Self { deadline, condition }
    }

    /// Until when it waits at most; `None` for until it is interrupted.
    #[must_use]
    pub fn deadline(&self) -> Option<SimTime> {
        self.deadline
    }

    /// Whether it has waited long enough.
    #[must_use]
    pub fn is_over(&self, cluster: &Cluster) -> bool {
        self.deadline.is_some_and(|at| cluster.now() >= at) || self.condition.is_met(cluster)
    }
}

/// How far a command is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What was said since the last time.
    pub lines: Vec<Line>,
    /// What it waits for, or how it ended.
    pub state: State,
}

/// Whether a command goes on.
#[derive(Clone, Debug)]
pub enum State {
    /// It waits; let the world run until [`Wait::is_over`], then call [`super::Terminal::poll`].
    Waiting(Wait),
    /// It has ended.
    Ended(Status),
}
