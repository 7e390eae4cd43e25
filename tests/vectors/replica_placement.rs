//! `replica_placement.json`: where the replicas of a new topic go, draw by draw.

use super::support::{Vectors, flag, int, list, number, text};
use kafkascope::base::BrokerId;
use kafkascope::controller::{PlacerError, StripedReplicaPlacer};
use serde_json::{Value, json};

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("legacy_round_robin") {
        vectors.skip(&json!(format!("{} partitions", case["partitions"])), "the older round-robin, gone since 4.1");
    }
    for case in vectors.group("cases") {
        check_case(&case);
        vectors.checked();
    }
}

fn check_case(case: &Value) {
    let name = text(case, "name");
    let mut draws = list(case, "draws").iter();
    let mut draw = |bound: u64| {
        let recorded = draws.next().unwrap_or_else(|| panic!("{name}: a draw below {bound} too many"));
        assert_eq!(number(&recorded[0]), i64::try_from(bound).ok(), "{name}: another draw was due");
        number(&recorded[1]).and_then(|value| u64::try_from(value).ok()).expect("a drawn number")
    };
    let placed = place(case, &mut draw);
    match case["error"].as_str() {
        Some(error) => {
            assert!(placed.is_err(), "{name}: {placed:?}");
            assert_eq!(error, "InvalidReplicationFactor", "{name}");
        }
        None => {
            let placed = placed.unwrap_or_else(|error| panic!("{name}: {error}"));
            let placed: Value = placed.iter().map(|row| row.iter().map(|id| id.0).collect::<Value>()).collect();
            assert_eq!(placed, case["expected"], "{name}");
            assert_eq!(draws.count(), 0, "{name}: draws are left");
        }
    }
}

fn place(case: &Value, draw: &mut impl FnMut(u64) -> u64) -> Result<Vec<Vec<BrokerId>>, PlacerError> {
    let id = |broker: &Value| BrokerId(i32::try_from(int(broker, "id")).expect("32 bits"));
    let brokers =
        list(case, "brokers").iter().map(|broker| (id(broker), flag(broker, "fenced"), broker["rack"].as_str()));
    let replication_factor = i16::try_from(int(case, "replication_factor")).expect("16 bits");
    let mut placer = StripedReplicaPlacer::new(brokers, draw)?;
    (0..int(case, "partitions")).map(|_| placer.place(replication_factor, draw)).collect()
}
