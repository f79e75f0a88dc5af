//! The trend of a series: the Theil–Sen slope of the logarithms of its daily points, which no single odd day moves.
//! Theil 1950, Sen 1968: the median of the slopes between all pairs of points.

use super::{Point, between};
use crate::time::Day;

/// Days over which a trend is taken.
pub const TREND_DAYS: i32 = 90;

/// Fewer points are no trend.
const POINTS_MIN: usize = 30;

/// Days of a month.
const MONTH: f64 = 365.25 / 12.0;

/// A trend in percent a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// The median of all slopes.
    pub value: f64,
    /// Their lower and upper quartile: its spread.
    pub spread: (f64, f64),
    /// How many points it rests on.
    pub points: u32,
}

/// The trend over the 90 days that end on `end`.
///
/// # Errors
/// Says why there is none: fewer than 30 points with a value above zero, of which logarithms can be taken.
pub fn trend(points: &[Point], end: Day) -> Result<Trend, &'static str> {
    let inside = between(points, end.plus(1 - TREND_DAYS), end).iter();
    let known = inside.filter_map(|point| {
        let value = point.value.filter(|value| *value > 0.0)?;
        Some((f64::from(point.day.0), libm::log(value)))
    });
    let known: Vec<(f64, f64)> = known.collect();
    if known.len() < POINTS_MIN {
        return Err("fewer than 30 daily points above zero in 90 days");
    }
    let mut slopes = Vec::with_capacity(known.len() * (known.len() - 1) / 2);
    for (at, (day, log)) in known.iter().enumerate() {
        let later = known[at + 1..].iter();
        slopes.extend(later.map(|(other, value)| (value - log) / (other - day)));
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let a_month = |part: f64| 100.0 * libm::expm1(quantile(&slopes, part) * MONTH);
    Ok(Trend {
        value: a_month(0.5),
        spread: (a_month(0.25), a_month(0.75)),
        points: known.len() as u32,
    })
}

/// As percentile_cont, of sorted values.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let rank = part * (sorted.len() - 1) as f64;
    let low = rank as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (rank - low as f64) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growing(days: i32, rate: f64) -> Vec<Point> {
        let value = |day| Some(1000.0 * libm::exp(rate * f64::from(day)));
        (0..days)
            .map(|day| Point {
                day: Day(day),
                value: value(day),
                n: 1,
            })
            .collect()
    }

    #[test]
    fn steady_growth_is_found_exactly_and_outliers_do_not_move_it() {
        let rate = libm::log(1.01) / MONTH;
        let mut points = growing(90, rate);
        let found = trend(&points, Day(89)).expect("enough points");
        assert!((found.value - 1.0).abs() < 1e-9, "{found:?}");
        for at in [10, 40, 80] {
            points[at].value = Some(1e9);
        }
        let found = trend(&points, Day(89)).expect("enough points");
        assert!((found.value - 1.0).abs() < 0.05, "{found:?}");
        assert!(found.spread.0 <= found.value && found.value <= found.spread.1);
    }

    #[test]
    fn too_little_is_no_trend() {
        assert!(trend(&growing(29, 0.0), Day(28)).is_err());
        assert_eq!(
            trend(&growing(30, 0.0), Day(29)).map(|trend| trend.value),
            Ok(0.0)
        );
        let mut zero = growing(40, 0.0);
        zero.iter_mut().for_each(|point| point.value = Some(0.0));
        assert!(trend(&zero, Day(39)).is_err());
    }
}
