//! Packages from npm: wasm-opt (as JavaScript and wasm, so for every machine), and the fonts before they are cut.

use super::system;
use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::{Run, which};
use std::fs;
use std::path::PathBuf;

/// `binaryen` on npm is wasm-opt's own project; its first number is the version that `wasm-opt --version` prints.
const BINARYEN: &str = "132.0.0";

/// wasm-opt: what makes the wasm of a release small.
pub fn wasm_opt() -> Outcome<PathBuf> {
    if let Some(path) = which("wasm-opt").filter(|path| is_recent(Run::new(path).args(["--version"]).answer())) {
        return Ok(path);
    }
    let home = repo::cache_dir().join(format!("binaryen-{BINARYEN}"));
    package("binaryen", BINARYEN)?;
    Ok(home.join("node_modules").join(".bin").join("wasm-opt"))
}

/// Older ones do not know the wasm that today's rustc writes.
fn is_recent(answer: Option<String>) -> bool {
    let wanted = BINARYEN.split('.').next().and_then(|number| number.parse::<u32>().ok());
    let words = answer.unwrap_or_default();
    let found = words.split_whitespace().find_map(|word| word.parse::<u32>().ok());
    found >= wanted
}

/// The folder of an npm package, fetched once.
pub fn package(name: &str, version: &str) -> Outcome<PathBuf> {
    let folder = format!("{}-{version}", name.trim_start_matches('@').replace('/', "-"));
    let home = repo::cache_dir().join(&folder);
    let unpacked = home.join("node_modules").join(name);
    if unpacked.is_dir() {
        return Ok(unpacked);
    }
    system::ensure(&[system::Need { program: "npm", packages: &["nodejs", "npm"] }])?;
    println!("{name} {version} is not here yet: fetching it into {}", home.display());
    fetch(name, version, &folder)?;
    Ok(unpacked)
}

/// Into a folder of another name first: an interrupted download must not look like a finished one.
fn fetch(name: &str, version: &str, folder: &str) -> Outcome<()> {
    let home = repo::cache_dir().join(folder);
    let parts = repo::cache_dir().join(format!("{folder}.part{}", std::process::id()));
    repo::make_dir(&parts)?;
    let prefix = parts.to_string_lossy();
    let wanted = format!("{name}@{version}");
    Run::new("npm")
        .args(["install", "--prefix", &prefix, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", &wanted])
        .dir(&parts)
        .go()
        .map_err(|problem| {
            Problem::new(format!("npm could not fetch {wanted}: {problem}"))
                .hint("is the npm registry reachable? `npm ping` tells")
        })?;
    fs::rename(&parts, &home)
        .map_err(|error| Problem::new(format!("cannot move {} to {}: {error}", parts.display(), home.display())))
}

#[cfg(test)]
mod tests {
    use super::is_recent;

    #[test]
    fn an_old_wasm_opt_is_not_used() {
        assert!(is_recent(Some("wasm-opt version 132 (version_132)".into())));
        assert!(!is_recent(Some("wasm-opt version 108".into())));
        assert!(!is_recent(None));
    }
}
