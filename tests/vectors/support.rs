//! What the tests of all files share: where the files are, what was checked and what was not, and JSON in fewer words.

use serde_json::Value;
use std::collections::BTreeMap;

/// One vector file, and the account of what became of its cases.
pub(crate) struct Vectors {
    name: &'static str,
    root: Value,
    checked: u32,
    skipped: BTreeMap<String, Vec<String>>,
}

impl Vectors {
    /// Reads `name.json`.
    pub(crate) fn load(name: &'static str) -> Self {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
        let folder = std::env::var("KAFKASCOPE_VECTORS").unwrap_or_else(|_| beside.into());
        let path = format!("{folder}/{name}.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let root = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { name, root, checked: 0, skipped: BTreeMap::new() }
    }

    /// The list called `group`; empty if there is none.
    pub(crate) fn group(&self, group: &str) -> Vec<Value> {
        self.root[group].as_array().cloned().unwrap_or_default()
    }

    /// What stands at `key` at the top.
    pub(crate) fn at(&self, key: &str) -> Value {
        self.root[key].clone()
    }

    /// All cases: the entries with a name of all lists at the top.
    pub(crate) fn cases(&self) -> Vec<Value> {
        let lists = self.root.as_object().expect("a vector file is an object").values().filter_map(Value::as_array);
        lists.flatten().filter(|case| case["name"].is_string()).cloned().collect()
    }

    /// Counts a case that was checked.
    pub(crate) fn checked(&mut self) {
        self.checked += 1;
    }

    /// Counts a case that was passed over, or a part of one. The case may be but a name.
    pub(crate) fn skip(&mut self, case: &Value, reason: impl Into<String>) {
        let names = self.skipped.entry(reason.into()).or_default();
        let name = case.as_str().map_or_else(|| text(case, "name"), Into::into);
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
}

impl Drop for Vectors {
    fn drop(&mut self) {
        eprintln!("{}: {} checked", self.name, self.checked);
        for (reason, names) in &self.skipped {
            eprintln!("{}: passed over for {reason}: {}", self.name, names.join(", "));
        }
        if !std::thread::panicking() {
            assert!(self.checked > 0, "{}: nothing was checked", self.name);
        }
    }
}

/// The text at `key`.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no text in {value}")).into()
}

/// The number at `key`; those that JavaScript could not hold are written as text.
pub(crate) fn int(value: &Value, key: &str) -> i64 {
    maybe_int(value, key).unwrap_or_else(|| panic!("{key} is no number in {value}"))
}

/// The number at `key`, if there is one.
pub(crate) fn maybe_int(value: &Value, key: &str) -> Option<i64> {
    number(&value[key])
}

/// The number that `value` is, if it is one.
pub(crate) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Whether `key` is there and true.
pub(crate) fn flag(value: &Value, key: &str) -> bool {
    value[key].as_bool().unwrap_or(false)
}

/// The list at `key`; empty if there is none.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The bytes that `value` writes in hexadecimal; none for null.
pub(crate) fn maybe_hex(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    let text = text.strip_prefix("text:").map_or_else(|| text.into(), |text| hex_of(text.as_bytes()));
    assert!(text.len().is_multiple_of(2), "half a byte in {text}");
    let digit =
        |i: usize| u8::from_str_radix(&text[i..i + 2], 16).unwrap_or_else(|_| panic!("no byte at {i} of {text}"));
    Some((0..text.len()).step_by(2).map(digit).collect())
}

/// The bytes at `key`.
pub(crate) fn hex(value: &Value, key: &str) -> Vec<u8> {
    maybe_hex(&value[key]).unwrap_or_else(|| panic!("{key} is no hexadecimal text in {value}"))
}

/// `bytes` in hexadecimal.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
