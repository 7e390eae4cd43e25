//! The part of the address behind `#`: which page of the page is open.

use std::fmt;

/// Where in the page one is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Route {
    /// The list of lessons.
    #[default]
    Lessons,
    /// A lesson, by its id; it may not exist.
    Lesson(String),
    /// The free lab.
    Lab,
}

impl Route {
    /// Reads the fragment of an address; what is unknown leads to the list of lessons.
    #[must_use]
    pub fn parse(hash: &str) -> Self {
        match hash.trim_start_matches('#').trim_matches('/').split_once('/') {
            Some(("lesson", id)) if !id.is_empty() => Self::Lesson(id.to_string()),
            None if hash.trim_start_matches('#').trim_matches('/') == "lab" => Self::Lab,
            _ => Self::Lessons,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lessons => f.write_str("#/lesson"),
            Self::Lesson(id) => write!(f, "#/lesson/{id}"),
            Self::Lab => f.write_str("#/lab"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for route in [Route::Lessons, Route::Lesson("a5".into()), Route::Lab] {
            assert_eq!(Route::parse(&route.to_string()), route);
        }
        assert_eq!(Route::parse(""), Route::Lessons);
        assert_eq!(Route::parse("#/nowhere"), Route::Lessons);
    }
}
