//! Scripts of the lab that a real cluster of Apache Kafka 4.3.1 has played: what its tools said stands beside each
//! (`tests/conformance/cluster`), and ours must say the same, but for ids, addresses and times.
//!
//! `cargo xtask conformance` plays them on the real cluster again; `cargo xtask conformance cluster` writes what it says anew.

#[path = "real_cluster/normal.rs"]
mod normal;

use kafkascope::command::{LineKind, run_script};
use normal::normal;
use std::path::{Path, PathBuf};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cluster");
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "lab"));
    scripts.sort();
    scripts
}

/// What Kafka's tools say in our lab, each behind its line; and how the script ends.
fn said(script: &str) -> (String, u8) {
    let result = run_script(script, true);
    let (mut text, mut in_tool) = (String::new(), false);
    for line in &result.lines {
        match line.text.strip_prefix("> ") {
            Some(command) if line.kind == LineKind::Note => {
                in_tool = command.starts_with("kafka-");
                if in_tool {
                    text.push_str(&format!("> {command}\n"));
                }
            }
            _ if in_tool && line.kind != LineKind::Note => text.push_str(&format!("{}\n", line.text)),
            _ => {}
        }
    }
    (text, result.status.exit_code())
}

#[test]
fn our_tools_say_what_those_of_a_real_cluster_say() {
    let scripts = scripts();
    assert!(scripts.len() >= 20, "{} scripts", scripts.len());
    let (mut differing, mut answers) = (Vec::new(), 0);
    for path in scripts {
        let (text, code) = said(&std::fs::read_to_string(&path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let expected = std::fs::read_to_string(path.with_extension("out")).unwrap_or_default();
        answers += expected.lines().filter(|line| line.starts_with("> ")).count();
        assert_eq!(code, 0, "{name}: the script did not come to its end\n{text}");
        let ours = normal(&text);
        if let Some(at) = (0..expected.lines().count().max(ours.lines().count()))
            .find(|at| ours.lines().nth(*at) != expected.lines().nth(*at))
        {
            let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
            differing.push(format!("{name}, line {}\n  Kafka {}\n  we    {}", at + 1, line(&expected), line(&ours)));
        }
    }
    assert!(answers > 100, "{answers} answers of Kafka's tools");
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn two_clusters_can_agree_on_what_is_normal() {
    let text = "[2025-01-01 00:00:05,123] ERROR java.lang.IllegalArgumentException: no\n (org.apache.kafka.tools.TopicCommand)\n\
                Topic: a\tTopicId: fA4rCkbXVco4xo6Tbu3Y-w\tPartitionCount: 1\n\
                args '--describe --bootstrap-server localhost:36203'\n\tat java.base/x\nCaused by: y\n\
                \tTopic: a\tPartition: 0\tIsr: 3,1\tElr: \nCreateTime:1735689600000\tv\n";
    assert_eq!(
        normal(text),
        "Topic: a\tTopicId: (id)\tPartitionCount: 1\nargs '--describe'\n\tTopic: a\tPartition: 0\tIsr: 1,3\tElr:\nCreateTime:(time)\tv\n"
    );
}
