//! The files of a broker, or files that somebody opened: what the page remembers of them, and what each message does.

mod open;
mod panel;
mod tree;

use super::App;
use super::msg::{DockTab, Panel};
use crate::base::{BrokerId, Offset, Set, TopicPartition};
use crate::broker::LOG_DIR;
use crate::view::files::{Choice, FilesProjector, FilesView};
use std::rc::Rc;

pub(super) use panel::{FilePanel, PanelView};

/// Whose files are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A broker's.
    Broker(BrokerId),
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
    /// Give the files all of the room, or give it back.
    Grow,
}

/// What the page remembers of files.
pub(super) struct Files {
    source: Source,
    open: Option<(Rc<str>, Choice)>,
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
            toggled: Rc::default(),
            projector: FilesProjector::default(),
            view: FilesView::default(),
            grown: false,
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
            FilesMsg::Source(source) => {
                if source != files.source {
                    files.open = None;
                }
                files.source = source;
            }
            FilesMsg::Toggle(path) => {
                let toggled = Rc::make_mut(&mut files.toggled);
                if !toggled.remove(&path) {
                    toggled.insert(path);
                }
            }
            FilesMsg::Open(path) => files.open = Some((path, Choice::default())),
            FilesMsg::Choose(choice) => {
                if let Some((_, old)) = &mut files.open {
                    *old = choice;
                }
            }
            FilesMsg::Close => files.open = None,
            FilesMsg::Grow => files.grown = !files.grown,
            FilesMsg::Disk(broker) => {
                files.source = Source::Broker(broker);
                files.open = None;
                self.bring_files();
            }
            FilesMsg::Folder(broker, tp) => {
                files.source = Source::Broker(broker);
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
        let (path, position) = crate::view::files::find_record(self.session.cluster(), broker, tp, offset)?;
        self.files.source = Source::Broker(broker);
        self.unfold_to(&path);
        self.files.open = Some((path, Choice { position: Some(position), ..Choice::default() }));
        self.bring_files();
        Some(())
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
        let Source::Broker(id) = files.source;
        let cluster = self.session.cluster();
        let node = cluster.broker_node(id).or_else(|| Some(cluster.brokers().next()?.1));
        let Some(node) = node else {
            files.view = FilesView::default();
            return;
        };
        let wanted = files.open.as_ref().map(|(path, choice)| (path, *choice));
        files.view = files.projector.project(node.disk(), LOG_DIR, wanted);
    }

    /// What the panel shows.
    pub(super) fn files_view(&self) -> PanelView {
        let files = &self.files;
        PanelView {
            brokers: self.frame.brokers.iter().map(|broker| broker.id).collect(),
            source: files.source,
            view: files.view.clone(),
            opened: files.open.as_ref().map(|(path, _)| path.clone()),
            toggled: files.toggled.clone(),
            wide: self.files_width() >= WIDE,
        }
    }

    /// How much room the panel has across.
    fn files_width(&self) -> f64 {
        if self.files.grown { super::browser::width() } else { self.room.0 }
    }
}

/// From this width on, sixteen bytes stand in a line.
const WIDE: f64 = 1240.0;

/// What stands for the folders of Kafka's own topics, of which `path` is one, among the folders that are opened and closed.
fn internal_topics(path: &str) -> Rc<str> {
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    format!("{above}/internal topics").into()
}
