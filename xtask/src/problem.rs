//! What went wrong, and how to go on.
//!
//! A tool that fails on somebody else's machine owes them two sentences: what it tried that did not work, and what they can
//! do. `Problem` has a place for both.

use std::fmt;

/// The result of everything here that touches the outside world.
pub type Outcome<T> = Result<T, Problem>;

/// A failure, in words for the person at the terminal.
#[derive(Debug)]
pub struct Problem {
    what: String,
    hint: Option<String>,
}

impl Problem {
    /// `what` says what was tried, on what, and what came of it.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// How to go on.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  → {hint}"),
            None => Ok(()),
        }
    }
}
