//! Rules of a leader's replication that Kafka's vectors do not reach: what happens when answers, news and fetches cross each other.

use kafkascope::base::{BrokerId, Offset, SimTime, TopicPartition};
use kafkascope::broker::{IsrOutcome, IsrProposal, Partition};
use kafkascope::disk::Disk;
use kafkascope::log::{AppendOrigin, LoadParams, LogConfig, UnifiedLog};
use kafkascope::protocol::{AlterPartitionResponse, ErrorCode, PartitionRegistration, ReplicaState};
use kafkascope::record::RecordBatchBuilder;

const LAG_MAX: SimTime = SimTime::from_ms(30_000);
const LEADER: BrokerId = BrokerId(1);

/// A leader of three replicas, on its disk.
struct Leader {
    disk: Disk,
    partition: Partition,
    now: SimTime,
}

fn told(isr: &[i32], leader_epoch: i32, partition_epoch: i32) -> PartitionRegistration {
    PartitionRegistration {
        replicas: [1, 2, 3].map(BrokerId).to_vec(),
        isr: isr.iter().copied().map(BrokerId).collect(),
        leader: Some(LEADER),
        leader_epoch,
        partition_epoch,
        ..PartitionRegistration::default()
    }
}

fn eligible(_: BrokerId, _: i64) -> bool {
    true
}

impl Leader {
    /// Leads in its first term, with so many records from an earlier one.
    fn new(isr: &[i32], records: Offset) -> Self {
        let (tp, mut disk) = (TopicPartition::parse("t-0").unwrap(), Disk::new());
        let log = UnifiedLog::open(tp.clone(), "/t-0", LogConfig::default(), &mut disk, LoadParams::default()).unwrap();
        let mut leader = Self { disk, partition: Partition::new(tp, log), now: SimTime::from_ms(1) };
        leader.append(records, 0);
        leader.hear(&told(isr, 1, 1));
        leader
    }

    fn hear(&mut self, told: &PartitionRegistration) -> bool {
        let new_term = self.partition.make_leader(self.now, LEADER, told);
        self.advance();
        new_term
    }

    fn append(&mut self, records: Offset, epoch: i32) {
        for _ in 0..records {
            let mut builder = RecordBatchBuilder::new();
            builder.append(0, None, Some(b"v"), &[]);
            self.partition
                .log
                .append_as_leader(&mut self.disk, &builder.build(), epoch, AppendOrigin::Client, 0)
                .unwrap();
        }
        self.advance();
    }

    fn advance(&mut self) {
        self.partition.maybe_increment_high_watermark(self.now, LAG_MAX, eligible);
    }

    fn fetch(&mut self, broker: i32, offset: Offset) -> bool {
        let moved =
            self.partition.record_follower_fetch(self.now, ReplicaState { broker: BrokerId(broker), epoch: 7 }, offset);
        self.advance();
        moved
    }

    fn propose(&mut self, isr: &[i32]) -> IsrProposal {
        self.partition.propose_isr(isr.iter().copied().map(BrokerId).collect());
        self.partition.proposal().unwrap()
    }

    fn hw(&self) -> Offset {
        self.partition.log.high_watermark()
    }
}

fn answer(asked: &IsrProposal, error: ErrorCode) -> AlterPartitionResponse {
    AlterPartitionResponse {
        partition: asked.partition.clone(),
        error,
        leader: Some(LEADER),
        leader_epoch: asked.leader_epoch,
        isr: asked.isr.clone(),
        partition_epoch: asked.partition_epoch + 1,
    }
}

#[test]
fn one_that_may_have_been_added_is_waited_for_until_the_controller_is_clear() {
    let mut leader = Leader::new(&[1, 2], 0);
    leader.fetch(2, 0);
    let asked = leader.propose(&[1, 2, 3]);
    leader.append(5, 1);
    leader.fetch(2, 5);
    leader.fetch(3, 0);
    for error in [ErrorCode::InvalidUpdateVersion, ErrorCode::UnknownTopicOrPartition, ErrorCode::FencedLeaderEpoch] {
        assert_eq!(leader.partition.on_isr_answer(&asked, &answer(&asked, error)), IsrOutcome::Unknown);
        leader.now += LAG_MAX + LAG_MAX;
        leader.advance();
        assert_eq!(leader.hw(), 0, "{error:?} may answer a copy of a request that was taken");
    }
    let busy = answer(&asked, ErrorCode::NotController);
    assert_eq!(leader.partition.on_isr_answer(&asked, &busy), IsrOutcome::Retry);
    let no = answer(&asked, ErrorCode::IneligibleReplica);
    assert_eq!(leader.partition.on_isr_answer(&asked, &no), IsrOutcome::Rejected);
    leader.advance();
    assert_eq!(leader.hw(), 5);
}

#[test]
fn an_answer_to_an_earlier_proposal_says_nothing_of_the_present_one() {
    let mut leader = Leader::new(&[1, 2], 0);
    let first = leader.propose(&[1]);
    assert!(!leader.hear(&told(&[1], 1, 2)), "the same term");
    let second = leader.propose(&[1, 2]);
    for error in [ErrorCode::None, ErrorCode::IneligibleReplica, ErrorCode::InvalidUpdateVersion] {
        assert_eq!(leader.partition.on_isr_answer(&first, &answer(&first, error)), IsrOutcome::Stale);
        assert_eq!(leader.partition.proposal().as_ref(), Some(&second), "{error:?}");
    }
    let yes = answer(&second, ErrorCode::None);
    assert_eq!(leader.partition.on_isr_answer(&second, &yes), IsrOutcome::Committed);
    assert_eq!((leader.partition.partition_epoch, leader.partition.proposal()), (3, None));
}

#[test]
fn old_news_does_not_bring_an_old_isr_back() {
    let mut leader = Leader::new(&[1], 0);
    leader.fetch(2, 0);
    let asked = leader.propose(&[1, 2]);
    let yes = AlterPartitionResponse { partition_epoch: 3, ..answer(&asked, ErrorCode::None) };
    assert_eq!(leader.partition.on_isr_answer(&asked, &yes), IsrOutcome::Committed);
    leader.append(4, 1);
    leader.now += LAG_MAX + LAG_MAX;
    leader.hear(&told(&[1], 1, 2));
    assert_eq!(leader.hw(), 0, "follower 2 is in sync and has not fetched");
    assert!(!leader.partition.make_follower(&PartitionRegistration { leader: None, ..told(&[1], 0, 2) }));
    assert!(leader.partition.leader().is_some());
}

#[test]
fn a_leader_elected_again_keeps_what_it_knows_of_its_followers() {
    let mut leader = Leader::new(&[1, 2, 3], 0);
    leader.append(3, 1);
    leader.fetch(2, 3);
    leader.fetch(3, 2);
    assert!(leader.hear(&told(&[1, 2], 2, 2)), "a new term");
    let ends: Vec<Offset> = leader.partition.leader().unwrap().remote.values().map(|r| r.log_end_offset).collect();
    assert_eq!(ends, [3, 2]);
    assert_eq!(leader.partition.leader().unwrap().epoch_start, 3);
    assert_eq!(leader.partition.leader().unwrap().remote[&BrokerId(3)].last_caught_up, None, "it is out of the ISR");
    assert_eq!(leader.hw(), 3);
}

#[test]
fn one_who_never_fetched_holds_nothing_back_once_it_is_out_of_the_isr() {
    let mut leader = Leader::new(&[1, 2, 3], 0);
    leader.append(3, 1);
    leader.fetch(2, 3);
    leader.hear(&told(&[1, 2], 1, 2));
    assert_eq!(leader.hw(), 3, "it counts as caught up, but nobody knows under which registration it lives");
}

#[test]
fn a_first_fetch_from_behind_does_not_count_as_caught_up() {
    let mut leader = Leader::new(&[1, 2], 0);
    leader.append(5, 1);
    leader.fetch(3, 1);
    assert_eq!(leader.partition.leader().unwrap().remote[&BrokerId(3)].last_caught_up, None);
    leader.fetch(2, 5);
    assert_eq!(leader.hw(), 5);
}

#[test]
fn a_replica_joins_only_with_all_that_was_there_when_the_term_began() {
    let mut leader = Leader::new(&[1, 2], 5);
    assert_eq!((leader.hw(), leader.partition.leader().unwrap().epoch_start), (0, 5));
    leader.fetch(3, 4);
    assert_eq!(
        leader.partition.expanded_isr(BrokerId(3), eligible),
        None,
        "above the high watermark, but from another time"
    );
    leader.fetch(3, 5);
    assert_eq!(leader.partition.expanded_isr(BrokerId(3), eligible), Some([1, 2, 3].map(BrokerId).to_vec()));
    assert_eq!(leader.partition.expanded_isr(BrokerId(3), |_, epoch| epoch != 7), None, "not under that registration");
    leader.propose(&[1, 2, 3]);
    assert_eq!(leader.partition.expanded_isr(BrokerId(3), eligible), None, "one change at a time");
}

#[test]
fn a_fetch_from_the_same_place_is_no_news() {
    let mut leader = Leader::new(&[1, 2], 2);
    assert!(leader.fetch(2, 1));
    assert!(!leader.fetch(2, 1));
    assert!(leader.fetch(2, 2));
}
