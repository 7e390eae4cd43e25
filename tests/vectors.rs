//! Inputs and results of Apache Kafka 4.3.1 itself: a test per file of `tests/vectors/`, named after it.
//!
//! Each test reads whatever cases it finds in its file. Cases that need what the model does not have yet are passed over
//! by what they *are* (an operation, a setting, a codec), never by name, and are listed with the reason; a test that
//! checked nothing fails. `KAFKASCOPE_VECTORS` names another folder of the same form.

#[path = "vectors/config_defaults.rs"]
mod config_defaults;
#[path = "vectors/leader_epochs.rs"]
mod leader_epochs;
#[path = "vectors/log_cases.rs"]
mod log_cases;
#[path = "vectors/log_follower.rs"]
mod log_follower;
#[path = "vectors/log_state.rs"]
mod log_state;
#[path = "vectors/record_batches.rs"]
mod record_batches;
#[path = "vectors/support.rs"]
mod support;

use support::Vectors;

#[test]
fn record_batches() {
    record_batches::check(&mut Vectors::load("record_batches"));
}

#[test]
fn leader_epochs() {
    leader_epochs::check(&mut Vectors::load("leader_epochs"));
}

#[test]
fn log_segments() {
    let mut vectors = Vectors::load("log_segments");
    log_follower::check(&mut vectors);
    log_cases::check(&mut vectors);
}

#[test]
fn log_reads() {
    log_cases::check(&mut Vectors::load("log_reads"));
}

#[test]
fn log_truncation() {
    log_cases::check(&mut Vectors::load("log_truncation"));
}

#[test]
fn log_recovery() {
    log_cases::check(&mut Vectors::load("log_recovery"));
}

#[test]
fn config_defaults() {
    config_defaults::check(&mut Vectors::load("config_defaults"));
}
