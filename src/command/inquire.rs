//! Commands that ask: `expect`, `show trace`, `help`.

use super::call::Call;
use super::grammar::{Command, Kind};
use super::job::Reply;
use super::lexicon::{COMMANDS, TOOLS_NOT_YET};
use super::output::{Line, Status};
use super::predicate::{FUNCTIONS, Predicate};
use super::table::{aligned, row};
use super::{Problem, time};
use crate::sim::{ClientProcess, Cluster, Session};
use crate::trace::TraceEvent;
use crate::trace::narrate::{Names, sentence};

/// Reads a predicate that stands at a column of its line.
pub(super) fn predicate(text: &str, column: usize) -> Result<Predicate, Problem> {
    Predicate::parse(text).map_err(|problem| Problem { column: column + problem.column - 1, ..problem })
}

/// Whether what a call says can be understood, beyond its words and flags.
pub(super) fn check(call: &Call) -> Result<(), Problem> {
    match (call.command.name, call.rest.as_ref()) {
        ("expect", Some(rest)) => predicate(&rest.text, rest.column).map(drop),
        ("run", Some(_)) => time::parts(call).map(drop),
        _ => Ok(()),
    }
}

/// `expect`.
pub(super) fn expect(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let rest = call.rest()?;
    let predicate = predicate(&rest.text, rest.column)?;
    let shift = |problem: Problem| Problem { column: rest.column + problem.column - 1, ..problem };
    if predicate.holds(session.cluster()).map_err(shift)? {
        // A script need not hear it; somebody who types wants to.
        return Ok(if call.interactive { Reply::note("참이에요.") } else { Reply::done(Vec::new()) });
    }
    let mut lines = vec![Line::err(format!("참이 아니에요: {}", predicate.source()))];
    lines.extend(sides(&predicate, session.cluster()));
    Ok(Reply::end(Status::Unmet, lines))
}

/// How each part of a predicate stands.
pub(super) fn sides(predicate: &Predicate, cluster: &Cluster) -> Vec<Line> {
    let Ok(clauses) = predicate.clauses(cluster) else { return Vec::new() };
    let rows: Vec<Vec<String>> = clauses
        .into_iter()
        .map(|clause| {
            let sides = clause.sides.map_or(String::new(), |(left, right)| format!("왼쪽 {left}, 오른쪽 {right}"));
            row![if clause.holds { "  ✓" } else { "  ✗" }, clause.text, sides]
        })
        .collect();
    aligned(&rows).into_iter().map(Line::err).collect()
}

/// What the clients of a world are called in sentences.
#[must_use]
pub fn names(cluster: &Cluster) -> Names {
    Names::new(cluster.clients().map(|client| {
        let kind = match client.program() {
            ClientProcess::Producer(_) => "프로듀서",
            ClientProcess::Consumer(_) => "컨슈머",
            ClientProcess::Admin(_) => "명령줄 도구",
        };
        let name = if client.is_tool() { kind.into() } else { format!("{kind} {}", client.name) };
        (client.id, name.into())
    }))
}

/// An event in a line: its number, when, and what.
pub(super) fn event_line(event: &TraceEvent, names: &Names) -> String {
    format!("#{:<6} {:>9}  {}", event.seq, event.at.to_string(), sentence(event, names))
}

/// `show trace`.
pub(super) fn trace(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let last = call.number("--last", 1, 100_000)?.unwrap_or(20).unsigned_abs() as usize;
    let names = names(session.cluster());
    let visible = session.cluster().trace().newest_first().filter(|event| event.kind.is_visible());
    let mut lines: Vec<Line> = visible.take(last).map(|event| Line::out(event_line(event, &names))).collect();
    lines.reverse();
    Ok(Reply::done(lines))
}

/// `help [COMMAND]`.
pub(super) fn help(call: &Call, _: &mut Session) -> Result<Reply, Problem> {
    let Some(word) = call.given(0) else { return Ok(Reply::done(overview())) };
    match COMMANDS.iter().find(|command| command.name == word.text) {
        Some(command) => Ok(Reply::done(help_on(command))),
        None if TOOLS_NOT_YET.contains(&word.text.as_str()) => {
            Ok(Reply::note(format!("{}: 이 명령은 아직 없어요.", word.text)))
        }
        None => {
            let names = COMMANDS.iter().map(|command| command.name);
            Err(Problem::new(word.column, format!("모르는 명령이에요: {}.", word.text)).or_rather(&word.text, names))
        }
    }
}

fn overview() -> Vec<Line> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        rows.push(row![kind.title()]);
        let modelled = |command: &&Command| command.forms.iter().any(|form| form.is_modelled());
        let of_kind = COMMANDS.iter().filter(|command| command.kind == kind).filter(modelled);
        rows.extend(of_kind.map(|command| row![format!("  {}", command.name), command.help]));
    }
    let mut lines: Vec<Line> = aligned(&rows).into_iter().map(Line::out).collect();
    lines.push(Line::note("자세한 사용법은 help 뒤에 명령 이름을 적거나, 명령 뒤에 --help를 붙여서 보세요."));
    lines
}

/// How a command is used.
pub(super) fn help_on(command: &Command) -> Vec<Line> {
    let mut rows = vec![row![format!("{}: {}", command.name, command.help)]];
    for form in command.forms.iter().filter(|form| form.is_modelled()) {
        let usage = format!("  {} {}", command.name, form.pattern.replace('…', ""));
        rows.push(row![usage.trim_end(), form.help]);
        for flag in form.flags.iter().filter(|flag| flag.modelled) {
            rows.push(row![format!("      {} {}", flag.name, flag.value.unwrap_or("")).trim_end(), flag.help]);
        }
    }
    if matches!(command.name, "expect" | "run") {
        rows.push(row!["  조건에 쓰는 함수"]);
        let known = FUNCTIONS.iter().filter(|function| function.run.is_some());
        rows.extend(known.map(|function| row![format!("      {}", function.usage), function.help]));
    }
    // A line of its own must not widen the columns of the others.
    let title = rows.remove(0).remove(0);
    std::iter::once(title).chain(aligned(&rows)).map(Line::out).collect()
}
