//! Whole dialogues of a classic group: what each request is answered, what is written, and where the group stands.

use super::{int, list, object, read, report, text};
use kafkascope::base::{ClientId, NodeId, Rng, SimTime, TopicName, TopicPartition};
use kafkascope::coordinator::records::GroupRecord;
use kafkascope::coordinator::{
    ClassicGroupState, CoordinatorRecord, GroupConfig, GroupCoordinator, GroupRequest, GroupTimer, GroupView, ReplyTo,
    Step,
};
use kafkascope::protocol::consumer_protocol::{Assignment, Subscription};
use kafkascope::protocol::{
    HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, MemberId, OffsetCommitRequest, OffsetFetchRequest, Response,
    SyncGroupRequest,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[test]
fn classic_group() {
    let (mut ran, mut skipped) = (0, Vec::new());
    let file = read("classic_group.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        if let Some(reason) = not_built(case) {
            skipped.push(format!("{name}: {reason}"));
            continue;
        }
        let mut world = GroupWorld::new();
        for (number, step) in list(&case["steps"]).iter().enumerate() {
            world.run(step, &format!("{name}, step {number} ({})", step["op"]));
        }
        ran += 1;
    }
    report("classic_group.json", ran, &skipped);
}

/// What a case needs that is not built yet.
fn not_built(case: &Value) -> Option<&'static str> {
    if object(&case["config"]).next().is_some() {
        return Some("it changes the coordinator's settings");
    }
    list(&case["steps"]).iter().find_map(|step| {
        let has = |key| step.get(key).is_some();
        match text(&step["op"]) {
            _ if has("instance") || has("use_old") => Some("members are static"),
            "leave" if list(&step["members"]).iter().any(|member| !member.is_string()) => Some("members are static"),
            "join" if has("version") => Some("an older JoinGroup"),
            "join" | "sync" | "heartbeat" | "leave" | "commit" | "fetch_offsets" | "advance_ms" => None,
            "cleanup" => Some("offsets expire"),
            _ => Some("an unknown operation"),
        }
    })
}

const GROUP: &str = "group";

/// A coordinator whose records are committed as soon as they are written.
struct GroupWorld {
    shard: GroupCoordinator,
    now: SimTime,
    timers: BTreeMap<(SimTime, u64), GroupTimer>,
    timer_count: u64,
    /// What was asked under each number.
    asked: Vec<String>,
    ids: BTreeMap<String, MemberId>,
    log: Vec<CoordinatorRecord>,
    records: Vec<String>,
    completed: Vec<(String, Response)>,
}

impl GroupWorld {
    fn new() -> Self {
        Self {
            shard: GroupCoordinator::new(GroupConfig::default(), Rng::new(1, &"vectors")),
            now: SimTime::ZERO,
            timers: BTreeMap::new(),
            timer_count: 0,
            asked: Vec::new(),
            ids: BTreeMap::new(),
            log: Vec::new(),
            records: Vec::new(),
            completed: Vec::new(),
        }
    }

    fn run(&mut self, step: &Value, at: &str) {
        self.records.clear();
        self.completed.clear();
        if text(&step["op"]) == "advance_ms" {
            let until = self.now + SimTime::from_ms(step["ms"].as_u64().expect("milliseconds"));
            self.advance(until);
        } else {
            for (label, request) in self.requests(step) {
                self.ask(label, &request);
            }
        }
        self.check_answers(step, at);
        let expected: Vec<&str> = list(&step["records"]).iter().map(text).collect();
        assert_eq!(self.records, expected, "{at}: records");
        if let Some(expected) = step.get("group") {
            assert_eq!(self.group(), *expected, "{at}: group");
        }
        self.check_log(at);
    }

    /// A coordinator that takes over now, and knows only the log, agrees on offsets and on a generation that stands.
    fn check_log(&self, at: &str) {
        let mut successor = GroupCoordinator::new(GroupConfig::default(), Rng::new(2, &"successor"));
        for record in &self.log {
            successor.replay(self.now, &record.key, record.value.as_deref()).expect("a record of ours");
        }
        let (Some(old), Some(new)) = (self.shard.group(GROUP), successor.group(GROUP)) else { return };
        assert_eq!(old.offsets, new.offsets, "{at}: offsets after a failover");
        if matches!(old.state, ClassicGroupState::Stable | ClassicGroupState::Empty) {
            let told = |view: &GroupView| {
                let members: Vec<_> = view.members.iter().map(|m| (m.id.clone(), m.assignment.clone())).collect();
                (view.state, view.generation, view.protocol.clone(), view.leader.clone(), members)
            };
            assert_eq!(told(&old), told(&new), "{at}: the group after a failover");
        }
    }

    fn requests(&self, step: &Value) -> Vec<(String, GroupRequest)> {
        let alias = step["member"].as_str().unwrap_or("");
        let member = match step.get("member_id") {
            Some(id) => text(id).into(),
            None => self.id(alias),
        };
        let generation = step.get("generation").map_or(-1, int);
        let op = text(&step["op"]);
        let label = format!("{op} {alias}");
        let request = match op {
            "join" => GroupRequest::Join(join_request(step, alias, member)),
            "sync" => {
                let assignments = object(&step["assignments"])
                    .map(|(alias, tps)| (self.id(alias), Assignment::new(partitions(tps)).encode()))
                    .collect();
                GroupRequest::Sync(SyncGroupRequest { group: GROUP.into(), generation, member, assignments })
            }
            "heartbeat" => GroupRequest::Heartbeat(HeartbeatRequest { group: GROUP.into(), generation, member }),
            "commit" => {
                let offsets =
                    object(&step["offsets"]).map(|(tp, offset)| (parse(tp), offset.as_i64().expect("an offset"), -1));
                let offsets = offsets.collect();
                GroupRequest::Commit(OffsetCommitRequest { group: GROUP.into(), generation, member, offsets })
            }
            "fetch_offsets" => {
                GroupRequest::OffsetFetch(OffsetFetchRequest { group: GROUP.into(), partitions: Vec::new() })
            }
            "leave" => {
                let leave = |alias: &Value| {
                    let request = LeaveGroupRequest { group: GROUP.into(), member: self.id(text(alias)) };
                    (format!("leave {}", text(alias)), GroupRequest::Leave(request))
                };
                return list(&step["members"]).iter().map(leave).collect();
            }
            op => panic!("{op} was to be skipped"),
        };
        vec![(label, request)]
    }

    fn id(&self, alias: &str) -> MemberId {
        self.ids.get(alias).cloned().unwrap_or_default()
    }

    fn ask(&mut self, label: String, request: &GroupRequest) {
        let correlation = u32::try_from(self.asked.len()).expect("few requests");
        self.asked.push(label);
        let from = ReplyTo { node: NodeId::Client(ClientId(1)), correlation };
        let step = self.shard.handle(self.now, from, request);
        self.take(step);
    }

    fn advance(&mut self, until: SimTime) {
        while let Some((key, _)) = self.timers.range(..=(until, u64::MAX)).next() {
            let key = *key;
            let timer = self.timers.remove(&key).expect("it is there");
            self.now = key.0;
            let step = self.shard.on_timer(self.now, &timer);
            self.take(step);
        }
        self.now = until;
    }

    fn take(&mut self, step: Step) {
        for (to, response) in step.replies {
            let label = self.asked[to.correlation as usize].clone();
            if let (Response::JoinGroup(response), Some(alias)) = (&response, label.strip_prefix("join "))
                && !response.member.is_empty()
            {
                self.ids.insert(alias.to_owned(), response.member.clone());
            }
            self.completed.push((label, response));
        }
        for (after, timer) in step.timers {
            self.timers.insert((self.now + after, self.timer_count), timer);
            self.timer_count += 1;
        }
        for record in &step.records {
            let record = GroupRecord::decode(&record.key, record.value.as_deref()).expect("a record that can be read");
            self.records.push(self.tell(&record));
        }
        if let Some(append) = step.append {
            self.log.extend(step.records);
            let end = i64::try_from(self.log.len()).expect("few records");
            self.shard.on_appended(append, end);
            let step = self.shard.on_high_watermark(self.now, end);
            self.take(step);
        }
    }

    fn alias(&self, id: &str) -> String {
        let found = self.ids.iter().find(|(_, known)| &***known == id);
        found.map_or_else(|| id.to_owned(), |(alias, _)| alias.clone())
    }

    /// A record in the vectors' words.
    fn tell(&self, record: &GroupRecord) -> String {
        match record {
            GroupRecord::OffsetCommit { partition, value: Some(value), .. } => {
                format!("OffsetCommit {partition} offset={}", value.offset)
            }
            GroupRecord::OffsetCommit { value: None, .. } => "OffsetCommit tombstone".to_owned(),
            GroupRecord::GroupMetadata { value: None, .. } => "GroupMetadata tombstone".to_owned(),
            GroupRecord::GroupMetadata { value: Some(value), .. } => {
                let mut members: Vec<String> = value.members.iter().map(|m| self.alias(&m.member)).collect();
                members.sort();
                format!(
                    "GroupMetadata generation={} protocol={} leader={} members={}",
                    value.generation,
                    value.protocol.as_deref().unwrap_or("null"),
                    value.leader.as_deref().map_or_else(String::new, |id| self.alias(id)),
                    members.join(","),
                )
            }
            GroupRecord::Other(kind) => format!("a record of kind {kind}"),
        }
    }

    /// The group in the vectors' words.
    fn group(&self) -> Value {
        let Some(view) = self.shard.group(GROUP) else { return Value::Null };
        let mut members: Vec<String> = view.members.iter().map(|member| self.alias(&member.id)).collect();
        members.sort();
        let mut told = Map::new();
        told.insert("state".into(), view.state.name().into());
        told.insert("generation".into(), view.generation.into());
        told.insert("protocol".into(), json!(view.protocol.as_deref()));
        told.insert("leader".into(), json!(view.leader.as_deref().map(|id| self.alias(id))));
        told.insert("members".into(), members.into());
        if !view.pending.is_empty() {
            told.insert("pending_join".into(), view.pending.len().into());
        }
        let awaiting = view.members.iter().filter(|member| member.awaiting_join).count();
        if awaiting > 0 {
            told.insert("awaiting_join_response".into(), awaiting.into());
        }
        told.into()
    }

    /// Joins and syncs stand under `completed`, in no order that we could know; the others under `response`.
    fn check_answers(&self, step: &Value, at: &str) {
        let mut parked: Vec<Value> = Vec::new();
        let mut plain = Vec::new();
        for (label, response) in &self.completed {
            match response {
                Response::JoinGroup(_) | Response::SyncGroup(_) => parked.push(self.parked_answer(label, response)),
                response => plain.push(response),
            }
        }
        let sorted = |mut answers: Vec<Value>| {
            answers.sort_by_key(ToString::to_string);
            answers
        };
        assert_eq!(sorted(parked), sorted(list(&step["completed"]).to_vec()), "{at}: completed");
        let answer = match &plain[..] {
            [] => None,
            [Response::Heartbeat(error)] => Some(json!(error.name())),
            [Response::OffsetFetch(response)] => {
                Some(response.offsets.iter().map(|(tp, offset, _)| (tp.to_string(), json!(offset))).collect())
            }
            [Response::OffsetCommit(answers)] if answers.iter().all(|(_, error)| error.is_ok()) => {
                Some(answers.iter().map(|(tp, error)| json!(format!("{tp} {}", error.name()))).collect())
            }
            [Response::OffsetCommit(answers)] => Some(json!(answers[0].1.name())),
            leaves => Some(
                leaves
                    .iter()
                    .map(|response| match response {
                        Response::LeaveGroup(error) => json!(error.name()),
                        other => panic!("{at}: {other:?}"),
                    })
                    .collect(),
            ),
        };
        assert_eq!(answer.as_ref(), step.get("response"), "{at}: response");
    }

    fn parked_answer(&self, label: &str, response: &Response) -> Value {
        let mut told = Map::new();
        told.insert("request".into(), label.into());
        match response {
            Response::JoinGroup(response) => {
                told.insert("error".into(), response.error.name().into());
                if response.error.is_ok() {
                    let mut members: Vec<String> = response.members.iter().map(|m| self.alias(&m.member)).collect();
                    members.sort();
                    told.insert("generation".into(), response.generation.into());
                    told.insert("protocol".into(), json!(response.protocol.as_deref()));
                    told.insert("leader".into(), self.alias(&response.leader).into());
                    told.insert("skip_assignment".into(), false.into());
                    told.insert("member_id_of".into(), self.alias(&response.member).into());
                    told.insert("members".into(), members.into());
                }
            }
            Response::SyncGroup(response) => {
                told.insert("error".into(), response.error.name().into());
                if response.error.is_ok() {
                    let assignment = Assignment::decode(&response.assignment).expect("an assignment");
                    told.insert("assignment".into(), assignment.partitions.iter().map(ToString::to_string).collect());
                }
            }
            other => panic!("{other:?} is never parked"),
        }
        told.into()
    }
}

fn join_request(step: &Value, alias: &str, member: MemberId) -> JoinGroupRequest {
    let topics: Vec<TopicName> = match step.get("topics") {
        Some(topics) => list(topics).iter().map(|topic| text(topic).into()).collect(),
        None => vec!["t".into()],
    };
    let subscription = Subscription::new(&topics).encode();
    let protocols = match step.get("protocols") {
        Some(names) => list(names).iter().map(|name| (text(name).into(), subscription.clone())).collect(),
        None => vec![("range".into(), subscription)],
    };
    JoinGroupRequest {
        group: GROUP.into(),
        member,
        client_id: alias.into(),
        session_timeout_ms: step.get("session_ms").map_or(45_000, int),
        rebalance_timeout_ms: step.get("rebalance_ms").map_or(300_000, int),
        protocols,
    }
}

fn partitions(names: &Value) -> Vec<TopicPartition> {
    list(names).iter().map(|name| parse(text(name))).collect()
}

fn parse(name: &str) -> TopicPartition {
    TopicPartition::parse(name).unwrap_or_else(|| panic!("a partition, not {name}"))
}
