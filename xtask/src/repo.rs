//! Where things are: the repository, the folder for build output, the folder for tools.

use crate::problem::{Outcome, Problem};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the repository")
}

/// The release page.
pub fn dist_dir() -> PathBuf {
    root().join("dist")
}

/// Cargo's build output.
pub fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Tools live in the user's cache, so that a second clone finds them and no clone litters the system.
pub fn cache_dir() -> PathBuf {
    let from = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("XDG_CACHE_HOME")
        .or_else(|| from("HOME").or_else(|| from("USERPROFILE")).map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("kafkascope")
}

/// Is this a CI run? Then nobody waits for a second build, and the disk is small.
pub fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// The version of `package` that Cargo.lock names.
pub fn locked_version(package: &str) -> Outcome<String> {
    let path = root().join("Cargo.lock");
    let lock = read(&path)?;
    version_in(&lock, package).ok_or_else(|| {
        Problem::new(format!("{} names no package `{package}`", path.display()))
            .hint("run `cargo generate-lockfile`, or take the package out of xtask as well")
    })
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

/// Reads a text file, or says which one could not be read.
pub fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
}

/// Writes a text file, or says which one could not be written.
pub fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(|error| Problem::new(format!("cannot write {}: {error}", path.display())))
}

/// Makes a folder with all that lead to it.
pub fn make_dir(path: &Path) -> Outcome<()> {
    fs::create_dir_all(path).map_err(|error| Problem::new(format!("cannot make {}: {error}", path.display())))
}

/// Every file below `dir`, in the order of their names.
pub fn files_below(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).map_err(|error| Problem::new(format!("cannot list {}: {error}", dir.display())))?;
    let mut files = Vec::new();
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_version_of_exactly_the_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.126"));
        assert_eq!(version_in(lock, "bindgen"), None);
    }
}
