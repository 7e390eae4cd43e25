//! What is wrong with a lesson's file: where, what, and how to mend it.

use std::fmt;

/// What is wrong with a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub fix: String,
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}행: {} {}", self.file, self.line, self.message, self.fix)
    }
}

impl std::error::Error for LessonError {}

/// Something wrong at a line of a file whose name is not known here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) fix: String,
}

impl Flaw {
    pub(super) fn new(line: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { line, message: message.into(), fix: fix.into() }
    }

    pub(super) fn of(self, file: &str) -> LessonError {
        LessonError { file: file.into(), line: self.line, message: self.message, fix: self.fix }
    }
}
