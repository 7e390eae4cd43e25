//! `producer_accumulator.json`: to which partition a record without a key goes, when its batch is ready, and what goes along.

use super::support::{Vectors, flag, int, list, maybe_int, number, text};
use kafkascope::base::{BrokerId, ClientId, RecordId, SimTime, TopicName, TopicPartition};
use kafkascope::client::{Appended, Choice, ProducerRecord, RecordAccumulator, StickyPartition};
use kafkascope::record::CompressionType;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The steps that are understood, each with what it may say.
const STEPS: [(&str, &[&str]); 4] = [
    ("append", &["times", "value_size", "partition", "result"]),
    ("advance_ms", &["ms"]),
    ("ready", &["result"]),
    ("drain", &["result"]),
];
const ADAPTIVE: &str = "partitioner.adaptive.partitioning.enable";

pub(crate) fn check(vectors: &mut Vectors) {
    for sizes in vectors.group("load_weighted_choice") {
        vectors.skip(&json!(sizes["queue_sizes"].to_string()), "the draw that knows how long the queues are");
    }
    for case in vectors.group("accumulator") {
        match needs(&case) {
            Some(reason) => vectors.skip(&case, reason),
            None => {
                check_case(&case);
                vectors.checked();
            }
        }
    }
}

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}

/// What the producer does not have yet and the case asks for.
fn needs(case: &Value) -> Option<String> {
    let known = ["batch.size", "linger.ms", ADAPTIVE];
    let setting = keys(&case["config"]).find(|name| !known.contains(name)).map(|name| format!("setting {name}"));
    let foreign = |step: &Value| {
        let op = text(step, "op");
        let Some((_, known)) = STEPS.iter().find(|(name, _)| *name == op) else {
            return Some(format!("operation {op}"));
        };
        keys(step).find(|key| *key != "op" && !known.contains(key)).map(|key| format!("{op} with {key}"))
    };
    let load = draws_by_load(case).then(|| "the draw that knows how long the queues are".into());
    setting.or_else(|| list(case, "steps").iter().find_map(foreign)).or(load)
}

/// Whether a partition is drawn after the sender has seen a queue for every one: then Kafka looks how long the queues are.
fn draws_by_load(case: &Value) -> bool {
    let (partitions, mut used, mut looked) = (int(case, "partitions"), BTreeSet::new(), false);
    for step in list(case, "steps") {
        looked |= matches!(step["op"].as_str(), Some("ready" | "drain")) && used.len() as i64 == partitions;
        for result in list(step, "result") {
            if looked && maybe_int(result, "draws_used").is_some() {
                return case["config"][ADAPTIVE] != json!(false) && partitions > 1;
            }
            used.extend(maybe_int(result, "partition"));
        }
    }
    false
}

fn check_case(case: &Value) {
    let mut scene = Scene::new(case);
    for step in list(case, "steps") {
        let at = format!("{}: {}", case["name"], step["op"]);
        match text(step, "op").as_str() {
            "append" => scene.append(step, &at),
            "advance_ms" => scene.now += SimTime::from_ms(u64::try_from(int(step, "ms")).expect("forward")),
            "ready" => scene.check_ready(&step["result"], &at),
            "drain" => scene.check_drained(list(step, "result"), &at),
            other => unreachable!("{other} was looked for before"),
        }
    }
}

struct Scene<'a> {
    case: &'a Value,
    now: SimTime,
    topic: TopicName,
    sticky: StickyPartition,
    accumulator: RecordAccumulator,
    /// The partitions that have a leader, in the order in which one is drawn.
    with_leader: Vec<i32>,
    draws_used: usize,
    records: u64,
}

impl<'a> Scene<'a> {
    fn new(case: &'a Value) -> Self {
        let partition = |value| number(value).and_then(|id| i32::try_from(id).ok()).expect("a partition");
        Self {
            case,
            now: SimTime::from_secs(1000),
            topic: "topic".into(),
            sticky: StickyPartition::default(),
            accumulator: RecordAccumulator::new(CompressionType::None),
            with_leader: list(case, "available_partition_order").iter().map(partition).collect(),
            draws_used: 0,
            records: 0,
        }
    }

    fn setting(&self, name: &str) -> u64 {
        self.case["config"][name].as_u64().unwrap_or_else(|| panic!("{name} of {}", self.case))
    }

    fn leader_of(case: &Value, tp: &TopicPartition) -> Option<BrokerId> {
        let nodes = case["partition_order_per_node"].as_object().into_iter().flatten();
        let node =
            nodes.into_iter().find(|(_, led)| led.as_array().is_some_and(|led| led.contains(&json!(tp.partition))));
        node.map(|(id, _)| BrokerId(id.parse().expect("a node's number")))
    }

    fn append(&mut self, step: &Value, at: &str) {
        let results = list(step, "result");
        assert_eq!(Ok(results.len()), usize::try_from(int(step, "times")), "{at}");
        for (place, expected) in results.iter().enumerate() {
            let (before, fixed) = (self.draws_used, maybe_int(step, "partition"));
            let (partition, appended) = self.append_one(int(step, "value_size"), fixed);
            let found = json!({
                "partition": partition,
                "new_batch": appended.new_batch,
                "batch_is_full": appended.any_full,
                "bytes_counted": appended.bytes,
                "draws_used": self.draws_used - before,
            });
            for (key, value) in expected.as_object().into_iter().flatten() {
                assert_eq!(&found[key], value, "{at} {place}: {key}");
            }
            assert_eq!(found["draws_used"], json!(maybe_int(expected, "draws_used").unwrap_or(0)), "{at} {place}");
        }
    }

    fn append_one(&mut self, value_size: i64, fixed: Option<i64>) -> (i32, Appended) {
        let batch_size = usize::try_from(self.setting("batch.size")).expect("a size");
        let id = RecordId { producer: ClientId(1), number: self.records };
        let value = vec![b'v'; usize::try_from(value_size).expect("a size")];
        self.records += 1;
        let record = ProducerRecord { id, key: None, value: Some(value.into()), timestamp: self.now.wall_clock_ms() };
        let recorded = list(self.case, "draws");
        let used = &mut self.draws_used;
        let mut draw = |bound: u64| {
            let drawn = number(&recorded[*used]).and_then(|drawn| u64::try_from(drawn).ok()).expect("a drawn number");
            *used += 1;
            drawn % bound
        };
        let partitions = usize::try_from(int(self.case, "partitions")).expect("a number of partitions");
        let choice = Choice { partitions, with_leader: &self.with_leader };
        let (sticky, accumulator, topic) = (&mut self.sticky, &mut self.accumulator, &self.topic);
        if let Some(fixed) = fixed {
            let partition = i32::try_from(fixed).expect("a partition");
            return (
                partition,
                accumulator.append(self.now, &TopicPartition::new(topic, partition), record, batch_size),
            );
        }
        let partition = sticky.place(accumulator, topic, &record, batch_size, choice, &mut draw);
        let appended = accumulator.append(self.now, &TopicPartition::new(topic, partition), record, batch_size);
        sticky.update(appended.bytes, batch_size, appended.all_full, choice, &mut draw);
        (partition, appended)
    }

    fn ready(&self) -> kafkascope::client::Ready {
        let linger = SimTime::from_ms(self.setting("linger.ms"));
        self.accumulator.ready(self.now, linger, false, |tp| Self::leader_of(self.case, tp), |_| false)
    }

    fn check_ready(&self, expected: &Value, at: &str) {
        let ready = self.ready();
        let leaders: Value = ready.leaders.iter().map(|leader| leader.0).collect();
        assert_eq!(leaders, expected["ready_nodes"], "{at}");
        assert_eq!(ready.leaderless, flag(expected, "unknown_leader"), "{at}");
        let wait = ready.next.map_or(-1, |next| i64::try_from(next.since(self.now).as_ms()).expect("64 bits"));
        assert_eq!(wait, int(expected, "next_check_ms"), "{at}");
    }

    /// Compares what goes to each broker. In which order a broker's partitions come depends on Kafka's hash maps.
    fn check_drained(&mut self, expected: &[Value], at: &str) {
        let mut drained = BTreeSet::new();
        for leader in self.ready().leaders {
            let case = self.case;
            for batch in self.accumulator.drain(self.now, |tp| Self::leader_of(case, tp) == Some(leader)) {
                assert_eq!(batch.encode().len(), batch.estimated_size(), "{at}: the estimate is exact");
                let partition = i64::from(batch.partition.partition);
                drained.insert((
                    i64::from(leader.0),
                    partition,
                    batch.records.len() as i64,
                    batch.encode().len() as i64,
                ));
            }
        }
        let expected: BTreeSet<_> = expected
            .iter()
            .map(|batch| (int(batch, "node"), int(batch, "partition"), int(batch, "records"), int(batch, "bytes")))
            .collect();
        assert_eq!(drained, expected, "{at}");
    }
}
