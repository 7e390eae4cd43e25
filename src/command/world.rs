//! Commands that change the world: `cluster`, `broker`, `controller`.

use super::Problem;
use super::call::{Call, number, setting};
use super::job::Reply;
use super::predicate::{Predicate, Value, node_argument};
use super::words::Word;
use crate::base::josa::{Josa, josa};
use crate::base::{BrokerId, ControllerId, NodeId};
use crate::broker::BrokerConfig;
use crate::controller::ControllerConfig;
use crate::sim::{Action, ClusterConfig, ConfigError, Session};
use crate::trace::narrate::{Names, sentence};
use crate::trace::{MachineNews, TraceKind};

/// `cluster`: another world.
pub(super) fn cluster(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let defaults = ClusterConfig::default();
    let count = |flag, most, default: i32| {
        call.number(flag, 1, most).map(|n| n.and_then(|n| i32::try_from(n).ok()).unwrap_or(default))
    };
    let seed = match call.value("--seed") {
        Some(word) => word
            .text
            .parse()
            .map_err(|_| Problem::new(word.column, format!("--seed 값은 0 이상의 정수여야 해요: {}", word.text)))?,
        None => defaults.seed,
    };
    let mut config = ClusterConfig {
        brokers: count("--brokers", 50, defaults.brokers)?,
        controllers: count("--controllers", 9, defaults.controllers)?,
        seed,
        configs: Vec::new(),
        racks: call.value("--racks").map(racks).transpose()?.unwrap_or_default(),
        before_leader_epochs: call.has("--before-leader-epochs"),
    };
    for word in call.values("--config") {
        let (name, value) = setting(word)?;
        config.configs.push((name.into(), value.into()));
        let alone = ClusterConfig { brokers: 1, controllers: 1, configs: config.configs.clone(), ..defaults.clone() };
        Session::new(alone).map_err(|error| refused(&error, word, name))?;
    }
    let (brokers, controllers) = (config.brokers, config.controllers);
    *session = Session::new(config).map_err(|error| Problem::new(1, error.to_string()))?;
    Ok(Reply::note(format!("브로커 {brokers}대, 컨트롤러 {controllers}대로 새 클러스터를 시작해요. 시드는 {seed}."))
        .moving(None))
}

/// `a,b,c`.
fn racks(word: &Word) -> Result<Vec<String>, Problem> {
    let racks: Vec<String> = word.text.split(',').map(String::from).collect();
    match racks.iter().any(String::is_empty) {
        true => Err(Problem::new(word.column, format!("랙 이름을 쉼표로 이어 적어요. a,b,c처럼: {}", word.text))),
        false => Ok(racks),
    }
}

fn refused(error: &ConfigError, word: &Word, name: &str) -> Problem {
    match error {
        ConfigError::Setting(message) if message.starts_with("Unknown") => {
            let problem = Problem::new(word.column, format!("모르거나 아직 다루지 않는 설정이에요: {name}."));
            problem.or_rather(name, BrokerConfig::NAMES.iter().copied().chain(ControllerConfig::NAMES.iter().copied()))
        }
        other => Problem::new(word.column, format!("설정을 받을 수 없어요: {other}")),
    }
}

/// `broker add [ID]`.
pub(super) fn add(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.given(0);
    let id = word.map(|word| number(word, "ID", 1, 1000)).transpose()?;
    if session.cluster().brokers().count() >= 50 {
        return Err(Problem::new(1, "브로커는 50대까지 둘 수 있어요."));
    }
    let action = Action::Add(id.and_then(|id| i32::try_from(id).ok()));
    session.act(action).map_err(|error| Problem::action(word.map_or(1, |word| word.column), &error))?;
    let added = id.or_else(|| session.cluster().brokers().map(|(id, _)| i64::from(id.0)).max()).unwrap_or(0);
    Ok(Reply::note(format!("{} 더했어요. 맡은 파티션은 아직 없어요.", josa(&format!("브로커 {added}"), Josa::Object))))
}

/// The node that a `broker` or `controller` command is about: a number, a name, or an expression that comes to one.
fn target(call: &Call, session: &Session) -> Result<(NodeId, usize), Problem> {
    let rest = call.rest()?;
    let (text, column) = (rest.text.trim(), rest.column);
    let value = Predicate::parse(text)
        .and_then(|expression| expression.value(session.cluster()))
        .map_err(|problem| Problem { column: column + problem.column - 1, ..problem })?;
    let controllers = call.command.name == "controller";
    let node = match value {
        Value::None => return Err(Problem::new(column, format!("지금은 없어요: {text}"))),
        Value::Int(id) if controllers => {
            node_argument(session.cluster(), &Value::Name(format!("controller-{id}")), column)?
        }
        other => node_argument(session.cluster(), &other, column)?,
    };
    let fits = matches!((node, controllers), (NodeId::Broker(_), false) | (NodeId::Controller(_), true));
    if fits {
        return Ok((node, column));
    }
    let right = if controllers { "broker" } else { "controller" };
    Err(Problem::new(column, format!("{} {right} 명령으로 다뤄요.", josa(&node.to_string(), Josa::Topic))))
}

/// What a node is called.
pub(super) fn called(node: NodeId) -> String {
    match node {
        NodeId::Broker(id) => format!("브로커 {id}"),
        NodeId::Controller(id) => format!("컨트롤러 {id}"),
        NodeId::Client(_) => node.to_string(),
    }
}

fn change(call: &Call, session: &mut Session, action: fn(NodeId) -> Action, done: &str) -> Result<Reply, Problem> {
    let (node, column) = target(call, session)?;
    session.act(action(node)).map_err(|error| Problem::action(column, &error))?;
    Ok(Reply::note(format!("{} {done}.", josa(&called(node), Josa::Object))))
}

/// `broker start ID`.
pub(super) fn start(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Start, "켰어요")
}

/// `broker stop ID`.
pub(super) fn stop(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Stop, "정상 종료하라고 했어요")
}

/// `broker kill ID`.
pub(super) fn kill(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Kill, "죽였어요")
}

/// `broker poweroff ID`.
pub(super) fn power_off(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (node, column) = target(call, session)?;
    session.act(Action::PowerOff(node)).map_err(|error| Problem::action(column, &error))?;
    let said = |news: &TraceKind| matches!(news, TraceKind::Machine(MachineNews::PoweredOff { .. }));
    let event = session.cluster().trace().newest_first().find(|event| event.node == Some(node) && said(&event.kind));
    Ok(Reply::note(event.map_or(String::new(), |event| sentence(event, &Names::default()))))
}

/// `broker pause ID`.
pub(super) fn pause(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Pause, "멈췄어요")
}

/// `broker resume ID`.
pub(super) fn resume(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, Action::Resume, "다시 움직여요")
}

/// The names of all nodes that a person may speak of, for completion.
pub(super) fn node_names(session: &Session) -> Vec<String> {
    let cluster = session.cluster();
    let brokers = cluster.brokers().map(|(BrokerId(id), _)| format!("broker-{id}"));
    let controllers = cluster.controllers().map(|(ControllerId(id), _)| format!("controller-{id}"));
    brokers.chain(controllers).collect()
}
