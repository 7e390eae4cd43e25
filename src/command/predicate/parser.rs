//! Tokens, read into a tree.
//!
//! From weak to strong: `||`, `&&`, `!`, one comparison (they do not chain) or `in`, `+` and `-`, a minus sign, `.len` and `@`. A
//! function's name and the number of its arguments are checked here, before the world is asked anything.

use super::functions::{FUNCTIONS, Function};
use super::lexer::Token;
use crate::command::Problem;
use crate::command::words::column_of;
use std::ops::Range;

/// How deep an expression may be nested.
const DEEPEST: usize = 64;

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
}

/// A part of an expression, and where it stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

/// What a part says.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Int(i64),
    Name(String),
    List(Vec<Expr>),
    Call(&'static Function, Vec<Expr>),
    At(Box<Expr>, Box<Expr>),
    Len(Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Sum { left: Box<Expr>, right: Box<Expr>, minus: bool },
    Compare(Comparison, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
}

/// Reads a whole expression.
pub(super) fn parse(text: &str, tokens: Vec<(Token, Range<usize>)>) -> Result<Expr, Problem> {
    let mut parser = Parser { text, tokens, at: 0, depth: 0 };
    if parser.peek() == &Token::End {
        return Err(parser.problem("조건이 비어 있어요."));
    }
    let expr = parser.or()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.problem("조건이 여기서 끝나야 하는데 말이 더 있어요.")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn take(&mut self) -> (Token, Range<usize>) {
        let taken = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        taken
    }

    fn take_if(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(s) if *s == symbol);
        if found {
            self.take();
        }
        found
    }

    fn want(&mut self, symbol: &str) -> Result<(), Problem> {
        if self.take_if(symbol) {
            Ok(())
        } else {
            Err(self.problem(&format!("여기에 {symbol} 기호가 와야 해요.")))
        }
    }

    fn problem(&self, message: &str) -> Problem {
        Problem::new(column_of(self.text, self.tokens[self.at].1.start), message)
    }

    fn or(&mut self) -> Result<Expr, Problem> {
        let mut left = self.and()?;
        while self.take_if("||") {
            let right = self.and()?;
            left = join(left, right, Node::Or);
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, Problem> {
        let mut left = self.comparison()?;
        while self.take_if("&&") {
            let right = self.comparison()?;
            left = join(left, right, Node::And);
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr, Problem> {
        let left = self.sum()?;
        let comparison = match self.peek() {
            Token::Symbol("==") => Comparison::Equal,
            Token::Symbol("!=") => Comparison::Unequal,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::AtMost,
            Token::Symbol(">") => Comparison::More,
            Token::Symbol(">=") => Comparison::AtLeast,
            Token::Name(name) if name == "in" => Comparison::In,
            _ => return Ok(left),
        };
        self.take();
        let right = self.sum()?;
        Ok(join(left, right, |left, right| Node::Compare(comparison, left, right)))
    }

    fn sum(&mut self) -> Result<Expr, Problem> {
        let mut left = self.unary()?;
        loop {
            let minus = match self.peek() {
                Token::Symbol("+") => false,
                Token::Symbol("-") => true,
                _ => return Ok(left),
            };
            self.take();
            let right = self.unary()?;
            left = join(left, right, |left, right| Node::Sum { left, right, minus });
        }
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.problem("조건이 너무 깊이 겹쳐 있어요."));
        }
        let start = self.tokens[self.at].1.start;
        let expr = if self.take_if("!") {
            let inner = Box::new(self.unary()?);
            Expr { span: start..inner.span.end, node: Node::Not(inner) }
        } else if self.take_if("-") {
            let inner = Box::new(self.unary()?);
            Expr { span: start..inner.span.end, node: Node::Minus(inner) }
        } else {
            self.postfix()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn postfix(&mut self) -> Result<Expr, Problem> {
        let mut expr = self.primary()?;
        loop {
            if self.take_if(".") {
                match self.peek() {
                    Token::Name(name) if name == "len" => {
                        let (_, span) = self.take();
                        expr = Expr { span: expr.span.start..span.end, node: Node::Len(Box::new(expr)) };
                    }
                    _ => return Err(self.problem("점 뒤에는 len만 올 수 있어요.")),
                }
            } else if self.take_if("@") {
                let broker = self.primary()?;
                expr = join(expr, broker, Node::At);
            } else {
                return Ok(expr);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, Problem> {
        let start = self.tokens[self.at].1.clone();
        match self.peek().clone() {
            Token::Int(number) => {
                self.take();
                Ok(Expr { node: Node::Int(number), span: start })
            }
            Token::Name(name) => {
                self.take();
                if !self.take_if("(") {
                    return Ok(Expr { node: Node::Name(name), span: start });
                }
                let arguments = self.list(")")?;
                let span = start.start..self.end_of_last();
                self.call(&name, arguments, span)
            }
            Token::Symbol("(") => {
                self.take();
                let inner = self.or()?;
                self.want(")")?;
                Ok(Expr { node: inner.node, span: start.start..self.end_of_last() })
            }
            Token::Symbol("[") => {
                self.take();
                let values = self.list("]")?;
                Ok(Expr { node: Node::List(values), span: start.start..self.end_of_last() })
            }
            Token::End => Err(self.problem("조건이 끝나지 않았어요. 값이 하나 더 와야 해요.")),
            Token::Symbol(symbol) => Err(self.problem(&format!("여기에는 값이 와야 하는데 {symbol} 기호가 있어요."))),
        }
    }

    /// Expressions between commas, up to and including the closing bracket.
    fn list(&mut self, close: &str) -> Result<Vec<Expr>, Problem> {
        let mut values = Vec::new();
        if self.take_if(close) {
            return Ok(values);
        }
        loop {
            values.push(self.or()?);
            if !self.take_if(",") {
                self.want(close)?;
                return Ok(values);
            }
        }
    }

    fn end_of_last(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].1.end
    }

    fn call(&self, name: &str, arguments: Vec<Expr>, span: Range<usize>) -> Result<Expr, Problem> {
        let column = column_of(self.text, span.start);
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let names = FUNCTIONS.iter().map(|function| function.name);
            return Err(Problem::new(column, format!("모르는 함수예요: {name}().")).or_rather(name, names));
        };
        if function.run.is_none() {
            return Err(Problem::new(column, format!("{name}() 함수는 아직 없어요.")));
        }
        if !function.takes(arguments.len()) {
            return Err(Problem::new(column, format!("{name}() 함수는 이렇게 써요: {}", function.usage)));
        }
        Ok(Expr { node: Node::Call(function, arguments), span })
    }
}

fn join(left: Expr, right: Expr, node: impl FnOnce(Box<Expr>, Box<Expr>) -> Node) -> Expr {
    let span = left.span.start..right.span.end;
    Expr { node: node(Box::new(left), Box::new(right)), span }
}
