//! Instants and civil days as plain integers. Not a calendar library and no time zones: local days
//! are stamped on each record before the kernel sees it.

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Milliseconds in a civil day of 24 hours.
pub const DAY_MS: Millis = 86_400_000;

/// A civil date, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    /// The UTC day that holds `instant`.
    #[inline]
    #[must_use]
    pub fn of_utc(instant: Millis) -> Self {
        Self(instant.div_euclid(DAY_MS) as i32)
    }

    /// The instant at which this day starts in UTC.
    #[inline]
    #[must_use]
    pub fn start_utc(self) -> Millis {
        Millis::from(self.0) * DAY_MS
    }

    /// This day moved by `days`.
    #[inline]
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// From a proleptic Gregorian date; `None` where no such day exists.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        if !(-9999..=9999).contains(&year) {
            return None;
        }
        // Days from civil, Howard Hinnant, "chrono-compatible low-level date algorithms".
        let y = i64::from(year) - i64::from(month <= 2);
        let era = y.div_euclid(400);
        let year_of_era = y - era * 400;
        let month_index = (i64::from(month) + 9) % 12;
        let day_of_year = (153 * month_index + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self((era * 146_097 + day_of_era - 719_468) as i32))
    }

    /// Year, month (1 to 12) and day of month.
    #[must_use]
    pub fn ymd(self) -> (i32, u32, u32) {
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z - era * 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 {
            month_index + 3
        } else {
            month_index - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }

    /// The first day of this day's month.
    #[must_use]
    pub fn month_start(self) -> Self {
        let (_, _, day) = self.ymd();
        self.plus(1 - day as i32)
    }

    /// The last day of this day's month.
    #[must_use]
    pub fn month_end(self) -> Self {
        let (year, month, _) = self.ymd();
        self.month_start()
            .plus(days_in_month(year, month) as i32 - 1)
    }

    /// Parses `YYYY-MM-DD`.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let digits = |range: std::ops::Range<usize>| {
            bytes[range].iter().try_fold(0u32, |sum, byte| {
                byte.is_ascii_digit()
                    .then(|| sum * 10 + u32::from(byte - b'0'))
            })
        };
        Self::from_ymd(digits(0..4)? as i32, digits(5..7)?, digits(8..10)?)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Writes an instant as `YYYY-MM-DDTHH:MM:SS.mmmZ`.
#[must_use]
pub fn format_instant(instant: Millis) -> String {
    let day = Day::of_utc(instant);
    let of_day = instant.rem_euclid(DAY_MS);
    format!(
        "{day}T{:02}:{:02}:{:02}.{:03}Z",
        of_day / 3_600_000,
        of_day / 60_000 % 60,
        of_day / 1000 % 60,
        of_day % 1000
    )
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_days_round_trip() {
        for number in (-200_000..200_000).step_by(17) {
            let day = Day(number);
            let (year, month, of_month) = day.ymd();
            assert_eq!(Day::from_ymd(year, month, of_month), Some(day));
        }
        assert_eq!(Day::from_ymd(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::from_ymd(1960, 1, 1), Some(Day(-3653)));
        assert_eq!(Day::from_ymd(2023, 2, 29), None);
        assert_eq!(
            Day::parse_iso("2016-12-31").map(|day| day.to_string()),
            Some("2016-12-31".into())
        );
    }

    #[test]
    fn months_end_where_they_should() {
        let february = Day::from_ymd(2016, 2, 10).expect("a real day");
        assert_eq!(february.month_start().to_string(), "2016-02-01");
        assert_eq!(february.month_end().to_string(), "2016-02-29");
    }

    #[test]
    fn instants_print_in_utc() {
        assert_eq!(format_instant(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(format_instant(-1), "1969-12-31T23:59:59.999Z");
    }
}
