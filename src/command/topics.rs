//! `kafka-topics`: makes topics, describes, enlarges and deletes them, as Kafka's `TopicCommand` does.
//!
//! What the brokers answer is printed as it came: after a leader's death, a broker that has not heard of it yet still names the old one. Topic ids and
//! settings, which the real tool asks for in further requests, are read from the cluster's metadata.

use super::Problem;
use super::ask::ask;
use super::call::{Call, setting};
use super::job::Reply;
use super::kafka_text::{exception_line, log_line};
use super::output::{Line, Status};
use super::words::Word;
use crate::base::{BrokerId, SimTime, TopicName};
use crate::client::Outcome;
use crate::log::{LogConfig, NOT_OF_LOGS, server_synonym};
use crate::protocol::{ConfigResource, ErrorCode, MetadataPartition, MetadataResponse, MetadataTopic, Response};
use crate::sim::{AdminCall, Cluster, Session};
use std::rc::Rc;

/// Topic settings that Kafka knows and the model does not yet.
const CONFIGS_NOT_YET: &[&str] = &[
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "follower.replication.throttled.replicas",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "preallocate",
    "remote.storage.enable",
];

/// The settings that a topic may be given.
pub(super) fn config_names() -> impl Iterator<Item = &'static str> {
    LogConfig::NAMES.iter().chain(NOT_OF_LOGS).copied()
}

/// Checks the name of a topic's setting: what the model has not yet is refused by name, what Kafka has not with the nearest.
pub(super) fn check_topic_config(name: &str, column: usize) -> Result<(), Problem> {
    if CONFIGS_NOT_YET.contains(&name) {
        return Err(Problem::new(column, format!("{name} 설정은 아직 없어요.")));
    }
    if !config_names().any(|known| known == name) {
        let problem = Problem::new(column, format!("모르는 토픽 설정이에요: {name}."));
        return Err(problem.or_rather(name, config_names()));
    }
    Ok(())
}

/// The names of all topics, in order.
pub(super) fn topic_names(metadata: &MetadataResponse) -> Vec<String> {
    let known = metadata.topics.iter().filter(|topic| topic.error.is_ok());
    let mut names: Vec<String> = known.map(|topic| topic.name.to_string()).collect();
    names.sort();
    names
}

/// Which partitions a describe may be narrowed to.
const REPORTS: [&str; 4] = [
    "--under-replicated-partitions",
    "--under-min-isr-partitions",
    "--at-min-isr-partitions",
    "--unavailable-partitions",
];

/// What the tool can do.
const ACTIONS: [&str; 5] = ["--create", "--alter", "--delete", "--describe", "--list"];

/// `kafka-topics`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let actions: Vec<&str> = ACTIONS.into_iter().filter(|flag| call.has(flag)).collect();
    let [action] = actions[..] else {
        return Err(Problem::new(1, format!("kafka-topics에는 {} 가운데 하나만 있어야 해요.", ACTIONS.join(", "))));
    };
    fitting(call, action)?;
    if action == "--create" {
        return create(call, session);
    }
    let filter = Filter {
        topic: call.value("--topic").map(topic_filter).transpose()?,
        internal: !call.has("--exclude-internal"),
        if_exists: call.has("--if-exists"),
    };
    match action {
        "--alter" => alter(call, session, filter),
        "--delete" => delete(call, session, filter),
        "--list" => Ok(with_metadata(session, move |_, metadata| {
            let names = filter.names(&metadata);
            Reply::done(names.join("\n").split('\n').map(Line::out).collect())
        })),
        _ => {
            let only: Vec<&str> = REPORTS.into_iter().filter(|flag| call.has(flag)).collect();
            Ok(with_metadata(session, move |session, metadata| described(session, &metadata, &filter, &only)))
        }
    }
}

/// Some flags fit only some actions.
fn fitting(call: &Call, action: &str) -> Result<(), Problem> {
    let only_for = |flags: &[&str], wanted: &[&str]| {
        let wrong = flags.iter().find(|flag| call.has(flag) && !wanted.contains(&action));
        wrong.map_or(Ok(()), |flag| {
            let column = call.value(flag).map_or(1, |word| word.column);
            Err(Problem::new(column, format!("{flag} 옵션은 {}에만 쓸 수 있어요.", wanted.join(", "))))
        })
    };
    only_for(&["--partitions", "--replica-assignment"], &["--create", "--alter"])?;
    only_for(&["--replication-factor", "--config", "--if-not-exists"], &["--create"])?;
    only_for(&["--if-exists"], &["--alter", "--delete", "--describe"])?;
    only_for(&["--exclude-internal"], &["--alter", "--delete", "--list", "--describe"])?;
    only_for(&REPORTS, &["--describe"])
}

/// A topic's name to look for. The real tool takes a regular expression.
pub(super) fn topic_filter(word: &Word) -> Result<String, Problem> {
    if word.text.contains(|c: char| "*+?[](){}|^$\\".contains(c)) {
        return Err(Problem::new(word.column, format!("정규식으로 고르기는 아직 없어요: {}", word.text)));
    }
    Ok(word.text.clone())
}

/// Which topics a line is about.
#[derive(Clone, Debug)]
struct Filter {
    /// Names joined by commas; none for all.
    topic: Option<String>,
    internal: bool,
    /// Whether it is no matter if there is none.
    if_exists: bool,
}

impl Filter {
    /// The names of the topics that there are.
    fn names(&self, metadata: &MetadataResponse) -> Vec<String> {
        let wanted = |name: &String| match &self.topic {
            Some(wanted) => wanted.split(',').any(|wanted| wanted.trim() == name),
            None => true,
        };
        let mut names = topic_names(metadata);
        names.retain(|name| wanted(name) && (self.internal || !name.starts_with("__")));
        names
    }

    /// The same; what the tool says if there are none although some were named.
    fn existing_names(&self, metadata: &MetadataResponse) -> Result<Vec<String>, String> {
        let names = self.names(metadata);
        match &self.topic {
            Some(topic) if names.is_empty() && !topic.is_empty() && !self.if_exists => {
                Err(format!("Topic '{topic}' does not exist as expected"))
            }
            _ => Ok(names),
        }
    }
}

/// A failure of an argument that Java calls illegal.
fn illegal_argument(now: SimTime, message: &str) -> Reply {
    failed(now, message, &format!("java.lang.IllegalArgumentException: {message}"), Vec::new())
}

/// Asks what there is, and goes on with that.
fn with_metadata(session: &mut Session, then: impl FnOnce(&mut Session, MetadataResponse) -> Reply + 'static) -> Reply {
    ask(session, AdminCall::Describe { topics: Vec::new() }, Vec::new(), move |session, outcome| match outcome {
        Outcome::Answered(Response::Metadata(metadata)) => then(session, metadata),
        _ => timed_out(session.now(), "listTopics"),
    })
}

fn timed_out(now: SimTime, call: &str) -> Reply {
    let message = format!("Timed out waiting for a node assignment. Call: {call}");
    failed(now, &message, &format!("org.apache.kafka.common.errors.TimeoutException: {message}"), Vec::new())
}

/// What the controller said of topics, if it refused one.
fn refused(now: SimTime, answers: &[(TopicName, ErrorCode, Rc<str>)]) -> Option<Reply> {
    let (_, error, message) = answers.iter().find(|(_, error, _)| !error.is_ok())?;
    let text = if message.is_empty() { super::kafka_text::message(*error) } else { message };
    Some(failed(now, text, &exception_line(*error, message), Vec::new()))
}

fn create(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let topic = call.required("--topic")?.text.clone();
    let partitions = call.number("--partitions", i64::from(i32::MIN), 10_000)?;
    let replication_factor = call.number("--replication-factor", i64::from(i32::MIN), i64::from(i32::MAX))?;
    let mut configs = Vec::new();
    for word in call.values("--config") {
        let (name, value) = setting(word)?;
        check_topic_config(name, word.column)?;
        configs.push((name.into(), value.trim().into()));
    }
    let assignment = match call.value("--replica-assignment").map(replica_assignment).transpose()? {
        Some(Err((exception, message))) => return Ok(tool_exception(session.now(), exception, &message)),
        other => other.and_then(Result::ok),
    };
    let refusal = if replication_factor.is_some_and(|n| !(1..=i64::from(i16::MAX)).contains(&n)) {
        Some("The replication factor must be between 1 and 32767 inclusive")
    } else {
        partitions.filter(|n| *n < 1).map(|_| "The partitions must be greater than 0")
    };
    if let Some(message) = refusal {
        return Ok(illegal_argument(session.now(), message));
    }
    let mut lines = Vec::new();
    if topic.contains(['.', '_']) {
        lines.push(Line::out(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. \
             To avoid issues it is best to use either, but not both.",
        ));
    }
    let request = match assignment {
        Some(replicas) => {
            for flag in ["--partitions", "--replication-factor"] {
                if let Some(word) = call.value(flag) {
                    let message = format!("--replica-assignment와 {flag} 옵션은 함께 쓸 수 없어요.");
                    return Err(Problem::new(word.column, message));
                }
            }
            AdminCall::CreateTopicOn { name: topic.clone(), replicas, configs }
        }
        None => AdminCall::CreateTopic {
            name: topic.clone(),
            partitions: partitions.and_then(|n| i32::try_from(n).ok()).unwrap_or(-1),
            replication_factor: replication_factor.and_then(|n| i16::try_from(n).ok()).unwrap_or(-1),
            configs,
        },
    };
    let if_not_exists = call.has("--if-not-exists");
    Ok(ask(session, request, lines, move |session, outcome| match outcome {
        Outcome::Answered(Response::CreateTopics(answers)) => match answers.first() {
            Some((_, ErrorCode::TopicAlreadyExists, _)) if if_not_exists => Reply::done(Vec::new()),
            _ => refused(session.now(), &answers)
                .unwrap_or_else(|| Reply::done(vec![Line::out(format!("Created topic {topic}."))])),
        },
        _ => timed_out(session.now(), "createTopics"),
    }))
}

/// The brokers of each partition, or what is wrong with them: the exception's name and message.
type Assignment = Result<Vec<Vec<i32>>, (&'static str, String)>;

/// `1:2,2:3` as the brokers of each partition.
fn replica_assignment(word: &Word) -> Result<Assignment, Problem> {
    let list = |partition: &str| partition.split(':').map(|id| id.trim().parse::<i32>()).collect::<Result<Vec<_>, _>>();
    let parsed: Result<Vec<Vec<i32>>, _> = word.text.split(',').map(list).collect();
    let Ok(partitions) = parsed else {
        let message = format!("--replica-assignment에는 1:2,2:3처럼 브로커 번호를 적어요: {}", word.text);
        return Err(Problem::new(word.column, message));
    };
    for (number, replicas) in partitions.iter().enumerate() {
        let twice: Vec<i32> = replicas
            .iter()
            .enumerate()
            .filter(|(place, id)| replicas[..*place].contains(id))
            .map(|(_, id)| *id)
            .collect();
        if !twice.is_empty() {
            let ids = twice.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            let message = format!("Partition replica lists may not contain duplicate entries: {ids}");
            return Ok(Err(("AdminCommandFailedException", message)));
        }
        if replicas.len() != partitions[0].len() {
            let message = format!("Partition {number} has different replication factor: {replicas:?}");
            return Ok(Err(("AdminOperationException", message)));
        }
    }
    Ok(Ok(partitions))
}

/// A failure of the tool's own.
fn tool_exception(now: SimTime, exception: &str, message: &str) -> Reply {
    failed(now, message, &format!("org.apache.kafka.tools.{exception}: {message}"), Vec::new())
}

/// `--alter`: more partitions.
fn alter(call: &Call, session: &mut Session, filter: Filter) -> Result<Reply, Problem> {
    call.required("--topic")?;
    call.required("--partitions")?;
    let wanted = call.number("--partitions", i64::from(i32::MIN), 10_000)?;
    let wanted = wanted.and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
    if wanted < 1 {
        let message = "The partitions must be greater than 0";
        return Ok(illegal_argument(session.now(), message));
    }
    let assignment = match call.value("--replica-assignment").map(replica_assignment).transpose()? {
        Some(Err((exception, message))) => return Ok(tool_exception(session.now(), exception, &message)),
        other => other.and_then(Result::ok),
    };
    Ok(with_metadata(session, move |session, metadata| {
        let names = match filter.existing_names(&metadata) {
            Ok(names) if names.is_empty() => return Reply::done(Vec::new()),
            Ok(names) => names,
            Err(message) => return illegal_argument(session.now(), &message),
        };
        let request = match (assignment, &names[..]) {
            (Some(assignment), [topic]) => {
                // The list begins at partition 0; those that there are already are passed over.
                let known = metadata.topics.iter().find(|known| *known.name == **topic);
                let replicas = assignment.into_iter().skip(known.map_or(0, |topic| topic.partitions.len())).collect();
                AdminCall::CreatePartitionsOn { topic: topic.clone(), count: wanted, replicas }
            }
            _ => AdminCall::CreatePartitions { topics: names.into_iter().map(|name| (name, wanted)).collect() },
        };
        ask(session, request, Vec::new(), |session, outcome| match outcome {
            Outcome::Answered(Response::CreatePartitions(answers)) => {
                refused(session.now(), &answers).unwrap_or_else(|| Reply::done(Vec::new()))
            }
            _ => timed_out(session.now(), "createPartitions"),
        })
    }))
}

/// `--delete`.
fn delete(call: &Call, session: &mut Session, filter: Filter) -> Result<Reply, Problem> {
    let word = call.required("--topic")?;
    if word.text.split(',').any(|name| name.trim().starts_with("__")) {
        return Err(Problem::new(word.column, "내부 토픽을 지우는 것은 아직 없어요."));
    }
    Ok(with_metadata(session, move |session, metadata| {
        let topics = match filter.existing_names(&metadata) {
            Ok(names) if names.is_empty() => return Reply::done(Vec::new()),
            Ok(names) => names,
            Err(message) => return illegal_argument(session.now(), &message),
        };
        ask(session, AdminCall::DeleteTopics { topics }, Vec::new(), |session, outcome| match outcome {
            Outcome::Answered(Response::DeleteTopics(answers)) => {
                refused(session.now(), &answers).unwrap_or_else(|| Reply::done(Vec::new()))
            }
            _ => timed_out(session.now(), "deleteTopics"),
        })
    }))
}

fn described(session: &Session, metadata: &MetadataResponse, filter: &Filter, only: &[&str]) -> Reply {
    let cluster = session.cluster();
    let names = match filter.existing_names(metadata) {
        Ok(names) => names,
        Err(message) => return illegal_argument(cluster.now(), &message),
    };
    let mut topics: Vec<&MetadataTopic> =
        metadata.topics.iter().filter(|topic| names.iter().any(|name| **name == *topic.name)).collect();
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    Reply::done(topics.into_iter().flat_map(|topic| describe(cluster, topic, &metadata.brokers, only)).collect())
}

/// A tool's failure: its message, and the exception as its log has it.
fn failed(now: SimTime, message: &str, exception: &str, mut lines: Vec<Line>) -> Reply {
    lines.push(Line::out(format!("Error while executing topic command : {message}")));
    lines.push(log_line(now, "ERROR", exception));
    lines.push(Line::err(" (org.apache.kafka.tools.TopicCommand)"));
    Reply::end(Status::ToolFailed, lines)
}

fn describe(cluster: &Cluster, topic: &MetadataTopic, live: &[BrokerId], only: &[&str]) -> Vec<Line> {
    let mut lines = Vec::new();
    let name = &topic.name;
    let min_isr = min_isr(cluster, name);
    if only.is_empty() {
        let id =
            cluster.image().and_then(|image| image.topics.get(name)).map(|topic| format!("\tTopicId: {}", topic.id));
        lines.push(Line::out(format!(
            "Topic: {name}{}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}",
            id.unwrap_or_default(),
            topic.partitions.len(),
            topic.partitions.first().map_or(0, |partition| partition.replicas.len()),
            configs(cluster, name),
        )));
    }
    let reported = |partition: &&MetadataPartition| {
        only.is_empty()
            || only.iter().any(|report| match *report {
                "--under-replicated-partitions" => partition.isr.len() < partition.replicas.len(),
                "--under-min-isr-partitions" => partition.leader.is_none() || partition.isr.len() < min_isr,
                "--at-min-isr-partitions" => partition.isr.len() == min_isr,
                _ => partition.leader.is_none_or(|leader| !live.contains(&leader)),
            })
    };
    lines.extend(topic.partitions.iter().filter(reported).map(|partition| {
        let leader = partition.leader.map_or("none".into(), |leader| leader.to_string());
        Line::out(format!(
            "\tTopic: {name}\tPartition: {}\tLeader: {leader}\tReplicas: {}\tIsr: {}\tElr: \tLastKnownElr: ",
            partition.partition,
            ids(&partition.replicas),
            ids(&partition.isr),
        ))
    }));
    lines
}

fn ids(brokers: &[BrokerId]) -> String {
    brokers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// What is set for a topic, and what its brokers' settings say of it.
fn configs(cluster: &Cluster, topic: &str) -> String {
    let mut set: Vec<(String, String)> = Vec::new();
    if let Some(image) = cluster.image().and_then(|image| image.topics.get(topic)) {
        set.extend(image.configs.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    }
    for name in config_names() {
        if !set.iter().any(|(known, _)| known == name) {
            set.extend(of_brokers(cluster, name).map(|value| (name.to_string(), value)));
        }
    }
    set.sort();
    set.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

/// What the brokers' settings say of a topic's setting, if it is not Kafka's own default: while they ran, or from the start.
fn of_brokers(cluster: &Cluster, topic_config: &str) -> Option<String> {
    let name = server_synonym(topic_config)?;
    let dynamic = cluster.image().and_then(|image| image.broker_configs.get(&ConfigResource::DefaultBroker)?.get(name));
    let fixed =
        || cluster.config().configs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    dynamic.map(ToString::to_string).or_else(fixed)
}

fn min_isr(cluster: &Cluster, topic: &str) -> usize {
    let name = "min.insync.replicas";
    let of_topic = cluster.image().and_then(|image| image.topic_config(topic, name)).map(String::from);
    of_topic.or_else(|| of_brokers(cluster, name)).and_then(|value| value.parse().ok()).unwrap_or(1)
}
