//! A line, understood: which command in which form, and what was filled in.

use super::Problem;
use super::files::Place;
use super::grammar::{Command, Flag, Form};
use super::lexicon::{COMMANDS, TOOLS_NOT_YET};
use super::problem::nearest;
use super::words::{Word, column_of, split};
use std::ops::Range;

/// A line that fits a form.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) command: &'static Command,
    pub(super) form: &'static Form,
    /// What fills the capitals of the pattern, in order.
    given: Vec<Word>,
    flags: Vec<(&'static Flag, Word)>,
    /// The rest of the line, for a pattern that ends in `…`.
    pub(super) rest: Option<Word>,
    /// The lines of its here-document.
    pub(super) input: Option<Vec<String>>,
    /// Whether somebody sits at the keyboard who can stop it.
    pub(super) interactive: bool,
    /// What stands after the command, its words joined by blanks: what a Java program is given.
    pub(super) arguments: String,
    /// Where the shell is, if it is on a broker.
    pub(super) place: Option<Place>,
}

/// What a line asks for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Nothing: it is empty or a comment.
    Nothing,
    /// Help on a command.
    Help(&'static Command),
    /// A command.
    Call(Box<Call>),
}

/// The word that ends a line's here-document, if it has one.
pub(super) fn heredoc(line: &str) -> Result<Option<(String, Range<usize>)>, Problem> {
    let words = split(line)?;
    let opens = |word: &Word| line[word.span.start..].starts_with("<<");
    let Some(place) = words.iter().position(opens) else { return Ok(None) };
    let (word, tag) = (&words[place], words[place].text.trim_start_matches('<').trim_start_matches('-'));
    match (tag, words.get(place + 1)) {
        ("", None) => Err(Problem::new(word.column, "<< 뒤에 끝을 알리는 말이 와야 해요: <<END")),
        ("", Some(next)) => Ok(Some((next.text.clone(), word.span.start..next.span.end))),
        (tag, _) => Ok(Some((tag.into(), word.span.clone()))),
    }
}

/// Understands a line.
pub(super) fn parse(line: &str, input: Option<Vec<String>>, interactive: bool) -> Result<Asked, Problem> {
    let spared = heredoc(line)?.map(|(_, span)| span);
    let mut words = split(line)?;
    words.retain(|word| spared.as_ref().is_none_or(|span| !span.contains(&word.span.start)));
    if words.is_empty() {
        return Ok(Asked::Nothing);
    }
    let name = words.remove(0);
    let command = command_named(&name)?;
    if words.iter().any(|word| word.text == "--help" || word.text == "-h") {
        return Ok(Asked::Help(command));
    }
    let arguments = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let words = words.into_iter().flat_map(|word| separated(command, word)).collect();
    let mut reader = LineReader { line, command, words };
    let form = reader.form(name.span.end)?;
    let mut call = Call {
        command,
        form,
        given: Vec::new(),
        flags: Vec::new(),
        rest: None,
        input,
        interactive,
        arguments,
        place: None,
    };
    reader.fill(&mut call)?;
    if call.input.is_some() && !form.reads {
        let column = spared.map_or(1, |span| column_of(line, span.start));
        return Err(Problem::new(column, format!("{}에는 <<로 넣을 입력이 없어요.", command.name)));
    }
    Ok(Asked::Call(Box::new(call)))
}

fn command_named(word: &Word) -> Result<&'static Command, Problem> {
    let name = word.text.strip_suffix(".sh").unwrap_or(&word.text);
    let name = name.strip_prefix("bin/").unwrap_or(name);
    if let Some(command) = COMMANDS.iter().find(|command| command.name == name) {
        return Ok(command);
    }
    if TOOLS_NOT_YET.contains(&name) {
        return Err(Problem::new(word.column, format!("{name}: 이 명령은 아직 없어요.")));
    }
    let names = COMMANDS.iter().map(|command| command.name);
    Err(Problem::new(word.column, format!("모르는 명령이에요: {name}.")).or_rather(name, names))
}

/// Short flags that stand together (`-lh`) as so many words, and a short flag's number (`-n64`) as a word of its own.
fn separated(command: &Command, word: Word) -> Vec<Word> {
    let Some(letters) = word.text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else { return vec![word] };
    let flag = |letter: char| {
        let name = format!("-{letter}");
        command.forms.iter().flat_map(|form| form.flags).find(|flag| flag.name == name)
    };
    let part = |text: String| Word { text, ..word.clone() };
    let mut parts = Vec::new();
    for (at, letter) in letters.char_indices() {
        let Some(flag) = flag(letter) else { return vec![word] };
        parts.push(part(flag.name.into()));
        let rest = &letters[at + letter.len_utf8()..];
        if flag.value.is_some() && !rest.is_empty() {
            parts.push(part(rest.into()));
            break;
        }
    }
    if parts.is_empty() { vec![word] } else { parts }
}

struct LineReader<'a> {
    line: &'a str,
    command: &'static Command,
    words: Vec<Word>,
}

impl LineReader<'_> {
    /// The form that the words fit: the first whose own words stand where they should.
    fn form(&self, after: usize) -> Result<&'static Form, Problem> {
        let plain = self.plain();
        let fits = |form: &&Form| {
            form.parts().enumerate().all(|(place, part)| match plain.get(place) {
                Some(word) => !is_keyword(part) || word.text == part,
                None => false,
            })
        };
        let fitting = self.command.forms.iter().filter(fits).max_by_key(|form| (form.parts().count(), keywords(form)));
        let form = match fitting {
            Some(form) => form,
            None => return Err(self.misfit(&plain, after)),
        };
        if form.run.is_none() {
            let what: Vec<&str> = form.parts().filter(|part| is_keyword(part)).collect();
            let what = [&[self.command.name], &what[..]].concat().join(" ");
            return Err(Problem::new(
                plain.first().map_or(1, |word| word.column),
                format!("{what}: 이 기능은 아직 없어요."),
            ));
        }
        Ok(form)
    }

    /// The words that are neither flags nor their values, as far as that can be told without knowing the form.
    fn plain(&self) -> Vec<&Word> {
        let known = |name: &str| self.command.forms.iter().flat_map(|form| form.flags).find(|flag| flag.name == name);
        let mut plain = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            if !self.is_flag(word) {
                plain.push(word);
            } else if known(&word.text).is_some_and(|flag| flag.value.is_some()) {
                words.next();
            }
        }
        plain
    }

    /// Whether a word is a flag. One dash makes a flag only of a command that has such.
    fn is_flag(&self, word: &Word) -> bool {
        let short = || self.command.forms.iter().flat_map(|form| form.flags).any(|flag| !flag.name.starts_with("--"));
        word.text.starts_with("--") || (word.text.starts_with('-') && word.text.len() > 1 && short())
    }

    /// Why no form fits.
    fn misfit(&self, plain: &[&Word], after: usize) -> Problem {
        let usage = usages(self.command);
        for (place, word) in plain.iter().enumerate() {
            let before = |form: &&Form| {
                let mut parts = form.parts();
                plain[..place]
                    .iter()
                    .all(|word| parts.next().is_some_and(|part| !is_keyword(part) || word.text == part))
            };
            let possible: Vec<&str> =
                self.command.forms.iter().filter(before).filter_map(|form| form.parts().nth(place)).collect();
            if possible.is_empty() {
                return Problem::new(
                    word.column,
                    format!("여기서 끝나야 하는데 말이 더 있어요: {}. {usage}", word.text),
                );
            }
            if possible.iter().all(|part| is_keyword(part) && *part != word.text) {
                let message = format!("{} 다음에 올 수 없는 말이에요: {}.", self.before(place, plain), word.text);
                return match nearest(&word.text, possible.iter().copied()) {
                    Some(_) => Problem::new(word.column, message).or_rather(&word.text, possible),
                    None => Problem::new(word.column, format!("{message} {usage}")),
                };
            }
        }
        let column = self.words.last().map_or(after, |word| word.span.end);
        Problem::new(column_of(self.line, column), format!("명령이 끝나지 않았어요. {usage}"))
    }

    fn before(&self, place: usize, plain: &[&Word]) -> String {
        place.checked_sub(1).map_or(self.command.name.into(), |before| plain[before].text.clone())
    }

    /// Puts every word where it belongs.
    fn fill(&mut self, call: &mut Call) -> Result<(), Problem> {
        let mut parts = call.form.parts().peekable();
        let words = std::mem::take(&mut self.words);
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if self.is_flag(&word) {
                self.flag(call, word, &mut words)?;
                continue;
            }
            let part = parts.next_if(|part| !part.ends_with("...")).or_else(|| parts.peek().copied());
            match part {
                Some(part) if part.ends_with('…') => {
                    let end = words.next_back().map_or(word.span.end, |last| last.span.end);
                    let text = self.line[word.span.start..end].trim_end().into();
                    call.rest = Some(Word { text, span: word.span.start..end, column: word.column });
                    return Ok(());
                }
                Some(part) if is_keyword(part) => {}
                Some(_) => call.given.push(word),
                None => {
                    let usage = usages(self.command);
                    let message = format!("여기서 끝나야 하는데 말이 더 있어요: {}. {usage}", word.text);
                    return Err(Problem::new(word.column, message));
                }
            }
        }
        Ok(())
    }

    fn flag(&self, call: &mut Call, word: Word, rest: &mut impl Iterator<Item = Word>) -> Result<(), Problem> {
        let (name, joined) = match word.text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.text.as_str(), None),
        };
        let Some(flag) = call.form.flags.iter().find(|flag| flag.name == name) else {
            let names = call.form.flags.iter().filter(|flag| flag.modelled).map(|flag| flag.name);
            let what = format!("{}에 없는 옵션이에요: {name}.", self.command.name);
            return Err(Problem::new(word.column, what).or_rather(name, names));
        };
        if !flag.modelled {
            return Err(Problem::new(word.column, format!("{name} 옵션은 아직 없어요.")));
        }
        if !flag.repeats && call.flags.iter().any(|(given, _)| given.name == flag.name) {
            return Err(Problem::new(word.column, format!("{name} 옵션이 두 번 있어요.")));
        }
        let value = match (flag.value, joined) {
            (Some(_), Some(value)) => Word { text: value.into(), ..word.clone() },
            (Some(what), None) => rest.next().ok_or_else(|| {
                Problem::new(column_of(self.line, word.span.end), format!("{name} 다음에 {what} 값이 와야 해요."))
            })?,
            (None, Some(_)) => return Err(Problem::new(word.column, format!("{name}에는 값을 붙이지 않아요."))),
            (None, None) => word,
        };
        call.flags.push((flag, value));
        Ok(())
    }
}

/// Whether a part of a pattern stands for itself.
pub(super) fn is_keyword(part: &str) -> bool {
    part.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

fn keywords(form: &Form) -> usize {
    form.parts().filter(|part| is_keyword(part)).count()
}

/// How a command is written, in one line.
fn usages(command: &Command) -> String {
    let modelled = command.forms.iter().filter(|form| form.is_modelled());
    let forms: Vec<String> =
        modelled.map(|form| format!("{} {}", command.name, form.pattern).trim().replace('…', "")).collect();
    let flags = command.forms.iter().any(|form| !form.flags.is_empty());
    let help = if flags { format!(" ({} --help)", command.name) } else { String::new() };
    format!("쓰는 법: {}{help}", forms.join(" · "))
}

impl Call {
    /// What was filled in at a place.
    pub(super) fn given(&self, place: usize) -> Option<&Word> {
        self.given.get(place)
    }

    /// Everything that was filled in, in order.
    pub(super) fn all_given(&self) -> &[Word] {
        &self.given
    }

    /// What must have been filled in at a place.
    pub(super) fn need(&self, place: usize) -> Result<&Word, Problem> {
        self.given(place).ok_or_else(|| Problem::new(1, usages(self.command)))
    }

    /// The rest of the line, which a pattern with `…` always has.
    pub(super) fn rest(&self) -> Result<&Word, Problem> {
        self.rest.as_ref().ok_or_else(|| Problem::new(1, usages(self.command)))
    }

    /// Whether a flag was given.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|(given, _)| given.name == flag)
    }

    /// A flag's value.
    pub(super) fn value(&self, flag: &str) -> Option<&Word> {
        self.values(flag).next()
    }

    /// All values of a flag that repeats.
    pub(super) fn values(&self, flag: &str) -> impl Iterator<Item = &Word> {
        self.flags.iter().filter(move |(given, _)| given.name == flag).map(|(_, value)| value)
    }

    /// The value of a flag that must be there.
    pub(super) fn required(&self, flag: &str) -> Result<&Word, Problem> {
        self.value(flag).ok_or_else(|| {
            let column = self.flags.iter().map(|(_, word)| word.column).max().unwrap_or(1);
            Problem::new(column, format!("{}에는 {flag} 옵션이 있어야 해요.", self.command.name))
        })
    }

    /// The text of a file that a flag names. There are no files beside those on the brokers' disks, so `-` stands for the
    /// here-document, and what begins like JSON is the text itself.
    pub(super) fn file(&self, flag: &str) -> Result<String, Problem> {
        let file = self.required(flag)?;
        match (file.text.as_str(), &self.input) {
            ("-", Some(lines)) => Ok(lines.join("\n")),
            (text, None) if text.trim_start().starts_with('{') => Ok(text.into()),
            _ => {
                let message = format!("{flag} 다음에는 -를 적고, JSON은 <<END 뒤에 적어요.");
                Err(Problem::new(file.column, message))
            }
        }
    }

    /// A flag's value as a whole number within bounds.
    pub(super) fn number(&self, flag: &str, from: i64, to: i64) -> Result<Option<i64>, Problem> {
        self.value(flag).map(|word| number(word, flag, from, to)).transpose()
    }
}

/// A word as a whole number within bounds.
pub(super) fn number(word: &Word, what: &str, from: i64, to: i64) -> Result<i64, Problem> {
    match word.text.parse::<i64>() {
        Ok(number) if (from..=to).contains(&number) => Ok(number),
        Ok(_) => Err(Problem::new(word.column, format!("{what} 값은 {from}부터 {to}까지예요: {}", word.text))),
        Err(_) => Err(Problem::new(word.column, format!("{what} 값은 정수여야 해요: {}", word.text))),
    }
}

/// A word of the form `name=value`.
pub(super) fn setting(word: &Word) -> Result<(&str, &str), Problem> {
    match word.text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim(), value)),
        _ => Err(Problem::new(word.column, format!("설정은 이름=값으로 적어요: {}", word.text))),
    }
}
