//! `protocol_tables.json`: error codes, and from which state a classic group may come into which.

use super::support::{Vectors, flag, int, list, text};
use kafkascope::coordinator::ClassicGroupState;
use kafkascope::protocol::ErrorCode;
use serde_json::json;

pub(crate) fn check(vectors: &mut Vectors) {
    check_errors(vectors);
    check_group_states(vectors);
    for table in ["api_keys", "metadata_versions"] {
        vectors.skip(&json!(table), "the model has no such numbers");
    }
}

fn check_errors(vectors: &mut Vectors) {
    let errors = vectors.group("errors");
    for error in &errors {
        let known = ErrorCode::ALL.iter().find(|code| i64::from(code.code()) == int(error, "code"));
        let Some(code) = known else {
            vectors.skip(&json!(text(error, "name")), "an error that the model never raises");
            continue;
        };
        assert_eq!(code.name(), text(error, "name"), "{error}");
        assert_eq!(code.is_retriable(), flag(error, "retriable"), "{error}");
        vectors.checked();
    }
    let numbers: Vec<i64> = errors.iter().map(|error| int(error, "code")).collect();
    for code in ErrorCode::ALL.iter().filter(|code| !numbers.contains(&i64::from(code.code()))) {
        vectors.skip(&json!(code.name()), "no such line in this table");
    }
}

fn check_group_states(vectors: &mut Vectors) {
    use ClassicGroupState::{CompletingRebalance, Dead, Empty, PreparingRebalance, Stable};
    let all = [Empty, PreparingRebalance, CompletingRebalance, Stable, Dead];
    let table = vectors.at("classic_group_valid_previous_states");
    for state in all.iter().filter(|state| table[state.name()].is_array()) {
        for previous in all {
            let expected = list(&table, state.name()).contains(&json!(previous.name()));
            assert_eq!(state.may_follow(previous), expected, "{} after {}", state.name(), previous.name());
        }
        vectors.checked();
    }
}
