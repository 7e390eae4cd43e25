//! Reads a lesson from its Markdown file.
//!
//! ```text
//! ---
//! id: a5
//! track: 첫걸음
//! title: 보통 클러스터는 어떻게 꾸리나
//! minutes: 8
//! cluster: cluster --brokers 3 --controllers 3 --seed 5
//! answers: 000§5, q1
//! sources: min.insync.replicas, KIP-966
//! ---
//! ```
//!
//! Then, before the first heading, perhaps a `setup` block: commands done before the lesson begins. Every `##` heading begins a
//! step. What stands in a step outside of the blocks below is prose. The blocks, each between lines of three backticks with its name
//! behind the first:
//!
//! * `predict`: `ask:` a question; `- an answer :: a predicate` for each answer, of which exactly one must hold after the run; `because:` why;
//!   `see: orders-0.isr` the event that shows it;
//! * `run`: commands, run when the person goes on; a prediction is asked before them;
//! * `check`: predicates, one in a line, that hold when the commands have run: what the prose takes for granted. Only the tests see them;
//! * `after`: prose that is shown when the commands have run;
//! * `goal`: `- what :: predicate` lines;
//! * `hint`: three of them, the faintest first;
//! * `solution`, `solution-alt`: commands that reach the goals; `wrong`: commands that do not. The tests run them all;
//! * `more`: prose for the curious.
//!
//! A block with any other name (`text`, `properties`, `java`) is prose. Every mistake is reported with file, line and how to mend it.

use super::blocks::Block;
use super::error::Flaw;
use super::front::Front;
use super::{Lesson, LessonError, Step};
use crate::command::nearest;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag};

/// The blocks that mean something.
const BLOCKS: [&str; 11] =
    ["setup", "predict", "run", "check", "after", "goal", "hint", "solution", "solution-alt", "wrong", "more"];
/// Blocks that are shown as they are.
const PROSE: [&str; 8] = ["", "text", "properties", "java", "kotlin", "yaml", "json", "sh"];

/// Reads a lesson; `file` is named in errors.
///
/// # Errors
/// At the first mistake.
pub fn read(file: &str, text: &str) -> Result<Lesson, LessonError> {
    lesson(file, text).map_err(|flaw| flaw.of(file))
}

fn lesson(file: &str, text: &str) -> Result<Lesson, Flaw> {
    let front = Front::read(text)?;
    let body_at = text.split_inclusive('\n').take(front.lines).map(str::len).sum();
    let body = Body { text: &text[body_at..], first_line: front.lines + 1 };
    let (setup, steps) = body.steps()?;
    if steps.is_empty() {
        return Err(Flaw::new(front.lines, "단계가 없어요.", "## 로 시작하는 제목으로 단계를 나눠 주세요."));
    }
    Ok(Lesson {
        file: file.into(),
        id: front.value("id"),
        track: front.value("track"),
        title: front.value("title"),
        minutes: front.minutes()?,
        answers: front.list("answers"),
        sources: front.list("sources"),
        cluster: front.value("cluster"),
        setup,
        steps,
    })
}

/// What stands below the front matter.
struct Body<'a> {
    text: &'a str,
    first_line: usize,
}

impl Body<'_> {
    fn line_of(&self, byte: usize) -> usize {
        self.first_line + self.text[..byte].matches('\n').count()
    }

    fn steps(&self) -> Result<(String, Vec<Step>), Flaw> {
        let mut setup = String::new();
        let mut steps: Vec<Step> = Vec::new();
        // Up to where the text has been given out, as prose or otherwise.
        let mut told = 0;
        for (event, range) in Parser::new(self.text).into_offset_iter() {
            let line = self.line_of(range.start);
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                    tell(steps.last_mut(), &self.text[told..range.start]);
                    let title = self.text[range.clone()].trim().trim_start_matches('#').trim().to_string();
                    steps.push(Step { title, line, ..Step::default() });
                    told = range.end;
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let Some(block) = self.block(&self.text[range.clone()], info.trim(), line)? else { continue };
                    tell(steps.last_mut(), &self.text[told..range.start]);
                    told = range.end;
                    match steps.last_mut() {
                        Some(step) => put(step, &block)?,
                        None if block.name == "setup" => {
                            block.commands()?;
                            setup.push_str(block.text);
                        }
                        None => {
                            let fix = "먼저 ## 제목으로 단계를 시작해 주세요.";
                            return Err(Flaw::new(line, format!("{} 블록이 단계 밖에 있어요.", block.name), fix));
                        }
                    }
                }
                _ => {}
            }
        }
        tell(steps.last_mut(), &self.text[told..]);
        steps.iter().try_for_each(complete)?;
        Ok((setup, steps))
    }

    /// A block that means something; `None` for one that is prose.
    fn block<'b>(&self, source: &'b str, name: &str, line: usize) -> Result<Option<Block<'b>>, Flaw> {
        let Some(name) = BLOCKS.iter().find(|known| **known == name) else {
            if PROSE.contains(&name) {
                return Ok(None);
            }
            let fix = match nearest(name, BLOCKS) {
                Some(near) => format!("{near} 블록을 쓰려던 것 같아요."),
                None => format!("{} 가운데서 고르거나, 그대로 보여 줄 글이면 text라고 적어 주세요.", BLOCKS.join(", ")),
            };
            return Err(Flaw::new(line, format!("모르는 블록이에요: {name}."), fix));
        };
        let (_, inside) = source.split_once('\n').unwrap_or((source, ""));
        let Some(last) = inside.trim_end().rfind('\n').map(|at| at + 1).or(inside.starts_with("```").then_some(0))
        else {
            return Err(open(name, line));
        };
        if !inside[last..].trim_start().starts_with("```") {
            return Err(open(name, line));
        }
        Ok(Some(Block { name, line, text: &inside[..last] }))
    }
}

fn open(name: &str, line: usize) -> Flaw {
    Flaw::new(line, format!("{name} 블록이 닫히지 않았어요."), "블록 끝에 ``` 줄을 적어 주세요.")
}

/// Adds to a step's prose. What stands before the first step is for writers only.
fn tell(step: Option<&mut Step>, text: &str) {
    let Some(step) = step else { return };
    let text = text.trim();
    if !text.is_empty() {
        if !step.prose.is_empty() {
            step.prose.push_str("\n\n");
        }
        step.prose.push_str(text);
    }
}

fn put(step: &mut Step, block: &Block<'_>) -> Result<(), Flaw> {
    let twice = || {
        Flaw::new(
            block.line,
            format!("{} 블록이 한 단계에 두 번 있어요.", block.name),
            "하나로 합치거나 단계를 나눠 주세요.",
        )
    };
    let prose = || Some(block.text.trim().to_string());
    match block.name {
        "setup" => {
            return Err(Flaw::new(
                block.line,
                "setup 블록은 첫 단계 앞에만 쓸 수 있어요.",
                "run 블록으로 바꿔 주세요.",
            ));
        }
        "predict" if step.prediction.is_some() => return Err(twice()),
        "run" if !step.commands.is_empty() => return Err(twice()),
        "goal" if !step.goals.is_empty() => return Err(twice()),
        "after" if step.after.is_some() => return Err(twice()),
        "more" if step.more.is_some() => return Err(twice()),
        "predict" => step.prediction = Some(block.prediction()?),
        "run" => step.commands = block.commands()?,
        "goal" => step.goals = block.goals()?,
        "check" => step.checks.extend(block.predicates()?),
        "after" => step.after = prose(),
        "more" => step.more = prose(),
        "hint" => step.hints.push(block.text.trim().into()),
        "wrong" => {
            block.commands()?;
            step.wrong.push(block.text.into());
        }
        _ => {
            block.commands()?;
            let place = if block.name == "solution" { 0 } else { step.solutions.len() };
            step.solutions.insert(place, block.text.into());
        }
    }
    Ok(())
}

/// What belongs together must be there together.
fn complete(step: &Step) -> Result<(), Flaw> {
    let flaw = |message: &str, fix: &str| Err(Flaw::new(step.line, format!("'{}' 단계: {message}", step.title), fix));
    if step.title.is_empty() {
        return flaw("제목이 비어 있어요.", "## 뒤에 제목을 적어 주세요.");
    }
    if step.prediction.is_some() && step.commands.is_empty() {
        return flaw("예측을 묻지만 돌리는 명령이 없어요.", "run 블록을 적어 주세요.");
    }
    if step.goals.is_empty() {
        if !step.hints.is_empty() || !step.solutions.is_empty() || !step.wrong.is_empty() {
            return flaw("목표가 없는데 힌트나 풀이가 있어요.", "goal 블록을 적거나 힌트와 풀이를 지워 주세요.");
        }
        return Ok(());
    }
    if step.hints.len() != 3 {
        return flaw("힌트는 셋이어야 해요.", "약한 것부터 hint 블록 세 개를 적어 주세요.");
    }
    if step.solutions.len() < 2 {
        return flaw("풀이가 둘은 있어야 해요.", "solution 블록과 solution-alt 블록을 적어 주세요.");
    }
    if step.wrong.is_empty() {
        return flaw("실패하는 시도가 없어요.", "wrong 블록에 목표를 이루지 못하는 명령을 적어 주세요.");
    }
    Ok(())
}
