//! All lessons.

use super::{Lesson, LessonError, read};
use std::rc::Rc;

/// The files, in the order of the curriculum.
const FILES: &[(&str, &str)] = &[("a5.md", include_str!("ko/a5.md"))];

/// All lessons, in the order of the curriculum.
///
/// # Errors
/// If one of the files is wrong; the tests see to it that none is.
pub fn catalog() -> Result<Vec<Rc<Lesson>>, LessonError> {
    FILES.iter().map(|(file, text)| read(file, text).map(Rc::new)).collect()
}

/// The lesson with this id.
#[must_use]
pub fn find(id: &str) -> Option<Rc<Lesson>> {
    catalog().ok()?.into_iter().find(|lesson| lesson.id == id)
}
