//! Small text files: a version, a count, and a line per entry.
//!
//! Such a file is never changed in place. The new content goes to a file beside it, `….tmp`, is flushed, and takes the
//! old one's name: whoever reads sees the old content or the new, even after a power loss in between.
//!
//! One of them per machine, `replication-offset-checkpoint`, keeps the high watermark of every replica
//! ([`read_offsets`], [`write_offsets`]); one per log keeps the leader epochs. `partition.metadata` has a form of its
//! own but comes about the same way.

use super::LogError;
use super::files::PARTITION_METADATA;
use crate::base::{Map, Offset, TopicPartition};
use crate::disk::Disk;

const VERSION: &str = "0";

/// The entries of the checkpoint at `path`, each line read by `parse`; none if there is no such file, or it is empty.
pub(super) fn read_entries<T>(disk: &Disk, path: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, LogError> {
    let text = read_text(disk, path)?;
    let malformed = |line: &str| LogError::MalformedLine { path: path.into(), line: line.into() };
    let mut lines = text.lines();
    match lines.next() {
        None => return Ok(Vec::new()),
        Some(VERSION) => {}
        Some(other) => return Err(malformed(other)),
    }
    let Some(count) = lines.next() else { return Ok(Vec::new()) };
    let expected: u64 = count.parse().map_err(|_| malformed(count))?;
    let entries = lines.map(|line| parse(line).ok_or_else(|| malformed(line))).collect::<Result<Vec<_>, _>>()?;
    if entries.len() as u64 != expected {
        return Err(LogError::EntryCount { path: path.into(), expected, found: entries.len() as u64 });
    }
    Ok(entries)
}

/// Replaces the checkpoint at `path` by one that holds `entries`, a line each.
pub(super) fn write_entries(
    disk: &mut Disk,
    path: &str,
    entries: impl ExactSizeIterator<Item = String>,
) -> Result<(), LogError> {
    let mut text = format!("{VERSION}\n{}\n", entries.len());
    for entry in entries {
        text.push_str(&entry);
        text.push('\n');
    }
    replace(disk, path, &text)
}

/// The offsets in a file such as `replication-offset-checkpoint`; none if there is no such file.
pub fn read_offsets(disk: &Disk, path: &str) -> Result<Map<TopicPartition, Offset>, LogError> {
    let entries = read_entries(disk, path, |line| {
        let [topic, partition, offset] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        let topic_partition = TopicPartition { topic: topic.into(), partition: partition.parse().ok()? };
        Some((topic_partition, offset.parse().ok()?))
    })?;
    Ok(entries.into_iter().collect())
}

/// Writes a file such as `replication-offset-checkpoint`.
pub fn write_offsets(disk: &mut Disk, path: &str, offsets: &Map<TopicPartition, Offset>) -> Result<(), LogError> {
    write_entries(disk, path, offsets.iter().map(|(tp, offset)| format!("{} {} {offset}", tp.topic, tp.partition)))
}

/// The topic id in the `partition.metadata` of the log folder `dir`, if it has one.
pub fn read_topic_id(disk: &Disk, dir: &str) -> Result<Option<String>, LogError> {
    let path = format!("{dir}/{PARTITION_METADATA}");
    let text = read_text(disk, &path)?;
    let malformed = |line: &str| LogError::MalformedLine { path: path.as_str().into(), line: line.into() };
    let mut lines = text.lines();
    match lines.next() {
        None => return Ok(None),
        Some("version: 0") => {}
        Some(other) => return Err(malformed(other)),
    }
    let line = lines.next().unwrap_or_default();
    line.strip_prefix("topic_id: ").map(|id| Some(id.into())).ok_or_else(|| malformed(line))
}

/// Writes the `partition.metadata` of the log folder `dir`; `topic_id` in the form in which Kafka prints ids.
pub fn write_topic_id(disk: &mut Disk, dir: &str, topic_id: &str) -> Result<(), LogError> {
    replace(disk, &format!("{dir}/{PARTITION_METADATA}"), &format!("version: 0\ntopic_id: {topic_id}"))
}

fn read_text(disk: &Disk, path: &str) -> Result<String, LogError> {
    if !disk.exists(path) {
        return Ok(String::new());
    }
    let bytes = disk.read(path, 0, u64::MAX)?;
    String::from_utf8(bytes).map_err(|_| LogError::MalformedLine { path: path.into(), line: "no UTF-8".into() })
}

fn replace(disk: &mut Disk, path: &str, text: &str) -> Result<(), LogError> {
    let temporary = format!("{path}.tmp");
    if disk.exists(&temporary) {
        disk.delete(&temporary)?;
    }
    disk.create(&temporary)?;
    disk.append(&temporary, text.as_bytes())?;
    disk.in_background(|disk| disk.fsync(&temporary))?;
    disk.rename(&temporary, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    #[test]
    fn offsets_round_trip_and_outlive_a_power_loss() {
        let (mut disk, path) = (Disk::new(), "/data/replication-offset-checkpoint");
        assert_eq!(read_offsets(&disk, path), Ok(Map::new()));
        let offsets = [("orders-0", 7), ("a-b-12", 0)].map(|(tp, at)| (TopicPartition::parse(tp).unwrap(), at)).into();
        write_offsets(&mut disk, path, &offsets).unwrap();
        disk.power_loss(&mut Rng::new(1, &"power"));
        assert_eq!(disk.read(path, 0, 99).unwrap(), b"0\n2\na-b 12 0\norders 0 7\n");
        assert_eq!(read_offsets(&disk, path), Ok(offsets));
        assert_eq!(disk.list("/data"), ["replication-offset-checkpoint"]);
    }

    #[test]
    fn a_damaged_checkpoint_says_where() {
        let read = |text: &str| {
            let mut disk = Disk::new();
            disk.create("/c").unwrap();
            disk.append("/c", text.as_bytes()).unwrap();
            read_offsets(&disk, "/c")
        };
        assert_eq!(read(""), Ok(Map::new()));
        assert_eq!(read("1\n0\n"), Err(LogError::MalformedLine { path: "/c".into(), line: "1".into() }));
        assert_eq!(read("0\n1\nx 0\n"), Err(LogError::MalformedLine { path: "/c".into(), line: "x 0".into() }));
        assert_eq!(read("0\n2\nx 0 1\n"), Err(LogError::EntryCount { path: "/c".into(), expected: 2, found: 1 }));
    }

    #[test]
    fn the_topic_id_is_kept() {
        let mut disk = Disk::new();
        assert_eq!(read_topic_id(&disk, "/d/t-0"), Ok(None));
        write_topic_id(&mut disk, "/d/t-0", "AAAAAAAAAAAAAAAAAAAAAQ").unwrap();
        assert_eq!(read_topic_id(&disk, "/d/t-0"), Ok(Some("AAAAAAAAAAAAAAAAAAAAAQ".into())));
    }
}
