//! Commands that go through time: `run`, `step`, `rewind`, `seek`.
//!
//! Time goes forward by waiting, so that the page can play it, and backward at once.

use super::Problem;
use super::call::{Call, number};
use super::duration::{parse_duration, write_duration};
use super::inquire;
use super::job::{Condition, Job, Reply};
use super::output::{Line, Status, Wait};
use super::predicate::Predicate;
use super::words::{Word, column_of};
use crate::base::SimTime;
use crate::sim::Session;

/// How long `run until` waits if it is not told.
const PATIENCE: SimTime = SimTime::from_secs(60);
/// How far `step` looks for something to see.
const STEP_PATIENCE: SimTime = SimTime::from_secs(60);

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

/// `seek 12.5s`: back at once; forward by letting time pass.
pub(super) fn seek(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let to = duration(call.need(0)?)?;
    if to <= session.now() {
        session.seek(to);
        return Ok(Reply::note(format!("{}초로 갔어요.", session.now())));
    }
    Ok(Reply::wait(Vec::new(), Wait::new(Some(to), Condition::Time), Passed))
}
