//! What a log should hold, told as simply as possible: a list of batches, most of them with their records, and a few numbers. There are no
//! segments, no indexes and no files in it; whatever has to be known is found by walking the list.

use kafkascope::base::{Map, Offset, Set};
use kafkascope::record::{ControlRecordType, Record, RecordBatch};

/// A batch that was appended and never cut away. It stays in the list when retention or the cleaner has done with it.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) base: Offset,
    pub(crate) last: Offset,
    pub(crate) leader_epoch: i32,
    pub(crate) max_timestamp: i64,
    /// Id and epoch.
    pub(crate) producer: Option<(i64, i16)>,
    pub(crate) last_sequence: i32,
    pub(crate) transactional: bool,
    /// The marker of a transaction: whether it commits, and its coordinator's epoch.
    pub(crate) marker: Option<(bool, i32)>,
    pub(crate) records: Vec<Record<'static>>,
}

impl Batch {
    /// The batch in `bytes` as it is to lie in the log: at `base`, of the term `leader_epoch`, stamped at `stamp` if the broker does so.
    pub(crate) fn placed(bytes: &RecordBatch<'_>, base: Offset, leader_epoch: i32, stamp: Option<i64>) -> Self {
        let shift = base - bytes.base_offset();
        let placed = |record: Record<'_>| Record {
            offset: record.offset + shift,
            timestamp: stamp.unwrap_or(record.timestamp),
            ..record.into_owned()
        };
        let records: Vec<_> = bytes.records().map(|record| placed(record.expect("a record of ours"))).collect();
        let marker = bytes.end_transaction_marker().expect("a marker of ours");
        Self {
            base,
            last: bytes.last_offset() + shift,
            leader_epoch,
            max_timestamp: records.iter().map(|record| record.timestamp).max().unwrap_or(-1),
            producer: bytes.has_producer_id().then(|| (bytes.producer_id(), bytes.producer_epoch())),
            last_sequence: bytes.last_sequence(),
            transactional: bytes.is_transactional(),
            marker: marker.map(|marker| (marker.kind == ControlRecordType::Commit, marker.coordinator_epoch)),
            records,
        }
    }

    fn is_of(&self, producer_id: i64) -> bool {
        self.producer.is_some_and(|(id, _)| id == producer_id)
    }
}

/// A producer, as all of its batches tell of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Producer {
    pub(crate) epoch: i16,
    /// Sequence and offset of its last record in this epoch.
    pub(crate) last_data: Option<(i32, Offset)>,
    /// The last offset of its last batch of any kind.
    pub(crate) last_seen: Offset,
    pub(crate) last_timestamp: i64,
    pub(crate) coordinator_epoch: i32,
    /// Offset and timestamp of its last marker.
    pub(crate) last_marker: (Offset, i64),
    pub(crate) open_since: Option<Offset>,
}

impl Producer {
    /// Whether it has not written for so long that it may be forgotten.
    pub(crate) fn is_expired(&self, now_ms: i64) -> bool {
        self.open_since.is_none() && now_ms - self.last_timestamp >= crate::life::EXPIRATION_MS
    }
}

/// A transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Transaction {
    pub(crate) producer_id: i64,
    pub(crate) first: Offset,
    /// The offset of its marker, and whether it commits.
    pub(crate) end: Option<(Offset, bool)>,
}

/// The whole log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) batches: Vec<Batch>,
    pub(crate) start: Offset,
    pub(crate) end: Offset,
    pub(crate) high_watermark: Offset,
    /// Where the first segment begins: what lies before is gone from the disk too.
    pub(crate) first_segment: Offset,
    /// Everything before this has been through the cleaner.
    pub(crate) cleaned_to: Offset,
    /// The time of the last round of the cleaner, and of the first that saw a batch, by base offset.
    pub(crate) last_round_ms: i64,
    pub(crate) first_round_ms: Map<Offset, i64>,
    /// Batches of transactions, by base offset, that the cleaner saw as aborted (false) or committed (true). The marker may have been cut away
    /// since: a log that was opened anew does not know which markers are not safe yet, and lets the cleaner go by them.
    pub(crate) decided: Set<(Offset, bool)>,
    /// The log was opened anew when it began here: of producers that wrote only before that, nothing need be known.
    pub(crate) forgotten_below: Offset,
    /// The farthest that the log start has ever been: the terms before it are forgotten, even if a crash brings records back.
    pub(crate) farthest_start: Offset,
    /// The machine has lost power.
    pub(crate) lost_power: bool,
    /// The log was opened anew, or cut: markers that were not safe then may count as safe.
    pub(crate) reopened: bool,
    /// When that was last.
    pub(crate) reopened_ms: i64,
    /// Producers that did not write for too long, and the last offset that was seen of them then.
    pub(crate) expired: Map<i64, Offset>,
    /// Producers of which batches were cut away. If the cleaner has taken older ones meanwhile, nothing may be left of them.
    pub(crate) cut: Set<i64>,
}

impl Model {
    /// Cuts everything at or behind `offset`, by whole batches.
    pub(crate) fn truncate(&mut self, offset: Offset) {
        self.keep(|batch| batch.last < offset);
        self.end = self.end.min(offset);
        self.start = self.start.min(offset);
        self.farthest_start = self.farthest_start.min(offset);
        self.high_watermark = self.high_watermark.min(offset);
        self.cleaned_to = self.cleaned_to.min(offset);
        self.first_round_ms.retain(|base, _| *base < offset);
        self.decided.retain(|(base, _)| *base < offset);
        self.forgotten_below = self.forgotten_below.max(self.start);
    }

    /// Drops the batches that are gone for good. Says where the first of them began.
    pub(crate) fn keep(&mut self, stays: impl Fn(&Batch) -> bool) -> Option<Offset> {
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.batches).into_iter().partition(stays);
        self.batches = kept;
        self.cut.extend(gone.iter().filter_map(|batch| batch.producer).map(|(id, _)| id));
        gone.first().map(|batch| batch.base)
    }

    /// A round of the cleaner over everything before `end`, begun at `now_ms`.
    pub(crate) fn see_round(&mut self, end: Offset, now_ms: i64) {
        self.last_round_ms = now_ms;
        let seen: Vec<_> = self.batches.iter().filter(|batch| batch.base < end).cloned().collect();
        for batch in seen {
            self.first_round_ms.entry(batch.base).or_insert(now_ms);
            if let Some(commits) = self.outcome(&batch) {
                self.decided.insert((batch.base, commits));
            }
        }
        self.cleaned_to = self.cleaned_to.max(end);
    }

    /// What is known of producers is read from the disk again: of those that did not write for long nothing need be found.
    pub(crate) fn read_producers_again(&mut self, now_ms: i64) {
        self.reopened = true;
        self.reopened_ms = now_ms;
        for (id, producer) in self.producers() {
            if producer.is_expired(now_ms) {
                self.expired.insert(id, producer.last_seen);
            }
        }
    }

    /// The end of what is there in bytes.
    pub(crate) fn written_end(&self) -> Offset {
        self.batches.last().map_or(0, |batch| batch.last + 1)
    }

    /// What is known of each producer.
    pub(crate) fn producers(&self) -> Map<i64, Producer> {
        let mut producers: Map<i64, Producer> = Map::new();
        for batch in &self.batches {
            let Some((id, epoch)) = batch.producer else { continue };
            let mut producer = producers.get(&id).copied().unwrap_or(Producer {
                epoch,
                last_data: None,
                last_seen: -1,
                last_timestamp: -1,
                coordinator_epoch: -1,
                last_marker: (-1, -1),
                open_since: None,
            });
            if epoch != producer.epoch {
                (producer.epoch, producer.last_data) = (epoch, None);
            }
            (producer.last_seen, producer.last_timestamp) = (batch.last, batch.max_timestamp);
            match batch.marker {
                Some((_, coordinator_epoch)) => {
                    (producer.coordinator_epoch, producer.open_since) = (coordinator_epoch, None);
                    producer.last_marker = (batch.last, batch.max_timestamp);
                }
                None => {
                    producer.last_data = Some((batch.last_sequence, batch.last));
                    if batch.transactional {
                        producer.open_since = producer.open_since.or(Some(batch.base));
                    }
                }
            }
            producers.insert(id, producer);
        }
        producers
    }

    /// All transactions, in the order in which they began.
    pub(crate) fn transactions(&self) -> Vec<Transaction> {
        let mut all: Vec<Transaction> = Vec::new();
        for batch in self.batches.iter().filter(|batch| batch.transactional) {
            let (producer_id, _) = batch.producer.expect("a transaction has a producer");
            let open = all.iter_mut().find(|txn| txn.producer_id == producer_id && txn.end.is_none());
            match (open, batch.marker) {
                (Some(open), Some((commits, _))) => open.end = Some((batch.base, commits)),
                (None, None) => all.push(Transaction { producer_id, first: batch.base, end: None }),
                _ => {}
            }
        }
        all
    }

    /// What became of the transaction that `batch` is part of: none if it is of none, or has no marker yet.
    pub(crate) fn outcome(&self, batch: &Batch) -> Option<bool> {
        let (id, _) = batch.producer.filter(|_| batch.transactional && batch.marker.is_none())?;
        let marker = self.batches.iter().find(|it| it.base > batch.last && it.is_of(id) && it.marker.is_some())?;
        marker.marker.map(|(commits, _)| commits)
    }

    /// The last stable offset: where the first transaction begins that is open or whose marker is not safe. The first number is what it is at
    /// least, the second what it may be if the log has been opened since and need not know of the markers.
    pub(crate) fn last_stable_offset(&self) -> (Offset, Offset) {
        let unsafe_yet = |txn: &&Transaction| txn.end.is_none_or(|(marker, _)| marker >= self.high_watermark);
        let bound = |first: Option<Offset>| {
            first.map_or(self.high_watermark, |first| first.max(self.start).min(self.high_watermark))
        };
        let transactions = self.transactions();
        let strict = bound(transactions.iter().filter(unsafe_yet).map(|txn| txn.first).min());
        if !self.reopened {
            return (strict, strict);
        }
        // Where a transaction began may be forgotten, or cleaned away before its marker was cut off.
        let cleaned = |txn: &Transaction| self.cut.contains(&txn.producer_id) && txn.first < self.cleaned_to;
        let forgotten = |txn: &Transaction| txn.first < self.forgotten_below || cleaned(txn);
        let begun_before = transactions.iter().any(|txn| txn.end.is_none() && forgotten(txn));
        let open = transactions.iter().filter(|txn| txn.end.is_none()).map(|txn| txn.first).min();
        (strict, if begun_before { self.high_watermark } else { bound(open) })
    }

    /// Why a record need not be there any more; none if it must be. `delete_retention_ms` is the setting.
    pub(crate) fn cleaned(&self, batch: &Batch, record: &Record<'_>, delete_retention_ms: i64) -> Option<&'static str> {
        if record.offset >= self.cleaned_to {
            return None;
        }
        let first_round = self.first_round_ms.get(&batch.base).copied().unwrap_or(self.last_round_ms);
        let horizon_passed = first_round + delete_retention_ms <= self.last_round_ms;
        if batch.marker.is_some() {
            return horizon_passed.then_some("an old marker");
        }
        if self.decided.contains(&(batch.base, false)) {
            return Some("aborted");
        }
        let Some(key) = &record.key else { return Some("without a key") };
        if self.newest_decided(key) > record.offset {
            return Some("superseded");
        }
        (record.value.is_none() && horizon_passed).then_some("an old tombstone")
    }

    /// The newest offset of a key that the cleaner has seen and that was not aborted; −1 if there is none.
    pub(crate) fn newest_decided(&self, key: &[u8]) -> Offset {
        let decided = |batch: &&Batch| {
            batch.marker.is_none() && (!batch.transactional || self.decided.contains(&(batch.base, true)))
        };
        let of_key = |record: &&Record<'_>| record.offset < self.cleaned_to && record.key.as_deref() == Some(key);
        let batches = self.batches.iter().rev().filter(decided);
        batches.flat_map(|batch| batch.records.iter().rev()).find(of_key).map_or(-1, |record| record.offset)
    }
}
