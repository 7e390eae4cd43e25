//! Where things stand on the stage: a pure function of a frame and the size of the room.
//!
//! Columns are brokers, rows are partitions, a cell is a replica. In a wide room producers stand left of the grid and
//! groups right of it; in a narrow one (a phone) producers stand above and groups below, and a row's name is a band over
//! its cells. Positions are in CSS pixels and are never scaled, so that text keeps its size; what does not fit scrolls.
//! `log` places what is inside a cell, `path` what moves between two places.

mod log;
mod path;

pub use log::{LogWindow, Marks, Tray, marks, trays};
pub use path::{Curve, OwnershipLine};

use super::{Frame, PartitionView};
use crate::base::{BrokerId, ClientId, ControllerId, TopicPartition};
use std::rc::Rc;

/// A point on the stage.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// An upright rectangle.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Rect {
    /// The left edge.
    pub x: f64,
    /// The top edge.
    pub y: f64,
    /// The width.
    pub w: f64,
    /// The height.
    pub h: f64,
}

impl Rect {
    /// A rectangle by its left, top, width and height.
    #[must_use]
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// The right edge.
    #[must_use]
    pub fn right(self) -> f64 {
        self.x + self.w
    }

    /// The bottom edge.
    #[must_use]
    pub fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// The middle.
    #[must_use]
    pub fn center(self) -> Point {
        Point { x: self.x + self.w / 2.0, y: self.y + self.h / 2.0 }
    }
}

/// How the room is shared out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Clients at the sides.
    #[default]
    Wide,
    /// Clients above and below.
    Narrow,
}

/// A broker's column.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// Whose.
    pub broker: BrokerId,
    /// The whole column, head and cells.
    pub rect: Rect,
    /// The part with the broker's name.
    pub head: Rect,
}

/// A partition's row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Whose.
    pub partition: TopicPartition,
    /// Where its name stands (left end of the baseline).
    pub label: Point,
    /// The part of its logs that all its cells show, at the same place.
    pub window: LogWindow,
    /// Its replicas' cells, in the order of the columns.
    pub cells: Vec<(BrokerId, Rect)>,
}

/// A consumer group's place.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupPlace {
    /// Whose.
    pub group: Rc<str>,
    /// Its heading.
    pub head: Rect,
    /// Its members, in the order of the frame.
    pub members: Vec<(ClientId, Rect)>,
}

/// Where everything stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    /// How the room is shared out.
    pub mode: Mode,
    /// The width of the whole picture.
    pub width: f64,
    /// The height of the whole picture.
    pub height: f64,
    /// Where the quorum's heading begins (baseline).
    pub quorum_label: Point,
    /// Where the note on the metadata log begins (baseline).
    pub quorum_note: Point,
    /// The controllers.
    pub controllers: Vec<(ControllerId, Rect)>,
    /// Where command-line tools speak from.
    pub terminal: Rect,
    /// The brokers.
    pub columns: Vec<Column>,
    /// The partitions.
    pub rows: Vec<Row>,
    /// The height of a replica's cell.
    pub cell_height: f64,
    /// The producers.
    pub producers: Vec<(ClientId, Rect)>,
    /// The groups.
    pub groups: Vec<GroupPlace>,
    /// The room for groups: where a word stands while there are none.
    pub groups_room: Rect,
}

/// Below this width clients go above and below the grid.
const NARROW: f64 = 600.0;
const PAD: f64 = 10.0;
const GAP: f64 = 12.0;
const HEAD_H: f64 = 58.0;
const CLIENT_H: f64 = 62.0;
const MAX_CELL_H: f64 = 118.0;

impl Layout {
    /// Places `frame` in a room of `width` by `height`.
    #[must_use]
    pub fn of(frame: &Frame, width: f64, height: f64) -> Self {
        if width < NARROW { narrow(frame, width) } else { wide(frame, width, height) }
    }

    /// The cell of the replica of `partition` on `broker`.
    #[must_use]
    pub fn cell(&self, broker: BrokerId, partition: &TopicPartition) -> Option<Rect> {
        let row = self.row(partition)?;
        row.cells.iter().find(|(id, _)| *id == broker).map(|(_, rect)| *rect)
    }

    /// The row of `partition`.
    #[must_use]
    pub fn row(&self, partition: &TopicPartition) -> Option<&Row> {
        self.rows.iter().find(|row| row.partition == *partition)
    }

    /// The place of a client; a tool that has no box of its own speaks from the terminal.
    #[must_use]
    pub fn client(&self, id: ClientId) -> Rect {
        let members = self.groups.iter().flat_map(|group| &group.members);
        self.producers.iter().chain(members).find(|(client, _)| *client == id).map_or(self.terminal, |(_, rect)| *rect)
    }
}

fn wide(frame: &Frame, width: f64, height: f64) -> Layout {
    let (left, right) = (108.0, 150.0);
    let count = frame.brokers.len().max(1) as f64;
    let pitch = ((width - left - right) / count).clamp(140.0, 340.0);
    let total = left + pitch * count + right;
    let x0 = ((width - total) / 2.0).max(0.0);
    let grid = Grid { x: x0 + left, y: 48.0, pitch, gap: GAP };
    let rows_top = grid.y + HEAD_H + 18.0;
    let rows = frame.partitions.len() as f64;
    let row_pitch = if rows > 0.0 { ((height - rows_top - 14.0) / rows).clamp(114.0, 152.0) } else { 152.0 };
    let mut layout = Layout { mode: Mode::Wide, width: total.max(width), ..Layout::default() };
    layout.cell_height = (row_pitch - 27.0).clamp(88.0, MAX_CELL_H);
    for (i, partition) in frame.partitions.iter().enumerate() {
        let y = rows_top + i as f64 * row_pitch;
        let label = Point { x: x0 + PAD, y: y + 16.0 };
        layout.rows.push(grid.row(frame, partition, y, label, layout.cell_height));
    }
    let mut bottom = (rows_top + rows * row_pitch - 8.0).max(height - 14.0);
    // Producers stand in the gutter, each below a row's name; those that find no row follow below.
    let producer_height = (row_pitch - 58.0).min(CLIENT_H);
    for (i, producer) in frame.producers.iter().enumerate() {
        let y = rows_top + i as f64 * row_pitch + 50.0;
        layout.producers.push((producer.id, Rect::new(x0 + PAD, y, 90.0, producer_height)));
        bottom = bottom.max(y + producer_height + PAD);
    }
    let groups_x = grid.x + pitch * count + 30.0;
    layout.groups_room = Rect::new(groups_x, rows_top, 112.0, CLIENT_H);
    let mut y = rows_top;
    for group in &frame.groups {
        let head = Rect::new(groups_x, y - 26.0, 112.0, 34.0);
        y += 16.0;
        let mut members = Vec::new();
        for member in &group.members {
            members.push((member.id, Rect::new(groups_x, y, 112.0, CLIENT_H)));
            y += CLIENT_H + 12.0;
        }
        layout.groups.push(GroupPlace { group: group.name.clone(), head, members });
        bottom = bottom.max(y);
        y += 34.0;
    }
    layout.height = (bottom + 14.0).max(height);
    layout.columns = grid.columns(frame, bottom);
    layout.quorum_label = Point { x: x0 + PAD, y: 28.0 };
    place_quorum(frame, &mut layout, grid.x, 10.0);
    layout.terminal = Rect::new(x0 + PAD, grid.y + 16.0, 82.0, 30.0);
    layout
}

fn narrow(frame: &Frame, width: f64) -> Layout {
    let count = frame.brokers.len().max(1) as f64;
    let pitch = ((width - 12.0) / count).max(118.0);
    let total = pitch * count + 12.0;
    let mut layout = Layout { mode: Mode::Narrow, width: total.max(width), cell_height: 92.0, ..Layout::default() };
    layout.quorum_label = Point { x: PAD, y: 26.0 };
    place_quorum(frame, &mut layout, 84.0, 8.0);
    let mut y = 46.0;
    layout.terminal = Rect::new(PAD, y, 74.0, 44.0);
    let ids: Vec<ClientId> = frame.producers.iter().map(|p| p.id).collect();
    (layout.producers, y) = flow(&ids, PAD + 74.0 + 8.0, PAD, y, total);
    let grid = Grid { x: 6.0, y: y + 14.0, pitch, gap: 6.0 };
    y = grid.y + HEAD_H + 28.0;
    for partition in &frame.partitions {
        let label = Point { x: PAD + 2.0, y: y - 10.0 };
        layout.rows.push(grid.row(frame, partition, y, label, layout.cell_height));
        y += layout.cell_height + 44.0;
    }
    if frame.partitions.is_empty() {
        y += 120.0;
    }
    layout.columns = grid.columns(frame, y - 18.0);
    layout.groups_room = Rect::new(PAD, y, total - 2.0 * PAD, 44.0);
    for group in &frame.groups {
        let head = Rect::new(PAD, y - 8.0, total - 2.0 * PAD, 22.0);
        let ids: Vec<ClientId> = group.members.iter().map(|m| m.id).collect();
        let (members, bottom) = flow(&ids, PAD, PAD, y + 22.0, total);
        layout.groups.push(GroupPlace { group: group.name.clone(), head, members });
        y = bottom + 30.0;
    }
    if frame.groups.is_empty() {
        y += 50.0;
    }
    layout.height = y;
    layout
}

/// Boxes in lines, left to right; the second value is the bottom of the last line.
fn flow(ids: &[ClientId], first_x: f64, left: f64, top: f64, width: f64) -> (Vec<(ClientId, Rect)>, f64) {
    let (w, h, gap) = (104.0, 44.0, 8.0);
    let (mut x, mut y) = (first_x, top);
    let mut boxes = Vec::new();
    for id in ids {
        if x + w > width - left + 0.5 {
            (x, y) = (left, y + h + gap);
        }
        boxes.push((*id, Rect::new(x, y, w, h)));
        x += w + gap;
    }
    (boxes, y + h)
}

fn place_quorum(frame: &Frame, layout: &mut Layout, x: f64, y: f64) {
    let (w, gap) = (if layout.mode == Mode::Wide { 56.0 } else { 46.0 }, 8.0);
    for (i, controller) in frame.quorum.controllers.iter().enumerate() {
        layout.controllers.push((controller.id, Rect::new(x + i as f64 * (w + gap), y, w, 26.0)));
    }
    let end = x + frame.quorum.controllers.len() as f64 * (w + gap);
    layout.quorum_note = Point { x: end + 8.0, y: y + 18.0 };
}

/// The columns' measure.
struct Grid {
    x: f64,
    y: f64,
    pitch: f64,
    gap: f64,
}

impl Grid {
    fn columns(&self, frame: &Frame, bottom: f64) -> Vec<Column> {
        let column = |(i, broker): (usize, &Rc<super::BrokerView>)| {
            let x = self.x + i as f64 * self.pitch;
            let rect = Rect::new(x, self.y, self.pitch - 3.0, bottom - self.y);
            Column { broker: broker.id, rect, head: Rect::new(x, self.y, self.pitch - 3.0, HEAD_H) }
        };
        frame.brokers.iter().enumerate().map(column).collect()
    }

    fn row(&self, frame: &Frame, partition: &PartitionView, y: f64, label: Point, height: f64) -> Row {
        let w = self.pitch - self.gap;
        let inset = (self.gap - 3.0) / 2.0;
        let cells = frame.brokers.iter().enumerate();
        let cells = cells.filter(|(_, broker)| partition.replicas.contains(&broker.id));
        let cells =
            cells.map(|(i, broker)| (broker.id, Rect::new(self.x + i as f64 * self.pitch + inset, y, w, height)));
        Row {
            partition: partition.partition.clone(),
            label,
            window: LogWindow::of(partition, w, height),
            cells: cells.collect(),
        }
    }
}
