//! Whole lives of logs: random appends, rolls, truncations, deletions, retention, compaction, crashes, losses of power and restarts, each
//! step led by a seed, and after each the log against a model of it that is nothing but a list (`log_life/model.rs`).
//!
//! What is promised: no offset is given twice, but behind what was cut away; nothing lies below the log start; the last value of each key
//! stays; what was flushed survives a loss of power; no index entry lies; producers and transactions are known as their batches tell of
//! them, however the log was opened; look-ups lead to where a walk leads; a consumer gets what is there and decided.
//!
//! A life that ends badly tells its seed, its settings and its steps. `KAFKASCOPE_LIVES=1000..3000` asks for others than those that every
//! run takes.

#[path = "log_life/checks.rs"]
mod checks;
#[path = "log_life/life.rs"]
mod life;
#[path = "log_life/model.rs"]
mod model;
#[path = "log_life/producers.rs"]
mod producers;
#[path = "log_life/upkeep.rs"]
mod upkeep;
#[path = "log_life/writing.rs"]
mod writing;

/// How many steps a life has.
const STEPS: usize = 120;

fn seeds() -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("KAFKASCOPE_LIVES") else { return 0..200 };
    let ends = asked.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to) = ends.unwrap_or_else(|| panic!("KAFKASCOPE_LIVES is no range: {asked}"));
    from..to
}

#[test]
fn a_log_keeps_its_promises_all_its_life() {
    let lives = |seed: &u64| {
        let mut life = life::Life::new(*seed);
        for _ in 0..STEPS {
            life.step();
        }
    };
    let failed: Vec<u64> = seeds().filter(|seed| std::panic::catch_unwind(|| lives(seed)).is_err()).collect();
    assert!(failed.is_empty(), "seeds that failed, each for the reason above: {failed:?}");
}
