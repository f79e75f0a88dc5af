//! What changed since a month or a year ago.

use super::Point;
use crate::measure::Unit;
use crate::time::Day;

/// How far back the base lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// The same day of the month before, or that month's last.
    Month,
    /// The same day of the year before; 28 February for 29 February.
    Year,
}

/// A change: of a share in percentage points, of anything else in percent.
pub type Change = Result<f64, &'static str>;

/// A base that rests on fewer homes or events is too small to compare with.
const BASE_MIN: u64 = 10;

impl Back {
    /// The day that a day is compared with.
    #[must_use]
    pub fn base(self, day: Day) -> Day {
        let first = day.month_start();
        let back = |months: u32| (0..months).fold(first, |month, _| month.plus(-1).month_start());
        let month = match self {
            Self::Month => back(1),
            Self::Year => back(12),
        };
        month.plus(day.0 - first.0).min(month.month_end())
    }
}

/// The change of the value on `day` since its base, of a series in order of days.
///
/// # Errors
/// Says why there is none: a value or its base is not known, the base rests on fewer than ten, or is zero.
pub fn change(points: &[Point], day: Day, back: Back, unit: Unit) -> Change {
    let at = |day: Day| {
        let at = points.binary_search_by_key(&day, |point| point.day);
        at.ok().map(|at| points[at])
    };
    let now = at(day).and_then(|point| point.value).ok_or("no value")?;
    let base = at(back.base(day)).ok_or("no base: the series begins later")?;
    let before = base.value.ok_or("no base: nothing was known then")?;
    if base.n < BASE_MIN {
        return Err("the base rests on fewer than 10");
    }
    if unit == Unit::Share {
        return Ok((now - before) * 100.0);
    }
    if before == 0.0 {
        return Err("the base is zero");
    }
    Ok((now / before - 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_calendar_days() {
        // 2024-03-31, 2024-02-29, 2023-02-28, 2023-03-31.
        assert_eq!(Back::Month.base(Day(19_813)), Day(19_782));
        assert_eq!(Back::Year.base(Day(19_782)), Day(19_416));
        assert_eq!(Back::Year.base(Day(19_813)), Day(19_447));
    }

    #[test]
    fn shares_change_in_points_and_small_bases_say_why() {
        let point = |day, value, n| Point {
            day: Day(day),
            value: Some(value),
            n,
        };
        let points = [point(19_782, 0.4, 10), point(19_813, 0.5, 3)];
        let said = |unit| change(&points, Day(19_813), Back::Month, unit);
        assert!((said(Unit::Share).expect("known") - 10.0).abs() < 1e-9);
        assert!((said(Unit::Money).expect("known") - 25.0).abs() < 1e-9);
        let small = [point(19_782, 0.4, 9), points[1]];
        let said = change(&small, Day(19_813), Back::Month, Unit::Share);
        assert_eq!(said, Err("the base rests on fewer than 10"));
        assert!(change(&points, Day(19_813), Back::Year, Unit::Share).is_err());
    }
}
