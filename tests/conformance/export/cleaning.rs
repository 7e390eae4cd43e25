//! What the cleaner came upon in the lives of the logs, so that nobody takes a life in which nothing happened for a proof.

use kafkascope::log::UnifiedLog;
use kafkascope::log::cleaner::{BatchFate, CleaningPlan, Removal};
use kafkascope::record::{CompressionType, RecordBatch};
use std::collections::BTreeMap;

/// All that has to be met with, in the rounds of all lives together or in the logs that these leave behind.
const KINDS: [&str; 20] = [
    "rounds, the first of a log",
    "rounds, a later one",
    "rounds that a full offset map cut short",
    "segments that became one",
    "segments that stayed one",
    "records superseded",
    "records of aborted transactions",
    "records without a key",
    "tombstones past their horizon",
    "markers past their horizon",
    "batches copied",
    "batches rebuilt",
    "batches stamped with a horizon",
    "batches dropped",
    "batches of which the header stays",
    "left: a batch with a horizon, none",
    "left: a batch with a horizon, gzip",
    "left: a batch with a horizon, snappy",
    "left: a batch with a horizon, lz4",
    "left: a batch with a horizon, zstd",
];

/// How often each of [`KINDS`] was met with.
#[derive(Default)]
pub(crate) struct Cleanings(BTreeMap<&'static str, u64>);

impl Cleanings {
    fn count(&mut self, kind: &'static str, times: u64) {
        debug_assert!(KINDS.contains(&kind), "{kind}");
        *self.0.entry(kind).or_default() += times;
    }

    /// Notes a round over `log`, before it is carried out.
    pub(crate) fn note_round(&mut self, log: &UnifiedLog, plan: &CleaningPlan, bound: i64) {
        let later = plan.first_dirty_offset > log.log_start_offset();
        self.count(if later { "rounds, a later one" } else { "rounds, the first of a log" }, 1);
        self.count("rounds that a full offset map cut short", u64::from(plan.next_dirty_offset < bound));
        for group in &plan.groups {
            let merged = group.sources.len() > 1;
            self.count(if merged { "segments that became one" } else { "segments that stayed one" }, 1);
        }
        for batch in plan.batches() {
            let fate = match batch.fate {
                BatchFate::Copied => "batches copied",
                BatchFate::Rebuilt { stamped: None } => "batches rebuilt",
                BatchFate::Rebuilt { stamped: Some(_) } => "batches stamped with a horizon",
                BatchFate::HeaderOnly => "batches of which the header stays",
                BatchFate::Dropped => "batches dropped",
            };
            self.count(fate, 1);
            for (_, why) in &batch.removed {
                let why = match why {
                    Removal::Superseded { .. } => "records superseded",
                    Removal::TombstoneExpired => "tombstones past their horizon",
                    Removal::Aborted => "records of aborted transactions",
                    Removal::MarkerExpired => "markers past their horizon",
                    Removal::NoKey => "records without a key",
                };
                self.count(why, 1);
            }
        }
    }

    /// Notes a batch that Kafka will be shown.
    pub(crate) fn note_left(&mut self, batch: &RecordBatch<'_>) {
        if batch.delete_horizon_ms().is_none() || batch.is_control_batch() {
            return;
        }
        let kind = match batch.compression_type().expect("a codec") {
            CompressionType::None => "left: a batch with a horizon, none",
            CompressionType::Gzip => "left: a batch with a horizon, gzip",
            CompressionType::Snappy => "left: a batch with a horizon, snappy",
            CompressionType::Lz4 => "left: a batch with a horizon, lz4",
            CompressionType::Zstd => "left: a batch with a horizon, zstd",
        };
        self.count(kind, 1);
    }

    /// What was met with, a line each; and what was not, though it should have been.
    pub(crate) fn report(&self) -> Result<String, String> {
        let times = |kind: &&str| self.0.get(kind).copied().unwrap_or(0);
        let missing: Vec<&str> = KINDS.into_iter().filter(|kind| times(kind) == 0).collect();
        match missing.as_slice() {
            [] => Ok(KINDS.iter().map(|kind| format!("  {:>6} {kind}\n", times(kind))).collect()),
            missing => Err(missing.join(", ")),
        }
    }
}
