//! `cargo xtask serve`: the page while one works on it.

use crate::problem::Outcome;
use crate::repo;
use crate::tools::PageTools;

/// Serves a debug build, rebuilt on every change. Further arguments go to Trunk (`--release`, `--port 9000`, `--open`).
pub fn run(arguments: &[String]) -> Outcome<()> {
    let release = arguments.iter().any(|argument| argument == "--release");
    let tools = if release { PageTools::for_release()? } else { PageTools::for_debug()? };
    println!("the page will be at http://127.0.0.1:8080/ (or the port that you name) once it is built; Ctrl-C ends");
    let dist = repo::target_dir().join("serve"); // dist/ stays the release build
    tools.trunk().args(["serve"]).args(["--dist".as_ref(), dist.as_os_str()]).args(arguments).go()
}
