//! Columns that line up in a terminal, where a Korean letter is as wide as two Latin ones.

/// Lines whose cells stand in columns, two blanks apart. The last cell of a line is not filled up.
pub(super) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (place, cell) in row.iter().enumerate() {
        line.push_str(cell);
        if place + 1 < row.len() {
            line.extend(std::iter::repeat_n(' ', widths[place] - width(cell) + 2));
        }
    }
    line.trim_end().into()
}

fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff00}'..='\u{ff60}') { 2 } else { 1 }).sum()
}

/// A row of cells.
macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$($cell.to_string()),*] };
}
pub(super) use row;

#[cfg(test)]
mod tests {
    use super::aligned;

    #[test]
    fn columns_line_up() {
        assert_eq!(aligned(&[row!["브로커", 1, "x"], row!["a", 23]]), ["브로커  1   x", "a       23"]);
    }
}
