//! Predicates: what `expect`, `run until` and lessons' goals say about the world.
//!
//! `isr(orders-0).len == 2 && leader(orders-0) in isr(orders-0)` — whole numbers, lists and names, the usual comparisons, `+` and `-`, and
//! functions that look into the world ([`FUNCTIONS`] lists them). A name may hold dashes and dots, since topics' names do, so a
//! minus after a name wants a space before it. `none` is what a question has no answer to (the leader of a partition without one); it is
//! equal to itself alone, neither more nor less than anything, and what is reckoned with it is `none` too.
//!
//! The rooms: `lexer` and `parser` read, `eval` reckons, `functions` knows the world.

mod eval;
mod functions;
mod groups;
mod lexer;
mod parser;
mod value;

pub use functions::{FUNCTIONS, Function};
pub(super) use functions::{client_names, node_argument, partition_named};
pub use value::Value;

use super::Problem;
use crate::sim::Cluster;
use parser::{Expr, Node};

/// A predicate.
#[derive(Clone, Debug)]
pub struct Predicate {
    source: String,
    root: Expr,
}

/// One of the parts that a predicate's `&&` joins, and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// The part, as it was written.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// The two sides of its comparison, as they are now, if it is one.
    pub sides: Option<(String, String)>,
}

impl Predicate {
    /// Reads a predicate.
    ///
    /// # Errors
    /// If it is none; the column counts in `text`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let tokens = lexer::tokens(text)?;
        Ok(Self { source: text.into(), root: parser::parse(text, tokens)? })
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it comes to; for a predicate proper that is true or false.
    ///
    /// # Errors
    /// If it speaks of something that is not there, or of a kind that does not fit.
    pub fn value(&self, cluster: &Cluster) -> Result<Value, Problem> {
        eval::eval(&self.root, cluster, &self.source)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`Self::value`], and if it is neither true nor false.
    pub fn holds(&self, cluster: &Cluster) -> Result<bool, Problem> {
        eval::truth(&self.root, cluster, &self.source)
    }

    /// The parts joined by `&&`, each with how it stands.
    ///
    /// # Errors
    /// As [`Self::holds`], for the first part that fails so.
    pub fn clauses(&self, cluster: &Cluster) -> Result<Vec<Clause>, Problem> {
        let mut parts = Vec::new();
        collect(&self.root, &mut parts);
        parts.into_iter().map(|part| self.clause(part, cluster)).collect()
    }

    fn clause(&self, part: &Expr, cluster: &Cluster) -> Result<Clause, Problem> {
        let side = |expr: &Expr| eval::eval(expr, cluster, &self.source).map(|value| value.to_string());
        let sides = match &part.node {
            Node::Compare(_, left, right) => Some((side(left)?, side(right)?)),
            _ => None,
        };
        let holds = eval::truth(part, cluster, &self.source)?;
        Ok(Clause { text: self.source[part.span.clone()].trim().into(), holds, sides })
    }
}

fn collect<'a>(expr: &'a Expr, parts: &mut Vec<&'a Expr>) {
    match &expr.node {
        Node::And(left, right) => {
            collect(left, parts);
            collect(right, parts);
        }
        _ => parts.push(expr),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ClusterConfig;

    fn value(text: &str) -> String {
        let cluster = Cluster::new(ClusterConfig::default()).unwrap();
        match Predicate::parse(text).and_then(|predicate| predicate.value(&cluster)) {
            Ok(value) => value.to_string(),
            Err(problem) => format!("{}: {}", problem.column, problem.message),
        }
    }

    #[test]
    fn sums_and_comparisons() {
        for (text, want) in [
            ("1 + 2 - 4", "-1"),
            ("-(1 - 3)", "2"),
            ("[1, 2, a-b].len", "3"),
            ("2 in [1, 2] && !(3 in [1, 2])", "true"),
            ("1 == 2 || 3 >= 3", "true"),
            ("none == none && !(none < 1) && none != 1", "true"),
            ("1 + none", "none"),
            ("orders-0 == 'orders-0'", "true"),
            ("5s == 5000", "true"),
            ("now() < 1ms", "true"),
            ("alive(1) && alive(broker-2)", "true"),
            ("lost() + duplicates() == 0", "true"),
            ("[] == []", "true"),
        ] {
            assert_eq!(value(text), want, "{text}");
        }
    }

    #[test]
    fn mistakes_are_pointed_at() {
        for (text, column) in [
            ("", 1),
            ("1 +", 4),
            ("(1 == 1", 8),
            ("isr(orders-0).length == 1", 15),
            ("leo(orders-0) == 1", 5),
            ("leoo(orders-0) == 1", 1),
            ("1 == 1 == 1", 8),
            ("hw()", 1),
            ("hw(1)", 4),
            ("alive(9)", 7),
            ("1 && true", 1),
            ("a < 1", 1),
            ("1 ~ 2", 3),
            ("lso(orders-0) == 1", 1),
            ("99999999999999999999", 1),
            ("9223372036854775807 + 1", 1),
        ] {
            let said = value(text);
            assert!(said.starts_with(&format!("{column}: ")), "{text}: {said}");
        }
        assert!(value(&"(".repeat(10_000)).contains("깊"));
        assert!(value(&"!".repeat(10_000)).contains("깊"));
    }
}
