//! Hosting coordinators (Kafka's `GroupCoordinatorService` over its `CoordinatorRuntime`).
//!
//! For each partition of `__consumer_offsets` that this broker leads there is one [`GroupCoordinator`]: it decides, this broker appends its
//! records to that partition and tells it when the high watermark has passed them. When the lead of the partition comes here, a
//! new coordinator replays the partition from its start; when it goes, the coordinator goes with it.

use super::{Broker, BrokerTimer, Fx};
use crate::base::{Bytes, NodeId, Rng, TopicPartition};
use crate::coordinator::{CoordinatorRecord, GroupCoordinator, GroupRequest, GroupTimer, ReplyTo, Step};
use crate::disk::Disk;
use crate::protocol::{ErrorCode, GROUP_METADATA_TOPIC, Request};
use crate::record::RecordBatchBuilder;
use std::rc::Rc;

impl Broker {
    pub(super) fn on_group_request(
        &mut self,
        from: NodeId,
        correlation: u32,
        request: Request,
        disk: &mut Disk,
        fx: &mut Fx,
    ) {
        // Nobody sends a broker anything else; a real one would close the connection.
        let Ok(request) = GroupRequest::from_request(request) else { return };
        let partitions = self.image.topics.get(GROUP_METADATA_TOPIC).map_or(0, |topic| topic.partitions.len());
        if partitions == 0 {
            return fx.respond(from, correlation, request.error_response(ErrorCode::CoordinatorNotAvailable));
        }
        let number = crate::coordinator::partition_for(request.group(), partitions as i32);
        let Some(coordinator) = self.coordinators.get_mut(&number) else {
            return fx.respond(from, correlation, request.error_response(ErrorCode::NotCoordinator));
        };
        let coordinator = Rc::make_mut(coordinator);
        coordinator.set_clock_skew(fx.clock_skew_ms());
        let step = coordinator.handle(fx.now, ReplyTo { node: from, correlation }, &request);
        self.carry_out(number, step, disk, fx);
    }

    pub(super) fn on_group_timer(&mut self, number: i32, term: i32, timer: &GroupTimer, disk: &mut Disk, fx: &mut Fx) {
        // A coordinator of an earlier term has left timers behind.
        if self.partitions.get(&offsets_partition(number)).is_none_or(|partition| partition.leader_epoch != term) {
            return;
        }
        let Some(coordinator) = self.coordinators.get_mut(&number) else { return };
        let coordinator = Rc::make_mut(coordinator);
        coordinator.set_clock_skew(fx.clock_skew_ms());
        let step = coordinator.on_timer(fx.now, timer);
        self.carry_out(number, step, disk, fx);
    }

    /// Carries out what a coordinator decided.
    fn carry_out(&mut self, number: i32, step: Step, disk: &mut Disk, fx: &mut Fx) {
        let Step { records, append, replies, timers, events } = step;
        let term = self.partitions.get(&offsets_partition(number)).map_or(-1, |partition| partition.leader_epoch);
        for kind in events {
            fx.trace(kind);
        }
        for (to, response) in replies {
            fx.respond(to.node, to.correlation, response);
        }
        for (after, timer) in timers {
            fx.timer(after, BrokerTimer::Group(number, term, timer));
        }
        let Some(append) = append else { return };
        let tp = offsets_partition(number);
        let batch = encode(&records, fx.wall_clock_ms());
        match self.append_for_coordinator(&tp, &batch, disk, fx) {
            Ok(end) => {
                if let Some(coordinator) = self.coordinators.get_mut(&number) {
                    Rc::make_mut(coordinator).on_appended(append, end);
                }
                self.changed.insert(tp);
            }
            Err(error) => {
                let Some(coordinator) = self.coordinators.get_mut(&number) else { return };
                let undone = Rc::make_mut(coordinator).on_append_failed(fx.now, append, error);
                self.carry_out(number, undone, disk, fx);
            }
        }
    }

    /// A partition changed; if it is one of `__consumer_offsets`, its coordinator may have waited for that.
    pub(super) fn on_coordinator_progress(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        if &*tp.topic != GROUP_METADATA_TOPIC {
            return;
        }
        let Some(high_watermark) = self.partitions.get(tp).map(|partition| partition.log.high_watermark()) else {
            return;
        };
        let Some(coordinator) = self.coordinators.get_mut(&tp.partition) else { return };
        let step = Rc::make_mut(coordinator).on_high_watermark(fx.now, high_watermark);
        self.carry_out(tp.partition, step, disk, fx);
    }

    /// This broker has come to lead a partition: if it is one of `__consumer_offsets`, it coordinates that partition's groups now.
    pub(super) fn on_leadership(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        if &*tp.topic != GROUP_METADATA_TOPIC {
            return;
        }
        // The same broker may come to lead anew: then the coordinator of its earlier term goes first.
        self.on_leadership_lost(tp, disk, fx);
        let rng = Rng::new(self.rng.next_u64(), &("coordinator", tp.partition));
        let mut coordinator = GroupCoordinator::new(self.config.group.clone(), rng);
        for (key, value) in self.read_all(tp, disk) {
            // Kafka, too, logs a record that it cannot read and goes on.
            let _ = coordinator.replay(fx.now, &key, value.as_deref());
        }
        let step = coordinator.on_loaded(fx.now);
        self.coordinators.insert(tp.partition, Rc::new(coordinator));
        self.carry_out(tp.partition, step, disk, fx);
    }

    pub(super) fn on_leadership_lost(&mut self, tp: &TopicPartition, disk: &mut Disk, fx: &mut Fx) {
        if &*tp.topic != GROUP_METADATA_TOPIC {
            return;
        }
        if let Some(mut coordinator) = self.coordinators.remove(&tp.partition) {
            let step = Rc::make_mut(&mut coordinator).on_unloaded(fx.now);
            self.carry_out(tp.partition, step, disk, fx);
        }
    }

    /// The keys and values of all records of a partition, oldest first.
    fn read_all(&mut self, tp: &TopicPartition, disk: &mut Disk) -> Vec<(Bytes, Option<Bytes>)> {
        let Some(partition) = self.partitions.get(tp) else { return Vec::new() };
        let log = &partition.log;
        let mut all = Vec::new();
        disk.in_background(|disk| {
            for segment in log.segments() {
                // What cannot be read is found out in a moment.
                let _ = disk.touch(segment.path(), 0, u64::from(segment.size()));
            }
        });
        let mut failed = None;
        for batch in log.batches(disk, log.log_start_offset()) {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            };
            for record in batch.batch().records().flatten() {
                all.push((record.key.unwrap_or_default().into(), record.value.map(Bytes::from)));
            }
        }
        if let Some(error) = failed {
            self.maybe_add_offline_log_dir(&error);
        }
        all
    }
}

fn offsets_partition(number: i32) -> TopicPartition {
    TopicPartition::new(&GROUP_METADATA_TOPIC.into(), number)
}

fn encode(records: &[CoordinatorRecord], timestamp: i64) -> Vec<u8> {
    let mut builder = RecordBatchBuilder::new();
    for record in records {
        builder.append(timestamp, Some(&record.key), record.value.as_deref(), &[]);
    }
    builder.build()
}
