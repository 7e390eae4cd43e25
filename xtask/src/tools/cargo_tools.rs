//! Tools that cargo installs: Trunk, which builds the page, and wasm-bindgen, which joins wasm and JavaScript.
//!
//! Both are built from source. They run for a second or two per build, so they are compiled for a short compile time
//! rather than for speed: minutes less on a small machine.

use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::{Run, which};
use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

/// The newest Trunk that Rust 1.95 compiles.
const TRUNK: &str = "0.21.14";

const QUICK_PROFILE: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_STRIP", "true"),
];

/// Trunk.
pub fn trunk() -> Outcome<PathBuf> {
    ensure("trunk", "trunk", TRUNK)
}

/// wasm-bindgen in the very version of the library: the two speak a private format to each other.
pub fn wasm_bindgen() -> Outcome<PathBuf> {
    ensure("wasm-bindgen-cli", "wasm-bindgen", &repo::locked_version("wasm-bindgen")?)
}

fn ensure(package: &str, program: &str, version: &str) -> Outcome<PathBuf> {
    if let Some(path) = which(program).filter(|path| is_version(path, version)) {
        return Ok(path);
    }
    let home = repo::cache_dir().join(format!("{package}-{version}"));
    let path = home.join("bin").join(format!("{program}{EXE_SUFFIX}"));
    if is_version(&path, version) {
        return Ok(path);
    }
    println!("{package} {version} is not here yet: building it into {} (once, some minutes)", home.display());
    install(package, version, &home).map_err(|problem| {
        Problem::new(format!("{package} {version} could not be installed: {problem}"))
            .hint(format!("try by hand: cargo install {package} --version {version} --locked"))
    })?;
    if is_version(&path, version) { Ok(path) } else { Err(not_itself(&path, version)) }
}

fn install(package: &str, version: &str, home: &Path) -> Outcome<()> {
    let home = home.to_string_lossy();
    Run::new("cargo")
        .args(["install", package, "--version", version, "--locked", "--force", "--root", &home])
        .envs(QUICK_PROFILE)
        .env_remove("CARGO_TARGET_DIR") // its build output is nobody's business: a temporary folder, gone afterwards
        .go()
}

fn is_version(program: &Path, version: &str) -> bool {
    let answer = program.is_file().then(|| Run::new(program).args(["--version"]).answer()).flatten();
    answer.is_some_and(|answer| answer.split_whitespace().any(|word| word == version))
}

fn not_itself(path: &Path, version: &str) -> Problem {
    Problem::new(format!("{} was installed but does not answer with version {version}", path.display()))
        .hint("delete its folder and run the command again")
}
