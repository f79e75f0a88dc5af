//! `/v1/markets/{id}/trends`: what a market's series says beside its points: moving averages, trend, change since a month and a
//! year ago, and the value without its season.

use anyhow::Result;
use freehold_kernel::measure::{Measure, Nature, Reading, Unit, Window};
use freehold_kernel::series::{
    Back, Change, Point, change, moving_average, seasonally_adjusted, trend,
};
use freehold_kernel::time::Day;
use serde_json::json;

use super::days::{at_one_position, published};
use super::series::{asked_days, what_of};
use crate::output::Cell;
use crate::query::markets::value_cell;
use crate::server::Asked;
use crate::server::answer::Answer;
use crate::server::list::{Page, write};

const COLUMNS: &[&str] = &[
    "date",
    "value",
    "n",
    "ma7",
    "ma7_days",
    "ma28",
    "ma28_days",
    "ma30",
    "ma30_days",
    "ma90",
    "ma90_days",
    "ma365",
    "ma365_days",
    "trend",
    "trend_low",
    "trend_high",
    "trend_days",
    "trend_reason",
    "mom",
    "mom_reason",
    "yoy",
    "yoy_reason",
    "adjusted",
    "adjusted_reason",
];

/// The windows of moving averages, in days.
const AVERAGES: [u32; 5] = [7, 28, 30, 90, 365];

/// Days before the first that is shown which the last of these operators looks at.
const LOOK_BACK_DAYS: i32 = 366;

/// Months of which a season is found.
const SEASON_MONTHS: usize = 120;

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let what = what_of(asked, "measure", None)?;
    let (measure, variant, window) = what;
    let (named, (from, to), days) = asked_days(asked, window)?;
    let months = months_of(measure, window, to);
    let all = all_days(window, from, to, &months);
    let read_once = || published(asked.server, &named, what, &all);
    let (found, position, changed_since) = at_one_position(asked.server, &named, read_once);
    let found: Vec<Reading> = found.into_iter().map(|(reading, _)| reading).collect();
    let points = points_of(&all, &found);
    let seasons = Seasons::of(&points, &months);
    let rows = days
        .iter()
        .map(|day| row(&points, &found, *day, (measure, window), &seasons));
    let rows = rows.collect();
    let more = json!({
        "id": named.id(), "measure": measure.id, "variant": variant, "window": window.name(),
        "segment": named.segment_name, "kind": named.kind.name(), "unit": measure.unit.name(),
        "change_unit": if measure.unit == Unit::Share { "pp" } else { "%" }, "trend_unit": "% a month",
        "changed_since": changed_since,
    });
    write(asked, COLUMNS, Page { rows, next: None }, position, more)
}

/// The days whose points stand for months, up to the month of `to`: of a stock the last day of each, of a monthly flow its
/// first. None of what is read over trailing days, where a month holds more than itself.
fn months_of(measure: &Measure, window: Window, to: Day) -> Vec<Day> {
    let is_stock = measure.nature == Nature::Stock;
    if !is_stock && window != Window::Month {
        return Vec::new();
    }
    let mut months = Vec::with_capacity(SEASON_MONTHS);
    let mut month = to.month_start();
    for _ in 0..SEASON_MONTHS {
        months.push(if is_stock {
            month.month_end().min(to)
        } else {
            month
        });
        month = month.plus(-1).month_start();
    }
    months.reverse();
    months
}

/// Every day that is looked at, in order.
fn all_days(window: Window, from: Day, to: Day, months: &[Day]) -> Vec<Day> {
    let mut all = months.to_vec();
    if window == Window::Month {
        let mut month = from.plus(-LOOK_BACK_DAYS).month_start();
        while month <= to {
            all.push(month);
            month = month.month_end().plus(1);
        }
    } else {
        all.extend((from.0.saturating_sub(LOOK_BACK_DAYS)..=to.0).map(Day));
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn points_of(days: &[Day], readings: &[Reading]) -> Vec<Point> {
    let points = days.iter().zip(readings).map(|(day, reading)| Point {
        day: *day,
        value: reading.value.as_f64(),
        n: reading.n,
    });
    points.collect()
}

/// What each month's value becomes without its season, as a factor.
struct Seasons(Result<Vec<(Day, f64)>, &'static str>);

impl Seasons {
    fn of(points: &[Point], months: &[Day]) -> Self {
        if months.is_empty() {
            return Self(Err("seasons are of months: ask for window=month"));
        }
        let of_months = points
            .iter()
            .filter(|point| months.binary_search(&point.day).is_ok());
        // A market begins somewhere.
        let known: Vec<Point> = of_months
            .copied()
            .skip_while(|point| point.n == 0)
            .collect();
        Self(seasonally_adjusted(&known).map(|adjusted| {
            let factors = known.iter().zip(adjusted);
            let factors = factors.map(|(point, value)| {
                (
                    point.day.month_start(),
                    value / point.value.unwrap_or(value),
                )
            });
            factors.collect()
        }))
    }

    fn adjust(&self, day: Day, value: Option<f64>) -> Change {
        let factors = self.0.as_ref().map_err(|reason| *reason)?;
        let value = value.ok_or("no value")?;
        let month = day.month_start();
        let at = factors.binary_search_by_key(&month, |(month, _)| *month);
        let at = at.map_err(|_| "before the first month")?;
        Ok(value * factors[at].1)
    }
}

fn row(
    points: &[Point],
    readings: &[Reading],
    day: Day,
    (measure, window): (&Measure, Window),
    seasons: &Seasons,
) -> Vec<Cell> {
    let number = |value: Option<f64>| Cell::optional(value);
    let at = points.binary_search_by_key(&day, |point| point.day).ok();
    let value = at.and_then(|at| points[at].value);
    let mut cells = vec![
        Cell::text(day.to_string()),
        at.map_or(Cell::Empty, |at| value_cell(readings[at].value)),
        Cell::number(at.map_or(0, |at| readings[at].n)),
    ];
    let is_daily = window != Window::Month;
    for days in AVERAGES {
        let mean = is_daily.then(|| moving_average(points, day, days));
        cells.push(number(mean.and_then(|mean| mean.value)));
        cells.push(mean.map_or(Cell::Empty, |mean| Cell::number(mean.days)));
    }
    let trend = match is_daily {
        true => trend(points, day),
        false => Err("a trend is of days, not of months"),
    };
    let found = trend.as_ref().ok();
    cells.push(number(found.map(|trend| trend.value)));
    cells.push(number(found.map(|trend| trend.spread.0)));
    cells.push(number(found.map(|trend| trend.spread.1)));
    cells.push(found.map_or(Cell::Empty, |trend| Cell::number(trend.points)));
    cells.push(trend.err().map_or(Cell::Empty, Cell::text));
    let changes = [Back::Month, Back::Year].map(|back| change(points, day, back, measure.unit));
    for said in changes.into_iter().chain([seasons.adjust(day, value)]) {
        cells.push(number(said.ok()));
        cells.push(said.err().map_or(Cell::Empty, Cell::text));
    }
    cells
}
