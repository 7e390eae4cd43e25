//! Time travel.
//!
//! A session is how a world began and what was done to it, with a moment for each. To go to any moment it takes the nearest checkpoint
//! before it and lets the world run on, doing again what was done. Acting anywhere but at the end of the story begins another
//! story; the old one is kept as a [`Branch`].

use super::{Action, ActionError, Cluster, ClusterConfig, ConfigError};
use crate::base::SimTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many events lie between two checkpoints at first; the distance doubles when there are too many.
const CHECKPOINT_DISTANCE: u64 = 500;
/// How many checkpoints are kept at most.
const CHECKPOINT_LIMIT: usize = 200;
/// What saved sessions say they are.
const FORMAT: &str = "kafkascope-session-1";

/// Something that was done, and when: after so many events, at that time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// How many events had happened.
    pub steps: u64,
    /// The time.
    pub at: SimTime,
    /// What was done.
    pub action: Action,
}

/// A story that was left for another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Branch {
    /// When the stories parted.
    pub from: SimTime,
    /// What was done in it, from the beginning.
    pub actions: Vec<Recorded>,
    /// How far it was told.
    pub end: SimTime,
}

/// A place in a story: a moment, and how much had been done by then. At one moment several things may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// How many actions had been done.
    pub done: usize,
}

/// A world with its history.
#[derive(Clone, Debug)]
pub struct Session {
    config: ClusterConfig,
    actions: Vec<Recorded>,
    /// How many of the actions have been done at this moment.
    done: usize,
    cluster: Cluster,
    /// The farthest moment of this story, if that is not now.
    head: Option<Cluster>,
    checkpoints: Vec<(usize, Cluster)>,
    distance: u64,
    branches: Vec<Branch>,
}

/// What a session looks like when it is saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    config: ClusterConfig,
    actions: Vec<Recorded>,
    at: SimTime,
    end: SimTime,
    branches: Vec<Branch>,
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
        let cluster = Cluster::new(config.clone())?;
        let checkpoints = vec![(0, cluster.clone())];
        Ok(Self {
            config,
            actions: Vec::new(),
            done: 0,
            cluster,
            head: None,
            checkpoints,
            distance: CHECKPOINT_DISTANCE,
            branches: Vec::new(),
        })
    }

    /// The world at this moment.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// The world at the farthest moment of this story; its trace holds the known future too.
    #[must_use]
    pub fn head(&self) -> &Cluster {
        self.head.as_ref().unwrap_or(&self.cluster)
    }

    /// The farthest moment of this story.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.head().now()
    }

    /// What was done in this story, the future included.
    #[must_use]
    pub fn actions(&self) -> &[Recorded] {
        &self.actions
    }

    /// The stories that were left.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Does something now. If this is not the end of the story, another begins here.
    ///
    /// # Errors
    /// If it cannot be done; then nothing has changed.
    pub fn act(&mut self, action: Action) -> Result<(), ActionError> {
        let mut changed = self.cluster.clone();
        changed.apply(&action)?;
        // What follows in the same moment belongs to it: a session rests only where a moment is over, so that it can come back there.
        changed.run_to(changed.now());
        self.leave_future();
        self.actions.push(Recorded { steps: self.cluster.steps(), at: self.now(), action });
        self.done += 1;
        self.cluster = changed;
        Ok(())
    }

    /// Keeps the future as a branch, if there is one, and forgets it.
    fn leave_future(&mut self) {
        if let Some(head) = self.head.take() {
            if self.done < self.actions.len() {
                self.branches.push(Branch { from: self.now(), actions: self.actions.clone(), end: head.now() });
            }
            self.actions.truncate(self.done);
            let steps = self.cluster.steps();
            self.checkpoints
                .retain(|(_, checkpoint)| checkpoint.steps() <= steps && checkpoint.now() <= self.cluster.now());
        }
    }

    /// The next thing that was done and is to be done again, if it is due: no event comes before it.
    fn due_action(&self) -> Option<&Recorded> {
        self.actions.get(self.done).filter(|recorded| recorded.steps == self.cluster.steps())
    }

    /// Goes one event or recorded action on, but not beyond `limit`. False if there is nothing up to there.
    fn advance(&mut self, limit: SimTime) -> bool {
        if let Some(recorded) = self.due_action() {
            if recorded.at > limit {
                return false;
            }
            let (at, action) = (recorded.at, recorded.action.clone());
            self.cluster.run_to(at);
            self.cluster.apply(&action).expect("it could be done before, in the same world");
            self.cluster.run_to(at);
            self.done += 1;
            return true;
        }
        if self.cluster.next_event_at().is_none_or(|at| at > limit) {
            return false;
        }
        self.cluster.step();
        self.maybe_checkpoint();
        true
    }

    fn maybe_checkpoint(&mut self) {
        let last = self.checkpoints.last().map_or(0, |(_, checkpoint)| checkpoint.steps());
        if self.cluster.steps() < last + self.distance {
            return;
        }
        self.checkpoints.push((self.done, self.cluster.clone()));
        if self.checkpoints.len() > CHECKPOINT_LIMIT {
            self.distance *= 2;
            let mut place = 0;
            self.checkpoints.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
    }

    /// Lets everything happen up to and including `time`.
    pub fn run_to(&mut self, time: SimTime) {
        while self.advance(time) {}
        self.cluster.run_to(time);
        self.reached();
    }

    /// The farthest moment is behind us: now is the farthest.
    fn reached(&mut self) {
        let behind = |head: &Cluster| (head.now(), head.steps()) <= (self.cluster.now(), self.cluster.steps());
        if self.done == self.actions.len() && self.head.as_ref().is_some_and(behind) {
            self.head = None;
        }
    }

    /// Lets the world run until `done` says so, and to the end of that moment, but not beyond `limit`. Returns whether it did.
    pub fn run_until(&mut self, limit: SimTime, mut done: impl FnMut(&Cluster) -> bool) -> bool {
        while !done(&self.cluster) {
            if !self.advance(limit) {
                self.run_to(limit);
                return done(&self.cluster);
            }
        }
        self.run_to(self.now());
        true
    }

    /// Goes to the moment `time`, forward or back; all that happens at that moment has happened.
    pub fn seek(&mut self, time: SimTime) {
        if time < self.now() {
            self.go_back(Moment { at: time, done: usize::MAX });
        }
        self.run_to(time);
    }

    /// Where in the story this is.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { at: self.now(), done: self.done }
    }

    /// Goes to a place of this story, forward or back; what was done later at the same moment has not been done.
    pub fn return_to(&mut self, place: Moment) {
        if (place.at, place.done) < (self.now(), self.done) {
            self.go_back(place);
        }
        while self.done < place.done && self.advance(place.at) {}
        self.cluster.run_to(place.at);
        self.reached();
    }

    /// Goes back to the last checkpoint before a place.
    fn go_back(&mut self, to: Moment) {
        let early_enough = |(done, checkpoint): &(usize, Cluster)| *done <= to.done && checkpoint.now() <= to.at;
        let place = self.checkpoints.iter().rposition(early_enough).unwrap_or(0);
        let (done, cluster) = self.checkpoints[place].clone();
        let here = std::mem::replace(&mut self.cluster, cluster);
        self.done = done;
        if self.head.is_none() {
            self.head = Some(here);
        }
    }

    /// Lets the world run to the next visible event, at most `patience` far, and to the end of that moment. False if there was none.
    pub fn step(&mut self, patience: SimTime) -> bool {
        let seen = self.cluster.trace().len();
        self.run_until(self.now() + patience, |cluster| has_visible(cluster, seen))
    }

    /// Goes back to before the last visible event: to the end of the moment of the one before it, or to the beginning. False if there is
    /// nothing to go back over.
    pub fn step_back(&mut self) -> bool {
        let moments = || self.cluster.trace().newest_first().filter(|e| e.kind.is_visible()).map(|e| e.at);
        let Some(last) = moments().next() else { return false };
        let before = moments().find(|at| *at < last).unwrap_or(SimTime::ZERO);
        let moves = before < self.now();
        self.seek(before);
        moves
    }

    /// The session as text.
    #[must_use]
    pub fn save(&self) -> String {
        let saved = Saved {
            format: FORMAT.into(),
            config: self.config.clone(),
            actions: self.actions.clone(),
            at: self.now(),
            end: self.end(),
            branches: self.branches.clone(),
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
        for (number, recorded) in (1..).zip(saved.actions) {
            session.run_to(recorded.at);
            session.act(recorded.action).map_err(|error| LoadError::Action { number, error })?;
        }
        session.run_to(saved.end);
        session.branches = saved.branches;
        session.seek(saved.at);
        Ok(session)
    }
}

fn has_visible(cluster: &Cluster, since: u64) -> bool {
    cluster.trace().since(since).any(|event| event.kind.is_visible())
}
