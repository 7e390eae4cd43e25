//! What Kafka's tools say, without what is never twice the same: ids, addresses, times, and where in Java something happened.

/// The text, its lines in a form that two clusters can agree on.
pub(crate) fn normal(text: &str) -> String {
    let mut lines = String::new();
    let (mut logged, mut traced) = (false, false);
    for line in text.lines() {
        // What belongs to a line of Log4j: its end, ` (org.apache.kafka.tools.TopicCommand)`, and a bare exception.
        let goes_on =
            line.starts_with(" (") && line.ends_with(')') || line.starts_with("org.apache.kafka.common.errors.");
        logged = is_log_line(line) || logged && goes_on;
        let ends_trace = traced && line.is_empty();
        traced = ["\tat ", "\t... ", "Caused by: ", "\tSuppressed: "].iter().any(|start| line.starts_with(start));
        if !logged && !traced && !ends_trace {
            lines.push_str(normal_line(line).trim_end());
            lines.push('\n');
        }
    }
    lines
}

/// `[2025-01-01 00:00:05,123] ERROR …`: what a tool logs is not what it says.
fn is_log_line(line: &str) -> bool {
    let level = line.strip_prefix('[').and_then(|line| line.split_once("] ")).map(|(_, rest)| rest);
    level.is_some_and(|rest| ["ERROR ", "WARN "].iter().any(|level| rest.starts_with(level)))
}

fn normal_line(line: &str) -> String {
    let line = isr_in_order(&without_address(line));
    let line = after(&line, "TopicId: ", "(id)", |c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let line = after(&line, "CreateTime:", "(time)", |c| c.is_ascii_digit());
    after(&line, "LogAppendTime:", "(time)", |c| c.is_ascii_digit())
}

/// The ISR is a set. Kafka's leaders keep it in a hash table and propose it in the order of that; ours put at the end who joins.
fn isr_in_order(line: &str) -> String {
    let Some((before, rest)) = line.split_once("\tIsr: ") else { return line.into() };
    let (isr, behind) = rest.split_once('\t').unwrap_or((rest, ""));
    let mut ids: Vec<&str> = isr.split(',').collect();
    ids.sort_unstable();
    format!("{before}\tIsr: {}\t{behind}", ids.join(","))
}

/// The real tool has to be told where the cluster is; ours need not.
fn without_address(line: &str) -> String {
    let Some((before, rest)) = line.split_once(" --bootstrap-server ") else { return line.into() };
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).unwrap_or(rest.len());
    format!("{before}{}", &rest[end..])
}

/// Puts `instead` in the place of the word behind each `label`.
fn after(line: &str, label: &str, instead: &str, of_the_word: fn(char) -> bool) -> String {
    let mut parts = line.split(label);
    let mut done = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c| !of_the_word(c)).unwrap_or(part.len());
        done.push_str(&format!("{label}{instead}{}", &part[end..]));
    }
    done
}
