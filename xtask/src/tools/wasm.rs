//! A Rust compiler that can build for wasm.
//!
//! Three ways, in this order. The target is there already. Or `rustup target add` brings it, which is what everybody does.
//! Or, on a machine that reaches Debian's packages but not Rust's own downloads, Debian's `rustc-web` brings a compiler and
//! the source of the standard library, which cargo then builds once for wasm (half a minute). That compiler has a target
//! directory of its own, for two compilers in one directory rebuild each other's work for ever.

use super::system;
use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::{Run, which};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What the page is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The way that was found.
pub enum WasmCompiler {
    /// The compiler that runs xtask knows the target.
    Installed,
    /// Debian's compiler, which builds the standard library itself.
    Debian {
        /// The linker that comes with it.
        linker: PathBuf,
    },
}

impl WasmCompiler {
    /// Finds a way, trying them in order. `KAFKASCOPE_WASM=debian` goes straight to the last.
    pub fn ensure() -> Outcome<Self> {
        if env::var("KAFKASCOPE_WASM").is_ok_and(|value| value == "debian") {
            return debian();
        }
        if has_target() || (add_target() && has_target()) {
            return Ok(Self::Installed);
        }
        debian().map_err(|problem| {
            Problem::new(format!("Rust's target {TARGET} is missing and could not be had: {problem}"))
                .hint(format!("rustup target add {TARGET}"))
        })
    }

    /// Lets cargo (or Trunk, which runs cargo) build for wasm.
    pub fn apply(&self, run: Run) -> Run {
        self.apply_with_std(run, "std,panic_abort")
    }

    /// Lets cargo build *tests* for wasm: those unwind.
    pub fn apply_for_tests(&self, run: Run) -> Run {
        self.apply_with_std(run, "std,panic_abort,panic_unwind")
    }

    fn apply_with_std(&self, run: Run, std: &str) -> Run {
        match self {
            Self::Installed => run,
            Self::Debian { linker } => run
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_UNSTABLE_BUILD_STD", std)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env("CARGO_TARGET_DIR", repo::target_dir().join("debian-rustc")),
        }
    }

    /// For people.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Installed => "the installed Rust knows the target",
            Self::Debian { .. } => "Debian's rustc-web, which builds the standard library itself",
        }
    }
}

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld-19"];

fn has_target() -> bool {
    let libraries = Run::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).answer();
    libraries.and_then(|dir| fs::read_dir(dir).ok()).is_some_and(|mut files| files.next().is_some())
}

fn add_target() -> bool {
    which("rustup").is_some() && Run::new("rustup").args(["target", "add", TARGET]).go().is_ok()
}

fn debian() -> Outcome<WasmCompiler> {
    if !(Path::new(DEBIAN_RUSTC).exists()
        && Path::new("/usr/share/doc/rust-web-src").exists()
        && find_linker().is_some())
    {
        system::install(&DEBIAN_PACKAGES)?;
    }
    let linker = find_linker().ok_or_else(|| Problem::new("/usr/lib/llvm-*/bin/wasm-ld is not there"))?;
    Ok(WasmCompiler::Debian { linker })
}

fn find_linker() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut linkers: Vec<PathBuf> = versions
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("llvm-")))
        .map(|path| path.join("bin/wasm-ld"))
        .filter(|path| path.exists())
        .collect();
    linkers.sort();
    linkers.pop()
}
