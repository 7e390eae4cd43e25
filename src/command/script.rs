//! Scripts: lines, comments, continued lines and here-documents.

use super::Problem;
use super::call::heredoc;
use super::problem::ScriptError;

/// A line to be run, with its here-document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptLine {
    /// The line; continued ones are joined.
    pub text: String,
    /// The lines of its here-document.
    pub input: Option<Vec<String>>,
    /// For each line of the file that is in it: at which character it begins in `text`, from 0, and its number, from 1.
    places: Vec<(usize, usize)>,
}

impl ScriptLine {
    /// The line as it is shown, without indentation.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.text.trim()
    }

    /// The line and its here-document, as a script.
    #[must_use]
    pub fn source(&self) -> String {
        let tag = heredoc(&self.text).ok().flatten().map_or(String::new(), |(tag, _)| tag);
        let input = self.input.iter().flat_map(|input| input.iter().map(String::as_str).chain([tag.as_str()]));
        std::iter::once(self.text.as_str()).chain(input).collect::<Vec<_>>().join("\n")
    }

    /// The number of its first line, from 1.
    #[must_use]
    pub fn number(&self) -> usize {
        self.places.first().map_or(1, |(_, number)| *number)
    }

    /// Says where in the file a problem is.
    #[must_use]
    pub fn locate(&self, mut problem: Problem) -> ScriptError {
        let reached = self.places.iter().rev().find(|(start, _)| *start < problem.column);
        let (start, line) = reached.or(self.places.first()).copied().unwrap_or((0, 1));
        problem.column -= start.min(problem.column - 1);
        ScriptError { line, problem }
    }
}

/// Reads a script line by line, so that what comes before a bad line can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    lines: Vec<String>,
    at: usize,
}

impl Script {
    /// The script in `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { lines: text.lines().map(String::from).collect(), at: 0 }
    }

    /// Whether the text ends inside a here-document or a continued line, so that more is to come.
    #[must_use]
    pub fn is_open(text: &str) -> bool {
        text.lines().last().is_some_and(ends_open) || Self::new(text).any(|line| line.is_err())
    }

    fn take(&mut self) -> Option<(usize, String)> {
        let line = self.lines.get(self.at)?.clone();
        self.at += 1;
        Some((self.at, line))
    }

    /// The next line that is neither empty nor a comment.
    fn logical(&mut self) -> Option<ScriptLine> {
        loop {
            let (number, mut text) = self.take()?;
            if text.trim().is_empty() || text.trim_start().starts_with('#') {
                continue;
            }
            let mut places = vec![(0, number)];
            while ends_open(&text) {
                let Some((number, more)) = self.take() else { break };
                text.pop();
                places.push((text.chars().count(), number));
                text.push_str(&more);
            }
            return Some(ScriptLine { text, input: None, places });
        }
    }

    fn with_input(&mut self, mut line: ScriptLine) -> Result<ScriptLine, ScriptError> {
        // A line that does not even split is found out when it is run.
        let Ok(Some((tag, span))) = heredoc(&line.text) else { return Ok(line) };
        let mut input = Vec::new();
        loop {
            match self.take() {
                Some((_, text)) if text.trim_end() == tag => break,
                Some((_, text)) => input.push(text),
                None => {
                    let column = super::words::column_of(&line.text, span.start);
                    return Err(line.locate(Problem::new(
                        column,
                        format!("입력이 끝나지 않았어요. {tag}만 있는 줄이 있어야 해요."),
                    )));
                }
            }
        }
        line.input = Some(input);
        Ok(line)
    }
}

/// Whether a line goes on in the next: it ends in a backslash that is not itself escaped.
fn ends_open(text: &str) -> bool {
    text.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1
}

impl Iterator for Script {
    type Item = Result<ScriptLine, ScriptError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.logical()?;
        Some(self.with_input(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_continue_and_take_input() {
        let text = "# 시작\n\nkafka-topics \\\n  --create\nkafka-console-producer <<END\na b\n# 값\nEND\nrun 1s";
        let lines: Vec<ScriptLine> = Script::new(text).collect::<Result<_, _>>().unwrap();
        assert_eq!(lines[0].text, "kafka-topics   --create");
        assert_eq!(lines[0].locate(Problem::new(16, "")).line, 4);
        assert_eq!(lines[0].locate(Problem::new(16, "")).problem.column, 3);
        assert_eq!(lines[1].input, Some(vec!["a b".into(), "# 값".into()]));
        assert_eq!((lines[2].shown(), lines[2].number()), ("run 1s", 9));
    }

    #[test]
    fn an_open_end_is_an_error_at_its_line() {
        let mut script = Script::new("run 1s\ncat <<END\na");
        assert!(script.next().unwrap().is_ok());
        let error = script.next().unwrap().unwrap_err();
        assert_eq!((error.line, error.problem.column), (2, 5));
        assert!(Script::is_open("cat <<END\na"));
        assert!(Script::is_open("kafka-topics \\"));
        assert!(!Script::is_open("cat <<END\na\nEND"));
    }
}
