//! `partition_change.json`: who leads and who is in sync after the fortunes of the replicas have changed.

use super::support::{Vectors, flag, int, list, number, text};
use kafkascope::base::{BrokerId, TopicPartition};
use kafkascope::controller::{Election, partition_change};
use kafkascope::protocol::{MetadataRecord, PartitionRegistration};
use serde_json::{Value, json};

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("cases") {
        match needs(&case) {
            Some(reason) => vectors.skip(&case, reason),
            None => {
                check_case(&case);
                vectors.checked();
            }
        }
    }
}

/// What the controller does not have yet and the case asks for.
fn needs(case: &Value) -> Option<String> {
    const KNOWN: [&str; 5] = ["active", "target_isr", "election", "changed", "after"];
    const KNOWN_STATE: [&str; 5] = ["replicas", "isr", "leader", "leader_epoch", "partition_epoch"];
    if flag(case, "elr_enabled") {
        return Some("eligible leader replicas".into());
    }
    if let Some(version) = case["metadata_version"].as_str() {
        return Some(format!("metadata.version {version}"));
    }
    let keys = |value: &Value| value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let foreign = |value: &Value, known: &[&str]| keys(value).into_iter().find(|key| !known.contains(&key.as_str()));
    list(case, "steps")
        .iter()
        .find_map(|step| match step["election"].as_str() {
            None | Some("ONLINE" | "PREFERRED") => {
                foreign(step, &KNOWN).or_else(|| foreign(&step["after"], &KNOWN_STATE))
            }
            Some(election) => Some(format!("election {election}")),
        })
        .or_else(|| foreign(&case["initial"], &KNOWN_STATE))
}

fn brokers(list: &[Value]) -> Vec<BrokerId> {
    let id = |value| number(value).and_then(|id| i32::try_from(id).ok()).expect("a broker");
    list.iter().map(|value| BrokerId(id(value))).collect()
}

fn small(value: &Value, key: &str) -> i32 {
    i32::try_from(int(value, key)).expect("32 bits")
}

fn registration(state: &Value) -> PartitionRegistration {
    PartitionRegistration {
        replicas: brokers(list(state, "replicas")),
        isr: brokers(list(state, "isr")),
        leader: Some(BrokerId(small(state, "leader"))).filter(|leader| leader.0 >= 0),
        leader_epoch: small(state, "leader_epoch"),
        partition_epoch: small(state, "partition_epoch"),
    }
}

fn check_case(case: &Value) {
    let (name, tp) = (text(case, "name"), TopicPartition::parse("topic-0").expect("a partition"));
    let mut partition = registration(&case["initial"]);
    for step in list(case, "steps") {
        let active = brokers(list(step, "active"));
        let target = step["target_isr"].as_array().map_or_else(|| partition.isr.clone(), |isr| brokers(isr));
        let election = if step["election"] == json!("PREFERRED") { Election::Preferred } else { Election::Online };
        let change = partition_change(&tp, &partition, &target, election, |broker| active.contains(&broker));
        assert_eq!(change.is_some(), flag(step, "changed"), "{name}: {step}");
        if let Some(MetadataRecord::PartitionChange { isr, leader, .. }) = change {
            partition.change(isr.as_ref(), leader);
        }
        assert_eq!(partition, registration(&step["after"]), "{name}: {step}");
    }
}
