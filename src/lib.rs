//! kafkascope: a real Kafka, small enough to see.
//!
//! The modules stand in the order in which they may use each other: a module may use those above it, never one below.
//! `tests/layers.rs` holds the house to that rule, and docs/ARCHITECTURE.md says what each room is for.

pub mod base;
pub mod trace;

pub mod record;

pub mod disk;

pub mod log;

pub mod protocol;

pub mod coordinator;

pub mod broker;

pub mod controller;

pub mod client;

pub mod net;

pub mod sim;

pub mod command;

pub mod lesson;

pub mod view;

#[cfg(feature = "ui")]
pub mod ui;
