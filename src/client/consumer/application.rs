//! The application: the loop around `poll()`.
//!
//! ```text
//! while running { for record in consumer.poll(…) { process(record) } }
//! consumer.close()
//! ```
//! Between two polls it processes what it got, one record after the other. While it waits in `poll()` for data nothing
//! needs to happen: a real application polls again every few hundred milliseconds, and each of those polls would find
//! nothing. So time passes in one long poll, which wakes when an answer comes or a deadline of its own is due.

use super::{ConsumedRecord, Consumer};
use crate::base::{Offset, SimTime, TopicPartition};
use crate::client::ClientTimer;
use crate::protocol::Effects;
use crate::trace::TraceKind;
use std::collections::VecDeque;

/// Where the loop is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Stage {
    NotStarted,
    InPoll,
    /// The record at the front is done at this time.
    Processing(SimTime),
    Closing,
    Finished,
}

/// The application.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Application {
    stage: Stage,
    processing: SimTime,
    /// What the last poll returned and is not processed.
    batch: VecDeque<ConsumedRecord>,
    pub(super) processed: u64,
    /// It closes after so many.
    pub(super) limit: Option<u64>,
    /// Somebody told it to end; it closes when its batch is done.
    pub(super) stop_requested: bool,
    /// Processed records are kept for whoever asks.
    pub(super) keep: bool,
    pub(super) delivered: Vec<ConsumedRecord>,
}

impl Application {
    pub(super) fn new(processing: SimTime) -> Self {
        Self {
            stage: Stage::NotStarted,
            processing,
            batch: VecDeque::new(),
            processed: 0,
            limit: None,
            stop_requested: false,
            keep: false,
            delivered: Vec::new(),
        }
    }

    pub(super) fn start(&mut self) {
        self.stage = Stage::InPoll;
    }

    pub(super) fn is_polling(&self) -> bool {
        !matches!(self.stage, Stage::Processing(_))
    }

    pub(super) fn is_closing(&self) -> bool {
        self.stage == Stage::Closing
    }

    pub(super) fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    pub(super) fn finish(&mut self) {
        self.stage = Stage::Finished;
    }

    pub(super) fn unprocessed(&self) -> u64 {
        self.batch.len() as u64
    }

    fn limit_reached(&self) -> bool {
        self.limit.is_some_and(|limit| self.processed >= limit)
    }

    /// The stage in a word.
    pub(super) fn word(&self) -> &'static str {
        match self.stage {
            Stage::NotStarted => "not started",
            Stage::InPoll => "polling",
            Stage::Processing(_) => "processing",
            Stage::Closing => "closing",
            Stage::Finished => "finished",
        }
    }
}

impl Consumer {
    /// Lets the application go on until it has to wait.
    pub(super) fn run_application(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        loop {
            match self.app.stage {
                Stage::NotStarted | Stage::Finished => return,
                Stage::Closing => return self.run_close(now, fx),
                Stage::Processing(until) if until > now => return,
                Stage::Processing(_) => self.process_one(now, fx),
                Stage::InPoll if self.app.stop_requested || self.app.limit_reached() => {
                    self.app.stage = Stage::Closing;
                    self.begin_close(now);
                }
                Stage::InPoll => {
                    if !self.poll(now, fx) {
                        return;
                    }
                }
            }
        }
    }

    /// One turn of `poll()`; true if it returned records, or went on in some other way.
    fn poll(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) -> bool {
        self.heartbeat.last_poll = now;
        self.maybe_update_metadata(now, fx);
        self.maybe_find_coordinator(now, fx);
        self.join_group_if_needed(now, fx);
        self.maybe_auto_commit(now, fx);
        self.update_positions(now, fx);
        let records = self.collect_fetch(fx);
        // The next round is sent before the records are returned, so that it is under way while they are processed.
        self.send_fetches(now, fx);
        self.maybe_update_metadata(now, fx);
        if records.is_empty() {
            return self.app.stop_requested;
        }
        self.app.batch = records.into();
        self.begin_processing(now, fx);
        true
    }

    fn begin_processing(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        if self.app.processing > SimTime::ZERO {
            self.app.stage = Stage::Processing(now + self.app.processing);
            return;
        }
        let room = self.app.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.app.processed));
        let mut run: Option<(TopicPartition, Offset, Offset)> = None;
        for _ in 0..room.min(self.app.batch.len() as u64) {
            let Some(record) = self.app.batch.pop_front() else { break };
            match &mut run {
                Some((tp, _, last)) if *tp == record.partition => *last = record.offset,
                _ => {
                    trace_processed(run.take(), fx);
                    run = Some((record.partition.clone(), record.offset, record.offset));
                }
            }
            self.record_processed(record);
        }
        trace_processed(run, fx);
        self.give_back_rest();
    }

    fn process_one(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        if let Some(record) = self.app.batch.pop_front() {
            trace_processed(Some((record.partition.clone(), record.offset, record.offset)), fx);
            self.record_processed(record);
        }
        if self.app.limit_reached() {
            self.give_back_rest();
        }
        self.app.stage =
            if self.app.batch.is_empty() { Stage::InPoll } else { Stage::Processing(now + self.app.processing) };
    }

    fn record_processed(&mut self, record: ConsumedRecord) {
        self.app.processed += 1;
        if self.app.keep {
            self.app.delivered.push(record);
        }
    }

    /// An application that has enough goes back to before what it did not process, as the console consumer does, so that
    /// its last commit does not cover it.
    fn give_back_rest(&mut self) {
        for record in std::mem::take(&mut self.app.batch).into_iter().rev() {
            if let Some(position) = self.subscriptions.get_mut(&record.partition).and_then(|s| s.position.as_mut()) {
                position.offset = record.offset;
            }
        }
    }

    /// When the application can go on by itself.
    pub(super) fn next_poll_wake(&self, now: SimTime) -> Option<SimTime> {
        let wakes = match self.app.stage {
            Stage::NotStarted | Stage::Finished => return None,
            Stage::Processing(until) => [Some(until), None, None, None, None],
            Stage::Closing => [self.next_close_wake(), self.next_cluster_wake(now), None, None, None],
            Stage::InPoll => [
                self.next_cluster_wake(now),
                self.membership.next_wake(),
                self.next_commit_wake(),
                self.next_position_wake(),
                self.next_fetch_wake(now),
            ],
        };
        wakes.into_iter().flatten().filter(|at| *at > now).min()
    }
}

fn trace_processed(run: Option<(TopicPartition, Offset, Offset)>, fx: &mut Effects<ClientTimer>) {
    if let Some((partition, first, last)) = run {
        fx.trace(TraceKind::Processed { partition, first, last });
    }
}
