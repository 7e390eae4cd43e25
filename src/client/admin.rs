//! The command-line tools' own client: one question, one answer (Kafka's `AdminClient`, as far as a tool needs it).
//!
//! Some questions any broker can answer, or passes on to the controller; some go to certain brokers; some go to the leaders
//! of partitions, which the client must first find (Kafka's `AdminApiDriver` and its lookup strategies). If nobody answers,
//! or the answer may change with time, it asks again, until `default.api.timeout.ms` is over.

use super::{ClientInput, ClientTimer, MetadataCache, NetworkClient};
use crate::base::{BrokerId, Map, SimTime, TopicPartition};
use crate::protocol::{
    Body, DeleteRecordsRequest, Effects, ErrorCode, IsolationLevel, ListOffsetsRequest, Request, Response,
};

const REQUEST_TIMEOUT: SimTime = SimTime::from_ms(30_000);
const API_TIMEOUT: SimTime = SimTime::from_ms(60_000);
const RETRY_BACKOFF: SimTime = SimTime::from_ms(100);

/// What leaders are asked for each partition; question and answer are a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LeaderQuestion {
    /// DeleteRecords: before this offset; answered with the low watermark.
    DeleteRecords,
    /// ListOffsets: at this timestamp; answered with the offset, or −1.
    ListOffsets,
}

/// What an admin client asks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AdminQuestion {
    /// Any broker.
    Any(Request),
    /// Each of these brokers.
    Brokers(Vec<BrokerId>, Request),
    /// The leaders of these partitions.
    Leaders(LeaderQuestion, Vec<(TopicPartition, i64)>),
}

/// What came of an admin client's question.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// Any broker's answer.
    Answered(Response),
    /// Each broker's answer, by broker; none from those that did not answer in time.
    OfBrokers(Vec<(BrokerId, Option<Response>)>),
    /// For each partition the error or the number, by partition.
    OfLeaders(Vec<(TopicPartition, Result<i64, ErrorCode>)>),
    /// Nobody answered in time.
    TimedOut,
}

/// Whom a request went to, and why.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Purpose {
    Any,
    Broker(BrokerId),
    FindLeaders,
    Leader(Vec<TopicPartition>),
}

/// An admin client's process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Admin {
    question: AdminQuestion,
    started_at: SimTime,
    metadata: MetadataCache,
    network: NetworkClient<Purpose>,
    of_brokers: Map<BrokerId, Option<Response>>,
    of_leaders: Map<TopicPartition, Result<i64, ErrorCode>>,
    /// The error that a partition was last answered with, for those that are asked again.
    last_errors: Map<TopicPartition, ErrorCode>,
    outcome: Outcome,
}

impl Admin {
    /// A client that will ask `question`.
    #[must_use]
    pub fn new(question: AdminQuestion, now: SimTime, bootstrap: Vec<BrokerId>) -> Self {
        Self {
            question,
            started_at: now,
            metadata: MetadataCache::new(bootstrap),
            network: NetworkClient::new(REQUEST_TIMEOUT),
            of_brokers: Map::new(),
            of_leaders: Map::new(),
            last_errors: Map::new(),
            outcome: Outcome::Waiting,
        }
    }

    /// Takes one input.
    pub fn step(&mut self, input: ClientInput, fx: &mut Effects<ClientTimer>) {
        match input {
            ClientInput::Start | ClientInput::Timer(ClientTimer::Metadata) => self.ask(fx),
            ClientInput::Timer(ClientTimer::RequestTimeout(number)) => {
                if let Some(request) = self.network.take(number) {
                    self.ask_again(request.purpose, fx);
                }
            }
            ClientInput::Message { body: Body::Response { correlation, response }, .. } => {
                if let Some(request) = self.network.take(correlation) {
                    self.on_answer(request.purpose, response, fx);
                }
            }
            ClientInput::Message { from, body: Body::Disconnected } => {
                for request in self.network.disconnected(from) {
                    self.ask_again(request.purpose, fx);
                }
            }
            _ => {}
        }
    }

    /// Asks whatever has not been answered.
    fn ask(&mut self, fx: &mut Effects<ClientTimer>) {
        match &self.question {
            AdminQuestion::Any(request) => {
                let request = request.clone();
                let broker = self.metadata.any_broker();
                self.network.send(broker, request, Purpose::Any, fx);
            }
            AdminQuestion::Brokers(brokers, request) => {
                let (brokers, request) = (brokers.clone(), request.clone());
                for broker in brokers {
                    let under_way = self.network.in_flight().any(|sent| sent.purpose == Purpose::Broker(broker));
                    if !under_way && !self.of_brokers.contains_key(&broker) {
                        self.network.send(broker, request.clone(), Purpose::Broker(broker), fx);
                    }
                }
                self.finish_brokers();
            }
            AdminQuestion::Leaders(_, partitions) => {
                let mut topics: Vec<_> = partitions.iter().map(|(tp, _)| tp.topic.clone()).collect();
                topics.sort();
                topics.dedup();
                if topics.is_empty() {
                    return self.finish_leaders();
                }
                let broker = self.metadata.any_broker();
                self.network.send(broker, Request::Metadata(topics), Purpose::FindLeaders, fx);
            }
        }
    }

    fn is_out_of_time(&self, now: SimTime) -> bool {
        now.since(self.started_at) >= API_TIMEOUT
    }

    fn ask_again(&mut self, purpose: Purpose, fx: &mut Effects<ClientTimer>) {
        match purpose {
            Purpose::FindLeaders | Purpose::Leader(_) => self.look_for_leaders_again(fx),
            _ if !self.is_out_of_time(fx.now) => fx.timer(RETRY_BACKOFF, ClientTimer::Metadata),
            Purpose::Any => self.outcome = Outcome::TimedOut,
            Purpose::Broker(broker) => {
                self.of_brokers.insert(broker, None);
                self.finish_brokers();
            }
        }
    }

    /// Once nothing is under way any more: what is still open begins again with the question of who leads, or is given up.
    fn look_for_leaders_again(&mut self, fx: &mut Effects<ClientTimer>) {
        if self.outcome != Outcome::Waiting || self.network.in_flight().next().is_some() {
            return;
        }
        if self.is_out_of_time(fx.now) {
            self.give_up_leaders();
        } else {
            fx.timer(RETRY_BACKOFF, ClientTimer::Metadata);
        }
    }

    fn on_answer(&mut self, purpose: Purpose, response: Response, fx: &mut Effects<ClientTimer>) {
        match (purpose, response) {
            (Purpose::Any, response) if response.is_not_controller() => self.ask_again(Purpose::Any, fx),
            (Purpose::Any, response) => self.outcome = Outcome::Answered(response),
            (Purpose::Broker(broker), response) => {
                self.of_brokers.insert(broker, Some(response));
                self.finish_brokers();
            }
            (Purpose::FindLeaders, Response::Metadata(metadata)) => {
                self.metadata.update(fx.now, &metadata);
                self.ask_leaders(fx);
            }
            (Purpose::Leader(_), Response::DeleteRecords(partitions)) => {
                let answers = partitions.into_iter().map(|it| (it.partition, it.error, it.low_watermark));
                self.on_leader_answer(answers.collect(), fx);
            }
            (Purpose::Leader(_), Response::ListOffsets(response)) => {
                let answers = response.partitions.into_iter().map(|it| (it.partition, it.error, it.offset));
                self.on_leader_answer(answers.collect(), fx);
            }
            (purpose, _) => self.ask_again(purpose, fx),
        }
    }

    fn finish_brokers(&mut self) {
        let AdminQuestion::Brokers(brokers, _) = &self.question else { return };
        if brokers.iter().all(|broker| self.of_brokers.contains_key(broker)) {
            let answers = std::mem::take(&mut self.of_brokers);
            self.outcome = Outcome::OfBrokers(answers.into_iter().collect());
        }
    }

    /// Sends each leader its part of what is still open.
    fn ask_leaders(&mut self, fx: &mut Effects<ClientTimer>) {
        let AdminQuestion::Leaders(question, partitions) = &self.question else { return };
        let question = *question;
        let mut parts: Map<BrokerId, Vec<(TopicPartition, i64)>> = Map::new();
        for (tp, number) in partitions.iter().filter(|(tp, _)| !self.of_leaders.contains_key(tp)) {
            match self.metadata.partition(tp).and_then(|known| known.leader) {
                Some(leader) => parts.entry(leader).or_default().push((tp.clone(), *number)),
                None => drop(self.last_errors.insert(tp.clone(), ErrorCode::UnknownTopicOrPartition)),
            }
        }
        for (leader, partitions) in parts {
            let asked = partitions.iter().map(|(tp, _)| tp.clone()).collect();
            let request = match question {
                LeaderQuestion::DeleteRecords => {
                    Request::DeleteRecords(DeleteRecordsRequest { timeout: REQUEST_TIMEOUT, partitions })
                }
                LeaderQuestion::ListOffsets => {
                    let isolation_level = IsolationLevel::ReadUncommitted;
                    Request::ListOffsets(ListOffsetsRequest { replica: None, isolation_level, partitions })
                }
            };
            self.network.send(leader, request, Purpose::Leader(asked), fx);
        }
        self.look_for_leaders_again(fx);
    }

    fn on_leader_answer(&mut self, answers: Vec<(TopicPartition, ErrorCode, i64)>, fx: &mut Effects<ClientTimer>) {
        for (tp, error, number) in answers {
            if error.is_ok() {
                self.of_leaders.insert(tp, Ok(number));
            } else if error.is_retriable() && !self.is_out_of_time(fx.now) {
                self.last_errors.insert(tp, error);
            } else {
                self.of_leaders.insert(tp, Err(error));
            }
        }
        self.finish_leaders();
        self.look_for_leaders_again(fx);
    }

    fn finish_leaders(&mut self) {
        let AdminQuestion::Leaders(_, partitions) = &self.question else { return };
        if partitions.iter().all(|(tp, _)| self.of_leaders.contains_key(tp)) {
            let answers = std::mem::take(&mut self.of_leaders);
            self.outcome = Outcome::OfLeaders(answers.into_iter().collect());
        }
    }

    /// Time is up: what has no answer gets the error that it was last refused with.
    fn give_up_leaders(&mut self) {
        let AdminQuestion::Leaders(_, partitions) = &self.question else { return };
        for (tp, _) in partitions {
            if !self.of_leaders.contains_key(tp) {
                let error = self.last_errors.get(tp).copied().unwrap_or(ErrorCode::RequestTimedOut);
                self.of_leaders.insert(tp.clone(), Err(error));
            }
        }
        self.finish_leaders();
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}
