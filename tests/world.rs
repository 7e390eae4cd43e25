//! The world as a whole: it comes alive, keeps its promises through faults, and is the same every time.

use kafkascope::base::{BrokerId, NodeId, SimTime, TopicPartition};
use kafkascope::sim::{Action, AdminCall, Cluster, ClusterConfig, ConsumerSpec, KeySpec, ProducerSpec, Session, Watch};

fn create(topic: &str, partitions: i32, min_isr: &str) -> Action {
    Action::Admin(AdminCall::CreateTopic {
        name: topic.into(),
        partitions,
        replication_factor: 3,
        configs: vec![("min.insync.replicas".into(), min_isr.into())],
    })
}

fn producer(name: &str, topic: &str, per_second: u64, acks: &str) -> Action {
    Action::StartProducer(ProducerSpec {
        name: name.into(),
        topic: topic.into(),
        interval_us: Some(1_000_000 / per_second),
        count: None,
        keys: KeySpec::Several(5),
        value_size: 20,
        config: vec![("acks".into(), acks.into())],
        tool: false,
    })
}

fn consumer(name: &str, group: &str, topic: &str) -> Action {
    Action::StartConsumer(ConsumerSpec {
        name: name.into(),
        group: group.into(),
        topics: vec![topic.into()],
        config: vec![("auto.offset.reset".into(), "earliest".into())],
        processing_us: 1000,
        limit: None,
        tool: false,
    })
}

fn tp(text: &str) -> TopicPartition {
    TopicPartition::parse(text).unwrap()
}

#[test]
fn look() {
    let mut s = Session::new(ClusterConfig { seed: 7, ..ClusterConfig::default() }).unwrap();
    let t = std::time::Instant::now();
    s.run_to(SimTime::from_secs(3));
    s.act(create("orders", 2, "2")).unwrap();
    s.run_to(SimTime::from_secs(4));
    s.act(producer("p", "orders", 5, "all")).unwrap();
    s.act(consumer("a", "payment", "orders")).unwrap();
    s.act(consumer("b", "payment", "orders")).unwrap();
    s.run_to(SimTime::from_secs(15));
    let leader = s.cluster().registration(&tp("orders-0")).unwrap().leader.unwrap();
    s.act(Action::Kill(NodeId::Broker(leader))).unwrap();
    s.run_to(SimTime::from_secs(40));
    s.act(Action::Start(NodeId::Broker(leader))).unwrap();
    s.run_to(SimTime::from_secs(60));
    for e in s.cluster().trace().since(0) {
        if e.kind.is_visible()
            && !matches!(
                e.kind,
                kafkascope::trace::TraceKind::Sent { .. }
                    | kafkascope::trace::TraceKind::Delivered { .. }
                    | kafkascope::trace::TraceKind::Appended { .. }
                    | kafkascope::trace::TraceKind::HighWatermark { .. }
                    | kafkascope::trace::TraceKind::Processed { .. }
                    | kafkascope::trace::TraceKind::RecordsAcked { .. }
            )
        {
            println!("{} {:?} {:?}", e.at, e.node.map(|n| n.to_string()), e.kind);
        }
    }
    let c = s.cluster();
    println!("steps {} trace {} in {:?}", c.steps(), c.trace().len(), t.elapsed());
    println!("{:?}", c.group("payment"));
    let p = c.producers_named("p").next().unwrap();
    println!("sent {} acked {} failed {} lost {} dup {}", p.sent(), p.acked(), p.failed(), c.lost(), c.duplicates());
    for b in 1..=3 {
        for t in ["orders-0", "orders-1"] {
            let r = c.replica(&tp(t), BrokerId(b)).unwrap();
            println!(
                "{t}@{b} leo {} hw {} epoch {} {:?}",
                r.log.log_end_offset(),
                r.log.high_watermark(),
                r.leader_epoch,
                c.registration(&tp(t))
            );
        }
    }
}
