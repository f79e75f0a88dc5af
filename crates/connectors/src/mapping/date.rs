//! Dates and times as feeds write them, and the local day that they fall on. Time-zone offsets are looked up
//! once per stretch between two changes of the clock, not once per row.

use freehold_kernel::time::{DAY_MS, Day, Millis};
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// How a date or time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// RFC 3339, with or without an offset, and plain `YYYY-MM-DD`.
    Rfc3339,
    /// `YYYY-MM-DD` alone.
    Iso,
    /// `M/D/YYYY`.
    American,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// Days since a day, as SAS and Stata write them.
    DaysSince(Day),
    /// A `strptime` pattern.
    Pattern(String),
}

/// A moment read: an instant, or a civil time that still needs a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// An instant.
    Instant(Millis),
    /// Milliseconds of civil time, counted as if in UTC.
    Civil(Millis),
}

impl DateFormat {
    /// Reads a format as a person writes it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "rfc3339" => Self::Rfc3339,
            "%Y-%m-%d" | "iso" => Self::Iso,
            "%m/%d/%Y" => Self::American,
            "unix" => Self::Unix,
            "unix_ms" => Self::UnixMs,
            _ => {
                if let Some(epoch) = text.strip_prefix("days since ") {
                    let day = Day::parse_iso(epoch.trim())
                        .ok_or("`days since` wants a date YYYY-MM-DD")?;
                    return Ok(Self::DaysSince(day));
                }
                if !text.contains('%') {
                    return Err("it is no format".into());
                }
                let probe = jiff::Zoned::new(jiff::Timestamp::UNIX_EPOCH, TimeZone::UTC);
                let written =
                    jiff::fmt::strtime::format(text, &probe).map_err(|error| error.to_string())?;
                if read_pattern(text, &written).is_none() {
                    return Err("what it writes cannot be read back as a date".into());
                }
                Self::Pattern(text.into())
            }
        })
    }

    /// The format as a person writes it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Rfc3339 => "RFC 3339".into(),
            Self::Iso => "YYYY-MM-DD".into(),
            Self::American => "M/D/YYYY".into(),
            Self::Unix => "seconds since 1970".into(),
            Self::UnixMs => "milliseconds since 1970".into(),
            Self::DaysSince(day) => format!("days since {day}"),
            Self::Pattern(pattern) => pattern.clone(),
        }
    }

    /// Reads a moment.
    #[inline]
    pub(super) fn read(&self, text: &str) -> Option<Moment> {
        match self {
            Self::Rfc3339 => read_rfc3339(text.as_bytes()),
            Self::Iso => Day::parse_iso(text).map(civil_day),
            Self::American => read_american(text).map(civil_day),
            Self::Unix => {
                let seconds: f64 = text.parse().ok()?;
                (seconds.abs() < 1e11)
                    .then_some(Moment::Instant((seconds * 1000.0).round() as Millis))
            }
            Self::UnixMs => {
                let millis: Millis = text.parse().ok()?;
                (millis.unsigned_abs() < 100_000_000_000_000).then_some(Moment::Instant(millis))
            }
            Self::DaysSince(epoch) => {
                let days: f64 = text.parse().ok()?;
                (days.abs() < 1e7 && days.fract() == 0.0)
                    .then(|| civil_day(epoch.plus(days as i32)))
            }
            Self::Pattern(pattern) => read_pattern(pattern, text),
        }
    }
}

fn civil_day(day: Day) -> Moment {
    Moment::Civil(day.start_utc())
}

fn read_american(text: &str) -> Option<Day> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Day::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn read_pattern(pattern: &str, text: &str) -> Option<Moment> {
    let broken = BrokenDownTime::parse(pattern, text).ok()?;
    if broken.offset().is_some() {
        return broken
            .to_timestamp()
            .ok()
            .map(|timestamp| Moment::Instant(timestamp.as_millisecond()));
    }
    let date = broken.to_date().ok()?;
    // Midnight where the pattern has no time; an error where it has half of one.
    let time = broken.to_time().ok()?;
    Some(Moment::Civil(civil_ms(DateTime::from_parts(date, time))))
}

fn civil_ms(datetime: DateTime) -> Millis {
    // Civil time counted as if in UTC: jiff's own UTC conversion cannot fail within its range.
    datetime
        .to_zoned(TimeZone::UTC)
        .map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

#[inline]
fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0i64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

/// `2026-01-01T10:00:00.123Z`, with a space for the `T`, any number of fraction digits, `Z`, `+01:00` or
/// nothing, or only the date.
#[inline]
fn read_rfc3339(bytes: &[u8]) -> Option<Moment> {
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (
        digits(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..10])?,
    );
    let day = Day::from_ymd(year as i32, month as u32, day as u32)?;
    let mut at = day.start_utc();
    if bytes.len() == 10 {
        return Some(Moment::Civil(at));
    }
    if bytes.len() < 16 || !matches!(bytes[10], b'T' | b't' | b' ') || bytes[13] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&bytes[11..13])?, digits(&bytes[14..16])?);
    let mut rest = &bytes[16..];
    let mut second = 0;
    let mut millis = 0;
    if rest.first() == Some(&b':') {
        second = digits(rest.get(1..3)?)?;
        rest = &rest[3..];
        if rest.first() == Some(&b'.') {
            let count = rest[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if count == 0 {
                return None;
            }
            let kept = count.min(3);
            millis = digits(&rest[1..=kept])? * [100, 10, 1][kept - 1];
            rest = &rest[1 + count..];
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    at += ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    match rest {
        [] => Some(Moment::Civil(at)),
        [b'Z' | b'z'] => Some(Moment::Instant(at)),
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let (hours, minutes) = match offset.len() {
                5 if offset[2] == b':' => (digits(&offset[..2])?, digits(&offset[3..])?),
                4 => (digits(&offset[..2])?, digits(&offset[2..])?),
                2 => (digits(offset)?, 0),
                _ => return None,
            };
            let shift = (hours * 60 + minutes) * 60_000;
            Some(Moment::Instant(if *sign == b'+' {
                at - shift
            } else {
                at + shift
            }))
        }
        _ => None,
    }
}

/// A zone with the stretch of time around the last question, in which its offset does not change.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    zone: TimeZone,
    from: Millis,
    to: Millis,
    offset: Millis,
}

impl Zone {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            from: 0,
            to: 0,
            offset: 0,
        }
    }

    /// The zone's offset from UTC at an instant, in milliseconds.
    #[inline]
    fn offset(&mut self, instant: Millis) -> Millis {
        if !(self.from..self.to).contains(&instant) {
            self.look_up(instant);
        }
        self.offset
    }

    fn look_up(&mut self, instant: Millis) {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(instant) else {
            return;
        };
        self.offset = Millis::from(self.zone.to_offset(timestamp).seconds()) * 1000;
        let before = self.zone.preceding(timestamp).next();
        let after = self.zone.following(timestamp).next();
        self.from = before.map_or(Millis::MIN, |change| change.timestamp().as_millisecond());
        self.to = after.map_or(Millis::MAX, |change| change.timestamp().as_millisecond());
        // `preceding` gives changes strictly before: on the very change, the stretch begins here.
        if self
            .zone
            .to_offset(jiff::Timestamp::from_millisecond(self.from).unwrap_or(timestamp))
            .seconds()
            != self.zone.to_offset(timestamp).seconds()
        {
            self.from = instant;
        }
    }

    /// The local civil day of an instant.
    #[inline]
    pub(super) fn day(&mut self, instant: Millis) -> Day {
        Day::of_utc(instant + self.offset(instant))
    }

    /// The instant of a civil time. In the hour that comes twice the first is meant; in the hour that does
    /// not exist, the time that a clock which was not moved forward would show.
    #[inline]
    pub(super) fn instant(&mut self, civil: Millis) -> Millis {
        let guess = civil - self.offset;
        // Away from any change of the clock, the offset at hand is the one.
        if guess - DAY_MS >= self.from && guess < self.to.saturating_sub(DAY_MS) {
            return guess;
        }
        let Ok(as_utc) = jiff::Timestamp::from_millisecond(civil) else {
            return civil;
        };
        let datetime = TimeZone::UTC.to_datetime(as_utc);
        let resolved = self.zone.to_ambiguous_timestamp(datetime).compatible();
        let instant = resolved.map_or(civil, |timestamp| timestamp.as_millisecond());
        let _ = self.offset(instant);
        instant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_offset() {
        let instant = Some(Moment::Instant(1_767_225_600_123));
        for text in [
            "2026-01-01T00:00:00.123Z",
            "2026-01-01T01:00:00.123+01:00",
            "2025-12-31 19:00:00.123456-0500",
        ] {
            assert_eq!(read_rfc3339(text.as_bytes()), instant, "{text}");
        }
        assert_eq!(
            read_rfc3339(b"2020-12-05T15:32:42.710"),
            Some(Moment::Civil(1_607_182_362_710))
        );
        assert_eq!(read_rfc3339(b"2020-02-30"), None);
        assert_eq!(read_rfc3339(b"2020-02-03T25:00:00Z"), None);
    }

    #[test]
    fn formats_read_what_they_name() {
        let read =
            |format: &str, text: &str| DateFormat::parse(format).expect("a format").read(text);
        assert_eq!(
            read("days since 1960-01-01", "16695"),
            Some(civil_day(Day::from_ymd(2005, 9, 16).expect("a day")))
        );
        assert_eq!(
            read("%m/%d/%Y", "4/3/2017"),
            Some(civil_day(Day::from_ymd(2017, 4, 3).expect("a day")))
        );
        assert_eq!(
            read("%Y-%m-%d %H:%M", "2019-10-01 20:03"),
            Some(Moment::Civil(1_569_960_180_000))
        );
        assert_eq!(read("unix_ms", "5"), Some(Moment::Instant(5)));
        assert_eq!(read("unix_ms", "9223372036854775807"), None);
        assert_eq!(read("unix_ms", "-9223372036854775808"), None);
        assert_eq!(read("unix", "nan"), None);
        assert_eq!(read("unix", "1.5"), Some(Moment::Instant(1500)));
        assert_eq!(read("days since 1960-01-01", "1e300"), None);
        assert_eq!(read("days since 1960-01-01", "16695.5"), None);
        assert_eq!(
            read("%m/%d/%Y", "13/1/2017").or(read("%m/%d/%Y", "1/1/17")),
            None
        );
        assert_eq!(
            read("%d.%m.%Y", "31.01.2020"),
            Some(civil_day(Day::from_ymd(2020, 1, 31).expect("a day")))
        );
        assert_eq!(
            read("%Y-%m-%d %I:%M %p", "2019-10-01 08:03 PM"),
            Some(Moment::Civil(1_569_960_180_000))
        );
        assert_eq!(read("%d.%m.%Y", "31.02.2020"), None);
        for bad in [
            "someday",
            "%s",
            "%Z",
            "%Y",
            "%m/%d",
            "%H:%M",
            "%",
            "days since May",
        ] {
            assert!(DateFormat::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn midnight_and_both_changes_of_the_clock_fall_on_the_right_day() {
        for name in [
            "America/New_York",
            "America/Chicago",
            "America/Los_Angeles",
            "UTC",
        ] {
            let tz = TimeZone::get(name).expect("a zone");
            let mut zone = Zone::new(tz.clone());
            // Every half hour over the changes of 2024, asked forwards and backwards.
            let start = 1_709_251_200_000;
            let mut times: Vec<Millis> =
                (0..60 * 48).map(|step| start + step * 1_800_000).collect();
            times.extend(times.clone().into_iter().rev().step_by(37));
            times.extend((0..500).map(|step| 1_730_300_000_000 + step * 1_800_000));
            for instant in times {
                let local =
                    tz.to_datetime(jiff::Timestamp::from_millisecond(instant).expect("in range"));
                let day = Day::from_ymd(
                    i32::from(local.year()),
                    local.month() as u32,
                    local.day() as u32,
                );
                assert_eq!(Some(zone.day(instant)), day, "{name} {instant}");
                let civil = civil_ms(local);
                let back = tz
                    .to_ambiguous_timestamp(local)
                    .compatible()
                    .expect("exists")
                    .as_millisecond();
                assert_eq!(zone.instant(civil), back, "{name} {instant}");
            }
        }
    }
}
