//! What stands in a lesson's fenced blocks: predictions, goals, commands.

use super::error::Flaw;
use super::{Choice, Goal, Prediction};
use crate::base::TopicPartition;
use crate::command::{Predicate, ScriptLine, check};

/// A fenced block.
pub(super) struct Block<'a> {
    /// What stands behind the opening fence.
    pub(super) name: &'a str,
    /// The number of its first line, the fence, in the file.
    pub(super) line: usize,
    /// What stands between the fences.
    pub(super) text: &'a str,
}

/// Commands that go to another time or world would pull the ground from under the lesson.
const NOT_IN_LESSONS: [&str; 4] = ["cluster", "rewind", "seek", "step"];

impl Block<'_> {
    /// Its lines, with their numbers in the file.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (self.line + 1..).zip(self.text.lines())
    }

    /// Its commands, understood but not run.
    pub(super) fn commands(&self) -> Result<Vec<ScriptLine>, Flaw> {
        let lines = check(self.text).map_err(|error| {
            let fix = error
                .problem
                .nearest
                .map_or("명령을 고쳐 주세요.".into(), |word| format!("혹시 {word}인가요?"));
            Flaw::new(self.line + error.line, error.problem.message, fix)
        })?;
        for line in &lines {
            let name = line.shown().split_whitespace().next().unwrap_or_default();
            if NOT_IN_LESSONS.contains(&name) {
                let number = self.line + line.number();
                return Err(Flaw::new(
                    number,
                    format!("{name} 명령은 수업에 쓸 수 없어요."),
                    "시간은 run으로만 흘려 주세요.",
                ));
            }
        }
        Ok(lines)
    }

    /// Its predicates, one in a line.
    pub(super) fn predicates(&self) -> Result<Vec<Predicate>, Flaw> {
        let lines = self.lines().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(number, line)| predicate(line, number)).collect()
    }

    /// Its goals: `- what :: predicate`.
    pub(super) fn goals(&self) -> Result<Vec<Goal>, Flaw> {
        let mut goals = Vec::new();
        for (number, line) in self.lines().filter(|(_, line)| !line.trim().is_empty()) {
            let Some(item) = line.trim().strip_prefix("- ") else {
                return Err(Flaw::new(
                    number,
                    "목표는 - 로 시작해야 해요.",
                    "- 무엇을 이룰지 :: 조건 꼴로 적어 주세요.",
                ));
            };
            let (text, predicate) = with_predicate(item, number)?;
            goals.push(Goal { text, predicate });
        }
        if goals.is_empty() {
            return Err(Flaw::new(self.line, "목표가 비어 있어요.", "- 무엇을 이룰지 :: 조건 꼴로 적어 주세요."));
        }
        Ok(goals)
    }

    /// Its prediction: `ask:`, options, `because:` and perhaps `see:`.
    pub(super) fn prediction(&self) -> Result<Prediction, Flaw> {
        let mut parts = Parts::default();
        for (number, line) in self.lines() {
            parts.take(number, line)?;
        }
        let missing = |what: &str, fix: &str| Flaw::new(self.line, format!("predict 블록에 {what}."), fix);
        if parts.question.is_empty() {
            return Err(missing("질문이 없어요", "ask: 로 시작하는 줄에 질문을 적어 주세요."));
        }
        if parts.options.len() < 2 {
            return Err(missing("보기가 모자라요", "- 보기 :: 조건 꼴로 둘 넘게 적어 주세요."));
        }
        if parts.because.is_empty() {
            return Err(missing("까닭이 없어요", "because: 로 시작하는 줄에 까닭을 적어 주세요."));
        }
        Ok(Prediction {
            question: parts.question,
            options: parts.options,
            explanation: parts.because,
            event: parts.event,
        })
    }
}

#[derive(Default)]
struct Parts {
    question: String,
    options: Vec<Choice>,
    because: String,
    event: Option<(TopicPartition, String)>,
    /// Which part a line without a beginning of its own goes on with.
    open: Open,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Open {
    #[default]
    Nothing,
    Question,
    Because,
}

impl Parts {
    fn take(&mut self, number: usize, line: &str) -> Result<(), Flaw> {
        let text = line.trim();
        if let Some(question) = text.strip_prefix("ask:") {
            (self.question, self.open) = (question.trim().into(), Open::Question);
        } else if let Some(because) = text.strip_prefix("because:") {
            (self.because, self.open) = (because.trim().into(), Open::Because);
        } else if let Some(event) = text.strip_prefix("see:") {
            (self.event, self.open) = (Some(event_of(event.trim(), number)?), Open::Nothing);
        } else if let Some(option) = text.strip_prefix("- ").filter(|_| self.open != Open::Because) {
            let (text, predicate) = with_predicate(option, number)?;
            self.options.push(Choice { text, predicate });
            self.open = Open::Nothing;
        } else {
            match self.open {
                Open::Question => go_on(&mut self.question, text),
                Open::Because => go_on(&mut self.because, text),
                Open::Nothing if text.is_empty() => {}
                Open::Nothing => {
                    let fix = "ask:, - 보기 :: 조건, because:, see: 가운데 하나로 시작해 주세요.";
                    return Err(Flaw::new(number, format!("predict 블록에서 모르는 줄이에요: {text}"), fix));
                }
            }
        }
        Ok(())
    }
}

fn go_on(part: &mut String, text: &str) {
    part.push('\n');
    part.push_str(text);
    part.truncate(part.trim_end().len());
}

/// `text :: predicate`.
fn with_predicate(item: &str, number: usize) -> Result<(String, Predicate), Flaw> {
    let Some((text, predicate)) = item.rsplit_once(" :: ") else {
        return Err(Flaw::new(
            number,
            "조건이 없어요.",
            "글과 조건 사이에 빈칸을 두고 ::를 적어 주세요: 글 :: isr(orders-0).len == 2",
        ));
    };
    Ok((text.trim().into(), self::predicate(predicate, number)?))
}

fn predicate(text: &str, number: usize) -> Result<Predicate, Flaw> {
    Predicate::parse(text.trim()).map_err(|problem| {
        let fix = problem.nearest.map_or("조건을 고쳐 주세요.".into(), |word| format!("혹시 {word}인가요?"));
        Flaw::new(number, problem.message, fix)
    })
}

fn event_of(text: &str, number: usize) -> Result<(TopicPartition, String), Flaw> {
    let parsed = text.rsplit_once('.').and_then(|(tp, aspect)| Some((TopicPartition::parse(tp)?, aspect)));
    match parsed {
        Some((tp, aspect @ ("hw" | "isr" | "leader"))) => Ok((tp, aspect.into())),
        _ => Err(Flaw::new(
            number,
            format!("무엇을 보라는 건지 알 수 없어요: {text}"),
            "see: orders-0.isr처럼 hw, isr, leader 가운데 하나를 적어 주세요.",
        )),
    }
}
