//! Python with packages from PyPI, in an environment of its own: only for cutting fonts.

use super::system;
use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::Run;
use std::path::PathBuf;

/// The interpreter of an environment `name` that has `packages` (`name==version`).
pub fn environment(name: &str, packages: &[&str]) -> Outcome<PathBuf> {
    let home = repo::cache_dir().join(name);
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let done = home.join("installed");
    if done.is_file() {
        return Ok(python);
    }
    system::ensure(&[system::Need { program: "python3", packages: &["python3", "python3-venv"] }])?;
    println!("{} is not here yet: making it", home.display());
    Run::new("python3").args(["-m", "venv"]).args([&home]).go()?;
    Run::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages).go().map_err(|problem| {
        Problem::new(format!("pip could not fetch {}: {problem}", packages.join(", ")))
            .hint("is PyPI reachable? `pip download fonttools` tells")
    })?;
    repo::write(&done, &packages.join("\n"))?;
    Ok(python)
}
