//! A predicate's text, cut into tokens.

use crate::command::Problem;
use crate::command::duration::parse_duration;
use crate::command::words::column_of;
use std::ops::Range;

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Int(i64),
    Name(String),
    Symbol(&'static str),
    End,
}

/// The longest first, so that `<=` is not read as `<`.
const SYMBOLS: &[&str] =
    &["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "!", "(", ")", "[", "]", ",", ".", "@"];

/// The tokens, each with its place in bytes; the last one is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, length) = token(text, at, c)?;
        tokens.push((token, at..at + length));
        at += length;
    }
    tokens.push((Token::End, text.len()..text.len()));
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<(Token, usize), Problem> {
    let rest = &text[at..];
    let problem = |message: String| Problem::new(column_of(text, at), message);
    if first == '\'' || first == '"' {
        let inside = &rest[1..];
        let Some(end) = inside.find(first) else { return Err(problem("따옴표가 닫히지 않았어요.".into())) };
        return Ok((Token::Name(inside[..end].into()), end + 2));
    }
    if first.is_ascii_digit() {
        let word = &rest[..rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())];
        let number = word.parse().ok().or_else(|| parse_duration(word).and_then(|d| i64::try_from(d.as_ms()).ok()));
        let number = number.ok_or_else(|| problem(format!("수로 읽을 수 없어요: {word}")))?;
        return Ok((Token::Int(number), word.len()));
    }
    if first.is_alphabetic() || first == '_' {
        let word = name(rest);
        return Ok((Token::Name(word.into()), word.len()));
    }
    match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        Some(symbol) => Ok((Token::Symbol(symbol), symbol.len())),
        None => {
            let hint = if first == '=' { " 같은지는 ==로 물어요." } else { "" };
            Err(problem(format!("조건에 쓸 수 없는 글자예요: {first}{hint}")))
        }
    }
}

/// A name holds letters, digits, `_`, `-` and `.`; but `.len` at its end is not of it, nor a dash or dot.
fn name(rest: &str) -> &str {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let word = &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())];
    let word = word.strip_suffix(".len").unwrap_or(word);
    word.trim_end_matches(['-', '.'])
}
