//! The files of a broker, or files that somebody opened: what the page remembers of them, and what each message does.

mod bring;
mod open;
mod panel;
mod tree;
mod walk;

use super::App;
use super::browser;
use super::msg::{DockTab, Panel};
use crate::base::{BrokerId, Bytes, Offset, Set, TopicPartition};
use crate::broker::LOG_DIR;
use crate::disk::Disk;
use crate::log::LookupTarget;
use crate::view::files::{
    Brought, Choice, FilesProjector, FilesView, WalkView, bring, find_record, to_zip, walk_of_folder, walk_of_replica,
};
use std::rc::Rc;

pub(super) use panel::{FilePanel, PanelView};

/// Whose files are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A broker's.
    Broker(BrokerId),
    /// Those that were opened from elsewhere.
    Brought,
}

/// Something that concerns the files.
#[derive(Clone, PartialEq, Debug)]
pub enum FilesMsg {
    /// Show the files of another.
    Source(Source),
    /// Open or close a folder.
    Toggle(Rc<str>),
    /// Open a file.
    Open(Rc<str>),
    /// Show another part of the opened file.
    Choose(Choice),
    /// Close the opened file.
    Close,
    /// Show a broker's files.
    Disk(BrokerId),
    /// Show a replica's folder.
    Folder(BrokerId, TopicPartition),
    /// Open the batch that holds a record.
    Record(BrokerId, TopicPartition, Offset),
    /// Open the part of a file that holds this byte.
    OpenAt(Rc<str>, u64),
    /// Ask for a look-up in the log in this folder.
    Ask(Rc<str>, TopicPartition),
    /// Look something up in it.
    Find(LookupTarget),
    /// No more look-ups.
    EndWalk,
    /// Hand over the broker's files as a zip.
    Export,
    /// Open these files, each with its path.
    Bring(Rc<Vec<(String, Bytes)>>),
    /// Say why files were not opened.
    Refused(String),
    /// Put the files from elsewhere away.
    PutAway,
    /// Give the files all of the room, or give it back.
    Grow,
}

/// What the page remembers of files.
pub(super) struct Files {
    source: Source,
    open: Option<(Rc<str>, Choice)>,
    /// Where a look-up takes place, and what is looked up.
    asked: Option<(Rc<str>, TopicPartition, Option<LookupTarget>)>,
    walk: Option<Rc<WalkView>>,
    brought: Option<Rc<Brought>>,
    /// What went wrong last.
    problem: Option<Rc<str>>,
    /// Folders that are not as they are at first.
    toggled: Rc<Set<Rc<str>>>,
    projector: FilesProjector,
    view: FilesView,
    pub(super) grown: bool,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            source: Source::Broker(BrokerId(1)),
            open: None,
            asked: None,
            walk: None,
            brought: None,
            problem: None,
            toggled: Rc::default(),
            projector: FilesProjector::default(),
            view: FilesView::default(),
            grown: false,
        }
    }
}

impl Files {
    fn turn_to(&mut self, source: Source) {
        if source != self.source {
            (self.open, self.asked) = (None, None);
        }
        (self.source, self.problem) = (source, None);
    }

    fn open(&mut self, path: Rc<str>, choice: Choice) {
        (self.open, self.asked, self.problem) = (Some((path, choice)), None, None);
    }

    fn open_at(&mut self, path: Rc<str>, position: u64) {
        self.open(path, Choice { position: Some(position), ..Choice::default() });
    }

    /// Opens files from elsewhere; the world knows nothing of them.
    fn bring(&mut self, files: &[(String, Bytes)]) {
        match bring(files) {
            Err(error) => self.problem = Some(error.to_string().into()),
            Ok(brought) => {
                self.turn_to(Source::Brought);
                (self.open, self.asked) = (None, None);
                if brought.count == 1 {
                    self.open = brought.disk.paths().next().map(|path| (path.clone(), Choice::default()));
                }
                let left_out = brought.left_out.join(", ");
                self.problem = (!left_out.is_empty()).then(|| format!("열지 않은 파일이 있어요. {left_out}").into());
                self.brought = Some(Rc::new(brought));
            }
        }
    }
}

impl App {
    /// Whether the files are in sight.
    pub(super) fn shows_files(&self) -> bool {
        self.tab == DockTab::Files && !self.is_folded(Panel::Dock)
    }

    /// Whether the files have all of the room.
    pub(super) fn files_grown(&self) -> bool {
        self.files.grown && self.shows_files()
    }

    /// Does what `msg` asks for.
    pub(super) fn on_files(&mut self, msg: FilesMsg) {
        let files = &mut self.files;
        match msg {
            FilesMsg::Source(source) => files.turn_to(source),
            FilesMsg::Toggle(path) => {
                let toggled = Rc::make_mut(&mut files.toggled);
                if !toggled.remove(&path) {
                    toggled.insert(path);
                }
            }
            FilesMsg::Open(path) => files.open(path, Choice::default()),
            FilesMsg::OpenAt(path, position) => files.open_at(path, position),
            FilesMsg::Choose(choice) => {
                if let Some((_, old)) = &mut files.open {
                    *old = choice;
                }
            }
            FilesMsg::Close => (files.open, files.asked) = (None, None),
            FilesMsg::Ask(folder, tp) => files.asked = Some((folder, tp, None)),
            FilesMsg::Find(target) => {
                if let Some((.., old)) = &mut files.asked {
                    *old = Some(target);
                }
            }
            FilesMsg::EndWalk => files.asked = None,
            FilesMsg::Export => self.export_files(),
            FilesMsg::Bring(brought) => files.bring(&brought),
            FilesMsg::Refused(words) => files.problem = Some(words.into()),
            FilesMsg::PutAway => {
                files.turn_to(Source::Broker(BrokerId(1)));
                files.brought = None;
            }
            FilesMsg::Grow => files.grown = !files.grown,
            FilesMsg::Disk(broker) => {
                files.turn_to(Source::Broker(broker));
                self.bring_files();
            }
            FilesMsg::Folder(broker, tp) => {
                files.turn_to(Source::Broker(broker));
                files.open = None;
                self.bring_files();
                self.unfold_to(&format!("{LOG_DIR}/{tp}/"));
            }
            FilesMsg::Record(broker, tp, offset) => {
                self.open_record(broker, &tp, offset);
            }
        }
        self.refresh_files();
    }

    /// Opens the batch that holds a record, if it is still there.
    pub(super) fn open_record(&mut self, broker: BrokerId, tp: &TopicPartition, offset: Offset) -> Option<()> {
        let (path, position) = find_record(self.session.cluster(), broker, tp, offset)?;
        self.files.turn_to(Source::Broker(broker));
        self.bring_files();
        self.unfold_to(&path);
        self.files.open_at(path, position);
        self.refresh_files();
        Some(())
    }

    /// Hands the files of the broker that is shown to the person.
    fn export_files(&mut self) {
        let Source::Broker(id) = self.files.source else { return };
        let Some(node) = self.session.cluster().broker_node(id) else { return };
        let zip = to_zip(node.disk(), LOG_DIR);
        if browser::offer(&format!("broker-{id}-log-dirs.zip"), "application/zip", &zip).is_none() {
            self.files.problem = Some("브라우저가 파일을 내려받지 못하게 막았어요.".into());
        }
    }

    /// Brings the panel into sight.
    fn bring_files(&mut self) {
        self.tab = DockTab::Files;
        self.folded.retain(|panel| *panel != Panel::Dock);
        self.refresh_files();
    }

    /// Opens the folders above `path`.
    fn unfold_to(&mut self, path: &str) {
        self.refresh_files();
        let tree = self.files.view.tree.clone();
        let mut folders: Vec<_> = tree.folders.iter().collect();
        while let Some(folder) = folders.pop() {
            if path.strip_prefix(&*folder.path).is_some_and(|rest| rest.starts_with('/')) {
                let toggled = Rc::make_mut(&mut self.files.toggled);
                if folder.closed {
                    toggled.insert(folder.path.clone());
                    toggled.insert(internal_topics(&folder.path));
                } else {
                    toggled.remove(&folder.path);
                }
                folders.extend(folder.folders.iter());
            }
        }
    }

    /// Draws the files anew where they changed, if they are in sight.
    pub(super) fn refresh_files(&mut self) {
        if !self.shows_files() {
            return;
        }
        let files = &mut self.files;
        let cluster = self.session.cluster();
        let brought = files.brought.clone();
        let node = match files.source {
            Source::Broker(id) => cluster.broker_node(id),
            Source::Brought => None,
        };
        let (disk, root): (&Disk, &str) = match (files.source, node, &brought) {
            (Source::Brought, _, Some(brought)) => (&brought.disk, ""),
            (_, Some(node), _) => (node.disk(), LOG_DIR),
            _ => {
                files.view = FilesView::default();
                return;
            }
        };
        let wanted = files.open.as_ref().map(|(path, choice)| (path, *choice));
        files.view = files.projector.project(disk, root, wanted);
        files.walk = files.asked.as_ref().and_then(|(folder, tp, target)| match files.source {
            Source::Broker(id) => walk_of_replica(cluster, id, tp, *target, files.walk.as_ref()),
            Source::Brought => Some(walk_of_folder(disk, folder, tp, *target, files.walk.as_ref())),
        });
    }

    /// What the panel shows.
    pub(super) fn files_view(&self) -> PanelView {
        let files = &self.files;
        PanelView {
            brokers: self.frame.brokers.iter().map(|broker| broker.id).collect(),
            source: files.source,
            brought: files.brought.clone(),
            problem: files.problem.clone(),
            view: files.view.clone(),
            opened: files.open.as_ref().map(|(path, _)| path.clone()),
            walk: files.walk.clone().zip(files.asked.as_ref().map(|(.., target)| *target)),
            toggled: files.toggled.clone(),
            wide: self.files_width() >= WIDE,
        }
    }

    /// How much room the panel has across.
    fn files_width(&self) -> f64 {
        if self.files.grown { browser::width() } else { self.room.0 }
    }
}

/// From this width on, sixteen bytes stand in a line.
const WIDE: f64 = 1240.0;

/// What stands for the folders of Kafka's own topics, of which `path` is one, among the folders that are opened and closed.
fn internal_topics(path: &str) -> Rc<str> {
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    format!("{above}/internal topics").into()
}
