//! What a command looks like, as data: what is parsed, what `help` prints and what the page completes come from one table, `lexicon`.
//!
//! A command has *forms*. A form's pattern names what must stand after the command: words in small letters stand for themselves,
//! words in capitals for what one fills in, `...` for as many of them as there are, and `…` takes all the rest of the line as it is. Flags may
//! stand anywhere. A form or flag without a handler is known but not modelled yet, and is refused by name rather than ignored.

use super::Problem;
use super::call::Call;
use super::job::Reply;
use crate::sim::Session;

/// What does a command.
pub(super) type Handler = fn(&Call, &mut Session) -> Result<Reply, Problem>;

/// A flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name with the dashes.
    pub name: &'static str,
    /// What stands after it; `None` for a flag that stands alone.
    pub value: Option<&'static str>,
    /// What it does, in Korean.
    pub help: &'static str,
    /// Whether it may stand more than once.
    pub repeats: bool,
    /// Whether it is modelled.
    pub modelled: bool,
}

impl Flag {
    pub(super) const fn of(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, value: Some(value), help, repeats: false, modelled: true }
    }

    pub(super) const fn many(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { repeats: true, ..Self::of(name, value, help) }
    }

    pub(super) const fn alone(name: &'static str, help: &'static str) -> Self {
        Self { name, value: None, help, repeats: false, modelled: true }
    }

    pub(super) const fn not_yet(name: &'static str) -> Self {
        Self { name, value: None, help: "아직 없어요", repeats: true, modelled: false }
    }
}

/// One way to write a command.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// What stands after the command.
    pub pattern: &'static str,
    /// What it does, in Korean.
    pub help: &'static str,
    /// Its flags.
    pub flags: &'static [Flag],
    /// Whether it reads lines of input.
    pub reads: bool,
    pub(super) run: Option<Handler>,
}

impl Form {
    pub(super) const fn new(pattern: &'static str, help: &'static str, flags: &'static [Flag], run: Handler) -> Self {
        Self { pattern, help, flags, reads: false, run: Some(run) }
    }

    pub(super) const fn not_yet(pattern: &'static str) -> Self {
        Self { pattern, help: "아직 없어요", flags: &[], reads: false, run: None }
    }

    /// Whether it is modelled.
    #[must_use]
    pub fn is_modelled(&self) -> bool {
        self.run.is_some()
    }

    /// The parts of its pattern.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.pattern.split_whitespace()
    }
}

/// What a command is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One of Kafka's own tools.
    Tool,
    /// Looks at a broker's files.
    File,
    /// Changes the world.
    World,
    /// Runs clients.
    Client,
    /// Goes through time.
    Time,
    /// Asks.
    Ask,
}

impl Kind {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [Kind; 6] = [Kind::Tool, Kind::File, Kind::World, Kind::Client, Kind::Time, Kind::Ask];

    /// A heading, in Korean.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Kind::Tool => "카프카 도구",
            Kind::File => "브로커의 파일",
            Kind::World => "클러스터",
            Kind::Client => "클라이언트",
            Kind::Time => "시간",
            Kind::Ask => "질문",
        }
    }
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// What it does, in Korean.
    pub help: &'static str,
    /// The ways to write it.
    pub forms: &'static [Form],
}
