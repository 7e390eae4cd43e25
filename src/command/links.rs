//! `link`: what may go wrong on the network between two sides; `show links`: what is wrong with it now.
//!
//! A side is a node, a client's name, an expression that comes to a broker, a set (`brokers`, `controllers`, `clients`, `*`), or several of
//! these with commas between them. A set means those who are in it now.

use super::call::{Call, number};
use super::duration::{parse_duration, write_duration};
use super::job::Reply;
use super::predicate::{Predicate, Value, client_names, node_argument};
use super::table::{aligned, row};
use super::words::Word;
use super::world::called;
use super::{Line, Problem};
use crate::base::NodeId;
use crate::base::josa::{Josa, josa};
use crate::net::{Chance, Link, LinkChange};
use crate::protocol::API_NAMES;
use crate::sim::{Action, ActionError, ProcessStatus, Session, pairs};

/// `link cut A B`.
pub(super) fn cut(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, LinkChange::Cut, ("를", "끊었어요"))
}

/// `link heal A B`.
pub(super) fn heal(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, LinkChange::Heal, ("를", "다시 이었어요"))
}

/// `link reset A B`.
pub(super) fn reset(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, LinkChange::Reset, ("를", "오가던 TCP 연결을 끊었어요. 다시 맺을 수 있어요"))
}

/// `link delay A B TIME`.
pub(super) fn delay(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let by = time(call.need(2)?)?;
    let jitter = call.value("--jitter").map(time).transpose()?.unwrap_or_default();
    let done = match jitter.0 {
        0 => format!("{} 늦췄어요", write_duration(by)),
        _ => format!("{}에서 {}까지 늦췄어요", write_duration(by), write_duration(by + jitter)),
    };
    change(call, session, LinkChange::Delay { by, jitter }, ("를", &done))
}

/// `link drop A B PERCENT`.
pub(super) fn drop(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let chance = percent(call.need(2)?)?;
    change(call, session, LinkChange::Drop(chance), ("에서", &format!("패킷이 {chance} 사라지게 했어요")))
}

/// `link dup A B PERCENT`.
pub(super) fn duplicate(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let chance = percent(call.need(2)?)?;
    change(call, session, LinkChange::Duplicate(chance), ("에서", &format!("패킷이 {chance} 두 번 오게 했어요")))
}

/// `link reorder A B PERCENT`.
pub(super) fn reorder(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let chance = percent(call.need(2)?)?;
    change(call, session, LinkChange::Reorder(chance), ("에서", &format!("패킷이 {chance} 뒤처지게 했어요")))
}

/// `link lose A B KIND WHICH N`.
pub(super) fn lose(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (kind, which) = (call.need(2)?, call.need(3)?);
    if !API_NAMES.contains(&kind.text.as_str()) {
        let problem = Problem::new(kind.column, format!("그런 요청은 없어요: {}.", kind.text));
        return Err(problem.or_rather(&kind.text, API_NAMES.iter().copied()));
    }
    let response = match which.text.as_str() {
        "request" => false,
        "response" => true,
        other => {
            let problem = Problem::new(which.column, format!("request나 response여야 해요: {other}."));
            return Err(problem.or_rather(other, ["request", "response"]));
        }
    };
    let count = number(call.need(4)?, "개수", 1, 1_000_000)? as u32;
    let what = if response { "응답" } else { "요청" };
    let done = format!("오갈 {} {what} {count}개를 잃기로 했어요", kind.text);
    change(call, session, LinkChange::Lose { api: kind.text.clone(), response, count }, ("를", &done))
}

fn time(word: &Word) -> Result<crate::base::SimTime, Problem> {
    parse_duration(&word.text)
        .ok_or_else(|| Problem::new(word.column, format!("200ms, 1.5s처럼 적어요: {}", word.text)))
}

fn percent(word: &Word) -> Result<Chance, Problem> {
    let wrong = || Problem::new(word.column, format!("0%부터 100%까지, 10%나 0.5%처럼 적어요: {}", word.text));
    Chance::parse(&word.text).ok_or_else(wrong)
}

/// Does it; what was done is said as `사이를 끊었어요`: a particle, and the rest.
fn change(
    call: &Call,
    session: &mut Session,
    change: LinkChange,
    (particle, done): (&str, &str),
) -> Result<Reply, Problem> {
    let (left, right) = (call.need(0)?, call.need(1)?);
    let (a, b) = (side(left, session)?, side(right, session)?);
    let one_way = call.has("--one-way");
    let pairs = pairs(&a, &b, one_way);
    if pairs.is_empty() {
        return Err(Problem::action(right.column, &ActionError::NoLink));
    }
    let is_so = |(a, b): &(NodeId, NodeId)| {
        let network = session.cluster().network();
        let so = |from, to| match change {
            LinkChange::Cut => network.is_cut(from, to),
            LinkChange::Heal => network.is_well(from, to),
            _ => false,
        };
        so(*a, *b) && (one_way || so(*b, *a))
    };
    let changed: Vec<(NodeId, NodeId)> = pairs.into_iter().filter(|pair| !is_so(pair)).collect();
    let name = |node: NodeId| match node {
        NodeId::Client(id) => session.cluster().client(id).map_or(node.to_string(), |client| client.name.to_string()),
        _ => called(node),
    };
    let (from, to) = match &changed[..] {
        [(a, b)] => (name(*a), name(*b)),
        _ => (left.text.clone(), right.text.clone()),
    };
    let between = match one_way {
        true => format!("{from}에서 {} 가는 길", josa(&to, Josa::Toward)),
        false => format!("{} {to} 사이", josa(&from, Josa::With)),
    };
    let said = match (changed.len(), particle) {
        (0, _) => format!("{} 이미 그래요.", josa(&between, Josa::Topic)),
        (1, "를") => format!("{} {done}.", josa(&between, Josa::Object)),
        (1, _) => format!("{between}{particle} {done}."),
        (count, _) => format!("{between}의 연결 {count}개{particle} {done}."),
    };
    if !changed.is_empty() {
        let action = Action::Link { a, b, one_way, change };
        session.act(action).map_err(|error| Problem::action(left.column, &error))?;
    }
    Ok(Reply::done(vec![Line::note(said)]))
}

/// The nodes on one side of a link.
fn side(word: &Word, session: &Session) -> Result<Vec<NodeId>, Problem> {
    let mut nodes = Vec::new();
    let mut column = word.column;
    for text in word.text.split_inclusive(',') {
        let part = Word { text: text.trim_end_matches(',').into(), span: word.span.clone(), column };
        nodes.extend(part_of_side(&part, session)?);
        column += text.chars().count();
    }
    nodes.sort();
    nodes.dedup();
    Ok(nodes)
}

fn part_of_side(word: &Word, session: &Session) -> Result<Vec<NodeId>, Problem> {
    let cluster = session.cluster();
    let brokers = cluster.brokers().map(|(id, _)| NodeId::Broker(id));
    let controllers = cluster.controllers().map(|(id, _)| NodeId::Controller(id));
    let live = |id| cluster.status(id).is_ok_and(|status| status != ProcessStatus::Dead);
    let clients = cluster.clients().map(|client| NodeId::Client(client.id)).filter(|id| live(*id));
    match word.text.as_str() {
        "brokers" => return Ok(brokers.collect()),
        "controllers" => return Ok(controllers.collect()),
        "clients" => return Ok(clients.collect()),
        "*" => return Ok(brokers.chain(controllers).chain(clients).collect()),
        _ => {}
    }
    node(word, session).map(|node| vec![node])
}

/// The node that a word names: a broker's number, `broker-1`, `controller-1`, a client, or an expression that comes to one.
pub(super) fn node(word: &Word, session: &Session) -> Result<NodeId, Problem> {
    let cluster = session.cluster();
    if let Some(client) = cluster.client_named(&word.text) {
        return Ok(NodeId::Client(client.id));
    }
    let value = Predicate::parse(&word.text)
        .and_then(|expression| expression.value(cluster))
        .map_err(|problem| Problem { column: word.column + problem.column - 1, ..problem })?;
    match value {
        Value::None => Err(Problem::new(word.column, format!("지금은 없어요: {}", word.text))),
        Value::Name(name) if !is_node(&name) => {
            let mut known: Vec<String> = client_names(cluster);
            known.extend(["brokers", "controllers", "clients"].map(String::from));
            known.extend(super::world::node_names(session));
            let problem = Problem::new(word.column, format!("그런 노드는 없어요: {name}."));
            Err(problem.or_rather(&name, known.iter().map(String::as_str)))
        }
        other => node_argument(cluster, &other, word.column),
    }
}

fn is_node(name: &str) -> bool {
    let number = |rest: &str| rest.parse::<i32>().is_ok();
    name.strip_prefix("broker-").is_some_and(number) || name.strip_prefix("controller-").is_some_and(number)
}

/// `show links`: the links with which something is wrong, each direction for itself.
pub(super) fn show(_: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let cluster = session.cluster();
    let name = |node: NodeId| match node {
        NodeId::Client(id) => cluster.client(id).map_or(node.to_string(), |client| client.name.to_string()),
        _ => node.to_string(),
    };
    let arrow = |from, to| format!("{} -> {}", name(from), name(to));
    let network = cluster.network();
    let mut rows: Vec<Vec<String>> =
        network.links().map(|((from, to), link)| row![arrow(from, to), state(link)]).collect();
    for losing in network.losing() {
        let kind = format!("{} {}", losing.api, if losing.response { "response" } else { "request" });
        let links: Vec<String> = losing.links.iter().map(|(from, to)| arrow(*from, *to)).collect();
        rows.push(row![links.join(", "), format!("loses the next {} of {kind}", losing.left)]);
    }
    if rows.is_empty() {
        return Ok(Reply::note("네트워크에는 아무 문제가 없어요."));
    }
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}

/// What is wrong with a link, in a few words.
fn state(link: &Link) -> String {
    let mut words = Vec::new();
    if link.cut {
        words.push("cut".into());
    }
    match (link.delay.0, link.jitter.0) {
        (0, 0) => {}
        (_, 0) => words.push(format!("delay {}", write_duration(link.delay))),
        _ => words.push(format!("delay {} jitter {}", write_duration(link.delay), write_duration(link.jitter))),
    }
    let chances = [("drop", link.drop), ("dup", link.duplicate), ("reorder", link.reorder)];
    words.extend(chances.iter().filter(|(_, chance)| chance.0 > 0).map(|(name, chance)| format!("{name} {chance}")));
    words.join("  ")
}
