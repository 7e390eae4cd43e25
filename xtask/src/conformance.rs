//! `cargo xtask conformance`: Apache Kafka as the judge of the storage engine.
//!
//! `tests/conformance` holds the judge, in Java. It writes the fixtures of `tests/fixtures/kafka-4.3.1`, which the ordinary
//! tests read without any Java; here they are written once more and must come out the same.

use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::tools::KafkaJudge;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Stands among the fixtures, but is written by hand.
const README: &str = "README.md";

/// Judges, or writes the fixtures.
pub fn run(arguments: &[String]) -> Outcome<()> {
    match arguments.first().map(String::as_str) {
        None => check().map(|words| println!("{words}")),
        Some("fixtures") => renew_fixtures(),
        Some(other) => Err(Problem::new(format!("there is no `conformance {other}`"))
            .hint("without an argument it judges; or `fixtures`")),
    }
}

/// Everything, for the stage of `cargo xtask test`.
pub fn check() -> Outcome<String> {
    let judge = KafkaJudge::ensure()?;
    let fixtures = check_fixtures(&judge)?;
    Ok(format!("{fixtures} files of fixtures"))
}

fn fixtures_dir() -> PathBuf {
    repo::root().join("tests/fixtures/kafka-4.3.1")
}

/// Kafka's fixtures as of now, in a folder for them alone.
fn write_fixtures(judge: &KafkaJudge) -> Outcome<PathBuf> {
    let folder = repo::target_dir().join("conformance/fixtures");
    remove_dir(&folder)?;
    judge.run("WriteFixtures").args([&folder]).go()?;
    Ok(folder)
}

fn renew_fixtures() -> Outcome<()> {
    let written = write_fixtures(&KafkaJudge::ensure()?)?;
    let committed = fixtures_dir();
    for path in contents(&committed)?.keys().filter(|path| *path != Path::new(README)) {
        fs::remove_file(committed.join(path)).map_err(|error| cannot("remove", &committed.join(path), &error))?;
    }
    for (path, bytes) in contents(&written)? {
        let to = committed.join(path);
        repo::make_dir(to.parent().unwrap_or(&committed))?;
        fs::write(&to, bytes).map_err(|error| cannot("write", &to, &error))?;
    }
    println!("written: {}", committed.display());
    Ok(())
}

/// Says how many files came out as they are committed; one that did not is a failure.
fn check_fixtures(judge: &KafkaJudge) -> Outcome<usize> {
    let written = contents(&write_fixtures(judge)?)?;
    let mut committed = contents(&fixtures_dir())?;
    committed.remove(Path::new(README));
    let paths = written.keys().chain(committed.keys());
    match paths.into_iter().find(|path| written.get(*path) != committed.get(*path)) {
        None => Ok(written.len()),
        Some(path) => Err(Problem::new(format!("Kafka writes {} otherwise than it is committed", path.display()))
            .hint("cargo xtask conformance fixtures, then look at the difference (another zlib compresses otherwise)")),
    }
}

/// The files below a folder, by their path from there.
fn contents(folder: &Path) -> Outcome<BTreeMap<PathBuf, Vec<u8>>> {
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        Ok((path.strip_prefix(folder).unwrap_or(&path).to_path_buf(), bytes))
    };
    repo::files_below(folder)?.into_iter().map(read).collect()
}

fn remove_dir(folder: &Path) -> Outcome<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| cannot("remove", folder, &error))?;
    }
    Ok(())
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(format!("cannot {verb} {}: {error}", path.display()))
}
