//! The sender: from ready batches to requests, and from answers to outcomes.

use super::{Fx, Producer, ProducerBatch};
use crate::base::{BrokerId, NodeId, Set, SimTime, TopicPartition};
use crate::client::{ClientTimer, InFlight};
use crate::protocol::{ErrorCode, MetadataResponse, ProduceRequest, ProduceResponse, Request, Response};
use crate::trace::TraceKind;
use std::rc::Rc;

/// What a producer sent a request for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Purpose {
    /// To learn who leads.
    Metadata,
    /// To bring these batches.
    Produce(Vec<ProducerBatch>),
}

impl Producer {
    /// Sends what is ready, and sets the alarm for what will be.
    pub(super) fn run_sender(&mut self, fx: &mut Fx) {
        let (linger, flushing, muted) = (self.config.linger, self.closing, self.muted());
        let leader_of = |tp: &TopicPartition| self.metadata.partition(tp).and_then(|info| info.leader);
        let ready = self.accumulator.ready(fx.now, linger, flushing, leader_of, |tp| muted.contains(tp));
        let mut requests = Vec::new();
        for leader in ready.leaders {
            if self.requests_to(leader) >= self.config.max_in_flight {
                continue;
            }
            let goes_along = |tp: &TopicPartition| leader_of(tp) == Some(leader) && !muted.contains(tp);
            requests.push((leader, self.accumulator.drain(fx.now, goes_along)));
        }
        for (leader, batches) in requests {
            self.send_batches(leader, batches, fx);
        }
        if ready.leaderless || !self.blocked.is_empty() {
            self.refresh_metadata_soon(fx);
        }
        self.set_alarm(fx);
    }

    fn requests_to(&self, leader: BrokerId) -> usize {
        self.network.in_flight().filter(|r| r.to == leader && matches!(r.purpose, Purpose::Produce(_))).count()
    }

    /// With one request in flight per connection, order is kept: a partition with a batch on its way sends no other.
    fn muted(&self) -> Set<TopicPartition> {
        let batches = self.network.in_flight().flat_map(|request| match &request.purpose {
            Purpose::Produce(batches) if self.config.max_in_flight == 1 => &batches[..],
            _ => &[],
        });
        batches.map(|batch| batch.partition.clone()).collect()
    }

    fn send_batches(&mut self, leader: BrokerId, mut batches: Vec<ProducerBatch>, fx: &mut Fx) {
        for batch in &mut batches {
            batch.attempts += 1;
        }
        let partitions = batches.iter().map(|batch| (batch.partition.clone(), batch.encode(), batch.ids())).collect();
        let request = Request::Produce(ProduceRequest {
            acks: self.config.acks,
            timeout: self.config.request_timeout,
            partitions,
        });
        if self.config.acks == 0 {
            // No answer will come: on the wire is as good as safe.
            self.network.send_and_forget(leader, request, fx);
            for batch in batches {
                self.succeed(&batch, -1, fx);
            }
        } else {
            self.network.send(leader, request, Purpose::Produce(batches), fx);
        }
    }

    fn succeed(&mut self, batch: &ProducerBatch, first: i64, fx: &mut Fx) {
        let ids = batch.ids();
        self.acked += ids.len() as u64;
        self.error = None;
        fx.trace(TraceKind::RecordsAcked { partition: batch.partition.clone(), ids, first });
    }

    /// Wakes the sender when the next batch is ready or out of time. One alarm at a time is enough: it sets the next.
    fn set_alarm(&mut self, fx: &mut Fx) {
        let delivery = self.config.delivery_timeout;
        let next = self.accumulator.next_event(self.config.linger, self.closing, delivery, fx.now);
        let blocked = self.blocked.front().map(|blocked| blocked.since + self.config.max_block);
        let Some(next) = next.into_iter().chain(blocked).min() else { return };
        if self.sender_wakes_at.is_none_or(|at| at <= fx.now || next < at) {
            self.sender_wakes_at = Some(next);
            fx.timer(next.since(fx.now), ClientTimer::Sender);
        }
    }

    /// Asks for metadata again, but not sooner than `retry.backoff.ms` after the last answer.
    fn refresh_metadata_soon(&mut self, fx: &mut Fx) {
        let soonest = self.metadata.updated_at.map_or(SimTime::ZERO, |at| at + self.config.retry_backoff);
        if soonest <= fx.now {
            self.request_metadata(fx);
        } else {
            self.schedule_metadata(soonest.since(fx.now), fx);
        }
    }

    /// Makes sure that metadata is asked for no later than `wait` from now.
    fn schedule_metadata(&mut self, wait: SimTime, fx: &mut Fx) {
        let due = fx.now + wait;
        if self.metadata_due.is_none_or(|known| due < known) {
            self.metadata_due = Some(due);
            fx.timer(wait, ClientTimer::Metadata);
        }
    }

    pub(super) fn on_response(&mut self, correlation: u32, response: Response, fx: &mut Fx) {
        let Some(InFlight { purpose, .. }) = self.network.take(correlation) else { return };
        match (purpose, response) {
            (Purpose::Metadata, Response::Metadata(response)) => self.on_metadata(&response, fx),
            (Purpose::Produce(batches), Response::Produce(response)) => self.on_produced(batches, &response, fx),
            _ => unreachable!("every purpose is answered in its own kind"),
        }
    }

    fn on_metadata(&mut self, response: &MetadataResponse, fx: &mut Fx) {
        self.metadata.update(fx.now, response);
        self.place_blocked(fx);
        let unknown = self.metadata.partition_count(&self.topic).is_none();
        self.schedule_metadata(if unknown { self.config.retry_backoff } else { self.config.metadata_max_age }, fx);
    }

    fn on_produced(&mut self, batches: Vec<ProducerBatch>, response: &ProduceResponse, fx: &mut Fx) {
        for (batch, answer) in batches.into_iter().zip(&response.partitions) {
            match answer.error {
                ErrorCode::None => self.succeed(&batch, answer.base_offset, fx),
                error if !answer.record_errors.is_empty() => self.reject(&batch, error, &answer.record_errors, fx),
                error => self.retry_or_fail(batch, error, fx),
            }
        }
    }

    /// Some records of a batch were refused, and the others with them. The error is that of the whole batch, so only a
    /// record that is the only one at fault is known to deserve it.
    fn reject(&mut self, batch: &ProducerBatch, error: ErrorCode, record_errors: &[(i32, Rc<str>)], fx: &mut Fx) {
        const WITH_OTHERS: &str =
            "Failed to append record because it was part of a batch which had one more more invalid records";
        for (number, id) in (0..).zip(batch.ids().iter()) {
            let own = record_errors.iter().find(|(index, _)| *index == number);
            let (error, message) = match own {
                Some((_, message)) if record_errors.len() == 1 => (error, message.clone()),
                Some((_, message)) => (ErrorCode::InvalidRecord, message.clone()),
                None => (ErrorCode::InvalidRecord, WITH_OTHERS.into()),
            };
            self.fail_because(&batch.partition, Rc::from([*id]), error, message, fx);
        }
    }

    fn retry_or_fail(&mut self, mut batch: ProducerBatch, error: ErrorCode, fx: &mut Fx) {
        let out_of_time = fx.now.since(batch.created_at) >= self.config.delivery_timeout;
        if !error.is_retriable() || batch.attempts > self.config.retries || out_of_time {
            return self.fail(&batch.partition, batch.ids(), error, fx);
        }
        self.error = Some(error);
        fx.trace(TraceKind::ProduceRetried { partition: batch.partition.clone(), error: error.name() });
        batch.not_before = fx.now + self.backoff(batch.attempts);
        self.accumulator.reenqueue(batch);
        if invalidates_metadata(error) {
            self.request_metadata(fx);
        }
    }

    /// `retry.backoff.ms`, doubled with each failure up to `retry.backoff.max.ms`, give or take a fifth.
    fn backoff(&mut self, attempts: u32) -> SimTime {
        let base = self.config.retry_backoff.0 << (attempts.saturating_sub(1)).min(10);
        let base = base.min(self.config.retry_backoff_max.0);
        SimTime(base * (800 + self.rng.below(401)) / 1000)
    }

    pub(super) fn on_disconnected(&mut self, peer: NodeId, fx: &mut Fx) {
        for request in self.network.disconnected(peer) {
            self.on_lost(request, ErrorCode::NetworkException, fx);
        }
    }

    /// Nobody answered in time: the client closes that connection, and all that was asked over it is lost.
    pub(super) fn on_request_timeout(&mut self, fx: &mut Fx) {
        for request in self.network.timed_out(fx) {
            let peer = NodeId::Broker(request.to);
            fx.because(request.cause);
            self.on_lost(request, ErrorCode::RequestTimedOut, fx);
            self.on_disconnected(peer, fx);
        }
    }

    fn on_lost(&mut self, request: InFlight<Purpose>, error: ErrorCode, fx: &mut Fx) {
        match request.purpose {
            Purpose::Metadata => self.schedule_metadata(self.config.retry_backoff, fx),
            Purpose::Produce(batches) => {
                for batch in batches {
                    self.retry_or_fail(batch, error, fx);
                }
                self.request_metadata(fx);
            }
        }
    }
}

/// Errors that tell a client that its picture of the cluster is old (Kafka's `InvalidMetadataException`).
fn invalidates_metadata(error: ErrorCode) -> bool {
    matches!(
        error,
        ErrorCode::NotLeaderOrFollower
            | ErrorCode::LeaderNotAvailable
            | ErrorCode::UnknownTopicOrPartition
            | ErrorCode::FencedLeaderEpoch
            | ErrorCode::UnknownLeaderEpoch
            | ErrorCode::NetworkException
            | ErrorCode::KafkaStorageError
    )
}
