//! `partition_change.json`: who leads and who is in sync after the fortunes of the replicas have changed.

use super::support::{Vectors, flag, int, list, number, text};
use kafkascope::base::BrokerId;
use kafkascope::controller::{Election, PartitionChangeBuilder};
use kafkascope::protocol::PartitionRegistration;
use serde_json::Value;

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("cases") {
        check_case(&case);
        vectors.checked();
    }
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
        adding_replicas: brokers(list(state, "adding")),
        removing_replicas: brokers(list(state, "removing")),
        elr: brokers(list(state, "elr")),
        last_known_elr: brokers(list(state, "last_known_leader")),
        recovering: flag(state, "recovering"),
    }
}

/// Whether a `metadata.version` such as `3.5` or `3.5-IV2` is below 3.6.
fn is_before_3_6(version: &str) -> bool {
    let number = |part: &str| part.split('-').next().and_then(|digits| digits.parse::<u32>().ok()).expect("a number");
    let (major, minor) = version.split_once('.').expect("a version");
    (number(major), number(minor)) < (3, 6)
}

fn check_case(case: &Value) {
    let name = text(case, "name");
    let mut partition = registration(&case["initial"]);
    for step in list(case, "steps") {
        let (active, lost) = (brokers(list(step, "active")), brokers(list(step, "unclean_shutdown")));
        let mut builder = PartitionChangeBuilder::new(&partition).unclean_shutdown(&lost);
        if flag(case, "elr_enabled") {
            builder = builder.with_eligible_leader_replicas(usize::try_from(int(case, "min_isr")).expect("a size"));
        }
        if case["metadata_version"].as_str().is_some_and(is_before_3_6) {
            builder = builder.bumping_epoch_on_isr_shrink();
        }
        if let Some(isr) = step["target_isr"].as_array() {
            builder = builder.target_isr(&brokers(isr));
        }
        if let Some(replicas) = step["reassign_to"].as_array() {
            builder = builder.reassign(&brokers(replicas));
        }
        if flag(step, "recovered") {
            builder = builder.recovered();
        }
        builder = builder.election(match step["election"].as_str() {
            None | Some("ONLINE") => Election::Online,
            Some("PREFERRED") => Election::Preferred,
            Some("UNCLEAN") => Election::Unclean,
            Some(other) => panic!("{name}: election {other}"),
        });
        let change = builder.build(|broker| active.contains(&broker));
        assert_eq!(change.is_some(), flag(step, "changed"), "{name}: {step}");
        if let Some(change) = change {
            partition.change(&change);
        }
        assert_eq!(partition, registration(&step["after"]), "{name}: {step}");
    }
}
