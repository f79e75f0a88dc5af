//! `/v1/markets/{id}/series` and `…/distribution`: a market's days, and the spread of its prices.

use std::collections::BTreeMap;

use anyhow::Result;
use freehold_kernel::Knowledge;
use freehold_kernel::measure::{self, Measure, Nature, Reading, Reduction, Window};
use freehold_kernel::prints::Vintage;
use freehold_kernel::time::Day;
use freehold_pipeline::books::read;
use serde_json::{Value, json};

use super::days::{at_one_position, clock_of, published, readings};
use super::lists::day_of;
use super::market::Named;
use crate::output::Cell;
use crate::query::markets::{status, status_over, value_cell};
use crate::query::{BadQuestion, check_known};
use crate::server::answer::{Answer, json_answer};
use crate::server::list::{Page, write};
use crate::server::{Asked, Server};

const COLUMNS: &[&str] = &["date", "value", "n", "n_excluded", "status"];

/// With `prints=true` also what each day said when it closed, and what is known of it now.
const COLUMNS_WITH_PRINTS: &[&str] = &[
    "date",
    "value",
    "n",
    "n_excluded",
    "status",
    "first_print",
    "known_now",
];

/// The most points of a series.
const POINTS_MAX: u64 = 2000;

/// The measure, variant and window that a request asks for.
pub(crate) fn what_of(
    asked: &Asked<'_>,
    name: &'static str,
    default: Option<&str>,
) -> Result<(&'static Measure, &'static str, Window)> {
    let id = asked
        .params
        .text(name)
        .or(default)
        .ok_or_else(|| BadQuestion::at(name, "a measure is needed; /v1/measures lists them"))?;
    let known = measure::MEASURES.iter().map(|measure| measure.id);
    check_known("measure", &[id.to_owned()], known)?;
    let measure = measure::find(id).ok_or_else(|| BadQuestion::at(name, "no such measure"))?;
    let variant = asked.params.text("variant").unwrap_or(measure.variants[0]);
    check_known(
        "variant",
        &[variant.to_owned()],
        measure.variants.iter().copied(),
    )?;
    let variant = measure
        .variants
        .iter()
        .find(|known| **known == variant)
        .copied()
        .unwrap_or(measure.variants[0]);
    let window = match asked.params.text("window") {
        None => default_window(measure),
        Some(text) => {
            let known = measure.windows().iter().map(|window| window.name());
            check_known("window", &[text.to_owned()], known)?;
            Window::parse(text).unwrap_or_else(|| default_window(measure))
        }
    };
    Ok((measure, variant, window))
}

/// The window in which a measure is shown when none is asked for.
pub(crate) fn default_window(measure: &Measure) -> Window {
    use freehold_kernel::measure::Unit;
    match (measure.nature, measure.unit) {
        (Nature::Stock, _) => Window::Now,
        (Nature::Flow, Unit::Count) => Window::Trailing30,
        (Nature::Flow, _) => Window::Trailing90,
    }
}

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let with_prints = asked.params.flag("prints");
    series(asked, what_of(asked, "measure", None)?, with_prints)
}

/// A measure, a variant and a window.
pub(super) type What = (&'static Measure, &'static str, Window);

/// The market, the first and last day, and the days that a series is asked for.
pub(super) fn asked_days(
    asked: &Asked<'_>,
    window: Window,
) -> Result<(Named, (Day, Day), Vec<Day>)> {
    let (named, today) = {
        let books = read(&asked.server.books);
        let named = Named::of(asked, &books, &asked.names[0])?;
        (named, books.engine.shards()[0].clock().today)
    };
    let to = day_of(asked, "to")?.unwrap_or(today).min(today);
    let from = day_of(asked, "from")?.unwrap_or(to.plus(-365));
    if from > to {
        return Err(BadQuestion::at("from", "the series ends before it begins"));
    }
    let points = asked.params.number("points").unwrap_or(POINTS_MAX);
    Ok((named, (from, to), days_of(window, from, to, points)))
}

/// A market's series of what is named, as published; with what each day said when it closed and what is known of it now,
/// where `with_prints`.
pub(crate) fn series(asked: &Asked<'_>, what: What, with_prints: bool) -> Result<Answer> {
    let (measure, variant, window) = what;
    let (named, _, days) = asked_days(asked, window)?;
    let read_once = || {
        let mut rows = rows(asked.server, &named, what, &days);
        if with_prints {
            add_prints(asked.server, &named, what, &days, &mut rows);
        }
        rows
    };
    let (rows, position, changed_since) = at_one_position(asked.server, &named, read_once);
    let more = json!({
        "id": named.id(), "measure": measure.id, "variant": variant, "window": window.name(),
        "segment": named.segment_name, "kind": named.kind.name(), "unit": measure.unit.name(),
        "changed_since": changed_since,
    });
    let columns = match with_prints {
        true => COLUMNS_WITH_PRINTS,
        false => COLUMNS,
    };
    write(asked, columns, Page { rows, next: None }, position, more)
}

fn rows(server: &Server, named: &Named, what: What, days: &[Day]) -> Vec<Vec<Cell>> {
    let (measure, _, window) = what;
    let published = published(server, named, what, days).into_iter();
    let rows = days
        .iter()
        .zip(published)
        .map(|(day, (reading, is_final))| {
            let status = match measure.nature {
                Nature::Stock => status(is_final),
                Nature::Flow => status_over(window.period(*day), is_final),
            };
            vec![
                Cell::text(day.to_string()),
                value_cell(reading.value),
                Cell::number(reading.n),
                Cell::number(reading.n_excluded),
                Cell::text(status),
            ]
        });
    rows.collect()
}

fn add_prints(server: &Server, named: &Named, what: What, days: &[Day], rows: &mut [Vec<Cell>]) {
    let (clock, _) = clock_of(&read(&server.books));
    let is_printed = |day: &&Day| clock.is_printed(what.2.period(**day).to);
    let printed: Vec<Day> = days.iter().filter(is_printed).copied().collect();
    let first = match printed.is_empty() {
        true => Vec::new(),
        false => readings(server, named, what, &printed, Vintage::Print(0)),
    };
    let first: BTreeMap<Day, Reading> = printed.into_iter().zip(first).collect();
    let now = readings(server, named, what, days, Vintage::Now);
    for ((day, now), row) in days.iter().zip(now).zip(rows) {
        let first = first.get(day);
        row.push(first.map_or(Cell::Empty, |first| value_cell(first.value)));
        row.push(value_cell(now.value));
    }
}

/// The days of a series: each day or month, thinned evenly where there are more than `points`.
fn days_of(window: Window, from: Day, to: Day, points: u64) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    if window == Window::Month {
        let mut month = from.month_start();
        while month <= to {
            days.push(month);
            month = month.month_end().plus(1);
        }
    } else {
        let count = (i64::from(to.0) - i64::from(from.0) + 1).max(1) as u64;
        let step = count.div_ceil(points.max(1)).max(1) as usize;
        // The last day is always there.
        days.extend((from.0..=to.0).rev().step_by(step).map(Day));
        days.reverse();
    }
    let surplus = days.len().saturating_sub(points as usize);
    days.drain(..surplus);
    days
}

/// Values that a reading rests on, as a histogram with shared edges now and at an earlier day.
pub(crate) fn distribution(asked: &Asked<'_>) -> Result<Answer> {
    let (measure, variant, window) = what_of(asked, "measure", None)?;
    if !matches!(measure.reduction, Reduction::Statistic(_)) {
        return Err(BadQuestion::at(
            "measure",
            format!(
                "{} is no statistic of values: only such have a spread",
                measure.id
            ),
        ));
    }
    let books = read(&asked.server.books);
    let named = Named::of(asked, &books, &asked.names[0])?;
    let key = named.key();
    let values = |knowledge: Knowledge, day: Day| {
        let mut values: Vec<f64> = Vec::new();
        for shard in books.engine.shards() {
            for row in shard.evidence(&key, measure, variant, window.period(day), knowledge) {
                if let Some(value) = row.value.as_f64().filter(|_| row.counted) {
                    values.extend(std::iter::repeat_n(value, row.times.max(0) as usize));
                }
            }
        }
        values.sort_by(f64::total_cmp);
        values
    };
    let moment = asked.moment(&books, "as_of")?;
    let then = asked.moment(&books, "then")?;
    let now = values(moment.knowledge(), moment.today);
    let then = then.past_day().map(|day| values(then.knowledge(), day));
    let position = books.engine.position();
    drop(books);
    let all = || now.iter().chain(then.iter().flatten()).copied();
    let bins = asked.params.number("bins").unwrap_or(40) as usize;
    // The middle 98 % decides the edges: one mansion would press all others into one bin.
    let mut sorted: Vec<f64> = all().collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = sorted.len().saturating_sub(1) as f64;
        sorted
            .get((last * share).round() as usize)
            .copied()
            .unwrap_or(0.0)
    };
    let (low, high) = (at(0.01), at(0.99));
    let width = if high > low {
        (high - low) / bins as f64
    } else {
        1.0
    };
    let edges: Vec<f64> = (0..=bins).map(|bin| low + width * bin as f64).collect();
    let histogram = |values: &[f64]| {
        let mut counts = vec![0u64; bins];
        let (mut below, mut above) = (0u64, 0u64);
        for value in values {
            match ((value - low) / width).floor() {
                bin if bin < 0.0 => below += 1,
                bin if *value <= high => counts[(bin as usize).min(bins - 1)] += 1,
                _ => above += 1,
            }
        }
        json!({"n": values.len(), "low": values.first(), "high": values.last(), "counts": counts, "below": below, "above": above})
    };
    let then: Option<Value> = then.as_deref().map(histogram);
    Ok(json_answer(&json!({
        "position": position, "as_of": asked.params.text("as_of"), "id": named.id(), "measure": measure.id, "unit": measure.unit.name(),
        "edges": edges, "now": histogram(&now), "then": then,
    })))
}
