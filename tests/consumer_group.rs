//! Consumers and a coordinator, in a world that is small enough to see everything.

mod group_world;

use group_world::{World, tp};
use kafkascope::base::Rng;
use kafkascope::client::MemberState;
use kafkascope::protocol::ErrorCode;
use kafkascope::trace::TraceKind;
use std::collections::BTreeMap;

const EARLIEST: (&str, &str) = ("auto.offset.reset", "earliest");

/// Two consumers that share four partitions, the group stable.
fn two_consumers(settings: &[(&str, &str)]) -> World {
    let mut world = World::new(&[("t", 4)]);
    for partition in ["t-0", "t-1", "t-2", "t-3"] {
        world.produce(partition, 10);
    }
    world.start(1, &["t"], settings, 0);
    world.start(2, &["t"], settings, 0);
    world.run_ms(7000);
    assert_eq!(world.state(), "Stable g1 2 members");
    world
}

#[test]
fn two_consumers_share_the_partitions_and_read_everything_once() {
    let mut world = two_consumers(&[EARLIEST]);
    assert_eq!(world.consumer(1).member_state(), MemberState::Stable);
    assert!(world.consumer(1).member_id().starts_with("c1-"), "{}", world.consumer(1).member_id());
    let mut shares = [world.assignment(1), world.assignment(2)];
    shares.sort();
    assert_eq!(shares, ["t-0 t-1", "t-2 t-3"]);
    for partition in ["t-0", "t-1", "t-2", "t-3"] {
        assert_eq!(world.processed(partition), [(0, 9)], "{partition}");
    }
    assert_eq!(world.committed("t-0"), None, "auto-commit waits for its interval");
    world.run_ms(6000);
    for partition in ["t-0", "t-1", "t-2", "t-3"] {
        assert_eq!(world.committed(partition), Some(10), "{partition}");
    }
    world.produce("t-3", 2);
    world.run_ms(10);
    assert_eq!(world.processed("t-3"), [(0, 9), (10, 11)], "a parked fetch is answered at once");
}

#[test]
fn the_default_is_to_read_what_comes_from_now_on() {
    let mut world = two_consumers(&[]);
    assert_eq!(world.count(|kind| matches!(kind, TraceKind::OffsetReset { to: 10, .. })), 4);
    world.produce("t-1", 1);
    world.run_ms(100);
    assert_eq!(world.processed("t-1"), [(10, 10)]);
    assert_eq!(world.processed("t-0"), []);
}

#[test]
fn without_a_reset_policy_the_application_gets_an_error() {
    let mut world = World::new(&[("t", 1)]);
    world.start(1, &["t"], &[("auto.offset.reset", "none")], 0);
    world.run_ms(5000);
    assert!(world.consumer(1).is_finished());
    assert_eq!(world.consumer(1).last_error(), Some("NoOffsetForPartitionException"));
    assert_eq!(world.state(), "Empty g2 0 members");
}

#[test]
fn a_killed_member_is_missed_after_its_session() {
    let mut world = two_consumers(&[EARLIEST]);
    world.run_ms(6000);
    world.kill(2);
    let noticed = world.run_until(60_000, |world| world.state().contains("PreparingRebalance")).expect("it is missed");
    assert!((40_000..=45_100).contains(&noticed), "{noticed} ms");
    let taken_over = world.run_until(10_000, |world| world.assignment(1).split(' ').count() == 4).expect("taken over");
    assert!(taken_over <= 3100, "the survivor learns of it with its next heartbeat: {taken_over} ms");
    world.produce("t-0", 1);
    world.produce("t-3", 1);
    world.run_ms(1000);
    assert_eq!(world.processed("t-3"), [(0, 9), (10, 10)], "it goes on at the committed offset");
    assert_eq!(world.processed("t-0"), [(0, 9), (10, 10)]);
}

#[test]
fn a_stopped_member_commits_and_leaves() {
    let mut world = two_consumers(&[EARLIEST, ("auto.commit.interval.ms", "3600000")]);
    assert_eq!(world.committed("t-0"), None);
    world.stop(2);
    world.run_ms(10);
    assert!(world.consumer(2).is_finished());
    assert_eq!(world.state(), "PreparingRebalance g1 1 members");
    let left = |kind: &TraceKind| matches!(kind, TraceKind::MemberLeft { why: "leave", .. });
    assert_eq!(world.count(left), 1);
    world.run_ms(3100);
    assert_eq!(world.state(), "Stable g2 1 members");
    assert_eq!(world.assignment(1), "t-0 t-1 t-2 t-3");
    for partition in ["t-0", "t-1", "t-2", "t-3"] {
        assert_eq!(world.committed(partition), Some(10), "{partition}");
        assert_eq!(world.processed(partition), [(0, 9)], "{partition} is read once");
    }
}

#[test]
fn a_newcomer_makes_the_others_commit_and_join_again() {
    let mut world = two_consumers(&[EARLIEST, ("auto.commit.interval.ms", "3600000")]);
    world.start(3, &["t"], &[EARLIEST], 0);
    let stable = world.run_until(10_000, |world| world.state() == "Stable g2 3 members").expect("three members");
    assert!(stable <= 3100, "a group that has members does not wait for more: {stable} ms");
    world.run_ms(100);
    let counts: usize = (1..=3).map(|id| world.consumer(id).assignment().len()).sum();
    assert_eq!(counts, 4);
    for partition in ["t-0", "t-1", "t-2", "t-3"] {
        assert_eq!(world.committed(partition), Some(10), "{partition} was committed before it was given up");
        assert_eq!(world.processed(partition), [(0, 9)], "{partition}");
    }
}

#[test]
fn auto_commit_covers_what_was_returned_and_not_what_was_processed() {
    let mut world = World::new(&[("t", 1)]);
    world.produce("t-0", 10);
    world.start(1, &["t"], &[EARLIEST, ("max.poll.records", "4"), ("auto.commit.interval.ms", "1000")], 1000);
    world.run_until(10_000, |world| world.consumer(1).processed() == 1).expect("it processes");
    assert_eq!(world.committed("t-0"), None, "nothing is committed while the application does not poll");
    assert_eq!((world.consumer(1).unprocessed(), world.consumer(1).buffered()), (3, 6));
    assert_eq!(world.consumer(1).position(&tp("t-0")), Some(4));
    world.run_ms(3010);
    assert_eq!(world.committed("t-0"), Some(4), "the second poll commits what the first returned");
    assert_eq!(world.consumer(1).position(&tp("t-0")), Some(8));
    world.run_ms(1);
    assert_eq!(world.consumer(1).committed(&tp("t-0")), Some(4));
}

#[test]
fn a_slow_application_loses_its_place() {
    let mut world = World::new(&[("t", 1)]);
    world.produce("t-0", 3);
    let settings = [EARLIEST, ("max.poll.interval.ms", "10000"), ("max.poll.records", "2")];
    world.start(1, &["t"], &settings, 8000);
    let left = world.run_until(30_000, |world| world.state().starts_with("Empty g2")).expect("it leaves");
    assert!((13_000..14_000).contains(&left), "three seconds to join, ten to be missed: {left} ms");
    assert_eq!(world.consumer(1).member_state(), MemberState::Unjoined);
    world.run_until(30_000, |world| world.processed("t-0").len() == 3).expect("it comes back");
    assert_eq!(world.state(), "Stable g3 1 members");
    assert_eq!(world.processed("t-0"), [(0, 0), (1, 1), (0, 0)], "what it could not commit comes again");
}

#[test]
fn a_new_coordinator_finds_the_group_in_the_log() {
    let mut world = two_consumers(&[EARLIEST]);
    world.run_ms(6000);
    world.move_coordinator(3);
    assert_eq!(world.state(), "Stable g1 2 members");
    assert_eq!(world.committed("t-2"), Some(10));
    world.produce("t-2", 5);
    world.run_ms(60_000);
    assert_eq!(world.state(), "Stable g1 2 members", "heartbeats and commits go to the new one");
    assert_eq!(world.committed("t-2"), Some(15));
    assert_eq!(world.requests["JoinGroup"], 4);
}

#[test]
fn a_dead_coordinator_is_looked_for_without_haste() {
    let mut world = two_consumers(&[EARLIEST]);
    world.elect("t-0", 2);
    world.elect("t-3", 2);
    world.kill_broker(1);
    world.run_ms(10_000);
    let before = world.requests["FindCoordinator"];
    assert!(before < 40, "{before} lookups in ten seconds");
    world.move_coordinator(2);
    world.run_ms(5000);
    assert_eq!(world.state(), "Stable g1 2 members");
    world.produce("t-0", 1);
    world.run_ms(6000);
    assert_eq!(world.committed("t-0"), Some(11));
}

#[test]
fn a_new_leader_is_found_through_metadata() {
    let mut world = two_consumers(&[EARLIEST]);
    world.elect("t-1", 3);
    world.produce("t-1", 1);
    world.run_ms(2000);
    assert_eq!(world.processed("t-1"), [(0, 9), (10, 10)]);
    world.elect("t-1", 3);
    world.produce("t-1", 1);
    world.run_ms(2000);
    assert_eq!(world.processed("t-1").last(), Some(&(11, 11)), "a fenced fetch asks for metadata too");
}

#[test]
fn an_offset_that_is_gone_is_reset() {
    let mut world = World::new(&[("t", 1)]);
    world.produce("t-0", 5);
    world.start(1, &["t"], &[EARLIEST], 0);
    world.run_ms(5000);
    world.stop(1);
    world.run_ms(100);
    assert_eq!(world.committed("t-0"), Some(5));
    world.produce("t-0", 5);
    world.produce("t-0", 5);
    world.delete_before("t-0", 10);
    world.start(2, &["t"], &[EARLIEST], 0);
    world.run_ms(5000);
    assert_eq!(world.processed("t-0"), [(0, 4), (10, 14)]);
}

#[test]
fn a_topic_that_comes_later_is_noticed() {
    let mut world = World::new(&[]);
    world.start(1, &["t"], &[EARLIEST], 0);
    world.run_ms(20_000);
    assert_eq!((world.state(), world.assignment(1)), ("Stable g1 1 members".to_owned(), String::new()));
    let asked = world.requests["Metadata"];
    assert!((10..40).contains(&asked), "{asked} metadata requests in twenty seconds");
    world.create("t", 2);
    world.produce("t-1", 3);
    world.run_ms(3000);
    assert_eq!(world.assignment(1), "t-0 t-1");
    assert_eq!(world.processed("t-1"), [(0, 2)]);
}

#[test]
fn the_leader_notices_new_partitions() {
    let mut world = two_consumers(&[EARLIEST, ("metadata.max.age.ms", "10000")]);
    world.create("t", 6);
    world.run_ms(20_000);
    assert_eq!(world.state(), "Stable g2 2 members");
    assert_eq!(world.consumer(1).assignment().len() + world.consumer(2).assignment().len(), 6);
}

#[test]
fn members_may_want_different_topics() {
    let mut world = World::new(&[("t", 2), ("u", 2)]);
    world.start(1, &["t"], &[EARLIEST], 0);
    world.start(2, &["t", "u"], &[EARLIEST], 0);
    world.run_ms(7000);
    let mut shares = [world.assignment(1), world.assignment(2)];
    shares.sort();
    let possible = [["t-0", "t-1 u-0 u-1"], ["t-0 u-0 u-1", "t-1"]];
    assert!(possible.contains(&[&shares[0], &shares[1]]), "{shares:?}");
}

#[test]
fn a_commit_that_cannot_be_written_is_tried_again() {
    let mut world = two_consumers(&[EARLIEST]);
    world.append_error = Some(ErrorCode::NotEnoughReplicas);
    world.run_ms(8000);
    assert_eq!(world.committed("t-0"), None, "a refused commit is undone");
    assert_eq!(world.consumer(1).last_error(), Some("COORDINATOR_NOT_AVAILABLE"));
    world.append_error = None;
    world.run_ms(2000);
    assert_eq!(world.committed("t-0"), Some(10));
    assert_eq!(world.state(), "Stable g1 2 members");
}

#[test]
fn an_answer_waits_for_the_high_watermark() {
    let mut world = two_consumers(&[EARLIEST]);
    world.replicating = false;
    world.run_ms(4500);
    assert_eq!(world.committed("t-0"), Some(10), "the coordinator has it");
    let known = |world: &World| world.consumer(1).committed(&tp("t-0")).or(world.consumer(2).committed(&tp("t-0")));
    assert_eq!(known(&world), None, "but nobody was told");
    world.run_ms(5000);
    let timed_out = [world.consumer(1).last_error(), world.consumer(2).last_error()];
    assert!(timed_out.contains(&Some("COORDINATOR_NOT_AVAILABLE")), "{timed_out:?}");
    world.replicating = true;
    world.replicate();
    world.run_ms(6000);
    assert_eq!(known(&world), Some(10));
}

#[test]
fn an_assignment_that_cannot_be_written_starts_another_rebalance() {
    let mut world = World::new(&[("t", 2)]);
    world.start(1, &["t"], &[EARLIEST], 0);
    world.run_ms(2000);
    world.append_error = Some(ErrorCode::NotEnoughReplicas);
    world.run_ms(3000);
    assert_ne!(world.consumer(1).member_state(), MemberState::Stable);
    world.append_error = None;
    world.run_ms(5000);
    assert_eq!(world.consumer(1).member_state(), MemberState::Stable);
    assert_eq!(world.assignment(1), "t-0 t-1");
}

#[test]
fn a_console_consumer_reads_so_many_and_no_more() {
    let mut world = World::new(&[("t", 1)]);
    world.produce("t-0", 10);
    world.start(1, &["t"], &[EARLIEST], 0);
    world.consumer_mut(1).keep_delivered(true);
    world.consumer_mut(1).limit(3);
    world.run_ms(5000);
    assert!(world.consumer(1).is_finished());
    let delivered = world.consumer_mut(1).delivered().to_vec();
    let values: Vec<_> =
        delivered.iter().map(|r| String::from_utf8_lossy(r.value.as_deref().unwrap_or_default())).collect();
    assert_eq!(values, ["v0", "v1", "v2"]);
    assert_eq!(world.committed("t-0"), Some(3), "what it did not show is not committed");
}

#[test]
fn an_idle_group_is_quiet() {
    let mut world = two_consumers(&[EARLIEST]);
    world.run_ms(10_000);
    world.requests.clear();
    world.run_ms(60_000);
    // Per consumer and minute: a fetch every 500 ms from each of at most two brokers, a heartbeat every 3 s, a commit
    // every 5 s.
    let told = format!("{:?}", world.requests);
    assert!(world.requests["Fetch"] <= 2 * 2 * 121, "{told}");
    assert!((38..=42).contains(&world.requests["Heartbeat"]), "{told}");
    assert!((22..=26).contains(&world.requests["OffsetCommit"]), "{told}");
    assert_eq!(world.requests.len(), 3, "{told}");
}

#[test]
fn the_same_world_twice_is_the_same() {
    let run = || {
        let mut world = two_consumers(&[EARLIEST]);
        world.start(3, &["t"], &[], 5);
        world.run_ms(5000);
        world.kill(1);
        world.run_ms(60_000);
        let consumers: Vec<_> = world.consumers.values().map(kafkascope::base::digest_of).collect();
        (kafkascope::base::digest_of(&world.shard), consumers, world.trace)
    };
    assert_eq!(run(), run());
}

const PARTITIONS: [&str; 5] = ["t-0", "t-1", "t-2", "t-3", "t-4"];

/// One fault, or one thing that happens anyway.
fn trouble(world: &mut World, rng: &mut Rng, next: &mut u32) {
    let broker = i32::try_from(rng.below(3)).expect("small") + 1;
    let partition = PARTITIONS[usize::try_from(rng.below(5)).expect("small")];
    let consumers: Vec<u32> = world.consumers.keys().map(|id| id.0).collect();
    let victim = consumers.get(usize::try_from(rng.below(4)).expect("small")).copied();
    match (rng.below(12), victim) {
        (0, _) if consumers.len() < 4 => {
            let settings = [EARLIEST, ("max.poll.interval.ms", "20000"), ("session.timeout.ms", "10000")];
            world.start(*next, &["t"], &settings, rng.below(3) * 40);
            *next += 1;
        }
        (1, Some(id)) => world.kill(id),
        (2, Some(id)) => world.stop(id),
        (3, _) => world.move_coordinator(broker),
        (4, _) => world.append_error = Some(ErrorCode::NotEnoughReplicas),
        (5, _) => world.append_error = None,
        (6, _) => world.replicating = !world.replicating,
        (7, _) => world.kill_broker(broker),
        (8, _) => world.start_broker(broker),
        (9, _) => world.elect(partition, broker),
        (10, _) => world.losing = !world.losing,
        _ => world.produce(partition, 1 + i64::try_from(rng.below(20)).expect("small")),
    }
}

/// No two members that hold the same generation's assignment hold the same partition.
fn nobody_shares(world: &World, seed: u64) {
    let mut owners = BTreeMap::new();
    for (id, consumer) in &world.consumers {
        if consumer.member_state() != MemberState::Stable {
            continue;
        }
        for tp in consumer.assignment() {
            let key = (consumer.generation(), tp);
            if let Some(other) = owners.insert(key.clone(), *id) {
                panic!("seed {seed}: {key:?} belongs to {other:?} and {id:?}");
            }
        }
    }
}

#[test]
fn whatever_happens_the_group_recovers() {
    for seed in 0..40 {
        let mut rng = Rng::new(seed, &"trouble");
        let mut world = World::new(&[("t", 5)]);
        let mut next = 1;
        for _ in 0..60 {
            trouble(&mut world, &mut rng, &mut next);
            world.run_ms(rng.below(if seed % 2 == 0 { 300 } else { 6000 }));
            nobody_shares(&world, seed);
        }
        (world.append_error, world.replicating, world.losing) = (None, true, false);
        for (broker, name) in [1, 2, 3, 1, 2].into_iter().zip(PARTITIONS) {
            world.start_broker(broker);
            world.elect(name, broker);
        }
        world.replicate();
        world.start(next, &["t"], &[EARLIEST], 0);
        world.run_ms(90_000);
        for name in PARTITIONS {
            let end = world.partition(name).end();
            assert!(world.state().starts_with("Stable"), "seed {seed}: {}", world.state());
            assert_eq!(world.committed(name).unwrap_or(0), end, "seed {seed}: {name}");
        }
    }
}
