//! Applications are started: producers and consumers, each a client with a name.

use super::action::{Action, ActionError, ConsumerSpec, KeySpec, ProducerSpec};
use super::cluster::Cluster;
use super::node::{ClientNode, ClientProcess, ClientSpec, Life};
use crate::base::{BrokerId, ClientId, NodeId, Rng, SimTime, TopicPartition};
use crate::client::{Consumer, ConsumerConfig, Keys, Producer, ProducerConfig, SeekTo, Workload};
use std::rc::Rc;

impl Cluster {
    pub(super) fn start_producer(&mut self, spec: &ProducerSpec, action: &Action) -> Result<(), ActionError> {
        self.expect_free_name(&spec.name)?;
        let mut config = ProducerConfig::default();
        for (name, value) in &spec.config {
            config.set(name, value).map_err(|error| ActionError::Config(error.to_string()))?;
        }
        let workload = spec.interval_us.map(|interval| Workload {
            interval: SimTime(interval.max(1)),
            left: spec.count,
            keys: match &spec.keys {
                KeySpec::None => Keys::None,
                KeySpec::One(key) => Keys::One(key.as_str().into()),
                KeySpec::Several(n) => Keys::Several(*n),
            },
            value_size: spec.value_size,
        });
        let (id, rng) = self.next_client(&spec.name);
        let producer = Producer::new(
            id,
            spec.name.as_str().into(),
            config,
            spec.topic.as_str().into(),
            workload,
            self.bootstrap(),
            rng,
        );
        self.start_client(
            id,
            &spec.name,
            ClientSpec::Producer(spec.clone()),
            ClientProcess::Producer(producer),
            action,
        );
        Ok(())
    }

    pub(super) fn start_consumer(&mut self, spec: &ConsumerSpec, action: &Action) -> Result<(), ActionError> {
        self.expect_free_name(&spec.name)?;
        let mut config = ConsumerConfig { group_id: spec.group.as_str().into(), ..ConsumerConfig::default() };
        for (name, value) in &spec.config {
            config.set(name, value).map_err(|error| ActionError::Config(error.to_string()))?;
        }
        config.validate().map_err(|error| ActionError::Config(error.to_string()))?;
        let (id, rng) = self.next_client(&spec.name);
        let topics = spec.topics.iter().map(|topic| topic.as_str().into()).collect();
        let processing = SimTime(spec.processing_us);
        let mut consumer =
            Consumer::new(id, spec.name.as_str().into(), config, topics, processing, self.bootstrap(), rng);
        consumer.keep_delivered(spec.tool);
        if let (Some((partition, offset)), [topic]) = (spec.assign, &spec.topics[..]) {
            let to = match offset {
                -1 => SeekTo::End,
                -2 => SeekTo::Beginning,
                offset => SeekTo::Offset(offset),
            };
            consumer.assign(TopicPartition::new(&topic.as_str().into(), partition), to);
        }
        if let Some(count) = spec.limit {
            consumer.limit(count);
        }
        self.start_client(
            id,
            &spec.name,
            ClientSpec::Consumer(spec.clone()),
            ClientProcess::Consumer(Box::new(consumer)),
            action,
        );
        Ok(())
    }

    pub(super) fn start_client(
        &mut self,
        id: ClientId,
        name: &str,
        spec: ClientSpec,
        program: ClientProcess,
        action: &Action,
    ) {
        let cause = self.say_command(action);
        // A program that is started again runs on the same machine, under the same clock.
        if let Some(skew) = self.client_named(name).and_then(|before| self.clock_skews.get(&NodeId::Client(before.id)))
        {
            self.clock_skews.insert(NodeId::Client(id), *skew);
        }
        let node = ClientNode { id, name: name.into(), spec, life: Life::default(), program, alive: true };
        self.clients.insert(id, Rc::new(node));
        self.begin(NodeId::Client(id), cause);
    }

    pub(super) fn next_client(&self, name: &str) -> (ClientId, Rng) {
        let id = ClientId(self.clients.keys().next_back().map_or(1, |last| last.0 + 1));
        (id, Rng::new(self.config.seed, &("client", id, name)))
    }

    pub(super) fn bootstrap(&self) -> Vec<BrokerId> {
        self.brokers.keys().copied().collect()
    }

    fn expect_free_name(&self, name: &str) -> Result<(), ActionError> {
        let taken = self.clients.values().any(|client| client.alive && &*client.name == name);
        if taken { Err(ActionError::NameTaken(name.into())) } else { Ok(()) }
    }
}
