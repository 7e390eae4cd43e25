//! Logs that Apache Kafka 4.3.1 wrote (`tests/fixtures/kafka-4.3.1`, whose README says what there is), opened by our engine.
//!
//! A test per file that stands beside the logs: each opens every log of every fixture as Kafka did and compares what comes
//! of it with what Kafka made of it. All differences are gathered before a test fails, for they are often of one kind.

#[path = "kafka_fixtures/dump_call.rs"]
mod dump_call;
#[path = "kafka_fixtures/folder.rs"]
mod folder;
#[path = "kafka_fixtures/in_json.rs"]
mod in_json;

use folder::{Differences, Fixture, Start, fixtures};
use kafkascope::disk::Disk;
use kafkascope::log::{
    CLEAN_SHUTDOWN, CLEANER_OFFSET_CHECKPOINT, LOG_START_OFFSET_CHECKPOINT, META_PROPERTIES, MetaProperties,
    PARTITION_METADATA, RECOVERY_POINT_CHECKPOINT, REPLICATION_OFFSET_CHECKPOINT, read_offsets, read_topic_id,
    write_topic_id,
};
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
        for (words, expected) in dump_call::calls(&text) {
            let found = dump_call::dump(&disk, Fixture::DATA, words);
            let place = format!("{}: {words}", fixture.name);
            let (ours, kafkas) = dump_call::first_difference(&found, expected);
            differences.compare(&place, &json!(kafkas), &json!(ours));
        }
    }
    differences.none();
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

/// Every file at the top of a log directory is of a kind that we know, and `meta.properties` is what we would write but for
/// the date.
#[test]
fn the_identity_of_a_log_directory_is_read_and_written_to_the_byte() {
    for fixture in fixtures() {
        let disk = fixture.disk(Start::AsItWas);
        let read = MetaProperties::read(&disk, Fixture::DATA).expect("read").expect("there");
        let MetaProperties { cluster_id, node_id, directory_id } = &read;
        assert_eq!((&**cluster_id, *node_id), ("kafkascope-conformance", 1), "{}", fixture.name);
        assert_eq!(&**directory_id, "a2Fma2FzY29wZS1sb2dzLg", "{}", fixture.name);
        let mut ours = Disk::new();
        read.write(&mut ours, Fixture::DATA, 0).expect("written");
        let path = format!("{}/{META_PROPERTIES}", Fixture::DATA);
        let without_date = |text: String| text.lines().filter(|line| !line.starts_with("#")).map(Into::into).collect();
        let [kafkas, ours]: [Vec<String>; 2] =
            [fixture.read(&disk, &path), fixture.read(&ours, &path)].map(without_date);
        assert_eq!(ours, kafkas, "{}", fixture.name);
        for file in
            disk.list(Fixture::DATA).into_iter().filter(|name| disk.exists(&format!("{}/{name}", Fixture::DATA)))
        {
            assert!(TOP_LEVEL.contains(&file), "{}: {file} is no kind of file that we know", fixture.name);
        }
    }
}

const TOP_LEVEL: [&str; 6] = [
    META_PROPERTIES,
    CLEAN_SHUTDOWN,
    RECOVERY_POINT_CHECKPOINT,
    LOG_START_OFFSET_CHECKPOINT,
    REPLICATION_OFFSET_CHECKPOINT,
    CLEANER_OFFSET_CHECKPOINT,
];

#[test]
fn the_id_of_a_topic_is_read_and_written_to_the_byte() {
    let mut ids = 0;
    for fixture in fixtures() {
        for (disk, log) in fixture.logs(Start::AsItWas) {
            let dir = format!("{}/{}", Fixture::DATA, log["log"].as_str().expect("a name"));
            let mut ours = Disk::new();
            let id = read_topic_id(&disk, &dir).expect("read").expect("there");
            write_topic_id(&mut ours, &dir, &id).expect("written");
            let path = format!("{dir}/{PARTITION_METADATA}");
            assert_eq!(fixture.read(&ours, &path), fixture.read(&disk, &path), "{}", fixture.at(&dir));
            ids += 1;
        }
    }
    assert!(ids > 0, "no log was looked at");
}
