//! Time travel: a world with all of its stories.
//!
//! A session is how a world began, and one or more stories ([`Story`]) of what was done to it. One of them is being told; the others are
//! its *branches*. A person forks a story on purpose, to see what would have come of something else, or by acting in the past: then the
//! old story stays as a branch, and another begins under a name of its own. A *mark* names a moment of a story. Nothing is recorded but
//! causes, so a saved session is lists of actions and grows with what people do, not with what happens.

use super::story::{Moment, Place, Recorded, Story};
use super::{Action, ActionError, Cluster, ClusterConfig, ConfigError};
use crate::base::SimTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What saved sessions say they are.
const FORMAT: &str = "kafkascope-session-1";
/// The name of the first story.
const FIRST: &str = "main";

fn first_name() -> String {
    FIRST.into()
}

/// A name for a moment of a story.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Its name.
    pub name: String,
    /// The story's name.
    pub story: String,
    /// The moment.
    pub moment: Moment,
}

/// A place that has a name in this session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spot {
    /// Where one is.
    Here,
    /// The end of a story.
    EndOf(String),
    /// A moment of a story, all of which has happened.
    At(String, SimTime),
    /// A marked moment.
    Marked(String),
}

/// A name is taken already, by a story or a mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameTaken(pub String);

/// A world with its history.
#[derive(Clone, Debug)]
pub struct Session {
    config: ClusterConfig,
    story: Story,
    branches: Vec<Story>,
    marks: Vec<Mark>,
}

/// What a story that is not being told looks like when it is saved.
#[derive(Serialize, Deserialize)]
struct SavedBranch {
    #[serde(default)]
    name: String,
    from: SimTime,
    actions: Vec<Recorded>,
    end: SimTime,
}

/// What a session looks like when it is saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    config: ClusterConfig,
    #[serde(default = "first_name")]
    name: String,
    #[serde(default)]
    from: SimTime,
    actions: Vec<Recorded>,
    at: SimTime,
    end: SimTime,
    branches: Vec<SavedBranch>,
    #[serde(default)]
    marks: Vec<Mark>,
}

/// Why a saved session could not be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadError {
    /// It is no session: what is wrong, and where.
    Malformed(String),
    /// It was saved by another version.
    Format(String),
    /// Its world cannot begin.
    Config(ConfigError),
    /// One of its actions cannot be done.
    Action {
        /// Which, from 1.
        number: usize,
        /// Why.
        error: ActionError,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Malformed(what) => write!(f, "세션 파일의 형식이 올바르지 않아요: {what}"),
            LoadError::Format(format) => write!(f, "이 판에서는 열 수 없는 세션이에요: {format}"),
            LoadError::Config(error) => write!(f, "세션의 클러스터를 만들 수 없어요: {error}"),
            LoadError::Action { number, error } => write!(f, "세션의 {number}번째 동작을 되풀이할 수 없어요: {error}"),
        }
    }
}

impl Session {
    /// A new world.
    ///
    /// # Errors
    /// If the configuration is refused.
    pub fn new(config: ClusterConfig) -> Result<Self, ConfigError> {
        let story = Story::new(FIRST, Cluster::new(config.clone())?);
        Ok(Self { config, story, branches: Vec::new(), marks: Vec::new() })
    }

    /// The world at this moment.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        self.story.cluster()
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.cluster().now()
    }

    /// The world at the farthest moment of this story; its trace holds the known future too.
    #[must_use]
    pub fn head(&self) -> &Cluster {
        self.story.head()
    }

    /// The farthest moment of this story.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.story.end()
    }

    /// What was done in this story, the future included.
    #[must_use]
    pub fn actions(&self) -> &[Recorded] {
        self.story.actions()
    }

    /// The story that is being told.
    #[must_use]
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// The other stories, in the order in which they were left.
    #[must_use]
    pub fn branches(&self) -> &[Story] {
        &self.branches
    }

    /// The moments that have names.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Does something now. If this is not the end of the story, another begins here.
    ///
    /// # Errors
    /// If it cannot be done; then nothing has changed.
    pub fn act(&mut self, action: Action) -> Result<(), ActionError> {
        let changed = self.story.try_out(&action)?;
        self.leave_future();
        self.story.record(action, changed);
        Ok(())
    }

    /// Forgets the future, if one is known; if anything was done or marked in it, the story as it is stays as a branch.
    fn leave_future(&mut self) {
        if !self.story.has_future() {
            return;
        }
        let here = self.story.moment();
        let marked = self.marks.iter().any(|mark| mark.story == self.story.name && mark.moment > here);
        if marked || self.story.has_future_actions() {
            self.begin_branch(self.next_name(&self.story.name));
        }
        self.story.forget_future();
    }

    /// Keeps the story as it is, and goes on here in another.
    fn begin_branch(&mut self, name: String) {
        let mut left = self.story.clone();
        left.leave();
        self.branches.push(left);
        (self.story.name, self.story.from) = (name, self.now());
    }

    /// A name for a story that goes on where another was left: `main`, `main-2`, `main-3`.
    fn next_name(&self, of: &str) -> String {
        let (stem, number) = of.rsplit_once('-').unwrap_or((of, ""));
        let stem = if number.parse::<u32>().is_ok() { stem } else { of };
        let mut names = (2_u32..).map(|number| format!("{stem}-{number}"));
        names.find(|name| !self.is_taken(name)).expect("there are more numbers than names")
    }

    fn is_taken(&self, name: &str) -> bool {
        self.stories().any(|story| story.name == name) || self.marks.iter().any(|mark| mark.name == name)
    }

    /// All stories, the one that is being told first.
    pub fn stories(&self) -> impl Iterator<Item = &Story> {
        std::iter::once(&self.story).chain(&self.branches)
    }

    /// Begins another story here, which has the past in common with the one that is left.
    ///
    /// # Errors
    /// If there is a story or mark of that name.
    pub fn fork(&mut self, name: &str) -> Result<(), NameTaken> {
        if self.is_taken(name) {
            return Err(NameTaken(name.into()));
        }
        self.begin_branch(name.into());
        self.story.forget_future();
        Ok(())
    }

    /// Gives this moment a name.
    ///
    /// # Errors
    /// If there is a story or mark of that name.
    pub fn mark(&mut self, name: &str) -> Result<(), NameTaken> {
        if self.is_taken(name) {
            return Err(NameTaken(name.into()));
        }
        let (story, moment) = (self.story.name.clone(), self.story.moment());
        self.marks.push(Mark { name: name.into(), story, moment });
        Ok(())
    }

    /// What a name of this session names: a story's end or a marked moment.
    #[must_use]
    pub fn spot(&self, name: &str) -> Option<Spot> {
        if self.stories().any(|story| story.name == name) {
            return Some(Spot::EndOf(name.into()));
        }
        self.marks.iter().any(|mark| mark.name == name).then(|| Spot::Marked(name.into()))
    }

    /// Goes to a place, in this story or another; the one that is left stays as it is. False if there is no such place.
    pub fn go_to(&mut self, spot: &Spot) -> bool {
        let Some((name, place)) = self.find(spot) else { return false };
        if let Some(at) = self.branches.iter().position(|story| story.name == name) {
            let left = std::mem::replace(&mut self.story, self.branches.remove(at));
            self.branches.push(left);
            if let Some(left) = self.branches.last_mut() {
                left.leave();
            }
        }
        self.story.go_to(place);
        true
    }

    /// The world at a place; this one stays where it is. None if there is no such place.
    #[must_use]
    pub fn world_at(&self, spot: &Spot) -> Option<Cluster> {
        let (name, place) = self.find(spot)?;
        let story = self.stories().find(|story| story.name == name)?;
        match place {
            Place::End => Some(story.head().clone()),
            place => {
                let mut story = story.clone();
                story.go_to(place);
                Some(story.cluster().clone())
            }
        }
    }

    /// The story that a place lies in, and where.
    fn find(&self, spot: &Spot) -> Option<(String, Place)> {
        let (name, place) = match spot {
            Spot::Here => (self.story.name.clone(), Place::Moment(self.story.moment())),
            Spot::EndOf(name) => (name.clone(), Place::End),
            Spot::At(name, time) => (name.clone(), Place::Time(*time)),
            Spot::Marked(name) => {
                let mark = self.marks.iter().find(|mark| mark.name == *name)?;
                (mark.story.clone(), Place::Moment(mark.moment))
            }
        };
        self.stories().any(|story| story.name == name).then_some((name, place))
    }

    /// Lets everything happen up to and including `time`.
    pub fn run_to(&mut self, time: SimTime) {
        self.story.run_to(time);
    }

    /// Lets the world run until `done` says so, and to the end of that moment, but not beyond `limit`. Returns whether it did.
    pub fn run_until(&mut self, limit: SimTime, done: impl FnMut(&Cluster) -> bool) -> bool {
        self.story.run_until(limit, done)
    }

    /// Goes to the moment `time`, forward or back; all that happens at that moment has happened.
    pub fn seek(&mut self, time: SimTime) {
        self.story.seek(time);
    }

    /// Where in the story this is.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.story.moment()
    }

    /// Goes to a place of this story, forward or back; what was done later at the same moment has not been done.
    pub fn return_to(&mut self, place: Moment) {
        self.story.return_to(place);
    }

    /// Lets the world run to the next visible event, at most `patience` far, and to the end of that moment. False if there was none.
    pub fn step(&mut self, patience: SimTime) -> bool {
        let mut seen = self.cluster().trace().len();
        self.run_until(self.now() + patience, |cluster| {
            let news = std::mem::replace(&mut seen, cluster.trace().len());
            cluster.trace().since(news).any(|event| event.kind.is_visible())
        })
    }

    /// Goes back to before the last visible event: to the end of the moment of the one before it, or to the beginning. False if there is
    /// nothing to go back over.
    pub fn step_back(&mut self) -> bool {
        let moments = || self.cluster().trace().newest_first().filter(|e| e.kind.is_visible()).map(|e| e.at);
        let Some(last) = moments().next() else { return false };
        let before = moments().find(|at| *at < last).unwrap_or(SimTime::ZERO);
        let moves = before < self.now();
        self.seek(before);
        moves
    }

    /// The session as text.
    #[must_use]
    pub fn save(&self) -> String {
        let branch = |story: &Story| SavedBranch {
            name: story.name.clone(),
            from: story.from,
            actions: story.actions().to_vec(),
            end: story.end(),
        };
        let saved = Saved {
            format: FORMAT.into(),
            config: self.config.clone(),
            name: self.story.name.clone(),
            from: self.story.from,
            actions: self.actions().to_vec(),
            at: self.now(),
            end: self.end(),
            branches: self.branches.iter().map(branch).collect(),
            marks: self.marks.clone(),
        };
        serde_json::to_string(&saved).expect("plain data")
    }

    /// Opens a saved session at the moment at which it was saved.
    ///
    /// # Errors
    /// If the text is no session, or not one that can be played.
    pub fn load(text: &str) -> Result<Self, LoadError> {
        let saved: Saved = serde_json::from_str(text).map_err(|error| LoadError::Malformed(error.to_string()))?;
        if saved.format != FORMAT {
            return Err(LoadError::Format(saved.format));
        }
        let mut session = Self::new(saved.config).map_err(LoadError::Config)?;
        let refused = |(number, error)| LoadError::Action { number, error };
        session.story = session.story.retell(saved.actions, saved.end).map_err(refused)?;
        (session.story.name, session.story.from) = (saved.name, saved.from);
        for branch in saved.branches {
            let mut story = session.story.retell(branch.actions, branch.end).map_err(refused)?;
            (story.name, story.from) = (branch.name, branch.from);
            if story.name.is_empty() || session.is_taken(&story.name) {
                // Stories had no names once.
                story.name = session.next_name(FIRST);
            }
            story.leave();
            session.branches.push(story);
        }
        session.marks = saved.marks;
        session.seek(saved.at);
        Ok(session)
    }
}
