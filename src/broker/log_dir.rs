//! The log directory, and what happens when it cannot be used any more (Kafka's `LogDirFailureChannel`).
//!
//! Whatever reads or writes a log may find that the disk is broken or full. Kafka makes no difference between the two: an I/O error on a
//! log directory takes it offline, with all replicas in it, until the broker is started again; a broker without a log directory left
//! halts at once (`LogManager.handleLogDirFailure`, `Exit.halt(1)`), without leaving in good order. Here a broker has one log directory, so
//! the first I/O error is its end. Who asked for what failed is told `KAFKA_STORAGE_ERROR`, if the answer still gets out.
//!
//! What Kafka does in its own time, its background threads do here too, on the device but not on anybody's time: see
//! [`Disk::in_background`].

use super::{Broker, BrokerState, Fx, LOG_DIR};
use crate::disk::{Disk, DiskError};
use crate::log::{AppendError, LogError};
use crate::trace::TraceKind;

impl Broker {
    /// Something could not be done with the log directory: if that is the disk's fault, the directory is offline from now on.
    pub(super) fn maybe_add_offline_log_dir(&mut self, error: &LogError) {
        if matches!(error, LogError::Disk(_)) {
            self.add_offline_log_dir(error);
        }
    }

    /// The same for an append.
    pub(super) fn maybe_add_offline_for_append(&mut self, error: &AppendError) {
        if let AppendError::Log(error) = error {
            self.maybe_add_offline_log_dir(error);
        }
    }

    /// The log directory is of no use any more, whatever the reason: what came first is remembered.
    pub(super) fn add_offline_log_dir(&mut self, error: &LogError) {
        self.offline_log_dir.get_or_insert_with(|| error.clone());
    }

    /// Hands on what came out of something with the log directory, if it came.
    pub(super) fn online<T>(&mut self, result: Result<T, LogError>) -> Option<T> {
        result.inspect_err(|error| self.maybe_add_offline_log_dir(error)).ok()
    }

    /// Halts, if the log directory went offline in this step.
    pub(super) fn handle_log_dir_failure(&mut self, fx: &mut Fx) {
        if let Some(error) = self.offline_log_dir.take() {
            self.lifecycle.state = BrokerState::Halted;
            fx.trace(TraceKind::LogDirFailed { error: error.to_string().into() });
        }
    }

    /// Something could not be read: a disk that has failed is the reason.
    pub(super) fn blame_disk(&mut self, disk: &Disk) {
        if disk.has_failed() {
            self.add_offline_log_dir(&LogError::Disk(DiskError::Failed { path: LOG_DIR.into() }));
        }
    }
}

/// Whether a file was not there, as after a power loss or on a new disk; anything else is a fault of the disk.
pub(super) fn is_missing(error: &DiskError) -> bool {
    matches!(error, DiskError::NotFound { .. })
}
