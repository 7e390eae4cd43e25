//! What adds to a log in its life.

use crate::life::Life;
use crate::model::Batch;
use crate::producers::{self, TRANSACTIONAL};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, AppendParams, LoadParams, LogConfig, UnifiedLog};
use kafkascope::record::{ControlRecordType, EndTransactionMarker, RecordBatch, RecordBatchBuilder};

impl Life {
    /// A producer's batch; now and then the answer is lost, and it comes again.
    pub(crate) fn append(&mut self) {
        let from = self.draw_producer();
        let bytes = self.batch_of(from);
        self.say(format!("append {from:?} to {}", self.model.end));
        let (epoch, now_ms) = (self.leader_epoch, self.now_ms);
        let sent = self.log.append_as_leader(&mut self.disk, &bytes, epoch, AppendOrigin::Client, now_ms);
        let info = sent.expect("appended");
        let parsed = RecordBatch::parse(&bytes).expect("a batch of ours");
        let batch = Batch::placed(&parsed, self.model.end, epoch, self.stamp());
        assert_eq!((info.first_offset, info.last_offset, info.duplicate), (batch.base, batch.last, false));
        self.appended(batch);
        if from != producers::From::Plain && self.rng.below(5) == 0 {
            let again = self.log.append_as_leader(&mut self.disk, &bytes, epoch, AppendOrigin::Client, now_ms);
            let again = again.expect("known");
            assert_eq!((again.first_offset, again.duplicate), (info.first_offset, true), "it is taken twice");
        }
    }

    /// What a leader must refuse, and then nothing has changed.
    pub(crate) fn append_what_must_be_refused(&mut self) {
        let from = self.draw_producer();
        let mut bytes = self.batch_of(from);
        let known = match from {
            producers::From::Plain => None,
            producers::From::Idempotent(id) | producers::From::Transactional(id) => {
                self.log.producer_state().last_entry(id).map(|entry| (id, entry.last_sequence()))
            }
        };
        let what = match (self.rng.below(3), known) {
            (0, Some((_, last))) if last >= 0 => {
                let mut gap = i32::from_be_bytes(bytes[53..57].try_into().expect("four bytes"));
                gap = gap.wrapping_add(7) & i32::MAX;
                bytes[53..57].copy_from_slice(&gap.to_be_bytes());
                with_crc(&mut bytes);
                "a sequence too far on"
            }
            (1, Some(_)) if bytes[51..53] != [0, 0] => {
                bytes[51..53].copy_from_slice(&0i16.to_be_bytes());
                with_crc(&mut bytes);
                "an old epoch"
            }
            _ => {
                let at = 21 + self.rng.below(bytes.len() as u64 - 21) as usize;
                bytes[at] ^= 1 << self.rng.below(8);
                "a flipped bit"
            }
        };
        self.say(format!("refuse {what} from {from:?}"));
        let (epoch, now_ms) = (self.leader_epoch, self.now_ms);
        let sent = self.log.append_as_leader(&mut self.disk, &bytes, epoch, AppendOrigin::Client, now_ms);
        assert!(sent.is_err(), "{what} was taken: {sent:?}");
    }

    fn batch_of(&mut self, from: producers::From) -> Vec<u8> {
        let keyed = self.log.config().cleanup_policy.compact;
        let epoch = |id: &i64| self.model.producers().get(id).map_or(0, |producer| producer.epoch);
        let epoch = match &from {
            producers::From::Plain => 0,
            producers::From::Idempotent(id) | producers::From::Transactional(id) => epoch(id),
        };
        producers::batch(&mut self.rng, &self.log, from, epoch, self.now_ms, keyed)
    }

    /// Ends one of the open transactions, if there is any. From transaction version 2 on a marker carries the next epoch.
    pub(crate) fn end_transaction(&mut self) {
        let open: Vec<(i64, i16)> = self
            .model
            .producers()
            .into_iter()
            .filter(|(id, producer)| TRANSACTIONAL.contains(id) && producer.open_since.is_some())
            .map(|(id, producer)| (id, producer.epoch))
            .collect();
        if open.is_empty() {
            return;
        }
        let (id, epoch) = open[self.rng.below(open.len() as u64) as usize];
        let commits = self.rng.below(2) == 0;
        let version = 1 + self.rng.below(2) as i16;
        let epoch = if version == 2 { epoch + 1 } else { epoch };
        let kind = if commits { ControlRecordType::Commit } else { ControlRecordType::Abort };
        self.say(format!("{} {id} at {}", kind.name(), self.model.end));
        let marker = EndTransactionMarker { kind, coordinator_epoch: 3 };
        let bytes = RecordBatchBuilder::end_transaction_marker(self.now_ms, id, epoch, marker).build();
        let params = AppendParams {
            transaction_version: version,
            ..AppendParams::new(self.leader_epoch, AppendOrigin::Coordinator, self.now_ms)
        };
        let info = self.log.append_as_leader_with(&mut self.disk, &bytes, params).expect("ended");
        assert_eq!(info.first_offset, self.model.end);
        let parsed = RecordBatch::parse(&bytes).expect("a batch of ours");
        self.appended(Batch::placed(&parsed, info.first_offset, self.leader_epoch, self.stamp()));
    }

    /// Some batches that another leader wrote, perhaps of a later term, perhaps with a gap that its cleaner left before them, the last of
    /// them cut by the fetch.
    pub(crate) fn append_as_follower(&mut self) {
        self.leader_epoch += self.rng.below(2) as i32;
        let gap = if self.log.config().cleanup_policy.compact { self.rng.below(4) as i64 } else { 0 };
        let (epoch, now_ms) = (self.leader_epoch, self.now_ms);
        let mut disk = Disk::new();
        let tp = self.log.topic_partition().clone();
        let mut leader = UnifiedLog::open(tp, "/leader", LogConfig::default(), &mut disk, LoadParams::default());
        let leader = leader.as_mut().expect("opened");
        leader.truncate_fully_and_start_at(&mut disk, self.model.end + gap, now_ms).expect("moved");
        let mut drawn = Vec::new();
        for _ in 0..1 + self.rng.below(4) {
            let from = self.draw_producer();
            // Its sequences go on from what is in our log, so each may write once.
            if from == producers::From::Plain || !drawn.contains(&from) {
                let bytes = self.batch_of(from);
                leader.append_as_leader(&mut disk, &bytes, epoch, AppendOrigin::Client, now_ms).expect("appended");
                drawn.push(from);
            }
        }
        self.say(format!("follow {drawn:?} from {}", self.model.end + gap));
        let batches: Vec<_> = leader.batches(&disk, 0).map(|it| it.expect("a batch")).collect();
        let mut bytes: Vec<u8> = batches.iter().flat_map(|it| it.bytes.to_vec()).collect();
        let mut whole = batches.len();
        if self.rng.below(4) == 0 {
            let last = batches[batches.len() - 1].bytes.len() as u64;
            bytes.truncate(bytes.len() - 1 - self.rng.below(last) as usize);
            whole -= 1;
        }
        let first = batches.first().filter(|_| whole > 0).map(|it| it.batch().base_offset());
        let info = self.log.append_as_follower(&mut self.disk, &bytes, epoch, now_ms).expect("followed");
        assert_eq!(info.first_offset, first.unwrap_or(-1));
        for it in &batches[..whole] {
            let parsed = it.batch();
            self.appended(Batch::placed(&parsed, parsed.base_offset(), epoch, None));
        }
    }
}

fn with_crc(bytes: &mut [u8]) {
    let crc = RecordBatch::parse(bytes).expect("a batch of ours").compute_checksum();
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
}
