//! The tree, reckoned out in a world.

use super::functions::arguments;
use super::parser::{Comparison, Expr, Node};
use super::value::Value;
use crate::command::Problem;
use crate::command::words::column_of;
use crate::sim::Cluster;

/// What a part comes to.
pub(super) fn eval(expr: &Expr, cluster: &Cluster, text: &str) -> Result<Value, Problem> {
    let again = |expr: &Expr| eval(expr, cluster, text);
    Ok(match &expr.node {
        Node::Int(number) => Value::Int(*number),
        Node::Name(name) => match name.as_str() {
            "none" => Value::None,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::Name(name.clone()),
        },
        Node::List(values) => Value::List(values.iter().map(again).collect::<Result<_, _>>()?),
        Node::Call(function, given) => {
            let values = given.iter().map(|arg| Ok((again(arg)?, arg.span.start))).collect::<Result<Vec<_>, _>>()?;
            match (arguments(function, cluster, text, values)?, function.run) {
                (Some(arguments), Some(run)) => run(cluster, &arguments),
                _ => Value::None,
            }
        }
        Node::At(what, broker) => match again(broker)? {
            Value::None => Value::None,
            broker => Value::List(vec![again(what)?, broker]),
        },
        Node::Len(list) => match again(list)? {
            Value::List(values) => Value::count(values.len() as u64),
            Value::None => Value::None,
            other => return Err(unfit(text, list, "목록", &other)),
        },
        Node::Not(inner) => Value::Bool(!truth(inner, cluster, text)?),
        Node::Minus(inner) => sum(&Value::Int(0), &again(inner)?, true, (expr, inner), text)?,
        Node::Sum { left, right, minus } => sum(&again(left)?, &again(right)?, *minus, (left, right), text)?,
        Node::Compare(comparison, left, right) => {
            Value::Bool(compare(*comparison, &again(left)?, &again(right)?, (left, right), text)?)
        }
        Node::And(left, right) => Value::Bool(truth(left, cluster, text)? && truth(right, cluster, text)?),
        Node::Or(left, right) => Value::Bool(truth(left, cluster, text)? || truth(right, cluster, text)?),
    })
}

/// Whether a part is true.
pub(super) fn truth(expr: &Expr, cluster: &Cluster, text: &str) -> Result<bool, Problem> {
    match eval(expr, cluster, text)? {
        Value::Bool(value) => Ok(value),
        Value::None => Ok(false),
        other => Err(unfit(text, expr, "참이거나 거짓인 조건", &other)),
    }
}

fn unfit(text: &str, expr: &Expr, wanted: &str, found: &Value) -> Problem {
    let what = &text[expr.span.clone()];
    let message = format!("여기에는 {wanted}만 올 수 있는데 {what}의 값은 {found}({})이에요.", found.kind());
    Problem::new(column_of(text, expr.span.start), message)
}

fn sum(left: &Value, right: &Value, minus: bool, at: (&Expr, &Expr), text: &str) -> Result<Value, Problem> {
    let (a, b) = match (left, right) {
        (Value::Int(a), Value::Int(b)) => (*a, *b),
        (Value::None | Value::Int(_), Value::None | Value::Int(_)) => return Ok(Value::None),
        (Value::None | Value::Int(_), other) => return Err(unfit(text, at.1, "수", other)),
        (other, _) => return Err(unfit(text, at.0, "수", other)),
    };
    let result = if minus { a.checked_sub(b) } else { a.checked_add(b) };
    let too_large = || Problem::new(column_of(text, at.0.span.start), "결과가 너무 큰 수예요.");
    result.map(Value::Int).ok_or_else(too_large)
}

fn compare(how: Comparison, left: &Value, right: &Value, at: (&Expr, &Expr), text: &str) -> Result<bool, Problem> {
    match how {
        Comparison::Equal => same(left, right, at, text),
        Comparison::Unequal => same(left, right, at, text).map(|same| !same),
        Comparison::In => match right {
            Value::List(values) => Ok(values.contains(left)),
            Value::None => Ok(false),
            other => Err(unfit(text, at.1, "목록", other)),
        },
        _ => match (left, right) {
            (Value::Int(a), Value::Int(b)) => Ok(match how {
                Comparison::Less => a < b,
                Comparison::AtMost => a <= b,
                Comparison::More => a > b,
                _ => a >= b,
            }),
            (Value::None | Value::Int(_), Value::None | Value::Int(_)) => Ok(false),
            (Value::None | Value::Int(_), other) => Err(unfit(text, at.1, "수", other)),
            (other, _) => Err(unfit(text, at.0, "수", other)),
        },
    }
}

/// Things of different kinds are never equal, so to ask whether they are is a mistake.
fn same(left: &Value, right: &Value, at: (&Expr, &Expr), text: &str) -> Result<bool, Problem> {
    let comparable = left.kind() == right.kind() || *left == Value::None || *right == Value::None;
    if comparable { Ok(left == right) } else { Err(unfit(text, at.1, left.kind(), right)) }
}
