//! Logs that Apache Kafka 4.3.1 wrote (`tests/fixtures/kafka-4.3.1`, whose README says what there is), opened by our engine.
//!
//! A test per file that stands beside the logs: each opens every log of every fixture as Kafka did and compares what comes
//! of it with what Kafka made of it. All differences are gathered before a test fails, for they are often of one kind.

#[path = "kafka_fixtures/folder.rs"]
mod folder;
#[path = "kafka_fixtures/in_json.rs"]
mod in_json;

use folder::{Differences, Fixture, Start, fixtures};
use kafkascope::command::{DumpOptions, Line, dump_log};
use kafkascope::disk::Disk;
use kafkascope::log::{read_offsets, read_topic_id};
use serde_json::{Value, json};

#[test]
fn the_records_are_the_same() {
    let mut differences = Differences::default();
    for fixture in fixtures() {
        let mut expected = fixture.json_lines("records.jsonl").into_iter();
        for (mut disk, log) in fixture.logs(Start::AsItWas) {
            let log = fixture.open(&mut disk, &log, Start::AsItWas);
            for line in in_json::records(&log, &disk) {
                differences.compare(&fixture.at(log.dir()), &expected.next().unwrap_or_default(), &line);
            }
        }
        differences.compare(&fixture.name, &Value::Null, &expected.next().unwrap_or_default());
    }
    differences.none();
}

#[test]
fn what_is_known_of_a_log_is_the_same() {
    let mut differences = Differences::default();
    for fixture in fixtures() {
        for expected in fixture.json_lines("state.jsonl") {
            let mut disk = fixture.disk(Start::AsItWas);
            let log = fixture.open(&mut disk, &expected, Start::AsItWas);
            let asked = expected["offsetsForTimestamps"].as_array().expect("questions");
            let found = in_json::state(&log, &disk, asked.iter().map(|it| it[0].as_i64().expect("a timestamp")));
            for (part, expected) in expected.as_object().expect("parts") {
                if !["log", "openedAtMs", "settings", "topicId"].contains(&part.as_str()) {
                    differences.compare(&format!("{} {part}", fixture.at(log.dir())), expected, &found[part]);
                }
            }
            let topic_id = read_topic_id(&disk, log.dir()).expect("read");
            differences.compare(&fixture.at(log.dir()), &expected["topicId"], &json!(topic_id));
        }
    }
    differences.none();
}

#[test]
fn files_are_the_same_after_opening_and_closing() {
    compare_files("opened.txt", Start::AsItWas);
}

#[test]
fn indexes_and_snapshots_are_rebuilt_to_the_byte() {
    compare_files("rebuilt.txt", Start::Bare);
}

fn compare_files(expected: &str, start: Start) {
    let mut differences = Differences::default();
    for fixture in fixtures() {
        let mut found = Vec::new();
        for (mut disk, log) in fixture.logs(start) {
            fixture.open(&mut disk, &log, start).close(&mut disk).expect("closed");
            found.extend(fixture.listing(&disk, &log));
        }
        let lines = fixture.text(expected);
        // Behind the list of the files stands what DumpLogSegments says of them.
        let expected: Vec<&str> = lines.lines().take_while(|line| !line.starts_with("Dumping ")).collect();
        differences.compare_sets(&fixture.name, &expected, &found);
    }
    differences.none();
}

/// Every call of `dump.txt` once more, with our `kafka-dump-log`.
#[test]
fn the_dump_says_the_same() {
    let mut differences = Differences::default();
    for fixture in fixtures() {
        let disk = fixture.disk(Start::AsItWas);
        let text = fixture.text("dump.txt");
        for call in text.split("$ ").filter(|call| !call.is_empty()) {
            let (words, expected) = call.split_once('\n').expect("a call and its answer");
            let found = dump(&disk, words);
            let expected: Vec<&str> = expected.lines().collect();
            let place = format!("{}: {words}", fixture.name);
            match (0..expected.len().max(found.len()))
                .find(|at| found.get(*at).map(String::as_str) != expected.get(*at).copied())
            {
                None => differences.compare(&place, &Value::Null, &Value::Null),
                Some(at) => differences.compare(&place, &json!(expected.get(at)), &json!(found.get(at))),
            }
        }
    }
    differences.none();
}

/// `words` are a path and flags. A Java exception is told by its class alone, as the fixtures do.
fn dump(disk: &Disk, words: &str) -> Vec<String> {
    let mut options = DumpOptions { dir: Fixture::DATA.into(), ..DumpOptions::default() };
    for word in words.split(' ') {
        match word {
            "--deep-iteration" => options.deep_iteration = true,
            "--print-data-log" => options.print_data_log = true,
            "--verify-index-only" => options.verify_index_only = true,
            "--index-sanity-check" => options.index_sanity_check = true,
            path => options.files.push(path.into()),
        }
    }
    let line = |line: Line| match line.text.strip_prefix("Exception in thread \"main\" ") {
        None => line.text.replace(&format!("{}/", Fixture::DATA), ""),
        Some(exception) => {
            let class = exception.split(':').next().unwrap_or_default();
            format!("! {}", class.rsplit('.').next().unwrap_or_default())
        }
    };
    dump_log(disk, &options).into_iter().map(line).collect()
}

#[test]
fn checkpoints_are_read_and_written_to_the_byte() {
    const NAMES: [&str; 4] = [
        "recovery-point-offset-checkpoint",
        "log-start-offset-checkpoint",
        "replication-offset-checkpoint",
        "cleaner-offset-checkpoint",
    ];
    let mut entries = 0;
    for fixture in fixtures() {
        let disk = fixture.disk(Start::AsItWas);
        for path in NAMES.map(|name| format!("{}/{name}", Fixture::DATA)) {
            let offsets = read_offsets(&disk, &path).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
            let text = fixture.read(&disk, &path);
            let mut lines: Vec<String> = text.lines().skip(2).map(Into::into).collect();
            // The cleaner's checkpoint is in the order of a Java hash table.
            lines.sort();
            let mut ours: Vec<String> =
                offsets.iter().map(|(tp, offset)| format!("{} {} {offset}", tp.topic, tp.partition)).collect();
            ours.sort();
            assert_eq!(ours, lines, "{}: {path}", fixture.name);
            entries += ours.len();
        }
    }
    assert!(entries > 0, "no checkpoint holds anything");
}
