//! What an expression comes to.

use std::fmt;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// There is no answer.
    None,
    /// True or false.
    Bool(bool),
    /// A whole number; a moment or a length of time is one, in milliseconds.
    Int(i64),
    /// A name: of a partition, a member, a state.
    Name(String),
    /// Several.
    List(Vec<Value>),
}

impl Value {
    /// What kind of value this is, in Korean.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::None => "none",
            Value::Bool(_) => "참·거짓",
            Value::Int(_) => "수",
            Value::Name(_) => "이름",
            Value::List(_) => "목록",
        }
    }

    /// The number, or `None`.
    pub(super) fn number<T: Into<i64>>(number: Option<T>) -> Value {
        number.map_or(Value::None, |number| Value::Int(number.into()))
    }

    /// A count.
    pub(super) fn count(count: u64) -> Value {
        Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A list of numbers.
    pub(super) fn numbers(numbers: impl IntoIterator<Item = impl Into<i64>>) -> Value {
        Value::List(numbers.into_iter().map(|number| Value::Int(number.into())).collect())
    }

    /// A list of names.
    pub(super) fn names(names: impl IntoIterator<Item = impl ToString>) -> Value {
        Value::List(names.into_iter().map(|name| Value::Name(name.to_string())).collect())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("none"),
            Value::Bool(value) => value.fmt(f),
            Value::Int(number) => number.fmt(f),
            Value::Name(name) => f.write_str(name),
            Value::List(values) => {
                f.write_str("[")?;
                for (place, value) in values.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
        }
    }
}
