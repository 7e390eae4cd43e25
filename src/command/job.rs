//! Commands that take time.
//!
//! A tool at work blocks until it has its answer; the world goes on meanwhile. So a command leaves behind what it waits for, and is
//! asked again when that has come. Who drives the world in between decides how it looks: the lab runs straight on, the page
//! plays it.

use super::call::Call;
use super::files::Place;
use super::output::{Line, Status, Wait};
use super::predicate::Predicate;
use super::script::ScriptLine;
use crate::base::{ClientId, NodeId, SimTime};
use crate::client::Outcome;
use crate::sim::{ClientProcess, Cluster, ProcessStatus, Session};
use crate::trace::TraceKind;

/// What the rest of a command waits for.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Only for time to pass.
    Time,
    /// For a tool's answer.
    Answer(ClientId),
    /// For a client's process to end.
    Gone(ClientId),
    /// For a console consumer to have shown more than so many records, or to have ended.
    Delivered(ClientId, usize),
    /// For a predicate to hold.
    Holds(Predicate),
    /// For a new cluster to come up.
    Formed,
}

/// How long a new cluster may take to come up.
const FORMING: SimTime = SimTime::from_secs(30);

impl Condition {
    pub(super) fn is_met(&self, cluster: &Cluster) -> bool {
        match self {
            Condition::Time => false,
            Condition::Answer(id) => outcome(cluster, *id).is_some_and(|outcome| *outcome != Outcome::Waiting),
            Condition::Gone(id) => is_gone(cluster, *id),
            Condition::Delivered(id, seen) => {
                let consumer = cluster.client(*id).and_then(|client| client.consumer());
                consumer.is_some_and(|consumer| consumer.delivered().len() > *seen) || is_gone(cluster, *id)
            }
            Condition::Holds(predicate) => predicate.holds(cluster) == Ok(true),
            Condition::Formed => is_formed(cluster),
        }
    }
}

/// What came of a tool's question.
pub(super) fn outcome(cluster: &Cluster, id: ClientId) -> Option<&Outcome> {
    match cluster.client(id)?.program() {
        ClientProcess::Admin(admin) => Some(admin.outcome()),
        _ => None,
    }
}

/// Whether a client's process has ended. One that never was (the world went back before its time) has.
pub(super) fn is_gone(cluster: &Cluster, id: ClientId) -> bool {
    cluster.status(NodeId::Client(id)).unwrap_or(ProcessStatus::Dead) == ProcessStatus::Dead
}

/// Whether a new cluster has come up: every broker that lives has been let in once. Nobody types the first command at work before that.
pub(super) fn is_formed(cluster: &Cluster) -> bool {
    if cluster.now() >= FORMING {
        return true;
    }
    let let_in = |id| cluster.trace().since(0).any(|event| event.kind == TraceKind::BrokerUnfenced { broker: id });
    cluster.brokers().all(|(id, node)| node.process().is_none() || let_in(id))
}

/// A tool that waits for the cluster to come up.
pub(super) struct Forming {
    pub(super) call: Call,
    pub(super) line: ScriptLine,
}

impl Forming {
    pub(super) fn wait(self) -> Reply {
        Reply::wait(Vec::new(), Wait::new(Some(FORMING), Condition::Formed), self)
    }
}

impl Job for Forming {
    fn go_on(self: Box<Self>, session: &mut Session) -> Reply {
        let done = self.call.form.run.map(|run| run(&self.call, session));
        match done {
            Some(Ok(reply)) => reply,
            Some(Err(problem)) => Reply::end(Status::Bad, vec![Line::err(self.line.locate(problem).to_string())]),
            None => Reply::done(Vec::new()),
        }
    }

    fn interrupt(self: Box<Self>, _: &mut Session) -> Reply {
        Reply::end(Status::ToolFailed, vec![Line::note("^C")])
    }
}

/// The rest of a command.
pub(super) trait Job {
    /// What it waited for has come, or time is up.
    fn go_on(self: Box<Self>, session: &mut Session) -> Reply;

    /// The person does not want to wait any longer.
    fn interrupt(self: Box<Self>, session: &mut Session) -> Reply;
}

/// What a command says, and whether it goes on.
pub(super) struct Reply {
    pub(super) lines: Vec<Line>,
    pub(super) next: Next,
    /// Where the shell is from now on, if that changes: on a broker, or on none.
    pub(super) moved: Option<Option<Place>>,
}

/// Whether a command goes on.
pub(super) enum Next {
    /// It has ended.
    Ended(Status),
    /// It waits.
    Wait(Wait, Box<dyn Job>),
}

impl Reply {
    /// The end.
    pub(super) fn end(status: Status, lines: Vec<Line>) -> Self {
        Self { lines, next: Next::Ended(status), moved: None }
    }

    /// The end, and it went well.
    pub(super) fn done(lines: Vec<Line>) -> Self {
        Self::end(Status::Done, lines)
    }

    /// The end with one remark.
    pub(super) fn note(text: impl Into<String>) -> Self {
        Self::done(vec![Line::note(text)])
    }

    /// There is more to come.
    pub(super) fn wait(lines: Vec<Line>, wait: Wait, job: impl Job + 'static) -> Self {
        Self { lines, next: Next::Wait(wait, Box::new(job)), moved: None }
    }

    /// The same, with the shell in another place.
    pub(super) fn moving(mut self, place: Option<Place>) -> Self {
        self.moved = Some(place);
        self
    }
}
