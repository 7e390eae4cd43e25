//! `cargo xtask conformance`: Apache Kafka as the judge of the storage engine.
//!
//! `tests/conformance` holds the judge, in Java. It writes the fixtures of `tests/fixtures/kafka-4.3.1`, which the ordinary
//! tests read without any Java; here they are written once more and must come out the same. And it reads what *our* engine
//! writes: seeds lead logs through a life (`tests/conformance/export`), DumpLogSegments must find nothing to complain of in
//! any of their files, and a real broker that is started on them must serve a real consumer what our engine would.
//!
//! Beyond storage: a real cluster plays the scripts in `tests/conformance/cluster`. What Kafka's tools say of it is committed
//! beside them; an ordinary test compares ours with that, and here it must come out the same again.

#[path = "../../tests/real_cluster/normal.rs"]
mod normal;

use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::Run;
use crate::tools::KafkaJudge;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The lives that our logs lead. They end by turns in a clean shutdown, a crash, and a loss of power.
const SEEDS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];

/// Stands among the fixtures, but is written by hand.
const README: &str = "README.md";

/// Judges, or writes the fixtures.
pub fn run(arguments: &[String]) -> Outcome<()> {
    match arguments.first().map(String::as_str) {
        None => check().map(|words| println!("{words}")),
        Some("fixtures") => renew_fixtures(),
        Some("cluster") => record_cluster(),
        Some(other) => Err(Problem::new(format!("there is no `conformance {other}`"))
            .hint("without an argument it judges; or `fixtures`, `cluster`")),
    }
}

/// Everything, for the stage of `cargo xtask test`.
pub fn check() -> Outcome<String> {
    let judge = KafkaJudge::ensure()?;
    let fixtures = check_fixtures(&judge)?;
    let mut exports = write_exports()?;
    exports.extend(export_lab()?);
    let dumps = dump_exports(&judge, &exports)?;
    let lines = serve_exports(&judge, &exports)?;
    let scripts = check_cluster(&judge)?;
    Ok(format!(
        "{fixtures} files of Kafka's; of ours {dumps} log directories dumped, {} served, {lines} lines the same; \
         {scripts} scripts on a real cluster",
        exports.len()
    ))
}

/// A crate of `tests/conformance`, which writes and compares what concerns our side.
fn our_side() -> Run {
    Run::new("cargo").args(["run", "--quiet", "--package", "conformance", "--"])
}

/// Logs of ours, a folder for each seed.
fn write_exports() -> Outcome<Vec<PathBuf>> {
    let folder = repo::target_dir().join("conformance/export");
    remove_dir(&folder)?;
    our_side().args([&folder]).args(SEEDS).go()?;
    folders_in(&folder)
}

/// What a session of the lab leaves on its brokers' disks, a folder for each broker.
fn export_lab() -> Outcome<Vec<PathBuf>> {
    let folder = repo::target_dir().join("conformance/lab");
    remove_dir(&folder)?;
    let script = Path::new("tests/conformance/lab/served.lab");
    let run =
        Run::new("cargo").args(["run", "--quiet", "--no-default-features", "--bin", "lab", "--", "run", "--export"]);
    run.args([folder.join("disks").as_path(), script]).go()?;
    for disk in folders_in(&folder.join("disks"))? {
        let export = folder.join(disk.file_name().unwrap_or_default());
        repo::make_dir(&export)?;
        fs::rename(&disk, export.join("data")).map_err(|error| cannot("move", &disk, &error))?;
        our_side().args(["expect".as_ref(), export.join("data").as_path(), &export.join("expected.jsonl")]).go()?;
    }
    fs::remove_dir(folder.join("disks")).map_err(|error| cannot("remove", &folder, &error))?;
    folders_in(&folder)
}

fn folders_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| cannot("list", folder, &error))?;
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    Ok(folders)
}

/// Shows all files to DumpLogSegments, which must complain of none that is not torn, and of which our `kafka-dump-log` must
/// say the same. Says how many log directories those were.
fn dump_exports(judge: &KafkaJudge, exports: &[PathBuf]) -> Outcome<usize> {
    // A loss of power tears files; those are fine once recovered.
    let is_torn = |data: &PathBuf| data.parent().is_some_and(|export| export.to_string_lossy().ends_with("-power"));
    let data = exports.iter().map(|export| export.join("data"));
    let recovered = exports.iter().map(|export| export.join("recovered")).filter(|folder| folder.exists());
    let (torn, mut whole): (Vec<PathBuf>, Vec<PathBuf>) = data.partition(is_torn);
    whole.extend(recovered);
    judge.run("CheckExport").unseen(&whole).unseen(["--torn"]).unseen(&torn).go().map_err(|problem| {
        problem.hint("DumpLogSegments says above what is wrong in which file; the files are in target/conformance")
    })?;
    for folder in whole.iter().chain(&torn) {
        let said = format!("{}.dump.txt", folder.display());
        our_side().args(["dump".as_ref(), folder.as_path(), Path::new(&said)]).go()?;
    }
    Ok(whole.len() + torn.len())
}

/// Lets a real broker serve each; what a consumer gets must be what we say, line for line.
fn serve_exports(judge: &KafkaJudge, exports: &[PathBuf]) -> Outcome<usize> {
    let pairs = exports.iter().flat_map(|export| [export.join("data"), export.join("served.jsonl")]);
    judge.run("ServeExport").unseen(pairs).go()?;
    let mut lines = 0;
    for export in exports {
        let (expected, served) =
            (repo::read(&export.join("expected.jsonl"))?, repo::read(&export.join("served.jsonl"))?);
        if let Some(difference) = first_difference(&expected, &served) {
            return Err(Problem::new(format!("{}: {difference}", export.display())));
        }
        lines += served.lines().count();
    }
    match lines {
        0 => Err(Problem::new("the broker served nothing")),
        lines => Ok(lines),
    }
}

fn first_difference(expected: &str, served: &str) -> Option<String> {
    let (mut ours, mut theirs) = (expected.lines(), served.lines());
    for number in 1.. {
        let (our, their) = (ours.next(), theirs.next());
        if our != their {
            let end = "(the end)";
            let (our, their) = (our.unwrap_or(end), their.unwrap_or(end));
            return Some(format!("line {number}\n  we would serve    {our}\n  the broker served {their}"));
        }
        if our.is_none() {
            break;
        }
    }
    None
}

/// Lets a real cluster play all scripts, and gives for each the committed file and what is to stand in it.
fn play_on_cluster(judge: &KafkaJudge) -> Outcome<Vec<(PathBuf, String)>> {
    let out = repo::target_dir().join("conformance/cluster");
    remove_dir(&out)?;
    let mut scripts = folders_in(&repo::root().join("tests/conformance/cluster"))?;
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "lab"));
    judge.run("RunScripts").unseen([&out]).unseen(&scripts).go()?;
    let said = |script: &PathBuf| {
        let golden = script.with_extension("out");
        let said = repo::read(&out.join(golden.file_name().unwrap_or_default()))?;
        Ok((golden, normal::normal(&said)))
    };
    scripts.iter().map(said).collect()
}

/// The real cluster must say what is committed. Says how many scripts it has played.
fn check_cluster(judge: &KafkaJudge) -> Outcome<usize> {
    let played = play_on_cluster(judge)?;
    for (golden, said) in &played {
        if let Some(difference) = first_difference(&repo::read(golden)?, said) {
            let difference =
                difference.replace("we would serve", "committed is").replace("the broker served", "Kafka says");
            return Err(
                Problem::new(format!("{}: {difference}", golden.display())).hint("cargo xtask conformance cluster")
            );
        }
    }
    Ok(played.len())
}

fn record_cluster() -> Outcome<()> {
    for (golden, said) in play_on_cluster(&KafkaJudge::ensure()?)? {
        fs::write(&golden, said).map_err(|error| cannot("write", &golden, &error))?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn tells_the_first_line_that_differs() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let difference = first_difference("a\nb\n", "a\n").unwrap_or_default();
        assert!(difference.starts_with("line 2\n") && difference.ends_with("served (the end)"), "{difference}");
        assert!(first_difference("a", "b").is_some());
    }
}
