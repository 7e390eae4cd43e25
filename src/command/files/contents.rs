//! `cat` and `hexdump`.

use super::path::{disk_path, filled_in, given_paths, is_dir, not_there};
use crate::command::call::Call;
use crate::command::job::Reply;
use crate::command::output::{Line, Status};
use crate::command::problem::Problem;
use crate::command::words::Word;
use crate::sim::Session;

/// How much of a file is shown at once.
const MOST_SHOWN: u64 = 64 << 10;

/// `cat PATH...`.
pub(in crate::command) fn cat(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (mut lines, mut status) = (Vec::new(), Status::Done);
    for path in given_paths(call, session)? {
        let Some(node) = session.cluster().broker_node(path.broker) else { continue };
        let (disk, full) = (node.disk(), path.full());
        let text = disk.read(&full, 0, MOST_SHOWN).ok();
        let shown = match text.map(|bytes| as_text(&bytes)) {
            Some(Some(text)) => {
                lines.extend(text.lines().map(Line::out));
                if disk.len(&full).is_ok_and(|len| len > MOST_SHOWN) {
                    lines.push(Line::note(format!("앞의 {MOST_SHOWN} 바이트만 보여 줬어요.")));
                }
                continue;
            }
            Some(None) => {
                vec![Line::err(format!(
                    "cat: {}: 텍스트 파일이 아니에요. hexdump -C나 kafka-dump-log --files로 보세요.",
                    path.shown
                ))]
            }
            None if is_dir(disk, &full) => vec![Line::err(format!("cat: {}: Is a directory", path.shown))],
            None => not_there("cat", disk, &path),
        };
        lines.extend(shown);
        status = Status::ToolFailed;
    }
    Ok(Reply::end(status, lines))
}

/// The bytes as text, if that is what they are.
fn as_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).then(|| text.into())
}

/// `hexdump [-C] [-s SKIP] [-n LENGTH] [-v] PATH`.
pub(in crate::command) fn hexdump(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let paths = filled_in(disk_path(&word.text, word.column, call, session)?, session);
    let [path] = &paths[..] else {
        return Err(Problem::new(
            word.column,
            format!("파일 하나만 볼 수 있는데 {}개예요: {}", paths.len(), word.text),
        ));
    };
    let number = |flag| call.value(flag).map(|word| byte_count(word, flag)).transpose();
    let (skip, length) = (number("-s")?.unwrap_or(0), number("-n")?);
    let Some(node) = session.cluster().broker_node(path.broker) else { return Ok(Reply::done(Vec::new())) };
    let (disk, full) = (node.disk(), path.full());
    let Ok(len) = disk.len(&full) else {
        let folder = || vec![Line::err(format!("hexdump: {}: Is a directory", path.shown))];
        let lines = if is_dir(disk, &full) { folder() } else { not_there("hexdump", disk, path) };
        return Ok(Reply::end(Status::ToolFailed, lines));
    };
    let start = skip.min(len);
    let wanted = length.unwrap_or(MOST_SHOWN).min(len - start);
    let bytes = match disk.read(&full, start, wanted) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Reply::end(Status::ToolFailed, vec![Line::err(format!("hexdump: {error}"))])),
    };
    let mut lines: Vec<Line> = canonical(start, &bytes, call.has("-v")).into_iter().map(Line::out).collect();
    if length.is_none() && len - start > wanted {
        lines.push(Line::note(format!("{wanted} 바이트만 보여 줬어요. 더 보려면 -s와 -n을 쓰세요.")));
    }
    Ok(Reply::done(lines))
}

/// A number of bytes, decimal or, behind `0x`, hexadecimal.
fn byte_count(word: &Word, flag: &str) -> Result<u64, Problem> {
    let number = match word.text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.text.parse().ok(),
    };
    number.ok_or_else(|| {
        Problem::new(word.column, format!("{flag} 값은 0 이상의 정수나 0x로 시작하는 16진수여야 해요: {}", word.text))
    })
}

/// Bytes as `hexdump -C` writes them. Rows like the one before are left out, unless `all` are wanted.
fn canonical(start: u64, bytes: &[u8], all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut before: Option<&[u8]> = None;
    let mut at = start;
    for row in bytes.chunks(16) {
        let again = !all && row.len() == 16 && before == Some(row);
        if !again {
            lines.push(canonical_row(at, row));
        } else if lines.last().is_none_or(|line| line != "*") {
            lines.push("*".into());
        }
        before = Some(row);
        at += row.len() as u64;
    }
    if !bytes.is_empty() {
        lines.push(format!("{at:08x}"));
    }
    lines
}

fn canonical_row(at: u64, row: &[u8]) -> String {
    let mut hex = String::new();
    for place in 0..16 {
        if place == 8 {
            hex.push(' ');
        }
        match row.get(place) {
            Some(byte) => hex.push_str(&format!(" {byte:02x}")),
            None => hex.push_str("   "),
        }
    }
    let letter = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
    format!("{at:08x} {hex}  |{}|", row.iter().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_as_hexdump_has_them() {
        let mut bytes = vec![0u8; 48];
        bytes.extend(b"orders \x01");
        assert_eq!(
            canonical(0, &bytes, false),
            [
                "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
                "*",
                "00000030  6f 72 64 65 72 73 20 01                           |orders .|",
                "00000038",
            ]
        );
        assert_eq!(canonical(0x10, &bytes, true).len(), 5);
        assert_eq!(canonical(0, &[], false), Vec::<String>::new());
    }
}
