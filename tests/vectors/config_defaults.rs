//! `config_defaults.json`: names, defaults and bounds of Kafka's settings.

use super::support::Vectors;
use kafkascope::log::LogConfig;
use serde_json::Value;

pub(crate) fn check(vectors: &mut Vectors) {
    for (name, setting) in vectors.at("topic").as_object().expect("topic settings") {
        if LogConfig::NAMES.contains(&name.as_str()) {
            check_log(name, setting);
            vectors.checked();
        } else {
            vectors.skip(&Value::from(name.as_str()), "not a setting of the log");
        }
    }
}

fn check_log(name: &str, setting: &Value) {
    let mut config = LogConfig::default();
    // A list is written in brackets there.
    let default = setting["default"].as_str().map(|default| default.trim_matches(['[', ']']));
    assert_eq!(config.get(name).as_deref(), default, "{name}");
    let Some(allowed) = setting["allowed"].as_str() else { return };
    let values: Vec<_> = allowed.trim_matches(['[', ']']).split(',').map(str::trim).collect();
    if let [min, "...", max] = values[..] {
        for value in [min, max] {
            assert_eq!(config.set(name, value), Ok(()), "{name}");
        }
        assert!(config.set(name, &format!("{max}1")).is_err() && config.set(name, "-1").is_err(), "{name}");
    } else if let [min, "..."] = values[..] {
        let min: i64 = min.parse().expect("a number");
        assert_eq!(config.set(name, &min.to_string()), Ok(()), "{name}");
        assert!(config.set(name, &(min - 1).to_string()).is_err(), "{name}");
    } else {
        assert!(values.iter().all(|value| config.set(name, value).is_ok()), "{name}");
        assert!(config.set(name, "none of them").is_err(), "{name}");
    }
}
