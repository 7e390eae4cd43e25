//! The file panel: a broker's disk as a tree, and one of its files opened to the byte.
//!
//! All of it is read from a [`Disk`], never from what a broker has in memory, so that the files of a real Kafka that somebody opens
//! look just as those of a broker here do. A [`FilesProjector`] remembers what it made last, and hands out the same `Rc` for a
//! part that has not changed.

mod archive;
mod batches;
mod kind;
mod open;
mod tree;
mod walk;

pub use archive::{BringError, Brought, MOST_BYTES, MOST_FILES, bring, to_zip};
pub use kind::{fate_name, kind_name, purpose, size_text};
pub use open::{Choice, Content, OpenFile, PartView, Window};
pub use tree::{FileRow, FolderView, PageCount, PageRun};
pub use walk::{
    EntryCell, IndexScene, ScanScene, Scene, SegmentCell, WalkStep, WalkView, walk_of_folder, walk_of_replica,
};

use crate::base::{BrokerId, Offset, TopicPartition};
use crate::disk::Disk;
use crate::sim::Cluster;
use crate::view::project::log_on_disk;
use std::rc::Rc;

/// What the panel shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FilesView {
    /// The root of the tree.
    pub tree: Rc<FolderView>,
    /// The opened file; none if there is none, or it is gone.
    pub open: Option<Rc<OpenFile>>,
}

/// Projects what the panel shows of one disk after the other.
#[derive(Clone, Default, Debug)]
pub struct FilesProjector {
    disk: Disk,
    root: Rc<str>,
    wanted: Option<(Rc<str>, Choice)>,
    last: FilesView,
}

impl FilesProjector {
    /// The folder `root` of `disk`, and the part of a file in it that is `wanted`.
    pub fn project(&mut self, disk: &Disk, root: &str, wanted: Option<(&Rc<str>, Choice)>) -> FilesView {
        let wanted = wanted.map(|(path, choice)| (path.clone(), choice));
        let same_disk = *self.root == *root && self.disk == *disk;
        if same_disk && self.wanted == wanted {
            return self.last.clone();
        }
        if !same_disk {
            let old = (*self.root == *root).then_some(&self.last.tree);
            self.last.tree = keep(tree::folder(disk, root, old.map(Rc::as_ref)), old);
            (self.disk, self.root) = (disk.clone(), root.into());
        }
        let file = wanted.as_ref().and_then(|(path, choice)| Some((self.last.tree.file(path)?, *choice)));
        let opened = file.map(|(file, choice)| open::open(disk, file, choice));
        self.last.open = opened.map(|opened| keep(opened, self.last.open.as_ref()));
        self.wanted = wanted;
        self.last.clone()
    }
}

/// The `.log` that holds a record of a replica, and where in it the record's batch begins.
#[must_use]
pub fn find_record(
    cluster: &Cluster,
    broker: BrokerId,
    partition: &TopicPartition,
    offset: Offset,
) -> Option<(Rc<str>, u64)> {
    let mut disk = cluster.broker_node(broker)?.disk().clone();
    let log = match cluster.replica(partition, broker) {
        Some(replica) => replica.log.clone(),
        None => log_on_disk(&mut disk, partition)?,
    };
    let batch = log.batches(&disk, offset).next()?.ok()?;
    let segment = log.segments().find(|segment| segment.base_offset() == batch.segment_base_offset)?;
    Some((segment.path().into(), batch.position.into()))
}

/// The same `Rc` as before, if the content is the same.
fn keep<T: PartialEq>(new: T, old: Option<&Rc<T>>) -> Rc<T> {
    match old {
        Some(old) if **old == new => old.clone(),
        _ => Rc::new(new),
    }
}

#[cfg(test)]
mod tests;
