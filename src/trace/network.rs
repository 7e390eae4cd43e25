//! What happens on the network, beyond messages that come and go.

use super::MessageLabel;
use super::narrate::Names;
use crate::base::josa::{Josa, josa};
use crate::base::{NodeId, SimTime};
use std::rc::Rc;

/// Why a message never arrives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Loss {
    /// The link is cut.
    Cut,
    /// Somebody chose it to be lost.
    Chosen,
    /// TCP has sent its packet again and again, and gives up.
    GivenUp,
}

/// What happened on the network.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NetworkNews {
    /// Something else than a cut is wrong with the way between two nodes, or no longer.
    LinkChanged {
        /// One side, or where the way begins.
        a: NodeId,
        /// The other side, or where it ends.
        b: NodeId,
        /// Only from `a` to `b`.
        one_way: bool,
        /// What is wrong.
        what: LinkTrouble,
    },
    /// The connections between two nodes broke.
    ConnectionReset {
        /// One side.
        a: NodeId,
        /// The other side.
        b: NodeId,
    },
    /// A message was on its way when its link was cut, or its connection broke.
    LostUnderWay {
        /// The message.
        id: u64,
        /// Who had sent it.
        from: NodeId,
        /// To whom.
        to: NodeId,
        /// What it said.
        label: Rc<MessageLabel>,
    },
    /// The packet of a message got lost, and TCP sent it again.
    Retransmitted {
        /// To whom.
        to: NodeId,
        /// What it says.
        label: Rc<MessageLabel>,
        /// How often.
        times: u32,
        /// How much later it arrives for that.
        later: SimTime,
    },
    /// The packet of a message takes a detour; what overtakes it waits for it.
    Overtaken {
        /// To whom.
        to: NodeId,
        /// What it says.
        label: Rc<MessageLabel>,
    },
    /// A packet came a second time, and TCP threw it away.
    DuplicateDiscarded {
        /// From whom.
        from: NodeId,
        /// What it said.
        label: Rc<MessageLabel>,
    },
}

/// What is wrong with a link, beside a cut.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LinkTrouble {
    /// Messages take longer.
    Delay {
        /// By so much.
        by: SimTime,
        /// And up to so much more.
        jitter: SimTime,
    },
    /// Packets get lost; the chance in words.
    Drop(Rc<str>),
    /// Packets come twice; the chance in words.
    Duplicate(Rc<str>),
    /// Packets overtake each other; the chance in words.
    Reorder(Rc<str>),
    /// The next messages of a kind are lost.
    Lose {
        /// Kafka's name of the kind.
        api: Rc<str>,
        /// The answers to it rather than the questions.
        response: bool,
        /// How many.
        count: u32,
    },
}

impl NetworkNews {
    /// The message that it is about, if it is about one.
    #[must_use]
    pub fn label(&self) -> Option<&MessageLabel> {
        match self {
            Self::LinkChanged { .. } | Self::ConnectionReset { .. } => None,
            Self::LostUnderWay { label, .. }
            | Self::Retransmitted { label, .. }
            | Self::Overtaken { label, .. }
            | Self::DuplicateDiscarded { label, .. } => Some(label),
        }
    }

    /// The sentence; `who` is the node's name.
    pub(super) fn sentence(&self, who: &str, names: &Names) -> String {
        let subject = josa(who, Josa::Subject);
        let object = |label: &MessageLabel| josa(&label.to_string(), Josa::Object);
        match self {
            Self::LinkChanged { a, b, one_way, what } => {
                format!("{} {}", way(&names.node(*a), &names.node(*b), *one_way), what.sentence())
            }
            Self::ConnectionReset { a, b } => {
                format!(
                    "{} {}의 TCP 연결이 끊어졌어요. 양쪽이 바로 알아요.",
                    josa(&names.node(*a), Josa::With),
                    names.node(*b)
                )
            }
            Self::LostUnderWay { from, to, label, .. } => format!(
                "{} {}에 보낸 {} 길 위에서 사라졌어요.",
                josa(&names.node(*from), Josa::Subject),
                names.node(*to),
                josa(&label.to_string(), Josa::Subject)
            ),
            Self::Retransmitted { to, label, times, later } => format!(
                "{subject} {}에 보낸 {}의 패킷이 {times}번 사라져 TCP가 다시 보냈어요. {}ms 늦게 닿아요.",
                names.node(*to),
                label,
                later.as_ms()
            ),
            Self::Overtaken { to, label } => format!(
                "{subject} {}에 보낸 {}의 패킷이 먼 길로 돌아요. 앞지른 것은 TCP가 붙잡아 두고 차례를 지켜요.",
                names.node(*to),
                label
            ),
            Self::DuplicateDiscarded { from, label } => {
                format!(
                    "{subject} {}의 {} 또 받았지만, 같은 패킷이라 TCP가 버렸어요.",
                    names.node(*from),
                    object(label)
                )
            }
        }
    }
}

impl LinkTrouble {
    fn sentence(&self) -> String {
        match self {
            Self::Delay { by: SimTime::ZERO, jitter: SimTime::ZERO } => "이제 늦어지지 않아요.".into(),
            Self::Delay { by, jitter: SimTime::ZERO } => format!("{}ms 늦어져요.", by.as_ms()),
            Self::Delay { by, jitter } => format!("{}ms에서 {}ms까지 늦어져요.", by.as_ms(), (*by + *jitter).as_ms()),
            Self::Drop(chance) => format!("패킷이 {chance} 사라져요. TCP가 다시 보내니 늦어질 뿐이에요."),
            Self::Duplicate(chance) => format!("패킷이 {chance} 두 번 와요. TCP가 하나는 버려요."),
            Self::Reorder(chance) => format!("패킷이 {chance} 뒤처져요. TCP가 차례를 맞추니 늦어질 뿐이에요."),
            Self::Lose { api, response, count } => {
                let what = if *response { "응답" } else { "요청" };
                format!("{api} {what} {count}개가 사라질 거예요. 아무도 알려 주지 않아요.")
            }
        }
    }
}

/// `브로커 1과 브로커 2 사이는`, or one way of it.
pub(super) fn way(a: &str, b: &str, one_way: bool) -> String {
    if one_way {
        format!("{a}에서 {} 가는 길은", josa(b, Josa::Toward))
    } else {
        format!("{} {b} 사이는", josa(a, Josa::With))
    }
}
