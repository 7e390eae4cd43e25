//! Commands that go through time and between stories: `run`, `step`, `rewind`, `seek`, `fork`, `branch`, `mark`.
//!
//! Time goes forward by waiting, so that the page can play it, and backward at once; so does one go to a moment that has a name.

use super::Problem;
use super::call::{Call, number};
use super::duration::{parse_duration, write_duration};
use super::inquire;
use super::job::{Condition, Job, Reply};
use super::output::{Line, Status, Wait};
use super::predicate::Predicate;
use super::table::{aligned, row};
use super::words::{Word, column_of};
use crate::base::SimTime;
use crate::base::josa::{Josa, josa};
use crate::sim::{Mark, NameTaken, Session, Spot, Story, differences};
use std::rc::Rc;

/// How long `run until` waits if it is not told.
const PATIENCE: SimTime = SimTime::from_secs(60);
/// How far `step` looks for something to see.
const STEP_PATIENCE: SimTime = SimTime::from_secs(60);

/// What a place is called that is where one is.
const HERE: &str = "here";
/// How many letters a branch's or mark's name may have.
const LONGEST_NAME: usize = 60;

fn duration(word: &Word) -> Result<SimTime, Problem> {
    parse_duration(&word.text)
        .ok_or_else(|| Problem::new(word.column, format!("시간은 500ms, 1.5s, 2m처럼 적어요: {}", word.text)))
}

/// Nothing is left to do but to have waited.
struct Passed;

impl Job for Passed {
    fn go_on(self: Box<Self>, _: &mut Session) -> Reply {
        Reply::done(Vec::new())
    }

    fn interrupt(self: Box<Self>, session: &mut Session) -> Reply {
        Reply::note(format!("{}초에서 멈췄어요.", session.now()))
    }
}

/// `run 5s`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let until = session.now() + duration(call.need(0)?)?;
    Ok(Reply::wait(Vec::new(), Wait::new(Some(until), Condition::Time), Passed))
}

/// A `run until`.
struct Until {
    predicate: Predicate,
    patience: SimTime,
}

impl Job for Until {
    fn go_on(self: Box<Self>, session: &mut Session) -> Reply {
        if self.predicate.holds(session.cluster()) == Ok(true) {
            return Reply::done(Vec::new());
        }
        let why = format!("{} 안에 이루어지지 않았어요: {}", write_duration(self.patience), self.predicate.source());
        let mut lines = vec![Line::err(why)];
        lines.extend(inquire::sides(&self.predicate, session.cluster()));
        Reply::end(Status::Unmet, lines)
    }

    fn interrupt(self: Box<Self>, session: &mut Session) -> Reply {
        Reply::note(format!("{}초에서 멈췄어요.", session.now()))
    }
}

/// `run until … [within 60s]`.
pub(super) fn run_until(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (predicate, patience) = parts(call)?;
    let shift = |mut problem: Problem| {
        problem.column += call.rest().map_or(0, |rest| rest.column - 1);
        problem
    };
    predicate.holds(session.cluster()).map_err(shift)?;
    let wait = Wait::new(Some(session.now() + patience), Condition::Holds(predicate.clone()));
    Ok(Reply::wait(Vec::new(), wait, Until { predicate, patience }))
}

/// The predicate of a `run until`, and how long it may take.
pub(super) fn parts(call: &Call) -> Result<(Predicate, SimTime), Problem> {
    let rest = call.rest()?;
    let (condition, patience) = match rest.text.rsplit_once(" within ") {
        Some((condition, limit)) => {
            let at = rest.text.len() - limit.len();
            let column = rest.column + column_of(&rest.text, at) - 1;
            let word = Word { text: limit.trim().into(), span: 0..0, column };
            (condition, duration(&word)?)
        }
        None => (rest.text.as_str(), PATIENCE),
    };
    Ok((inquire::predicate(condition, rest.column)?, patience))
}

/// `step [N]`.
pub(super) fn step(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let times = call.given(0).map_or(Ok(1), |word| number(word, "N", 1, 10_000))?;
    let mut lines = Vec::new();
    for _ in 0..times {
        let seen = session.cluster().trace().len();
        if !session.step(STEP_PATIENCE) {
            lines.push(Line::note(format!("{} 동안 보이는 일이 없었어요.", write_duration(STEP_PATIENCE))));
            break;
        }
        let names = inquire::names(session.cluster());
        let visible = session.cluster().trace().since(seen).filter(|event| event.kind.is_visible());
        lines.extend(visible.map(|event| Line::out(inquire::event_line(event, &names))));
    }
    Ok(Reply::done(lines))
}

/// `rewind 5s`.
pub(super) fn rewind(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let back = duration(call.need(0)?)?;
    session.seek(session.now().since(back));
    Ok(Reply::note(format!("{}초로 되감았어요.", session.now())))
}

/// `seek 12.5s`: back at once; forward by letting time pass. `seek NAME`: at once.
pub(super) fn seek(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    if let Some(to) = parse_duration(&word.text) {
        if to <= session.now() {
            session.seek(to);
            return Ok(Reply::note(format!("{}초로 갔어요.", session.now())));
        }
        return Ok(Reply::wait(Vec::new(), Wait::new(Some(to), Condition::Time), Passed));
    }
    session.go_to(&spot(word, session)?);
    Ok(Reply::note(format!("브랜치 {}의 {}초로 갔어요.", session.story().name(), session.now())))
}

/// The place of this session that a word names: a story's end, a marked moment, or where one is.
pub(super) fn spot(word: &Word, session: &Session) -> Result<Spot, Problem> {
    if word.text == HERE {
        return Ok(Spot::Here);
    }
    session.spot(&word.text).ok_or_else(|| {
        let known = session.stories().map(Story::name).chain(session.marks().iter().map(|mark| &*mark.name));
        let message = format!("그런 브랜치도 mark로 붙인 이름도 없어요: {}. 시각은 12.5s처럼 적어요.", word.text);
        Problem::new(word.column, message).or_rather(&word.text, known)
    })
}

/// A name that somebody wants to give, which must not be taken for anything else.
fn new_name(word: &Word) -> Result<&str, Problem> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if word.text == HERE || parse_duration(&word.text).is_some() {
        return Err(Problem::new(word.column, format!("{HERE}나 시각처럼 보이는 이름은 쓸 수 없어요: {}", word.text)));
    }
    if word.text.is_empty() || word.text.chars().any(odd) || word.text.chars().count() > LONGEST_NAME {
        let message = format!("이름은 빈칸 없이 {LONGEST_NAME}자까지예요: {}", word.text);
        return Err(Problem::new(word.column, message));
    }
    Ok(&word.text)
}

fn taken(word: &Word, _: NameTaken) -> Problem {
    Problem::new(word.column, format!("이미 있는 이름이에요: {}", word.text))
}

/// `fork NAME`: another story begins here.
pub(super) fn fork(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let left = session.story().name().to_string();
    session.fork(new_name(word)?).map_err(|error| taken(word, error))?;
    let named = josa(&word.text, Josa::Object);
    Ok(Reply::note(format!(
        "{}초에서 브랜치 {named} 갈라냈어요. 지금까지의 이야기는 {left}에 남아 있어요.",
        session.now()
    )))
}

/// `branch NAME`: to the end of another story.
pub(super) fn branch(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let spot = Spot::EndOf(word.text.clone());
    if !session.go_to(&spot) {
        let known = session.stories().map(Story::name);
        return Err(
            Problem::new(word.column, format!("그런 브랜치는 없어요: {}.", word.text)).or_rather(&word.text, known)
        );
    }
    Ok(Reply::note(format!("브랜치 {}의 끝({}초)으로 갔어요.", word.text, session.now())))
}

/// `mark NAME`: this moment gets a name.
pub(super) fn mark(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    session.mark(new_name(word)?).map_err(|error| taken(word, error))?;
    Ok(Reply::note(format!("{}초를 {} 표시했어요.", session.now(), josa(&word.text, Josa::Toward))))
}

/// `show branches`.
pub(super) fn branches(_: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let mut stories: Vec<&Story> = session.stories().collect();
    stories.sort_by_key(|story| (story.from(), story.name()));
    let current = session.story().name();
    let line = |story: &Story| {
        row![
            if story.name() == current { "*" } else { " " },
            story.name(),
            format!("from {}", story.from()),
            format!("end {}", story.end()),
            format!("actions {}", story.actions().len()),
        ]
    };
    let rows: Vec<Vec<String>> = stories.into_iter().map(line).collect();
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}

/// `show marks`.
pub(super) fn marks(_: &Call, session: &mut Session) -> Result<Reply, Problem> {
    if session.marks().is_empty() {
        return Ok(Reply::note("아직 이름을 붙인 시각이 없어요. mark NAME으로 붙여요."));
    }
    let line = |mark: &Mark| row![mark.name, format!("branch {}", mark.story), format!("at {}", mark.moment.at)];
    let rows: Vec<Vec<String>> = session.marks().iter().map(line).collect();
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}

/// `diff A B`: what differs between two stories or moments.
pub(super) fn diff(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let at = call.value("--at").map(duration).transpose()?;
    let world = |place: usize| {
        let word = call.need(place)?;
        let spot = match (spot(word, session)?, at) {
            (Spot::EndOf(name), Some(at)) => Spot::At(name, at),
            (_, Some(_)) => {
                return Err(Problem::new(word.column, format!("--at은 브랜치끼리 견줄 때만 써요: {}", word.text)));
            }
            (spot, None) => spot,
        };
        session.world_at(&spot).ok_or_else(|| Problem::new(word.column, format!("그런 곳은 없어요: {}", word.text)))
    };
    let (left, right) = (world(0)?, world(1)?);
    let differences = differences(&left, &right);
    if differences.is_empty() {
        return Ok(Reply::note("다른 것이 없어요."));
    }
    let side = |value: &Option<Rc<str>>| value.as_deref().unwrap_or("-").to_string();
    let mut rows = vec![row!["", "", call.need(0)?.text, call.need(1)?.text]];
    rows.extend(differences.iter().map(|it| row![it.subject, it.aspect, side(&it.left), side(&it.right)]));
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}
