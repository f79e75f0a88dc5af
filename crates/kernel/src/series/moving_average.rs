//! Trailing moving averages of daily points. A median over a pooled window is another number, and a measure of its own.

use super::{Point, between};
use crate::time::Day;

/// The mean of the daily points of a window, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// Their sum, in order of days, by their number; none where there is no point.
    pub value: Option<f64>,
    /// How many points have a value.
    pub days: u32,
}

/// The mean of the points present in the `days` days that end on `end`.
#[must_use]
pub fn moving_average(points: &[Point], end: Day, days: u32) -> Mean {
    let back = i32::try_from(days).unwrap_or(i32::MAX).saturating_sub(1);
    let inside = between(points, Day(end.0.saturating_sub(back)), end);
    let (mut sum, mut count) = (0.0, 0u32);
    for value in inside.iter().filter_map(|point| point.value) {
        sum += value;
        count += 1;
    }
    Mean {
        value: (count > 0).then(|| sum / f64::from(count)),
        days: count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_day_is_not_a_zero() {
        let point = |day, value| Point {
            day: Day(day),
            value,
            n: 1,
        };
        let points = [
            point(1, Some(10.0)),
            point(2, None),
            point(3, Some(20.0)),
            point(9, Some(1.0)),
        ];
        assert_eq!(
            moving_average(&points, Day(3), 3),
            Mean {
                value: Some(15.0),
                days: 2
            }
        );
        assert_eq!(
            moving_average(&points, Day(3), 1),
            Mean {
                value: Some(20.0),
                days: 1
            }
        );
        assert_eq!(
            moving_average(&points, Day(2), 1),
            Mean {
                value: None,
                days: 0
            }
        );
        assert_eq!(moving_average(&points, Day(9), 365).days, 3);
    }
}
