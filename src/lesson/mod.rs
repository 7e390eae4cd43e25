//! Study scenarios.
//!
//! A lesson is a Markdown file (`ko/*.md`; `docs` of the format in [`read`](mod@read)): prose, and fenced blocks with commands to run, a prediction to ask
//! for, goals to reach. Nothing in it is an answer key. Which option of a prediction is right is found out from the run, by the
//! predicate that stands beside each option; whether a goal is reached is asked of the world. So a lesson cannot say anything that the
//! model does not do, and the tests play every one of them to its end.
//!
//! The rooms: `read` and `blocks` turn a file into a [`Lesson`]; `catalog` holds them all; `player` leads a person through one.

mod blocks;
mod catalog;
mod error;
mod front;
mod player;
pub mod read;

pub use catalog::{catalog, find};
pub use error::LessonError;
pub use player::{Cue, Player, PlayerState, Verdict};
pub use read::read;

use crate::command::{Predicate, ScriptLine};

/// A lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its file, for errors.
    pub file: String,
    /// Its id, as in links: `a5`.
    pub id: String,
    /// The track that it belongs to.
    pub track: String,
    /// Its title.
    pub title: String,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// The study questions that it answers: `q14`, `000§5`.
    pub answers: Vec<String>,
    /// The settings and KIPs that it speaks of.
    pub sources: Vec<String>,
    /// The command that makes its world.
    pub cluster: String,
    /// What is done before it begins.
    pub setup: String,
    /// Its steps, at least one.
    pub steps: Vec<Step>,
}

/// A step of a lesson.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its heading.
    pub title: String,
    /// The line of its heading in the file, from 1.
    pub line: usize,
    /// What is told, in Markdown.
    pub prose: String,
    /// What is asked before anything is run.
    pub prediction: Option<Prediction>,
    /// What is run.
    pub commands: Vec<ScriptLine>,
    /// What its prose takes for granted once all has been run; never shown, but tested.
    pub checks: Vec<Predicate>,
    /// What is told once all has been run, in Markdown.
    pub after: Option<String>,
    /// What the person is to bring about.
    pub goals: Vec<Goal>,
    /// Help, the faintest first.
    pub hints: Vec<String>,
    /// Commands that reach the goals: the first is the one to show, the others are other ways.
    pub solutions: Vec<String>,
    /// Commands that one may well try, and that do not reach the goals.
    pub wrong: Vec<String>,
    /// For whoever wants to know more, in Markdown.
    pub more: Option<String>,
}

/// A question, to be answered before the run shows it.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// The question.
    pub question: String,
    /// What one may answer, at least two.
    pub options: Vec<Choice>,
    /// Why it is so, in Markdown.
    pub explanation: String,
    /// The event that shows it: a partition and `hw`, `isr` or `leader`, as `why` takes it.
    pub event: Option<(crate::base::TopicPartition, String)>,
}

/// One answer to a prediction.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The answer.
    pub text: String,
    /// What holds after the run if it is right.
    pub predicate: Predicate,
}

/// Something to bring about.
#[derive(Clone, Debug)]
pub struct Goal {
    /// What.
    pub text: String,
    /// What holds once it is so.
    pub predicate: Predicate,
}
