//! The stories of a session: where they part, which moments have names, and what differs between two of them.

use super::narrate::Names;
use crate::base::{NodeId, SimTime};
use crate::sim::{Aspect, Belief, Difference, Fate, Session, Story, Subject, differences};
use std::rc::Rc;

/// All stories of a session.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoriesView {
    /// The stories, by the moment at which they parted.
    pub stories: Vec<StoryView>,
    /// The moments that have names.
    pub marks: Vec<MarkView>,
    /// The farthest moment that any of them has come to.
    pub end: SimTime,
}

/// A story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoryView {
    /// Its name.
    pub name: Rc<str>,
    /// When it parted from the story that it began in.
    pub from: SimTime,
    /// How far it was told.
    pub end: SimTime,
    /// How many things were done in it.
    pub actions: usize,
    /// The number of the story that it began in; its own for the first.
    pub parent: usize,
    /// Whether it is the one that is on the stage.
    pub told: bool,
}

/// A moment that has a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarkView {
    /// The name.
    pub name: Rc<str>,
    /// The number of its story.
    pub story: usize,
    /// The moment.
    pub at: SimTime,
}

/// What differs between two places of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffView {
    /// What the places are called.
    pub names: (Rc<str>, Rc<str>),
    /// The differences.
    pub rows: Vec<DiffRow>,
}

/// A difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffRow {
    /// What it is about.
    pub subject: String,
    /// Which side of it.
    pub aspect: String,
    /// How it is in the one; `−` if that has no such thing.
    pub left: String,
    /// How it is in the other.
    pub right: String,
}

impl StoriesView {
    /// The marks of the story that is on the stage.
    pub fn marks_here(&self) -> impl Iterator<Item = &MarkView> {
        self.marks.iter().filter(|mark| self.stories.get(mark.story).is_some_and(|story| story.told))
    }

    /// A name that no story and no mark has yet: `stem-1`, `stem-2`.
    #[must_use]
    pub fn free_name(&self, stem: &str) -> String {
        let taken = |name: &str| {
            self.stories.iter().any(|story| &*story.name == name) || self.marks.iter().any(|mark| &*mark.name == name)
        };
        (1..).map(|number| format!("{stem}-{number}")).find(|name| !taken(name)).unwrap_or_default()
    }
}

/// The stories of `session`.
#[must_use]
pub fn stories(session: &Session) -> StoriesView {
    let mut all: Vec<&Story> = session.stories().collect();
    all.sort_by_key(|story| (story.from(), story.name()));
    let view = |(place, story): (usize, &&Story)| StoryView {
        name: story.name().into(),
        from: story.from(),
        end: story.end(),
        actions: story.actions().len(),
        parent: parent(&all, place),
        told: story.name() == session.story().name(),
    };
    let stories: Vec<StoryView> = all.iter().enumerate().map(view).collect();
    let mark = |mark: &crate::sim::Mark| {
        let story = all.iter().position(|story| story.name() == mark.story)?;
        Some(MarkView { name: mark.name.as_str().into(), story, at: mark.moment.at })
    };
    let marks = session.marks().iter().filter_map(mark).collect();
    StoriesView { end: stories.iter().map(|story| story.end).max().unwrap_or_default(), stories, marks }
}

/// The story before `place` that has most in common with the one there.
fn parent(all: &[&Story], place: usize) -> usize {
    let common = |other: &Story| {
        let (mine, theirs) = (all[place].actions(), other.actions());
        mine.iter().zip(theirs).take_while(|(mine, theirs)| mine == theirs).count()
    };
    // Of equals the first counts: it was there before.
    (0..place).rev().max_by_key(|other| common(all[*other])).unwrap_or(place)
}

/// What differs between two places, each a story's or a mark's name; none if there is no such place.
#[must_use]
pub fn diff(session: &Session, names: &Names, left: &str, right: &str) -> Option<DiffView> {
    let world = |name: &str| session.world_at(&session.spot(name)?);
    let (one, other) = (world(left)?, world(right)?);
    let rows = differences(&one, &other).iter().map(|difference| row(difference, names)).collect();
    Some(DiffView { names: (left.into(), right.into()), rows })
}

fn row(difference: &Difference, names: &Names) -> DiffRow {
    let side = |value: &Option<Rc<str>>| value.as_deref().map_or_else(|| "−".into(), value_in_words);
    DiffRow {
        subject: subject(&difference.subject, names),
        aspect: aspect(&difference.aspect),
        left: side(&difference.left),
        right: side(&difference.right),
    }
}

fn subject(subject: &Subject, names: &Names) -> String {
    match subject {
        Subject::World => "클러스터".into(),
        Subject::Node(node) => names.node(*node),
        Subject::Topic(name) => format!("토픽 {name}"),
        Subject::Partition(tp) => tp.to_string(),
        Subject::Replica(tp, broker) => format!("{tp} · {}", names.node(NodeId::Broker(*broker))),
        Subject::Client(name) => name.to_string(),
        Subject::Group(name) => format!("그룹 {name}"),
        Subject::Record(producer, number) => format!("{producer}의 {}번째 레코드", number + 1),
    }
}

fn aspect(aspect: &Aspect) -> String {
    match aspect {
        Aspect::Time => "시각(초)",
        Aspect::Status => "상태",
        Aspect::Controller => "액티브 컨트롤러",
        Aspect::Leader => "리더",
        Aspect::LeaderEpoch => "리더 에포크",
        Aspect::Isr => "ISR",
        Aspect::Replicas => "레플리카",
        Aspect::LogStartOffset => "로그 시작",
        Aspect::HighWatermark => "HW",
        Aspect::LogEndOffset => "LEO",
        Aspect::RecordAt(offset) => return format!("오프셋 {offset}의 레코드"),
        Aspect::State => "그룹 상태",
        Aspect::Generation => "세대",
        Aspect::Committed(tp) => return format!("{tp} 커밋한 오프셋"),
        Aspect::Sent => "보낸 레코드",
        Aspect::Acked => "확인받은 레코드",
        Aspect::Failed => "포기한 레코드",
        Aspect::Processed => "처리한 레코드",
        Aspect::Reprocessed => "다시 처리한 레코드",
        Aspect::Lost => "잃은 레코드",
        Aspect::Duplicates => "중복된 레코드",
        Aspect::Reordered => "순서가 바뀐 레코드",
        Aspect::Fate => "운명",
        Aspect::Setting(name) => return name.to_string(),
    }
    .into()
}

/// A value with those of its words in Korean that are no names.
fn value_in_words(value: &str) -> String {
    let word = |word: &str| {
        let beliefs = [Belief::Waiting, Belief::Acked, Belief::Failed];
        let belief = beliefs.iter().find(|belief| belief.name() == word).map(|belief| belief_word(*belief));
        let fate = Fate::ALL.iter().find(|fate| fate.name() == word).map(|fate| fate_word(*fate));
        let status = [("running", "실행 중"), ("paused", "멈춤"), ("dead", "꺼짐"), ("none", "없음")];
        let status = status.iter().find(|(name, _)| *name == word).map(|(_, word)| *word);
        belief.or(fate).or(status).unwrap_or(word).to_owned()
    };
    value.split(' ').map(word).collect::<Vec<_>>().join(" · ")
}

fn belief_word(belief: Belief) -> &'static str {
    match belief {
        Belief::Waiting => "응답을 기다림",
        Belief::Acked => "성공으로 앎",
        Belief::Failed => "실패로 앎",
    }
}

fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Nowhere => "어디에도 없음",
        Fate::OnTheWay => "가는 중",
        Fate::Uncommitted => "커밋 전",
        Fate::Committed => "커밋됨",
        Fate::Duplicated => "두 번 있음",
        Fate::Deleted => "지워짐",
        Fate::Leaderless => "리더 없음",
        Fate::Gone => "사라짐",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Action, ClusterConfig};

    #[test]
    fn stories_hang_where_they_parted_and_their_ends_are_compared() {
        let mut session = Session::new(ClusterConfig { brokers: 3, ..ClusterConfig::default() }).unwrap();
        session.run_to(SimTime::from_secs(3));
        session.mark("quiet").unwrap();
        session.fork("other").unwrap();
        session.act(Action::Kill(NodeId::Broker(crate::base::BrokerId(1)))).unwrap();
        session.run_to(SimTime::from_secs(5));
        let view = stories(&session);
        let lanes: Vec<_> = view.stories.iter().map(|story| (&*story.name, story.parent, story.told)).collect();
        assert_eq!(lanes, [("main", 0, false), ("other", 0, true)]);
        assert_eq!((view.marks.len(), view.marks_here().count(), view.end), (1, 0, SimTime::from_secs(5)));
        assert_eq!((view.free_name("branch"), view.free_name("main")), ("branch-1".into(), "main-1".into()));
        let diff = diff(&session, &Names::default(), "main", "other").unwrap();
        let status = diff.rows.iter().find(|row| row.subject == "브로커 1" && row.aspect == "상태").unwrap();
        assert_eq!((status.left.as_str(), status.right.as_str()), ("실행 중", "꺼짐"));
        assert_eq!(super::diff(&session, &Names::default(), "main", "nobody"), None);
    }
}
