//! One story: how a world began, what was done to it and when, and where in all that this is.
//!
//! To go to any moment a story takes the nearest checkpoint before it and lets the world run on, doing again what was done. The
//! checkpoints are worlds, which share what did not change between them; there are more of them the nearer the beginning of a session is, and their
//! distance doubles when there are too many.

use super::{Action, ActionError, Cluster};
use crate::base::SimTime;
use serde::{Deserialize, Serialize};

/// How many events lie between two checkpoints at first; the distance doubles when there are too many.
const CHECKPOINT_DISTANCE: u64 = 500;
/// How many checkpoints are kept at most.
const CHECKPOINT_LIMIT: usize = 200;
/// Of the checkpoints of a story that is not being told, one in so many is kept.
const LEFT_THINNING: usize = 8;

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

/// A place in a story: a moment, and how much had been done by then. At one moment several things may be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// How many actions had been done.
    pub done: usize,
}

/// A place in a story, however it is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// As far as it was told.
    End,
    /// A time; all that happens then has happened.
    Time(SimTime),
    /// A moment and what had been done by then.
    Moment(Moment),
}

/// One story, and where in it this is.
#[derive(Clone, Debug)]
pub struct Story {
    pub(super) name: String,
    /// When it parted from the story that it began in.
    pub(super) from: SimTime,
    actions: Vec<Recorded>,
    /// How many of the actions have been done at this moment.
    done: usize,
    cluster: Cluster,
    /// The farthest moment of this story, if that is not now.
    head: Option<Cluster>,
    checkpoints: Vec<(usize, Cluster)>,
    distance: u64,
}

impl Story {
    /// A story that begins with a world, which nothing was done to.
    pub(super) fn new(name: &str, cluster: Cluster) -> Self {
        let checkpoints = vec![(0, cluster.clone())];
        let distance = CHECKPOINT_DISTANCE;
        let (name, from, actions) = (name.into(), SimTime::ZERO, Vec::new());
        Self { name, from, actions, done: 0, cluster, head: None, checkpoints, distance }
    }

    /// Another story, of which all is known that was done, and how far it was told. What it has in common with this one it need not live
    /// through again.
    ///
    /// # Errors
    /// Which of its actions cannot be done, from 1, and why.
    pub(super) fn retell(&self, actions: Vec<Recorded>, end: SimTime) -> Result<Self, (usize, ActionError)> {
        let common = self.actions.iter().zip(&actions).take_while(|(mine, other)| mine == other).count();
        let is_in_both = |(done, checkpoint): &&(usize, Cluster)| {
            let before = |next: &Recorded| checkpoint.steps() <= next.steps && checkpoint.now() <= next.at;
            *done <= common && checkpoint.now() <= end && actions.get(*done).is_none_or(before)
        };
        let checkpoints: Vec<_> = self.checkpoints.iter().take_while(is_in_both).cloned().collect();
        let mut story = Self { checkpoints, actions: Vec::new(), head: None, ..self.clone() };
        (story.done, story.cluster) = story.checkpoints.last().unwrap_or(&self.checkpoints[0]).clone();
        story.actions = actions[..story.done].to_vec();
        for (number, recorded) in (1..).zip(actions).skip(story.done) {
            story.run_to(recorded.at);
            story.act(recorded.action).map_err(|error| (number, error))?;
        }
        story.run_to(end);
        Ok(story)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it parted from the story that it began in; the beginning for the first.
    #[must_use]
    pub fn from(&self) -> SimTime {
        self.from
    }

    /// The world at this moment.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The world at the farthest moment; its trace holds the known future too.
    #[must_use]
    pub fn head(&self) -> &Cluster {
        self.head.as_ref().unwrap_or(&self.cluster)
    }

    /// The farthest moment.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.head().now()
    }

    /// What was done in it, the future included.
    #[must_use]
    pub fn actions(&self) -> &[Recorded] {
        &self.actions
    }

    /// Where in it this is.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { at: self.cluster.now(), done: self.done }
    }

    /// Whether something is known of what comes after this moment.
    pub(super) fn has_future(&self) -> bool {
        self.head.is_some()
    }

    /// Whether something was done after this moment.
    pub(super) fn has_future_actions(&self) -> bool {
        self.done < self.actions.len()
    }

    /// Does something now; nothing is known of the future.
    ///
    /// # Errors
    /// If it cannot be done; then nothing has changed.
    pub(super) fn act(&mut self, action: Action) -> Result<(), ActionError> {
        let changed = self.try_out(&action)?;
        self.record(action, changed);
        Ok(())
    }

    /// The world after something was done now.
    ///
    /// # Errors
    /// If it cannot be done.
    pub(super) fn try_out(&self, action: &Action) -> Result<Cluster, ActionError> {
        let mut changed = self.cluster.clone();
        changed.apply(action)?;
        // What follows in the same moment belongs to it: a story rests only where a moment is over, so that it can come back there.
        changed.run_to(changed.now());
        Ok(changed)
    }

    /// Takes up what came of an action that was done now.
    pub(super) fn record(&mut self, action: Action, changed: Cluster) {
        self.actions.push(Recorded { steps: self.cluster.steps(), at: self.cluster.now(), action });
        self.done += 1;
        self.cluster = changed;
    }

    /// Forgets what is known of the future.
    pub(super) fn forget_future(&mut self) {
        self.head = None;
        self.actions.truncate(self.done);
        let (steps, now) = (self.cluster.steps(), self.cluster.now());
        self.checkpoints.retain(|(_, checkpoint)| checkpoint.steps() <= steps && checkpoint.now() <= now);
    }

    /// The story is left for another: it keeps fewer checkpoints.
    pub(super) fn leave(&mut self) {
        let mut place = 0;
        self.checkpoints.retain(|_| {
            place += 1;
            place % LEFT_THINNING == 1
        });
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
    pub(super) fn run_to(&mut self, time: SimTime) {
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
    pub(super) fn run_until(&mut self, limit: SimTime, mut done: impl FnMut(&Cluster) -> bool) -> bool {
        while !done(&self.cluster) {
            if !self.advance(limit) {
                self.run_to(limit);
                return done(&self.cluster);
            }
        }
        self.run_to(self.cluster.now());
        true
    }

    /// Goes to the moment `time`, forward or back; all that happens at that moment has happened.
    pub(super) fn seek(&mut self, time: SimTime) {
        if time < self.cluster.now() {
            self.go_back(Moment { at: time, done: usize::MAX });
        }
        self.run_to(time);
    }

    /// Goes to a place of this story, forward or back; what was done later at the same moment has not been done.
    pub(super) fn return_to(&mut self, place: Moment) {
        if place < self.moment() {
            self.go_back(place);
        }
        while self.done < place.done && self.advance(place.at) {}
        self.cluster.run_to(place.at);
        self.reached();
    }

    /// Goes to a place of this story, whichever way it is named.
    pub(super) fn go_to(&mut self, place: Place) {
        match place {
            Place::End => self.seek(self.end()),
            Place::Time(time) => self.seek(time),
            Place::Moment(moment) => self.return_to(moment),
        }
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
}
