//! Lengths of time as people write them: `500ms`, `1.5s`, `2m`, `3d`.

use crate::base::SimTime;

/// The units, each in µs.
const UNITS: &[(&str, u64)] = &[
    ("us", 1),
    ("µs", 1),
    ("μs", 1),
    ("ms", 1000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", DAY),
];

const DAY: u64 = 24 * 3_600_000_000;

/// The longest time that one may ask for: 30 days.
const LONGEST: u64 = 30 * DAY;

/// Reads a length of time; `None` if it is none, has no unit, or is beyond all reason.
#[must_use]
pub fn parse_duration(text: &str) -> Option<SimTime> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.len() > 6 {
        return None;
    }
    let mut micros = whole.parse::<u64>().ok()?.checked_mul(*unit)?;
    if !fraction.is_empty() {
        micros = micros.checked_add(fraction.parse::<u64>().ok()? * unit / 10_u64.pow(fraction.len() as u32))?;
    }
    (micros <= LONGEST).then_some(SimTime(micros))
}

/// A length of time as one would write it, in the largest unit that leaves no fraction.
#[must_use]
pub fn write_duration(time: SimTime) -> String {
    let fits = |(_, size): &&(&str, u64)| time.0 >= *size && time.0.is_multiple_of(*size);
    match UNITS.iter().rev().filter(|(name, _)| name.is_ascii()).find(fits) {
        Some((unit, size)) => format!("{}{unit}", time.0 / size),
        None => "0s".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{SimTime, parse_duration, write_duration};

    #[test]
    fn lengths_of_time() {
        for (text, micros) in [
            ("500ms", 500_000),
            ("1.5s", 1_500_000),
            ("2m", 120_000_000),
            ("1.5d", 129_600_000_000),
            ("7µs", 7),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Some(SimTime(micros)), "{text}");
        }
        for text in
            ["", "5", "s", "5x", ".5s", "5.s", "1.2.3s", "-5s", "9999999999h", "31d", "18446744073709551616s", "5 s"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(write_duration(SimTime(1_500_000)), "1500ms");
        assert_eq!(write_duration(SimTime(60_000_000)), "1m");
        assert_eq!(write_duration(SimTime(2 * 86_400_000_000)), "2d");
    }
}
