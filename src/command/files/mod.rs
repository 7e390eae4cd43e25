//! A broker's files, looked at from its shell: `ssh`, `cd`, `pwd`, `ls`, `cat`, `hexdump`.
//!
//! A path is `broker-1:/var/lib/kafka/data/orders-0/00000000000000000000.log`, as `scp` writes it; before the colon may
//! stand whatever comes to a broker, such as `leader(orders-0)`. Behind `ssh broker-1` paths are plain, and those without
//! a leading `/` count from the shell's folder. `*` and `?` stand for what they do in a shell.
//!
//! Only reading is here: nobody should write into a running broker's files. What `hexdump` and `cat` show at most is
//! bounded, since a segment may be larger than anybody wants to scroll through.
//!
//! The rooms: `path` finds what a word speaks of; `ls` lists; `contents` shows what is in a file.

mod contents;
mod ls;
mod path;

pub(super) use contents::{cat, hexdump};
pub(super) use ls::ls;
pub use path::path_words;
pub(super) use path::{DiskPath, broker_named, disk_path, disk_paths};

use super::call::Call;
use super::job::Reply;
use super::output::{Line, Status};
use super::problem::Problem;
use crate::base::BrokerId;
use crate::broker::LOG_DIR;
use crate::sim::Session;
use path::{is_dir, not_there};

/// Where a shell is: a broker and a folder on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The broker.
    pub broker: BrokerId,
    /// The folder, without a slash at its end; empty for the root.
    pub dir: String,
}

/// `ssh broker-1`.
pub(super) fn ssh(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let rest = call.rest()?;
    let broker = broker_named(rest.text.trim(), rest.column, session)?;
    let place = Place { broker, dir: LOG_DIR.into() };
    Ok(Reply::note(format!("broker-{broker}의 {LOG_DIR}에 들어왔어요. exit로 나가요.")).moving(Some(place)))
}

/// `exit`.
pub(super) fn exit(call: &Call, _: &mut Session) -> Result<Reply, Problem> {
    match &call.place {
        Some(place) => Ok(Reply::note(format!("broker-{}에서 나왔어요.", place.broker)).moving(None)),
        None => Err(Problem::new(1, "들어가 있는 브로커가 없어요. ssh broker-1처럼 들어가요.")),
    }
}

/// `pwd`.
pub(super) fn pwd(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let here = disk_path(".", 1, call, session)?.full();
    Ok(Reply::done(vec![Line::out(if here.is_empty() { "/".into() } else { here })]))
}

/// `cd [DIR]`.
pub(super) fn cd(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let path = match call.given(0) {
        Some(word) => disk_path(&word.text, word.column, call, session)?,
        None => disk_path(LOG_DIR, 1, call, session)?,
    };
    let Some(node) = session.cluster().broker_node(path.broker) else { return Ok(Reply::done(Vec::new())) };
    let dir = path.full();
    if is_dir(node.disk(), &dir) {
        return Ok(Reply::done(Vec::new()).moving(Some(Place { broker: path.broker, dir })));
    }
    if node.disk().exists(&dir) {
        return Ok(Reply::end(Status::ToolFailed, vec![Line::err(format!("cd: {}: Not a directory", path.shown))]));
    }
    Ok(Reply::end(Status::ToolFailed, not_there("cd", node.disk(), &path)))
}
