//! Inputs and results of Apache Kafka 4.3.1 itself: a test per file of `tests/vectors/`, named after it.
//!
//! Each test reads whatever cases it finds in its file. Cases that need what the model does not have yet are passed over
//! by what they *are* (an operation, a setting, a codec), never by name, and are listed with the reason; a test that
//! checked nothing fails. `KAFKASCOPE_VECTORS` names another folder of the same form.

#[path = "vectors/config_defaults.rs"]
mod config_defaults;
#[path = "vectors/isr_high_watermark.rs"]
mod isr_high_watermark;
#[path = "vectors/leader_epochs.rs"]
mod leader_epochs;
#[path = "vectors/log_cases.rs"]
mod log_cases;
#[path = "vectors/log_cleaner.rs"]
mod log_cleaner;
#[path = "vectors/log_follower.rs"]
mod log_follower;
#[path = "vectors/log_state.rs"]
mod log_state;
#[path = "vectors/murmur2.rs"]
mod murmur2;
#[path = "vectors/partition_change.rs"]
mod partition_change;
#[path = "vectors/producer_accumulator.rs"]
mod producer_accumulator;
#[path = "vectors/protocol_tables.rs"]
mod protocol_tables;
#[path = "vectors/record_batches.rs"]
mod record_batches;
#[path = "vectors/replica_placement.rs"]
mod replica_placement;
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
fn log_compaction() {
    log_cases::check(&mut Vectors::load("log_compaction"));
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
fn log_retention() {
    log_cases::check(&mut Vectors::load("log_retention"));
}

#[test]
fn log_recovery() {
    log_cases::check(&mut Vectors::load("log_recovery"));
}

#[test]
fn producer_state() {
    log_cases::check(&mut Vectors::load("producer_state"));
}

#[test]
fn transactions_lso() {
    log_cases::check(&mut Vectors::load("transactions_lso"));
}

#[test]
fn config_defaults() {
    config_defaults::check(&mut Vectors::load("config_defaults"));
}

#[test]
fn isr_high_watermark() {
    isr_high_watermark::check(&mut Vectors::load("isr_high_watermark"));
}

#[test]
fn murmur2() {
    murmur2::check(&mut Vectors::load("murmur2"));
}

#[test]
fn partition_change() {
    partition_change::check(&mut Vectors::load("partition_change"));
}

#[test]
fn protocol_tables() {
    protocol_tables::check(&mut Vectors::load("protocol_tables"));
}

#[test]
fn replica_placement() {
    replica_placement::check(&mut Vectors::load("replica_placement"));
}

#[test]
fn producer_accumulator() {
    producer_accumulator::check(&mut Vectors::load("producer_accumulator"));
}
