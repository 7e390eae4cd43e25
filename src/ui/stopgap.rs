//! A few commands and one lesson's looks, until the layers `command` and `lesson` are there. Deleted then.
#![allow(missing_docs)]

use crate::base::{BrokerId, NodeId, SimTime};
use crate::sim::{Action, AdminCall, ConsumerSpec, KeySpec, ProducerSpec, Session};
use std::rc::Rc;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LineKind {
    Out,
    Err,
    Note,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) kind: LineKind,
    pub(super) text: String,
}
pub(super) struct Output {
    pub(super) lines: Vec<Line>,
    pub(super) ok: bool,
}
#[derive(Default)]
pub(super) struct Terminal;

impl Terminal {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn execute(&mut self, session: &mut Session, line: &str) -> Output {
        let words: Vec<&str> = line.lines().next().unwrap_or_default().split_whitespace().collect();
        match self.act(session, &words) {
            Ok(text) => Output { lines: vec![Line { kind: LineKind::Out, text }], ok: true },
            Err(text) => Output { lines: vec![Line { kind: LineKind::Err, text }], ok: false },
        }
    }

    fn act(&mut self, session: &mut Session, words: &[&str]) -> Result<String, String> {
        let flag = |name: &str| words.iter().position(|w| *w == name).and_then(|i| words.get(i + 1)).copied();
        let action = match words {
            ["run", time] => {
                let seconds: u64 =
                    time.trim_end_matches('s').parse().map_err(|_| "시간을 읽지 못했어요".to_string())?;
                session.run_to(session.now() + SimTime::from_secs(seconds));
                return Ok(String::new());
            }
            ["panic"] => panic!("시험"),
            ["broker", verb, id] => {
                let node = NodeId::Broker(BrokerId(id.parse().map_err(|_| "번호가 아니에요".to_string())?));
                match *verb {
                    "kill" => Action::Kill(node),
                    "stop" => Action::Stop(node),
                    "pause" => Action::Pause(node),
                    "resume" => Action::Resume(node),
                    "start" => Action::Start(node),
                    _ => return Err(format!("모르는 동작: {verb}")),
                }
            }
            ["kafka-topics", "--create", ..] => Action::Admin(AdminCall::CreateTopic {
                name: flag("--topic").unwrap_or("orders").into(),
                partitions: flag("--partitions").and_then(|v| v.parse().ok()).unwrap_or(-1),
                replication_factor: flag("--replication-factor").and_then(|v| v.parse().ok()).unwrap_or(-1),
                configs: vec![("min.insync.replicas".into(), "2".into())],
            }),
            ["producer", name, "start", ..] => Action::StartProducer(ProducerSpec {
                name: (*name).into(),
                topic: flag("--topic").unwrap_or("orders").into(),
                interval_us: Some(500_000),
                count: None,
                keys: KeySpec::Several(5),
                value_size: 20,
                config: vec![("acks".into(), "all".into())],
                tool: false,
            }),
            ["consumer", name, "start", ..] => Action::StartConsumer(ConsumerSpec {
                name: (*name).into(),
                group: flag("--group").unwrap_or("g1").into(),
                topics: vec![flag("--topic").unwrap_or("orders").into()],
                config: vec![("auto.offset.reset".into(), "earliest".into())],
                processing_us: 1000,
                limit: None,
                tool: false,
            }),
            _ => return Err("아직 모르는 명령이에요.".into()),
        };
        session.act(action).map_err(|error| error.to_string())?;
        Ok(String::new())
    }
}

pub(super) fn lesson() -> Rc<crate::ui::lesson::LessonView> {
    use crate::ui::lesson::{GoalView, LessonView, PredictionView};
    let goal = |text: &str, source: &str, reached| GoalView { text: text.into(), source: source.into(), reached };
    Rc::new(LessonView {
        eyebrow: "C. 복제".into(),
        title: "하이워터마크는 언제 오르나".into(),
        step: 2,
        steps: 6,
        prose: "브로커 3의 디스크를 느리게 했어요. 리더는 오프셋 11까지 적었고, 브로커 2는 벌써 다 가져갔어요.\n\n셋 모두 **ISR**에 남아 있는 지금, 컨슈머는 어디까지 읽을 수 있을까요? `kafka-topics --describe`로도 확인할 수 있어요.".into(),
        prediction: Some(PredictionView {
            question: String::new(),
            options: vec![
                "오프셋 11까지: 리더에 적혔으니까".into(),
                "오프셋 10까지: 과반이 가졌으니까".into(),
                "오프셋 8까지: 가장 느린 ISR이 정하니까".into(),
            ],
            chosen: Some(1),
            verdict: Some((2, "HW는 ISR 가운데 **가장 낮은** LEO예요.".into())),
        }),
        goals: vec![
            goal("커밋된 곳 확인하기", "hw(orders-0) == 9", true),
            goal("브로커 3을 ISR에서 내보내기", "isr(orders-0).len == 2", false),
        ],
        hints: vec!["`broker pause 3`을 해 보세요.".into()],
        hints_shown: 1,
        commands: vec![],
        commands_ran: true,
        can_go_on: false,
    })
}
