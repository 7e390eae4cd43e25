//! `kafka-get-offsets`: the first, last, or any offset by time of partitions, as Kafka's `GetOffsetShell` gives them.

use super::Problem;
use super::ask::ask;
use super::call::Call;
use super::job::Reply;
use super::kafka_text::exception_line;
use super::output::{Line, Status};
use super::topics::{topic_filter, topic_names};
use super::words::Word;
use crate::base::TopicPartition;
use crate::client::Outcome;
use crate::log::{EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, MAX_TIMESTAMP};
use crate::protocol::{ErrorCode, Response};
use crate::sim::{AdminCall, Session};

/// Some partitions, or all, of one topic, or of all.
#[derive(Clone, Debug)]
struct Rule {
    topic: Option<String>,
    /// The lowest number, and the first beyond the highest.
    range: (i32, i32),
}

impl Rule {
    fn fits(&self, topic: &str, partition: i32) -> bool {
        self.topic.as_ref().is_none_or(|wanted| wanted.split(',').any(|wanted| wanted.trim() == topic))
            && (self.range.0..self.range.1).contains(&partition)
    }
}

/// `kafka-get-offsets`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let timestamp = match call.value("--time") {
        None => LATEST_TIMESTAMP,
        Some(word) => match parse_time(word)? {
            Ok(timestamp) => timestamp,
            Err(text) => return Ok(failed(text)),
        },
    };
    let rules = match rules(call)? {
        Ok(rules) => rules,
        Err(text) => return Ok(failed(text)),
    };
    let internal = !call.has("--exclude-internal-topics");
    Ok(ask(session, AdminCall::Describe { topics: Vec::new() }, Vec::new(), move |session, outcome| {
        let Outcome::Answered(Response::Metadata(metadata)) = outcome else { return timed_out() };
        let mut partitions = Vec::new();
        for topic in topic_names(&metadata).into_iter().filter(|name| internal || !name.starts_with("__")) {
            let count =
                metadata.topics.iter().find(|told| *told.name == *topic).map_or(0, |told| told.partitions.len());
            let numbers = 0..i32::try_from(count).unwrap_or(0);
            let fitting = numbers.filter(|number| rules.iter().any(|rule| rule.fits(&topic, *number)));
            partitions.extend(fitting.map(|number| (topic.clone(), number)));
        }
        if partitions.is_empty() {
            return failed("Could not match any topic-partitions with the specified filters".into());
        }
        ask(session, AdminCall::ListOffsets { partitions, timestamp }, Vec::new(), |_, outcome| {
            let Outcome::OfLeaders(answers) = outcome else { return timed_out() };
            Reply::done(told(answers))
        })
    }))
}

fn failed(text: String) -> Reply {
    Reply::end(Status::ToolFailed, vec![Line::err(format!("Error occurred: {text}"))])
}

fn timed_out() -> Reply {
    failed(exception_line(ErrorCode::RequestTimedOut, "Call(callName=listOffsets) timed out"))
}

/// A moment: by name, by Kafka's negative numbers, or in Unix ms; an inner error in the real tool's words.
fn parse_time(word: &Word) -> Result<Result<i64, String>, Problem> {
    Ok(match word.text.as_str() {
        "latest" => Ok(LATEST_TIMESTAMP),
        "earliest" => Ok(EARLIEST_TIMESTAMP),
        "max-timestamp" => Ok(MAX_TIMESTAMP),
        "earliest-local" | "latest-tiered" | "earliest-pending-upload" | "-4" | "-5" | "-6" => {
            return Err(Problem::new(word.column, format!("계층형 저장소의 오프셋은 아직 없어요: {}", word.text)));
        }
        text => text.parse().map_err(|_| {
            format!(
                "Malformed time argument {text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or \
                 earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp"
            )
        }),
    })
}

/// Which partitions are wanted.
fn rules(call: &Call) -> Result<Result<Vec<Rule>, String>, Problem> {
    let all = (0, i32::MAX);
    if let Some(word) = call.value("--topic-partitions") {
        if call.has("--topic") || call.has("--partitions") {
            return Ok(Err("--topic-partitions cannot be used with --topic or --partitions".into()));
        }
        return word.text.split(',').map(|rule| parse_rule(rule, word)).collect();
    }
    let topic = call.value("--topic").map(topic_filter).transpose()?;
    let Some(word) = call.value("--partitions").filter(|word| !word.text.is_empty()) else {
        return Ok(Ok(vec![Rule { topic, range: all }]));
    };
    let numbers: Result<Vec<i32>, _> = word.text.split(',').map(str::parse).collect();
    Ok(match numbers {
        Ok(numbers) => {
            let rule = |number: i32| Rule { topic: topic.clone(), range: (number, number.saturating_add(1)) };
            Ok(numbers.into_iter().map(rule).collect())
        }
        Err(_) => Err(format!(
            "--partitions expects a comma separated list of numeric partition ids, but received: {}",
            word.text
        )),
    })
}

/// `topic:1`, `topic:0-3`, `topic:2-`, `:-3`, `topic`.
fn parse_rule(rule: &str, word: &Word) -> Result<Result<Rule, String>, Problem> {
    let (topic, numbers) = rule.split_once(':').unwrap_or((rule, ""));
    let topic = Word { text: topic.into(), ..word.clone() };
    let topic = Some(topic_filter(&topic)?).filter(|topic| !topic.is_empty());
    let bound = |text: &str, otherwise| if text.is_empty() { Ok(otherwise) } else { text.parse::<i32>() };
    let range = match numbers.split_once('-') {
        Some((low, high)) => bound(low, 0).and_then(|low| Ok((low, bound(high, i32::MAX)?))),
        None if numbers.is_empty() => Ok((0, i32::MAX)),
        None => numbers.parse().map(|number: i32| (number, number.saturating_add(1))),
    };
    Ok(range.map(|range| Rule { topic, range }).map_err(|_| format!("Invalid rule specification: {rule}")))
}

/// A line for each partition that has an answer, in the order of their names.
fn told(mut answers: Vec<(TopicPartition, Result<i64, ErrorCode>)>) -> Vec<Line> {
    answers.sort_by_key(|(tp, _)| tp.to_string());
    let mut lines = Vec::new();
    for (tp, answer) in &answers {
        if let Err(error) = answer {
            let error = exception_line(*error, "");
            lines.push(Line::err(format!("Skip getting offsets for topic-partition {tp} due to error: {error}")));
        }
    }
    for (tp, answer) in answers {
        if let Ok(offset @ 0..) = answer {
            lines.push(Line::out(format!("{}:{}:{offset}", tp.topic, tp.partition)));
        }
    }
    lines
}
