//! Numbers of bytes as people write them: `4096`, `64KiB`, `10MB`.

/// The units, each in bytes.
const UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("KB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

/// Reads a number of bytes; `None` if it is none, or beyond all reason.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, unit) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(*unit).filter(|bytes| *bytes <= 1 << 50)
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn numbers_of_bytes() {
        for (text, bytes) in [("4096", 4096), ("64KiB", 65_536), ("10MB", 10_000_000), ("1mib", 1 << 20), ("0", 0)] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for text in ["", "KiB", "-1", "1.5MB", "1XB", "99999999TiB", "18446744073709551616"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
