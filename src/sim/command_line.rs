//! An action in the words of the lab: what the trace says was commanded.

use super::action::Action;
use super::cluster::Cluster;
use super::node::ClientProcess;
use crate::base::NodeId;

/// The line that would have done it, as far as that is of interest.
pub(super) fn describe(action: &Action, cluster: &Cluster) -> String {
    let name = |node: &NodeId| match node {
        NodeId::Broker(id) => format!("broker {{}} {id}"),
        NodeId::Controller(id) => format!("controller {{}} {id}"),
        NodeId::Client(id) => cluster.clients.get(id).map_or(String::new(), |client| match client.program {
            ClientProcess::Producer(_) => format!("producer {} {{}}", client.name),
            _ => format!("consumer {} {{}}", client.name),
        }),
    };
    let on = |node: &NodeId, verb: &str| name(node).replace("{}", verb);
    match action {
        Action::Add(Some(id)) => format!("broker add {id}"),
        Action::Add(None) => "broker add".into(),
        Action::Start(node) => on(node, "start"),
        Action::Stop(node) => on(node, "stop"),
        Action::Kill(node) => on(node, "kill"),
        Action::PowerOff(node) => on(node, "poweroff"),
        Action::Disk(id, change) => super::machine::describe(*id, change),
        Action::Pause(node) => on(node, "pause"),
        Action::Resume(node) => on(node, "resume"),
        Action::Link { a, b, one_way, change } => super::links::describe(a, b, *one_way, change),
        Action::SkewClock(node, by_ms) => format!("clock skew {node} {by_ms}ms"),
        Action::Faults(options) => super::faults::describe(options.as_ref()),
        Action::StartProducer(spec) => format!("producer {} start --topic {}", spec.name, spec.topic),
        Action::StartConsumer(spec) => {
            format!("consumer {} start --group {} --topic {}", spec.name, spec.group, spec.topics.join(","))
        }
        Action::Send { producer, key, value, .. } => {
            format!("producer {producer} send {}:{}", key.as_deref().unwrap_or(""), value.as_deref().unwrap_or(""))
        }
        Action::Admin(call) => super::admin::command_line(call),
    }
}
