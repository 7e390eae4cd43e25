//! The headless lab: runs scripts of the lab language in a terminal.
//!
//! `lab run FILE` runs a script and prints what the commands answer (`-` reads standard input; `--echo` shows each command first). `lab digest FILE`
//! runs it and prints a number that is the same on every platform for the same end of the world. The exit status is 0 if all went
//! well, 1 if an `expect` or `run until` did not hold, 2 for a bad script or bad arguments.

use kafkascope::command::{LineKind, ScriptResult, run_script};
use std::io::{Read, Write};
use std::process::ExitCode;

const USAGE: &str = "쓰는 법: lab run [--echo] FILE|-
         lab digest FILE|-";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (result, digest) = match arguments[..] {
        ["run", file] => (play(file, false), false),
        ["run", "--echo", file] | ["run", file, "--echo"] => (play(file, true), false),
        ["digest", file] => (play(file, false), true),
        ["help" | "--help" | "-h"] => return say(USAGE, ExitCode::SUCCESS),
        _ => return complain(USAGE),
    };
    match result {
        Ok(result) => report(&result, digest),
        Err(error) => complain(&error),
    }
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
