//! The files at the top of a log directory, beside the partitions' folders.
//!
//! * `meta.properties` says whose directory it is: of which cluster and which node. `kafka-storage format` writes it
//!   before the first start.
//! * `.lock` is there while a process uses the directory, and stays behind when the process is killed.
//! * `.kafka_cleanshutdown` is the last thing that a broker writes when it leaves in good order, with the epoch that it
//!   was registered under, and the first that the next process removes. If it is missing, the logs have to be recovered.
//! * The checkpoints hold an offset for each partition: its high watermark, its recovery point, its log start, and how far
//!   the cleaner has come. Their form is in `checkpoint.rs`.

use super::LogError;
use super::checkpoint::{read_text, replace};
use super::files::delete_if_exists;
use crate::base::Date;
use crate::disk::Disk;
use std::rc::Rc;

/// The file that names the cluster and the node.
pub const META_PROPERTIES: &str = "meta.properties";

/// The mark of a shutdown in good order.
pub const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";

/// The mark of a process that uses the directory.
pub const LOCK_FILE: &str = ".lock";

/// Each partition's high watermark.
pub const REPLICATION_OFFSET_CHECKPOINT: &str = "replication-offset-checkpoint";

/// Before which offset each log is known to be on the platter.
pub const RECOVERY_POINT_CHECKPOINT: &str = "recovery-point-offset-checkpoint";

/// Where each log starts that does not start with its first segment.
pub const LOG_START_OFFSET_CHECKPOINT: &str = "log-start-offset-checkpoint";

/// How far the cleaner has come in each log.
pub const CLEANER_OFFSET_CHECKPOINT: &str = "cleaner-offset-checkpoint";

/// What `meta.properties` says, in version 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MetaProperties {
    /// `cluster.id`, as Kafka prints ids.
    pub cluster_id: Rc<str>,
    /// `node.id`.
    pub node_id: i32,
    /// `directory.id`, as Kafka prints ids.
    pub directory_id: Rc<str>,
}

impl MetaProperties {
    /// Writes it into the log directory `dir`.
    ///
    /// Java writes properties in the order of its hash table, below an empty comment and the date.
    pub fn write(&self, disk: &mut Disk, dir: &str, now_ms: i64) -> Result<(), LogError> {
        let Self { cluster_id, node_id, directory_id } = self;
        let entries = format!("node.id={node_id}\ndirectory.id={directory_id}\nversion=1\ncluster.id={cluster_id}\n");
        replace(disk, &format!("{dir}/{META_PROPERTIES}"), &format!("#\n#{}\n{entries}", java_date(now_ms)))
    }

    /// What stands in the log directory `dir`, if it was formatted.
    pub fn read(disk: &Disk, dir: &str) -> Result<Option<Self>, LogError> {
        let path = format!("{dir}/{META_PROPERTIES}");
        if !disk.exists(&path) {
            return Ok(None);
        }
        let text = read_text(disk, &path)?;
        let malformed = |line: &str| LogError::MalformedLine { path: path.as_str().into(), line: line.into() };
        let entries = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
        let value = |name: &str| {
            let find = |line: &str| {
                line.split_once('=').filter(|(key, _)| key.trim() == name).map(|(_, it)| it.trim().to_owned())
            };
            entries().find_map(find).ok_or_else(|| malformed(&format!("{name} is missing")))
        };
        match value("version")?.as_str() {
            "1" => {}
            other => return Err(malformed(&format!("version={other}"))),
        }
        let node_id = value("node.id")?;
        Ok(Some(Self {
            cluster_id: value("cluster.id")?.into(),
            node_id: node_id.parse().map_err(|_| malformed(&format!("node.id={node_id}")))?,
            directory_id: value("directory.id")?.into(),
        }))
    }
}

/// Leaves the mark of a shutdown in good order by a broker that was registered under `broker_epoch`; −1 if it never was.
pub fn write_clean_shutdown(disk: &mut Disk, dir: &str, broker_epoch: i64) -> Result<(), LogError> {
    let path = format!("{dir}/{CLEAN_SHUTDOWN}");
    delete_if_exists(disk, &path)?;
    disk.create(&path)?;
    disk.append(&path, format!("{{\"version\":0,\"brokerEpoch\":{broker_epoch}}}").as_bytes())?;
    disk.fsync(&path)?;
    Ok(())
}

/// The epoch in the mark of a shutdown in good order, if there is the mark and it can be read.
#[must_use]
pub fn read_clean_shutdown(disk: &Disk, dir: &str) -> Option<i64> {
    let text = read_text(disk, &format!("{dir}/{CLEAN_SHUTDOWN}")).ok()?;
    let (_, behind) = text.split_once("\"brokerEpoch\"")?;
    let number = behind.trim_start().strip_prefix(':')?.trim_start();
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(number.len());
    number[..end].parse().ok()
}

/// Removes the mark of a shutdown in good order; says whether there was one.
pub fn take_clean_shutdown(disk: &mut Disk, dir: &str) -> Result<bool, LogError> {
    delete_if_exists(disk, &format!("{dir}/{CLEAN_SHUTDOWN}"))
}

/// Marks the log directory as in use; an error if the disk cannot be written to.
pub fn lock_log_dir(disk: &mut Disk, dir: &str) -> Result<(), LogError> {
    let path = format!("{dir}/{LOCK_FILE}");
    if !disk.exists(&path) {
        disk.create(&path)?;
    }
    // A process that crashed left the file. It is empty all the same, but opening it for writing shows whether the disk works.
    Ok(disk.truncate(&path, 0)?)
}

/// Marks the log directory as free.
pub fn unlock_log_dir(disk: &mut Disk, dir: &str) -> Result<(), LogError> {
    delete_if_exists(disk, &format!("{dir}/{LOCK_FILE}")).map(drop)
}

/// A moment as Java's `Date` prints it, in UTC: `Wed Jan 01 00:00:00 UTC 2025`.
fn java_date(ms: i64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Date { year, month, day, weekday, hour, minute, second, .. } = Date::of_unix_ms(ms);
    let (weekday, month) = (DAYS[usize::from(weekday)], MONTHS[usize::from(month) - 1]);
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_directory_says_whose_it_is() {
        let mut disk = Disk::new();
        assert_eq!(MetaProperties::read(&disk, "/d"), Ok(None));
        let mine = MetaProperties { cluster_id: "c-_".into(), node_id: 2, directory_id: "d".into() };
        mine.write(&mut disk, "/d", 1_735_689_600_000).unwrap();
        let text = String::from_utf8(disk.read("/d/meta.properties", 0, 999).unwrap()).unwrap();
        let expected = "#\n#Wed Jan 01 00:00:00 UTC 2025\nnode.id=2\ndirectory.id=d\nversion=1\ncluster.id=c-_\n";
        assert_eq!(text, expected);
        assert_eq!(MetaProperties::read(&disk, "/d"), Ok(Some(mine)));
        disk.truncate("/d/meta.properties", 40).unwrap();
        assert!(MetaProperties::read(&disk, "/d").unwrap_err().to_string().contains("/d/meta.properties"));
    }

    #[test]
    fn dates_are_written_as_java_writes_them() {
        for (seconds, expected) in [
            (0, "Thu Jan 01 00:00:00 UTC 1970"),
            (951_827_696, "Tue Feb 29 12:34:56 UTC 2000"),
            (1_700_000_000, "Tue Nov 14 22:13:20 UTC 2023"),
            (4_107_542_399, "Sun Feb 28 23:59:59 UTC 2100"),
            (4_107_542_400, "Mon Mar 01 00:00:00 UTC 2100"),
        ] {
            assert_eq!(java_date(seconds * 1000), expected);
        }
    }

    #[test]
    fn the_mark_of_a_clean_shutdown_is_taken_once() {
        let mut disk = Disk::new();
        assert_eq!((read_clean_shutdown(&disk, "/d"), take_clean_shutdown(&mut disk, "/d")), (None, Ok(false)));
        write_clean_shutdown(&mut disk, "/d", -1).unwrap();
        write_clean_shutdown(&mut disk, "/d", 42).unwrap();
        assert_eq!(disk.read("/d/.kafka_cleanshutdown", 0, 99).unwrap(), br#"{"version":0,"brokerEpoch":42}"#);
        assert_eq!(read_clean_shutdown(&disk, "/d"), Some(42));
        assert_eq!((take_clean_shutdown(&mut disk, "/d"), take_clean_shutdown(&mut disk, "/d")), (Ok(true), Ok(false)));
    }
}
