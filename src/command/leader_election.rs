//! `kafka-leader-election`: lets the controller elect leaders now, as Kafka's `LeaderElectionCommand` does.
//!
//! The JSON of `--path-to-json-file` comes with the command: `-` and a here-document, or the JSON itself.

use super::Problem;
use super::ask::ask;
use super::call::Call;
use super::java::{hash_map_order, partition_hash};
use super::job::Reply;
use super::kafka_text::exception_line;
use super::output::{Line, Status};
use crate::base::TopicPartition;
use crate::client::Outcome;
use crate::protocol::{ErrorCode, PartitionResult, Response};
use crate::sim::{AdminCall, Session};
use serde_json::Value;

/// The flags of which there must be one.
const WHICH: [&str; 3] = ["--topic", "--all-topic-partitions", "--path-to-json-file"];

/// Topics and partitions.
type Partitions = Vec<(String, i32)>;

/// `kafka-leader-election`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let election = call.required("--election-type")?;
    let unclean = match election.text.to_uppercase().as_str() {
        "PREFERRED" => false,
        "UNCLEAN" => true,
        other => {
            let problem = Problem::new(election.column, format!("모르는 --election-type이에요: {}.", election.text));
            return Err(problem.or_rather(&other.to_lowercase(), ["preferred", "unclean"]));
        }
    };
    if WHICH.iter().filter(|flag| call.has(flag)).count() != 1 {
        return Err(Problem::new(1, format!("{} 가운데 하나만 있어야 해요.", WHICH.join(", "))));
    }
    let partitions = match which(call)? {
        Ok(partitions) => partitions,
        Err(message) => return Ok(failed(&message, "AdminOperationException", Vec::new())),
    };
    let name = if unclean { "UNCLEAN" } else { "PREFERRED" };
    Ok(ask(session, AdminCall::ElectLeaders { unclean, partitions }, Vec::new(), move |_, outcome| match outcome {
        Outcome::Answered(Response::ElectLeaders(response)) => told(name, response.results),
        _ => {
            let message = "Timeout waiting for election results";
            failed(message, "AdminCommandFailedException", vec![Line::out(message)])
        }
    }))
}

/// Which partitions are meant, none for all; an inner error in the real tool's words.
fn which(call: &Call) -> Result<Result<Option<Partitions>, String>, Problem> {
    if let Some(topic) = call.value("--topic") {
        call.required("--partition")?;
        let partition = call.number("--partition", 0, i64::from(i32::MAX))?.unwrap_or(0) as i32;
        return Ok(Ok(Some(vec![(topic.text.clone(), partition)])));
    }
    if let Some(word) = call.value("--partition") {
        return Err(Problem::new(word.column, "--partition 옵션은 --topic과 함께 써요."));
    }
    if call.has("--all-topic-partitions") {
        return Ok(Ok(None));
    }
    Ok(partitions(&call.file("--path-to-json-file")?).map(Some))
}

/// The partitions that the JSON names, or what is wrong with it, in Kafka's words.
fn partitions(json: &str) -> Result<Partitions, String> {
    let value: Value = serde_json::from_str(json).map_err(|_| "Replica election data is empty")?;
    let missing = "Replica election data is missing \"partitions\" field";
    let entries = value.get("partitions").and_then(Value::as_array).ok_or(missing)?;
    let mut partitions: Partitions = Vec::new();
    let mut twice: Vec<TopicPartition> = Vec::new();
    for entry in entries {
        let field = |name: &str| entry.get(name).ok_or_else(|| format!("No such field exists: `{name}`"));
        let topic = field("topic")?.as_str().ok_or("Expected `String` value for `topic`")?;
        let number = field("partition")?.as_i64().and_then(|number| i32::try_from(number).ok());
        let one = (topic.to_string(), number.ok_or("Expected `Integer` value for `partition`")?);
        let tp = TopicPartition::new(&topic.into(), one.1);
        if partitions.contains(&one) && !twice.contains(&tp) {
            twice.push(tp);
        }
        partitions.push(one);
    }
    if twice.is_empty() {
        return Ok(partitions);
    }
    let twice: Vec<String> = hash_map_order(twice, partition_hash).iter().map(ToString::to_string).collect();
    Err(format!("Replica election data contains duplicate partitions: [{}]", twice.join(", ")))
}

fn told(election: &str, results: Vec<PartitionResult>) -> Reply {
    let results = hash_map_order(results, |result| partition_hash(&result.partition));
    let (noop, rest): (Vec<_>, Vec<_>) =
        results.into_iter().partition(|result| result.error == ErrorCode::ElectionNotNeeded);
    let (succeeded, failures): (Vec<_>, Vec<_>) = rest.into_iter().partition(|result| result.error.is_ok());
    let names = |results: Vec<PartitionResult>| {
        let ordered = hash_map_order(results, |result| partition_hash(&result.partition));
        ordered.iter().map(|result| result.partition.to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut lines = Vec::new();
    if !succeeded.is_empty() {
        let names = names(succeeded);
        lines.push(Line::out(format!("Successfully completed leader election ({election}) for partitions {names}")));
    }
    if !noop.is_empty() {
        lines.push(Line::out(format!("Valid replica already elected for partitions {}", names(noop))));
    }
    if failures.is_empty() {
        return Reply::done(lines);
    }
    let failures = hash_map_order(failures, |result| partition_hash(&result.partition));
    for result in &failures {
        lines.push(Line::out(format!(
            "Error completing leader election ({election}) for partition: {}: {}",
            result.partition,
            exception_line(result.error, &result.message)
        )));
    }
    failed(&format!("{} replica(s) could not be elected", failures.len()), "AdminCommandFailedException", lines)
}

/// The real tool ends with the message and the stack of the exception; of that, the first line.
fn failed(message: &str, exception: &str, mut lines: Vec<Line>) -> Reply {
    lines.push(Line::err(message));
    lines.push(Line::err(format!("org.apache.kafka.tools.{exception}: {message}")));
    Reply::end(Status::ToolFailed, lines)
}

#[cfg(test)]
mod tests {
    use super::partitions;

    #[test]
    fn json_is_read_as_kafka_reads_it() {
        let one = r#"{"partitions":[{"topic":"a","partition":1}]}"#;
        assert_eq!(partitions(one), Ok(vec![("a".into(), 1)]));
        for (json, wrong) in [
            ("", "Replica election data is empty"),
            ("{}", "Replica election data is missing \"partitions\" field"),
            (r#"{"partitions":[{"topic":"a"}]}"#, "No such field exists: `partition`"),
            (
                r#"{"partitions":[{"topic":"a","partition":0},{"topic":"a","partition":0}]}"#,
                "Replica election data contains duplicate partitions: [a-0]",
            ),
        ] {
            assert_eq!(partitions(json), Err(wrong.into()), "{json}");
        }
    }
}
