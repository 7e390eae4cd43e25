//! The house keeps its order: a layer uses only the layers above it, siblings do not know each other, and the model holds nothing
//! that would make two runs differ.
//!
//! The rules are the table of docs/ARCHITECTURE.md. The check reads the source as words, without comments and quotes, so it sees
//! `use` and full paths alike; what hides in a macro of another crate it does not see.

#[path = "layers/source.rs"]
mod source;

use source::{Token, tokens};
use std::path::{Path, PathBuf};

/// The layers from top to bottom, each with the layers above it that it must do without all the same.
const LAYERS: [(&str, &[&str]); 16] = [
    ("base", &[]),
    ("trace", &[]),
    ("record", &[]),
    ("disk", &["record"]),
    ("log", &[]),
    ("protocol", &[]),
    ("coordinator", &[]),
    ("broker", &[]),
    ("controller", &["broker"]),
    ("client", &["coordinator", "broker", "controller"]),
    ("net", &["coordinator", "broker", "controller", "client"]),
    ("sim", &[]),
    ("command", &[]),
    ("lesson", &[]),
    ("view", &[]),
    ("ui", &[]),
];

/// Words that would let chance or a clock in, and why they are not wanted.
const FORBIDDEN: [(&[&str], &str); 9] = [
    (&["HashMap"], "its order differs from run to run"),
    (&["HashSet"], "its order differs from run to run"),
    (&["RandomState"], "it is seeded by chance"),
    (&["Instant"], "time is what the event queue says"),
    (&["SystemTime"], "time is what the event queue says"),
    (&["std", ":", ":", "time"], "time is what the event queue says"),
    (&["std", ":", ":", "thread"], "a node moves only by steps"),
    (&["rand", ":", ":"], "base::Rng is the only chance"),
    (&["getrandom"], "base::Rng is the only chance"),
];

const WEB_CRATES: [&str; 6] = ["yew", "web_sys", "gloo", "wasm_bindgen", "wasm_bindgen_futures", "js_sys"];

/// Where a file belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// In this layer, by its place in the list.
    Layer(usize),
    /// `lib.rs`, which names all layers.
    Root,
    /// The page's `main.rs`.
    Page,
    /// Another program.
    Program,
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|(layer, _)| *layer == name)
}

/// Where a file below `src` belongs; `None` if there is no such place.
fn place_of(path: &str) -> Option<Place> {
    match path.split('/').collect::<Vec<_>>()[..] {
        ["lib.rs"] => Some(Place::Root),
        ["main.rs"] => Some(Place::Page),
        ["bin", ..] => Some(Place::Program),
        [folder, _, ..] => layer(folder).map(Place::Layer),
        _ => None,
    }
}

/// How many `super::` lead from a file's module to the root of the crate.
fn depth_of(path: &str) -> usize {
    path.split('/').count() - usize::from(path.ends_with("/mod.rs"))
}

/// All that is wrong with one file; `path` is below `src`.
fn violations(path: &str, text: &str) -> Vec<String> {
    let Some(place) = place_of(path) else { return vec![format!("{path}: no layer is called so")] };
    let words = tokens(text);
    let mut found = Vec::new();
    let mut say = |token: &Token, what: String| found.push(format!("{path}:{}: {what}", token.line));
    for (at, token) in words.iter().enumerate() {
        if let Place::Layer(own) = place {
            for used in layers_named(&words[at..], depth_of(path)) {
                if !may_use(own, &used.text) {
                    say(used, format!("{} uses {}", LAYERS[own].0, used.text));
                }
            }
            for (_, why) in FORBIDDEN.iter().filter(|(spelled, _)| is_spelled(&words[at..], spelled)) {
                say(token, format!("{}: {why}", token.text));
            }
            if is_float(&token.text) && Some(own) < layer("view") {
                say(token, format!("{}: no fractions below the view", token.text));
            }
        }
        let is_page = place == Place::Page || place == Place::Layer(LAYERS.len() - 1);
        if WEB_CRATES.contains(&token.text.as_str()) && !is_page {
            say(token, format!("{}: the web belongs to ui", token.text));
        }
    }
    found
}

fn is_spelled(words: &[Token], spelled: &[&str]) -> bool {
    words.len() >= spelled.len() && words.iter().zip(spelled).all(|(token, wanted)| token.text == *wanted)
}

fn is_float(word: &str) -> bool {
    let is_fraction = word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    is_fraction || word == "f32" || word == "f64"
}

fn may_use(own: usize, used: &str) -> bool {
    match layer(used) {
        None => true,
        Some(other) => other == own || (other < own && !LAYERS[own].1.contains(&used)),
    }
}

/// The names behind a path that starts here and begins at the crate's root, by whatever way: `crate::`, `kafkascope::`, enough
/// `super::`, and each with one name or several in braces.
fn layers_named(words: &[Token], depth: usize) -> Vec<&Token> {
    let step = |name: &str, at: usize| is_spelled(words.get(at..).unwrap_or(&[]), &[name, ":", ":"]);
    let rest = if step("crate", 0) || step("kafkascope", 0) {
        3
    } else {
        let climbs = (0..).take_while(|climb| step("super", 3 * climb)).count();
        if climbs == 0 || climbs < depth {
            return Vec::new();
        }
        3 * climbs
    };
    match words.get(rest).map(|token| token.text.as_str()) {
        Some("{") => heads(&words[rest + 1..]),
        Some("*") => Vec::new(),
        _ => words[rest..].iter().take(1).collect(),
    }
}

/// The first name of each path in braces.
fn heads(words: &[Token]) -> Vec<&Token> {
    let (mut depth, mut is_head, mut found) = (1, true, Vec::new());
    for token in words {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => {}
            _ if is_head && depth == 1 => found.push(token),
            _ => {}
        }
        is_head = token.text == "," && depth == 1;
        if depth == 0 {
            break;
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    paths.into_iter().flat_map(below).filter(|path| path.extension().is_some_and(|kind| kind == "rs")).collect()
}

#[test]
fn every_layer_keeps_to_its_place() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut seen) = (Vec::new(), [0; LAYERS.len()]);
    for file in sources(&src) {
        let path = file.strip_prefix(&src).expect("below src").to_str().expect("a plain name").replace('\\', "/");
        let text = std::fs::read_to_string(&file).expect("a source text");
        if let Some(Place::Layer(own)) = place_of(&path) {
            seen[own] += 1;
        }
        found.extend(violations(&path, &text));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen.iter().all(|files| *files > 0), "a layer is not there: {seen:?}");
}

/// The one thing that is wrong with a made-up file.
fn fault(path: &str, text: &str) -> String {
    let found = violations(path, text);
    assert_eq!(found.len(), 1, "{path}: {text:?}: {found:?}");
    found[0].clone()
}

#[test]
fn a_layer_that_looks_down_is_seen_whatever_way_it_names_the_other() {
    assert_eq!(fault("log/read.rs", "use crate::broker::Partition;"), "log/read.rs:1: log uses broker");
    assert_eq!(fault("log/read.rs", "\nfn f() { crate :: protocol::x() }"), "log/read.rs:2: log uses protocol");
    assert_eq!(fault("log/mod.rs", "use super::sim::Cluster;"), "log/mod.rs:1: log uses sim");
    assert_eq!(fault("log/a/b.rs", "use super::super::super::sim;"), "log/a/b.rs:1: log uses sim");
    assert_eq!(fault("log/read.rs", "use kafkascope::sim::Cluster;"), "log/read.rs:1: log uses sim");
    let group = "use crate::{base::{Rng, SimTime}, sim::Cluster, disk::Disk};";
    assert_eq!(fault("log/read.rs", group), "log/read.rs:1: log uses sim");
    assert_eq!(fault("base/id.rs", "use crate::trace::Trace;"), "base/id.rs:1: base uses trace");
}

#[test]
fn siblings_that_know_each_other_are_seen() {
    for (own, other) in [
        ("disk", "record"),
        ("controller", "broker"),
        ("broker", "controller"),
        ("client", "broker"),
        ("client", "coordinator"),
        ("client", "controller"),
        ("net", "client"),
        ("coordinator", "client"),
    ] {
        let path = format!("{own}/mod.rs");
        assert_eq!(fault(&path, &format!("use crate::{other}::X;")), format!("{path}:1: {own} uses {other}"));
    }
}

#[test]
fn what_lets_chance_in_is_seen() {
    for (text, word) in [
        ("use std::collections::HashMap;", "HashMap"),
        ("let s: HashSet<i32>;", "HashSet"),
        ("use std::time::Duration;", "std"),
        ("Instant::now()", "Instant"),
        ("std::thread::yield_now()", "std"),
        ("rand::random()", "rand"),
        ("let x: f64;", "f64"),
        ("let x = 1.5;", "1.5"),
        ("use web_sys::Window;", "web_sys"),
    ] {
        assert!(fault("sim/mod.rs", text).starts_with(&format!("sim/mod.rs:1: {word}: ")), "{text}");
    }
    assert!(fault("bin/lab.rs", "use yew::html;").contains("the web belongs to ui"));
    assert!(fault("view/frame.rs", "use gloo::storage;").contains("the web belongs to ui"));
    assert!(fault("ui/app.rs", "use std::time;").contains("time is what the event queue says"));
}

#[test]
fn what_is_allowed_is_not_held_against_anybody() {
    for (path, text) in [
        ("log/read.rs", "use crate::{base::Offset, disk::Disk, record::Batch};"),
        ("log/read.rs", "use crate::trace::TraceKind; // not crate::sim, nor a HashMap"),
        ("log/read.rs", "use super::segment::Segment; const S: &str = \"crate::sim 1.5\";"),
        ("broker/mod.rs", "use crate::coordinator::X; use crate::broker::Y;"),
        ("controller/mod.rs", "use crate::log::LogConfig; let x = pair.0.1; for i in 0..10 {}"),
        ("controller/quorum.rs", "use super::log::QuorumLog;"),
        ("view/frame.rs", "use crate::sim::Cluster; let x: f64 = 0.5;"),
        ("ui/app.rs", "use yew::prelude::*; use crate::view::Frame;"),
        ("main.rs", "fn main() { kafkascope::ui::run(); yew::x(); }"),
        ("lib.rs", "pub mod sim;"),
    ] {
        assert_eq!(violations(path, text), Vec::<String>::new(), "{path}: {text}");
    }
    assert!(!violations("attic/old.rs", "").is_empty(), "a folder that is no layer");
}
