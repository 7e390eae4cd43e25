//! Machines: what a broker does when its disk is slow, full or broken, and what a loss of power leaves.

use kafkascope::base::{BrokerId, NodeId, Rng, SimTime, TopicPartition};
use kafkascope::sim::{
    Action, ActionError, AdminCall, Cluster, ClusterConfig, DiskChange, KeySpec, ProducerSpec, Session, Watch,
};
use kafkascope::trace::TraceKind;

const LOG: &str = "/var/lib/kafka/data/orders-0/00000000000000000000.log";

fn seconds(s: u64) -> SimTime {
    SimTime::from_secs(s)
}

fn orders() -> TopicPartition {
    TopicPartition::parse("orders-0").unwrap()
}

fn node(id: i32) -> NodeId {
    NodeId::Broker(BrokerId(id))
}

/// As many brokers, and a topic on all of them with a producer that wants them all; settled after some seconds.
fn settled(seed: u64, brokers: i32, configs: &[(&str, &str)]) -> Session {
    let config = ClusterConfig { seed, brokers, controllers: 1, ..ClusterConfig::default() };
    let mut session = Session::new(config).unwrap();
    let up =
        |cluster: &Cluster| cluster.image().is_some_and(|image| (1..=brokers).all(|id| image.is_active(BrokerId(id))));
    assert!(session.run_until(seconds(10), up));
    let configs = configs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let replication_factor = brokers as i16;
    let topic = AdminCall::CreateTopic { name: "orders".into(), partitions: 1, replication_factor, configs };
    session.act(Action::Admin(topic)).unwrap();
    session.run_to(session.now() + seconds(1));
    let producer = ProducerSpec {
        name: "p".into(),
        topic: "orders".into(),
        interval_us: Some(200_000),
        count: None,
        keys: KeySpec::Several(5),
        value_size: 300,
        config: vec![("acks".into(), "all".into())],
        tool: false,
    };
    session.act(Action::StartProducer(producer)).unwrap();
    session.run_to(session.now() + seconds(4));
    session
}

fn acked(session: &Session) -> u64 {
    session.cluster().producers_named("p").map(|producer| producer.acked()).sum()
}

#[test]
fn what_was_flushed_survives_and_what_was_not_may_not() {
    let mut some_lost = false;
    for seed in 0..6 {
        for (flush, may_lose) in [("1", false), ("1000000", true)] {
            let mut session = settled(seed, 1, &[("flush.messages", flush)]);
            session.act(Action::PowerOff(node(1))).unwrap();
            session.act(Action::Start(node(1))).unwrap();
            session.run_to(session.now() + seconds(20));
            let lost = session.cluster().lost();
            assert!(lost == 0 || may_lose, "seed {seed}: {lost} records lost that were flushed");
            some_lost |= lost > 0;
            assert!(acked(&session) > 20, "it goes on");
        }
    }
    assert!(some_lost);
}

#[test]
fn a_machine_without_power_tells_nobody_and_one_with_power_does() {
    for (action, told) in [(Action::Kill(node(1)), true), (Action::PowerOff(node(1)), false)] {
        let mut session = settled(3, 3, &[]);
        let seen = session.cluster().trace().len();
        session.act(action).unwrap();
        session.run_to(session.now() + seconds(1));
        let hears = |kind: &TraceKind| matches!(kind, TraceKind::Disconnected { peer } if *peer == node(1));
        assert_eq!(session.cluster().trace().since(seen).any(|event| hears(&event.kind)), told);
    }
    let mut session = settled(3, 3, &[]);
    session.act(Action::PowerOff(node(1))).unwrap();
    let again = session.act(Action::PowerOff(node(1)));
    assert_eq!(again, Err(ActionError::WrongState { node: node(1), is: "switched off" }));
    session.act(Action::Start(node(1))).unwrap();
    let isr = |cluster: &Cluster| cluster.registration(&orders()).is_some_and(|it| it.isr.len() == 3);
    session.run_to(session.now() + seconds(15));
    assert!(session.run_until(session.now() + seconds(60), isr));
    assert_eq!(session.cluster().lost(), 0);
}

#[test]
fn a_broker_without_a_log_directory_halts() {
    for (change, error) in
        [(DiskChange::Fail, "Input/output error"), (DiskChange::Capacity(8 << 10), "No space left on device")]
    {
        let mut session = settled(5, 1, &[]);
        session.act(Action::Disk(BrokerId(1), change.clone())).unwrap();
        let halted = |cluster: &Cluster| !cluster.is_alive(node(1));
        assert!(session.run_until(session.now() + seconds(5), halted), "at the next write");
        let says = |kind: &TraceKind| matches!(kind, TraceKind::LogDirFailed { error: said } if said.contains(error));
        assert!(session.cluster().trace().newest_first().take(9).any(|event| says(&event.kind)), "{error}");
        session.act(Action::Start(node(1))).unwrap();
        session.run_to(session.now() + seconds(10));
        if change == DiskChange::Fail {
            assert!(!session.cluster().is_alive(node(1)), "nor does it start with such a disk");
        } else if session.cluster().is_alive(node(1)) {
            // With a full disk it lives until it has to write.
            session.act(Action::Kill(node(1))).unwrap();
        }
        session.act(Action::Disk(BrokerId(1), DiskChange::Capacity(1 << 30))).unwrap();
        session.act(Action::Disk(BrokerId(1), DiskChange::Repair)).unwrap();
        session.act(Action::Start(node(1))).unwrap();
        session.run_to(session.now() + seconds(20));
        assert!(session.cluster().is_alive(node(1)));
        assert!(session.cluster().lost() > 0, "a new disk is empty, and there was no other replica");
    }
}

#[test]
fn a_slow_disk_is_felt_where_somebody_waits_for_it() {
    let latency = |flush: &str, times: u32| {
        let mut session = settled(8, 1, &[("flush.messages", flush)]);
        // Another file is written in between, so that the head has to come back.
        session.act(Action::Disk(BrokerId(1), DiskChange::Slow(times))).unwrap();
        let before = acked(&session);
        session.run_to(session.now() + seconds(30));
        acked(&session) - before
    };
    let (fast, slow) = (latency("1000000", 1), latency("1000000", 2000));
    assert_eq!(fast, slow, "the page cache hides it");
    assert!(latency("1", 2000) < latency("1", 1), "fsync does not");
}

#[test]
fn what_cannot_be_done_to_a_disk_changes_nothing() {
    let mut session = settled(9, 1, &[]);
    let digest = session.cluster().digest();
    for (id, change) in [
        (9, DiskChange::Fail),
        (1, DiskChange::Repair),
        (1, DiskChange::Profile("tape".into())),
        (1, DiskChange::Corrupt { path: "/nothing".into(), position: 0 }),
        (1, DiskChange::Corrupt { path: LOG.into(), position: 1 << 40 }),
    ] {
        assert!(session.act(Action::Disk(BrokerId(id), change.clone())).is_err(), "{change:?}");
        assert_eq!(session.cluster().digest(), digest, "{change:?}");
    }
}

#[test]
fn a_turned_byte_is_refused_by_followers_and_nothing_panics() {
    for seed in 0..8 {
        let mut session = settled(seed, 3, &[]);
        let mut rng = Rng::new(seed, &"corrupt");
        let leader = session.cluster().registration(&orders()).unwrap().leader.unwrap();
        let follower = (1..=3).find(|id| *id != leader.0).unwrap();
        session.act(Action::Kill(node(follower))).unwrap();
        session.act(Action::Disk(BrokerId(follower), DiskChange::Repair)).unwrap();
        let len = session.cluster().broker_node(leader).unwrap().disk().len(LOG).unwrap();
        let position = rng.below(len);
        session.act(Action::Disk(leader, DiskChange::Corrupt { path: LOG.into(), position })).unwrap();
        session.act(Action::Start(node(follower))).unwrap();
        session.run_to(session.now() + seconds(30));
        assert!(session.cluster().is_alive(node(follower)) && session.cluster().is_alive(NodeId::Broker(leader)));
    }
}

/// One machine after another is hurt and mended, in whatever way and whenever; with two other replicas nothing is ever lost.
fn hurt_one_after_another(seed: u64) {
    let mut session = settled(seed, 3, &[("min.insync.replicas", "2"), ("segment.bytes", "1048576")]);
    let (mut rng, mut watch) = (Rng::new(seed, &"hurt"), Watch::default());
    let well = |cluster: &Cluster| cluster.registration(&orders()).is_some_and(|it| it.isr.len() == 3);
    for _ in 0..5 {
        let id = BrokerId(rng.below(3) as i32 + 1);
        let change = |change| Action::Disk(id, change);
        let used = session.cluster().broker_node(id).unwrap().disk().used_bytes();
        let hurt = match rng.below(6) {
            0 | 1 => Action::PowerOff(NodeId::Broker(id)),
            2 => change(DiskChange::Fail),
            3 => change(DiskChange::Capacity(used + rng.below(20_000))),
            4 => change(DiskChange::Slow(1 + rng.below(100) as u32)),
            _ => change(DiskChange::Memory(4096 * (1 + rng.below(20)))),
        };
        session.act(hurt).unwrap();
        session.run_to(session.now() + SimTime::from_ms(rng.below(20_000)));
        let check = watch.check(session.cluster());
        check.unwrap_or_else(|violation| panic!("seed {seed} at {}: {}", session.now(), violation.0));
        for mend in [DiskChange::Capacity(1 << 30), DiskChange::Slow(1), DiskChange::Memory(1 << 30)] {
            session.act(change(mend)).unwrap();
        }
        if session.cluster().broker_node(id).unwrap().disk().has_failed() {
            let _ = session.act(Action::Kill(NodeId::Broker(id)));
            session.act(change(DiskChange::Repair)).unwrap();
        }
        if !session.cluster().is_alive(NodeId::Broker(id)) {
            session.act(Action::Start(NodeId::Broker(id))).unwrap();
        }
        // It may not have been missed yet; by then it has.
        session.run_to(session.now() + seconds(15));
        assert!(session.run_until(session.now() + seconds(120), well), "seed {seed}");
        assert_eq!(session.cluster().lost(), 0, "seed {seed}");
    }
    assert!(acked(&session) > 100, "seed {seed}");
}

#[test]
fn no_single_machine_takes_a_record_with_it() {
    let failed: Vec<u64> =
        (0..20).filter(|seed| std::panic::catch_unwind(|| hurt_one_after_another(*seed)).is_err()).collect();
    assert!(failed.is_empty(), "seeds that failed, each for the reason above: {failed:?}");
}
