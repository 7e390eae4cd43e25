//! `cargo xtask bench`: how fast the model runs, and how fast the page is in a browser.
//!
//! `native` measures the model alone, `web` the published page in headless Chromium. Both print; nothing is stored.

use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::Run;
use crate::site;
use crate::tools::{Browser, PageTools};

/// Runs one of the two, or both.
pub fn run(arguments: &[String]) -> Outcome<()> {
    match arguments.first().map(String::as_str) {
        Some("native") => native(),
        Some("web") => web(),
        None | Some("all") => native().and_then(|()| web()),
        Some(other) => Err(Problem::new(format!("there is no bench `{other}`")).hint("native, web or all")),
    }
}

fn native() -> Outcome<()> {
    if !repo::root().join("benches").is_dir() {
        println!("native: no benches/ yet");
        return Ok(());
    }
    Run::new("cargo").args(["bench", "--no-default-features"]).go()
}

fn web() -> Outcome<()> {
    site::build(&PageTools::for_release()?)?;
    browser_cargo(Run::new("cargo"), &["run", "--quiet", "--package", "e2e", "--bin", "measure"])?.go()
}

/// `cargo xtask picture`: the README's picture, taken from the page as it is published.
pub fn picture(_: &[String]) -> Outcome<()> {
    site::build(&PageTools::for_release()?)?;
    browser_cargo(Run::new("cargo"), &["run", "--quiet", "--package", "e2e", "--bin", "picture"])?.go()
}

/// `cargo xtask screens`: pictures of fixed scenes, for a reviewer to look at.
pub fn screens(scenes: &[String]) -> Outcome<()> {
    site::build(&PageTools::for_release()?)?;
    let mut arguments = vec!["run", "--quiet", "--package", "e2e", "--bin", "screens", "--"];
    arguments.extend(scenes.iter().map(String::as_str));
    browser_cargo(Run::new("cargo"), &arguments)?.go()
}

/// A cargo command whose program opens the published page in a browser.
pub fn browser_cargo(cargo: Run, arguments: &[&str]) -> Outcome<Run> {
    let dist = repo::dist_dir();
    if !dist.join("index.html").is_file() {
        return Err(Problem::new(format!("there is no page in {}", dist.display())).hint("cargo xtask build"));
    }
    Ok(Browser::ensure()?.apply(cargo.args(arguments)).env("KAFKASCOPE_DIST", dist))
}
