//! What lies between two places: the way of a packet, and who reads what.
//!
//! Between replicas of one partition, and between a client and a replica, packets keep to the lanes between rows so that
//! they do not cover the logs: questions and what producers write travel in the lane below the row, answers in the
//! lane above it. So the circle that Kafka's replication is (a question goes below, records come back above) is seen.

use super::{Layout, Mode, Point, Rect};
use crate::base::{ClientId, NodeId, SimTime, TopicPartition};
use crate::view::{GroupView, PacketKind, PacketView};
use std::fmt;
use std::rc::Rc;

/// A cubic Bézier curve. Its `Display` is the path data that SVG takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Curve([Point; 4]);

impl Curve {
    /// The point at `t` in 0..=1.
    #[must_use]
    pub fn at(&self, t: f64) -> Point {
        let [a, b, c, d] = self.0;
        let u = 1.0 - t;
        let (wa, wb, wc, wd) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
        Point { x: wa * a.x + wb * b.x + wc * c.x + wd * d.x, y: wa * a.y + wb * b.y + wc * c.y + wd * d.y }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y)
    }
}

/// A consumer reads a partition.
#[derive(Clone, PartialEq, Debug)]
pub struct OwnershipLine {
    /// Who.
    pub member: ClientId,
    /// What.
    pub partition: TopicPartition,
    /// The line between them.
    pub curve: Curve,
    /// The place of the member in its group, for colour and pattern.
    pub place: usize,
}

/// An end of a way.
#[derive(Clone, Copy)]
enum End {
    Cell(Rect),
    Box(Rect),
}

impl Layout {
    /// The way of `packet`; `None` if one end is not on the stage.
    #[must_use]
    pub fn way(&self, packet: &PacketView) -> Option<Curve> {
        let from = self.end(packet.from, packet.partition.as_ref())?;
        let to = self.end(packet.to, packet.partition.as_ref())?;
        let above = matches!(packet.kind, PacketKind::Ack | PacketKind::Records);
        Some(match (from, to) {
            (End::Box(a), End::Box(b)) => bow(a, b),
            _ => self.lane(from, to, above),
        })
    }

    /// The line that stands for the link between two nodes; between brokers it hangs below their heads.
    #[must_use]
    pub fn link(&self, a: NodeId, b: NodeId) -> Option<Curve> {
        let (from, to) = (self.end(a, None)?.rect(), self.end(b, None)?.rect());
        if !matches!((a, b), (NodeId::Broker(_), NodeId::Broker(_))) {
            return Some(bow(from, to));
        }
        let side = from.w * 0.3 * if to.x > from.x { 1.0 } else { -1.0 };
        let (x1, x2) = (from.center().x + side, to.center().x - side);
        let (y, low) = (from.bottom() - 4.0, from.bottom() + 16.0);
        Some(Curve([Point { x: x1, y }, Point { x: x1, y: low }, Point { x: x2, y: low }, Point { x: x2, y }]))
    }

    /// Where `packet` is at `now`.
    #[must_use]
    pub fn place(&self, packet: &PacketView, curve: &Curve, now: SimTime) -> Point {
        curve.at(packet.progress(now) as f64 / 1000.0)
    }

    fn end(&self, node: NodeId, partition: Option<&TopicPartition>) -> Option<End> {
        match node {
            NodeId::Controller(id) => self.controllers.iter().find(|(c, _)| *c == id).map(|(_, rect)| End::Box(*rect)),
            NodeId::Client(id) => Some(End::Box(self.client(id))),
            NodeId::Broker(id) => {
                let cell = partition.and_then(|partition| self.cell(id, partition)).map(End::Cell);
                cell.or_else(|| self.columns.iter().find(|c| c.broker == id).map(|c| End::Box(c.head)))
            }
        }
    }

    /// A way that keeps to the lane above or below the row of the cells that it touches.
    fn lane(&self, from: End, to: End, above: bool) -> Curve {
        let (a, b) = (from.rect(), to.rect());
        let toward_right = b.center().x > a.center().x;
        let start = self.port(from, toward_right, above);
        let end = self.port(to, !toward_right, above);
        let depth = if above { -16.0 } else { 16.0 };
        let reach = ((end.x - start.x).abs() * 0.25).clamp(6.0, 90.0) * if toward_right { 1.0 } else { -1.0 };
        let tangent = |end: End, port: Point, reach: f64| match end {
            End::Cell(_) => Point { x: port.x + reach * 0.4, y: port.y + depth },
            End::Box(_) => Point { x: port.x + reach, y: port.y },
        };
        Curve([start, tangent(from, start, reach), tangent(to, end, -reach), end])
    }

    fn port(&self, end: End, toward_right: bool, above: bool) -> Point {
        match end {
            End::Cell(rect) => {
                let shift = rect.w * if toward_right { 0.24 } else { -0.24 };
                Point { x: rect.center().x + shift, y: if above { rect.y - 6.0 } else { rect.bottom() + 6.0 } }
            }
            End::Box(rect) if self.mode == Mode::Narrow => {
                let below = rect.y > self.rows.first().map_or(0.0, |row| row.label.y);
                Point { x: rect.center().x, y: if below { rect.y } else { rect.bottom() } }
            }
            End::Box(rect) => {
                let y = rect.center().y + rect.h * if above { -0.3 } else { 0.3 };
                Point { x: if toward_right { rect.right() } else { rect.x }, y }
            }
        }
    }

    /// Lines from rows to the members that read them; in a narrow room there is no place for them.
    #[must_use]
    pub fn ownership(&self, groups: &[Rc<GroupView>]) -> Vec<OwnershipLine> {
        if self.mode == Mode::Narrow {
            return Vec::new();
        }
        let right = self.columns.last().map_or(0.0, |column| column.rect.right());
        let mut lines = Vec::new();
        for (g, group) in groups.iter().enumerate() {
            for (place, member) in group.members.iter().enumerate() {
                let rect = self.client(member.id);
                let count = member.assignment.len() as f64;
                for (i, (partition, _)) in member.assignment.iter().enumerate() {
                    let Some(row) = self.row(partition) else { continue };
                    let Some((_, cell)) = row.cells.last() else { continue };
                    let a = Point { x: right + 2.0, y: cell.center().y - 20.0 + g as f64 * 14.0 };
                    let b = Point { x: rect.x, y: rect.y + rect.h * (i as f64 + 1.0) / (count + 1.0) };
                    let middle = (a.x + b.x) / 2.0;
                    let curve = Curve([a, Point { x: middle, y: a.y }, Point { x: middle, y: b.y }, b]);
                    lines.push(OwnershipLine { member: member.id, partition: partition.clone(), curve, place });
                }
            }
        }
        lines
    }
}

impl End {
    fn rect(self) -> Rect {
        match self {
            End::Cell(rect) | End::Box(rect) => rect,
        }
    }
}

/// A slightly bent way between two boxes, always to the right of its direction, so that a question and its answer part.
fn bow(a: Rect, b: Rect) -> Curve {
    let (start, end) = (border(a, b.center()), border(b, a.center()));
    let (dx, dy) = (end.x - start.x, end.y - start.y);
    let length = dx.hypot(dy).max(1.0);
    let bend = (length * 0.12).clamp(6.0, 24.0);
    let (nx, ny) = (-dy / length * bend, dx / length * bend);
    let between = |t: f64| Point { x: start.x + dx * t + nx, y: start.y + dy * t + ny };
    Curve([start, between(0.3), between(0.7), end])
}

/// Where the line from the middle of `rect` to `target` leaves it.
fn border(rect: Rect, target: Point) -> Point {
    let center = rect.center();
    let (dx, dy) = (target.x - center.x, target.y - center.y);
    let scale = |half: f64, d: f64| if d.abs() < 1e-9 { f64::INFINITY } else { half / d.abs() };
    let t = scale(rect.w / 2.0, dx).min(scale(rect.h / 2.0, dy)).min(1.0);
    Point { x: center.x + dx * t, y: center.y + dy * t }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_leads_from_border_to_border() {
        let curve = bow(Rect::new(0.0, 0.0, 10.0, 10.0), Rect::new(100.0, 0.0, 10.0, 10.0));
        assert_eq!(curve.at(0.0), Point { x: 10.0, y: 5.0 });
        assert_eq!(curve.at(1.0), Point { x: 100.0, y: 5.0 });
        assert!(curve.to_string().starts_with("M10.0 5.0C"));
    }
}
