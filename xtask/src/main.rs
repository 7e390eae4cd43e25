//! The tools around kafkascope: `cargo xtask help` lists them.
//!
//! Everything that a person or a CI machine does with this repository is one of the commands below. Each makes sure first
//! that the tools it needs are there (`tools`), so that a fresh clone on a machine with only Rust works, and a second
//! clone needs no download. Nothing here is needed to *build* the page: `trunk serve` alone works for whoever has
//! Trunk and the wasm target.

mod bench;
mod conformance;
mod font;
mod problem;
mod repo;
mod run;
mod serve;
mod site;
mod stages;
mod test;
mod tools;

use problem::{Outcome, Problem};
use std::process::ExitCode;

/// One command: its name, what follows it on the command line, what it does, and the function that does it.
struct Task {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "serve",
        arguments: "[trunk options]",
        about: "build the page and serve it; rebuilds on every change",
        run: serve::run,
    },
    Task {
        name: "test",
        arguments: "[stage …]",
        about: "everything CI runs, or only the named stages",
        run: test::run,
    },
    Task { name: "build", arguments: "", about: "the page for a static host, in dist/", run: site::run },
    Task {
        name: "bench",
        arguments: "[native|web|all]",
        about: "how fast the model and the page are",
        run: bench::run,
    },
    Task {
        name: "conformance",
        arguments: "[fixtures]",
        about: "let Apache Kafka judge the storage engine; or write its fixtures anew",
        run: conformance::run,
    },
    Task {
        name: "font",
        arguments: "",
        about: "cut the web fonts to the characters that the page uses",
        run: font::run,
    },
    Task {
        name: "picture",
        arguments: "",
        about: "photograph the page for the README: docs/stage.png",
        run: bench::picture,
    },
    Task {
        name: "screens",
        arguments: "[scene …]",
        about: "photograph fixed scenes on every screen, light and dark, into target/screens/",
        run: bench::screens,
    },
    Task {
        name: "setup",
        arguments: "",
        about: "fetch every tool now, so that later commands need no network",
        run: tools::setup,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\nxtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome<()> {
    let Some((name, rest)) = arguments.split_first() else {
        help();
        return Ok(());
    };
    if ["help", "--help", "-h"].contains(&name.as_str()) {
        help();
        return Ok(());
    }
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => Err(Problem::new(format!("there is no command `{name}`")).hint("`cargo xtask help` lists them")),
    }
}

fn help() {
    println!("cargo xtask <command>\n");
    for task in TASKS {
        println!("  {:<12}{:<19}{}", task.name, task.arguments, task.about);
    }
    println!("\nTools are kept in {}.", repo::cache_dir().display());
}
