//! A lesson's front matter: `name: value` lines between two lines of three dashes.

use super::error::Flaw;
use crate::command::{check, nearest};
use std::collections::BTreeMap;

/// The names that it may hold; all but the last two must be there.
const NAMES: [&str; 7] = ["id", "track", "title", "minutes", "cluster", "answers", "sources"];
const REQUIRED: usize = 5;

/// The front matter.
pub(super) struct Front {
    values: BTreeMap<&'static str, (usize, String)>,
    /// How many lines it takes up, both rules included.
    pub(super) lines: usize,
}

impl Front {
    /// Reads it from the top of a file.
    pub(super) fn read(text: &str) -> Result<Self, Flaw> {
        let mut lines = text.lines();
        if lines.next().map(str::trim_end) != Some("---") {
            return Err(Flaw::new(
                1,
                "머리글이 없어요.",
                "첫 줄에 ---를 적고 id, track, title, minutes, cluster를 적은 뒤 ---로 닫아 주세요.",
            ));
        }
        let mut values = BTreeMap::new();
        for (line, number) in lines.zip(2..) {
            if line.trim_end() == "---" {
                let front = Self { values, lines: number };
                front.complete()?;
                return Ok(front);
            }
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once(':') else {
                return Err(Flaw::new(
                    number,
                    "머리글은 이름: 값 꼴이어야 해요.",
                    format!("이 줄을 고쳐 주세요: {line}"),
                ));
            };
            let name = name.trim();
            let Some(known) = NAMES.iter().find(|known| **known == name) else {
                let fix = match nearest(name, NAMES) {
                    Some(near) => format!("{near}를 쓰려던 것 같아요."),
                    None => format!("{} 가운데서 골라 주세요.", NAMES.join(", ")),
                };
                return Err(Flaw::new(number, format!("모르는 머리글이에요: {name}."), fix));
            };
            if values.insert(*known, (number, value.trim().to_string())).is_some() {
                return Err(Flaw::new(number, format!("{name} 머리글이 두 번 있어요."), "하나만 남겨 주세요."));
            }
        }
        Err(Flaw::new(1, "머리글이 닫히지 않았어요.", "머리글 끝에 --- 줄을 적어 주세요."))
    }

    fn complete(&self) -> Result<(), Flaw> {
        for name in &NAMES[..REQUIRED] {
            if self.values.get(name).is_none_or(|(_, value)| value.is_empty()) {
                return Err(Flaw::new(
                    1,
                    format!("머리글에 {name} 값이 없어요."),
                    format!("{name}: 줄을 적어 주세요."),
                ));
            }
        }
        let (line, cluster) = &self.values["cluster"];
        if !cluster.starts_with("cluster") {
            return Err(Flaw::new(
                *line,
                "cluster 머리글에는 cluster 명령을 적어요.",
                "cluster: cluster --brokers 3 --seed 5처럼 적어 주세요.",
            ));
        }
        check(cluster).map_err(|error| Flaw::new(*line, error.problem.message, "cluster 명령을 고쳐 주세요."))?;
        self.minutes().map(drop)
    }

    /// A value; empty if it was left out.
    pub(super) fn value(&self, name: &str) -> String {
        self.values.get(name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// A value that lists several, between commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let value = self.value(name);
        value.split(',').map(|item| item.trim().to_string()).filter(|item| !item.is_empty()).collect()
    }

    /// How long the lesson takes.
    pub(super) fn minutes(&self) -> Result<u32, Flaw> {
        let (line, value) = &self.values["minutes"];
        value.parse().map_err(|_| Flaw::new(*line, "minutes 값은 수여야 해요.", "minutes: 8처럼 적어 주세요."))
    }
}
