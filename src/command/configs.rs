//! `kafka-configs`: shows and changes settings while the cluster runs, as Kafka's `ConfigCommand` does.
//!
//! Settings of topics, and of brokers those that topics take their defaults from. What the real tool asks in several
//! requests, one after another, is asked so here. Users, clients, IP addresses, groups and loggers are refused by name.

use super::Problem;
use super::ask::ask;
use super::call::Call;
use super::job::Reply;
use super::kafka_text::{exception_line, without_message};
use super::output::{Line, Status};
use super::topics::{check_topic_config, topic_names};
use super::words::Word;
use crate::broker::BrokerConfig;
use crate::client::Outcome;
use crate::controller::THROTTLED_RATES;
use crate::log::{LogConfig, server_synonym, topic_config};
use crate::protocol::{ConfigEntry, ConfigSource, ErrorCode, MetadataResponse, Response};
use crate::sim::{AdminCall, ConfigTarget, Session};

/// What kind of thing has the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entity {
    Topics,
    Brokers,
}

impl Entity {
    /// Kafka's name of the kind.
    fn name(self) -> &'static str {
        match self {
            Entity::Topics => "topics",
            Entity::Brokers => "brokers",
        }
    }

    /// The kind in the singular.
    fn one(self) -> &'static str {
        self.name().trim_end_matches('s')
    }
}

/// The entities that Kafka has and the model has not.
const ENTITIES_NOT_YET: &[&str] = &["users", "clients", "ips", "groups", "client-metrics", "broker-loggers"];

/// `kafka-configs`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (entity, name) = entity(call)?;
    match (call.has("--alter"), call.has("--describe")) {
        (true, false) => alter(call, session, entity, name),
        (false, true) => {
            for flag in ["--add-config", "--delete-config"] {
                if let Some(word) = call.value(flag) {
                    return Err(Problem::new(word.column, format!("{flag} 옵션은 --alter에만 쓸 수 있어요.")));
                }
            }
            describe(call, session, entity, name)
        }
        _ => Err(Problem::new(1, "kafka-configs에는 --describe와 --alter 가운데 하나만 있어야 해요.")),
    }
}

/// What the line is about: a kind and a name, the empty one for all brokers together; no name for all there are.
fn entity(call: &Call) -> Result<(Entity, Option<Word>), Problem> {
    let empty = |flag: &str| call.has(flag).then(|| Word { text: String::new(), span: 0..0, column: 1 });
    let short = [
        (Entity::Topics, call.value("--topic").cloned()),
        (Entity::Brokers, call.value("--broker").cloned()),
        (Entity::Brokers, empty("--broker-defaults")),
    ];
    let mut given: Vec<(Entity, Option<Word>)> = short.into_iter().filter(|(_, name)| name.is_some()).collect();
    if let Some(kind) = call.value("--entity-type") {
        let entity = match kind.text.as_str() {
            "topics" => Entity::Topics,
            "brokers" => Entity::Brokers,
            other if ENTITIES_NOT_YET.contains(&other) => {
                return Err(Problem::new(kind.column, format!("{other}의 설정은 아직 없어요.")));
            }
            other => {
                let problem = Problem::new(kind.column, format!("모르는 --entity-type이에요: {other}."));
                return Err(problem.or_rather(other, ["topics", "brokers"]));
            }
        };
        given.push((entity, call.value("--entity-name").cloned().or_else(|| empty("--entity-default"))));
    }
    match (&mut given[..], call.value("--entity-type").or(call.value("--entity-name"))) {
        ([one], _) => Ok(std::mem::replace(one, (Entity::Topics, None))),
        ([], Some(word)) => Err(Problem::new(word.column, "--entity-name에는 --entity-type도 있어야 해요.")),
        ([], None) => {
            Err(Problem::new(1, "무엇의 설정인지 --topic, --broker, --entity-type 가운데 하나로 정해 주세요."))
        }
        _ => Err(Problem::new(1, "한 번에 한 가지의 설정만 다룰 수 있어요.")),
    }
}

fn target(entity: Entity, name: &Word) -> Result<ConfigTarget, Problem> {
    match (entity, name.text.as_str()) {
        (Entity::Topics, topic) => Ok(ConfigTarget::Topic(topic.into())),
        (Entity::Brokers, "") => Ok(ConfigTarget::DefaultBroker),
        (Entity::Brokers, id) => match id.parse() {
            Ok(id) => Ok(ConfigTarget::Broker(id)),
            Err(_) => Err(Problem::new(name.column, format!("브로커는 번호로 적어요: {id}"))),
        },
    }
}

fn alter(call: &Call, session: &mut Session, entity: Entity, name: Option<Word>) -> Result<Reply, Problem> {
    let Some(name) = name else {
        return Err(Problem::new(1, "누구의 설정을 바꿀지 --entity-name으로 정해 주세요."));
    };
    let target = target(entity, &name)?;
    let mut ops = Vec::new();
    for word in call.values("--delete-config") {
        for key in word.text.split(',').map(str::trim) {
            check_config(entity, key, word.column)?;
            ops.push((key.to_string(), None));
        }
    }
    if let Some(word) = call.value("--add-config") {
        let Some(pairs) = pairs(&word.text) else {
            let text = "requirement failed: Invalid entity config: all configs to be added must be in the format \
                        \"key=val\" or  \"key=[val1,val2]\" to group values which contain commas.";
            return Ok(Reply::end(Status::ToolFailed, vec![Line::err(text)]));
        };
        for (key, value) in pairs {
            check_config(entity, &key, word.column)?;
            ops.push((key, Some(value)));
        }
    }
    if ops.is_empty() {
        return Err(Problem::new(1, "--alter에는 --add-config나 --delete-config가 있어야 해요."));
    }
    let done = match name.text.as_str() {
        "" => format!("Completed updating default config for {} in the cluster.", entity.name()),
        name => format!("Completed updating config for {} {name}.", entity.one()),
    };
    let arguments = call.arguments.clone();
    Ok(ask(session, AdminCall::AlterConfigs { target, ops }, Vec::new(), move |_, outcome| match outcome {
        Outcome::Answered(Response::IncrementalAlterConfigs(response)) if response.error.is_ok() => {
            Reply::done(vec![Line::out(done)])
        }
        Outcome::Answered(Response::IncrementalAlterConfigs(response)) => {
            failed(&arguments, response.error, &response.message)
        }
        _ => failed(&arguments, ErrorCode::RequestTimedOut, "Call(callName=incrementalAlterConfigs) timed out"),
    }))
}

/// `a=b,c=[d,e]` as pairs: commas and equals signs between brackets belong to the value.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let split = |text: &str, at: char| {
        let mut parts = vec![String::new()];
        let mut depth = 0;
        for c in text.chars() {
            depth += i32::from(c == '[') - i32::from(c == ']');
            if c == at && depth <= 0 {
                parts.push(String::new());
            } else if let Some(last) = parts.last_mut() {
                last.push(c);
            }
        }
        parts
    };
    let pair = |part: String| match &split(&part, '=')[..] {
        [key, value] => Some((key.trim().to_string(), value.replace(['[', ']'], "").trim().to_string())),
        _ => None,
    };
    split(text, ',').into_iter().map(pair).collect()
}

/// A setting that the model does not know is refused by name, or with the nearest that it knows.
fn check_config(entity: Entity, name: &str, column: usize) -> Result<(), Problem> {
    if entity == Entity::Topics {
        return check_topic_config(name, column);
    }
    if topic_config(name).is_some() || THROTTLED_RATES.contains(&name) {
        return Ok(());
    }
    if BrokerConfig::NAMES.contains(&name) {
        return Err(Problem::new(
            column,
            format!("{name} 설정은 돌고 있는 브로커에서 바꿀 수 없어요. cluster --config로 정해요."),
        ));
    }
    let of_logs = LogConfig::NAMES.iter().filter_map(|name| server_synonym(name));
    let known: Vec<&str> = of_logs.chain(THROTTLED_RATES).collect();
    let problem = Problem::new(column, format!("모르거나 아직 다루지 않는 브로커 설정이에요: {name}."));
    Err(problem.or_rather(name, known))
}

/// A failure as the real tool tells it: what it was called with, and the exception.
fn failed(arguments: &str, error: ErrorCode, message: &str) -> Reply {
    failed_with(arguments, &exception_line(error, message))
}

fn failed_with(arguments: &str, exception: &str) -> Reply {
    let lines = vec![
        Line::err(format!("Error while executing config command with args '{arguments}'")),
        Line::err(format!("java.util.concurrent.ExecutionException: {exception}")),
    ];
    Reply::end(Status::ToolFailed, lines)
}

fn describe(call: &Call, session: &mut Session, entity: Entity, name: Option<Word>) -> Result<Reply, Problem> {
    let all = call.has("--all");
    if all && entity == Entity::Brokers {
        return Err(Problem::new(1, "브로커 설정의 --all은 아직 없어요."));
    }
    if let Some(name) = &name {
        target(entity, name)?;
    }
    let arguments = call.arguments.clone();
    Ok(ask(session, AdminCall::Describe { topics: Vec::new() }, Vec::new(), move |session, outcome| {
        let Outcome::Answered(Response::Metadata(metadata)) = outcome else {
            return failed(&arguments, ErrorCode::RequestTimedOut, "Call(callName=listTopics) timed out");
        };
        let known = entities(entity, &metadata);
        let names = match name {
            Some(name) if !all && !known.contains(&name.text) => {
                let text =
                    format!("The {} '{}' doesn't exist and doesn't have dynamic config.", entity.one(), name.text);
                return Reply::done(vec![Line::out(text)]);
            }
            Some(name) => vec![name.text],
            None => known,
        };
        Describing { entity, all, arguments, left: names.into_iter().rev().collect() }.next(session, Vec::new())
    }))
}

/// The names that there are of a kind.
fn entities(entity: Entity, metadata: &MetadataResponse) -> Vec<String> {
    match entity {
        Entity::Topics => topic_names(metadata),
        Entity::Brokers => metadata.brokers.iter().map(ToString::to_string).chain([String::new()]).collect(),
    }
}

/// One entity after another is asked for and told.
struct Describing {
    entity: Entity,
    all: bool,
    arguments: String,
    /// Whom to ask for, the last one first.
    left: Vec<String>,
}

impl Describing {
    fn next(mut self, session: &mut Session, mut lines: Vec<Line>) -> Reply {
        let Some(name) = self.left.pop() else { return Reply::done(lines) };
        let word = Word { text: name.clone(), span: 0..0, column: 1 };
        let Ok(target) = target(self.entity, &word) else { return Reply::done(lines) };
        lines.push(Line::out(match name.as_str() {
            "" => format!("Default configs for {} in the cluster are:", self.entity.name()),
            name => {
                let source = if self.all { "All" } else { "Dynamic" };
                format!("{source} configs for {} {name} are:", self.entity.one())
            }
        }));
        let source = match &target {
            ConfigTarget::Topic(_) => ConfigSource::DynamicTopic,
            ConfigTarget::Broker(_) => ConfigSource::DynamicBroker,
            ConfigTarget::DefaultBroker => ConfigSource::DynamicDefaultBroker,
        };
        ask(session, AdminCall::DescribeConfigs { target }, lines, move |session, outcome| {
            let response = match outcome {
                Outcome::Answered(Response::DescribeConfigs(response)) => Some(response),
                Outcome::OfBrokers(answers) => match answers.into_iter().next() {
                    Some((_, Some(Response::DescribeConfigs(response)))) => Some(response),
                    _ => None,
                },
                _ => None,
            };
            match response {
                Some(response) if response.error.is_ok() => {
                    let shown = response.entries.iter().filter(|entry| self.all || entry.source() == source);
                    let lines = shown.map(|entry| Line::out(entry_line(entry))).collect();
                    self.next(session, lines)
                }
                // The broker sends an empty message, which Java shows as it is.
                Some(response) => failed_with(&self.arguments, &without_message(response.error)),
                None => failed(&self.arguments, ErrorCode::RequestTimedOut, "Call(callName=describeConfigs) timed out"),
            }
        })
    }
}

fn entry_line(entry: &ConfigEntry) -> String {
    let synonyms: Vec<String> =
        entry.synonyms.iter().map(|it| format!("{}:{}={}", it.source.name(), it.name, it.value)).collect();
    format!("  {}={} sensitive=false synonyms={{{}}}", entry.name, entry.value, synonyms.join(", "))
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn commas_in_brackets_belong_to_the_value() {
        let of = |text| pairs(text).map(|pairs| pairs.iter().map(|(k, v)| format!("{k}:{v}")).collect::<Vec<_>>());
        assert_eq!(of("a=b,c=[d,e]"), Some(vec!["a:b".into(), "c:d,e".into()]));
        assert_eq!(of("a=,b = 1"), Some(vec!["a:".into(), "b:1".into()]));
        assert_eq!(of("a"), None);
        assert_eq!(of("a=b=c"), None);
    }
}
