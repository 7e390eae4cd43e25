//! Where things stand inside a replica's cell.
//!
//! All cells of a row show the same window of offsets at the same places, so that a glance along the row tells who is
//! behind. What lies before the window (sealed segments, and the older part of a long active one) is folded into trays
//! that name their range of offsets. Marks that lie outside the window are pinned to its edge.

use super::super::{PartitionView, ReplicaView, SegmentView};
use crate::base::Offset;

/// The part of a partition's logs that its cells show; lengths are measured from a cell's left top corner.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct LogWindow {
    /// The first offset shown as a record of its own.
    pub start: Offset,
    /// How many records fit.
    pub slots: i64,
    /// How many trays stand before them.
    pub trays: usize,
    /// Where the first record begins.
    pub x: f64,
    /// Where records begin from above.
    pub y: f64,
    /// From one record to the next.
    pub pitch: f64,
    /// The width of the cell.
    pub cell_width: f64,
}

/// A record's height.
const RECORD_H: f64 = 28.0;
const EDGE: f64 = 8.0;
const TRAY_W: f64 = 27.0;
const TRAY_PITCH: f64 = 30.0;

/// A folded stretch of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tray {
    /// Its place among the window's trays, from the left.
    pub place: usize,
    /// Its first offset.
    pub first: Offset,
    /// Its last offset.
    pub last: Offset,
    /// How many segments are folded into it.
    pub segments: usize,
    /// Whether it ends inside the active segment.
    pub active: bool,
}

/// Where a log's marks and their words stand.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Marks {
    /// The high watermark's line.
    pub hw_x: f64,
    /// The right end of its words.
    pub hw_text: f64,
    /// The log end's mark.
    pub leo_x: f64,
    /// The left end of its words.
    pub leo_text: f64,
    /// Whether the words must stand on two lines.
    pub stacked: bool,
}

impl LogWindow {
    /// The window of `partition` in cells of `width` by `height`.
    #[must_use]
    pub fn of(partition: &PartitionView, width: f64, height: f64) -> Self {
        let y = match height {
            ..96.0 => 32.0,
            ..108.0 => 38.0,
            _ => 43.0,
        };
        let Some(longest) = partition.logs.iter().max_by_key(|log| log.log_end) else {
            return Self { y, pitch: 18.5, cell_width: width, x: EDGE + 4.0, ..Self::default() };
        };
        let top = longest.log_end;
        let pitch = match top.to_string().len() {
            0..=2 => 18.5,
            digits => digits as f64 * 6.9 + 4.5,
        };
        let window = |trays: usize| {
            let x = EDGE + 4.0 + trays as f64 * TRAY_PITCH + if trays > 0 { 2.0 } else { 0.0 };
            let slots = ((width - x - EDGE - 1.0) / pitch).floor().max(1.0) as i64;
            let active = longest.segments.last().map_or(0, |segment| segment.base);
            let start = active.max(top - slots).max(longest.log_start);
            Self { start, slots, trays, x, y, pitch, cell_width: width }
        };
        let all = window(0);
        if all.start <= longest.log_start {
            return all;
        }
        let room = if width < 190.0 { 1 } else { ((width - 130.0) / 60.0) as usize };
        let wanted = folded(longest, window(room.min(3)).start).len();
        window(wanted.min(room.min(3)).max(1))
    }

    /// Where `offset` begins, whether it is shown or not.
    #[must_use]
    pub fn x_of(&self, offset: Offset) -> f64 {
        self.x + (offset - self.start) as f64 * self.pitch
    }

    /// A record's width.
    #[must_use]
    pub fn record_width(&self) -> f64 {
        self.pitch - 2.2
    }

    /// A record's height.
    #[must_use]
    pub const fn record_height(&self) -> f64 {
        RECORD_H
    }

    /// A tray's left edge and width.
    #[must_use]
    pub fn tray(&self, place: usize) -> (f64, f64) {
        (EDGE + place as f64 * TRAY_PITCH, TRAY_W)
    }

    /// The right end of the room for records.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.cell_width - EDGE
    }
}

/// The stretches of `log` before `start`, oldest first.
fn folded(log: &ReplicaView, start: Offset) -> Vec<Tray> {
    let last = log.segments.len().saturating_sub(1);
    let stretch = |(i, segment): (usize, &SegmentView)| {
        let first = segment.base.max(log.log_start);
        let end = segment.end.min(start);
        (first < end).then(|| Tray { place: 0, first, last: end - 1, segments: 1, active: i == last })
    };
    log.segments.iter().enumerate().filter_map(stretch).collect()
}

/// The trays of `log`: the newest stretches one by one, all older ones folded into the first.
#[must_use]
pub fn trays(log: &ReplicaView, window: &LogWindow) -> Vec<Tray> {
    let mut all = folded(log, window.start);
    let surplus = all.len().saturating_sub(window.trays.max(1));
    if surplus > 0 {
        let older: Vec<Tray> = all.drain(..surplus).collect();
        if let (Some(first), Some(oldest)) = (all.first_mut(), older.first()) {
            first.first = oldest.first;
            first.segments += older.len();
        }
    }
    for (place, tray) in all.iter_mut().enumerate() {
        tray.place = place;
    }
    all
}

/// Where the marks of `log` stand: words keep clear of each other and inside the cell.
#[must_use]
pub fn marks(log: &ReplicaView, window: &LogWindow) -> Marks {
    let pin = |offset: Offset| window.x_of(offset).max(window.x - 3.0) - 1.2;
    let (hw_x, leo_x) = (pin(log.high_watermark), pin(log.log_end));
    let hw_width = text_width("HW ", log.high_watermark);
    let leo_width = text_width("LEO ", log.log_end);
    let right = window.cell_width - 8.0;
    let leo_text = (leo_x - 5.0).min(right - leo_width);
    let hw_text = (hw_x + hw_width / 2.0).min(leo_text - 7.0);
    if hw_text - hw_width >= 7.0 {
        return Marks { hw_x, hw_text, leo_x, leo_text, stacked: false };
    }
    // No room on one line before the log end: move both to the right, or put them on two lines.
    let hw_text = 7.0 + hw_width;
    let leo_text = leo_text.max(hw_text + 7.0);
    let stacked = leo_text + leo_width > right;
    let leo_text = if stacked { (leo_x - 5.0).clamp(7.0, right - leo_width) } else { leo_text };
    Marks { hw_x, hw_text, leo_x, leo_text, stacked }
}

/// What a label of digits takes in the size that marks have.
fn text_width(word: &str, offset: Offset) -> f64 {
    word.len() as f64 * 7.0 + offset.to_string().len() as f64 * 6.9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{BrokerId, TopicPartition};
    use crate::view::ReplicaRole;
    use std::rc::Rc;

    fn log(end: Offset, hw: Offset, bases: &[Offset]) -> ReplicaView {
        let ends = bases.iter().skip(1).copied().chain([end]);
        ReplicaView {
            broker: BrokerId(1),
            partition: TopicPartition::new(&"t".into(), 0),
            role: ReplicaRole::Leader,
            in_isr: true,
            leader_epoch: 0,
            log_start: 0,
            log_end: end,
            high_watermark: hw,
            segments: bases.iter().zip(ends).map(|(base, end)| SegmentView { base: *base, end, bytes: 0 }).collect(),
            records: Vec::new(),
            epochs: Vec::new(),
        }
    }

    fn partition(logs: Vec<ReplicaView>) -> PartitionView {
        PartitionView {
            partition: TopicPartition::new(&"t".into(), 0),
            leader: Some(BrokerId(1)),
            leader_epoch: 0,
            replicas: vec![BrokerId(1)],
            isr: vec![BrokerId(1)],
            adding: Vec::new(),
            removing: Vec::new(),
            elr: Vec::new(),
            min_isr: 1,
            logs: logs.into_iter().map(Rc::new).collect(),
        }
    }

    #[test]
    fn short_logs_have_no_trays() {
        let window = LogWindow::of(&partition(vec![log(4, 4, &[0])]), 166.0, 118.0);
        assert_eq!((window.start, window.trays), (0, 0));
    }

    #[test]
    fn sealed_segments_are_folded_and_a_replica_that_is_behind_keeps_the_same_places() {
        let leader = log(12, 9, &[0, 6]);
        let behind = log(4, 4, &[0]);
        let window = LogWindow::of(&partition(vec![leader.clone(), behind.clone()]), 180.0, 118.0);
        assert_eq!((window.start, window.trays), (6, 1));
        assert_eq!(trays(&leader, &window), [Tray { place: 0, first: 0, last: 5, segments: 1, active: false }]);
        assert_eq!(trays(&behind, &window), [Tray { place: 0, first: 0, last: 3, segments: 1, active: true }]);
    }

    #[test]
    fn older_trays_are_merged() {
        let long = log(95, 95, &[0, 20, 40, 60, 80]);
        let window = LogWindow::of(&partition(vec![long.clone()]), 166.0, 118.0);
        let trays = trays(&long, &window);
        assert_eq!(trays.len(), 1);
        assert_eq!((trays[0].first, trays[0].last, trays[0].segments), (0, window.start - 1, 5));
    }

    #[test]
    fn words_of_marks_never_overlap_nor_leave_the_cell() {
        for width in [106.0, 130.0, 166.0, 240.0] {
            for (end, hw, bases) in [(0, 0, vec![0]), (1, 0, vec![0]), (12, 9, vec![0, 6]), (4321, 4320, vec![0, 4300])]
            {
                let log = log(end, hw, &bases);
                let window = LogWindow::of(&partition(vec![log.clone()]), width, 118.0);
                let marks = marks(&log, &window);
                assert!(marks.stacked || marks.hw_text < marks.leo_text, "{width} {end} {hw}");
                assert!(marks.hw_text - text_width("HW ", hw) >= 6.9, "{width} {end} {hw}");
                assert!(marks.leo_text + text_width("LEO ", end) <= width, "{width} {end} {hw}");
            }
        }
    }
}
