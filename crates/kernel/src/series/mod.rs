//! Operators over a daily or monthly series of any measure: moving averages, trend, change, seasonal adjustment. They are
//! floating-point, take points in order of days, and say why where they have nothing to say.

mod change;
mod moving_average;
mod seasonal;
mod trend;

pub use change::{Back, Change, change};
pub use moving_average::{Mean, moving_average};
pub use seasonal::{SEASONAL_FROM, seasonally_adjusted};
pub use trend::{TREND_DAYS, Trend, trend};

use crate::time::Day;

/// One point of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Its day; of a month its first.
    pub day: Day,
    /// The value; none on a day of which nothing is known.
    pub value: Option<f64>,
    /// How many homes or events it rests on.
    pub n: u64,
}

/// The points of the days from `from` to `to`, both included.
fn between(points: &[Point], from: Day, to: Day) -> &[Point] {
    let start = points.partition_point(|point| point.day < from);
    let end = points.partition_point(|point| point.day <= to);
    &points[start..end.max(start)]
}
