//! What a predicate can ask of the world.

use super::groups;
use super::value::Value;
use crate::base::{BrokerId, ControllerId, NodeId, TopicPartition};
use crate::broker::Partition;
use crate::command::Problem;
use crate::command::words::column_of;
use crate::disk::Disk;
use crate::sim::Cluster;

/// What kind of thing an argument names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// `topic-partition`.
    Partition,
    /// `topic-partition`, or `topic-partition@broker`.
    MaybeReplica,
    /// `topic-partition@broker`.
    Replica,
    /// A broker's id, or `broker-1`, or `controller-1`.
    Node,
    /// A consumer group.
    Group,
    /// A producer's or consumer's name.
    Client,
}

/// An argument, known to exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    /// A partition, perhaps on one broker.
    Partition(TopicPartition, Option<BrokerId>),
    /// A broker or controller.
    Node(NodeId),
    /// A group or a client.
    Name(String),
}

/// How a function finds its answer.
type Run = fn(&Cluster, &[Argument]) -> Value;

/// A function of the predicate language.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it answers, in Korean.
    pub help: &'static str,
    /// Its arguments.
    pub params: &'static [Param],
    /// How many of the last arguments may be left out.
    pub optional: usize,
    /// How it finds its answer; `None` if that is not modelled yet.
    pub run: Option<Run>,
}

impl Function {
    /// Whether it takes so many arguments.
    #[must_use]
    pub fn takes(&self, count: usize) -> bool {
        (self.params.len() - self.optional..=self.params.len()).contains(&count)
    }
}

const fn function(
    name: &'static str,
    usage: &'static str,
    help: &'static str,
    params: &'static [Param],
    run: Run,
) -> Function {
    Function { name, usage, help, params, optional: 0, run: Some(run) }
}

const fn not_yet(name: &'static str, usage: &'static str, help: &'static str, params: &'static [Param]) -> Function {
    Function { name, usage, help, params, optional: 0, run: None }
}

const P: &[Param] = &[Param::Partition];
const PB: &[Param] = &[Param::MaybeReplica];
const R: &[Param] = &[Param::Replica];
const B: &[Param] = &[Param::Node];
const G: &[Param] = &[Param::Group];
const C: &[Param] = &[Param::Client];

/// All of them.
pub static FUNCTIONS: &[Function] = &[
    function("leader", "leader(P)", "파티션의 리더 브로커. 없으면 none", P, |c, a| {
        registered(c, a, |p| Value::number(p.leader.map(|b| b.0)))
    }),
    function("isr", "isr(P)", "ISR에 있는 브로커 목록", P, |c, a| {
        registered(c, a, |p| Value::numbers(p.isr.iter().map(|b| b.0)))
    }),
    function("replicas", "replicas(P)", "레플리카를 가진 브로커 목록", P, |c, a| {
        registered(c, a, |p| Value::numbers(p.replicas.iter().map(|b| b.0)))
    }),
    function("epoch", "epoch(P)", "리더 에포크", P, |c, a| {
        registered(c, a, |p| Value::Int(p.leader_epoch.into()))
    }),
    function("hw", "hw(P) 또는 hw(P@B)", "하이워터마크", PB, |c, a| {
        replica(c, a, |r| Value::Int(r.log.high_watermark()))
    }),
    function("leo", "leo(P) 또는 leo(P@B)", "로그 끝 오프셋(LEO)", PB, |c, a| {
        replica(c, a, |r| Value::Int(r.log.log_end_offset()))
    }),
    function("start", "start(P) 또는 start(P@B)", "로그 시작 오프셋", PB, |c, a| {
        replica(c, a, |r| Value::Int(r.log.log_start_offset()))
    }),
    function("segments", "segments(P@B)", "세그먼트의 기준 오프셋 목록", R, |c, a| {
        replica(c, a, |r| Value::numbers(r.log.segments().map(|s| s.base_offset())))
    }),
    function("epochs", "epochs(P@B)", "에포크와 그 시작 오프셋의 목록", R, |c, a| replica(c, a, epochs)),
    function("records", "records(P)", "리더 로그에 있는 레코드의 값 목록", P, |c, a| {
        records(c, a, |record| record.value.as_deref())
    }),
    function("keys", "keys(P)", "리더 로그에 있는 레코드의 키 목록", P, |c, a| {
        records(c, a, |record| record.key.as_deref())
    }),
    not_yet("lso", "lso(P)", "마지막 안정 오프셋(LSO)", P),
    function("alive", "alive(B)", "브로커 프로세스가 살아 있는지", &[Param::Node], |c, a| match a {
        [Argument::Node(node)] => Value::Bool(c.is_alive(*node)),
        _ => Value::None,
    }),
    function("controller", "controller()", "액티브 컨트롤러. 없으면 none", &[], |c, _| {
        Value::number(c.active_controller().map(|it| it.id().0))
    }),
    function("coordinator", "coordinator(G)", "그룹의 코디네이터 브로커", G, groups::coordinator),
    function("state", "state(G)", "그룹의 상태", G, groups::state),
    function("generation", "generation(G)", "그룹의 세대", G, groups::generation),
    function("members", "members(G)", "그룹 멤버의 client.id 목록", G, groups::members),
    function("assignment", "assignment(C)", "컨슈머가 맡은 파티션 목록", C, groups::assignment),
    function(
        "committed",
        "committed(G, P)",
        "그룹이 커밋한 오프셋",
        &[Param::Group, Param::Partition],
        groups::committed,
    ),
    function(
        "position",
        "position(C, P)",
        "컨슈머가 다음에 읽을 오프셋",
        &[Param::Client, Param::Partition],
        groups::position,
    ),
    Function {
        name: "lag",
        usage: "lag(G) 또는 lag(G, P)",
        help: "그룹이 아직 커밋하지 않은 레코드 수",
        params: &[Param::Group, Param::Partition],
        optional: 1,
        run: Some(groups::lag),
    },
    function("rebalances", "rebalances(G)", "리밸런스가 시작된 횟수", G, groups::rebalances),
    function("processed", "processed(G)", "그룹이 처리한 레코드 수(같은 것은 한 번만)", G, groups::processed),
    function("reprocessed", "reprocessed(G)", "그룹이 두 번 이상 처리한 레코드 수", G, groups::reprocessed),
    function("skipped", "skipped(G)", "처리하지 않은 채 커밋으로 지나친 레코드 수", G, groups::skipped),
    not_yet("stalled", "stalled(G)", "리밸런스 동안 멈춘 시간의 합(ms)", G),
    function("sent", "sent(N)", "프로듀서가 send()에 넘긴 레코드 수", C, |c, a| {
        produced(c, a, |p| p.sent())
    }),
    function("acked", "acked(N)", "프로듀서가 안전하다고 들은 레코드 수", C, |c, a| {
        produced(c, a, |p| p.acked())
    }),
    function("failed", "failed(N)", "프로듀서가 포기한 레코드 수", C, |c, a| {
        produced(c, a, |p| p.failed())
    }),
    function("lost", "lost()", "확인 응답을 받았는데 사라진 레코드 수", &[], |c, _| {
        Value::count(c.lost())
    }),
    function("duplicates", "duplicates()", "로그에 두 번 이상 있는 레코드 수", &[], |c, _| {
        Value::count(c.duplicates())
    }),
    function("reordered", "reordered()", "보낸 순서와 다른 자리에 적힌 레코드 수", &[], |c, _| {
        Value::count(c.reordered())
    }),
    function("dirty", "dirty(B)", "아직 디스크에 쓰지 않은 페이지 수", B, |c, a| {
        machine(c, a, |disk| disk.page_cache().dirty)
    }),
    function("resident", "resident(B)", "페이지 캐시에 있는 페이지 수", B, |c, a| {
        machine(c, a, |disk| disk.page_cache().resident)
    }),
    function("hits", "hits(B)", "페이지 캐시에서 바로 읽은 페이지 수", B, |c, a| {
        machine(c, a, |disk| disk.cache_stat().hits)
    }),
    function("misses", "misses(B)", "디스크를 기다려 읽은 페이지 수", B, |c, a| {
        machine(c, a, |disk| disk.cache_stat().misses)
    }),
    function("seeks", "seeks(B)", "디스크가 자리를 옮긴 횟수", B, |c, a| {
        machine(c, a, |disk| disk.device_stat().seeks)
    }),
    function("copied", "copied(B)", "컨슈머에게 보내며 CPU가 복사한 바이트 수", B, |c, a| match a {
        [Argument::Node(NodeId::Broker(id))] => {
            c.broker(*id).map_or(Value::None, |broker| Value::count(broker.sendings().consumers.cpu_bytes))
        }
        _ => Value::None,
    }),
    not_yet("txn", "txn(X)", "트랜잭션의 상태", C),
    not_yet("pid", "pid(N)", "프로듀서 ID", C),
    not_yet("pepoch", "pepoch(N)", "프로듀서 에포크", C),
    function("now", "now()", "지금 시각(ms)", &[], |c, _| Value::count(c.now().as_ms())),
];

/// Of a broker's disk.
fn machine(cluster: &Cluster, arguments: &[Argument], get: impl Fn(&Disk) -> u64) -> Value {
    match arguments {
        [Argument::Node(NodeId::Broker(id))] => {
            cluster.broker_node(*id).map_or(Value::None, |machine| Value::count(get(machine.disk())))
        }
        _ => Value::None,
    }
}

fn registered(
    cluster: &Cluster,
    arguments: &[Argument],
    get: impl Fn(&crate::protocol::PartitionRegistration) -> Value,
) -> Value {
    match arguments {
        [Argument::Partition(tp, _)] => cluster.registration(tp).map_or(Value::None, |partition| get(partition)),
        _ => Value::None,
    }
}

/// Of the replica on the broker that is named, else of the leader's.
fn replica(cluster: &Cluster, arguments: &[Argument], get: impl Fn(&Partition) -> Value) -> Value {
    let replica = match arguments {
        [Argument::Partition(tp, Some(broker))] => cluster.replica(tp, *broker),
        [Argument::Partition(tp, None)] => cluster.leader_replica(tp),
        _ => None,
    };
    replica.map_or(Value::None, get)
}

fn epochs(replica: &Partition) -> Value {
    Value::List(replica.log.epoch_entries().map(|it| Value::numbers([i64::from(it.epoch), it.start_offset])).collect())
}

fn records(
    cluster: &Cluster,
    arguments: &[Argument],
    get: impl for<'a> Fn(&'a crate::record::Record<'_>) -> Option<&'a [u8]>,
) -> Value {
    let [Argument::Partition(tp, _)] = arguments else { return Value::None };
    let Some(replica) = cluster.leader_replica(tp) else { return Value::None };
    let leader = cluster.registration(tp).and_then(|partition| partition.leader);
    let Some(node) = leader.and_then(|id| cluster.broker_node(id)) else { return Value::None };
    let mut values = Vec::new();
    for batch in replica.log.batches(node.disk(), replica.log.log_start_offset()).flatten() {
        let Ok(batch) = crate::record::RecordBatch::parse(&batch.bytes) else { continue };
        values.extend(batch.records().flatten().map(|record| match get(&record) {
            Some(bytes) => Value::Name(String::from_utf8_lossy(bytes).into_owned()),
            None => Value::None,
        }));
    }
    Value::List(values)
}

fn produced(cluster: &Cluster, arguments: &[Argument], get: impl Fn(&crate::client::Producer) -> u64) -> Value {
    match arguments {
        [Argument::Name(name)] => Value::count(cluster.producers_named(name).map(get).sum()),
        _ => Value::None,
    }
}

/// The arguments of a call, each checked to be what it should and to exist. `None` if one of them is `none`.
pub(super) fn arguments(
    function: &Function,
    cluster: &Cluster,
    text: &str,
    values: Vec<(Value, usize)>,
) -> Result<Option<Vec<Argument>>, Problem> {
    let mut arguments = Vec::new();
    for (param, (value, at)) in function.params.iter().zip(values) {
        if value == Value::None {
            return Ok(None);
        }
        let column = column_of(text, at);
        let argument = match param {
            Param::Partition | Param::MaybeReplica | Param::Replica => {
                replica_argument(cluster, *param, value, column, function)?
            }
            Param::Node => Argument::Node(node_argument(cluster, &value, column)?),
            Param::Group => Argument::Name(name_argument(&value, column, "그룹", &groups::names(cluster))?),
            Param::Client => Argument::Name(name_argument(&value, column, "클라이언트", &client_names(cluster))?),
        };
        arguments.push(argument);
    }
    Ok(Some(arguments))
}

fn replica_argument(
    cluster: &Cluster,
    param: Param,
    value: Value,
    column: usize,
    function: &Function,
) -> Result<Argument, Problem> {
    let (name, broker) = match value {
        Value::List(mut pair) if pair.len() == 2 && param != Param::Partition => (pair.swap_remove(0), pair.pop()),
        other => (other, None),
    };
    let Value::Name(name) = name else {
        return Err(Problem::new(column, format!("orders-0 같은 파티션 이름이 와야 해요: {}", function.usage)));
    };
    let tp = partition_named(cluster, &name, column)?;
    let broker = match broker {
        Some(value) => Some(broker_argument(cluster, &value, column)?),
        None if param == Param::Replica => {
            return Err(Problem::new(column, format!("어느 브로커의 것인지 @로 적어야 해요: {}", function.usage)));
        }
        None => None,
    };
    Ok(Argument::Partition(tp, broker))
}

/// The partition of this name.
///
/// # Errors
/// If there is none.
pub(crate) fn partition_named(cluster: &Cluster, name: &str, column: usize) -> Result<TopicPartition, Problem> {
    let Some(tp) = TopicPartition::parse(name) else {
        return Err(Problem::new(column, format!("파티션 이름은 orders-0처럼 토픽-번호로 적어요: {name}")));
    };
    if cluster.registration(&tp).is_some() {
        return Ok(tp);
    }
    let known: Vec<String> =
        cluster.image().into_iter().flat_map(|image| image.partitions()).map(|(tp, _)| tp.to_string()).collect();
    Err(Problem::new(column, format!("그런 파티션은 없어요: {name}."))
        .or_rather(name, known.iter().map(String::as_str)))
}

fn broker_argument(cluster: &Cluster, value: &Value, column: usize) -> Result<BrokerId, Problem> {
    match node_argument(cluster, value, column)? {
        NodeId::Broker(id) => Ok(id),
        other => Err(Problem::new(column, format!("브로커가 와야 하는데 {other}예요."))),
    }
}

/// The broker or controller that a value names.
///
/// # Errors
/// If it names none, or one that does not exist.
pub(crate) fn node_argument(cluster: &Cluster, value: &Value, column: usize) -> Result<NodeId, Problem> {
    let node = match value {
        Value::Int(id) => i32::try_from(*id).ok().map(|id| NodeId::Broker(BrokerId(id))),
        Value::Name(name) => {
            let number = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.parse::<i32>().ok());
            let broker = number("broker-").map(|id| NodeId::Broker(BrokerId(id)));
            broker.or_else(|| number("controller-").map(|id| NodeId::Controller(ControllerId(id))))
        }
        _ => None,
    };
    let Some(node) = node else {
        return Err(Problem::new(column, format!("1이나 broker-1처럼 적어야 해요: {value}")));
    };
    match cluster.status(node) {
        Ok(_) => Ok(node),
        Err(error) => Err(Problem::action(column, &error)),
    }
}

/// The names of all clients that are not tools.
pub(crate) fn client_names(cluster: &Cluster) -> Vec<String> {
    cluster.clients().filter(|client| !client.is_tool()).map(|client| client.name.to_string()).collect()
}

fn name_argument(value: &Value, column: usize, what: &str, known: &[String]) -> Result<String, Problem> {
    let name = match value {
        Value::Name(name) => name.clone(),
        Value::Int(number) => number.to_string(),
        _ => return Err(Problem::new(column, format!("{what} 이름이 와야 해요."))),
    };
    if known.contains(&name) {
        return Ok(name);
    }
    let names = known.iter().map(String::as_str);
    Err(Problem::new(column, format!("그런 {what} 이름은 없어요: {name}.")).or_rather(&name, names))
}
