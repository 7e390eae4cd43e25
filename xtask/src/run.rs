//! Running other programs.
//!
//! A thin layer over `std::process::Command` that does three things the same way everywhere: it shows the command before
//! it runs, it names the command when it fails, and it puts the folders of our own tools in front of `PATH`.

use crate::problem::{Outcome, Problem};
use crate::repo;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program about to be run, at the top of the repository unless told otherwise.
pub struct Run {
    command: Command,
    shown: String,
}

impl Run {
    /// Prepares `program`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.current_dir(repo::root()).stdin(Stdio::null());
        let shown = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        Self { command, shown }
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// Adds arguments that are of no interest to who watches.
    pub fn unseen<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets several.
    pub fn envs<S: AsRef<OsStr>>(mut self, variables: impl IntoIterator<Item = (&'static str, S)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Takes a variable out of its environment.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs it there.
    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Puts folders in front of its `PATH`.
    pub fn path_first(mut self, folders: &[PathBuf]) -> Self {
        let rest = env::var_os("PATH").unwrap_or_default();
        let all = folders.iter().cloned().chain(env::split_paths(&rest));
        if let Ok(path) = env::join_paths(all) {
            self.command.env("PATH", path);
        }
        self
    }

    /// Runs it, its output going straight to the terminal.
    pub fn go(mut self) -> Outcome<()> {
        println!("$ {}", self.shown);
        let status = self.command.status().map_err(|error| cannot_start(&self.shown, &error))?;
        finished(&self.shown, status.success(), &status.to_string())
    }

    /// Runs it, shows its standard output as it comes, and returns that output too.
    pub fn tee(mut self) -> Outcome<String> {
        println!("$ {}", self.shown);
        self.command.stdout(Stdio::piped());
        let mut child = self.command.spawn().map_err(|error| cannot_start(&self.shown, &error))?;
        let mut output = String::new();
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                output.push_str(&line);
                output.push('\n');
            }
        }
        let _ = std::io::stdout().flush();
        let status = child.wait().map_err(|error| cannot_start(&self.shown, &error))?;
        finished(&self.shown, status.success(), &status.to_string())?;
        Ok(output)
    }

    /// Runs it unseen, for what it prints. `None` where it is not there or fails.
    pub fn answer(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

fn cannot_start(shown: &str, error: &std::io::Error) -> Problem {
    Problem::new(format!("`{shown}` could not be run: {error}"))
}

fn finished(shown: &str, success: bool, status: &str) -> Outcome<()> {
    if success { Ok(()) } else { Err(Problem::new(format!("`{shown}` failed ({status})"))) }
}

/// Where `program` is found on `PATH`.
pub fn which(program: &str) -> Option<PathBuf> {
    let mut name = OsString::from(program);
    name.push(env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|path| path.is_file())
}
