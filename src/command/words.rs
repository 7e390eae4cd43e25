//! Splitting a line into words, as a POSIX shell does, with the place of each.
//!
//! Blanks divide. Single quotes keep everything; double quotes keep everything but `\` before `$`, `` ` ``, `"` and `\`; elsewhere `\`
//! keeps the next character. `#` at the beginning of a word begins a comment. Nothing else of a shell is here: no variables, no
//! pipes, no redirection but the here-document. A test holds this splitter to the `shlex` crate's, which cannot say where a
//! word stood and so cannot point at an error.

use super::Problem;
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// A word of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// What it says, quotes taken away.
    pub text: String,
    /// Where it stands in the line, in bytes, quotes included.
    pub span: Range<usize>,
    /// Its first character's place in the line, from 1.
    pub column: usize,
}

/// The place of a byte in a line as people count it: in characters, from 1.
#[must_use]
pub fn column_of(line: &str, byte: usize) -> usize {
    line.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

/// The words of a line.
///
/// # Errors
/// If a quote is not closed, or nothing follows a backslash.
pub fn split(line: &str) -> Result<Vec<Word>, Problem> {
    let mut splitter = Splitter { line, chars: line.char_indices().peekable() };
    let mut words = Vec::new();
    while let Some(word) = splitter.word()? {
        words.push(word);
    }
    Ok(words)
}

struct Splitter<'a> {
    line: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl Splitter<'_> {
    fn word(&mut self) -> Result<Option<Word>, Problem> {
        while self.chars.next_if(|(_, c)| is_blank(*c)).is_some() {}
        let Some(&(start, first)) = self.chars.peek() else { return Ok(None) };
        if first == '#' {
            return Ok(None);
        }
        let mut text = String::new();
        while let Some((at, c)) = self.chars.next_if(|(_, c)| !is_blank(*c)) {
            match c {
                '\'' => self.single_quoted(at, &mut text)?,
                '"' => self.double_quoted(at, &mut text)?,
                '\\' => text.push(self.escaped(at)?),
                _ => text.push(c),
            }
        }
        let end = self.chars.peek().map_or(self.line.len(), |(at, _)| *at);
        Ok(Some(Word { text, span: start..end, column: column_of(self.line, start) }))
    }

    fn escaped(&mut self, at: usize) -> Result<char, Problem> {
        let next = self.chars.next();
        next.map(|(_, c)| c).ok_or_else(|| self.problem(at, "역슬래시(\\) 뒤에 아무것도 없어요."))
    }

    fn single_quoted(&mut self, at: usize, text: &mut String) -> Result<(), Problem> {
        loop {
            match self.chars.next() {
                Some((_, '\'')) => return Ok(()),
                Some((_, c)) => text.push(c),
                None => return Err(self.problem(at, "작은따옴표(')가 닫히지 않았어요.")),
            }
        }
    }

    fn double_quoted(&mut self, at: usize, text: &mut String) -> Result<(), Problem> {
        loop {
            match self.chars.next() {
                Some((_, '"')) => return Ok(()),
                Some((at, '\\')) => match self.escaped(at)? {
                    c @ ('$' | '`' | '"' | '\\') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                Some((_, c)) => text.push(c),
                None => return Err(self.problem(at, "큰따옴표(\")가 닫히지 않았어요.")),
            }
        }
    }

    fn problem(&self, at: usize, message: &str) -> Problem {
        Problem::new(column_of(self.line, at), message)
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Rng;

    fn texts(line: &str) -> Option<Vec<String>> {
        split(line).ok().map(|words| words.into_iter().map(|word| word.text).collect())
    }

    #[test]
    fn words_have_places() {
        let words = split("send  '주문 1':\"a\\\"b\" x # 끝").unwrap();
        let seen: Vec<(&str, usize)> = words.iter().map(|word| (word.text.as_str(), word.column)).collect();
        assert_eq!(seen, [("send", 1), ("주문 1:a\"b", 7), ("x", 21)]);
        assert_eq!(split("a 'b").unwrap_err().column, 3);
        assert_eq!(split("가 \"b\\").unwrap_err().column, 5);
    }

    #[test]
    fn it_splits_as_shlex_does() {
        let mut rng = Rng::new(1, &"words");
        let alphabet: Vec<char> = "ab가 \t'\"\\#$`\n".chars().collect();
        for _ in 0..20_000 {
            let length = rng.below(12);
            let line: String = (0..length).map(|_| alphabet[rng.below(alphabet.len() as u64) as usize]).collect();
            // Beyond its line our splitter does not look: a comment ends it, and a continued line is the script's affair.
            if line.contains("\\\n") || line.contains('#') && line.contains('\n') {
                continue;
            }
            assert_eq!(texts(&line), shlex::split(&line), "{line:?}");
        }
    }
}
