//! `isr_high_watermark.json`: a leader, its followers' fetches, the controller's answers, and all that follows for the ISR, the
//! high watermark and the writers that wait.

use super::log_state::{CLOCK_START_MS, new_log};
use super::support::{Vectors, flag, int, list, maybe_int, number, text};
use kafkascope::base::{BrokerId, Offset, SimTime, TopicPartition};
use kafkascope::broker::{IsrOutcome, Partition};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, FetchIsolation, LogConfig, UnifiedLog};
use kafkascope::protocol::{AlterPartitionResponse, ErrorCode, PartitionRegistration, ReplicaState};
use kafkascope::record::RecordBatchBuilder;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const LOCAL: BrokerId = BrokerId(1);
const LAG_MAX: SimTime = SimTime::from_ms(30_000);

/// The steps that are understood, each with what it may say.
const STEPS: [(&str, &[&str]); 9] = [
    ("become_leader", &["epoch", "isr"]),
    ("fetch", &["replica", "offset", "response", "alter_partition_sent"]),
    ("parked_fetch_returns", &["offset", "response"]),
    ("append", &["records", "acks", "produce", "error"]),
    ("alter_partition_answer", &["error"]),
    ("controller_update", &["isr"]),
    ("shrink_check", &["out_of_sync", "alter_partition_sent"]),
    ("broker", &["id", "fenced", "shutting_down"]),
    ("advance_ms", &["ms"]),
];
const EVERY_STEP: [&str; 3] = ["op", "produce_answers", "leader_state"];

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("cases") {
        match list(&case, "steps").iter().find_map(foreign) {
            Some(reason) => vectors.skip(&case, reason),
            None => {
                check_case(&case);
                vectors.checked();
            }
        }
    }
}

/// What is not understood of a step.
fn foreign(step: &Value) -> Option<String> {
    let op = text(step, "op");
    let Some((_, known)) = STEPS.iter().find(|(name, _)| *name == op) else { return Some(format!("operation {op}")) };
    let mut keys = step.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let key = keys.find(|key| !known.contains(key) && !EVERY_STEP.contains(key))?;
    Some(format!("{op} with {key}"))
}

fn check_case(case: &Value) {
    let mut scene = Scene::new(case);
    for step in list(case, "steps") {
        scene.take(step);
        let at = format!("{}: {step}", case["name"]);
        scene.check_answers(step, &at);
        if step["leader_state"].is_object() {
            assert_eq!(scene.leader_state(), step["leader_state"], "{at}");
        }
    }
}

fn ids(list: &[Value]) -> Vec<BrokerId> {
    let id = |value| number(value).and_then(|id| i32::try_from(id).ok()).expect("a broker");
    list.iter().map(|value| BrokerId(id(value))).collect()
}

fn sorted(brokers: impl IntoIterator<Item = BrokerId>) -> Value {
    brokers.into_iter().map(|id| id.0).collect::<BTreeSet<_>>().into_iter().collect()
}

fn error_named(name: &str) -> ErrorCode {
    *ErrorCode::ALL.iter().find(|code| code.name() == name).unwrap_or_else(|| panic!("we lack the error {name}"))
}

/// Adds a batch of so many records to a leader's log.
fn append(log: &mut UnifiedLog, disk: &mut Disk, records: i64, epoch: i32) {
    let mut builder = RecordBatchBuilder::new();
    for _ in 0..records {
        builder.append(CLOCK_START_MS, None, Some(b"v"), &[]);
    }
    log.append_as_leader(disk, &builder.build(), epoch, AppendOrigin::Client, CLOCK_START_MS).expect("appended");
}

/// A leader under test, and what is around it.
struct Scene {
    now: SimTime,
    disk: Disk,
    partition: Partition,
    replicas: Vec<BrokerId>,
    leader_epoch: i32,
    /// Brokers that are fenced or on their way out.
    fenced: BTreeSet<BrokerId>,
    leaving: BTreeSet<BrokerId>,
    /// The writers that wait, each with the high watermark for which.
    waiting: BTreeMap<String, Offset>,
}

impl Scene {
    fn new(case: &Value) -> Self {
        let (mut disk, initial) = (Disk::new(), &case["initial"]);
        let mut log = new_log(&mut disk, &LogConfig::default());
        if let Some(records) = maybe_int(initial, "log_end_offset").filter(|records| *records > 0) {
            append(&mut log, &mut disk, records, 0);
        }
        log.update_high_watermark(maybe_int(initial, "high_watermark").unwrap_or(0));
        let mut partition = Partition::new(TopicPartition::parse("topic-0").expect("a partition"), log);
        partition.min_isr = usize::try_from(int(case, "min_isr")).expect("a number of replicas");
        Self {
            now: SimTime::from_ms(u64::try_from(CLOCK_START_MS).expect("after 1970")),
            disk,
            partition,
            replicas: ids(list(case, "replicas")),
            leader_epoch: 0,
            fenced: BTreeSet::new(),
            leaving: BTreeSet::new(),
            waiting: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: &Value) {
        match text(step, "op").as_str() {
            "become_leader" => {
                self.leader_epoch = i32::try_from(int(step, "epoch")).expect("32 bits");
                self.hear_from_controller(ids(list(step, "isr")));
            }
            "controller_update" => self.hear_from_controller(ids(list(step, "isr"))),
            "fetch" => self.fetch(step),
            "parked_fetch_returns" => self.check_response(step),
            "append" => self.append(step),
            "alter_partition_answer" => self.answer_proposal(error_named(&text(step, "error"))),
            "shrink_check" => self.shrink(step),
            "broker" => self.set_broker(step),
            "advance_ms" => self.now += SimTime::from_ms(u64::try_from(int(step, "ms")).expect("forward")),
            other => unreachable!("{other} was looked for before"),
        }
    }

    fn hear_from_controller(&mut self, isr: Vec<BrokerId>) {
        let told = PartitionRegistration {
            replicas: self.replicas.clone(),
            isr,
            leader: Some(LOCAL),
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition.partition_epoch + 1,
            ..PartitionRegistration::default()
        };
        if self.partition.make_leader(self.now, LOCAL, &told) {
            let log = &mut self.partition.log;
            let end = log.log_end_offset();
            log.assign_epoch_start_offset(&mut self.disk, self.leader_epoch, end).expect("assigned");
        }
        self.advance_high_watermark();
    }

    fn advance_high_watermark(&mut self) {
        let (fenced, leaving) = (&self.fenced, &self.leaving);
        let eligible = |id: BrokerId, _| !fenced.contains(&id) && !leaving.contains(&id);
        self.partition.maybe_increment_high_watermark(self.now, LAG_MAX, eligible);
    }

    /// The answer is made before the fetch is counted.
    fn fetch(&mut self, step: &Value) {
        self.check_response(step);
        let follower = ReplicaState { broker: ids(&[step["replica"].clone()])[0], epoch: 1 };
        let has_moved = self.partition.record_follower_fetch(self.now, follower, int(step, "offset"));
        let (fenced, leaving) = (&self.fenced, &self.leaving);
        let eligible = |id: BrokerId, _| !fenced.contains(&id) && !leaving.contains(&id);
        let isr = self.partition.expanded_isr(follower.broker, eligible);
        self.propose(isr, step);
        if has_moved {
            self.advance_high_watermark();
        }
    }

    fn check_response(&self, step: &Value) {
        let (log, offset, response) = (&self.partition.log, int(step, "offset"), &step["response"]);
        assert_eq!(log.high_watermark(), int(response, "high_watermark"), "{step}");
        assert_eq!((log.log_end_offset() - offset).max(0), int(response, "records"), "{step}");
        if offset <= log.log_end_offset() {
            let read = log.read(&self.disk, offset, 1 << 20, FetchIsolation::LogEnd, true).expect("read");
            assert_eq!(read.records.is_empty(), int(response, "records") == 0, "{step}");
        }
    }

    fn append(&mut self, step: &Value) {
        let all = text(step, "acks") == "all";
        if all && self.partition.is_under_min_isr() {
            assert_eq!(step["error"], json!(ErrorCode::NotEnoughReplicas.name()), "{step}");
            return;
        }
        assert!(step["error"].is_null(), "{step}: taken");
        append(&mut self.partition.log, &mut self.disk, int(step, "records"), self.leader_epoch);
        if let Some(name) = step["produce"].as_str() {
            self.waiting.insert(name.into(), self.partition.log.log_end_offset());
        }
        self.advance_high_watermark();
    }

    fn propose(&mut self, isr: Option<Vec<BrokerId>>, step: &Value) {
        let expected = step["alter_partition_sent"].as_array().map(|isr| sorted(ids(isr)));
        assert_eq!(isr.clone().map(sorted), expected, "{step}");
        if let Some(isr) = isr {
            self.partition.propose_isr(isr);
        }
    }

    fn shrink(&mut self, step: &Value) {
        let isr = self.partition.shrunk_isr(self.now, LAG_MAX);
        let before = self.partition.leader().expect("it leads").isr.committed.clone();
        let is_out = |id: &BrokerId| isr.as_ref().is_some_and(|isr| !isr.contains(id));
        assert_eq!(sorted(before.into_iter().filter(is_out)), step["out_of_sync"], "{step}");
        self.propose(isr, step);
    }

    fn answer_proposal(&mut self, error: ErrorCode) {
        let asked = self.partition.proposal().expect("a change is in flight");
        let answer = AlterPartitionResponse {
            partition: asked.partition.clone(),
            error,
            leader: Some(LOCAL),
            leader_epoch: asked.leader_epoch,
            isr: asked.isr.clone(),
            partition_epoch: asked.partition_epoch + 1,
        };
        if self.partition.on_isr_answer(&asked, &answer) == IsrOutcome::Committed {
            self.advance_high_watermark();
        }
    }

    fn set_broker(&mut self, step: &Value) {
        let id = ids(&[step["id"].clone()])[0];
        for (key, set) in [("fenced", &mut self.fenced), ("shutting_down", &mut self.leaving)] {
            if flag(step, key) {
                set.insert(id);
            } else if step[key].is_boolean() {
                set.remove(&id);
            }
        }
    }

    /// Compares the writers that hear something now. That one has waited too long is none of the partition's business.
    fn check_answers(&mut self, step: &Value, at: &str) {
        let too_late = ErrorCode::RequestTimedOut.name();
        let (late, expected): (Vec<_>, Vec<_>) =
            list(step, "produce_answers").iter().cloned().partition(|answer| answer["answer"] == too_late);
        self.waiting.retain(|name, _| !late.iter().any(|answer| answer["produce"] == name.as_str()));
        let mut answers = Vec::new();
        for (name, required) in std::mem::take(&mut self.waiting) {
            match self.partition.check_enough_replicas_reach_offset(required) {
                Some(error) => answers.push(json!({"produce": name, "answer": error.name()})),
                None => drop(self.waiting.insert(name, required)),
            }
        }
        assert_eq!(answers, expected, "{at}");
    }

    fn leader_state(&self) -> Value {
        let (partition, leader) = (&self.partition, self.partition.leader().expect("it leads"));
        let ago = |at: SimTime| i64::try_from(self.now.since(at).as_ms()).expect("64 bits");
        let followers: serde_json::Map<_, _> = leader
            .remote
            .iter()
            .map(|(id, replica)| {
                let caught_up = replica.last_caught_up.map_or(-1, ago);
                let state = json!({"log_end_offset": replica.log_end_offset, "last_caught_up_ms_ago": caught_up});
                (id.to_string(), state)
            })
            .collect();
        let maximal = self.replicas.iter().copied().filter(|id| leader.isr.maximal_contains(*id));
        json!({
            "log_end_offset": partition.log.log_end_offset(),
            "high_watermark": partition.log.high_watermark(),
            "isr": sorted(leader.isr.committed.iter().copied()),
            "maximal_isr": sorted(maximal),
            "alter_partition_in_flight": partition.proposal().is_some(),
            "under_min_isr": partition.is_under_min_isr(),
            "followers": followers,
        })
    }
}
