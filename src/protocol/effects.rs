//! What a node wants done: messages to send, timers to set, and what it says has happened.
//!
//! A node never acts by itself. Its `step` takes the time and one input, changes its own state, and leaves here what
//! concerns the world. The simulation then carries it out, in order.

use super::{Body, Request, Response};
use crate::base::{NodeId, SimTime};
use crate::trace::{EventSeq, TraceEvent, TraceKind};

/// A message that a node wants sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Outgoing {
    /// To whom.
    pub to: NodeId,
    /// What made the node send it.
    pub cause: Option<EventSeq>,
    /// What it says.
    pub body: Body,
}

/// The effects of one step of one node; `T` is the node's kind of timer.
#[derive(Debug)]
pub struct Effects<T> {
    /// The moment of the step.
    pub now: SimTime,
    /// Messages to send, in order.
    pub outgoing: Vec<Outgoing>,
    /// Timers to set: when, which, and what caused it. A timer cannot be taken back; a node must recognise a stale one.
    pub timers: Vec<(SimTime, T, Option<EventSeq>)>,
    /// What happened.
    pub events: Vec<TraceEvent>,
    node: NodeId,
    cause: Option<EventSeq>,
    next_seq: EventSeq,
    clock_skew_ms: i64,
}

impl<T> Effects<T> {
    /// No effects yet, of a step of `node` at `now` that `cause` led to; the next trace event is numbered `next_seq`.
    #[must_use]
    pub fn new(now: SimTime, node: NodeId, cause: Option<EventSeq>, next_seq: EventSeq) -> Self {
        Self {
            now,
            outgoing: Vec::new(),
            timers: Vec::new(),
            events: Vec::new(),
            node,
            cause,
            next_seq,
            clock_skew_ms: 0,
        }
    }

    /// The same, on a node whose clock is fast by so many ms; negative for slow.
    #[must_use]
    pub fn with_clock_skew(self, clock_skew_ms: i64) -> Self {
        Self { clock_skew_ms, ..self }
    }

    /// What the node's own clock shows, in Unix milliseconds. It need not be right; timers do not go by it.
    #[must_use]
    pub fn wall_clock_ms(&self) -> i64 {
        self.now.wall_clock_ms() + self.clock_skew_ms
    }

    /// The same as a moment of the world, for what is measured by the difference of two looks at the clock.
    #[must_use]
    pub fn wall_clock(&self) -> SimTime {
        SimTime(self.now.0.saturating_add_signed(self.clock_skew_ms * 1000))
    }

    /// By how many ms the node's clock is fast; negative for slow.
    #[must_use]
    pub fn clock_skew_ms(&self) -> i64 {
        self.clock_skew_ms
    }

    /// Says that something happened, and returns its number.
    pub fn trace(&mut self, kind: TraceKind) -> EventSeq {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.events.push(TraceEvent { seq, at: self.now, node: Some(self.node), cause: self.cause, kind });
        seq
    }

    /// Says that something happened, and makes it the cause of all that `then` does.
    pub fn trace_and<R>(&mut self, kind: TraceKind, then: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.cause;
        self.cause = Some(self.trace(kind));
        let result = then(self);
        self.cause = before;
        result
    }

    /// What led to this step, or to the event that is being followed up.
    #[must_use]
    pub fn cause(&self) -> Option<EventSeq> {
        self.cause
    }

    /// Names another cause for what follows in this step: what did *not* come has its cause in what came last.
    pub fn because(&mut self, cause: Option<EventSeq>) {
        self.cause = cause;
    }

    /// Sends a request under the sender's number `correlation`.
    pub fn request(&mut self, to: NodeId, correlation: u32, request: Request) {
        self.outgoing.push(Outgoing { to, cause: self.cause, body: Body::Request { correlation, request } });
    }

    /// Answers the request that `to` sent under `correlation`.
    pub fn respond(&mut self, to: NodeId, correlation: u32, response: Response) {
        self.outgoing.push(Outgoing { to, cause: self.cause, body: Body::Response { correlation, response } });
    }

    /// Lets `to` find nobody listening: its connection is refused.
    pub fn refuse(&mut self, to: NodeId) {
        self.outgoing.push(Outgoing { to, cause: self.cause, body: Body::Disconnected });
    }

    /// Sets a timer that fires `after` from now.
    pub fn timer(&mut self, after: SimTime, timer: T) {
        self.timers.push((self.now + after, timer, self.cause));
    }
}
