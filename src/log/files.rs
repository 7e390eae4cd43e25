//! What the files of a log are called.

use crate::base::Offset;
use std::rc::Rc;

/// The record batches of a segment.
pub const LOG_FILE_SUFFIX: &str = ".log";

/// A segment's offset index.
pub const OFFSET_INDEX_SUFFIX: &str = ".index";

/// A segment's time index.
pub const TIME_INDEX_SUFFIX: &str = ".timeindex";

/// A segment's transaction index.
pub const TXN_INDEX_SUFFIX: &str = ".txnindex";

/// The state of the producers, as it was when the log ended at the offset in the name.
pub const PRODUCER_SNAPSHOT_SUFFIX: &str = ".snapshot";

/// The file of the leader-epoch cache.
pub const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";

/// The file that names the topic's id.
pub const PARTITION_METADATA: &str = "partition.metadata";

/// The name that the files of a segment share: its base offset in twenty digits, so that names sort as offsets do.
#[must_use]
pub fn filename_prefix_from_offset(offset: Offset) -> String {
    format!("{offset:020}")
}

/// The path of one of a segment's files.
pub(super) fn segment_file(dir: &str, base_offset: Offset, suffix: &str) -> Rc<str> {
    format!("{dir}/{}{suffix}", filename_prefix_from_offset(base_offset)).into()
}

/// The base offset in the name of a segment's file, if the name ends in `suffix`.
pub(super) fn offset_from_file_name(name: &str, suffix: &str) -> Option<Offset> {
    let digits = name.strip_suffix(suffix)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}
