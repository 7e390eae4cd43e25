//! All producers of a partition, its open transactions, and the snapshots.

use super::append_info::{CompletedTxn, ProducerAppendInfo};
use super::entry::ProducerStateEntry;
use super::hash_order::HashOrder;
use super::snapshot::{read_snapshot, write_snapshot};
use super::verification::{VerificationGuard, VerificationStateEntry};
use crate::base::{Map, Offset, Set};
use crate::disk::Disk;
use crate::log::LogError;
use crate::log::append::AppendOrigin;
use crate::log::files::{PRODUCER_SNAPSHOT_SUFFIX, delete_if_exists, offset_from_file_name, segment_file};
use std::rc::Rc;

/// The settings of a broker that producer state minds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProducerStateManagerConfig {
    /// `producer.id.expiration.ms`: a producer without an open transaction is forgotten this long after its last write.
    pub producer_id_expiration_ms: i64,
    /// `transaction.partition.verification.enable`: the first record of a transaction needs a [`VerificationGuard`]. Off
    /// here, where Kafka has it on: it takes a transaction coordinator to ask.
    pub transaction_verification_enabled: bool,
}

impl Default for ProducerStateManagerConfig {
    fn default() -> Self {
        Self { producer_id_expiration_ms: 24 * 60 * 60 * 1000, transaction_verification_enabled: false }
    }
}

/// The producers of one partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProducerStateManager {
    dir: Rc<str>,
    config: ProducerStateManagerConfig,
    producers: Map<i64, ProducerStateEntry>,
    order: HashOrder,
    verification_states: Map<i64, VerificationStateEntry>,
    last_guard: u64,
    /// Open transactions: first offset → producer id.
    ongoing: Map<Offset, i64>,
    /// Transactions whose marker the high watermark has not passed: first offset → the marker's.
    unreplicated: Map<Offset, Offset>,
    /// The offsets of the snapshots that there are.
    snapshots: Set<Offset>,
    /// All batches before this offset are accounted for.
    last_map_offset: Offset,
    last_snap_offset: Offset,
}

impl ProducerStateManager {
    /// Nothing yet, for the log in the folder `dir`; the snapshots there are noticed, but not read.
    pub(in crate::log) fn new(disk: &Disk, dir: &str, config: ProducerStateManagerConfig) -> Self {
        Self {
            dir: dir.into(),
            config,
            producers: Map::new(),
            order: HashOrder::default(),
            verification_states: Map::new(),
            last_guard: 0,
            ongoing: Map::new(),
            unreplicated: Map::new(),
            snapshots: list_snapshots(disk, dir),
            last_map_offset: 0,
            last_snap_offset: 0,
        }
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> ProducerStateManagerConfig {
        self.config
    }

    /// The producers, by id.
    pub fn active_producers(&self) -> impl DoubleEndedIterator<Item = &ProducerStateEntry> + ExactSizeIterator {
        self.producers.values()
    }

    /// One producer.
    #[must_use]
    pub fn last_entry(&self, producer_id: i64) -> Option<&ProducerStateEntry> {
        self.producers.get(&producer_id)
    }

    /// Whether nothing is known of any producer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.unreplicated.is_empty()
    }

    /// The offset up to which all batches are accounted for.
    #[must_use]
    pub fn map_end_offset(&self) -> Offset {
        self.last_map_offset
    }

    /// The offsets of the snapshots, oldest first.
    pub fn snapshot_offsets(&self) -> impl DoubleEndedIterator<Item = Offset> + '_ {
        self.snapshots.iter().copied()
    }

    /// The offset of the newest snapshot.
    #[must_use]
    pub fn latest_snapshot_offset(&self) -> Option<Offset> {
        self.snapshot_offsets().next_back()
    }

    /// The first offset of the oldest transaction that is open, or whose marker the high watermark has not passed.
    #[must_use]
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        let unreplicated = self.unreplicated.first_key_value().map(|(first, _)| *first);
        [self.first_undecided_offset(), unreplicated].into_iter().flatten().min()
    }

    /// The first offset of the oldest transaction that is open.
    #[must_use]
    pub fn first_undecided_offset(&self) -> Option<Offset> {
        self.ongoing.first_key_value().map(|(first, _)| *first)
    }

    /// Whether a producer has a transaction open, in this epoch.
    #[must_use]
    pub fn has_ongoing_transaction(&self, producer_id: i64, producer_epoch: i16) -> bool {
        self.last_entry(producer_id)
            .is_some_and(|entry| entry.producer_epoch == producer_epoch && entry.current_txn_first_offset.is_some())
    }

    /// What is kept of a producer that waits for its coordinator's word.
    #[must_use]
    pub fn verification_state_entry(&self, producer_id: i64) -> Option<&VerificationStateEntry> {
        self.verification_states.get(&producer_id)
    }

    /// The ticket of a producer that waits for its coordinator's word; the sentinel if it does not.
    #[must_use]
    pub fn verification_guard(&self, producer_id: i64) -> VerificationGuard {
        self.verification_state_entry(producer_id).map_or(VerificationGuard::SENTINEL, |entry| entry.guard)
    }

    /// Gives a producer a ticket, unless it has one; its sequence and epoch are noted either way.
    pub(in crate::log) fn maybe_create_verification_state_entry(
        &mut self,
        producer_id: i64,
        sequence: i32,
        epoch: i16,
        supports_epoch_bump: bool,
        now_ms: i64,
    ) -> VerificationGuard {
        if let Some(entry) = self.verification_states.get_mut(&producer_id) {
            entry.maybe_update_lowest_sequence_and_epoch(sequence, epoch);
            return entry.guard;
        }
        self.last_guard += 1;
        let guard = VerificationGuard(self.last_guard);
        let entry =
            VerificationStateEntry { timestamp: now_ms, guard, lowest_sequence: sequence, epoch, supports_epoch_bump };
        self.verification_states.insert(producer_id, entry);
        guard
    }

    pub(super) fn clear_verification_state_entry(&mut self, producer_id: i64) {
        self.verification_states.remove(&producer_id);
    }

    /// Begins the checks of an append by this producer.
    pub(super) fn prepare_update(&self, producer_id: i64, origin: AppendOrigin) -> ProducerAppendInfo {
        let verification = self.verification_state_entry(producer_id).copied();
        match self.last_entry(producer_id) {
            Some(entry) => ProducerAppendInfo::new(entry, origin, verification),
            None => ProducerAppendInfo::new(&ProducerStateEntry::empty(producer_id), origin, verification),
        }
    }

    /// Takes over what an append left.
    pub(in crate::log) fn update(&mut self, info: &ProducerAppendInfo) {
        let updated = info.updated();
        match self.producers.get_mut(&updated.producer_id) {
            Some(entry) => entry.update(updated),
            None => self.add_producer(updated.clone()),
        }
        self.ongoing.extend(info.started_transactions().iter().map(|first| (*first, updated.producer_id)));
    }

    fn add_producer(&mut self, entry: ProducerStateEntry) {
        let id = entry.producer_id;
        if self.producers.insert(id, entry).is_none() {
            self.order.add(id);
        }
    }

    /// All batches before `offset` are accounted for.
    pub(in crate::log) fn update_map_end_offset(&mut self, offset: Offset) {
        self.last_map_offset = offset;
    }

    /// Where the last stable offset will be, for the transaction index, once `completed` is entered: at the oldest
    /// transaction of another producer that is open, or else behind the marker.
    pub(in crate::log) fn last_stable_offset(&self, completed: &CompletedTxn) -> Offset {
        let other = self.ongoing.iter().find(|(_, producer_id)| **producer_id != completed.producer_id);
        other.map_or(completed.last_offset + 1, |(first, _)| *first)
    }

    /// A transaction has its marker. It holds back the last stable offset until the high watermark has passed that.
    pub(in crate::log) fn complete_txn(&mut self, completed: &CompletedTxn) {
        self.ongoing.remove(&completed.first_offset);
        self.unreplicated.insert(completed.first_offset, completed.last_offset);
    }

    /// The high watermark has moved: markers below it are safe.
    pub(in crate::log) fn on_high_watermark_updated(&mut self, high_watermark: Offset) {
        self.unreplicated.retain(|_, marker| *marker >= high_watermark);
    }

    /// The log starts later than it did.
    pub(in crate::log) fn on_log_start_offset_incremented(&mut self, log_start_offset: Offset) {
        self.unreplicated.retain(|_, marker| *marker >= log_start_offset);
        self.last_map_offset = self.last_map_offset.max(log_start_offset);
        self.last_snap_offset = self.latest_snapshot_offset().unwrap_or(log_start_offset);
    }

    /// Forgets the producers that have not written for `producer.id.expiration.ms`, and tickets as old.
    pub(in crate::log) fn remove_expired_producers(&mut self, now_ms: i64) {
        let config = self.config;
        let expired = self.producers.values().filter(|entry| is_expired(config, entry, now_ms));
        let gone: Set<i64> = expired.map(|entry| entry.producer_id).collect();
        self.producers.retain(|id, _| !gone.contains(id));
        self.order.remove(&gone);
        let expiration_ms = config.producer_id_expiration_ms;
        self.verification_states.retain(|_, entry| now_ms.saturating_sub(entry.timestamp) < expiration_ms);
    }

    /// Brings the snapshot of `offset` to the platter, if it is still there.
    pub(in crate::log) fn flush_snapshot(&self, disk: &mut Disk, offset: Offset) -> Result<(), LogError> {
        let path = self.snapshot_path(offset);
        if disk.exists(&path) {
            disk.fsync(&path)?;
        }
        Ok(())
    }

    /// Writes a snapshot, unless there is one of this offset or a later one; `sync` brings it to the platter at once.
    pub(in crate::log) fn take_snapshot(&mut self, disk: &mut Disk, sync: bool) -> Result<(), LogError> {
        if self.last_map_offset <= self.last_snap_offset {
            return Ok(());
        }
        let entries: Vec<&ProducerStateEntry> = self.order.ids().iter().map(|id| &self.producers[id]).collect();
        let bytes = write_snapshot(entries.into_iter());
        let path = self.snapshot_path(self.last_map_offset);
        delete_if_exists(disk, &path)?;
        disk.create(&path)?;
        disk.append(&path, &bytes)?;
        if sync {
            disk.fsync(&path)?;
        }
        self.snapshots.insert(self.last_map_offset);
        self.last_snap_offset = self.last_map_offset;
        Ok(())
    }

    /// Forgets everything and removes the snapshots; the log is empty and goes on at `offset`.
    pub(in crate::log) fn truncate_fully_and_start_at(
        &mut self,
        disk: &mut Disk,
        offset: Offset,
    ) -> Result<(), LogError> {
        self.clear();
        self.delete_snapshots(disk, |_| true)?;
        self.last_snap_offset = 0;
        self.last_map_offset = offset;
        Ok(())
    }

    /// The log reaches from `log_start_offset` to `log_end_offset`: snapshots of anything else are removed, and unless
    /// all batches up to there, and no others, are accounted for, the newest that is left is read.
    pub(super) fn truncate_and_reload(
        &mut self,
        disk: &mut Disk,
        log_start_offset: Offset,
        log_end_offset: Offset,
        now_ms: i64,
    ) -> Result<(), LogError> {
        self.delete_snapshots(disk, |offset| offset > log_end_offset || offset <= log_start_offset)?;
        if log_end_offset == self.last_map_offset {
            self.on_log_start_offset_incremented(log_start_offset);
            return Ok(());
        }
        self.clear();
        self.load_from_snapshot(disk, log_start_offset, now_ms)
    }

    fn clear(&mut self) {
        self.producers.clear();
        self.order.clear();
        self.ongoing.clear();
        self.unreplicated.clear();
    }

    /// Reads the newest snapshot that is intact; damaged ones are removed.
    fn load_from_snapshot(&mut self, disk: &mut Disk, log_start_offset: Offset, now_ms: i64) -> Result<(), LogError> {
        while let Some(offset) = self.latest_snapshot_offset() {
            let path = self.snapshot_path(offset);
            match read_snapshot(&path, &disk.read(&path, 0, u64::MAX)?) {
                Ok(entries) => {
                    let config = self.config;
                    for entry in entries.into_iter().filter(|entry| !is_expired(config, entry, now_ms)) {
                        self.ongoing.extend(entry.current_txn_first_offset.map(|first| (first, entry.producer_id)));
                        self.add_producer(entry);
                    }
                    (self.last_snap_offset, self.last_map_offset) = (offset, offset);
                    return Ok(());
                }
                Err(_) => self.delete_snapshots(disk, |other| other == offset)?,
            }
        }
        (self.last_snap_offset, self.last_map_offset) = (log_start_offset, log_start_offset);
        Ok(())
    }

    /// Removes the snapshots that belong to no segment. The newest of them stays if it lies behind all segments: the log
    /// was closed there.
    pub(in crate::log) fn remove_stray_snapshots(
        &mut self,
        disk: &mut Disk,
        segments: &Set<Offset>,
    ) -> Result<(), LogError> {
        self.snapshots = list_snapshots(disk, &self.dir);
        let strays: Vec<Offset> = self.snapshot_offsets().filter(|offset| !segments.contains(offset)).collect();
        let newest =
            strays.last().copied().filter(|stray| segments.iter().next_back().is_none_or(|last| stray >= last));
        self.delete_snapshots(disk, |offset| strays.contains(&offset) && Some(offset) != newest)
    }

    /// The snapshots of these offsets are no more, or marked to be removed.
    pub(in crate::log) fn forget_snapshots(&mut self, offsets: &[Offset]) {
        self.snapshots.retain(|offset| !offsets.contains(offset));
    }

    fn delete_snapshots(&mut self, disk: &mut Disk, unwanted: impl Fn(Offset) -> bool) -> Result<(), LogError> {
        let gone: Vec<Offset> = self.snapshot_offsets().filter(|offset| unwanted(*offset)).collect();
        for offset in &gone {
            delete_if_exists(disk, &self.snapshot_path(*offset))?;
        }
        self.forget_snapshots(&gone);
        Ok(())
    }

    fn snapshot_path(&self, offset: Offset) -> Rc<str> {
        segment_file(&self.dir, offset, PRODUCER_SNAPSHOT_SUFFIX)
    }
}

fn list_snapshots(disk: &Disk, dir: &str) -> Set<Offset> {
    let names = disk.list(dir);
    names.into_iter().filter_map(|name| offset_from_file_name(name, PRODUCER_SNAPSHOT_SUFFIX)).collect()
}

fn is_expired(config: ProducerStateManagerConfig, entry: &ProducerStateEntry, now_ms: i64) -> bool {
    entry.current_txn_first_offset.is_none()
        && now_ms.saturating_sub(entry.last_timestamp) >= config.producer_id_expiration_ms
}
