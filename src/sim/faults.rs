//! Faults that come by themselves: which, how often and for how long, in one struct, drawn from a seed of their own.
//!
//! Every fault is an [`Action`] that a person could do as well, and each is mended again after a while: a killed process starts, a
//! link heals, a clock is set right. So a storm has an end, and what it has done can be looked at. The same options in the same world
//! bring the same storm, and no draw of anybody else is shifted by it.
//!
//! A fault that cannot be done just then (a broker is dead already) does not come. Not among those that come unless they are named: a
//! byte that rots, which nothing mends, and a full disk, from which a broker halts.

use super::action::{Action, DiskChange};
use super::cluster::{Cluster, Event};
use super::node::ProcessStatus;
use crate::base::{BrokerId, NodeId, Rng, SimTime};
use crate::net::{Chance, LinkChange};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A kind of fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum FaultKind {
    /// A broker's or controller's process is killed.
    Kill,
    /// A broker's or controller's machine loses power.
    PowerOff,
    /// A process hangs.
    Pause,
    /// A broker's disk is slow.
    SlowDisk,
    /// A broker's disk has no room for another byte.
    FullDisk,
    /// A byte of a broker's log rots.
    CorruptByte,
    /// A link is cut.
    Cut,
    /// A link is cut in one direction.
    CutOneWay,
    /// A link is slow, and now more so, now less.
    Delay,
    /// A link loses packets.
    Drop,
    /// A link doubles packets.
    Duplicate,
    /// On a link packets overtake each other.
    Reorder,
    /// A link loses the next few messages of a kind.
    Lose,
    /// The connections between two nodes break.
    Reset,
    /// A clock is wrong.
    ClockSkew,
}

impl FaultKind {
    /// All of them, each by its name in the lab.
    pub const ALL: [(&'static str, Self); 15] = [
        ("kill", Self::Kill),
        ("poweroff", Self::PowerOff),
        ("pause", Self::Pause),
        ("disk-slow", Self::SlowDisk),
        ("disk-full", Self::FullDisk),
        ("corrupt", Self::CorruptByte),
        ("cut", Self::Cut),
        ("cut-one-way", Self::CutOneWay),
        ("delay", Self::Delay),
        ("drop", Self::Drop),
        ("dup", Self::Duplicate),
        ("reorder", Self::Reorder),
        ("lose", Self::Lose),
        ("reset", Self::Reset),
        ("clock", Self::ClockSkew),
    ];

    /// Its name in the lab.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// Which faults come, how often and for how long.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct FaultOptions {
    /// What they are drawn from.
    pub seed: u64,
    /// The kinds; each is as likely as another.
    pub kinds: Vec<FaultKind>,
    /// The time from one fault to the next, on average.
    pub every: SimTime,
    /// How long a fault lasts at most until it is mended.
    pub lasts: SimTime,
    /// How long faults come at all.
    pub during: SimTime,
}

impl Default for FaultOptions {
    fn default() -> Self {
        let usual = |kind: &FaultKind| !matches!(kind, FaultKind::FullDisk | FaultKind::CorruptByte);
        Self {
            seed: 1,
            kinds: FaultKind::ALL.iter().map(|(_, kind)| *kind).filter(usual).collect(),
            every: SimTime::from_secs(5),
            lasts: SimTime::from_secs(15),
            during: SimTime::from_secs(60),
        }
    }
}

/// A storm that goes on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Storm {
    pub(super) options: FaultOptions,
    rng: Rng,
    /// Tells its strikes from those of an earlier storm.
    number: u64,
    ends_at: SimTime,
}

impl Cluster {
    /// Lets faults come from now on, or no more. What is broken is mended in its time either way.
    pub(super) fn set_faults(&mut self, options: Option<&FaultOptions>, action: &Action) {
        self.say_command(action);
        self.storms += 1;
        let number = self.storms;
        self.storm = options.filter(|options| !options.kinds.is_empty()).map(|options| {
            let rng = Rng::new(options.seed, &"faults");
            Rc::new(Storm { options: options.clone(), rng, number, ends_at: self.now + options.during })
        });
        self.schedule_strike();
    }

    fn schedule_strike(&mut self) {
        let Some(storm) = self.storm.as_mut().map(Rc::make_mut) else { return };
        let at = self.now + SimTime(1 + storm.rng.below((2 * storm.options.every.0).max(1)));
        if at > storm.ends_at {
            self.storm = None;
            return;
        }
        let number = storm.number;
        self.enqueue(at, Event::Strike(number));
    }

    pub(super) fn strike(&mut self, number: u64) {
        let Some(storm) = self.storm.clone().filter(|storm| storm.number == number) else { return };
        let mut storm = (*storm).clone();
        let kind = storm.options.kinds[storm.rng.below(storm.options.kinds.len() as u64) as usize];
        let fault = self.draw_fault(kind, &mut storm.rng);
        let lasts = SimTime(1 + storm.rng.below(storm.options.lasts.0.max(1)));
        self.storm = Some(Rc::new(storm));
        if let Some((action, mending)) = fault
            && self.apply(&action).is_ok()
            && let Some(mending) = mending
        {
            self.enqueue(self.now + lasts, Event::Mend(Rc::new(mending)));
        }
        self.schedule_strike();
    }

    /// Mends what a fault has broken, unless somebody has already.
    pub(super) fn mend(&mut self, action: &Action) {
        let _ = self.apply(action);
    }

    /// A fault of a kind, and what mends it.
    fn draw_fault(&self, kind: FaultKind, rng: &mut Rng) -> Option<(Action, Option<Action>)> {
        let brokers: Vec<BrokerId> = self.brokers.keys().copied().collect();
        let machines: Vec<NodeId> = brokers
            .iter()
            .map(|id| NodeId::Broker(*id))
            .chain(self.controllers.keys().map(|id| NodeId::Controller(*id)))
            .collect();
        let clients = self.clients.keys().map(|id| NodeId::Client(*id)).filter(|id| self.is_alive(*id));
        let nodes: Vec<NodeId> = machines.iter().copied().chain(clients).collect();
        let broker = *pick(&brokers, rng)?;
        let machine = *pick(&machines, rng)?;
        let (a, b) = (*pick(&nodes, rng)?, *pick(&nodes, rng)?);
        let link = |one_way, change| Action::Link { a: vec![a], b: vec![b], one_way, change };
        let on_link = |change| Some((link(false, change), Some(Action::heal_link(a, b))));
        let chance = |rng: &mut Rng| Chance(100 + rng.below(4900) as u32);
        let disk = |change| Action::Disk(broker, change);
        match kind {
            FaultKind::Kill => Some((Action::Kill(machine), Some(Action::Start(machine)))),
            FaultKind::PowerOff => Some((Action::PowerOff(machine), Some(Action::Start(machine)))),
            FaultKind::Pause => Some((Action::Pause(a), Some(Action::Resume(a)))),
            FaultKind::SlowDisk => {
                let times = 2 + rng.below(100) as u32;
                Some((disk(DiskChange::Slow(times)), Some(disk(DiskChange::Slow(1)))))
            }
            FaultKind::FullDisk => {
                let (used, capacity) =
                    (self.brokers[&broker].disk().used_bytes(), self.brokers[&broker].disk().capacity());
                Some((disk(DiskChange::Capacity(used)), Some(disk(DiskChange::Capacity(capacity)))))
            }
            FaultKind::CorruptByte => self.draw_byte(broker, rng).map(|change| (disk(change), None)),
            FaultKind::Cut => on_link(LinkChange::Cut),
            FaultKind::CutOneWay => Some((link(true, LinkChange::Cut), Some(Action::heal_link(a, b)))),
            FaultKind::Delay => {
                let by = SimTime(1 + rng.below(500_000));
                on_link(LinkChange::Delay { by, jitter: SimTime(rng.below(by.0) + 1) })
            }
            FaultKind::Drop => on_link(LinkChange::Drop(chance(rng))),
            FaultKind::Duplicate => on_link(LinkChange::Duplicate(chance(rng))),
            FaultKind::Reorder => on_link(LinkChange::Reorder(chance(rng))),
            FaultKind::Lose => {
                let apis = ["Produce", "Fetch", "AlterPartition", "BrokerHeartbeat", "Metadata"];
                let (api, response) = (*pick(&apis, rng)?, rng.below(2) == 0);
                on_link(LinkChange::Lose { api: api.into(), response, count: 1 + rng.below(3) as u32 })
            }
            FaultKind::Reset => Some((link(false, LinkChange::Reset), None)),
            FaultKind::ClockSkew => {
                let by_ms = rng.below(120_000) as i64 - 60_000;
                Some((Action::SkewClock(a, by_ms), Some(Action::SkewClock(a, 0))))
            }
        }
    }

    /// A byte of one of a broker's segment files.
    fn draw_byte(&self, broker: BrokerId, rng: &mut Rng) -> Option<DiskChange> {
        let node = self.brokers.get(&broker).filter(|node| node.status() != ProcessStatus::Dead)?;
        let partitions = node.process()?.partitions();
        let files: Vec<(String, u64)> = partitions
            .flat_map(|partition| partition.log.segments().map(|segment| segment.path().to_string()))
            .filter_map(|path| Some((path.clone(), node.disk().stat(&path).ok()?.len)))
            .filter(|(_, len)| *len > 0)
            .collect();
        let (path, len) = pick(&files, rng)?;
        Some(DiskChange::Corrupt { path: path.clone(), position: rng.below(*len) })
    }

    /// The faults that come by themselves just now.
    #[must_use]
    pub fn faults(&self) -> Option<&FaultOptions> {
        self.storm.as_ref().map(|storm| &storm.options)
    }
}

fn pick<'a, T>(from: &'a [T], rng: &mut Rng) -> Option<&'a T> {
    if from.is_empty() { None } else { from.get(rng.below(from.len() as u64) as usize) }
}

/// A storm in the words of the lab.
pub(super) fn describe(options: Option<&FaultOptions>) -> String {
    let Some(options) = options else { return "faults stop".into() };
    let kinds: Vec<&str> = options.kinds.iter().map(|kind| kind.name()).collect();
    format!(
        "faults start --seed {} --every {}us --last {}us --for {}us --kinds {}",
        options.seed,
        options.every.0,
        options.lasts.0,
        options.during.0,
        kinds.join(",")
    )
}
