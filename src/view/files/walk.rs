//! A look-up as a play: which segment, which index entries, which batches were looked at, one step after the other.
//!
//! What happens is read from the log's own walk ([`LookupWalk`]); here it is cut into steps, each with a sentence and a scene.

use super::keep;
use crate::base::{BrokerId, Offset, TopicPartition};
use crate::disk::Disk;
use crate::log::{
    IndexWalk, LoadParams, LogConfig, LogError, LookupTarget, LookupWalk, OffsetPosition, ScannedBatch, SegmentChoice,
    SegmentWalk, TimestampOffset, UnifiedLog,
};
use crate::sim::Cluster;
use crate::view::josa::{Josa, josa};
use crate::view::project::log_on_disk;
use std::rc::Rc;

/// Of an index with more entries than this, only those are drawn that were looked at.
const ENTRIES_DRAWN: u32 = 60;

/// So many batches in a row are passed one by one; more of them in one step.
const PASSED_SINGLY: usize = 4;

/// What a person asks, and the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkView {
    /// The partition.
    pub partition: TopicPartition,
    /// The offsets that can be asked for: the first, and the one behind the last.
    pub offsets: (Offset, Offset),
    /// The smallest and the largest timestamp of the log's segments, in Unix ms, if it has any.
    pub times: Option<(i64, i64)>,
    /// The play; none before anything has been asked.
    pub steps: Vec<WalkStep>,
    /// Why there is no play.
    pub problem: Option<String>,
    /// The file and the place in it where the look-up ends.
    pub found: Option<(Rc<str>, u64)>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkStep {
    /// What happens.
    pub words: String,
    /// What it looks like.
    pub scene: Scene,
}

/// What a step looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scene {
    /// All segments, one of which is chosen.
    Segments(Rc<Vec<SegmentCell>>),
    /// The search in an index.
    Index(IndexScene),
    /// The walk from batch to batch.
    Scan(ScanScene),
}

/// A segment to be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentCell {
    /// Its base offset.
    pub base_offset: Offset,
    /// Its largest timestamp, in Unix ms; −1 if it has none.
    pub largest_timestamp: i64,
    /// Whether it is the one.
    pub chosen: bool,
}

/// A moment of a binary search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexScene {
    /// The file's name.
    pub name: Rc<str>,
    /// What is searched for.
    pub key: i64,
    /// Whether keys are timestamps, in Unix ms, rather than offsets.
    pub by_time: bool,
    /// How many entries the file has.
    pub entries: u32,
    /// Those that are drawn, in order.
    pub cells: Rc<Vec<EntryCell>>,
    /// The first and the last entry that may still be the one; none if no entry can be.
    pub range: Option<(u32, u32)>,
    /// The entry that is looked at.
    pub probe: Option<u32>,
    /// The entry that was found.
    pub found: Option<u32>,
}

/// An entry of an index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryCell {
    /// Its number.
    pub slot: u32,
    /// What is compared: its offset, or its timestamp.
    pub key: i64,
    /// Where it leads.
    pub leads_to: String,
}

/// A moment of the walk over batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScanScene {
    /// The file's name.
    pub name: Rc<str>,
    /// The batches from where the index led to.
    pub batches: Rc<Vec<ScannedBatch>>,
    /// The number of the batch that is looked at.
    pub at: usize,
}

/// The look-up of `target` in a replica of a broker; of nothing yet, if there is none.
#[must_use]
pub fn walk_of_replica(
    cluster: &Cluster,
    broker: BrokerId,
    partition: &TopicPartition,
    target: Option<LookupTarget>,
    last: Option<&Rc<WalkView>>,
) -> Option<Rc<WalkView>> {
    let node = cluster.broker_node(broker)?;
    let view = match cluster.replica(partition, broker) {
        Some(replica) => view(&replica.log, node.disk(), target),
        None => {
            let mut disk = node.disk().clone();
            let log = log_on_disk(&mut disk, partition)?;
            view(&log, &disk, target)
        }
    };
    Some(keep(view, last))
}

/// The look-up of `target` in the log that lies in the folder `dir` of files that somebody opened.
#[must_use]
pub fn walk_of_folder(
    disk: &Disk,
    dir: &str,
    partition: &TopicPartition,
    target: Option<LookupTarget>,
    last: Option<&Rc<WalkView>>,
) -> Rc<WalkView> {
    let mut disk = disk.clone();
    let params = LoadParams { had_clean_shutdown: true, ..LoadParams::default() };
    let view = match UnifiedLog::open(partition.clone(), dir, LogConfig::default(), &mut disk, params) {
        Ok(log) => view(&log, &disk, target),
        Err(error) => WalkView { problem: Some(problem(&error)), ..empty(partition.clone(), (0, 0)) },
    };
    keep(view, last)
}

fn view(log: &UnifiedLog, disk: &Disk, target: Option<LookupTarget>) -> WalkView {
    let youngest = log.segments().map(|segment| segment.max_timestamp_and_offset_so_far().timestamp).max();
    let oldest = log.segments().find_map(crate::log::LogSegment::first_batch_timestamp);
    let mut view = empty(log.topic_partition().clone(), (log.log_start_offset(), log.log_end_offset()));
    view.times = oldest.zip(youngest.filter(|time| *time >= 0));
    let walk = match target {
        None => return view,
        Some(LookupTarget::Offset(offset)) => log.walk_to_offset(disk, offset),
        Some(LookupTarget::Timestamp(time)) => log.walk_to_timestamp(disk, time),
    };
    match walk {
        Ok(walk) => {
            view.found = walk.found.map(|found| {
                let in_it = |step: &&SegmentWalk| step.base_offset == found.segment_base_offset;
                let path = walk.walks.iter().find(in_it).map(|step| step.path.clone()).unwrap_or_default();
                (path, found.position.into())
            });
            view.steps = Play::of(&walk, log, disk);
        }
        Err(error) => view.problem = Some(problem(&error)),
    }
    view
}

fn empty(partition: TopicPartition, offsets: (Offset, Offset)) -> WalkView {
    WalkView { partition, offsets, times: None, steps: Vec::new(), problem: None, found: None }
}

fn problem(error: &LogError) -> String {
    match error {
        LogError::OffsetOutOfRange { offset, log_start_offset, log_end_offset } => {
            let offset = josa(&format!("오프셋 {offset}"), Josa::Topic);
            format!("{offset} 이 로그에 없어요. {log_start_offset}부터 {log_end_offset}까지 물을 수 있어요.")
        }
        LogError::Corrupt { path, position, .. } => {
            format!("{}의 {position}번째 바이트부터 읽을 수 없어서 멈췄어요. 그 자리를 열어 보세요.", name_of(path))
        }
        _ => "로그를 읽지 못했어요. 파일을 하나씩 열어 어디가 다른지 살펴보세요.".into(),
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The steps while they are being made.
struct Play {
    target: LookupTarget,
    steps: Vec<WalkStep>,
}

impl Play {
    fn of(walk: &LookupWalk, log: &UnifiedLog, disk: &Disk) -> Vec<WalkStep> {
        let mut play = Self { target: walk.target, steps: Vec::new() };
        play.choose_segment(&walk.segments);
        for (number, step) in walk.walks.iter().enumerate() {
            let segment = log.segments().find(|segment| segment.base_offset() == step.base_offset);
            if let Some(index) = &step.time_index {
                let cell = |entry: &TimestampOffset| (entry.timestamp, format!("오프셋 {}", entry.offset));
                let all = segment.and_then(|it| it.time_index().all(disk).ok());
                play.search(index, all, cell, "시각", |entry| {
                    format!(
                        "그 시각에 처음 닿은 배치는 오프셋 {}에서 끝나요. 이제 오프셋 인덱스에서 찾아요.",
                        entry.offset
                    )
                });
            }
            if number > 0 {
                play.say(format!("앞 세그먼트에는 없어서 {}부터인 다음 세그먼트에서 찾아요.", step.base_offset), None);
            }
            let cell = |entry: &OffsetPosition| (entry.offset, format!("위치 {}", entry.position));
            let all = segment.and_then(|it| it.offset_index().all(disk).ok());
            play.search(&step.offset_index, all, cell, "오프셋", |entry| {
                format!(".log를 {}번째 바이트부터 읽으면 돼요.", entry.position)
            });
            play.scan(step);
        }
        if walk.found.is_none() {
            play.say(play.not_found(), None);
        }
        play.steps
    }

    fn say(&mut self, words: String, scene: Option<Scene>) {
        let scene = scene.or_else(|| self.steps.last().map(|step| step.scene.clone()));
        self.steps.extend(scene.map(|scene| WalkStep { words, scene }));
    }

    fn not_found(&self) -> String {
        match self.target {
            LookupTarget::Offset(_) => "로그의 끝이에요. 다음 레코드가 여기에 놓여요.".into(),
            LookupTarget::Timestamp(_) => "그 시각이거나 더 늦은 레코드는 아직 없어요.".into(),
        }
    }

    fn choose_segment(&mut self, segments: &[SegmentChoice]) {
        let cell = |it: &SegmentChoice| SegmentCell {
            base_offset: it.base_offset,
            largest_timestamp: it.largest_timestamp,
            chosen: it.chosen,
        };
        let chosen = segments.iter().find(|segment| segment.chosen);
        let words = match (self.target, chosen) {
            (LookupTarget::Offset(offset), Some(segment)) => format!(
                "세그먼트를 골라요. 기준 오프셋이 {} 넘지 않는 것 가운데 마지막, {}부터인 세그먼트예요.",
                josa(&offset.to_string(), Josa::Object),
                segment.base_offset
            ),
            (LookupTarget::Timestamp(_), Some(segment)) => format!(
                "세그먼트를 골라요. 가장 늦은 시각이 찾는 시각 이상인 첫 세그먼트, {}부터인 세그먼트예요.",
                segment.base_offset
            ),
            (_, None) => "세그먼트를 골라요. 어느 세그먼트에도 그만큼 늦은 레코드가 없어요.".into(),
        };
        self.say(words, Some(Scene::Segments(Rc::new(segments.iter().map(cell).collect()))));
    }

    /// The probes of a binary search, and what it gives.
    fn search<E>(
        &mut self,
        index: &IndexWalk<E>,
        all: Option<Vec<E>>,
        cell: impl Fn(&E) -> (i64, String),
        noun: &str,
        gives: impl Fn(&E) -> String,
    ) {
        let name: Rc<str> = name_of(&index.path).into();
        let drawn = |(slot, entry): (u32, &E)| {
            let (key, leads_to) = cell(entry);
            EntryCell { slot, key, leads_to }
        };
        let mut cells: Vec<EntryCell> = match all.filter(|all| all.len() as u64 <= u64::from(ENTRIES_DRAWN)) {
            Some(all) => (0..).zip(&all).map(drawn).collect(),
            None => index.probes.iter().map(|probe| drawn((probe.slot, &probe.entry))).collect(),
        };
        cells.sort_by_key(|cell| cell.slot);
        cells.dedup();
        let mut scene = IndexScene {
            name: name.clone(),
            key: index.key,
            by_time: noun == "시각",
            entries: index.entries,
            cells: Rc::new(cells),
            range: index.entries.checked_sub(1).map(|last| (0, last)),
            probe: None,
            found: None,
        };
        if index.entries == 0 {
            let index = if scene.by_time { "시간 인덱스" } else { "오프셋 인덱스" };
            self.say(format!("{index}에는 아직 항목이 없어요. 세그먼트의 처음부터 읽어요."), Some(Scene::Index(scene)));
            return;
        }
        for (number, probe) in index.probes.iter().enumerate() {
            let (key, _) = cell(&probe.entry);
            scene.probe = Some(probe.slot);
            let (low, high) = scene.range.unwrap_or((1, 0));
            let (range, verdict) = match key.cmp(&index.key) {
                std::cmp::Ordering::Equal => ((probe.slot, probe.slot.max(high)), "바로 찾는 값이에요."),
                std::cmp::Ordering::Less => ((probe.slot.max(low), high), "찾는 값보다 작으니 그 앞은 볼 것 없어요."),
                std::cmp::Ordering::Greater if probe.slot == 0 => ((1, 0), "찾는 값보다 커요. 모든 항목이 더 커요."),
                std::cmp::Ordering::Greater => {
                    ((low, high.min(probe.slot - 1)), "찾는 값보다 크니 여기부터는 볼 것 없어요.")
                }
            };
            scene.range = (range.0 <= range.1).then_some(range);
            let place =
                if number == 0 { "먼저 뒤쪽 8 KiB의 첫 항목" } else { "남은 것의 가운데 항목" };
            let words = format!("{place} {}. {noun} {key}, {verdict}", probe.slot);
            self.say(words, Some(Scene::Index(scene.clone())));
        }
        scene.probe = None;
        scene.found = index.slot;
        scene.range = index.slot.map(|slot| (slot, slot));
        let words = match index.slot {
            Some(slot) => format!(
                "{}번 만에 {} 찾았어요. {}",
                index.probes.len(),
                josa(&format!("항목 {slot}"), Josa::Object),
                gives(&index.result)
            ),
            None => "찾는 값을 넘지 않는 항목이 없어요. 세그먼트의 처음부터 봐요.".into(),
        };
        self.say(words, Some(Scene::Index(scene)));
    }

    /// The batches whose headers were read.
    fn scan(&mut self, step: &SegmentWalk) {
        let batches = Rc::new(step.scanned.clone());
        let name: Rc<str> = name_of(&step.path).into();
        let scene = |at: usize| Some(Scene::Scan(ScanScene { name: name.clone(), batches: batches.clone(), at }));
        let misses = batches.iter().take_while(|batch| !batch.hit).count();
        let singly = if misses > PASSED_SINGLY * 2 { PASSED_SINGLY } else { misses };
        for (at, batch) in batches.iter().enumerate().take(singly) {
            self.say(self.passed(batch), scene(at));
        }
        if misses > singly {
            self.say(format!("같은 방법으로 배치 {}개를 더 건너뛰어요.", misses - singly), scene(misses - 1));
        }
        if let Some(batch) = batches.get(misses) {
            let words = match self.target {
                LookupTarget::Offset(offset) if batch.base_offset > offset => {
                    let offset = josa(&format!("오프셋 {offset}"), Josa::Topic);
                    format!("{offset} 비어 있는 자리라서 그다음 배치 {}에서 멈춰요.", span(batch))
                }
                LookupTarget::Offset(_) => {
                    format!("배치 {}. 찾았어요. {}번째 바이트에서 시작해요.", span(batch), batch.position)
                }
                LookupTarget::Timestamp(_) => {
                    let record = batch.records.last().map_or(batch.base_offset, |(offset, _)| *offset);
                    let record = josa(&format!("오프셋 {record}"), Josa::Subject);
                    format!("배치 {}. 열어서 레코드를 하나씩 봐요. {record} 찾던 첫 레코드예요.", span(batch))
                }
            };
            self.say(words, scene(misses));
        }
    }

    fn passed(&self, batch: &ScannedBatch) -> String {
        match self.target {
            LookupTarget::Offset(offset) => {
                format!("배치 {}. 끝 오프셋이 {offset}보다 작으니 헤더만 보고 건너뛰어요.", span(batch))
            }
            LookupTarget::Timestamp(_) => {
                format!("배치 {}. 가장 늦은 시각이 찾는 시각보다 이르니 헤더만 보고 건너뛰어요.", span(batch))
            }
        }
    }
}

fn span(batch: &ScannedBatch) -> String {
    if batch.base_offset == batch.last_offset {
        batch.base_offset.to_string()
    } else {
        format!("{}–{}", batch.base_offset, batch.last_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::AppendOrigin;
    use crate::record::RecordBatchBuilder;

    /// A log of several segments with an index entry every few batches.
    fn log() -> (UnifiedLog, Disk) {
        let mut disk = Disk::new();
        let mut config = LogConfig::default();
        for (name, value) in [("internal.segment.bytes", "3000"), ("index.interval.bytes", "200")] {
            config.set(name, value).unwrap();
        }
        let tp = TopicPartition::new(&"t".into(), 0);
        let mut log = UnifiedLog::open(tp, "/t-0", config, &mut disk, LoadParams::default()).unwrap();
        for number in 0..90 {
            let mut batch = RecordBatchBuilder::new();
            batch.append(1000 + number * 10, None, Some(b"0123456789"), &[]);
            batch.append(1001 + number * 10, None, Some(b"0123456789"), &[]);
            log.append_as_leader(&mut disk, &batch.build(), 0, AppendOrigin::Client, 5000).unwrap();
        }
        (log, disk)
    }

    #[test]
    fn a_play_narrows_down_to_what_the_log_finds() {
        let (log, disk) = log();
        assert!(log.segments().count() > 2);
        for offset in 0..180 {
            let play = view(&log, &disk, Some(LookupTarget::Offset(offset)));
            let (path, position) = play.found.clone().unwrap();
            assert!(play.steps.iter().any(|step| matches!(step.scene, Scene::Segments(_))));
            for step in &play.steps {
                let Scene::Index(scene) = &step.scene else { continue };
                let (Some((low, high)), Some(probe)) = (scene.range, scene.probe) else { continue };
                assert!(low <= high && high < scene.entries && probe < scene.entries);
            }
            let last = play.steps.last().unwrap();
            let Scene::Scan(scan) = &last.scene else { panic!("{last:?}") };
            let batch = &scan.batches[scan.at];
            assert!(batch.base_offset <= offset && offset <= batch.last_offset);
            assert_eq!(u64::from(batch.position), position);
            assert!(path.ends_with(&*scan.name));
        }
    }

    #[test]
    fn an_entry_that_is_found_is_never_ruled_out_on_the_way() {
        let (log, disk) = log();
        for time in (900..2000).step_by(7) {
            let play = view(&log, &disk, Some(LookupTarget::Timestamp(time)));
            let mut ruled_out: Vec<(Rc<str>, u32, u32)> = Vec::new();
            for step in &play.steps {
                let Scene::Index(scene) = &step.scene else { continue };
                if let (Some((low, high)), None) = (scene.range, scene.found) {
                    ruled_out.push((scene.name.clone(), low, high));
                }
                if let Some(found) = scene.found {
                    for (name, low, high) in &ruled_out {
                        assert!(*name != scene.name || (*low..=*high).contains(&found), "{time}: {step:?}");
                    }
                }
            }
            assert_eq!(play.found.is_none(), time > 1891, "{time}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_is_told() {
        let (log, disk) = log();
        let play = view(&log, &disk, Some(LookupTarget::Offset(999)));
        assert_eq!(play.problem.as_deref(), Some("오프셋 999는 이 로그에 없어요. 0부터 180까지 물을 수 있어요."));
        assert!(
            view(&log, &disk, Some(LookupTarget::Timestamp(9999))).steps.last().unwrap().words.contains("아직 없어요")
        );
        assert!(view(&log, &disk, Some(LookupTarget::Offset(180))).steps.last().unwrap().words.contains("로그의 끝"));
        let asked = view(&log, &disk, None);
        assert_eq!((asked.offsets, asked.times, asked.steps.len()), ((0, 180), Some((1001, 1891)), 0));
    }
}
