//! A log against its model: everything that can be asked of it, asked twice.

use crate::model::{Batch, Model};
use kafkascope::base::{Map, Offset, Rng, Set};
use kafkascope::disk::Disk;
use kafkascope::log::{FetchIsolation, LogBatch, LogError, UnifiedLog};
use kafkascope::record::{RecordBatch, batches};

/// All checks, in an order in which the first that fails says most.
pub(crate) fn check(log: &UnifiedLog, disk: &Disk, model: &Model, rng: &mut Rng) {
    assert_eq!(
        (log.log_start_offset(), log.high_watermark(), log.log_end_offset()),
        (model.start, model.high_watermark, model.end),
        "log start, high watermark, log end"
    );
    let first = log.segments().next().expect("a segment").base_offset();
    assert_eq!(first, model.first_segment, "the first segment");
    let there = batches_of(log, disk);
    contents(log, &there, model);
    indexes(log, disk, &there, model);
    epochs(log, &there, model);
    producers(log, model);
    let (at_least, at_most) = model.last_stable_offset();
    let lso = log.last_stable_offset();
    assert!((at_least..=at_most).contains(&lso), "last stable offset {lso}, not in {at_least}..={at_most}");
    look_ups(log, disk, &there, rng);
    consumers(log, disk, &there, model, rng);
}

/// All that lies in a log.
pub(crate) fn batches_of(log: &UnifiedLog, disk: &Disk) -> Vec<LogBatch> {
    log.batches(disk, 0).map(|batch| batch.expect("a batch that can be read")).collect()
}

/// What lies in the log is what was appended; what does not has a reason.
pub(crate) fn contents(log: &UnifiedLog, there: &[LogBatch], model: &Model) {
    let compacts = log.config().cleanup_policy.compact;
    let mut next = model.first_segment;
    let mut found: Map<Offset, &LogBatch> = Map::new();
    for it in there {
        let batch = it.batch();
        assert!(batch.is_valid(), "the batch at {} has a wrong CRC", batch.base_offset());
        assert!(batch.base_offset() >= next, "{} is there after {next} was", batch.base_offset());
        next = batch.last_offset() + 1;
        found.insert(batch.base_offset(), it);
    }
    assert!(next <= model.end, "records up to {next} in a log that ends at {}", model.end);
    for batch in model.batches.iter().filter(|batch| batch.last >= model.first_segment) {
        let kept: Set<Offset> = match found.remove(&batch.base) {
            Some(it) => same(&it.batch(), batch),
            None => Set::new(),
        };
        for record in batch.records.iter().filter(|record| !kept.contains(&record.offset)) {
            let why = model.cleaned(batch, record, log.config().delete_retention_ms).filter(|_| compacts);
            assert!(why.is_some(), "the record at {} is gone", record.offset);
        }
    }
    let invented: Vec<Offset> = found.keys().copied().collect();
    assert!(invented.is_empty(), "nobody appended the batches at {invented:?}");
}

/// A batch is the one that was appended, as far as its records are left. Says which are.
fn same(there: &RecordBatch<'_>, batch: &Batch) -> Set<Offset> {
    let base = batch.base;
    assert_eq!(there.last_offset(), batch.last, "the end of the batch at {base}");
    assert_eq!(there.partition_leader_epoch(), batch.leader_epoch, "the term of the batch at {base}");
    let producer = there.has_producer_id().then(|| (there.producer_id(), there.producer_epoch()));
    assert_eq!((producer, there.last_sequence()), (batch.producer, batch.last_sequence), "producer of {base}");
    let kind = (there.is_transactional(), there.is_control_batch());
    assert_eq!(kind, (batch.transactional, batch.marker.is_some()), "the kind of the batch at {base}");
    let mut kept = Set::new();
    for record in there.records() {
        let record = record.expect("a record that can be read");
        let offset = record.offset;
        let Some(appended) = batch.records.iter().find(|it| it.offset == offset) else {
            panic!("nobody appended the record at {offset}");
        };
        let parts = (record.timestamp, &record.key, &record.value, &record.headers);
        assert_eq!(parts, (appended.timestamp, &appended.key, &appended.value, &appended.headers), "record {offset}");
        kept.insert(offset);
    }
    kept
}

/// After a round that ended at `end`, the clean part holds a key once at most, and nothing that was aborted.
pub(crate) fn clean_part(log: &UnifiedLog, disk: &Disk, model: &Model, end: Offset) {
    let mut seen: Map<Vec<u8>, Offset> = Map::new();
    for it in log.batches(disk, 0) {
        let it = it.expect("a batch that can be read");
        let there = it.batch();
        let Some(batch) = model.batches.iter().find(|batch| batch.base == there.base_offset()) else { continue };
        if batch.last >= end || batch.marker.is_some() {
            continue;
        }
        let records = there.records().map(|record| record.expect("a record that can be read"));
        // Nobody looks for the keys of what lies before the log start.
        for record in records.filter(|record| record.offset >= model.farthest_start) {
            assert_ne!(model.outcome(batch), Some(false), "the record at {} was aborted, and stays", record.offset);
            let key = record.key.expect("a compacted topic has keys").into_owned();
            let before = seen.insert(key, record.offset);
            assert_eq!(before, None, "the key of {} is there twice", record.offset);
        }
    }
}

/// An entry of an index says the truth.
fn indexes(log: &UnifiedLog, disk: &Disk, there: &[LogBatch], model: &Model) {
    for segment in log.segments() {
        let base = segment.base_offset();
        let of_segment: Vec<_> = there.iter().filter(|it| it.segment_base_offset == base).collect();
        let size: usize = of_segment.iter().map(|it| it.bytes.len()).sum();
        assert_eq!(u64::from(segment.size()), size as u64, "segment {base} holds more than batches");
        let mut before = (base - 1, -1);
        for entry in segment.offset_index().all(disk).expect("entries") {
            let batch = of_segment.iter().find(|it| it.position == entry.position);
            let last = batch.map(|it| it.batch().last_offset());
            assert_eq!(last, Some(entry.offset), "{entry:?} in the offset index of {base}");
            let this = (entry.offset, i64::from(entry.position));
            assert!(this.0 > before.0 && this.1 > before.1, "{entry:?} comes after {before:?}");
            before = this;
        }
        let mut before = -1;
        for entry in segment.time_index().all(disk).expect("entries") {
            let up_to = of_segment.iter().filter(|it| it.batch().last_offset() <= entry.offset);
            let youngest = up_to.map(|it| (it.batch().max_timestamp(), -it.batch().last_offset())).max();
            assert_eq!(youngest, Some((entry.timestamp, -entry.offset)), "{entry:?} in the time index of {base}");
            assert!(entry.timestamp > before, "{entry:?} is no younger than the entry before");
            before = entry.timestamp;
        }
        let youngest = of_segment.iter().map(|it| it.batch().max_timestamp()).max().unwrap_or(-1);
        let known = segment.max_timestamp_and_offset_so_far().timestamp;
        // The entry that closes a time index is written when all else of a segment may be flushed, and then nobody flushes it.
        assert!(known == youngest || (model.lost_power && known < youngest), "segment {base}: {known}, not {youngest}");
    }
}

/// Every batch is of the term that the cache has for its offset, and terms end where the next one's batches begin.
fn epochs(log: &UnifiedLog, there: &[LogBatch], model: &Model) {
    for it in there {
        let batch = it.batch();
        if batch.last_offset() < model.farthest_start {
            continue;
        }
        let (offset, epoch) = (batch.base_offset().max(model.farthest_start), batch.partition_leader_epoch());
        assert_eq!(log.leader_epoch_cache().epoch_for_offset(offset), Some(epoch), "the term at {offset}");
        let end = log.end_offset_for_epoch(epoch);
        assert!(end.leader_epoch == epoch && end.offset > batch.last_offset(), "term {epoch} ends at {end:?}");
        let later = there.iter().map(LogBatch::batch).find(|it| it.partition_leader_epoch() > epoch);
        assert!(later.is_none_or(|later| end.offset <= later.base_offset()), "term {epoch} ends at {end:?}");
    }
}

/// The log knows its producers as their batches tell of them.
fn producers(log: &UnifiedLog, model: &Model) {
    let (compacts, state) = (log.config().cleanup_policy.compact, log.producer_state());
    let expected = model.producers();
    for (id, producer) in &expected {
        let Some(entry) = state.last_entry(*id) else {
            let forgettable = producer.last_seen < model.forgotten_below
                || model.expired.get(id).is_some_and(|seen| *seen >= producer.last_seen)
                || (compacts && model.cut.contains(id) && producer.last_seen < model.cleaned_to)
                || (compacts && model.reopened && producer.last_data.is_none());
            assert!(forgettable, "producer {id} is not known: {producer:?}");
            continue;
        };
        // The cleaner leaves of an old marker but its header, which tells nothing.
        if compacts && model.reopened && producer.last_data.is_none() && entry.producer_epoch() < producer.epoch {
            continue;
        }
        let last = (entry.last_sequence(), entry.last_data_offset());
        let data_is_forgotten = producer.last_data.is_some_and(|(_, offset)| offset < model.forgotten_below);
        // Of a batch that was not its producer's last the cleaner leaves nothing; and then it was.
        let data_is_cleaned = producer.last_data.is_some_and(|(_, offset)| offset < model.cleaned_to);
        let was_cut = compacts && model.cut.contains(id) && data_is_cleaned;
        let excused = was_cut || (data_is_forgotten && last == (-1, -1));
        if !excused {
            assert_eq!(last, producer.last_data.unwrap_or((-1, -1)), "the last of {id}");
        }
        assert_eq!(entry.producer_epoch(), producer.epoch, "the epoch of {id}");
        if !(compacts && model.reopened) {
            assert_eq!(entry.last_timestamp(), producer.last_timestamp, "when {id} wrote");
            // A snapshot may tell of one who had not written for long when it was read, and does write again.
            let (last_marker, marked_ms) = producer.last_marker;
            let expired = model.reopened_ms - marked_ms >= crate::life::EXPIRATION_MS
                || model.expired.get(id).is_some_and(|seen| *seen >= last_marker);
            let forgotten = expired || last_marker < model.forgotten_below;
            if !(forgotten && entry.coordinator_epoch() == -1) {
                assert_eq!(entry.coordinator_epoch(), producer.coordinator_epoch, "the coordinator of {id}");
            }
        }
        let open = entry.current_txn_first_offset();
        let begun_in_sight = |first: Offset| {
            let cleaned = compacts && model.cut.contains(id) && first < model.cleaned_to;
            first >= model.forgotten_below && !cleaned
        };
        match producer.open_since.filter(|first| !begun_in_sight(*first)) {
            Some(first) => assert!(open.is_none_or(|open| open >= first), "open since {open:?}, not {first}"),
            None => assert_eq!(open, producer.open_since, "transaction of {id}"),
        }
    }
    for entry in state.active_producers() {
        assert!(expected.contains_key(&entry.producer_id()), "nobody knows producer {}", entry.producer_id());
    }
}

/// Offsets and times lead to where a walk over everything leads.
fn look_ups(log: &UnifiedLog, disk: &Disk, there: &[LogBatch], rng: &mut Rng) {
    let (start, end) = (log.log_start_offset(), log.log_end_offset());
    for outside in [start - 1, end + 1] {
        let read = log.read(disk, outside, 1000, FetchIsolation::LogEnd, true);
        assert!(matches!(read, Err(LogError::OffsetOutOfRange { .. })), "{outside} could be read");
    }
    for _ in 0..4 {
        let offset = start + rng.below((end - start + 1) as u64) as i64;
        let data = log.read(disk, offset, rng.below(3000) as u32, FetchIsolation::LogEnd, true).expect("in the log");
        let walked = there.iter().map(LogBatch::batch).find(|batch| batch.last_offset() >= offset);
        let found = batches(&data.records).next().map(|batch| batch.expect("a whole batch").base_offset());
        assert_eq!(found, walked.map(|batch| batch.base_offset()), "what is read at {offset}");
    }
    let times: Vec<i64> = there.iter().map(|it| it.batch().max_timestamp()).collect();
    for _ in 0..4 {
        let Some(near) = times.get(rng.below(times.len().max(1) as u64) as usize) else { continue };
        let time = (near + rng.below(200) as i64 - 100).max(0);
        let found = log.offset_for_timestamp(disk, time).expect("a log that can be read");
        // Kafka chooses the segment by its age, and looks into no other.
        let segment = log.segments().find(|segment| segment.largest_timestamp() >= time);
        let inside = there.iter().filter(|it| segment.is_some_and(|at| at.base_offset() == it.segment_base_offset));
        let records: Vec<(i64, Offset)> = inside
            .flat_map(|it| it.batch().records().map(|it| it.expect("a record")).collect::<Vec<_>>())
            .map(|record| (record.timestamp, record.offset))
            .collect();
        let walked = records.into_iter().find(|(timestamp, offset)| *timestamp >= time && *offset >= start);
        assert_eq!(found.map(|it| (it.timestamp, it.offset)), walked, "what is as young as {time}");
    }
}

/// A consumer gets what is there and decided, and nothing else.
fn consumers(log: &UnifiedLog, disk: &Disk, there: &[LogBatch], model: &Model, rng: &mut Rng) {
    // What was aborted before the farthest log start is forgotten, even if a crash brings it back.
    let (start, end) = (model.farthest_start, log.log_end_offset());
    let from = start + rng.below((end - start + 1) as u64) as i64;
    for (isolation, bound) in [
        (FetchIsolation::HighWatermark, log.high_watermark()),
        (FetchIsolation::TxnCommitted, log.last_stable_offset()),
    ] {
        let committed = isolation == FetchIsolation::TxnCommitted;
        let mut expected = Vec::new();
        for it in there {
            let batch = it.batch();
            let Some(appended) = model.batches.iter().find(|it| it.base == batch.base_offset()) else { continue };
            let aborted = committed && model.outcome(appended) == Some(false);
            if appended.marker.is_none() && !aborted && appended.last < bound {
                expected.extend(batch.records().map(|record| record.expect("a record").offset));
            }
        }
        expected.retain(|offset| *offset >= from);
        assert_eq!(consume(log, disk, from, isolation, rng), expected, "what {isolation:?} gives from {from}");
    }
}

/// The offsets that a consumer sees that reads to the end, fetch by fetch, and leaves out what it is told was aborted.
fn consume(log: &UnifiedLog, disk: &Disk, from: Offset, isolation: FetchIsolation, rng: &mut Rng) -> Vec<Offset> {
    let (mut next, mut seen) = (from, Vec::new());
    loop {
        let data = log.read(disk, next, rng.below(2000) as u32, isolation, true).expect("in the log");
        let mut aborted = data.aborted_transactions.clone().unwrap_or_default();
        aborted.sort_by_key(|txn| std::cmp::Reverse(txn.first_offset));
        let mut within: Set<i64> = Set::new();
        let before = next;
        for batch in batches(&data.records).map_while(Result::ok) {
            while let Some(txn) = aborted.pop_if(|txn| txn.first_offset <= batch.last_offset()) {
                within.insert(txn.producer_id);
            }
            if batch.is_control_batch() {
                within.remove(&batch.producer_id());
            } else if !(batch.is_transactional() && within.contains(&batch.producer_id())) {
                let offsets = batch.records().map(|record| record.expect("a record").offset);
                seen.extend(offsets.filter(|offset| *offset >= next));
            }
            next = next.max(batch.last_offset() + 1);
        }
        if next == before {
            return seen;
        }
    }
}
