//! A disk as a tree: folders, files, and which of their pages the cache holds.

use super::keep;
use super::kind::purpose;
use crate::base::{SimTime, TopicPartition};
use crate::disk::{Disk, PageState};
use crate::log::{FileFate, LogFileKind, file_fate, offset_in_file_name};
use std::rc::Rc;

/// A folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FolderView {
    /// Its name; empty for the root of something opened.
    pub name: Rc<str>,
    /// Its path.
    pub path: Rc<str>,
    /// What it is, in a word; empty for a folder like any other.
    pub role: &'static str,
    /// The partition whose log it is.
    pub partition: Option<TopicPartition>,
    /// Whether it is closed until somebody opens it: Kafka's own topics are.
    pub closed: bool,
    /// The size of all files in it, in bytes.
    pub bytes: u64,
    /// The pages of all files in it.
    pub pages: PageCount,
    /// Folders in it: logs by name and number, Kafka's own last.
    pub folders: Vec<Rc<FolderView>>,
    /// Files in it, by name.
    pub files: Vec<Rc<FileRow>>,
}

/// A file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// Its name.
    pub name: Rc<str>,
    /// Its path.
    pub path: Rc<str>,
    /// What it is for.
    pub kind: LogFileKind,
    /// The same in a sentence.
    pub purpose: &'static str,
    /// What is to become of it.
    pub fate: Option<FileFate>,
    /// Whether it belongs to the segment that is written to.
    pub active: bool,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written to.
    pub modified: SimTime,
    /// Its pages.
    pub pages: PageCount,
    /// The same one after the other: runs of pages in the same state.
    pub runs: Vec<PageRun>,
}

/// How many pages of which kind there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PageCount {
    /// All pages, of 4 KiB.
    pub all: u64,
    /// Those in the page cache.
    pub cached: u64,
    /// Those of them that the platter does not have yet.
    pub dirty: u64,
}

/// Neighbouring pages in the same state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageRun {
    /// Their state.
    pub state: PageState,
    /// How many there are.
    pub pages: u64,
}

impl PageCount {
    fn of(runs: &[PageRun]) -> Self {
        let count = |is: fn(PageState) -> bool| runs.iter().filter(|run| is(run.state)).map(|run| run.pages).sum();
        Self {
            all: count(|_| true),
            cached: count(|state| state != PageState::Evicted),
            dirty: count(|state| state == PageState::Dirty),
        }
    }

    /// Counts others with them.
    pub fn add(&mut self, other: Self) {
        self.all += other.all;
        self.cached += other.cached;
        self.dirty += other.dirty;
    }
}

impl FolderView {
    /// The file at `path`, in this folder or below.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&Rc<FileRow>> {
        let here = self.files.iter().find(|file| &*file.path == path);
        here.or_else(|| {
            let holds =
                |folder: &&Rc<FolderView>| path.strip_prefix(&*folder.path).is_some_and(|it| it.starts_with('/'));
            self.folders.iter().find(holds)?.file(path)
        })
    }

    /// The folder at `path`, this one or one below.
    #[must_use]
    pub fn folder(&self, path: &str) -> Option<&FolderView> {
        if &*self.path == path {
            return Some(self);
        }
        self.folders.iter().find_map(|folder| folder.folder(path))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.files.is_empty()
    }
}

/// The folder `path` of `disk`; parts that are as in `old` are those of `old`.
pub(super) fn folder(disk: &Disk, path: &str, old: Option<&FolderView>) -> FolderView {
    let name = path.rsplit('/').next().unwrap_or_default();
    let partition = partition_of(name);
    let internal = partition.as_ref().is_some_and(|(tp, _)| tp.is_internal() || &*tp.topic == "__cluster_metadata");
    let mut view = FolderView {
        name: name.into(),
        path: path.into(),
        role: partition.as_ref().map_or("", |(_, role)| role),
        closed: internal,
        partition: partition.filter(|(_, role)| role.is_empty()).map(|(tp, _)| tp),
        ..FolderView::default()
    };
    let names = disk.list(path);
    let active = names.iter().filter(|name| file_fate(name).is_none() && LogFileKind::of(name) == LogFileKind::Log);
    let active = active.filter_map(|name| offset_in_file_name(name)).max();
    for name in names {
        let below = format!("{path}/{name}");
        if disk.exists(&below) {
            let before = old.and_then(|old| old.files.iter().find(|file| &*file.name == name));
            let row = file(disk, name, &below, active);
            view.bytes += row.bytes;
            view.pages.add(row.pages);
            view.files.push(keep(row, before));
        } else {
            let before = old.and_then(|old| old.folders.iter().find(|folder| &*folder.name == name));
            let inner = folder(disk, &below, before.map(Rc::as_ref));
            view.bytes += inner.bytes;
            view.pages.add(inner.pages);
            view.folders.push(keep(inner, before));
        }
    }
    view.folders.sort_by_cached_key(|folder| (folder.closed, folder.partition.clone(), folder.name.clone()));
    view
}

fn file(disk: &Disk, name: &str, path: &str, active: Option<i64>) -> FileRow {
    let mut runs: Vec<PageRun> = Vec::new();
    for state in disk.page_states(path).unwrap_or_default() {
        match runs.last_mut() {
            Some(run) if run.state == state => run.pages += 1,
            _ => runs.push(PageRun { state, pages: 1 }),
        }
    }
    let fate = file_fate(name);
    let base = offset_in_file_name(name);
    let kind = LogFileKind::of(name);
    FileRow {
        name: name.into(),
        path: path.into(),
        kind,
        purpose: purpose(name),
        fate,
        // A snapshot is named by the offset at which it was taken: it belongs to what lies before.
        active: fate.is_none() && kind != LogFileKind::ProducerSnapshot && base.is_some() && base == active,
        bytes: disk.len(path).unwrap_or(0),
        modified: disk.stat(path).map(|stat| stat.mtime).unwrap_or_default(),
        pages: PageCount::of(&runs),
        runs,
    }
}

/// The partition that a folder's name speaks of, and what else it says.
fn partition_of(name: &str) -> Option<(TopicPartition, &'static str)> {
    let roles = [("-delete", "삭제 대기"), ("-future", "옮겨 오는 중"), ("-stray", "주인 없음")];
    let special = roles.iter().find_map(|(suffix, role)| {
        let (log, id) = name.strip_suffix(suffix)?.rsplit_once('.')?;
        (id.len() == 32).then(|| Some((TopicPartition::parse(log)?, *role)))?
    });
    special.or_else(|| Some((TopicPartition::parse(name)?, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(paths: &[&str]) -> Disk {
        let mut disk = Disk::new();
        for path in paths {
            disk.create(path).unwrap();
            disk.append(path, &[1; 5000]).unwrap();
        }
        disk
    }

    #[test]
    fn a_tree_has_what_the_disk_has() {
        let doomed = format!("/d/old-0.{}-delete", "0".repeat(32));
        let mut disk = disk(&[
            "/d/orders-10/00000000000000000000.log",
            "/d/orders-2/00000000000000000000.log",
            "/d/orders-2/00000000000000000007.log",
            "/d/orders-2/00000000000000000007.index",
            "/d/orders-2/00000000000000000009.log.deleted",
            "/d/__consumer_offsets-3/00000000000000000000.log",
            &format!("{doomed}/00000000000000000000.log"),
            "/d/meta.properties",
        ]);
        disk.fsync("/d/orders-2/00000000000000000000.log").unwrap();
        let tree = folder(&disk, "/d", None);
        let names: Vec<&str> = tree.folders.iter().map(|folder| &*folder.name).collect();
        assert_eq!(names[1..], ["orders-2", "orders-10", "__consumer_offsets-3"]);
        assert_eq!((tree.folders[0].role, tree.folders[0].partition.clone()), ("삭제 대기", None));
        assert!(tree.folders[3].closed);
        assert_eq!((tree.bytes, tree.pages), (40_000, PageCount { all: 16, cached: 16, dirty: 14 }));
        let active: Vec<&str> = tree.folders[1].files.iter().filter(|it| it.active).map(|it| &*it.name).collect();
        assert_eq!(active, ["00000000000000000007.index", "00000000000000000007.log"]);
        let sealed = tree.file("/d/orders-2/00000000000000000000.log").unwrap();
        assert_eq!(sealed.runs, [PageRun { state: PageState::Clean, pages: 2 }]);
        assert_eq!(tree.file("/d/orders-2/x"), None);
        assert_eq!(tree.folder("/d/orders-2").map(|it| it.files.len()), Some(4));
    }

    #[test]
    fn what_has_not_changed_is_the_same_part() {
        let mut disk = disk(&["/d/a-0/00000000000000000000.log", "/d/b-0/00000000000000000000.log"]);
        let before = folder(&disk, "/d", None);
        disk.append("/d/a-0/00000000000000000000.log", b"x").unwrap();
        let after = folder(&disk, "/d", Some(&before));
        assert!(!Rc::ptr_eq(&before.folders[0], &after.folders[0]));
        assert!(Rc::ptr_eq(&before.folders[1], &after.folders[1]));
    }
}
