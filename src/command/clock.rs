//! `clock`: a machine's clock is set wrong.
//!
//! What a wrong clock changes is what a node reads off it: timestamps of records, when segments roll and are too old, when tombstones
//! and producers expire, and since when a follower lags. Timers run on, as with Kafka, which waits by a clock that nobody can set.

use super::call::Call;
use super::duration::{parse_duration, write_duration};
use super::job::Reply;
use super::links::node;
use super::{Line, Problem};
use crate::base::SimTime;
use crate::sim::{Action, Session};

/// `clock skew NODE TIME`.
pub(super) fn skew(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (who, word) = (call.need(0)?, call.need(1)?);
    let node = node(who, session)?;
    let (sign, text) = match word.text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, word.text.strip_prefix('+').unwrap_or(&word.text)),
    };
    let wrong = || Problem::new(word.column, format!("2s, -90s, 1h처럼 밀리초 단위까지 적어요: {}", word.text));
    let by = parse_duration(text).filter(|time| time.0 % 1000 == 0).ok_or_else(wrong)?;
    let by_ms = sign * by.as_ms() as i64;
    session.act(Action::SkewClock(node, by_ms)).map_err(|error| Problem::action(who.column, &error))?;
    let how = if sign > 0 { "빠르게" } else { "느리게" };
    let said = match by {
        SimTime::ZERO => format!("{}의 시계를 다시 맞췄어요.", who.text),
        by => format!("{}의 시계를 {} {how} 맞췄어요.", who.text, write_duration(by)),
    };
    Ok(Reply::done(vec![Line::note(said)]))
}
