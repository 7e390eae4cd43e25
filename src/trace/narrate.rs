//! What happened, as a Korean sentence: for the event log, the live region and the chain of causes.
//!
//! One level of politeness (해요체), Kafka's own terms, and particles that fit the name before them. A sentence says who
//! did what; where a learner would ask "so what", it says that too, in half a sentence.

use super::{Loss, TraceEvent, TraceKind};
use crate::base::josa::{Josa, josa, particle};
use crate::base::{BrokerId, ClientId, NodeId, Offset};
use std::rc::Rc;

/// What clients are called; a trace knows only their numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    clients: Vec<(ClientId, Rc<str>)>,
}

impl Names {
    /// The names of clients, each with what it is: `프로듀서 p1`.
    #[must_use]
    pub fn new(clients: impl IntoIterator<Item = (ClientId, Rc<str>)>) -> Self {
        Self { clients: clients.into_iter().collect() }
    }

    /// What `node` is called.
    #[must_use]
    pub fn node(&self, node: NodeId) -> String {
        match node {
            NodeId::Broker(id) => format!("브로커 {id}"),
            NodeId::Controller(id) => format!("컨트롤러 {id}"),
            NodeId::Client(id) => {
                let name = self.clients.iter().find(|(client, _)| *client == id);
                name.map_or_else(|| "명령줄 도구".into(), |(_, name)| name.to_string())
            }
        }
    }
}

/// `event` as a sentence.
#[must_use]
pub fn sentence(event: &TraceEvent, names: &Names) -> String {
    let who = event.node.map_or_else(|| "클러스터".into(), |node| names.node(node));
    process(&event.kind, &who)
        .or_else(|| message(&event.kind, &who, names))
        .or_else(|| log(&event.kind, &who))
        .or_else(|| replication(&event.kind, &who))
        .or_else(|| control(&event.kind, &who))
        .or_else(|| clients(&event.kind, &who))
        .or_else(|| group(&event.kind, &who))
        .expect("every kind of event has a sentence")
}

fn process(kind: &TraceKind, who: &str) -> Option<String> {
    let subject = josa(who, Josa::Subject);
    Some(match kind {
        TraceKind::Command(line) => format!("명령: {line}"),
        TraceKind::Started => format!("{subject} 켜졌어요."),
        TraceKind::Killed => format!("{subject} 강제로 꺼졌어요. 디스크와 페이지 캐시는 남아 있어요."),
        TraceKind::Stopped => format!("{subject} 정상 종료했어요."),
        TraceKind::Paused => format!("{subject} 멈췄어요. 살아 있지만 응답하지 않아요."),
        TraceKind::Machine(news) => news.sentence(who),
        TraceKind::LogDirFailed { error } => {
            format!(
                "{who}의 로그 디렉터리를 더는 쓸 수 없어요({error}). 로그 디렉터리가 하나뿐이라 브로커가 바로 멈춰요."
            )
        }
        TraceKind::Resumed => format!("{subject} 다시 움직여요."),
        _ => return None,
    })
}

fn message(kind: &TraceKind, who: &str, names: &Names) -> Option<String> {
    let subject = josa(who, Josa::Subject);
    Some(match kind {
        TraceKind::Sent { to, label, lost, .. } => {
            let what = josa(&label.to_string(), Josa::Object);
            let end = match lost {
                None => "보냈어요.",
                Some(Loss::Cut) => "보냈지만 네트워크가 끊겨 사라져요.",
                Some(Loss::Chosen) => "보냈지만 가는 길에 사라져요.",
                Some(Loss::GivenUp) => "보냈지만 TCP가 여러 번 다시 보내다 포기해요.",
            };
            format!("{subject} {}에 {what} {end}", names.node(*to))
        }
        TraceKind::Delivered { from, label, .. } => {
            let what = josa(&label.to_string(), Josa::Object);
            format!("{subject} {}의 {what} 받았어요.", names.node(*from))
        }
        TraceKind::Disconnected { peer } => {
            format!("{} {} 사이의 연결이 끊겼어요.", josa(who, Josa::With), names.node(*peer))
        }
        TraceKind::LinkCut { a, b, one_way } => format!("{} 끊겼어요.", link(*a, *b, *one_way, names)),
        TraceKind::LinkHealed { a, b, one_way } => format!("{} 다시 이어졌어요.", link(*a, *b, *one_way, names)),
        TraceKind::Network(news) => news.sentence(who, names),
        _ => return None,
    })
}

/// What was cut or mended.
fn link(a: NodeId, b: NodeId, one_way: bool, names: &Names) -> String {
    let (a, b) = (names.node(a), names.node(b));
    if one_way {
        format!("{a}에서 {} 가는 길이", josa(&b, Josa::Toward))
    } else {
        format!("{} {b} 사이의 네트워크가", josa(&a, Josa::With))
    }
}

fn log(kind: &TraceKind, who: &str) -> Option<String> {
    Some(match kind {
        TraceKind::Appended { partition, first, last, as_leader, .. } => {
            let what = offsets(*first, *last);
            if *as_leader {
                format!("리더 {} {partition}에 {} 적었어요.", josa(who, Josa::Subject), josa(&what, Josa::Object))
            } else {
                format!("팔로워 {} {partition}의 {} 복제했어요.", josa(who, Josa::Subject), josa(&what, Josa::Object))
            }
        }
        TraceKind::SegmentRolled { partition, base } => {
            format!(
                "{} {partition}의 세그먼트를 봉인하고 {base}번부터 새 세그먼트를 열었어요.",
                josa(who, Josa::Subject)
            )
        }
        TraceKind::LogRecovered { partition, segments, bytes_read, bytes_cut } => {
            let subject = josa(who, Josa::Subject);
            let what =
                format!("{subject} {partition}의 세그먼트 {segments}개({bytes_read}바이트)를 다시 읽어 확인했어요.");
            let end = match bytes_cut {
                0 => "깨진 곳은 없어요.".into(),
                cut => format!("깨졌거나 덜 쓰인 배치부터 {cut}바이트를 잘라 냈어요."),
            };
            format!("{what} {end}")
        }
        TraceKind::SegmentDeleted { partition, base, end, why } => {
            let reason = match *why {
                "retention.ms" => "가장 최근 레코드도 보존 기간을 넘겼어요(retention.ms).",
                "retention.bytes" => "로그가 보존 크기를 넘었어요(retention.bytes).",
                _ => "모두 로그 시작보다 앞이에요.",
            };
            let what = josa(&offsets(*base, end - 1), Josa::Object);
            format!("{} {partition}에서 {what} 담은 세그먼트를 지웠어요. {reason}", josa(who, Josa::Subject))
        }
        TraceKind::LogCleaned { partition, from, to, bytes, records } => {
            let gone = records.0 - records.1;
            let what = match gone {
                0 => "지울 레코드는 없었어요".into(),
                _ => format!("레코드 {}건 가운데 {gone}건을 지웠어요", records.0),
            };
            let size = match bytes.0 == bytes.1 {
                true => format!("{}바이트 그대로예요", bytes.0),
                false => format!("{}바이트에서 {}바이트가 됐어요", bytes.0, bytes.1),
            };
            format!(
                "{} {partition}의 로그를 컴팩션했어요. {what}. 더티 구간은 오프셋 {from}–{}이고, 크기는 {size}.",
                josa(who, Josa::Subject),
                to - 1,
            )
        }
        TraceKind::CleaningFailed { partition, why } => format!(
            "{} {partition}의 로그를 컴팩션하지 못했어요: {why}. 다시 켜질 때까지 이 로그는 건드리지 않아요.",
            josa(who, Josa::Subject)
        ),
        TraceKind::ReplicaDeleted { partition } => {
            format!("{} 지워진 {partition}의 레플리카를 내려놓았어요. 파일은 나중에 지워요.", josa(who, Josa::Subject))
        }
        TraceKind::LogStartIncremented { partition, to, .. } => format!(
            "{} {partition}의 로그 시작 오프셋을 {} 올렸어요. 그 앞은 이제 읽을 수 없어요.",
            josa(who, Josa::Subject),
            josa(&to.to_string(), Josa::Toward)
        ),
        TraceKind::Truncated { partition, from, to } => format!(
            "{} {partition}의 로그 끝을 {from}에서 {} 잘라 냈어요.",
            josa(who, Josa::Subject),
            josa(&to.to_string(), Josa::Toward)
        ),
        _ => return None,
    })
}

fn replication(kind: &TraceKind, who: &str) -> Option<String> {
    Some(match kind {
        TraceKind::HighWatermark { partition, to, on_leader: true, .. } => {
            format!("{partition}의 HW가 {} 올랐어요. {}까지 커밋됐어요.", josa(&to.to_string(), Josa::Toward), to - 1)
        }
        TraceKind::HighWatermark { partition, to, .. } => {
            format!("팔로워 {} {partition}의 HW가 {to}인 것을 알았어요.", josa(who, Josa::Subject))
        }
        TraceKind::BecameLeader { partition, epoch, start } => {
            format!(
                "{} {partition}의 리더를 맡았어요. 에포크 {epoch}, 오프셋 {start}부터예요.",
                josa(who, Josa::Subject)
            )
        }
        TraceKind::BecameFollower { partition, leader: Some(leader), epoch } => {
            format!(
                "{} {partition}에서 브로커 {} 따라요. 에포크 {epoch}.",
                josa(who, Josa::Subject),
                josa(&leader.to_string(), Josa::Object)
            )
        }
        TraceKind::BecameFollower { partition, leader: None, .. } => {
            format!("{} 아는 {partition}의 리더가 없어요. 새 리더를 기다려요.", josa(who, Josa::Subject))
        }
        TraceKind::IsrProposed { partition, from, to } => {
            let (out, new) = (brokers(&missing(from, to)), brokers(&missing(to, from)));
            let wish = match (out.is_empty(), new.is_empty()) {
                (false, _) => format!("{} ISR에서 빼", josa(&out, Josa::Object)),
                (true, false) => format!("{} ISR에 넣어", josa(&new, Josa::Object)),
                (true, true) => "ISR을 그대로 두어".into(),
            };
            format!("{} {partition}: {wish} 달라고 컨트롤러에 요청했어요.", josa(who, Josa::Subject))
        }
        TraceKind::IsrChanged { partition, from, to } => {
            let (out, new) = (brokers(&missing(from, to)), brokers(&missing(to, from)));
            match (out.is_empty(), new.is_empty()) {
                (false, _) => {
                    format!("{partition}: {} ISR에서 나갔어요. 남은 ISR은 {}.", josa(&out, Josa::Subject), list(to))
                }
                (true, false) => {
                    format!("{partition}: {} ISR에 들어왔어요. ISR은 {}.", josa(&new, Josa::Subject), list(to))
                }
                (true, true) => format!("{partition}: ISR은 {} 그대로예요.", list(to)),
            }
        }
        _ => return None,
    })
}

fn control(kind: &TraceKind, who: &str) -> Option<String> {
    Some(match kind {
        TraceKind::LeaderElected { partition, to: Some(to), epoch, unclean: true, .. } => format!(
            "{partition}의 리더로 브로커 {} 언클린하게 뽑았어요. 커밋된 레코드를 잃을 수 있어요. 에포크 {epoch}.",
            josa(&to.to_string(), Josa::Object)
        ),
        TraceKind::ReplicasReassigned { partition, to, adding, removing, .. }
            if adding.is_empty() && removing.is_empty() =>
        {
            format!("{partition}의 레플리카는 이제 {}예요. 옮기는 중인 것은 없어요.", list(to))
        }
        TraceKind::ReplicasReassigned { partition, adding, removing, .. } => {
            let (new, out) = (brokers(adding), brokers(removing));
            match (new.is_empty(), out.is_empty()) {
                (false, false) => format!(
                    "{partition}의 레플리카를 옮겨요. {} ISR에 들어오면 {} 빠져요.",
                    josa(&new, Josa::Subject),
                    josa(&out, Josa::Subject)
                ),
                (false, true) => format!("{partition}의 레플리카로 {} 더해요.", josa(&new, Josa::Object)),
                (true, _) => format!("{partition}의 레플리카에서 {} 빼요.", josa(&out, Josa::Object)),
            }
        }
        TraceKind::LeaderElected { partition, to: Some(to), epoch, from, .. } => {
            let new = josa(&format!("브로커 {to}"), Josa::Subject);
            match from {
                Some(old) if old != to => format!(
                    "{partition}의 리더가 브로커 {old}에서 브로커 {} 바뀌었어요. 에포크 {epoch}.",
                    josa(&to.to_string(), Josa::Toward)
                ),
                _ => format!("{new} {partition}의 리더가 됐어요. 에포크 {epoch}."),
            }
        }
        TraceKind::LeaderElected { partition, to: None, .. } => {
            format!("{partition}에 리더가 없어요. 읽기와 쓰기가 멈춰요.")
        }
        TraceKind::Prospective { epoch } => {
            format!("{} 선거에 나서도 될지 먼저 물었어요. 에포크는 {epoch} 그대로예요.", josa(who, Josa::Subject))
        }
        TraceKind::Candidate { epoch } => {
            format!("{} 컨트롤러 선거에 나섰어요. 에포크 {epoch}.", josa(who, Josa::Subject))
        }
        TraceKind::ControllerElected { epoch } => {
            format!("{} 액티브 컨트롤러로 뽑혔어요. 에포크 {epoch}.", josa(who, Josa::Subject))
        }
        TraceKind::ControllerResigned { epoch } => {
            format!("{} 액티브 컨트롤러에서 물러났어요. 에포크 {epoch}.", josa(who, Josa::Subject))
        }
        TraceKind::BrokerRegistered { broker } => {
            format!("컨트롤러에 브로커 {} 등록됐어요.", josa(&broker.to_string(), Josa::Subject))
        }
        TraceKind::BrokerFenced { broker } => {
            format!(
                "컨트롤러가 브로커 {} 펜싱했어요. 이제 리더가 될 수 없어요.",
                josa(&broker.to_string(), Josa::Object)
            )
        }
        TraceKind::BrokerUnfenced { broker } => {
            format!("컨트롤러가 브로커 {broker}의 펜싱을 풀었어요. 이제 리더가 될 수 있어요.")
        }
        TraceKind::TopicCreated { topic, partitions } => {
            format!("토픽 {} 만들어졌어요. 파티션은 {partitions}개예요.", josa(topic, Josa::Subject))
        }
        TraceKind::PartitionsCreated { topic, from, to } => {
            format!("토픽 {topic}의 파티션이 {from}개에서 {to}개로 늘었어요.")
        }
        TraceKind::TopicDeleted { topic } => format!("토픽 {} 지워졌어요.", josa(topic, Josa::Subject)),
        TraceKind::ConfigChanged { resource, name, value: Some(value) } => {
            format!("{resource}의 설정이 바뀌었어요: {name}={value}")
        }
        TraceKind::ConfigChanged { resource, name, value: None } => {
            format!("{resource}의 설정 {} 지워서 기본값으로 돌아갔어요.", josa(name, Josa::Object))
        }
        _ => return None,
    })
}

fn clients(kind: &TraceKind, who: &str) -> Option<String> {
    let subject = josa(who, Josa::Subject);
    Some(match kind {
        TraceKind::RecordSent { partition, number } => {
            format!("{subject} {}번째 레코드를 {} 정했어요.", number + 1, josa(&partition.to_string(), Josa::Toward))
        }
        TraceKind::RecordsAcked { partition, ids, first: -1 } => {
            let count = ids.len();
            format!("{} {partition}에 보낸 {count}건을 보내자마자 성공으로 여겨요(acks=0).", josa(who, Josa::Topic))
        }
        TraceKind::RecordsAcked { partition, ids, first } => {
            let last = first + ids.len() as Offset - 1;
            format!("{subject} {partition} {}의 확인 응답을 받았어요.", offsets(*first, last))
        }
        TraceKind::ProduceRetried { partition, error } => {
            format!("{subject} {partition} 쓰기에 실패해 다시 보내요: {error}")
        }
        TraceKind::RecordsFailed { partition, ids, error, .. } => {
            let count = ids.len();
            format!("{subject} {partition}에 쓰려던 {count}건을 포기했어요: {error}")
        }
        TraceKind::Processed { partition, first, last } => {
            format!("{subject} {partition}의 {} 처리했어요.", josa(&offsets(*first, *last), Josa::Object))
        }
        TraceKind::FetchFailed { partition, cause } => {
            let cause = cause.split_once(": ").map_or(&**cause, |(_, cause)| cause);
            format!("{subject} {partition}에서 읽을 수 없는 레코드를 만나 그만뒀어요: {cause}")
        }
        TraceKind::OffsetReset { partition, to } => {
            format!("{subject} {partition}에서 읽던 자리가 없어 {to}번부터 읽어요(auto.offset.reset).")
        }
        _ => return None,
    })
}

fn group(kind: &TraceKind, who: &str) -> Option<String> {
    Some(match kind {
        TraceKind::OffsetCommitted { group, partition, offset } => {
            format!(
                "그룹 {} {partition}의 오프셋 {} 커밋했어요. 다음에 읽을 자리예요.",
                josa(group, Josa::Subject),
                josa(&offset.to_string(), Josa::Object)
            )
        }
        TraceKind::GroupState { group, to, generation, .. } => {
            format!("그룹 {group}: {}. 세대 {generation}.", group_state(to))
        }
        TraceKind::MemberJoined { group, member } => {
            format!("그룹 {group}에 {} 들어왔어요.", josa(member, Josa::Subject))
        }
        TraceKind::MemberLeft { group, member, why } => {
            format!("그룹 {group}에서 {} 나갔어요({why}).", josa(member, Josa::Subject))
        }
        TraceKind::Assigned { partitions, generation, .. } if partitions.is_empty() => {
            format!("{} 맡은 파티션이 없어요. 세대 {generation}.", josa(who, Josa::Topic))
        }
        TraceKind::Assigned { partitions, generation, .. } => {
            let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            format!(
                "{} {names}{} 맡았어요. 세대 {generation}.",
                josa(who, Josa::Subject),
                particle(&names, Josa::Object)
            )
        }
        _ => return None,
    })
}

/// A group's state in words, with Kafka's name.
#[must_use]
pub fn group_state(state: &str) -> &'static str {
    match state {
        "Empty" => "비어 있어요(Empty)",
        "PreparingRebalance" => "리밸런스를 준비해요(PreparingRebalance)",
        "CompletingRebalance" => "할당을 기다려요(CompletingRebalance)",
        "Stable" => "안정 상태예요(Stable)",
        "Dead" => "사라졌어요(Dead)",
        _ => "아직 코디네이터가 없어요",
    }
}

fn offsets(first: Offset, last: Offset) -> String {
    if first == last { format!("오프셋 {first}") } else { format!("오프셋 {first}–{last}") }
}

fn missing(from: &[BrokerId], to: &[BrokerId]) -> Vec<BrokerId> {
    from.iter().filter(|id| !to.contains(id)).copied().collect()
}

fn brokers(ids: &[BrokerId]) -> String {
    if ids.is_empty() { String::new() } else { format!("브로커 {}", list(ids)) }
}

fn list(ids: &[BrokerId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("·")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SimTime, TopicPartition};
    use crate::trace::MachineNews;

    fn says(node: Option<NodeId>, kind: TraceKind) -> String {
        sentence(&TraceEvent { seq: 0, at: SimTime::ZERO, node, cause: None, kind }, &Names::default())
    }

    #[test]
    fn sentences_have_the_right_particles() {
        let partition = TopicPartition::new(&"orders".into(), 0);
        let one = Some(NodeId::Broker(BrokerId(1)));
        let kind = TraceKind::Appended {
            partition: partition.clone(),
            first: 9,
            last: 11,
            epoch: 2,
            ids: [].into(),
            as_leader: true,
        };
        assert_eq!(says(one, kind), "리더 브로커 1이 orders-0에 오프셋 9–11을 적었어요.");
        let kind = TraceKind::HighWatermark { partition: partition.clone(), from: 8, to: 9, on_leader: true };
        assert_eq!(says(one, kind), "orders-0의 HW가 9로 올랐어요. 8까지 커밋됐어요.");
        let kind = TraceKind::IsrChanged {
            partition,
            from: vec![BrokerId(1), BrokerId(2), BrokerId(3)],
            to: vec![BrokerId(1), BrokerId(2)],
        };
        assert_eq!(says(None, kind), "orders-0: 브로커 3이 ISR에서 나갔어요. 남은 ISR은 1·2.");
        let news = MachineNews::PoweredOff { dirty: 7, arrived: 3 };
        assert_eq!(
            says(one, TraceKind::Machine(news)),
            "브로커 1의 전원이 나갔어요. 더티 페이지 7쪽 가운데 3쪽만 디스크에 닿아 있었어요."
        );
        assert_eq!(says(one, TraceKind::Killed), "브로커 1이 강제로 꺼졌어요. 디스크와 페이지 캐시는 남아 있어요.");
    }
}
