//! `/v1/markets/{id}/series` and `…/distribution`: a market's days, and the spread of its prices.

use anyhow::Result;
use freehold_kernel::Shard;
use freehold_kernel::field::Kind;
use freehold_kernel::market::MarketReader;
use freehold_kernel::measure::{
    self, Basis, Measure, Nature, Part, Period, Reading, Reduction, Window,
};
use freehold_kernel::stock::{StockSeries, StockSpan};
use freehold_kernel::time::Day;
use freehold_pipeline::books::read;
use serde_json::{Value, json};

use super::lists::day_of;
use super::market::Named;
use crate::output::Cell;
use crate::query::markets::{status, status_over, value_cell};
use crate::query::{BadQuestion, check_known};
use crate::server::answer::{Answer, json_answer};
use crate::server::list::{Page, write};
use crate::server::{Asked, Server};

const COLUMNS: &[&str] = &["date", "value", "n", "n_excluded", "status", "first_print"];

/// The most points of a series.
const POINTS_MAX: u64 = 2000;

/// Listings that are looked at before the books are let go for the next epoch.
const LISTINGS_AT_ONCE: u32 = 4096;

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
    series(asked, what_of(asked, "measure", None)?)
}

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

/// A market's series of what is named.
pub(crate) fn series(asked: &Asked<'_>, (measure, variant, window): What) -> Result<Answer> {
    let (named, _, days) = asked_days(asked, window)?;
    let read_once = || {
        if measure.nature == Nature::Stock {
            stock_rows(asked.server, &named, (measure, variant), &days)
        } else {
            flow_rows(asked.server, &named, (measure, variant, window), &days)
        }
    };
    let (rows, position, changed_since) = at_one_position(asked.server, &named, read_once);
    let more = json!({
        "id": named.id(), "measure": measure.id, "variant": variant, "window": window.name(),
        "segment": named.segment_name, "kind": named.kind.name(), "unit": measure.unit.name(),
        "changed_since": changed_since,
    });
    write(asked, COLUMNS, Page { rows, next: None }, position, more)
}

/// How often a series is read again because its market changed meanwhile.
const READ_AGAIN: usize = 2;

/// Reads a market in several looks at the books, until it did not change from the first to the last: what was read, and
/// the position that it is right for. Of a market that never rests, the last attempt with the position before it, too.
pub(super) fn at_one_position<T>(
    server: &Server,
    named: &Named,
    mut read_once: impl FnMut() -> T,
) -> (T, u64, Option<u64>) {
    let seen = || {
        let books = read(&server.books);
        let market = named.reader(&books.engine.view());
        (books.engine.position(), market.updates_and_revision())
    };
    let mut before = seen();
    let mut again = 0;
    loop {
        let found = read_once();
        let after = seen();
        if after.1 == before.1 {
            return (found, after.0, None);
        }
        if again == READ_AGAIN {
            return (found, after.0, Some(before.0));
        }
        again += 1;
        before = after;
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

/// Calls `each` with every stock span of homes of `kind`, in one area or everywhere. The books are let go between
/// slices of homes, so that a long series does not hold up the next epoch.
pub(crate) fn each_stock_span(
    server: &Server,
    kind: Kind,
    area: Option<(u8, &str)>,
    each: &mut dyn FnMut(&Shard, &StockSpan),
) {
    let shard_count = read(&server.books).engine.shards().len();
    for number in 0..shard_count {
        let mut next = 0;
        loop {
            let books = read(&server.books);
            let shard = &books.engine.shards()[number];
            let count = shard.listings().len() as u32;
            if next >= count {
                break;
            }
            let end = count.min(next + LISTINGS_AT_ONCE);
            let homes = shard.stock_homes(kind, area);
            shard.stock_spans(&homes, next..end, &mut |span| each(shard, span));
            next = end;
        }
    }
}

/// Readings of a measure for each day, by what is known now.
pub(super) fn readings(
    server: &Server,
    named: &Named,
    (measure, variant, window): What,
    days: &[Day],
) -> Vec<Reading> {
    if measure.nature == Nature::Stock {
        return stock_readings(server, named, (measure, variant), days);
    }
    flow_readings(server, named, days, &|market, day| {
        as_known_now(market, measure, window.period(day), variant)
    })
}

/// What is read of a market for each day.
fn flow_readings(
    server: &Server,
    named: &Named,
    days: &[Day],
    read_day: &dyn Fn(&MarketReader<'_>, Day) -> Reading,
) -> Vec<Reading> {
    let books = read(&server.books);
    let view = books.engine.view();
    let market = named.reader(&view).with_day_sums();
    days.iter().map(|day| read_day(&market, *day)).collect()
}

/// Readings of a stock measure at the end of each day, by what is known now.
fn stock_readings(
    server: &Server,
    named: &Named,
    (measure, variant): (&Measure, &str),
    days: &[Day],
) -> Vec<Reading> {
    if let Basis::Quotient { of } = measure.basis {
        let quotient = of(variant);
        let above = part_readings(server, named, quotient.above, days);
        let below = part_readings(server, named, quotient.below, days);
        let parts = above.into_iter().zip(below);
        return parts
            .map(|(above, below)| quotient.of(above, below))
            .collect();
    }
    let mut series = StockSeries::new(days.to_vec());
    let area = Some((named.level, named.area.as_str()));
    each_stock_span(server, named.kind, area, &mut |_, span| {
        if named.segment.holds(span.tag) {
            series.add(span);
        }
    });
    series.readings(measure).unwrap_or_default()
}

/// Readings of a part of a quotient, as the whole is read at the end of each day.
fn part_readings(server: &Server, named: &Named, part: Part, days: &[Day]) -> Vec<Reading> {
    let named = Named {
        kind: part.kind.unwrap_or(named.kind),
        ..named.clone()
    };
    if part.days.is_none() {
        return stock_readings(server, &named, (part.measure, part.variant), days);
    }
    flow_readings(server, &named, days, &|market, day| {
        let period = part.period(Window::Now.period(day));
        (part.measure.read)(market, period, part.variant)
    })
}

fn stock_rows(
    server: &Server,
    named: &Named,
    what: (&Measure, &str),
    days: &[Day],
) -> Vec<Vec<Cell>> {
    let readings = stock_readings(server, named, what, days);
    let books = read(&server.books);
    let clock = books.engine.shards()[0].clock();
    let horizon = books.engine.plan().horizon_days;
    let rows = days.iter().zip(readings).map(|(day, reading)| {
        // Stored points of closed days come with the series; until then a day's stock is what is known now.
        let status = status(clock.is_final(*day, horizon));
        row(*day, reading, status, None)
    });
    rows.collect()
}

fn flow_rows(
    server: &Server,
    named: &Named,
    (measure, variant, window): (&Measure, &'static str, Window),
    days: &[Day],
) -> Vec<Vec<Cell>> {
    let books = read(&server.books);
    let view = books.engine.view();
    let market = named.reader(&view).with_day_sums();
    let clock = books.engine.shards()[0].clock();
    let horizon = books.engine.plan().horizon_days;
    let rows = days.iter().map(|day| {
        let period = window.period(*day);
        let is_final = period.as_final && clock.is_final(period.to, horizon);
        let reading = (measure.read)(&market, period, variant);
        let first = is_final.then_some(reading);
        let now = if is_final {
            as_known_now(&market, measure, period, variant)
        } else {
            reading
        };
        row(*day, now, status_over(period, is_final), first)
    });
    rows.collect()
}

/// A final period by what is known now.
pub(crate) fn as_known_now(
    market: &MarketReader<'_>,
    measure: &Measure,
    period: Period,
    variant: &str,
) -> Reading {
    let period = Period {
        as_final: false,
        ..period
    };
    (measure.read)(market, period, variant)
}

fn row(day: Day, reading: Reading, status: &'static str, first: Option<Reading>) -> Vec<Cell> {
    vec![
        Cell::text(day.to_string()),
        value_cell(reading.value),
        Cell::number(reading.n),
        Cell::number(reading.n_excluded),
        Cell::text(status),
        first.map_or(Cell::Empty, |first| value_cell(first.value)),
    ]
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
    let values = |as_of: Option<freehold_kernel::AsOf>, day: Day| {
        let mut values: Vec<f64> = Vec::new();
        for shard in books.engine.shards() {
            for row in shard.evidence(&key, measure, variant, window.period(day), as_of) {
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
    let now = values(moment.as_of, moment.today);
    let then = then.past_day().map(|day| values(then.as_of, day));
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
