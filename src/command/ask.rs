//! A tool's question to the cluster: it is sent, and the tool blocks until the answer is there.

use super::job::{Condition, Job, Reply, outcome};
use super::output::{Line, Status, Wait};
use crate::base::{ClientId, SimTime};
use crate::client::Outcome;
use crate::sim::{Action, AdminCall, Session};

/// How long a tool waits at most; its client gives up earlier.
const PATIENCE: SimTime = SimTime::from_secs(120);

/// What a tool does with the answer.
type Then = Box<dyn FnOnce(&mut Session, Outcome) -> Reply>;

/// Says `lines`, asks, and goes on with `then` once the answer is there.
pub(super) fn ask(
    session: &mut Session,
    call: AdminCall,
    lines: Vec<Line>,
    then: impl FnOnce(&mut Session, Outcome) -> Reply + 'static,
) -> Reply {
    if let Err(error) = session.act(Action::Admin(call)) {
        return Reply::end(Status::ToolFailed, vec![Line::err(error.to_string())]);
    }
    let Some(client) = session.cluster().clients().last().map(|client| client.id) else {
        return Reply::done(lines);
    };
    let wait = Wait::new(Some(session.now() + PATIENCE), Condition::Answer(client));
    Reply::wait(lines, wait, Asking { client, then: Box::new(then) })
}

struct Asking {
    client: ClientId,
    then: Then,
}

impl Job for Asking {
    fn go_on(self: Box<Self>, session: &mut Session) -> Reply {
        let outcome = outcome(session.cluster(), self.client).cloned().unwrap_or(Outcome::TimedOut);
        (self.then)(session, outcome)
    }

    fn interrupt(self: Box<Self>, _: &mut Session) -> Reply {
        Reply::end(Status::ToolFailed, vec![Line::note("^C")])
    }
}
