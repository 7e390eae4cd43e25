//! Prose: the part of Markdown that lessons are written in, as data.
//!
//! Paragraphs, headings, lists, quotes, tables, fenced code, rules; in a line `**strong**`, `*emphasis*`, code, links,
//! hard breaks and backslash escapes. Whatever else Markdown knows (raw HTML, entities, headings underlined, `_emphasis_`, links by
//! reference) stands there as the text that it is. A reader of all of Markdown weighs as much as the whole of the model's controller, and
//! the page must carry it; so a test holds what is read here against such a reader, for the prose of every lesson.

use std::ops::Range;

/// A block of prose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A heading, with its level, 1–6.
    Heading(usize, Vec<Span>),
    /// Code, with the language that stands at its fence, if one does.
    Code(Option<String>, String),
    /// A quotation.
    Quote(Vec<Block>),
    /// A list: the number of its first item, if its items are numbered, and the items.
    List(Option<u64>, Vec<Vec<Block>>),
    /// A table: its rows of cells, of which the first is the head.
    Table(Vec<Vec<Vec<Span>>>),
    /// A rule.
    Rule,
}

/// A run of words within a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Span {
    /// Words.
    Text(String),
    /// Code.
    Code(String),
    /// Words that are emphasised.
    Emphasis(Vec<Span>),
    /// Words that are strongly emphasised.
    Strong(Vec<Span>),
    /// Words that lead somewhere: the address comes first.
    Link(String, Vec<Span>),
    /// The end of a line.
    Break,
}

/// What divides a lesson's text.
pub(super) enum Mark<'a> {
    /// A heading of the second level, with its words.
    Heading(&'a str),
    /// A fenced block, with what stands behind its fence.
    Fence(&'a str),
}

/// The second-level headings and the fenced blocks of `text`, each with the bytes that it takes. A block that is not closed goes to the end.
pub(super) fn marks(text: &str) -> Vec<(Mark<'_>, Range<usize>)> {
    let mut marks = Vec::new();
    let mut open: Option<(&str, &str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, trimmed) = (at, line.trim());
        at += line.len();
        match open {
            Some((sign, info, from)) if closes(trimmed, sign) => {
                marks.push((Mark::Fence(info), from..start + line.trim_end().len()));
                open = None;
            }
            Some(_) => {}
            None => match (fence(trimmed), heading(trimmed)) {
                (Some(sign), _) => open = Some((sign, trimmed[sign.len()..].trim(), start)),
                (None, Some((2, words))) => marks.push((Mark::Heading(words), start..at)),
                _ => {}
            },
        }
    }
    marks.extend(open.map(|(_, info, from)| (Mark::Fence(info), from..text.len())));
    marks
}

/// Reads prose.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut rest = &lines[..];
    let mut blocks = Vec::new();
    while let Some(line) = rest.first() {
        let (block, taken) = match line.trim() {
            "" => (None, 1),
            trimmed => block(trimmed, rest),
        };
        blocks.extend(block);
        rest = &rest[taken..];
    }
    blocks
}

/// The block that begins with the first of `lines`, which is `first` without what surrounds it; and how many lines it takes.
fn block(first: &str, lines: &[&str]) -> (Option<Block>, usize) {
    if let Some(fence) = fence(first) {
        return code(fence, first, lines);
    }
    if let Some((level, words)) = heading(first) {
        return (Some(Block::Heading(level, spans(words))), 1);
    }
    if is_rule(first) {
        return (Some(Block::Rule), 1);
    }
    if first.starts_with('>') {
        let quoted: Vec<&str> = lines.iter().map_while(|line| line.trim_start().strip_prefix('>')).collect();
        let inner: Vec<&str> = quoted.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        return (Some(Block::Quote(blocks(&inner.join("\n")))), quoted.len());
    }
    if marker(first).is_some() {
        return list(lines);
    }
    if first.contains('|') && lines.get(1).is_some_and(|line| is_table_line(line)) {
        let taken = lines.iter().take_while(|line| !line.trim().is_empty()).count();
        let rows = lines[..taken].iter().enumerate().filter(|(number, _)| *number != 1).map(|(_, line)| cells(line));
        return (Some(Block::Table(rows.collect())), taken);
    }
    let goes_on = |line: &&&str| !line.trim().is_empty() && !begins_block(line.trim());
    let taken = 1 + lines[1..].iter().take_while(goes_on).count();
    let words: Vec<&str> = lines[..taken].iter().map(|line| line.trim_start()).collect();
    (Some(Block::Paragraph(spans(words.join("\n").trim_end()))), taken)
}

/// Whether a line ends the paragraph before it.
fn begins_block(line: &str) -> bool {
    let item = marker(line).is_some_and(|(number, width)| number.is_none_or(|it| it == 1) && width < line.len());
    fence(line).is_some() || heading(line).is_some() || is_rule(line) || line.starts_with('>') || item
}

/// The backticks or tildes of a fence.
fn fence(line: &str) -> Option<&str> {
    let sign = line.chars().next().filter(|sign| "`~".contains(*sign))?;
    let len = line.chars().take_while(|other| *other == sign).count();
    (len >= 3 && !(sign == '`' && line[len..].contains('`'))).then(|| &line[..len])
}

/// Whether a line ends what `fence` began: the same sign, at least as often, and nothing else.
fn closes(line: &str, fence: &str) -> bool {
    line.len() >= fence.len() && line.starts_with(fence) && line.trim_start_matches(&fence[..1]).is_empty()
}

fn code(fence: &str, first: &str, lines: &[&str]) -> (Option<Block>, usize) {
    let inside = lines[1..].iter().take_while(|line| !closes(line.trim(), fence));
    let inside: Vec<&str> = inside.copied().collect();
    let language = Some(first[fence.len()..].trim()).filter(|name| !name.is_empty());
    let text = inside.iter().map(|line| format!("{line}\n")).collect();
    (Some(Block::Code(language.map(str::to_owned), text)), (inside.len() + 2).min(lines.len()))
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let words = line[level..].strip_prefix(' ').or_else(|| line[level..].is_empty().then_some(""))?;
    (1..=6).contains(&level).then(|| (level, words.trim()))
}

fn is_rule(line: &str) -> bool {
    let mut signs = line.chars().filter(|sign| *sign != ' ');
    let first = signs.next().filter(|sign| "-*_".contains(*sign));
    first.is_some_and(|first| signs.clone().all(|sign| sign == first)) && signs.count() >= 2
}

/// The number of a list's item, if it has one, and the width of what stands before the item's words.
fn marker(line: &str) -> Option<(Option<u64>, usize)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, sign) = match digits {
        0 => (None, line.strip_prefix(['-', '*', '+'])?),
        1..=9 => (line[..digits].parse().ok(), line[digits..].strip_prefix(['.', ')'])?),
        _ => return None,
    };
    let space = sign.len() - sign.trim_start_matches(' ').len();
    (space > 0 || sign.is_empty()).then_some((number, line.len() - sign.len() + space.max(1)))
}

fn list(lines: &[&str]) -> (Option<Block>, usize) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let outer = indent(lines[0]);
    let first = marker(lines[0].trim_start()).and_then(|(number, _)| number);
    let mut items: Vec<Vec<Block>> = Vec::new();
    let mut taken = 0;
    while let Some((line, (number, width))) =
        lines.get(taken).and_then(|line| Some((*line, marker(line.trim_start()).filter(|_| indent(line) < outer + 2)?)))
    {
        if number.is_some() != first.is_some() || is_rule(line.trim()) {
            break;
        }
        let inner = indent(line) + width;
        let mut item = vec![line.get(inner..).unwrap_or_default()];
        let mut end = taken + 1;
        while let Some(next) = lines.get(end) {
            let blank = next.trim().is_empty();
            let after_blank = lines[end - 1].trim().is_empty();
            if !blank
                && indent(next) < inner
                && (after_blank || marker(next.trim()).is_some() || begins_block(next.trim()))
            {
                break;
            }
            item.push(next.get(inner.min(indent(next))..).unwrap_or_default());
            end += 1;
        }
        items.push(blocks(&item.join("\n")));
        taken = end;
    }
    (Some(Block::List(first, items)), taken)
}

fn is_table_line(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.bytes().all(|byte| b" |:-".contains(&byte))
}

fn cells(line: &str) -> Vec<Vec<Span>> {
    let line = line.trim().trim_start_matches('|');
    let line = if line.ends_with("\\|") { line } else { line.strip_suffix('|').unwrap_or(line) };
    let mut cells = vec![String::new()];
    for (at, sign) in line.char_indices() {
        let escaped = line[..at].ends_with('\\');
        match (sign, cells.last_mut()) {
            ('|', Some(cell)) if escaped => *cell = format!("{}|", cell.trim_end_matches('\\')),
            ('|', _) => cells.push(String::new()),
            (_, Some(cell)) => cell.push(sign),
            (_, None) => {}
        }
    }
    cells.iter().map(|cell| spans(cell.trim())).collect()
}

/// Reads words within a line, or within the lines of one paragraph.
#[must_use]
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        match special(rest) {
            Some((span, len)) => {
                if span == Span::Break {
                    words.truncate(words.trim_end_matches(' ').len());
                }
                if !words.is_empty() {
                    spans.push(Span::Text(std::mem::take(&mut words)));
                }
                spans.push(span);
                rest = &rest[len..];
            }
            None if sign == '\\' && rest[1..].starts_with(|next: char| next.is_ascii_punctuation()) => {
                words.push_str(&rest[1..2]);
                rest = &rest[2..];
            }
            None if sign == '\n' => {
                words.truncate(words.trim_end_matches(' ').len());
                words.push(' ');
                rest = &rest[1..];
            }
            None => {
                let len = rest.len() - rest.trim_start_matches(sign).len();
                // Signs that mean nothing here stand as they are, all of them.
                let len = if "`*".contains(sign) { len } else { sign.len_utf8() };
                words.push_str(&rest[..len]);
                rest = &rest[len..];
            }
        }
    }
    if !words.is_empty() {
        spans.push(Span::Text(words));
    }
    spans
}

/// The span that begins here, if it is more than words, and its length.
fn special(text: &str) -> Option<(Span, usize)> {
    match text.as_bytes() {
        [b'`', ..] => {
            let (inside, len) = code_span(text)?;
            let inside = inside.replace('\n', " ");
            let bare = inside.strip_prefix(' ').and_then(|it| it.strip_suffix(' ')).filter(|it| !it.trim().is_empty());
            Some((Span::Code(bare.unwrap_or(&inside).to_owned()), len))
        }
        [b'*', b'*', ..] => between(text, "**").map(|inside| (Span::Strong(spans(inside)), inside.len() + 4)),
        [b'*', ..] => between(text, "*").map(|inside| (Span::Emphasis(spans(inside)), inside.len() + 2)),
        [b'[', ..] => {
            let words = &text[1..1 + until(&text[1..], "]")?];
            let address = text[words.len() + 2..].strip_prefix('(')?.split_once(')')?.0;
            Some((Span::Link(address.to_owned(), spans(words)), words.len() + address.len() + 4))
        }
        [b'\\', b'\n', ..] => Some((Span::Break, 2)),
        [b' ', b' ', ..] => {
            let spaces = text.len() - text.trim_start_matches(' ').len();
            text[spaces..].starts_with('\n').then_some((Span::Break, spaces + 1))
        }
        _ => None,
    }
}

/// What stands between the backticks at the start and as many further on, and the length of all of it.
fn code_span(text: &str) -> Option<(&str, usize)> {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let mut at = ticks;
    loop {
        let begin = at + text[at..].find('`')?;
        let len = text[begin..].len() - text[begin..].trim_start_matches('`').len();
        at = begin + len;
        if len == ticks {
            return Some((&text[ticks..begin], at));
        }
    }
}

/// What stands between `sign` at the start and the same further on; both must touch words.
fn between<'a>(text: &'a str, sign: &str) -> Option<&'a str> {
    let inside = &text[sign.len()..];
    let touches = |side: Option<char>| side.is_some_and(|sign| !sign.is_whitespace() && sign != '*');
    let end = until(inside, sign)?;
    (touches(inside.chars().next()) && touches(inside[..end].chars().next_back())).then(|| &inside[..end])
}

/// Where `sign` stands next, outside of code and not escaped.
fn until(text: &str, sign: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        at += match rest.as_bytes() {
            _ if rest.starts_with(sign) && (sign != "*" || !rest.starts_with("**")) => return Some(at),
            [b'*', b'*', ..] => 2,
            [b'`', ..] => code_span(rest).map_or(1, |(_, len)| len),
            [b'\\', next, ..] if next.is_ascii() => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::{Lesson, catalog};
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

    /// What a reader of all of Markdown makes of it, written down.
    fn theirs(text: &str) -> String {
        let mut out = String::new();
        let mut lists = Vec::new();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(tag) => out.push_str(&match tag {
                    Tag::Paragraph => "(p ".into(),
                    Tag::Heading { level, .. } => format!("(h{} ", level as usize),
                    Tag::BlockQuote(_) => "(q ".into(),
                    Tag::CodeBlock(CodeBlockKind::Fenced(name)) => format!("(c {name} "),
                    Tag::List(first) => {
                        lists.push(());
                        format!("(l {first:?} ")
                    }
                    Tag::Item => "(i ".into(),
                    Tag::Emphasis => "(e ".into(),
                    Tag::Strong => "(s ".into(),
                    Tag::Link { dest_url, .. } => format!("(a {dest_url} "),
                    Tag::Table(_) => "(t ".into(),
                    Tag::TableHead | Tag::TableRow => "(r ".into(),
                    Tag::TableCell => "(d ".into(),
                    other => format!("({other:?} "),
                }),
                Event::End(TagEnd::List(_)) => {
                    lists.pop();
                    out.push(')');
                }
                Event::End(_) => out.push(')'),
                Event::Text(text) => out.push_str(&text),
                Event::Code(code) => out.push_str(&format!("`{code}`")),
                Event::SoftBreak => out.push(' '),
                Event::HardBreak => out.push_str("(br)"),
                Event::Rule => out.push_str("(hr)"),
                other => out.push_str(&format!("{other:?}")),
            }
        }
        // Whether an item's words are a paragraph depends on blank lines between items; here it makes no difference.
        out.replace("(i (p ", "(i ").replace("))(i ", ")(i ").replace(")))", "))")
    }

    fn ours(blocks: &[Block]) -> String {
        let written = blocks.iter().map(|block| match block {
            Block::Paragraph(words) => format!("(p {})", line(words)),
            Block::Heading(level, words) => format!("(h{level} {})", line(words)),
            Block::Code(name, text) => format!("(c {} {text})", name.as_deref().unwrap_or("")),
            Block::Quote(inner) => format!("(q {})", ours(inner)),
            Block::List(first, items) => {
                format!("(l {first:?} {})", items.iter().map(|item| format!("(i {})", ours(item))).collect::<String>())
            }
            Block::Table(rows) => format!(
                "(t {})",
                rows.iter()
                    .map(|row| {
                        format!("(r {})", row.iter().map(|cell| format!("(d {})", line(cell))).collect::<String>())
                    })
                    .collect::<String>()
            ),
            Block::Rule => "(hr)".into(),
        });
        written.collect::<String>().replace("(i (p ", "(i ").replace("))(i ", ")(i ").replace(")))", "))")
    }

    fn line(spans: &[Span]) -> String {
        let written = spans.iter().map(|span| match span {
            Span::Text(text) => text.clone(),
            Span::Code(code) => format!("`{code}`"),
            Span::Emphasis(inner) => format!("(e {})", line(inner)),
            Span::Strong(inner) => format!("(s {})", line(inner)),
            Span::Link(to, inner) => format!("(a {to} {})", line(inner)),
            Span::Break => "(br)".into(),
        });
        written.collect()
    }

    fn prose(lesson: &Lesson) -> impl Iterator<Item = &str> {
        lesson.steps.iter().flat_map(|step| {
            let asked = step.prediction.iter();
            let asked = asked
                .flat_map(|it| it.options.iter().map(|option| &option.text).chain([&it.question, &it.explanation]));
            let told = [Some(&step.prose), step.after.as_ref(), step.more.as_ref()].into_iter().flatten();
            let words = told.chain(&step.hints).chain(step.goals.iter().map(|goal| &goal.text)).chain(asked);
            words.map(String::as_str)
        })
    }

    #[test]
    fn lessons_use_no_more_of_markdown_than_is_read() {
        for lesson in catalog().unwrap() {
            for text in prose(&lesson) {
                assert_eq!(
                    ours(&blocks(text)),
                    theirs(text),
                    "{}: use another form, or teach it to `prose`",
                    lesson.file
                );
            }
        }
    }

    #[test]
    fn what_is_read_is_what_markdown_means_by_it() {
        for text in [
            "one\ntwo  \nthree\\\nfour\n\nfive",
            "# 하나\n## 둘 `c`\n#no",
            "- a\n- b **c** d\n\n  e\n- f\n  - g\n  - h\n\nafter",
            "1. a\n2. b\n   more\n3. c",
            "7) x\n8) y",
            "> quoted **words**\n> go on\n\nafter",
            "text\n```rust\nfn a() {}\n\n*b*\n```\nmore",
            "~~~\n`code`\n~~~",
            "| a | b |\n| --- | :-: |\n| `x` | **y** |\n| a \\| b | c |\n\nend",
            "**a *b* c** and *d* and `e ** f`, 2 * 3 * 4, snake_case_name",
            "`` a ` b `` and ` c ` and `unclosed",
            "[words **here**](#/lesson/a5) and [no link] and \\[x\\] \\* \\` \\a",
            "a\n- b\nc\n1. d\n\n---\n\ne",
            "a\n2. no list\n-x",
            "왜 **새 브로커를 더하면 안 될까요?** 왜냐하면 `a`예요.",
        ] {
            assert_eq!(ours(&blocks(text)), theirs(text), "{text}");
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_breaks_whatever_is_written() {
        let mut rng = crate::base::Rng::new(1, &"prose");
        let parts = [
            "`", "*", "**", "[", "](", ")", "\n", "  \n", "- ", "1. ", "> ", "|", "---", "```", "#", " ", "\\", "가",
            "a",
        ];
        for _ in 0..20_000 {
            let text: String = (0..rng.below(14)).map(|_| parts[rng.below(parts.len() as u64) as usize]).collect();
            let written = ours(&blocks(&text));
            let letters = |text: &str| text.chars().filter(|letter| *letter == '가').count();
            assert_eq!(letters(&written), letters(&text), "{text:?} became {written:?}");
        }
    }
}
