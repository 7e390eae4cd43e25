//! The command-line tools' own client: one request, one answer (Kafka's `AdminClient`, as far as a tool needs it).
//!
//! It asks any broker; a broker passes what is the controller's on to it. If nobody answers, or the answer may change with time, it
//! asks again, until `default.api.timeout.ms` is over.

use super::{ClientInput, ClientTimer, MetadataCache, NetworkClient};
use crate::base::{BrokerId, SimTime};
use crate::protocol::{Body, Effects, ErrorCode, Request, Response};

const REQUEST_TIMEOUT: SimTime = SimTime::from_ms(30_000);
const API_TIMEOUT: SimTime = SimTime::from_ms(60_000);
const RETRY_BACKOFF: SimTime = SimTime::from_ms(100);

/// What came of an admin client's request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// An answer.
    Answered(Response),
    /// Nobody answered in time.
    TimedOut,
}

/// An admin client's process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Admin {
    request: Request,
    started_at: SimTime,
    metadata: MetadataCache,
    network: NetworkClient<()>,
    outcome: Outcome,
}

impl Admin {
    /// A client that will ask `request`.
    #[must_use]
    pub fn new(request: Request, now: SimTime, bootstrap: Vec<BrokerId>) -> Self {
        Self {
            request,
            started_at: now,
            metadata: MetadataCache::new(bootstrap),
            network: NetworkClient::new(REQUEST_TIMEOUT),
            outcome: Outcome::Waiting,
        }
    }

    /// Takes one input.
    pub fn step(&mut self, input: ClientInput, fx: &mut Effects<ClientTimer>) {
        match input {
            ClientInput::Start | ClientInput::Timer(ClientTimer::Metadata) => self.ask(fx),
            ClientInput::Timer(ClientTimer::RequestTimeout(number)) if self.network.take(number).is_some() => {
                self.ask_again(fx);
            }
            ClientInput::Message { body: Body::Response { correlation, response }, .. }
                if self.network.take(correlation).is_some() =>
            {
                self.on_answer(response, fx);
            }
            ClientInput::Message { from, body: Body::Disconnected } if !self.network.disconnected(from).is_empty() => {
                self.ask_again(fx);
            }
            _ => {}
        }
    }

    fn ask(&mut self, fx: &mut Effects<ClientTimer>) {
        let broker = self.metadata.any_broker();
        self.network.send(broker, self.request.clone(), (), fx);
    }

    fn ask_again(&mut self, fx: &mut Effects<ClientTimer>) {
        if fx.now.since(self.started_at) >= API_TIMEOUT {
            self.outcome = Outcome::TimedOut;
        } else {
            fx.timer(RETRY_BACKOFF, ClientTimer::Metadata);
        }
    }

    fn on_answer(&mut self, response: Response, fx: &mut Effects<ClientTimer>) {
        let not_controller = matches!(&response, Response::CreateTopics(topics)
            if topics.iter().any(|(_, error, _)| *error == ErrorCode::NotController));
        if not_controller {
            self.ask_again(fx);
        } else {
            self.outcome = Outcome::Answered(response);
        }
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}
