//! Dates: what a Unix time in milliseconds is on the calendar, in UTC.

use std::fmt;

/// A moment on the calendar, in UTC. It is written `2025-01-01 00:00:05.123`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// The month, 1–12.
    pub month: u8,
    /// The day of the month, 1–31.
    pub day: u8,
    /// The day of the week, 0–6; 0 is Sunday.
    pub weekday: u8,
    /// The hour, 0–23.
    pub hour: u8,
    /// The minute, 0–59.
    pub minute: u8,
    /// The second, 0–59.
    pub second: u8,
    /// The millisecond, 0–999.
    pub ms: u16,
}

impl Date {
    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z; before it, if that is negative.
    #[must_use]
    pub fn of_unix_ms(ms: i64) -> Self {
        let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
        let (year, month, day) = calendar(days);
        let (seconds, ms) = (of_day / 1000, (of_day % 1000) as u16);
        let (hour, minute, second) = ((seconds / 3600) as u8, (seconds / 60 % 60) as u8, (seconds % 60) as u8);
        Self { year, month, day, weekday: (days + 4).rem_euclid(7) as u8, hour, minute, second, ms }
    }

    /// The time of the day alone: `00:00:05.123`.
    #[must_use]
    pub fn time_of_day(&self) -> String {
        let Self { hour, minute, second, ms, .. } = self;
        format!("{hour:02}:{minute:02}:{second:02}.{ms:03}")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, .. } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {}", self.time_of_day())
    }
}

/// The date so many days after 1970-01-01. Years are counted from March, so that the leap day comes last.
fn calendar(days: i64) -> (i64, u8, u8) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_on_the_calendar() {
        for (ms, written, weekday) in [
            (0, "1970-01-01 00:00:00.000", 4),
            (-1, "1969-12-31 23:59:59.999", 3),
            (951_827_696_000, "2000-02-29 12:34:56.000", 2),
            (1_735_689_600_000, "2025-01-01 00:00:00.000", 3),
            (1_735_689_600_000 + 58 * 86_400_000 + 3_723_004, "2025-02-28 01:02:03.004", 5),
            (4_107_542_399_000, "2100-02-28 23:59:59.000", 0),
            (4_107_542_400_000, "2100-03-01 00:00:00.000", 1),
        ] {
            let date = Date::of_unix_ms(ms);
            assert_eq!((date.to_string().as_str(), date.weekday), (written, weekday));
        }
        // Bytes that nobody meant as a time must not break it.
        assert!(Date::of_unix_ms(i64::MAX).year > 200_000_000);
        assert!(Date::of_unix_ms(i64::MIN).year < -200_000_000);
    }
}
