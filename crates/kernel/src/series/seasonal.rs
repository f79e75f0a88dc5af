//! Seasonal adjustment of a monthly series: the seasonal part of its logarithms, found by STL (Cleveland and others 1990:
//! seasonal-trend decomposition by loess, robust), is taken away.

use super::Point;

/// Months without a gap from which on a series is adjusted: two years.
pub const SEASONAL_FROM: usize = 24;

/// Months of a year.
const PERIOD: usize = 12;

/// The adjusted value of each monthly point, which are given in order.
///
/// # Errors
/// Says why there is none: fewer than two years, a month without a value, or one that is not above zero.
pub fn seasonally_adjusted(months: &[Point]) -> Result<Vec<f64>, &'static str> {
    if months.len() < SEASONAL_FROM {
        return Err("fewer than 24 months");
    }
    let follows = |pair: &[Point]| pair[0].day.month_end().plus(1) == pair[1].day.month_start();
    if !months.windows(2).all(follows) {
        return Err("a month is missing");
    }
    let mut logs = Vec::with_capacity(months.len());
    for month in months {
        let value = month.value.ok_or("a month has no value")?;
        if value <= 0.0 {
            return Err("a month is not above zero");
        }
        logs.push(libm::log(value));
    }
    let fitted = stlrs::Stl::params().robust(true).fit(&logs, PERIOD);
    let fitted = fitted.map_err(|_| "fewer than 24 months")?;
    let adjusted = logs.iter().zip(fitted.seasonal());
    Ok(adjusted
        .map(|(log, season)| libm::exp(log - season))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    #[test]
    fn a_planted_season_is_taken_away() {
        let mut day = Day(18_262).month_start();
        let mut months = Vec::new();
        for at in 0..48 {
            let season = libm::sin(f64::from(at) * core::f64::consts::TAU / 12.0) * 0.1;
            let trend = libm::log(300_000.0) + 0.003 * f64::from(at);
            months.push(Point {
                day,
                value: Some(libm::exp(trend + season)),
                n: 50,
            });
            day = day.month_end().plus(1);
        }
        let adjusted = seasonally_adjusted(&months).expect("four years");
        for (at, value) in adjusted.iter().enumerate() {
            let trend = libm::log(300_000.0) + 0.003 * at as f64;
            assert!(
                (libm::log(*value) - trend).abs() < 0.01,
                "month {at}: {value}"
            );
        }
        assert_eq!(
            seasonally_adjusted(&months[..23]),
            Err("fewer than 24 months")
        );
        months.remove(30);
        assert_eq!(seasonally_adjusted(&months), Err("a month is missing"));
    }
}
