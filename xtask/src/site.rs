//! `cargo xtask build`: the page for a static host.
//!
//! `dist/` holds all there is, with relative addresses only, so that it can be put under any path of any host. What a
//! visitor waits for is printed: the size of each kind of file as it is, and as a host sends it.

use crate::font;
use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::tools::PageTools;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Builds, and prints the sizes.
pub fn run(_: &[String]) -> Outcome<()> {
    build(&PageTools::for_release()?)?;
    Ok(())
}

/// Builds, prints the sizes, and says what a first visit loads.
pub fn build(tools: &PageTools) -> Outcome<String> {
    tools.trunk().args(["build", "--release"]).go()?;
    let sizes = sizes(&repo::dist_dir())?;
    println!("\n{:<9}{:>10}{:>12}  file", "", "bytes", "gzip");
    for size in &sizes {
        println!("{:<9}{:>10}{:>12}  {}", size.kind, size.raw, size.sent, size.file.display());
    }
    let sent: usize = sizes.iter().map(|size| size.sent).sum();
    Ok(format!("a first visit loads {} KB", sent.div_ceil(1024)))
}

/// One file that a first visit loads.
struct Size {
    kind: &'static str,
    file: PathBuf,
    raw: usize,
    sent: usize,
}

fn sizes(dist: &Path) -> Outcome<Vec<Size>> {
    let mut sizes = Vec::new();
    for path in repo::files_below(dist)? {
        let file = path.strip_prefix(dist).unwrap_or(&path).to_path_buf();
        let Some(kind) = kind_of(&file) else { continue };
        let bytes =
            fs::read(&path).map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))?;
        // A font is compressed in itself; a host sends it as it is.
        let sent = if kind == "font" { bytes.len() } else { gzip(&bytes) };
        sizes.push(Size { kind, file, raw: bytes.len(), sent });
    }
    Ok(sizes)
}

fn kind_of(file: &Path) -> Option<&'static str> {
    let extension = file.extension()?.to_str()?;
    match extension {
        "wasm" | "js" | "css" | "html" => ["wasm", "js", "css", "html"].into_iter().find(|kind| *kind == extension),
        "woff2" => font::is_in_first_view(file).then_some("font"),
        _ => None,
    }
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_or(0, |packed| packed.len())
}
