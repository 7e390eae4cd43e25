//! What links do to messages: below TCP nothing but delay; and trouble on one link changes nothing on another.

use kafkascope::base::{BrokerId, NodeId, SimTime, TopicPartition};
use kafkascope::net::{Chance, LinkChange, Network, NetworkConfig};
use kafkascope::protocol::{Body, Outgoing, Request};
use kafkascope::sim::{Action, AdminCall, Cluster, ClusterConfig, FaultOptions, KeySpec, ProducerSpec};
use kafkascope::trace::Loss;

fn broker(id: i32) -> NodeId {
    NodeId::Broker(BrokerId(id))
}

fn ask(network: &mut Network, now: u64, from: i32, to: i32) -> kafkascope::net::Sent {
    let body = Body::Request { correlation: 0, request: Request::DescribeLogDirs };
    network.send(SimTime(now), broker(from), Outgoing { to: broker(to), cause: None, body }, 0)
}

#[test]
fn below_tcp_trouble_costs_time_and_nothing_else() {
    for seed in 0..20 {
        let mut network = Network::new(NetworkConfig::default(), seed);
        let link = [(broker(1), broker(2))];
        for change in [
            LinkChange::Drop(Chance(2000)),
            LinkChange::Duplicate(Chance(2000)),
            LinkChange::Reorder(Chance(2000)),
            LinkChange::Delay { by: SimTime::from_ms(5), jitter: SimTime::from_ms(50) },
        ] {
            network.change(&link, &change);
        }
        let (mut last, mut copies, mut resent) = (SimTime::ZERO, 0, 0);
        for number in 0..2000 {
            let sent = ask(&mut network, number * 10_000, 1, 2);
            assert!(sent.lost.is_none_or(|loss| loss == Loss::GivenUp), "seed {seed}");
            assert!(sent.envelope.deliver_at > last, "seed {seed}: message {number} overtakes the one before it");
            last = sent.envelope.deliver_at;
            if let Some(copy) = sent.copy {
                assert!(copy.deliver_at > last && copy.id != sent.envelope.id, "seed {seed}");
                copies += 1;
            }
            resent += u64::from(sent.resent > 0);
        }
        assert!((300..500).contains(&copies) && (300..500).contains(&resent), "seed {seed}: {copies} {resent}");
    }
}

#[test]
fn trouble_on_one_link_shifts_nothing_on_another() {
    let mut well = Network::new(NetworkConfig::default(), 7);
    let mut troubled = Network::new(NetworkConfig::default(), 7);
    let all = [LinkChange::Drop(Chance(5000)), LinkChange::Duplicate(Chance(5000)), LinkChange::Reorder(Chance(5000))];
    for change in &all {
        troubled.change(&[(broker(1), broker(2))], change);
    }
    for number in 0..500 {
        let now = number * 1000;
        ask(&mut well, now, 1, 2);
        ask(&mut troubled, now, 1, 2);
        let (a, b) = (ask(&mut well, now, 1, 3), ask(&mut troubled, now, 1, 3));
        assert_eq!(a.envelope.deliver_at, b.envelope.deliver_at, "message {number}");
    }
}

#[test]
fn a_cut_is_for_one_way_or_both_and_a_chosen_loss_for_so_many() {
    let mut network = Network::new(NetworkConfig::default(), 1);
    network.change(&[(broker(1), broker(2))], &LinkChange::Cut);
    assert_eq!(ask(&mut network, 0, 1, 2).lost, Some(Loss::Cut));
    assert_eq!(ask(&mut network, 0, 2, 1).lost, None);
    network.change(&[(broker(1), broker(2))], &LinkChange::Heal);
    assert!(network.is_well(broker(1), broker(2)));
    let lose = LinkChange::Lose { api: "DescribeLogDirs".into(), response: false, count: 2 };
    network.change(&[(broker(1), broker(2)), (broker(2), broker(1))], &lose);
    let lost: Vec<bool> = [(1, 3), (1, 2), (2, 1), (1, 2)]
        .into_iter()
        .map(|(from, to)| ask(&mut network, 0, from, to).lost == Some(Loss::Chosen))
        .collect();
    assert_eq!(lost, [false, true, true, false]);
    assert!(network.losing().is_empty());
}

/// A cluster with a topic and a producer that writes to it, after ten seconds.
fn busy(seed: u64) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig { seed, ..ClusterConfig::default() }).unwrap();
    cluster.run_to(SimTime::from_secs(5));
    let create = AdminCall::CreateTopic {
        name: "orders".into(),
        partitions: 2,
        replication_factor: 3,
        configs: vec![("min.insync.replicas".into(), "2".into())],
    };
    cluster.apply(&Action::Admin(create)).unwrap();
    let producer = ProducerSpec {
        name: "p".into(),
        topic: "orders".into(),
        interval_us: Some(200_000),
        count: None,
        keys: KeySpec::None,
        value_size: 20,
        config: vec![("acks".into(), "all".into())],
        tool: false,
    };
    cluster.run_to(SimTime::from_secs(6));
    cluster.apply(&Action::StartProducer(producer)).unwrap();
    cluster.run_to(SimTime::from_secs(10));
    cluster
}

#[test]
fn a_storm_is_the_same_each_time_and_all_of_it_is_mended() {
    for seed in 0..6 {
        let storm = |cluster: &mut Cluster| {
            let options = FaultOptions { seed, every: SimTime::from_secs(2), ..FaultOptions::default() };
            cluster.apply(&Action::Faults(Some(options))).unwrap();
            cluster.run_to(SimTime::from_secs(75));
        };
        let (mut one, mut other) = (busy(seed), busy(seed));
        storm(&mut one);
        storm(&mut other);
        assert_eq!(one.digest(), other.digest(), "seed {seed}");
        assert!(one.faults().is_none(), "seed {seed}: it ended");
        one.run_to(SimTime::from_secs(250));
        assert_eq!(one.network().links().count(), 0, "seed {seed}: every link is mended");
        for partition in 0..2 {
            let tp = TopicPartition::new(&"orders".into(), partition);
            assert_eq!(one.registration(&tp).unwrap().isr.len(), 3, "seed {seed}: {tp}");
        }
        assert_eq!(one.lost(), 0, "seed {seed}");
    }
}
