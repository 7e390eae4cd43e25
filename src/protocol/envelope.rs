//! A message on its way.

use super::{Request, Response};
use crate::base::{NodeId, SimTime};
use crate::trace::{EventSeq, MessageLabel};
use std::rc::Rc;

/// What a message says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Body {
    /// A question.
    Request {
        /// The sender's number for it; the response carries the same.
        correlation: u32,
        /// The question.
        request: Request,
    },
    /// An answer.
    Response {
        /// The request's number.
        correlation: u32,
        /// The answer.
        response: Response,
    },
    /// The peer's process is gone and its socket with it.
    Disconnected,
}

/// A message between two nodes. What becomes of it was decided when it was sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Envelope {
    /// The message's number in its world.
    pub id: u64,
    /// Who sent it.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// When it was sent.
    pub sent_at: SimTime,
    /// When it arrives.
    pub deliver_at: SimTime,
    /// The trace event of its sending.
    pub cause: EventSeq,
    /// Its label on the stage.
    pub label: Rc<MessageLabel>,
    /// What it says.
    pub body: Body,
}
