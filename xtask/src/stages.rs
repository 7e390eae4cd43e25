//! Stages: named steps, each timed, that end in one table.
//!
//! Every stage runs even when an earlier one failed, for a person who mends one thing wants to hear of the others in the
//! same run. Only a stage that builds on a failed one is passed over, and counts as failed.

use crate::problem::Outcome;
use std::time::{Duration, Instant};

/// One step of a run.
pub struct Stage {
    /// By which it is asked for.
    pub name: &'static str,
    /// What it does, for people.
    pub about: &'static str,
    /// A stage without which this one cannot be.
    pub needs: Option<&'static str>,
    /// Does it, and says in a few words what came of it.
    pub run: fn() -> Outcome<String>,
}

struct Done {
    stage: &'static Stage,
    result: Result<String, String>,
    took: Duration,
}

/// Runs stages, prints the table, and tells whether all passed.
pub fn run_all(stages: impl IntoIterator<Item = &'static Stage>) -> bool {
    let mut done: Vec<Done> = Vec::new();
    for stage in stages {
        let result = run_one(stage, &done);
        done.push(result);
    }
    report(&done)
}

fn run_one(stage: &'static Stage, before: &[Done]) -> Done {
    println!("\n━━ {} · {}", stage.name, stage.about);
    let start = Instant::now();
    let broken = before.iter().find(|done| Some(done.stage.name) == stage.needs && done.result.is_err());
    let result = match broken {
        Some(done) => Err(format!("passed over: `{}` failed", done.stage.name)),
        None => (stage.run)().map_err(|problem| problem.to_string()),
    };
    if let Err(problem) = &result {
        println!("✗ {}: {problem}", stage.name);
    }
    Done { stage, result, took: start.elapsed() }
}

fn report(done: &[Done]) -> bool {
    println!("\n━━ summary");
    for one in done {
        let (mark, words) = match &one.result {
            Ok(words) => ("✓", words.as_str()),
            Err(problem) => ("✗", problem.lines().next().unwrap_or_default()),
        };
        println!("{mark} {:<11}{:>7.1} s  {words}", one.stage.name, one.took.as_secs_f64());
    }
    let failed = done.iter().filter(|one| one.result.is_err()).count();
    println!("{} passed, {failed} failed", done.len() - failed);
    failed == 0
}
