//! `cargo xtask test`: everything that must hold before a change lands.
//!
//! The stages go from quick to slow, from the text of the program to a browser that uses the page. A stage that finds no
//! test fails: silence is no proof.

use crate::problem::{Outcome, Problem};
use crate::run::Run;
use crate::stages::{self, Stage};
use crate::tools::{self, Browser, PageTools, WasmCompiler};
use crate::{bench, conformance, font, repo, site};
use std::fs;

const STAGES: &[Stage] = &[
    Stage { name: "fmt", about: "the code is formatted", needs: None, run: fmt },
    Stage {
        name: "font",
        about: "the web fonts have every character that the page uses",
        needs: None,
        run: font::check,
    },
    Stage { name: "lint-model", about: "clippy, the model alone", needs: None, run: lint_model },
    Stage { name: "lint-page", about: "clippy, everything", needs: None, run: lint_page },
    Stage { name: "doc", about: "the documentation builds and its links lead somewhere", needs: None, run: doc },
    Stage { name: "model", about: "the model's tests, and those of the tools", needs: None, run: model },
    Stage { name: "page", about: "the page's own unit tests", needs: None, run: page },
    Stage {
        name: "conformance",
        about: "Apache Kafka writes the same fixtures, and reads what we write",
        needs: None,
        run: conformance::check,
    },
    Stage { name: "tools", about: "the tools for wasm and the browser are here", needs: None, run: fetch_tools },
    Stage { name: "wasm", about: "tests that run as wasm in a browser", needs: Some("tools"), run: wasm },
    Stage { name: "build", about: "the page as it is published", needs: Some("tools"), run: build },
    Stage { name: "e2e", about: "a person uses the published page", needs: Some("build"), run: e2e },
];

/// Runs all stages, or those that are named.
pub fn run(names: &[String]) -> Outcome<()> {
    if let Some(unknown) = names.iter().find(|name| !STAGES.iter().any(|stage| stage.name == name.as_str())) {
        let known = STAGES.iter().map(|stage| stage.name).collect::<Vec<_>>().join(" ");
        return Err(Problem::new(format!("there is no stage `{unknown}`")).hint(format!("there are: {known}")));
    }
    let wanted = STAGES.iter().filter(|stage| names.is_empty() || names.iter().any(|name| name == stage.name));
    let passed = stages::run_all(wanted);
    if repo::is_ci() {
        prune();
    }
    if passed { Ok(()) } else { Err(Problem::new("not everything passed").hint("the table above says what")) }
}

/// Cargo, told not to keep what only a *next* build would use when there is none.
fn cargo() -> Run {
    let cargo = Run::new("cargo");
    if repo::is_ci() { cargo.env("CARGO_INCREMENTAL", "0") } else { cargo }
}

fn fmt() -> Outcome<String> {
    cargo().args(["fmt", "--all", "--check"]).go().map_err(|problem| problem.hint("cargo fmt --all"))?;
    Ok(String::new())
}

fn lint_model() -> Outcome<String> {
    cargo().args(["clippy", "--no-default-features", "--all-targets", "--", "-D", "warnings"]).go()?;
    Ok(String::new())
}

fn lint_page() -> Outcome<String> {
    cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).go()?;
    Ok(String::new())
}

fn doc() -> Outcome<String> {
    let doc = || cargo().args(["doc", "--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-D warnings");
    doc().args(["--no-default-features"]).go()?;
    doc().args(["--workspace"]).go()?;
    Ok(String::new())
}

fn model() -> Outcome<String> {
    some_tests(&cargo().args(["test", "--no-default-features", "--package", "kafkascope", "--package", "xtask"]).tee()?)
}

fn page() -> Outcome<String> {
    let sources = repo::files_below(&repo::root().join("src/ui"))?;
    if !sources.iter().any(|path| repo::read(path).is_ok_and(|text| text.contains("#[test]"))) {
        return Ok("src/ui has none: what can be computed belongs to view".into());
    }
    some_tests(&cargo().args(["test", "--lib", "ui::"]).tee()?)
}

fn fetch_tools() -> Outcome<String> {
    tools::setup(&[])?;
    Ok(String::new())
}

fn wasm() -> Outcome<String> {
    let compiler = WasmCompiler::ensure()?;
    let runner = tools::wasm_test_runner()?;
    let cargo = cargo().args(["test", "--target", tools::WASM_TARGET, "--test", "web"]);
    let cargo = compiler.apply_for_tests(cargo).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    some_tests(&Browser::ensure()?.apply(cargo).tee()?)
}

fn build() -> Outcome<String> {
    site::build(&PageTools::for_release()?)
}

fn e2e() -> Outcome<String> {
    // One at a time: two browsers on a small machine make each other late.
    let arguments = ["test", "--package", "e2e", "--test", "*", "--", "--test-threads=1"];
    some_tests(&bench::browser_cargo(cargo(), &arguments)?.tee()?)
}

/// How many tests passed; none at all is a failure.
fn some_tests(output: &str) -> Outcome<String> {
    match passed_in(output) {
        0 => Err(Problem::new("no test was found").hint("a filter that fits nothing, or a test target that is gone?")),
        count => Ok(format!("{count} tests")),
    }
}

/// Adds up the closing lines of the test harness: `test result: ok. 3 passed; 0 failed; …`.
fn passed_in(output: &str) -> usize {
    let results = output.lines().filter_map(|line| line.trim().strip_prefix("test result: ok. "));
    results.filter_map(|line| line.split_once(" passed")?.0.parse::<usize>().ok()).sum()
}

/// After a CI run nobody builds here again.
fn prune() {
    let keep = ["e2e"];
    let Ok(entries) = fs::read_dir(repo::target_dir()) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let kept = path.file_name().is_some_and(|name| keep.iter().any(|keep| name == *keep));
        if !kept && path.is_dir() {
            let _ = fs::remove_dir_all(path); // what cannot be removed harms nobody
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_tests_of_all_targets() {
        let output = "running 2 tests\n\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\n   \
                      test result: ok. 41 passed; 0 failed; 1 ignored; finished in 0.1s\n";
        assert_eq!(passed_in(output), 43);
    }

    #[test]
    fn no_test_is_a_failure() {
        assert!(some_tests("running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored").is_err());
    }
}
