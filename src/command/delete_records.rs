//! `kafka-delete-records`: does away with records at the beginning of partitions, as Kafka's `DeleteRecordsCommand` does.
//!
//! The real tool reads a JSON file. There are no files beside the brokers' here, so the JSON comes with the command:
//! `--offset-json-file -` and a here-document, or the JSON itself.

use super::Problem;
use super::ask::ask;
use super::call::Call;
use super::java::{hash_map_order, partition_hash};
use super::job::Reply;
use super::kafka_text::exception_line;
use super::output::{Line, Status};
use crate::base::TopicPartition;
use crate::client::Outcome;
use crate::sim::{AdminCall, Session};
use serde_json::Value;

/// `kafka-delete-records`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let offsets = match offsets(&call.file("--offset-json-file")?) {
        Ok(offsets) => offsets,
        Err(message) => return Ok(Reply::end(Status::ToolFailed, vec![Line::err(message)])),
    };
    let lines = vec![Line::out("Executing records delete operation")];
    Ok(ask(session, AdminCall::DeleteRecords { offsets }, lines, |_, outcome| {
        let Outcome::OfLeaders(answers) = outcome else {
            return Reply::end(Status::ToolFailed, vec![Line::err("The tool got no answer.")]);
        };
        let mut lines = vec![Line::out("Records delete operation completed:")];
        for (tp, answer) in hash_map_order(answers, |(tp, _)| partition_hash(tp)) {
            lines.push(Line::out(match answer {
                Ok(low_watermark) => format!("partition: {tp}\tlow_watermark: {low_watermark}"),
                Err(error) => format!("partition: {tp}\terror: {}", exception_line(error, "")),
            }));
        }
        Reply::done(lines)
    }))
}

/// What the JSON asks for, or what is wrong with it, in Kafka's words.
fn offsets(json: &str) -> Result<Vec<(String, i32, i64)>, String> {
    let value: Value = serde_json::from_str(json).map_err(|_| "The input string is not a valid JSON".to_string())?;
    let version = value.get("version").map_or(Some(1), Value::as_i64);
    if version != Some(1) {
        let version = value.get("version").map_or(String::new(), ToString::to_string);
        return Err(format!("Not supported version field value {version}"));
    }
    let partitions = value.get("partitions").and_then(Value::as_array).ok_or("Missing partitions field")?;
    let mut offsets: Vec<(String, i32, i64)> = Vec::new();
    let mut twice: Vec<TopicPartition> = Vec::new();
    for entry in partitions {
        let field = |name: &str| entry.get(name).ok_or_else(|| format!("No such field exists: `{name}`"));
        let topic = field("topic")?.as_str().ok_or("Expected `String` value for `topic`")?;
        let number = |name: &str| field(name)?.as_i64().ok_or(format!("Expected a number for `{name}`"));
        let partition = i32::try_from(number("partition")?).map_err(|_| "Expected a number for `partition`")?;
        if offsets.iter().any(|(known, number, _)| known == topic && *number == partition) {
            twice.push(TopicPartition::new(&topic.into(), partition));
        }
        offsets.push((topic.into(), partition, number("offset")?));
    }
    if !twice.is_empty() {
        let twice: Vec<String> = twice.iter().map(ToString::to_string).collect();
        return Err(format!("Offset json file contains duplicate topic partitions: {}", twice.join(",")));
    }
    Ok(offsets)
}

#[cfg(test)]
mod tests {
    use super::offsets;

    #[test]
    fn json_is_read_as_kafka_reads_it() {
        let one = r#"{"partitions":[{"topic":"a","partition":1,"offset":-1}],"version":1}"#;
        assert_eq!(offsets(one), Ok(vec![("a".into(), 1, -1)]));
        for (json, wrong) in [
            ("{", "The input string is not a valid JSON"),
            ("{}", "Missing partitions field"),
            (r#"{"version":2}"#, "Not supported version field value 2"),
            (r#"{"partitions":[{"topic":"a"}]}"#, "No such field exists: `partition`"),
            (
                r#"{"partitions":[{"topic":"a","partition":0,"offset":1},{"topic":"a","partition":0,"offset":2}]}"#,
                "Offset json file contains duplicate topic partitions: a-0",
            ),
        ] {
            assert_eq!(offsets(json), Err(wrong.into()), "{json}");
        }
    }
}
