//! The headless lab: runs scripts of the lab language in a terminal.
//!
//! `lab run FILE` runs a script and prints what the commands answer (`-` reads standard input; `--echo` shows each command first; `--export DIR`
//! writes what then lies in the brokers' log directories as `DIR/broker-1/…`, byte for byte). `lab digest FILE` runs it and prints a number that is the same on every platform for the same end of the world. The exit status is 0 if all went
//! well, 1 if an `expect` or `run until` did not hold, 2 for a bad script or bad arguments.

use kafkascope::command::{LineKind, ScriptResult, export_log_dir, run_script};
use kafkascope::sim::Cluster;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "쓰는 법: lab run [--echo] [--export DIR] FILE|-
         lab digest FILE|-";

/// What is asked for.
#[derive(Default)]
struct Arguments {
    digest: bool,
    echo: bool,
    export: Option<PathBuf>,
    file: String,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if matches!(words.first().map(String::as_str), Some("help" | "--help" | "-h")) {
        return say(USAGE, ExitCode::SUCCESS);
    }
    let Some(arguments) = read_arguments(&words) else { return complain(USAGE) };
    if let Some(problem) = arguments.export.as_deref().and_then(in_the_way) {
        return complain(&problem);
    }
    let result = match play(&arguments.file, arguments.echo) {
        Ok(result) => result,
        Err(problem) => return complain(&problem),
    };
    let code = report(&result, arguments.digest);
    match arguments.export.map(|folder| export(result.session.cluster(), &folder)) {
        Some(Err(problem)) => complain(&problem),
        _ => code,
    }
}

fn read_arguments(words: &[String]) -> Option<Arguments> {
    let (command, words) = words.split_first()?;
    let mut arguments = Arguments { digest: command == "digest", ..Arguments::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--echo" if !arguments.digest => arguments.echo = true,
            "--export" if !arguments.digest && arguments.export.is_none() => {
                arguments.export = Some(words.next()?.into());
            }
            file if arguments.file.is_empty() => arguments.file = file.into(),
            _ => return None,
        }
    }
    (matches!(command.as_str(), "run" | "digest") && !arguments.file.is_empty()).then_some(arguments)
}

/// Why nothing should be written into a folder: it holds something already.
fn in_the_way(folder: &Path) -> Option<String> {
    let shown = folder.display();
    match std::fs::read_dir(folder) {
        Ok(mut entries) => {
            entries.next().map(|_| format!("{shown}: 비어 있지 않은 폴더예요. 빈 폴더나 없는 이름을 주세요."))
        }
        Err(_) if folder.exists() => Some(format!("{shown}: 폴더가 아니에요.")),
        Err(_) => None,
    }
}

/// Writes every broker's log directory.
fn export(cluster: &Cluster, folder: &Path) -> Result<(), String> {
    for (id, node) in cluster.brokers() {
        for file in export_log_dir(node.disk()) {
            let path = folder.join(format!("broker-{id}")).join(&file.path);
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::write(&path, &file.bytes))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

fn play(file: &str, echo: bool) -> Result<ScriptResult, String> {
    let text = if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    text.map(|text| run_script(&text, echo)).map_err(|error| format!("{file}: {error}"))
}

fn report(result: &ScriptResult, digest: bool) -> ExitCode {
    let mut text = String::new();
    if digest {
        text = format!("{:016x}\n", result.session.cluster().digest());
    }
    let mut errors = String::new();
    for line in &result.lines {
        match line.kind {
            LineKind::Out if digest => continue,
            LineKind::Note if digest => continue,
            LineKind::Out => text.push_str(&format!("{}\n", line.text)),
            LineKind::Note => text.push_str(&format!("{}\n", line.text)),
            LineKind::Err => {
                // What was said before an error stays before it.
                flush(&mut text, &mut std::io::stdout());
                errors.push_str(&format!("{}\n", line.text));
                flush(&mut errors, &mut std::io::stderr());
            }
        }
    }
    flush(&mut text, &mut std::io::stdout());
    ExitCode::from(result.status.exit_code())
}

fn flush(text: &mut String, to: &mut impl Write) {
    // Whoever reads may have gone (`lab … | head`); that is no failure of the script.
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    text.clear();
}

fn say(text: &str, code: ExitCode) -> ExitCode {
    flush(&mut format!("{text}\n"), &mut std::io::stdout());
    code
}

fn complain(text: &str) -> ExitCode {
    flush(&mut format!("{text}\n"), &mut std::io::stderr());
    ExitCode::from(2)
}
