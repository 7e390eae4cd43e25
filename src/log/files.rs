//! What the files of a log are called, and what is done with their names.
//!
//! The name of a file says what state it is in. What was decided against, by retention, truncation or compaction, gets
//! `.deleted` behind its name and is removed a while later, so that whoever still reads it can finish. What the cleaner
//! writes is `.cleaned` until it is whole and `.swap` until it has taken the place of what it replaces. A folder with
//! `-delete` behind its name belongs to a partition that is no more, one with `-stray` to one that the cluster does not
//! know.

use super::LogError;
use crate::base::{Offset, TopicPartition};
use crate::disk::Disk;
use std::rc::Rc;

/// The record batches of a segment.
pub const LOG_FILE_SUFFIX: &str = ".log";

/// A segment's offset index.
pub const OFFSET_INDEX_SUFFIX: &str = ".index";

/// A segment's time index.
pub const TIME_INDEX_SUFFIX: &str = ".timeindex";

/// A segment's index of aborted transactions; there only if it had any.
pub const TXN_INDEX_SUFFIX: &str = ".txnindex";

/// What is known of the producers of all records before the offset in the file's name.
pub const PRODUCER_SNAPSHOT_SUFFIX: &str = ".snapshot";

/// Behind the name of a file that is to be removed.
pub const DELETED_FILE_SUFFIX: &str = ".deleted";

/// Behind the name of a file that the cleaner is writing.
pub const CLEANED_FILE_SUFFIX: &str = ".cleaned";

/// Behind the name of a file that is about to take the place of others.
pub const SWAP_FILE_SUFFIX: &str = ".swap";

/// Behind the name of the folder of a partition that was deleted.
pub const DELETE_DIR_SUFFIX: &str = "-delete";

/// Behind the name of the folder of a partition that has no business on this broker.
pub const STRAY_DIR_SUFFIX: &str = "-stray";

/// The file of the leader-epoch cache.
pub const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";

/// The file that names the topic's id.
pub const PARTITION_METADATA: &str = "partition.metadata";

/// The longest name that a folder may have.
const MAX_DIR_NAME_LEN: usize = 255;

/// All that a segment may consist of, the `.log` first. What is said of "the files of a segment" holds for these.
pub(super) const SEGMENT_FILE_SUFFIXES: [&str; 4] =
    [LOG_FILE_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX];

/// The name that the files of a segment share: its base offset in twenty digits, so that names sort as offsets do.
#[must_use]
pub fn filename_prefix_from_offset(offset: Offset) -> String {
    format!("{offset:020}")
}

/// The path of one of a segment's files.
pub(super) fn segment_file(dir: &str, base_offset: Offset, suffix: &str) -> Rc<str> {
    format!("{dir}/{}{suffix}", filename_prefix_from_offset(base_offset)).into()
}

/// The path of one of a segment's files whose name has `file_suffix` behind it.
pub(super) fn suffixed_segment_file(dir: &str, base_offset: Offset, suffix: &str, file_suffix: &str) -> Rc<str> {
    format!("{dir}/{}{suffix}{file_suffix}", filename_prefix_from_offset(base_offset)).into()
}

/// The base offset in the name of a segment's file, if the name ends in `suffix`.
pub(super) fn offset_from_file_name(name: &str, suffix: &str) -> Option<Offset> {
    let digits = name.strip_suffix(suffix)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The offset that the name of any of a log's numbered files begins with, whatever comes behind it.
pub(super) fn leading_offset(name: &str) -> Option<Offset> {
    let (digits, _) = name.split_once('.')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Gives those of a segment's files that there are another ending; says what they are called now.
pub(super) fn change_file_suffixes(
    disk: &mut Disk,
    dir: &str,
    base_offset: Offset,
    from: &str,
    to: &str,
) -> Result<Vec<Rc<str>>, LogError> {
    let mut renamed = Vec::new();
    for suffix in SEGMENT_FILE_SUFFIXES {
        let old = suffixed_segment_file(dir, base_offset, suffix, from);
        if disk.exists(&old) {
            let new = suffixed_segment_file(dir, base_offset, suffix, to);
            disk.rename(&old, &new)?;
            renamed.push(new);
        }
    }
    Ok(renamed)
}

/// Removes a file if it is there.
pub(super) fn delete_if_exists(disk: &mut Disk, path: &str) -> Result<bool, LogError> {
    let exists = disk.exists(path);
    if exists {
        disk.delete(path)?;
    }
    Ok(exists)
}

/// Gives a folder another path, with all that lies in it.
pub(super) fn rename_dir(disk: &mut Disk, from: &str, to: &str) -> Result<(), LogError> {
    let names: Vec<String> = disk.list(from).into_iter().map(Into::into).collect();
    for name in names {
        disk.rename(&format!("{from}/{name}"), &format!("{to}/{name}"))?;
    }
    Ok(())
}

/// What the folder of a partition is called once `suffix` is to stand behind its name; `unique_id` keeps apart the
/// folders of topics that were made and deleted one after another. A name that would be too long is cut.
#[must_use]
pub fn log_dir_name_with_suffix(topic_partition: &TopicPartition, unique_id: &str, suffix: &str) -> String {
    let behind = format!("-{}.{unique_id}{suffix}", topic_partition.partition);
    let room = MAX_DIR_NAME_LEN.saturating_sub(behind.len());
    let topic: String = topic_partition.topic.chars().take(room).collect();
    format!("{topic}{behind}")
}

/// Which partition a folder in a log directory belongs to, and the suffix of its name if it has one of those above.
#[must_use]
pub fn parse_log_dir_name(name: &str) -> Option<(TopicPartition, Option<&'static str>)> {
    for suffix in [DELETE_DIR_SUFFIX, STRAY_DIR_SUFFIX] {
        if let Some(rest) = name.strip_suffix(suffix) {
            let (topic_partition, _) = rest.rsplit_once('.')?;
            return Some((TopicPartition::parse(topic_partition)?, Some(suffix)));
        }
    }
    Some((TopicPartition::parse(name)?, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_deleted_partition_still_tells_whose_it_was() {
        let tp = TopicPartition::parse("a.b-c-12").unwrap();
        let name = log_dir_name_with_suffix(&tp, "0123456789abcdef0123456789abcdef", DELETE_DIR_SUFFIX);
        assert_eq!(name, "a.b-c-12.0123456789abcdef0123456789abcdef-delete");
        assert_eq!(parse_log_dir_name(&name), Some((tp.clone(), Some(DELETE_DIR_SUFFIX))));
        assert_eq!(parse_log_dir_name("a.b-c-12"), Some((tp, None)));
        assert_eq!(parse_log_dir_name("lost+found"), None);
        let long = TopicPartition::new(&"x".repeat(249).into(), 7);
        let name = log_dir_name_with_suffix(&long, &"f".repeat(32), STRAY_DIR_SUFFIX);
        assert_eq!(name.len(), 255);
        assert!(name.ends_with(&format!("x-7.{}-stray", "f".repeat(32))));
    }
}
