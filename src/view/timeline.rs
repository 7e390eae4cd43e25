//! Time as the page shows it: the track with its marks, the clock, the speeds, and the time-lapse.
//!
//! What matters in Kafka happens within milliseconds and then not for half a minute. A straight track would be a few
//! clumps and much void. Here a stretch is drawn in true proportion up to a tenth of a second; what is longer grows only
//! with its logarithm, and where nothing visible happens for long the track says so ([`Quiet`]). Playing does likewise:
//! while nothing is on its way on screen, [`advance`] runs fast to the next event and reports by how much.

use crate::base::{NodeId, SimTime};
use crate::trace::{EventSeq, NetworkNews, Trace, TraceEvent, TraceKind};

/// What an event is, for the shape and colour of its mark.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MarkKind {
    /// Records were written, sent or processed.
    Record,
    /// A group changed.
    Group,
    /// A high watermark moved on a leader.
    Commit,
    /// Something came back.
    Recovery,
    /// A leader, of a partition or of the quorum.
    Leader,
    /// Somebody gave a command.
    Command,
    /// Something went wrong.
    Trouble,
}

impl MarkKind {
    /// The kind of mark for an event; `None` for what is too small for the track.
    #[must_use]
    pub fn of(event: &TraceEvent) -> Option<Self> {
        Some(match &event.kind {
            // A client that ends in good order, such as a tool that has its answer, is no trouble.
            TraceKind::Stopped if matches!(event.node, Some(NodeId::Client(_))) => return None,
            TraceKind::Command(_) => Self::Command,
            TraceKind::Appended { as_leader: true, .. } => Self::Record,
            TraceKind::HighWatermark { on_leader: true, .. } => Self::Commit,
            TraceKind::LeaderElected { to: Some(_), .. } | TraceKind::ControllerElected { .. } => Self::Leader,
            TraceKind::LeaderElected { to: None, .. }
            | TraceKind::Killed
            | TraceKind::Machine(_)
            | TraceKind::LogDirFailed { .. }
            | TraceKind::Stopped
            | TraceKind::Paused
            | TraceKind::LinkCut { .. }
            | TraceKind::Network(
                NetworkNews::LinkChanged { .. }
                | NetworkNews::ConnectionReset { .. }
                | NetworkNews::LostUnderWay { .. },
            )
            | TraceKind::Truncated { .. }
            | TraceKind::BrokerFenced { .. }
            | TraceKind::FetchFailed { .. }
            | TraceKind::RecordsFailed { .. } => Self::Trouble,
            TraceKind::IsrChanged { from, to, .. } if to.len() < from.len() => Self::Trouble,
            TraceKind::IsrChanged { .. }
            | TraceKind::Started
            | TraceKind::Resumed
            | TraceKind::LinkHealed { .. }
            | TraceKind::BrokerUnfenced { .. } => Self::Recovery,
            TraceKind::GroupState { .. } | TraceKind::MemberJoined { .. } | TraceKind::MemberLeft { .. } => Self::Group,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Record => "레코드 기록",
            Self::Group => "그룹 변화",
            Self::Commit => "HW 상승",
            Self::Recovery => "복구",
            Self::Leader => "리더 선출",
            Self::Command => "명령",
            Self::Trouble => "장애",
        }
    }
}

/// A mark on the track.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// The event.
    pub seq: EventSeq,
    /// What it is.
    pub kind: MarkKind,
}

/// A long stretch in which nothing visible happens, drawn shorter than it is; ends are in 0..=1 of the track.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quiet {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// How long it is in truth.
    pub length: SimTime,
}

/// The track: where each moment is drawn.
#[derive(Clone, PartialEq, Debug)]
pub struct Track {
    /// Moments between which the scale is even, and their distance from the start.
    knots: Vec<(SimTime, f64)>,
    marks: Vec<Mark>,
    seen: EventSeq,
    end: SimTime,
}

impl Default for Track {
    fn default() -> Self {
        Self { knots: vec![(SimTime::ZERO, 0.0)], marks: Vec::new(), seen: 0, end: SimTime::ZERO }
    }
}

/// Stretches up to this long are drawn in proportion.
const TRUE_MS: f64 = 100.0;
/// Stretches longer than this are shown as quiet.
const QUIET_MS: f64 = 400.0;
/// The least length of the track, so that the first millisecond does not fill it.
const LEAST: f64 = 400.0;

/// How long a stretch is drawn.
fn drawn(length: SimTime) -> f64 {
    let ms = length.0 as f64 / 1000.0;
    if ms <= TRUE_MS { ms } else { TRUE_MS * (1.0 + 0.6 * (ms / TRUE_MS).log2()) }
}

impl Track {
    /// Takes in what `trace` has up to `end` beyond what the track has seen.
    pub fn extend(&mut self, trace: &Trace, end: SimTime) {
        for event in trace.since(self.seen).take_while(|event| event.at <= end) {
            self.seen = event.seq + 1;
            if !event.kind.is_visible() {
                continue;
            }
            self.knot(event.at);
            if let Some(kind) = MarkKind::of(event) {
                self.marks.push(Mark { at: event.at, seq: event.seq, kind });
            }
        }
        self.end = end.max(self.last().0);
    }

    fn last(&self) -> (SimTime, f64) {
        self.knots.last().copied().unwrap_or((SimTime::ZERO, 0.0))
    }

    fn knot(&mut self, at: SimTime) {
        let (time, place) = self.last();
        if at > time {
            self.knots.push((at, place + drawn(at.since(time))));
        }
    }

    /// The moment up to which the world is known.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// The marks, in order.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    fn length(&self) -> f64 {
        let (time, place) = self.last();
        (place + drawn(self.end.since(time))).max(LEAST) * 1.04
    }

    /// Where `time` is drawn, in 0..=1.
    #[must_use]
    pub fn place(&self, time: SimTime) -> f64 {
        let i = self.knots.partition_point(|(knot, _)| *knot <= time).saturating_sub(1);
        let (from, place) = self.knots[i];
        let past = time.since(from).0 as f64;
        let inside = match self.knots.get(i + 1) {
            Some((to, end)) => (end - place) * past / to.since(from).0.max(1) as f64,
            None => {
                let rest = self.end.since(from);
                if time > self.end { drawn(time.since(from)) } else { drawn(rest) * past / rest.0.max(1) as f64 }
            }
        };
        ((place + inside) / self.length()).min(1.0)
    }

    /// The moment drawn at `place` in 0..=1, not beyond what is known.
    #[must_use]
    pub fn time(&self, place: f64) -> SimTime {
        let place = place.clamp(0.0, 1.0) * self.length();
        let i = self.knots.partition_point(|(_, knot)| *knot <= place).saturating_sub(1);
        let (from, start) = self.knots[i];
        let (to, stop) = self.knots.get(i + 1).copied().unwrap_or((self.end, start + drawn(self.end.since(from))));
        let share = if stop > start { ((place - start) / (stop - start)).min(1.0) } else { 0.0 };
        SimTime(from.0 + (to.since(from).0 as f64 * share) as u64).min(self.end)
    }

    /// The quiet stretches.
    #[must_use]
    pub fn quiet(&self) -> Vec<Quiet> {
        let ends = self.knots.iter().skip(1).map(|(time, _)| *time).chain([self.end]);
        let stretches = self.knots.iter().map(|(time, _)| *time).zip(ends);
        let long = stretches.filter(|(from, to)| to.since(*from).0 as f64 / 1000.0 > QUIET_MS);
        long.map(|(from, to)| Quiet { from: self.place(from), to: self.place(to), length: to.since(from) }).collect()
    }

    /// Moments to write on a track of `width` pixels, with their places and words; round ones first, none too close.
    #[must_use]
    pub fn ticks(&self, width: f64) -> Vec<(f64, String)> {
        const STEPS_MS: [u64; 14] = [600_000, 60_000, 30_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5];
        let mut ticks: Vec<(f64, String)> = vec![(0.0, "0초".into())];
        for step in STEPS_MS {
            let count = self.end.as_ms() / step;
            if count > 120 || ticks.len() >= 6 {
                break;
            }
            for ms in (1..=count).map(|i| i * step) {
                let place = self.place(SimTime::from_ms(ms));
                if ticks.iter().all(|(other, _)| ((place - other) * width).abs() >= 46.0)
                    && place * width < width - 16.0
                {
                    ticks.push((place, tick_label(ms)));
                }
            }
        }
        ticks
    }
}

fn tick_label(ms: u64) -> String {
    if ms.is_multiple_of(60_000) {
        format!("{}분", ms / 60_000)
    } else if ms.is_multiple_of(1000) {
        format!("{}초", ms / 1000)
    } else {
        format!("{}.{}초", ms / 1000, format!("{:03}", ms % 1000).trim_end_matches('0'))
    }
}

/// `00:07.418`: minutes, seconds, milliseconds.
#[must_use]
pub fn clock(time: SimTime) -> String {
    let ms = time.as_ms();
    format!("{:02}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
}

/// A length of time in words: `3.2초`, `140ms`.
#[must_use]
pub fn duration(length: SimTime) -> String {
    match length.as_ms() {
        ms @ 0..1000 => format!("{ms}ms"),
        ms @ 1000..60_000 => format!("{}.{}초", ms / 1000, ms % 1000 / 100),
        ms => format!("{}분 {}초", ms / 60_000, ms / 1000 % 60),
    }
}

/// How fast simulated time runs against real time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speed(u8);

/// Each with the numerator and denominator of its ratio.
const SPEEDS: [(u32, u32); 13] = [
    (1, 1000),
    (1, 500),
    (1, 200),
    (1, 100),
    (1, 50),
    (1, 20),
    (1, 10),
    (1, 5),
    (1, 2),
    (1, 1),
    (2, 1),
    (5, 1),
    (10, 1),
];

impl Default for Speed {
    fn default() -> Self {
        Self(4)
    }
}

impl Speed {
    /// How many there are.
    pub const COUNT: u8 = SPEEDS.len() as u8;
    /// As fast as in life.
    pub const REAL: Self = Self(9);

    /// The speed numbered `index`, from the slowest.
    #[must_use]
    pub fn new(index: u8) -> Self {
        Self(index.min(Self::COUNT - 1))
    }

    /// Its number.
    #[must_use]
    pub fn index(self) -> u8 {
        self.0
    }

    /// Simulated seconds per real second.
    #[must_use]
    pub fn factor(self) -> f64 {
        let (a, b) = SPEEDS[usize::from(self.0)];
        f64::from(a) / f64::from(b)
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match SPEEDS[usize::from(self.0)] {
            (1, 1) => "실제 속도".into(),
            (1, n) => format!("1/{n} 속도"),
            (n, _) => format!("{n}배 속도"),
        }
    }
}

/// One step of playing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Advance {
    /// The moment to go to.
    pub to: SimTime,
    /// How many times faster than the chosen speed, while nothing happens.
    pub lapse: Option<f64>,
}

/// Where playing gets in `elapsed` real seconds. `next` is the next visible event; `busy` says that something is on its
/// way on screen, and then time is never hurried.
#[must_use]
pub fn advance(now: SimTime, elapsed: f64, speed: Speed, next: Option<SimTime>, busy: bool) -> Advance {
    // A page that was in the background must not leap.
    let elapsed = elapsed.clamp(0.0, 0.1);
    let pace = speed.factor() * 1e6;
    let go = |rate: f64| SimTime(now.0 + (rate * elapsed).round().max(1.0) as u64);
    let Some(next) = next.filter(|next| *next > now && !busy) else { return Advance { to: go(pace), lapse: None } };
    let rest = next.since(now).0 as f64;
    // Seven times per real second the rest shrinks by its e-th part: quick at first, gentle on arrival. A minute in a second is
    // as fast as the model can follow.
    let hurried = (rest * 7.0).min(60e6);
    if hurried <= pace * 2.0 {
        return Advance { to: go(pace).min(next), lapse: None };
    }
    Advance { to: go(hurried).min(next), lapse: Some(hurried / pace) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BrokerId;

    fn trace(times_ms: &[u64]) -> Trace {
        let mut trace = Trace::default();
        for (seq, ms) in times_ms.iter().enumerate() {
            let node = Some(NodeId::Broker(BrokerId(1)));
            let (seq, at) = (seq as u64, SimTime::from_ms(*ms));
            trace.push(TraceEvent { seq, at, node, cause: None, kind: TraceKind::Started });
        }
        trace
    }

    #[test]
    fn places_rise_with_time_and_lead_back() {
        let mut track = Track::default();
        track.extend(&trace(&[0, 3, 5, 5, 9000, 9004]), SimTime::from_ms(30_000));
        let mut before = -1.0;
        for ms in [0, 1, 3, 4, 5, 100, 4000, 9000, 9002, 9004, 20_000, 30_000] {
            let place = track.place(SimTime::from_ms(ms));
            assert!(place > before, "{ms}");
            before = place;
            assert!(track.time(place).as_ms().abs_diff(ms) <= 1, "{ms}");
        }
        assert_eq!(track.quiet().len(), 2);
        assert_eq!(track.time(1.0), SimTime::from_ms(30_000));
    }

    #[test]
    fn a_lapse_arrives_and_never_overshoots() {
        let (mut now, next, mut steps) = (SimTime::ZERO, SimTime::from_secs(45), 0);
        while now < next {
            now = advance(now, 0.016, Speed::default(), Some(next), false).to;
            assert!(now <= next);
            steps += 1;
        }
        assert!(steps < 150, "{steps} frames");
    }

    #[test]
    fn nothing_is_hurried_while_something_moves() {
        let step = advance(SimTime::ZERO, 0.016, Speed::default(), Some(SimTime::from_secs(45)), true);
        assert_eq!(step, Advance { to: SimTime(320), lapse: None });
    }

    #[test]
    fn clocks_and_lengths_read_well() {
        assert_eq!(clock(SimTime(7_418_900)), "00:07.418");
        assert_eq!(duration(SimTime::from_ms(3250)), "3.2초");
        assert_eq!(Speed::default().words(), "1/50 속도");
        assert_eq!(Speed::REAL.words(), "실제 속도");
    }
}
