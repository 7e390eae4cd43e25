//! A hand-made world to look at the page before the model is there. Deleted when it is.
#![allow(missing_docs, clippy::all)]

use crate::base::*;
use crate::trace::*;
use crate::view::*;
use std::rc::Rc;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    Broker(BrokerId),
    Controller(ControllerId),
    Replica(BrokerId, TopicPartition),
    Record(BrokerId, TopicPartition, Offset),
    Producer(ClientId),
    Consumer(ClientId),
    Group(Rc<str>),
    Packet(u64),
}
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inspection {
    pub eyebrow: String,
    pub title: String,
    pub sections: Vec<Section>,
    pub bytes: Option<BytesView>,
    pub why: Vec<WhyView>,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    pub heading: String,
    pub rows: Vec<(String, String)>,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BytesView {
    pub base_position: u64,
    pub bytes: Vec<u8>,
    pub fields: Vec<FieldView>,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldView {
    pub start: usize,
    pub end: usize,
    pub name: String,
    pub value: String,
    pub meaning: String,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyView {
    pub question: String,
    pub steps: Vec<WhyStep>,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyStep {
    pub seq: u64,
    pub at: SimTime,
    pub text: String,
}

#[derive(Clone, Default)]
pub struct Cluster {
    now: SimTime,
    trace: Trace,
}
impl Cluster {
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
    pub fn now(&self) -> SimTime {
        self.now
    }
}
#[derive(Clone)]
pub struct Session {
    cluster: Cluster,
    head: Cluster,
}
pub struct LoadError;
impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("알 수 없는 판이에요")
    }
}
fn kind() -> String {
    web_sys::window().and_then(|w| w.location().search().ok()).unwrap_or_default()
}
impl Session {
    pub fn fresh() -> Self {
        let mut trace = Trace::default();
        let mut head = Cluster::default();
        if !kind().contains("empty") {
            events(&mut trace);
            head.now = SimTime::from_ms(10_000);
        }
        head.trace = trace;
        let mut s = Self { cluster: Cluster::default(), head };
        s.seek(SimTime::from_ms(if kind().contains("empty") { 0 } else { 7418 }));
        s
    }
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
    pub fn now(&self) -> SimTime {
        self.cluster.now
    }
    pub fn end(&self) -> SimTime {
        self.head.now
    }
    pub fn head(&self) -> &Cluster {
        &self.head
    }
    pub fn run_to(&mut self, t: SimTime) {
        self.seek(t);
        if t > self.head.now {
            self.head.now = t;
        }
    }
    pub fn seek(&mut self, t: SimTime) {
        self.cluster.now = t;
        let mut trace = Trace::default();
        for e in self.head.trace.since(0).take_while(|e| e.at <= t) {
            trace.push(e.clone());
        }
        self.cluster.trace = trace;
    }
    pub fn next_visible_at(&self) -> Option<SimTime> {
        self.head.trace.since(0).map(|e| e.at).find(|at| *at > self.cluster.now)
    }
    pub fn step(&mut self) -> bool {
        let Some(t) = self.next_visible_at() else { return false };
        self.seek(t);
        true
    }
    pub fn step_back(&mut self) -> bool {
        let now = self.cluster.now;
        let t = self.head.trace.newest_first().map(|e| e.at).find(|at| *at < now);
        self.seek(t.unwrap_or_default());
        t.is_some()
    }
    pub fn save(&self) -> String {
        format!("{{\"now\":{}}}", self.cluster.now.0)
    }
    pub fn load(text: &str) -> Result<Self, LoadError> {
        if text.starts_with('{') { Ok(Self::fresh()) } else { Err(LoadError) }
    }
}

fn tp(p: i32) -> TopicPartition {
    TopicPartition::new(&"orders".into(), p)
}
fn b(i: i32) -> Option<NodeId> {
    Some(NodeId::Broker(BrokerId(i)))
}
fn events(trace: &mut Trace) {
    let mut add = |us: u64, node, cause, kind| {
        let seq = trace.len();
        trace.push(TraceEvent { seq, at: SimTime(us), node, cause, kind });
    };
    add(0, None, None, TraceKind::Command("cluster --brokers 3 --controllers 3".into()));
    for i in 1..=3 {
        add(0, b(i), Some(0), TraceKind::Started);
    }
    add(210_000, Some(NodeId::Controller(ControllerId(1))), None, TraceKind::ControllerElected { epoch: 3 });
    add(
        400_000,
        None,
        None,
        TraceKind::Command("kafka-topics --create --topic orders --partitions 3 --replication-factor 3".into()),
    );
    for p in 0..3 {
        add(
            404_000,
            Some(NodeId::Controller(ControllerId(1))),
            None,
            TraceKind::LeaderElected { partition: tp(p), from: None, to: Some(BrokerId(p + 1)), epoch: 0 },
        );
    }
    let mut off = 0;
    for t in [1_200_000u64, 1_400_000, 3_900_000, 4_300_000, 5_000_000, 6_900_000, 7_100_000] {
        add(
            t,
            b(1),
            None,
            TraceKind::Appended {
                partition: tp(0),
                first: off,
                last: off + 1,
                epoch: 2,
                ids: [].into(),
                as_leader: true,
            },
        );
        add(
            t + 2400,
            b(2),
            None,
            TraceKind::Appended {
                partition: tp(0),
                first: off,
                last: off + 1,
                epoch: 2,
                ids: [].into(),
                as_leader: false,
            },
        );
        add(
            t + 3900,
            b(1),
            None,
            TraceKind::HighWatermark { partition: tp(0), from: off, to: off + 2, on_leader: true },
        );
        off += 2;
        if t == 4_300_000 {
            add(t + 400_000, b(3), None, TraceKind::Killed);
            add(
                t + 401_000,
                None,
                None,
                TraceKind::IsrChanged {
                    partition: tp(0),
                    from: vec![BrokerId(1), BrokerId(2), BrokerId(3)],
                    to: vec![BrokerId(1), BrokerId(2)],
                },
            );
        }
    }
    add(7_418_000, b(1), None, TraceKind::HighWatermark { partition: tp(0), from: 8, to: 9, on_leader: true });
    add(8_300_000, b(3), None, TraceKind::Started);
    add(
        9_000_000,
        None,
        None,
        TraceKind::GroupState { group: "payment".into(), from: "Stable", to: "PreparingRebalance", generation: 3 },
    );
}

fn log(broker: i32, p: i32, leader: bool, isr: bool, bases: &[i64], end: i64, hw: i64, epoch: i32) -> Rc<ReplicaView> {
    let ends = bases.iter().skip(1).copied().chain([end]);
    let from = (end - 40).max(0);
    Rc::new(ReplicaView {
        broker: BrokerId(broker),
        partition: tp(p),
        role: if leader { ReplicaRole::Leader } else { ReplicaRole::Follower },
        in_isr: isr,
        leader_epoch: epoch,
        log_start: 0,
        log_end: end,
        high_watermark: hw,
        segments: bases
            .iter()
            .zip(ends)
            .filter(|(b, e)| b <= &e)
            .map(|(b, e)| SegmentView { base: *b, end: e, bytes: 140 })
            .collect(),
        records: (from..end)
            .map(|o| RecordView {
                offset: o,
                leader_epoch: epoch,
                key: Some(format!("user-{}", [1, 2, 3, 1, 4, 2, 5, 6, 1, 2, 7, 3][o as usize % 12]).into()),
                hue: [1, 2, 3, 1, 4, 2, 5, 6, 1, 2, 7, 0][o as usize % 12],
                batch: o,
            })
            .collect(),
        epochs: vec![(0, 0), (epoch, (end - 3).max(1))],
    })
}

pub fn project(session: &Session) -> Frame {
    let kind = kind();
    let empty = kind.contains("empty");
    let dead = kind.contains("dead");
    let long = kind.contains("long");
    let n = if kind.contains("five") { 5 } else { 3 };
    let brokers = (1..=n)
        .map(|i| {
            Rc::new(BrokerView {
                id: BrokerId(i),
                process: match (dead, i) {
                    (true, 3) => ProcessState::Dead,
                    (true, 2) => ProcessState::Paused,
                    _ => ProcessState::Running,
                },
                fenced: dead && i == 3,
                leaving: false,
                cached_pages: 12,
                dirty_pages: 3,
                leads: 1,
                coordinates: if i == 1 && !empty { vec!["payment".into()] } else { vec![] },
            })
        })
        .collect();
    let all = || vec![BrokerId(1), BrokerId(2), BrokerId(3)];
    let mut partitions = Vec::new();
    if !empty {
        let bases: Vec<i64> = if long { vec![0, 400, 800, 1200] } else { vec![0, 6] };
        let (e, h) = if long { (1234, 1231) } else { (12, 9) };
        let isr = if dead { vec![BrokerId(1), BrokerId(2)] } else { all() };
        let part = |p: i32, leader: i32, bases: &[i64], ends: [i64; 3], hws: [i64; 3], epoch| {
            Rc::new(PartitionView {
                partition: tp(p),
                leader: Some(BrokerId(leader)),
                leader_epoch: epoch,
                replicas: all(),
                isr: isr.clone(),
                min_isr: 2,
                logs: (1..=3)
                    .map(|i| {
                        log(
                            i,
                            p,
                            i == leader,
                            isr.contains(&BrokerId(i)),
                            bases,
                            ends[i as usize - 1],
                            hws[i as usize - 1],
                            epoch,
                        )
                    })
                    .collect(),
            })
        };
        partitions.push(part(0, 1, &bases, [e, e, e - 3], [h, h, h - 1], 2));
        partitions.push(part(1, 2, &[0, 4], [8, 8, 8], [8, 8, 7], 1));
        partitions.push(part(2, if dead { 1 } else { 3 }, &[0, 2, 5], [7, 7, 7], [7, 7, 7], 4));
        if long {
            partitions.push(part(3, 2, &[0], [0, 0, 0], [0, 0, 0], 1));
            partitions.push(part(4, 1, &[0, 20, 40, 60], [75, 75, 30], [30, 30, 30], 1));
            partitions.push(part(5, 1, &[0], [1, 0, 1], [0, 0, 0], 0));
        }
    }
    let member = |id, name: &str, parts: Vec<(TopicPartition, i64)>| {
        Rc::new(ConsumerView {
            id: ClientId(id),
            name: name.into(),
            process: ProcessState::Running,
            state: "fetching",
            is_group_leader: id == 10,
            assignment: parts,
            buffered: 0,
            processed: 9,
        })
    };
    let now = session.now();
    let packet = |id, from, to, d: u64, len: u64, kind, partition, text: &str, idle, failed, loaded| {
        let sent_at = SimTime(7_418_000 - d);
        let round = (now.0.saturating_sub(sent_at.0)) / 40_000 * 40_000;
        let sent_at = SimTime(sent_at.0 + round);
        Rc::new(PacketView {
            id,
            from,
            to,
            sent_at,
            deliver_at: sent_at + SimTime(len),
            kind,
            partition,
            text: text.into(),
            api: "Fetch",
            idle,
            failed,
            loaded,
        })
    };
    use PacketKind as K;
    let br = |i| NodeId::Broker(BrokerId(i));
    let cl = |i| NodeId::Client(ClientId(i));
    let packets = if empty {
        vec![]
    } else {
        vec![
            packet(1, br(3), br(1), 20_000, 40_000, K::Fetch, Some(tp(0)), "Fetch @9", false, false, false),
            packet(2, br(1), br(2), 15_000, 40_000, K::Records, Some(tp(0)), "HW 9", false, false, false),
            packet(3, cl(1), br(1), 24_000, 40_000, K::Produce, Some(tp(0)), "9–11", false, false, true),
            packet(
                4,
                br(2),
                NodeId::Controller(ControllerId(1)),
                10_000,
                40_000,
                K::Control,
                None,
                "",
                true,
                false,
                false,
            ),
            packet(
                5,
                br(1),
                NodeId::Controller(ControllerId(1)),
                20_000,
                40_000,
                K::Control,
                None,
                "ISR 1,2",
                false,
                false,
                false,
            ),
            packet(6, br(2), cl(11), 20_000, 40_000, K::Records, Some(tp(1)), "7", false, false, true),
            packet(
                7,
                br(3),
                cl(11),
                30_000,
                40_000,
                K::Records,
                Some(tp(2)),
                "NOT_LEADER_OR_FOLLOWER",
                false,
                true,
                false,
            ),
            packet(8, cl(10), br(1), 28_000, 40_000, K::Fetch, Some(tp(0)), "", true, false, false),
        ]
    };
    Frame {
        now,
        quorum: Rc::new(QuorumView {
            controllers: (1..=3)
                .map(|i| ControllerView {
                    id: ControllerId(i),
                    process: ProcessState::Running,
                    role: if i == 1 { QuorumRole::Active } else { QuorumRole::Standby },
                })
                .collect(),
            epoch: 3,
            metadata_offset: 57,
        }),
        brokers,
        partitions,
        hidden_partitions: 50,
        producers: if empty {
            vec![]
        } else {
            vec![Rc::new(ProducerView {
                id: ClientId(1),
                name: "p".into(),
                process: ProcessState::Running,
                acks: "all",
                topic: "orders".into(),
                sent: 12,
                acked: 9,
                failed: 0,
                pending: 3,
                error: dead.then_some("NOT_ENOUGH_REPLICAS"),
            })]
        },
        groups: if empty {
            vec![]
        } else {
            vec![Rc::new(GroupView {
                name: "payment".into(),
                state: "Stable",
                generation: 2,
                coordinator: Some(BrokerId(1)),
                members: vec![
                    member(10, "a", vec![(tp(0), 9)]),
                    member(11, "b", vec![(tp(1), 8), (tp(2), 7)]),
                    member(12, "c", vec![]),
                ],
                committed: vec![(tp(0), 6)],
                lag: 3,
            })]
        },
        packets,
        cuts: vec![],
    }
}

pub fn inspect(_: &Session, selection: &Selection) -> Inspection {
    let f = |start, end, name: &str, value: &str, meaning: &str| FieldView {
        start,
        end,
        name: name.into(),
        value: value.into(),
        meaning: meaning.into(),
    };
    let row = |a: &str, b: &str| (a.to_string(), b.to_string());
    let bytes = matches!(selection, Selection::Record(..)).then(|| BytesView {
        base_position: 420,
        bytes: (0..96u32).map(|i| (i * 37 % 251) as u8 * u8::from(i > 16)).collect(),
        fields: vec![
            f(0, 8, "baseOffset", "9", "배치의 첫 오프셋"),
            f(8, 12, "batchLength", "140", "이 뒤로 이어지는 바이트 수"),
            f(12, 16, "partitionLeaderEpoch", "2", "쓴 리더의 에포크"),
            f(16, 17, "magic", "2", "배치 형식의 판"),
            f(17, 21, "crc", "7b1e904d ✓", "attributes부터 끝까지의 CRC-32C"),
            f(21, 23, "attributes", "0", "압축, 시각 종류, 트랜잭션, 컨트롤"),
            f(23, 27, "lastOffsetDelta", "2", "마지막 레코드의 오프셋 − baseOffset"),
            f(27, 35, "baseTimestamp", "1735689607401", "첫 레코드의 시각"),
            f(35, 43, "maxTimestamp", "1735689607401", "가장 늦은 시각"),
            f(43, 51, "producerId", "-1", ""),
            f(51, 53, "producerEpoch", "-1", ""),
            f(53, 57, "baseSequence", "-1", ""),
            f(57, 61, "records count", "3", "레코드 수"),
            f(61, 96, "records", "35 B", "레코드들"),
        ],
    });
    Inspection {
        eyebrow: "orders-0 · 브로커 1 (리더)".into(),
        title: "레코드 배치 · 오프셋 9–11".into(),
        sections: vec![
            Section {
                heading: "복제".into(),
                rows: vec![
                    row("리더 에포크", "2"),
                    row("로그 시작", "0"),
                    row("LEO", "12"),
                    row("HW", "9"),
                    row("ISR", "1, 2, 3"),
                    row("min.insync.replicas", "2"),
                ],
            },
            Section {
                heading: "팔로워가 가진 것".into(),
                rows: vec![row("브로커 2", "LEO 12"), row("브로커 3", "LEO 9")],
            },
        ],
        bytes,
        why: vec![WhyView {
            question: "왜 HW가 9에 멈췄나요?".into(),
            steps: vec![
                WhyStep {
                    seq: 24, at: SimTime(7_418_000), text: "리더의 HW는 ISR 가운데 가장 낮은 LEO예요.".into()
                },
                WhyStep { seq: 20, at: SimTime(7_401_000), text: "브로커 3의 마지막 Fetch는 @9예요.".into() },
                WhyStep { seq: 12, at: SimTime(6_980_000), text: "명령: disk slow 3 40x".into() },
            ],
        }],
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    Out,
    Err,
    Note,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub kind: LineKind,
    pub text: String,
}
pub struct Output {
    pub lines: Vec<Line>,
    pub ok: bool,
}
#[derive(Default)]
pub struct Terminal;
impl Terminal {
    pub fn new() -> Self {
        Self
    }
    pub fn execute(&mut self, _: &mut Session, line: &str) -> Output {
        if line == "panic" {
            panic!("시험");
        }
        let l = |kind, text: &str| Line { kind, text: text.into() };
        if line.starts_with("kafka-topics --describe") {
            return Output {
                lines: vec![
                    l(
                        LineKind::Out,
                        "Topic: orders\tTopicId: 9vQm3hRkTQ2Zf0bWc1aUxg\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: min.insync.replicas=2",
                    ),
                    l(
                        LineKind::Out,
                        "\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2,3\tElr: \tLastKnownElr: ",
                    ),
                    l(LineKind::Note, "ISR이 min.insync.replicas보다 많아요."),
                ],
                ok: true,
            };
        }
        Output {
            lines: vec![l(LineKind::Err, "1행 1열: 모르는 명령이에요. kafka-topics를 뜻했나요?")], ok: false
        }
    }
}

pub(super) fn lesson() -> Rc<crate::ui::lesson::LessonView> {
    use crate::ui::lesson::*;
    let done = kind().contains("done");
    Rc::new(LessonView {
        eyebrow: "C. 복제 · 4 / 14 · 6분".into(),
        title: "하이워터마크는 언제 오르나".into(),
        step: 2,
        steps: 6,
        prose: "브로커 3의 디스크를 느리게 했어요. 리더는 오프셋 11까지 적었고, 브로커 2는 벌써 다 가져갔어요. 브로커 3만 9에 머물러 있어요.\n\n셋 모두 **ISR**에 남아 있는 지금, 컨슈머는 어디까지 읽을 수 있을까요? `kafka-topics --describe`로도 확인할 수 있어요.".into(),
        prediction: Some(PredictionView {
            question: String::new(),
            options: vec!["오프셋 11까지: 리더에 적혔으니까".into(), "오프셋 10까지: 과반이 가졌으니까".into(), "오프셋 8까지: 가장 느린 ISR이 정하니까".into()],
            chosen: Some(if done { 1 } else { 2 }),
            verdict: done.then(|| (2, "HW는 ISR 가운데 **가장 낮은** LEO예요. 브로커 3의 LEO가 9라서 오프셋 8까지 커밋됐어요.".into())),
        }),
        goals: vec![
            GoalView { text: "커밋된 곳 확인하기".into(), source: "hw(orders-0) == 9".into(), reached: true },
            GoalView { text: "브로커 3을 ISR에서 내보내기".into(), source: "isr(orders-0).len == 2".into(), reached: false },
            GoalView { text: "HW 올리기".into(), source: "hw(orders-0) == 12".into(), reached: false },
        ],
        hints: vec!["`broker pause 3`을 해 보세요.".into()],
        hints_shown: usize::from(done),
        commands: vec!["disk slow 3 40x".into()],
        commands_ran: done,
        can_go_on: false,
    })
}
