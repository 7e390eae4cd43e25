//! What is wrong with a line: where, what, and the nearest right word.

use crate::base::josa::{Josa, josa};
use crate::disk::DiskError;
use crate::sim::ActionError;
use std::fmt;

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The character at which it stands, from 1.
    pub column: usize,
    /// What is wrong, in Korean.
    pub message: String,
    /// The word that was probably meant.
    pub nearest: Option<String>,
}

impl Problem {
    /// Something wrong at a place.
    #[must_use]
    pub fn new(column: usize, message: impl Into<String>) -> Self {
        Self { column, message: message.into(), nearest: None }
    }

    /// The same, with the one of `words` that is nearest to what was typed, if one is near enough.
    #[must_use]
    pub fn or_rather<'a>(mut self, typed: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.nearest = nearest(typed, words).map(String::from);
        self
    }

    /// What is wrong with an action, at a place.
    pub(super) fn action(column: usize, error: &ActionError) -> Self {
        Self::new(column, in_korean(error))
    }
}

/// What is wrong with a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong in it; its column counts in this line.
    pub problem: Problem,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, problem: Problem { column, message, nearest } } = self;
        write!(f, "{line}행 {column}열: {message}")?;
        match nearest {
            Some(word) => write!(f, " 혹시 {word}인가요?"),
            None => Ok(()),
        }
    }
}

/// Why a file system refused, in Korean.
pub(super) fn on_disk(error: &DiskError) -> String {
    match error {
        DiskError::NotFound { path } => format!("그런 파일은 없어요: {path}."),
        DiskError::AlreadyExists { path } => format!("그런 파일이 이미 있어요: {path}."),
        DiskError::PastEnd { path, position, len } => {
            format!("{path}에는 {position}번 바이트가 없어요. 길이는 {len}바이트예요.")
        }
        DiskError::NoSpace { path, capacity } => {
            format!("디스크({capacity}바이트)가 가득 차서 {path}에 쓸 수 없어요.")
        }
        DiskError::Failed { path } => format!("디스크가 고장 나서 {path}에 닿을 수 없어요."),
    }
}

/// Why an action could not be done, in Korean.
fn in_korean(error: &ActionError) -> String {
    match error {
        ActionError::NoSuchNode(node) => format!("{} 없어요.", josa(&node.to_string(), Josa::Subject)),
        ActionError::BrokerExists(id) => format!("브로커 {} 이미 있어요.", josa(&id.to_string(), Josa::Subject)),
        ActionError::NoSuchProducer(name) => format!("이름이 {name}인 프로듀서가 돌고 있지 않아요."),
        ActionError::NameTaken(name) => format!("이름이 {name}인 클라이언트가 이미 돌고 있어요."),
        ActionError::WrongState { node, is } => {
            let state = match *is {
                "running" => "이미 돌고 있어요",
                "paused" => "멈춰 있어요",
                "switched off" => "전원이 이미 꺼져 있어요",
                _ => "꺼져 있어요",
            };
            format!("{} {state}.", josa(&node.to_string(), Josa::Topic))
        }
        ActionError::Config(message) => format!("설정을 받을 수 없어요: {message}"),
        ActionError::Disk(error) => on_disk(error),
        ActionError::NoSuchProfile(name) => format!("그런 디스크 종류는 없어요: {name}."),
        ActionError::NotForThisNode(node) => format!("{node}에는 할 수 없는 일이에요."),
        ActionError::NoLink => "서로 다른 두 쪽이 있어야 해요. 노드와 자기 자신 사이에는 네트워크가 없어요.".into(),
        ActionError::ClockTooWrong => "시계는 30일까지만 틀리게 할 수 있어요.".into(),
    }
}

/// The one of `words` that is nearest to `typed`, if it takes few enough slips of the finger.
#[must_use]
pub fn nearest<'a>(typed: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = match typed.chars().count() {
        0 | 1 => 0,
        2..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let ranked = words.into_iter().filter(|word| *word != typed).map(|word| (slips(typed, word), word));
    ranked.filter(|(slips, _)| *slips <= bound).min_by_key(|(slips, _)| *slips).map(|(_, word)| word)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour to make one word of the other.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(60).collect(), b.chars().take(60).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(!a[i - 1].eq_ignore_ascii_case(&b[j - 1]));
            let mut least = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_of_the_finger_are_understood() {
        let words = ["kafka-topics", "kafka-console-producer", "broker", "expect"];
        assert_eq!(nearest("kafka-topic", words), Some("kafka-topics"));
        assert_eq!(nearest("borker", words), Some("broker"));
        assert_eq!(nearest("Broker", words), Some("broker"));
        assert_eq!(nearest("zookeeper", words), None);
        assert_eq!(nearest("", words), None);
    }
}
