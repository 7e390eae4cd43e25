//! The end: `close()`.
//!
//! An application that is told to stop finishes its batch, commits once more (waiting for the answer, if auto-commit is
//! on), and leaves the group, so that the others take over at once instead of after its session. All that may take
//! thirty seconds; then the process ends whether or not anybody answered.

use super::Consumer;
use super::commits::{CommitKind, CommitOutcome};
use crate::base::SimTime;
use crate::client::ClientTimer;
use crate::protocol::Effects;

/// Kafka's `DEFAULT_CLOSE_TIMEOUT_MS`.
const CLOSE_TIMEOUT: SimTime = SimTime::from_secs(30);

/// How far closing is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Phase {
    Commit { in_flight: bool, retry_at: SimTime },
    Leave,
    Leaving,
}

/// A `close()` under way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Closing {
    phase: Phase,
    until: SimTime,
}

impl Consumer {
    /// Tells the application to end: it finishes what it has, closes its consumer, and the process ends.
    pub fn stop(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        self.app.stop_requested = true;
        if self.app.word() == "not started" {
            self.app.finish();
        } else if !self.is_finished() {
            self.run(now, fx);
        }
    }

    /// Whether the process has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.app.is_finished()
    }

    pub(super) fn begin_close(&mut self, now: SimTime) {
        self.heartbeat.disable();
        self.buffer.clear();
        let has_offsets = !self.subscriptions.all_consumed().is_empty();
        let commits = self.config.enable_auto_commit && has_offsets;
        let phase = if commits { Phase::Commit { in_flight: false, retry_at: now } } else { Phase::Leave };
        self.closing = Some(Closing { phase, until: now + CLOSE_TIMEOUT });
    }

    pub(super) fn run_close(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        let Some(closing) = self.closing.clone() else { return };
        if now >= closing.until {
            return self.app.finish();
        }
        match closing.phase {
            Phase::Commit { in_flight: false, retry_at } if now >= retry_at => self.commit_at_close(now, fx),
            Phase::Commit { .. } | Phase::Leaving => {}
            Phase::Leave => {
                if self.send_leave(now, fx) {
                    self.set_closing(Phase::Leaving);
                } else {
                    self.app.finish();
                }
            }
        }
    }

    /// A commit that nobody would take is not sent: a member without a generation has lost its partitions.
    fn commit_at_close(&mut self, now: SimTime, fx: &mut Effects<ClientTimer>) {
        if self.membership.generation_if_stable().is_none() {
            self.set_closing(Phase::Leave);
            return self.run_close(now, fx);
        }
        self.maybe_update_metadata(now, fx);
        self.maybe_find_coordinator(now, fx);
        let in_flight = self.send_commit(now, CommitKind::Close, fx);
        self.set_closing(Phase::Commit { in_flight, retry_at: now + self.config.retry_backoff });
    }

    pub(super) fn on_commit_at_close(&mut self, now: SimTime, outcome: CommitOutcome) {
        match outcome {
            CommitOutcome::Retriable => {
                self.set_closing(Phase::Commit { in_flight: false, retry_at: now + self.config.retry_backoff });
            }
            CommitOutcome::Done | CommitOutcome::Failed => self.set_closing(Phase::Leave),
        }
    }

    /// The coordinator knows that this member is gone, or will never answer.
    pub(super) fn on_left(&mut self) {
        if self.app.is_closing() {
            self.app.finish();
        }
    }

    fn set_closing(&mut self, phase: Phase) {
        if let Some(closing) = &mut self.closing {
            closing.phase = phase;
        }
    }

    pub(super) fn next_close_wake(&self) -> Option<SimTime> {
        let closing = self.closing.as_ref()?;
        match closing.phase {
            Phase::Commit { in_flight: false, retry_at } => Some(retry_at.min(closing.until)),
            _ => Some(closing.until),
        }
    }
}
