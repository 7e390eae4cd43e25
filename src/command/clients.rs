//! Commands that run producers and consumers.

use super::Problem;
use super::call::{Call, number, setting};
use super::duration::parse_duration;
use super::job::Reply;
use super::predicate::client_names;
use super::words::Word;
use crate::base::NodeId;
use crate::base::josa::{Josa, josa};
use crate::client::{ConsumerConfig, ProducerConfig};
use crate::sim::{Action, ConsumerSpec, KeySpec, ProcessStatus, ProducerSpec, Session};

/// How large a value is if nobody says.
const VALUE_SIZE: usize = 100;
/// The time between records, in µs, if only `--count` is given: five in a second.
const INTERVAL: u64 = 200_000;
/// How long a record is worked on, in µs, if nobody says.
const PROCESSING: u64 = 1000;

/// The settings of `--config` and the like, each tried out on a configuration of its own, so that a wrong one can be pointed at.
pub(super) fn settings<'a>(
    words: impl Iterator<Item = &'a Word>,
    names: &[&str],
    mut set: impl FnMut(&str, &str) -> Result<(), String>,
) -> Result<Vec<(String, String)>, Problem> {
    let mut settings = Vec::new();
    for word in words {
        let (name, value) = setting(word)?;
        if !names.contains(&name) {
            let problem = Problem::new(word.column, format!("모르거나 아직 다루지 않는 설정이에요: {name}."));
            return Err(problem.or_rather(name, names.iter().copied()));
        }
        set(name, value).map_err(|error| Problem::new(word.column, format!("설정을 받을 수 없어요: {error}")))?;
        settings.push((name.into(), value.into()));
    }
    Ok(settings)
}

/// The settings of a producer.
pub(super) fn producer_settings<'a>(words: impl Iterator<Item = &'a Word>) -> Result<Vec<(String, String)>, Problem> {
    let mut config = ProducerConfig::default();
    settings(words, ProducerConfig::NAMES, |name, value| config.set(name, value).map_err(|error| error.to_string()))
}

/// The settings of a consumer.
pub(super) fn consumer_settings<'a>(words: impl Iterator<Item = &'a Word>) -> Result<Vec<(String, String)>, Problem> {
    let mut config = ConsumerConfig::default();
    settings(words, ConsumerConfig::NAMES, |name, value| config.set(name, value).map_err(|error| error.to_string()))
}

/// `producer NAME start`.
pub(super) fn start_producer(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let name = new_name(call.need(0)?)?;
    let count = call.number("--count", 1, 1_000_000_000)?.map(i64::cast_unsigned);
    let interval_us = match call.value("--rate") {
        Some(word) => Some(interval(word)?),
        None => count.map(|_| INTERVAL),
    };
    let keys = match (call.number("--keys", 1, 1_000_000)?, call.value("--key")) {
        (Some(_), Some(word)) => return Err(Problem::new(word.column, "--keys와 --key는 함께 쓸 수 없어요.")),
        (Some(n), None) => KeySpec::Several(u32::try_from(n).unwrap_or(u32::MAX)),
        (None, Some(word)) => KeySpec::One(word.text.clone()),
        (None, None) => KeySpec::None,
    };
    let value_size = call.number("--value-size", 0, 1_000_000)?.map_or(VALUE_SIZE, |n| n.unsigned_abs() as usize);
    let spec = ProducerSpec {
        name: name.clone(),
        topic: call.required("--topic")?.text.clone(),
        interval_us,
        count,
        keys,
        value_size,
        config: producer_settings(call.values("--config"))?,
        tool: false,
    };
    act(session, Action::StartProducer(spec), call.need(0)?)?;
    Ok(Reply::note(format!("프로듀서 {} 시작했어요.", josa(&name, Josa::Object))))
}

/// `consumer NAME start`.
pub(super) fn start_consumer(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let name = new_name(call.need(0)?)?;
    let group = call.required("--group")?;
    if group.text.is_empty() {
        return Err(Problem::new(group.column, "그룹 이름이 비어 있어요."));
    }
    let topics: Vec<String> = call.required("--topic")?.text.split(',').map(|topic| topic.trim().into()).collect();
    let processing_us = match call.value("--process") {
        Some(word) => parse_duration(&word.text)
            .map(|time| time.0)
            .ok_or_else(|| Problem::new(word.column, format!("시간은 500ms, 1.5s, 2m처럼 적어요: {}", word.text)))?,
        None => PROCESSING,
    };
    let config = consumer_settings(call.values("--config"))?;
    if let Some(word) = call.values("--config").find(|word| word.text.starts_with("group.id=")) {
        return Err(Problem::new(word.column, "그룹은 --group으로 정해요."));
    }
    let spec = ConsumerSpec {
        name: name.clone(),
        group: group.text.clone(),
        topics,
        config,
        assign: None,
        processing_us,
        limit: None,
        tool: false,
    };
    act(session, Action::StartConsumer(spec), call.need(0)?)?;
    Ok(Reply::note(format!("컨슈머 {} 시작했어요.", josa(&name, Josa::Object))))
}

/// A client's name must not be taken for something else in a predicate or a link.
fn new_name(word: &Word) -> Result<String, Problem> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let taken = ["brokers", "controllers", "clients", "none", "true", "false", "in", "admin"];
    let begins = word.text.chars().next().is_some_and(char::is_alphabetic);
    if !begins || !word.text.chars().all(inside) || taken.contains(&word.text.as_str()) || word.text.len() > 100 {
        return Err(Problem::new(
            word.column,
            format!("이름은 글자로 시작하고 글자, 숫자, -, _로 지어요: {}", word.text),
        ));
    }
    Ok(word.text.clone())
}

/// The time between two records, in µs, from `5/s`.
fn interval(word: &Word) -> Result<u64, Problem> {
    let wrong = || Problem::new(word.column, format!("속도는 5/s, 300/m처럼 적어요: {}", word.text));
    let (count, unit) = word.text.split_once('/').ok_or_else(wrong)?;
    let count = count.parse::<u64>().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
    let unit = parse_duration(&format!("1{unit}")).ok_or_else(wrong)?;
    if unit.0 / count == 0 {
        return Err(Problem::new(word.column, format!("너무 빨라요: {}", word.text)));
    }
    Ok(unit.0 / count)
}

fn act(session: &mut Session, action: Action, at: &Word) -> Result<(), Problem> {
    session.act(action).map_err(|error| Problem::action(at.column, &error))
}

/// The client that a command is about: the last of that name, and of the command's kind.
fn client(call: &Call, session: &Session) -> Result<NodeId, Problem> {
    let word = call.need(0)?;
    let producer = call.command.name == "producer";
    let cluster = session.cluster();
    let found = cluster.client_named(&word.text).filter(|client| !client.is_tool());
    let kind = if producer { "프로듀서" } else { "컨슈머" };
    match found {
        Some(client) if client.producer().is_some() == producer => Ok(NodeId::Client(client.id)),
        Some(_) => {
            let other = if producer { "consumer" } else { "producer" };
            Err(Problem::new(word.column, format!("{} {other} 명령으로 다뤄요.", josa(&word.text, Josa::Topic))))
        }
        None => {
            let known = client_names(cluster);
            let problem = Problem::new(word.column, format!("그런 {}는 없어요: {}.", kind, word.text));
            Err(problem.or_rather(&word.text, known.iter().map(String::as_str)))
        }
    }
}

fn change(call: &Call, session: &mut Session, action: fn(NodeId) -> Action, done: &str) -> Result<Reply, Problem> {
    let (node, word) = (client(call, session)?, call.need(0)?);
    session.act(action(node)).map_err(|error| wrong_state(call, session, node, &error))?;
    Ok(Reply::note(format!("{} {done}.", josa(&word.text, Josa::Object))))
}

/// Clients are known by name, not by number.
fn wrong_state(call: &Call, session: &Session, node: NodeId, error: &crate::sim::ActionError) -> Problem {
    let word = call.given(0).map_or(("", 1), |word| (word.text.as_str(), word.column));
    let state = match session.cluster().status(node) {
        Ok(ProcessStatus::Running) => "돌고 있어요",
        Ok(ProcessStatus::Paused) => "멈춰 있어요",
        Ok(ProcessStatus::Dead) => "꺼져 있어요",
        Err(_) => return Problem::action(word.1, error),
    };
    Problem::new(word.1, format!("{} 지금 {state}.", josa(word.0, Josa::Topic)))
}

/// `producer NAME stop`.
pub(super) fn stop(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Stop, "끝내라고 했어요")
}

/// `producer NAME kill`.
pub(super) fn kill(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Kill, "죽였어요")
}

/// `producer NAME pause`.
pub(super) fn pause(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Pause, "멈췄어요")
}

/// `producer NAME resume`.
pub(super) fn resume(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Resume, "다시 움직여요")
}

/// `producer NAME restart`.
pub(super) fn restart(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let node = client(call, session)?;
    if session.cluster().is_alive(node) {
        session.act(Action::Kill(node)).map_err(|error| wrong_state(call, session, node, &error))?;
    }
    change(call, session, Action::Start, "다시 시작했어요")
}

/// `producer NAME send KEY:VALUE`.
pub(super) fn send(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (node, name, record) = (client(call, session)?, call.need(0)?, call.need(1)?);
    let (key, value) = match record.text.split_once(':') {
        Some((key, value)) => (Some(key.into()), value),
        None => (None, record.text.as_str()),
    };
    let partition = call.value("--partition").map(|word| partition(word, session, node)).transpose()?;
    let action = Action::Send { producer: name.text.clone(), key, value: Some(value.into()), partition };
    session.act(action).map_err(|error| wrong_state(call, session, node, &error))?;
    Ok(Reply::done(Vec::new()))
}

/// A partition's number; it must exist, or the producer would wait for it for ever.
fn partition(word: &Word, session: &Session, node: NodeId) -> Result<i32, Problem> {
    let number = number(word, "--partition", 0, i64::from(i32::MAX))?;
    let NodeId::Client(id) = node else { return Ok(0) };
    let cluster = session.cluster();
    let topic = cluster.client(id).and_then(|client| client.producer()).map(|producer| producer.topic().clone());
    let known = topic.and_then(|topic| Some(cluster.image()?.topics.get(&topic)?.partitions.len() as i64));
    match known {
        Some(count) if number >= count => {
            Err(Problem::new(word.column, format!("파티션은 0부터 {}까지예요: {number}", count - 1)))
        }
        _ => Ok(i32::try_from(number).unwrap_or(i32::MAX)),
    }
}
