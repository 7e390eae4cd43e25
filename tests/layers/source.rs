//! A source text as words: what the compiler reads, without comments and without what stands in quotes.

/// A word, a number, or one sign, and the line that it stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// The words of a source text.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < text.len() {
        let end = match quiet(&text[at..]) {
            Some(length) => at + length,
            None => {
                let length = word(&text[at..], found.last());
                found.push(Token { text: text[at..at + length].iter().collect(), line });
                at + length
            }
        };
        line += text[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    found
}

/// The length of what says nothing: white space, a comment, or a text in quotes.
fn quiet(text: &[char]) -> Option<usize> {
    let starts = |with: &str| with.chars().eq(text.iter().copied().take(with.chars().count()));
    if text[0].is_whitespace() {
        return Some(1);
    }
    if starts("//") {
        return Some(text.iter().position(|c| *c == '\n').unwrap_or(text.len()));
    }
    if starts("/*") {
        return Some(block_comment(text));
    }
    let prefix = ["br", "r", "b", "c", ""].into_iter().find(|prefix| {
        let quote = text[prefix.len().min(text.len())..].iter().find(|c| **c != '#');
        starts(prefix) && quote == Some(&'"') && (prefix.contains('r') || text.get(prefix.len()) == Some(&'"'))
    });
    match prefix {
        Some(prefix) if prefix.contains('r') => Some(raw_text(text, prefix.len())),
        Some(prefix) => Some(prefix.len() + quoted(&text[prefix.len()..], '"')),
        None if is_char(text) => Some(quoted(text, '\'')),
        None => None,
    }
}

fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text[at..] {
            ['/', '*', ..] => depth += 1,
            ['*', '/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at
}

fn raw_text(text: &[char], prefix: usize) -> usize {
    let hashes = text[prefix..].iter().take_while(|c| **c == '#').count();
    let open = prefix + hashes + 1;
    let closes =
        |at: &usize| text[*at] == '"' && text[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (open..text.len()).find(closes).map_or(text.len(), |at| at + 1 + hashes)
}

fn quoted(text: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != quote {
        at += 1 + usize::from(text[at] == '\\');
    }
    (at + 1).min(text.len())
}

/// Whether a quote begins a character, not the name of a lifetime.
fn is_char(text: &[char]) -> bool {
    matches!(text, ['\'', '\\', ..] | ['\'', _, '\'', ..])
}

/// The length of a word or number, or of one sign. Behind a dot stands a field: `pair.0.1` holds no broken number.
fn word(text: &[char], before: Option<&Token>) -> usize {
    let name = text.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
    let is_fraction = text[0].is_ascii_digit()
        && before.is_none_or(|token| token.text != ".")
        && matches!(text[name..], ['.', next, ..] if next.is_ascii_digit());
    if is_fraction {
        return name + 1 + text[name + 1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
    }
    name.max(1)
}

#[test]
fn words_are_found_and_quotes_are_not() {
    let texts = |source| tokens(source).into_iter().map(|token| token.text).collect::<Vec<_>>();
    assert_eq!(texts("use a::b; // c"), ["use", "a", ":", ":", "b", ";"]);
    assert_eq!(texts("/* a /* b */ c */ d"), ["d"]);
    assert_eq!(texts(r#"f("a \" b", b"c", 'd', '\'') e"#), ["f", "(", ",", ",", ",", ")", "e"]);
    assert_eq!(texts("r#\"a \" b\"# c r\"d\" br##\"e\"# f\"## g"), ["c", "g"]);
    assert_eq!(texts("&'a str 'b' r"), ["&", "'", "a", "str", "r"]);
    assert_eq!(texts("1.5 + 0..2 + p.0.1"), ["1.5", "+", "0", ".", ".", "2", "+", "p", ".", "0", ".", "1"]);
    assert_eq!(tokens("a\n/* \n */ b \"\n\" c").iter().map(|token| token.line).collect::<Vec<_>>(), [1, 3, 4]);
}
