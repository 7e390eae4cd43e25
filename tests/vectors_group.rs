//! Kafka's own verdicts on groups: each test reads one file of vectors, computed by the reference classes, and runs
//! whatever cases it finds there. `KAFKASCOPE_VECTORS` names another folder of the same form.

#[path = "vectors_group/classic.rs"]
mod classic;

use kafkascope::base::TopicName;
use kafkascope::client::{AssignorMember, range_assign};
use kafkascope::coordinator::{java_hash_code, partition_for};
use kafkascope::protocol::consumer_protocol::Subscription;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn read(file: &str) -> Value {
    let folder = std::env::var_os("KAFKASCOPE_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from);
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}"))
}

fn int(value: &Value) -> i32 {
    i32::try_from(value.as_i64().unwrap_or_else(|| panic!("a number, not {value}"))).expect("a small number")
}

/// Fails if no case could be run; says what could not.
#[expect(clippy::print_stdout, reason = "a reader of the test's output wants to know what was skipped")]
fn report(file: &str, ran: usize, skipped: &[String]) {
    println!("{file}: {ran} cases run, {} skipped", skipped.len());
    for reason in skipped {
        println!("  skipped {reason}");
    }
    assert!(ran > 0, "{file}: no case could be run");
}

#[test]
fn coordinator_partition() {
    let file = read("coordinator_partition.json");
    let cases = list(&file["vectors"]);
    for case in cases {
        let id = text(&case["id"]);
        assert_eq!(java_hash_code(id), int(&case["java_hash_code"]), "hash of {id:?}");
        for (partitions, expected) in object(&case["partition_for"]) {
            let partitions = partitions.parse().expect("a number of partitions");
            assert_eq!(partition_for(id, partitions), int(expected), "{id:?} of {partitions}");
        }
    }
    report("coordinator_partition.json", cases.len(), &[]);
}

#[test]
fn assignors() {
    let (mut ran, mut skipped) = (0, Vec::new());
    let file = read("assignors.json");
    let mut other: BTreeMap<&str, usize> = BTreeMap::new();
    for case in list(&file["cases"]) {
        let (name, assignor) = (text(&case["name"]), text(&case["assignor"]));
        if assignor != "range" {
            *other.entry(assignor).or_default() += 1;
            continue;
        }
        match range_case(case) {
            Ok(()) => ran += 1,
            Err(reason) => skipped.push(format!("{name}: {reason}")),
        }
    }
    skipped.extend(other.into_iter().map(|(assignor, count)| format!("{count} cases of {assignor}: not built yet")));
    report("assignors.json", ran, &skipped);
}

/// Runs a case, or says why it cannot be run: racks and static members come later.
fn range_case(case: &Value) -> Result<(), &'static str> {
    for step in list(&case["steps"]) {
        if step.get("partition_racks").is_some() {
            return Err("partitions have racks");
        }
        for round in list(&step["rounds"]) {
            for (_, member) in object(&round["members"]) {
                if member.get("instance").is_some() {
                    return Err("members are static");
                }
            }
        }
    }
    for step in list(&case["steps"]) {
        let counts = object(&step["topics"]).map(|(topic, count)| (topic.as_str().into(), int(count))).collect();
        for round in list(&step["rounds"]) {
            let members: Vec<AssignorMember> = object(&round["members"])
                .map(|(id, member)| {
                    let topics: Vec<TopicName> = list(&member["topics"]).iter().map(|t| text(t).into()).collect();
                    AssignorMember { member: id.as_str().into(), subscription: Subscription::new(&topics) }
                })
                .collect();
            let assigned: BTreeMap<String, BTreeSet<String>> = range_assign(&counts, &members)
                .into_iter()
                .map(|(id, tps)| (id.to_string(), tps.iter().map(ToString::to_string).collect()))
                .collect();
            let expected: BTreeMap<String, BTreeSet<String>> = object(&round["expected"])
                .map(|(id, tps)| (id.clone(), list(tps).iter().map(|tp| text(tp).to_owned()).collect()))
                .collect();
            assert_eq!(assigned, expected, "{}", case["name"]);
        }
    }
    Ok(())
}
