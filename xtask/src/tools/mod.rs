//! The tools that the page needs, each obtained on first use.
//!
//! They come from package registries only (cargo, npm, PyPI, and Debian's for what belongs to the system), in fixed
//! versions, into the user's cache: `<cache>/kafkascope/<tool>-<version>`. A tool that is on `PATH` in the right version
//! is used as it is.

mod browser;
mod cargo_tools;
mod java;
mod node;
pub mod python;
mod system;
mod wasm;

pub use browser::Browser;
pub use java::KafkaJudge;
pub use wasm::{TARGET as WASM_TARGET, WasmCompiler};

use crate::problem::Outcome;
use crate::run::Run;
use std::path::{Path, PathBuf};

/// All that is needed to build the page.
pub struct PageTools {
    /// Builds for wasm.
    pub compiler: WasmCompiler,
    trunk: PathBuf,
    folders: Vec<PathBuf>,
}

impl PageTools {
    /// What a debug build needs.
    pub fn for_debug() -> Outcome<Self> {
        let compiler = WasmCompiler::ensure()?;
        let trunk = cargo_tools::trunk()?;
        let wasm_bindgen = cargo_tools::wasm_bindgen()?;
        Ok(Self { compiler, folders: vec![folder_of(&wasm_bindgen)], trunk })
    }

    /// What a release build needs: wasm-opt besides.
    pub fn for_release() -> Outcome<Self> {
        let mut tools = Self::for_debug()?;
        tools.folders.push(folder_of(&node::wasm_opt()?));
        Ok(tools)
    }

    /// Trunk, with the other tools on `PATH`, where it looks before it would download its own.
    pub fn trunk(&self) -> Run {
        let trunk = self.compiler.apply(Run::new(&self.trunk)).path_first(&self.folders);
        // When a build fails, rustc says why. Trunk's own stack is of no interest.
        trunk.env("TRUNK_SKIP_VERSION_CHECK", "true").env("RUST_BACKTRACE", "0")
    }
}

/// The program that runs wasm tests in a browser.
pub fn wasm_test_runner() -> Outcome<PathBuf> {
    Ok(cargo_tools::wasm_bindgen()?.with_file_name(format!("wasm-bindgen-test-runner{}", std::env::consts::EXE_SUFFIX)))
}

/// `npm`'s package `name`, unpacked.
pub fn npm_package(name: &str, version: &str) -> Outcome<PathBuf> {
    node::package(name, version)
}

/// Fetches all of them.
pub fn setup(_: &[String]) -> Outcome<()> {
    let tools = PageTools::for_release()?;
    let browser = Browser::ensure()?;
    KafkaJudge::ensure()?;
    println!("wasm     {}", tools.compiler.describe());
    println!("trunk    {}", tools.trunk.display());
    println!(
        "PATH     {}",
        tools.folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(" ")
    );
    println!("browser  {} with {}", browser.chromium.display(), browser.driver.display());
    Ok(())
}

fn folder_of(program: &Path) -> PathBuf {
    program.parent().map(Path::to_path_buf).unwrap_or_default()
}
