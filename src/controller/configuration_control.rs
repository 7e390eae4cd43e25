//! Settings that change while the cluster runs (Kafka's `ConfigurationControlManager`).
//!
//! A change names what to set and what to take back. All that a resource would then have is checked as a whole; if it passes,
//! a record for each setting that really changes goes into the metadata log, and brokers take it up when they replay it.
//!
//! Left out: adding to and taking from lists, which no tool here asks for, and resources other than topics and brokers.

use super::{Controller, ControllerTimer};
use crate::base::Map;
use crate::log::{ConfigError, LogConfig, NOT_OF_LOGS, topic_config};
use crate::protocol::{
    ConfigResource, Effects, ErrorCode, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, MetadataRecord,
};
use crate::trace::TraceKind;
use std::rc::Rc;

/// Settings by name.
type Configs = Map<Rc<str>, Rc<str>>;

impl Controller {
    pub(super) fn incremental_alter_configs(
        &mut self,
        request: &IncrementalAlterConfigsRequest,
        fx: &mut Effects<ControllerTimer>,
    ) -> IncrementalAlterConfigsResponse {
        let resource = &request.resource;
        let (error, message) = match self.config_records(request) {
            Ok(records) => {
                for record in records {
                    let MetadataRecord::Config { name, value, .. } = &record else { continue };
                    let kind = TraceKind::ConfigChanged {
                        resource: resource.to_string().into(),
                        name: name.clone(),
                        value: value.clone(),
                    };
                    fx.trace_and(kind, |fx| self.write(vec![record], fx));
                }
                (ErrorCode::None, String::new())
            }
            Err(refusal) => refusal,
        };
        IncrementalAlterConfigsResponse { resource: resource.clone(), error, message: message.into() }
    }

    fn config_records(
        &self,
        request: &IncrementalAlterConfigsRequest,
    ) -> Result<Vec<MetadataRecord>, (ErrorCode, String)> {
        let resource = &request.resource;
        let mut configs = match resource {
            ConfigResource::Topic(topic) => self.image.topics.get(topic).map(|topic| topic.configs.clone()),
            broker => Some(self.image.broker_configs.get(broker).cloned().unwrap_or_default()),
        };
        let exists = configs.is_some();
        let configs = configs.get_or_insert_default();
        let mut records = Vec::new();
        for (name, value) in &request.ops {
            let before = match value {
                Some(value) => configs.insert(name.clone(), value.clone()),
                None => configs.remove(name),
            };
            // A broker is told even what is not new, so that it looks at its files again.
            if before != *value || !matches!(resource, ConfigResource::Topic(_)) {
                let (resource, name, value) = (resource.clone(), name.clone(), value.clone());
                records.push(MetadataRecord::Config { resource, name, value });
            }
        }
        let valid = match resource {
            ConfigResource::Topic(_) => validate_topic_configs(configs),
            _ => validate_broker_configs(configs),
        };
        valid.map_err(|message| (ErrorCode::InvalidConfig, message))?;
        if !exists {
            return Err((ErrorCode::UnknownTopicOrPartition, String::new()));
        }
        Ok(records)
    }
}

/// Checks all settings that a topic would have (Kafka's `LogConfig.validate`): their names, then their values, then whether
/// they go together.
pub(super) fn validate_topic_configs(configs: &Configs) -> Result<(), String> {
    let known = |name: &str| LogConfig::NAMES.contains(&name) || NOT_OF_LOGS.contains(&name);
    if let Some(name) = configs.keys().find(|name| !known(name)) {
        return Err(format!("Unknown topic config name: {name}"));
    }
    let mut log = LogConfig::default();
    for (name, value) in configs {
        if NOT_OF_LOGS.contains(&&**name) {
            validate_not_of_logs(name, value)?;
        } else {
            log.set(name, value).map_err(|error| error.to_string())?;
        }
    }
    let (min, max) = (log.min_compaction_lag_ms, log.max_compaction_lag_ms);
    if min > max {
        return Err(format!(
            "conflict topic config setting min.compaction.lag.ms ({min}) > max.compaction.lag.ms ({max})"
        ));
    }
    Ok(())
}

/// Checks all settings that a broker would have been given while it runs: those that topics take their defaults from. Kafka
/// leaves this to the broker that passes the request on.
fn validate_broker_configs(configs: &Configs) -> Result<(), String> {
    for (name, value) in configs {
        match topic_config(name) {
            None => return Err(format!("Cannot update these configs dynamically: [{name}]")),
            Some(of_topic) if NOT_OF_LOGS.contains(&of_topic) => validate_not_of_logs(name, value)?,
            Some(of_topic) => LogConfig::default().set(of_topic, value).map_err(|error| match error {
                ConfigError::Invalid { value, reason, .. } => {
                    format!("Invalid value {value} for configuration {name}: {reason}")
                }
                other => other.to_string(),
            })?,
        }
    }
    Ok(())
}

/// Checks a setting that a topic's logs do not mind.
fn validate_not_of_logs(name: &str, value: &str) -> Result<(), String> {
    let why = match (name, value.trim().parse::<i32>()) {
        ("unclean.leader.election.enable", _) if ["true", "false"].contains(&&*value.trim().to_lowercase()) => {
            return Ok(());
        }
        ("unclean.leader.election.enable", _) => "Expected value to be either true or false",
        (_, Ok(1..)) => return Ok(()),
        (_, Ok(_)) => "Value must be at least 1",
        (_, Err(_)) => "Not a number of type INT",
    };
    Err(format!("Invalid value {value} for configuration {name}: {why}"))
}
