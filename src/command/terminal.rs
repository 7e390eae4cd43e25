//! Runs lines, one after another.
//!
//! The terminal holds what is still to be run and the command that is waiting, if one is. It does not hold the world: that is the
//! session's, which is passed in, so that the page can draw it, and let the person act in it, while a command waits.

use super::call::{Asked, Call, parse};
use super::files::Place;
use super::grammar::Kind;
use super::job::{Forming, Job, Next, Reply, is_formed};
use super::output::{Line, Output, Progress, State, Status, Wait};
use super::problem::ScriptError;
use super::script::{Script, ScriptLine};
use super::{Problem, inquire};
use crate::sim::{ClusterConfig, Session};

/// Where commands are given.
#[derive(Default)]
pub struct Terminal {
    script: Option<Script>,
    waiting: Option<Waiting>,
    /// The worst that has come of the lines so far.
    worst: Status,
    manner: Manner,
    error: Option<ScriptError>,
    /// Where the shell is, if it is on a broker.
    place: Option<Place>,
}

struct Waiting {
    wait: Wait,
    job: Box<dyn Job>,
}

/// What to do when a line goes wrong, and whether somebody can interrupt.
#[derive(Clone, Copy, Default)]
struct Manner {
    /// A bad line, or one that does not hold, ends it all.
    strict: bool,
    /// What never ends by itself may be started.
    interactive: bool,
    /// Each line is shown before it is run.
    echo: bool,
}

/// What came of a script.
#[derive(Clone, Debug)]
pub struct ScriptResult {
    /// What was said.
    pub lines: Vec<Line>,
    /// How it went.
    pub status: Status,
    /// What stopped it, if it was a bad line.
    pub error: Option<ScriptError>,
    /// The world at the end.
    pub session: Session,
}

/// Runs a script in a world of its own: 3 brokers and 3 controllers, seed 1, unless it begins with `cluster`. It stops at the first line that
/// is bad or does not hold. With `echo` each command is shown before its answer.
///
/// # Panics
/// Never: the default world can begin.
#[must_use]
pub fn run_script(text: &str, echo: bool) -> ScriptResult {
    let mut session = Session::new(ClusterConfig::default()).expect("the default world can begin");
    let mut terminal = Terminal::default();
    let manner = Manner { strict: true, interactive: false, echo };
    let output = terminal.drive(&mut session, text, manner);
    ScriptResult { lines: output.lines, status: output.status, error: terminal.error, session }
}

/// Whether a script's lines can be understood, without running any: their commands, flags and predicates, but not what they speak of.
///
/// # Errors
/// At the first line that cannot.
pub fn check(text: &str) -> Result<Vec<ScriptLine>, ScriptError> {
    let mut lines = Vec::new();
    for line in Script::new(text) {
        let line = line?;
        let asked = parse(&line.text, line.input.clone(), false);
        let checked = asked.and_then(|asked| match asked {
            Asked::Call(call) => inquire::check(&call),
            Asked::Nothing | Asked::Help(_) => Ok(()),
        });
        checked.map_err(|problem| line.locate(problem))?;
        lines.push(line);
    }
    Ok(lines)
}

impl Terminal {
    /// Does what the lines say and lets the world run as long as that takes. A bad line does not keep those after it from being run.
    pub fn execute(&mut self, session: &mut Session, lines: &str) -> Output {
        self.drive(session, lines, Manner::default())
    }

    /// As [`Self::execute`], but ends at the first line that is bad or does not hold.
    pub fn execute_strictly(&mut self, session: &mut Session, lines: &str) -> Output {
        self.drive(session, lines, Manner { strict: true, ..Manner::default() })
    }

    fn drive(&mut self, session: &mut Session, lines: &str, manner: Manner) -> Output {
        let mut said = Vec::new();
        let mut progress = self.begin(session, lines, manner);
        loop {
            said.append(&mut progress.lines);
            match progress.state {
                State::Ended(status) => return Output { lines: said, ok: status == Status::Done, status },
                State::Waiting(wait) => {
                    if let Some(deadline) = wait.deadline() {
                        session.run_until(deadline, |cluster| wait.is_over(cluster));
                        progress = self.poll(session);
                    } else {
                        progress = self.interrupt(session);
                    }
                }
            }
        }
    }

    /// Begins to do what the lines say, up to where the first has to wait. What was waiting before is interrupted. For the page: while the state is
    /// [`State::Waiting`], let the session run with [`Session::run_until`] and [`Wait::is_over`], and call [`Self::poll`].
    pub fn start(&mut self, session: &mut Session, lines: &str) -> Progress {
        self.begin(session, lines, Manner { interactive: true, ..Manner::default() })
    }

    /// As [`Self::start`], ending at the first line that is bad or does not hold.
    pub fn start_strictly(&mut self, session: &mut Session, lines: &str) -> Progress {
        self.begin(session, lines, Manner { strict: true, ..Manner::default() })
    }

    /// Whether the lines can be understood and begun in a world, which stays as it is.
    #[must_use]
    pub fn try_out(&self, session: &Session, lines: &str) -> bool {
        let progress =
            Terminal { place: self.place.clone(), ..Terminal::default() }.start_strictly(&mut session.clone(), lines);
        matches!(progress.state, State::Waiting(_) | State::Ended(Status::Done | Status::ToolFailed))
    }

    fn begin(&mut self, session: &mut Session, lines: &str, manner: Manner) -> Progress {
        let mut said = if self.waiting.is_some() { self.interrupt(session).lines } else { Vec::new() };
        self.script = Some(Script::new(lines));
        (self.worst, self.manner, self.error) = (Status::Done, manner, None);
        let mut progress = self.go_on(session);
        said.append(&mut progress.lines);
        Progress { lines: said, ..progress }
    }

    /// Goes on, if what was waited for has come.
    pub fn poll(&mut self, session: &mut Session) -> Progress {
        if let Some(waiting) = &self.waiting
            && !waiting.wait.is_over(session.cluster())
        {
            return Progress { lines: Vec::new(), state: State::Waiting(waiting.wait.clone()) };
        }
        self.go_on(session)
    }

    /// Ends the command that is waiting, as Ctrl-C does, and drops the lines behind it.
    pub fn interrupt(&mut self, session: &mut Session) -> Progress {
        self.script = None;
        let Some(waiting) = self.waiting.take() else {
            return Progress { lines: Vec::new(), state: State::Ended(self.worst) };
        };
        let reply = waiting.job.interrupt(session);
        let mut lines = Vec::new();
        self.take_in(reply, &mut lines);
        match &self.waiting {
            Some(waiting) => Progress { lines, state: State::Waiting(waiting.wait.clone()) },
            None => Progress { lines, state: State::Ended(self.worst) },
        }
    }

    /// Whether a command is waiting.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Where the shell is, if `ssh` brought it to a broker.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn go_on(&mut self, session: &mut Session) -> Progress {
        let mut lines = Vec::new();
        loop {
            if let Some(waiting) = &self.waiting {
                if !waiting.wait.is_over(session.cluster()) {
                    return Progress { lines, state: State::Waiting(waiting.wait.clone()) };
                }
                let reply = self.waiting.take().map(|waiting| waiting.job.go_on(session));
                if let Some(reply) = reply {
                    self.take_in(reply, &mut lines);
                }
                continue;
            }
            let stop = self.manner.strict && self.worst >= Status::Unmet;
            match self.script.as_mut().filter(|_| !stop).and_then(Iterator::next) {
                Some(line) => self.run_line(line, session, &mut lines),
                None => {
                    self.script = None;
                    return Progress { lines, state: State::Ended(self.worst) };
                }
            }
        }
    }

    fn run_line(&mut self, line: Result<ScriptLine, ScriptError>, session: &mut Session, lines: &mut Vec<Line>) {
        let line = match line {
            Ok(line) => line,
            Err(error) => return self.fail(error, lines),
        };
        if self.manner.echo {
            lines.push(Line::note(format!("> {}", line.shown())));
        }
        let asked = parse(&line.text, line.input.clone(), self.manner.interactive);
        let reply = asked.and_then(|asked| match asked {
            Asked::Nothing => Ok(Reply::done(Vec::new())),
            Asked::Help(command) => Ok(Reply::done(inquire::help_on(command))),
            Asked::Call(mut call) => {
                call.place = self.place.clone();
                Self::call(call, &line, session)
            }
        });
        match reply {
            Ok(reply) => self.take_in(reply, lines),
            Err(problem) => self.fail(line.locate(problem), lines),
        }
    }

    fn call(call: Box<Call>, line: &ScriptLine, session: &mut Session) -> Result<Reply, Problem> {
        match call.form.run {
            Some(run) if call.command.kind == Kind::Tool && !is_formed(session.cluster()) => {
                // Tried out elsewhere first: a line that is wrong must not let time pass.
                run(&call, &mut session.clone())?;
                Ok(Forming { call: *call, line: line.clone() }.wait())
            }
            Some(run) => run(&call, session),
            None => Err(Problem::new(1, "아직 없는 명령이에요.")),
        }
    }

    fn take_in(&mut self, reply: Reply, lines: &mut Vec<Line>) {
        lines.extend(reply.lines);
        if let Some(place) = reply.moved {
            self.place = place;
        }
        match reply.next {
            Next::Ended(status) => self.worst = self.worst.max(status),
            Next::Wait(wait, job) => self.waiting = Some(Waiting { wait, job }),
        }
    }

    fn fail(&mut self, error: ScriptError, lines: &mut Vec<Line>) {
        lines.push(Line::err(error.to_string()));
        self.worst = Status::Bad;
        self.error.get_or_insert(error);
    }
}
