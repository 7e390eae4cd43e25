//! Paths on brokers' disks: which file on which machine a word means.

use super::Place;
use crate::base::{BrokerId, NodeId};
use crate::broker::LOG_DIR;
use crate::command::call::Call;
use crate::command::output::Line;
use crate::command::predicate::{Predicate, Value, node_argument};
use crate::command::problem::{Problem, nearest};
use crate::command::words::Word;
use crate::disk::Disk;
use crate::sim::Session;

/// A path on a broker's disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::command) struct DiskPath {
    pub(in crate::command) broker: BrokerId,
    /// The folder that it counts from, if it is no full path.
    pub(in crate::command) dir: String,
    /// As it was given, without the broker.
    pub(in crate::command) shown: String,
}

impl DiskPath {
    /// The full path, with neither `.` nor `..`, and without a slash at its end.
    pub(in crate::command) fn full(&self) -> String {
        joined(&self.dir, &self.shown)
    }
}

/// A path taken from a folder on.
fn joined(dir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { dir.split('/').collect() };
    parts.retain(|part| !part.is_empty());
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.iter().map(|part| format!("/{part}")).collect()
}

/// The node before a path's colon.
pub(in crate::command) fn broker_named(text: &str, column: usize, session: &Session) -> Result<BrokerId, Problem> {
    let value = Predicate::parse(text)
        .and_then(|expression| expression.value(session.cluster()))
        .map_err(|problem| Problem { column: column + problem.column - 1, ..problem })?;
    match value {
        Value::None => Err(Problem::new(column, format!("지금은 없어요: {text}"))),
        value => match node_argument(session.cluster(), &value, column)? {
            NodeId::Broker(id) => Ok(id),
            other => Err(Problem::new(column, format!("브로커의 파일만 볼 수 있어요: {other}"))),
        },
    }
}

/// The path in a word; `broker-1:` alone is the broker's log folder.
pub(in crate::command) fn disk_path(
    text: &str,
    column: usize,
    call: &Call,
    session: &Session,
) -> Result<DiskPath, Problem> {
    if let Some((node, path)) = text.split_once(':') {
        let broker = broker_named(node, column, session)?;
        let shown = if path.is_empty() { LOG_DIR.into() } else { path.into() };
        return Ok(DiskPath { broker, dir: LOG_DIR.into(), shown });
    }
    let Some(Place { broker, dir }) = call.place.clone() else {
        let what = if text == "." { String::new() } else { format!(": {text}") };
        let message = format!(
            "어느 브로커의 파일인지 알 수 없어요{what}. broker-1:{LOG_DIR}처럼 적거나 ssh broker-1로 들어가세요."
        );
        return Err(Problem::new(column, message));
    };
    if session.cluster().broker_node(broker).is_none() {
        return Err(Problem::new(column, format!("broker-{broker}가 이제 없어요. exit로 나오세요.")));
    }
    Ok(DiskPath { broker, dir, shown: text.into() })
}

/// The paths in a word that joins several by commas, their wildcards filled in.
pub(in crate::command) fn disk_paths(word: &Word, call: &Call, session: &Session) -> Result<Vec<DiskPath>, Problem> {
    let mut paths = Vec::new();
    let mut broker = String::new();
    for text in word.text.split(',') {
        // What the first one says of the broker holds for those behind it.
        let text = match text.split_once(':') {
            Some((node, _)) => {
                broker = format!("{node}:");
                text.into()
            }
            None => format!("{broker}{text}"),
        };
        paths.extend(filled_in(disk_path(&text, word.column, call, session)?, session));
    }
    Ok(paths)
}

/// The paths of a command line, or the shell's folder if it names none.
pub(super) fn given_paths(call: &Call, session: &Session) -> Result<Vec<DiskPath>, Problem> {
    let mut paths = Vec::new();
    for word in call.all_given() {
        paths.extend(filled_in(disk_path(&word.text, word.column, call, session)?, session));
    }
    if paths.is_empty() {
        paths.push(disk_path(".", 1, call, session)?);
    }
    Ok(paths)
}

/// Fills in a path's wildcards; if nothing fits, it stays as it is, as in a shell.
pub(super) fn filled_in(path: DiskPath, session: &Session) -> Vec<DiskPath> {
    let Some(node) = session.cluster().broker_node(path.broker) else { return vec![path] };
    if !path.shown.contains(['*', '?']) {
        return vec![path];
    }
    let mut found = vec![String::new()];
    for (place, part) in path.shown.split('/').enumerate() {
        let mut next = Vec::new();
        for before in &found {
            let extended = |name: &str| if place == 0 { name.to_string() } else { format!("{before}/{name}") };
            if part.contains(['*', '?']) {
                let names = node.disk().list(&joined(&path.dir, if place == 0 { "" } else { before }));
                let hidden = part.starts_with('.');
                let fitting = names.into_iter().filter(|name| fits(part, name) && (hidden || !name.starts_with('.')));
                next.extend(fitting.map(extended));
            } else {
                next.push(extended(part));
            }
        }
        found = next;
    }
    found.retain(|shown| is_there(node.disk(), &joined(&path.dir, shown)));
    if found.is_empty() {
        vec![path]
    } else {
        found.into_iter().map(|shown| DiskPath { shown, ..path.clone() }).collect()
    }
}

/// The paths that a word may become which somebody has begun to type, for completion: those of files whole, those of folders
/// with a slash at their end. Before a colon, or from nowhere, the brokers.
#[must_use]
pub fn path_words(session: &Session, place: Option<&Place>, typed: &str) -> Vec<String> {
    let (node, path) = match typed.split_once(':') {
        Some((node, path)) => (node, path),
        None => ("", typed),
    };
    if place.is_none() && node.is_empty() {
        let brokers = session.cluster().brokers().map(|(id, _)| format!("broker-{id}:"));
        return brokers.filter(|name| name.starts_with(typed)).collect();
    }
    let (broker, dir) = match (broker_named(node, 1, session), place) {
        (Ok(broker), _) if !node.is_empty() => (broker, LOG_DIR),
        (_, Some(place)) if node.is_empty() => (place.broker, place.dir.as_str()),
        _ => return Vec::new(),
    };
    let Some(machine) = session.cluster().broker_node(broker) else { return Vec::new() };
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let head = &typed[..typed.len() - name.len()];
    let full = if folder.is_empty() && path.starts_with('/') { String::new() } else { joined(dir, folder) };
    let names = machine.disk().list(&full).into_iter().filter(|found| found.starts_with(name));
    names
        .map(|found| {
            let slash = if machine.disk().exists(&format!("{full}/{found}")) { "" } else { "/" };
            format!("{head}{found}{slash}")
        })
        .collect()
}

/// Whether a name is of a form in which `*` stands for any letters and `?` for one.
fn fits(form: &str, name: &str) -> bool {
    match form.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| fits(&form[1..], &name[at..])),
        Some(wanted) => {
            let mut rest = name.chars();
            rest.next().is_some_and(|c| wanted == '?' || c == wanted) && fits(&form[wanted.len_utf8()..], rest.as_str())
        }
    }
}

pub(super) fn is_dir(disk: &Disk, path: &str) -> bool {
    path.is_empty() || (!disk.exists(path) && !disk.list(path).is_empty())
}

fn is_there(disk: &Disk, path: &str) -> bool {
    disk.exists(path) || is_dir(disk, path)
}

/// What a shell says of a path that is not there, and which one was probably meant.
pub(super) fn not_there(command: &str, disk: &Disk, path: &DiskPath) -> Vec<Line> {
    let what = if command == "ls" { "cannot access " } else { "" };
    let quote = if command == "ls" { "'" } else { "" };
    let mut lines =
        vec![Line::err(format!("{command}: {what}{quote}{}{quote}: No such file or directory", path.shown))];
    let full = path.full();
    let (folder, name) = full.rsplit_once('/').unwrap_or_default();
    if let Some(name) = nearest(name, disk.list(folder)) {
        lines.push(Line::note(format!("혹시 {name}인가요?")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_a_shell_joins_them() {
        for (dir, path, full) in [
            ("/a/b", "c", "/a/b/c"),
            ("/a/b", "/c//d/", "/c/d"),
            ("/a/b", "../x/./y", "/a/x/y"),
            ("/a", "../../..", ""),
            ("", "a", "/a"),
        ] {
            assert_eq!(joined(dir, path), full, "{dir} {path}");
        }
    }

    #[test]
    fn wildcards() {
        for (form, name, yes) in [
            ("*", "x", true),
            ("*.log", "00.log", true),
            ("*.log", "00.logs", false),
            ("orders-?", "orders-0", true),
            ("orders-?", "orders-10", false),
            ("a*b*c", "a-b-b-c", true),
            ("가*", "가나", true),
        ] {
            assert_eq!(fits(form, name), yes, "{form} {name}");
        }
    }
}
