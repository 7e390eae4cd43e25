//! `kafka-log-dirs`: how large the replicas on the brokers' disks are, as Kafka's `LogDirsCommand` tells it.

use super::Problem;
use super::ask::ask;
use super::call::Call;
use super::java::{hash_map_order, partition_hash};
use super::job::Reply;
use super::json::{array, object, text};
use super::kafka_text::exception_line;
use super::output::{Line, Status};
use crate::base::BrokerId;
use crate::client::Outcome;
use crate::protocol::{ErrorCode, LogDirDescription, LogDirReplica, Response};
use crate::sim::{AdminCall, Session};

/// `kafka-log-dirs`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    if !call.has("--describe") {
        return Err(Problem::new(1, "kafka-log-dirs에는 --describe 옵션이 있어야 해요."));
    }
    let items = |flag: &str| -> Vec<String> {
        let given = call.value(flag).map_or("", |word| word.text.as_str());
        given.split(',').filter(|item| !item.is_empty()).map(String::from).collect()
    };
    let column = call.value("--broker-list").map_or(1, |word| word.column);
    let wanted: Result<Vec<i32>, _> = items("--broker-list").iter().map(|id| id.parse()).collect();
    let wanted = wanted.map_err(|_| Problem::new(column, "--broker-list에는 브로커 번호를 쉼표로 이어 적어요."))?;
    let topics = items("--topic-list");
    Ok(ask(session, AdminCall::Describe { topics: Vec::new() }, Vec::new(), move |session, outcome| {
        let Outcome::Answered(Response::Metadata(metadata)) = outcome else { return timed_out() };
        let live: Vec<i32> = metadata.brokers.iter().map(|id| id.0).collect();
        let mut unknown: Vec<i32> = wanted.iter().copied().filter(|id| !live.contains(id)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            let text = format!(
                "ERROR: The given brokers do not exist from --broker-list: {}. Current existent brokers: {}",
                joined(&unknown),
                joined(&live)
            );
            return Reply::end(Status::ToolFailed, vec![Line::err(text)]);
        }
        let mut brokers = if wanted.is_empty() { live } else { wanted };
        brokers.sort_unstable();
        brokers.dedup();
        let lines = vec![Line::out("Querying brokers for log directories information")];
        let call = AdminCall::DescribeLogDirs { brokers };
        ask(session, call, lines, move |_, outcome| {
            let Outcome::OfBrokers(answers) = outcome else { return timed_out() };
            told(answers, &topics)
        })
    }))
}

fn joined(ids: &[i32]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn timed_out() -> Reply {
    let text = exception_line(ErrorCode::RequestTimedOut, "Call(callName=describeLogDirs) timed out");
    Reply::end(Status::ToolFailed, vec![Line::err(text)])
}

fn told(answers: Vec<(BrokerId, Option<Response>)>, topics: &[String]) -> Reply {
    let mut brokers = Vec::new();
    let mut ids = Vec::new();
    for (id, answer) in answers {
        let Some(Response::DescribeLogDirs(dirs)) = answer else { return timed_out() };
        ids.push(id.0);
        let dirs = array(dirs.iter().map(|dir| log_dir(dir, topics)));
        brokers.push(object(&[("broker", id.to_string()), ("logDirs", dirs)]));
    }
    Reply::done(vec![
        Line::out(format!("Received log directory information from brokers {}", joined(&ids))),
        Line::out(object(&[("brokers", array(brokers)), ("version", "1".into())])),
    ])
}

fn log_dir(dir: &LogDirDescription, topics: &[String]) -> String {
    let error = match dir.error {
        ErrorCode::None => "null".into(),
        error => text(exception_line(error, "").split(": ").next().unwrap_or_default()),
    };
    let wanted =
        |replica: &&LogDirReplica| topics.is_empty() || topics.iter().any(|topic| **topic == *replica.partition.topic);
    let replicas: Vec<&LogDirReplica> = dir.replicas.iter().filter(wanted).collect();
    let replicas = hash_map_order(replicas, |replica| partition_hash(&replica.partition));
    let partitions = array(replicas.into_iter().map(|replica| {
        object(&[
            ("partition", text(&replica.partition.to_string())),
            ("size", replica.size.to_string()),
            ("offsetLag", replica.offset_lag.to_string()),
            ("isFuture", "false".into()),
        ])
    }));
    object(&[("partitions", partitions), ("error", error), ("logDir", text(&dir.log_dir))])
}
