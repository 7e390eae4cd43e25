//! DescribeConfigs: what is set for a topic or a broker, and where (Kafka's `ConfigHelper`).
//!
//! Every setting of a topic has a default in the broker's settings, mostly under another name. The answer names all places
//! that give a setting a value, the one that counts first: the topic, this broker, all brokers, `server.properties`,
//! Kafka's default.
//!
//! Left out: settings that are not modelled. `internal.segment.bytes`, which Kafka hides, is shown if it is set: whoever
//! sees small segments here should be able to see why.

use super::{Broker, BrokerConfig};
use crate::log::{LogConfig, NOT_OF_LOGS, has_server_default, server_synonym, topic_config};
use crate::protocol::{
    ConfigEntry, ConfigResource, ConfigSource, ConfigSynonym, DescribeConfigsResponse, ErrorCode, TopicImage,
};
use std::rc::Rc;

impl Broker {
    pub(super) fn describe_configs(&self, resource: &ConfigResource) -> DescribeConfigsResponse {
        let entries = match resource {
            ConfigResource::Topic(topic) => match self.image.topics.get(topic) {
                Some(image) => self.topic_configs(topic, image),
                None => {
                    let error = ErrorCode::UnknownTopicOrPartition;
                    return DescribeConfigsResponse { error, entries: Vec::new() };
                }
            },
            ConfigResource::Broker(id) if *id != self.id => {
                return DescribeConfigsResponse { error: ErrorCode::InvalidRequest, entries: Vec::new() };
            }
            broker => self.dynamic_configs(broker),
        };
        DescribeConfigsResponse { error: ErrorCode::None, entries }
    }

    fn topic_configs(&self, topic: &str, image: &TopicImage) -> Vec<ConfigEntry> {
        let log = self.log_config(topic);
        let mut names: Vec<&str> = LogConfig::NAMES.iter().chain(NOT_OF_LOGS).copied().collect();
        names.sort_unstable();
        let entry = |name: &str| {
            let value: Rc<str> = self.topic_config(topic, name).or_else(|| log.get(name))?.into();
            let of_topic = image.configs.contains_key(name).then(|| ConfigSynonym {
                source: ConfigSource::DynamicTopic,
                name: name.into(),
                value: value.clone(),
            });
            let synonyms = of_topic.into_iter().chain(self.broker_synonyms(name)).collect();
            Some(ConfigEntry { name: name.into(), value, synonyms })
        };
        names.into_iter().filter_map(entry).collect()
    }

    /// The places among the brokers' settings that give a topic's setting its default.
    fn broker_synonyms(&self, topic_config: &str) -> Vec<ConfigSynonym> {
        let Some(name) = server_synonym(topic_config) else { return Vec::new() };
        let synonym = |source, value: &str| ConfigSynonym { source, name: name.into(), value: value.into() };
        let dynamic = |resource: &ConfigResource| self.image.broker_configs.get(resource)?.get(name).cloned();
        let mut synonyms = Vec::new();
        let places = [
            (ConfigSource::DynamicBroker, ConfigResource::Broker(self.id)),
            (ConfigSource::DynamicDefaultBroker, ConfigResource::DefaultBroker),
        ];
        for (source, resource) in places {
            synonyms.extend(dynamic(&resource).map(|value| synonym(source, &value)));
        }
        synonyms.extend(self.config.given(name).map(|value| synonym(ConfigSource::StaticBroker, &value)));
        let not_of_logs = BrokerConfig::default().not_of_logs(topic_config);
        let default = not_of_logs.or_else(|| LogConfig::default().get(topic_config));
        synonyms.extend(
            default.filter(|_| has_server_default(topic_config)).map(|value| synonym(ConfigSource::Default, &value)),
        );
        synonyms
    }

    /// What a broker, or all of them, were given while they ran.
    fn dynamic_configs(&self, resource: &ConfigResource) -> Vec<ConfigEntry> {
        let source = match resource {
            ConfigResource::Broker(_) => ConfigSource::DynamicBroker,
            _ => ConfigSource::DynamicDefaultBroker,
        };
        let configs = self.image.broker_configs.get(resource).into_iter().flatten();
        configs
            .map(|(name, value)| {
                let all = topic_config(name).map_or(Vec::new(), |of_topic| self.broker_synonyms(of_topic));
                let mut synonyms: Vec<ConfigSynonym> = all.into_iter().filter(|it| it.source >= source).collect();
                if source == ConfigSource::DynamicDefaultBroker {
                    synonyms.retain(|it| it.source == source);
                }
                ConfigEntry { name: name.clone(), value: value.clone(), synonyms }
            })
            .collect()
    }
}
