//! `faults`: faults that come by themselves, from a seed; `show faults`: which are under way.

use super::call::Call;
use super::duration::{parse_duration, write_duration};
use super::job::Reply;
use super::table::{aligned, row};
use super::words::Word;
use super::{Line, Problem};
use crate::base::SimTime;
use crate::sim::{Action, FaultKind, FaultOptions, Session};

/// `faults start`.
pub(super) fn start(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let defaults = FaultOptions::default();
    let time = |flag, default: SimTime| {
        let read = |word: &Word| {
            let wrong = || Problem::new(word.column, format!("{flag} 값은 500ms, 5s처럼 적어요: {}", word.text));
            parse_duration(&word.text).filter(|time| *time > SimTime::ZERO).ok_or_else(wrong)
        };
        call.value(flag).map(read).transpose().map(|time| time.unwrap_or(default))
    };
    let options = FaultOptions {
        seed: call.number("--seed", 0, i64::MAX)?.map_or(defaults.seed, i64::unsigned_abs),
        every: time("--every", defaults.every)?,
        lasts: time("--last", defaults.lasts)?,
        during: time("--for", defaults.during)?,
        kinds: call.value("--kinds").map(kinds).transpose()?.unwrap_or(defaults.kinds),
    };
    let said = format!(
        "{} 동안 평균 {}마다 고장이 나고, 저마다 {} 안에 나아요. 시드는 {}.",
        write_duration(options.during),
        write_duration(options.every),
        write_duration(options.lasts),
        options.seed
    );
    session.act(Action::Faults(Some(options))).map_err(|error| Problem::action(1, &error))?;
    Ok(Reply::done(vec![Line::note(said)]))
}

fn kinds(word: &Word) -> Result<Vec<FaultKind>, Problem> {
    let mut kinds = Vec::new();
    for name in word.text.split(',') {
        let Some((_, kind)) = FaultKind::ALL.iter().find(|(known, _)| *known == name) else {
            let problem = Problem::new(word.column, format!("그런 고장은 없어요: {name}."));
            return Err(problem.or_rather(name, FaultKind::ALL.iter().map(|(name, _)| *name)));
        };
        kinds.push(*kind);
    }
    Ok(kinds)
}

/// `faults stop`.
pub(super) fn stop(_: &Call, session: &mut Session) -> Result<Reply, Problem> {
    session.act(Action::Faults(None)).map_err(|error| Problem::action(1, &error))?;
    Ok(Reply::done(vec![Line::note("이제 새 고장은 나지 않아요. 이미 난 것은 제때 나아요.")]))
}

/// `show faults`.
pub(super) fn show(_: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let Some(options) = session.cluster().faults() else {
        return Ok(Reply::note("저절로 나는 고장은 없어요."));
    };
    let kinds: Vec<&str> = options.kinds.iter().map(|kind| kind.name()).collect();
    let rows = vec![
        row!["seed", options.seed],
        row!["every", write_duration(options.every)],
        row!["last", write_duration(options.lasts)],
        row!["for", write_duration(options.during)],
        row!["kinds", kinds.join(",")],
    ];
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}
