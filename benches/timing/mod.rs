//! What all benches share: how a figure is taken, and how it is said.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A plain line, `name value unit`.
#[expect(clippy::print_stdout, reason = "the lines are what a bench is for")]
pub(crate) fn say(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

/// Does something, and says how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

/// Does something a few times and says how long the quickest took: what disturbs a machine only ever makes it slower.
pub(crate) fn best<T>(times: u32, mut work: impl FnMut() -> T) -> Duration {
    (0..times).map(|_| timed(&mut work).1).min().unwrap_or_default()
}

/// How fast so many bytes were.
pub(crate) fn mb_per_s(bytes: usize, took: Duration) -> f64 {
    bytes as f64 / took.as_secs_f64() / 1e6
}
