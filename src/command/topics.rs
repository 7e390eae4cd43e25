//! `kafka-topics`: makes topics and describes them, as Kafka's `TopicCommand` does.
//!
//! What the brokers answer is printed as it came: after a leader's death, a broker that has not heard of it yet still names the old one. Topic ids and
//! settings, which the real tool asks for in further requests, are read from the cluster's metadata.

use super::Problem;
use super::call::{Call, setting};
use super::job::{Condition, Job, Reply, outcome};
use super::kafka_text::{exception_line, log_line};
use super::output::{Line, Status, Wait};
use super::words::Word;
use crate::base::{BrokerId, ClientId, SimTime};
use crate::broker::BrokerConfig;
use crate::client::Outcome;
use crate::log::LogConfig;
use crate::protocol::{ErrorCode, MetadataPartition, MetadataResponse, MetadataTopic, Response};
use crate::sim::{Action, AdminCall, Cluster, Session};

/// How long the tool's client asks at most.
const PATIENCE: SimTime = SimTime::from_secs(120);

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
    "unclean.leader.election.enable",
];

/// The settings that a topic may be given.
pub(super) fn config_names() -> impl Iterator<Item = &'static str> {
    LogConfig::NAMES.iter().copied().chain(["min.insync.replicas"])
}

/// What is asked for.
#[derive(Clone, Debug)]
enum What {
    Create { topic: String, if_not_exists: bool },
    List { topic: Option<String>, internal: bool },
    Describe { topic: Option<String>, internal: bool, only: Vec<&'static str> },
}

/// Which partitions a describe may be narrowed to.
const REPORTS: [&str; 4] = [
    "--under-replicated-partitions",
    "--under-min-isr-partitions",
    "--at-min-isr-partitions",
    "--unavailable-partitions",
];

/// `kafka-topics`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let actions: Vec<&str> = ["--create", "--describe", "--list"].into_iter().filter(|flag| call.has(flag)).collect();
    let [action] = actions[..] else {
        return Err(Problem::new(1, "kafka-topics에는 --create, --describe, --list 가운데 하나만 있어야 해요."));
    };
    fitting(call, action)?;
    if action == "--create" {
        return create(call, session);
    }
    let topic = call.value("--topic").map(topic_filter).transpose()?;
    let internal = !call.has("--exclude-internal");
    let what = if action == "--list" {
        What::List { topic, internal }
    } else {
        What::Describe { topic, internal, only: REPORTS.into_iter().filter(|flag| call.has(flag)).collect() }
    };
    Ok(ask(session, AdminCall::Describe { topics: Vec::new() }, what, Vec::new()))
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
    only_for(&["--partitions", "--replication-factor", "--config", "--if-not-exists"], &["--create"])?;
    only_for(&["--exclude-internal"], &["--list", "--describe"])?;
    only_for(&REPORTS, &["--describe"])
}

/// A topic's name to look for. The real tool takes a regular expression.
fn topic_filter(word: &Word) -> Result<String, Problem> {
    if word.text.contains(|c: char| "*+?[](){}|^$\\".contains(c)) {
        return Err(Problem::new(word.column, format!("정규식으로 고르기는 아직 없어요: {}", word.text)));
    }
    Ok(word.text.clone())
}

fn create(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let topic = call.required("--topic")?.text.clone();
    let partitions = call.number("--partitions", i64::from(i32::MIN), 10_000)?;
    let replication_factor = call.number("--replication-factor", i64::from(i32::MIN), i64::from(i32::MAX))?;
    let mut configs = Vec::new();
    for word in call.values("--config") {
        let (name, value) = setting(word)?;
        if CONFIGS_NOT_YET.contains(&name) {
            return Err(Problem::new(word.column, format!("{name} 설정은 아직 없어요.")));
        }
        if !config_names().any(|known| known == name) {
            let problem = Problem::new(word.column, format!("모르는 토픽 설정이에요: {name}."));
            return Err(problem.or_rather(name, config_names()));
        }
        configs.push((name.into(), value.trim().into()));
    }
    let refused = if replication_factor.is_some_and(|n| !(1..=i64::from(i16::MAX)).contains(&n)) {
        Some("The replication factor must be between 1 and 32767 inclusive")
    } else {
        partitions.filter(|n| *n < 1).map(|_| "The partitions must be greater than 0")
    };
    if let Some(message) = refused {
        return Ok(failed(
            session.now(),
            message,
            &format!("java.lang.IllegalArgumentException: {message}"),
            Vec::new(),
        ));
    }
    let mut lines = Vec::new();
    if topic.contains(['.', '_']) {
        lines.push(Line::out(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. \
             To avoid issues it is best to use either, but not both.",
        ));
    }
    let request = AdminCall::CreateTopic {
        name: topic.clone(),
        partitions: partitions.and_then(|n| i32::try_from(n).ok()).unwrap_or(-1),
        replication_factor: replication_factor.and_then(|n| i16::try_from(n).ok()).unwrap_or(-1),
        configs,
    };
    Ok(ask(session, request, What::Create { topic, if_not_exists: call.has("--if-not-exists") }, lines))
}

/// Sends the question on its way.
fn ask(session: &mut Session, request: AdminCall, what: What, lines: Vec<Line>) -> Reply {
    if let Err(error) = session.act(Action::Admin(request)) {
        return Reply::end(Status::ToolFailed, vec![Line::err(error.to_string())]);
    }
    let Some(client) = session.cluster().clients().last().map(|client| client.id) else {
        return Reply::done(lines);
    };
    let wait = Wait::new(Some(session.now() + PATIENCE), Condition::Answer(client));
    Reply::wait(lines, wait, Asking { client, what })
}

struct Asking {
    client: ClientId,
    what: What,
}

impl Job for Asking {
    fn go_on(self: Box<Self>, session: &mut Session) -> Reply {
        let cluster = session.cluster();
        match outcome(cluster, self.client) {
            Some(Outcome::Answered(Response::CreateTopics(topics))) => self.created(cluster.now(), topics),
            Some(Outcome::Answered(Response::Metadata(metadata))) => self.described(cluster, metadata),
            _ => {
                let message = format!("Timed out waiting for a node assignment. Call: {}", self.name());
                failed(
                    cluster.now(),
                    &message,
                    &format!("org.apache.kafka.common.errors.TimeoutException: {message}"),
                    Vec::new(),
                )
            }
        }
    }

    fn interrupt(self: Box<Self>, _: &mut Session) -> Reply {
        Reply::end(Status::ToolFailed, vec![Line::note("^C")])
    }
}

impl Asking {
    /// What the real tool calls its request.
    fn name(&self) -> &'static str {
        match self.what {
            What::Create { .. } => "createTopics",
            What::List { .. } | What::Describe { .. } => "listTopics",
        }
    }

    fn created(&self, now: SimTime, answer: &[(crate::base::TopicName, ErrorCode, std::rc::Rc<str>)]) -> Reply {
        let What::Create { topic, if_not_exists } = &self.what else { return Reply::done(Vec::new()) };
        match answer.first() {
            Some((_, ErrorCode::TopicAlreadyExists, _)) if *if_not_exists => Reply::done(Vec::new()),
            Some((_, error, message)) if !error.is_ok() => {
                let text = if message.is_empty() { super::kafka_text::message(*error) } else { message };
                failed(now, text, &exception_line(*error, message), Vec::new())
            }
            _ => Reply::done(vec![Line::out(format!("Created topic {topic}."))]),
        }
    }

    fn described(&self, cluster: &Cluster, metadata: &MetadataResponse) -> Reply {
        let (What::List { topic, internal } | What::Describe { topic, internal, .. }) = &self.what else {
            return Reply::done(Vec::new());
        };
        let wanted = |name: &str| match topic {
            Some(wanted) => wanted.split(',').any(|wanted| wanted.trim() == name),
            None => true,
        };
        let mut topics: Vec<&MetadataTopic> = metadata.topics.iter().filter(|topic| topic.error.is_ok()).collect();
        topics.retain(|topic| wanted(&topic.name) && (*internal || !topic.name.starts_with("__")));
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        let What::Describe { only, .. } = &self.what else {
            let names: Vec<&str> = topics.iter().map(|topic| &*topic.name).collect();
            return Reply::done(names.join("\n").split('\n').map(Line::out).collect());
        };
        if let (Some(name), true) = (topic, topics.is_empty()) {
            let message = format!("Topic '{name}' does not exist as expected");
            return failed(
                cluster.now(),
                &message,
                &format!("java.lang.IllegalArgumentException: {message}"),
                Vec::new(),
            );
        }
        Reply::done(topics.into_iter().flat_map(|topic| describe(cluster, topic, &metadata.brokers, only)).collect())
    }
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
    for (name, value) in &cluster.config().configs {
        let synonym = BrokerConfig::TOPIC_SYNONYMS.iter().find(|(of_broker, _)| of_broker == name);
        let Some((_, name)) = synonym else { continue };
        if !set.iter().any(|(known, _)| known == name) {
            set.push(((*name).into(), value.clone()));
        }
    }
    set.sort();
    set.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

fn min_isr(cluster: &Cluster, topic: &str) -> usize {
    let name = "min.insync.replicas";
    let of_topic = cluster.image().and_then(|image| image.topic_config(topic, name)).map(String::from);
    let of_brokers =
        || cluster.config().configs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    of_topic.or_else(of_brokers).and_then(|value| value.parse().ok()).unwrap_or(1)
}
