//! A market's readings day by day: as published, by what is known now, or as each day was printed. The books are let go between
//! slices of homes, so that a long series does not hold up the next epoch.

use std::ops::Range;

use freehold_kernel::Shard;
use freehold_kernel::clock::Clock;
use freehold_kernel::field::Kind;
use freehold_kernel::market::MarketReader;
use freehold_kernel::measure::{Basis, Measure, Nature, Part, Period, Reading, Window};
use freehold_kernel::prints::{FlowPrints, Vintage};
use freehold_kernel::stock::{StockHomes, StockSeries, StockSpan};
use freehold_kernel::time::Day;
use freehold_pipeline::books::{Books, read};

use super::market::Named;
use super::series::What;
use crate::server::Server;

/// Listings that are looked at before the books are let go for the next epoch.
const LISTINGS_AT_ONCE: u32 = 4096;

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

/// Calls `each` with slices of every shard's listings and the homes of `kind`, in one area or everywhere.
fn each_slice(
    server: &Server,
    kind: Kind,
    area: Option<(u8, &str)>,
    each: &mut dyn FnMut(&Shard, &StockHomes, Range<u32>),
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
            each(shard, &shard.stock_homes(kind, area), next..end);
            next = end;
        }
    }
}

/// Calls `each` with every stock span of homes of `kind`, in one area or everywhere.
pub(crate) fn each_stock_span(
    server: &Server,
    kind: Kind,
    area: Option<(u8, &str)>,
    vintage: Vintage,
    each: &mut dyn FnMut(&Shard, &StockSpan),
) {
    each_slice(server, kind, area, &mut |shard, homes, numbers| {
        shard.stock_spans(homes, vintage, numbers, &mut |span| each(shard, span));
    });
}

/// Readings as published, and whether they are final: final days by what was known when they became final, others by what is
/// known now.
pub(super) fn published(
    server: &Server,
    named: &Named,
    what: What,
    days: &[Day],
) -> Vec<(Reading, bool)> {
    let (measure, variant, window) = what;
    if measure.nature == Nature::Stock {
        let stretches = stretches(server, days);
        let readings = stretches.into_iter().map(|(vintage, days)| {
            let readings = readings(server, named, what, &days, vintage);
            let dated = days.into_iter().zip(readings);
            dated.map(move |(day, reading)| (day, (reading, vintage != Vintage::Now)))
        });
        let mut found: Vec<_> = readings.flatten().collect();
        found.sort_unstable_by_key(|(day, _)| *day);
        return found.into_iter().map(|(_, published)| published).collect();
    }
    let books = read(&server.books);
    let (clock, horizon) = clock_of(&books);
    let view = books.engine.view();
    let market = named.reader(&view).with_day_sums();
    let periods = days.iter().map(|day| window.period(*day));
    let readings = periods.map(|period| {
        let is_final = period.as_final && clock.is_final(period.to, horizon);
        ((measure.read)(&market, period, variant), is_final)
    });
    readings.collect()
}

/// The days whose stock is final, and those whose stock is not, each with the vintage by which they are published.
pub(crate) fn stretches(server: &Server, days: &[Day]) -> Vec<(Vintage, Vec<Day>)> {
    let (clock, horizon) = clock_of(&read(&server.books));
    let is_final = |day: &Day| clock.is_final(*day, horizon);
    let (finals, others): (Vec<Day>, Vec<Day>) = days.iter().partition(|day| is_final(day));
    let stretches = [(Vintage::Print(horizon), finals), (Vintage::Now, others)];
    let some = stretches.into_iter().filter(|(_, days)| !days.is_empty());
    some.collect()
}

/// The books' clock, and after how many days a closed day is final.
pub(super) fn clock_of(books: &Books) -> (Clock, u32) {
    let clock = *books.engine.shards()[0].clock();
    (clock, books.engine.plan().horizon_days)
}

/// Readings of a measure for each day, in order, by one vintage.
pub(super) fn readings(
    server: &Server,
    named: &Named,
    (measure, variant, window): What,
    days: &[Day],
    vintage: Vintage,
) -> Vec<Reading> {
    if measure.nature == Nature::Stock {
        return stock_readings(server, named, (measure, variant), days, vintage);
    }
    let periods: Vec<Period> = days.iter().map(|day| window.period(*day)).collect();
    flow_readings(server, named, (measure, variant), &periods, vintage)
}

/// Readings of what happened in each period, by what was known when its last day was printed.
fn flow_readings(
    server: &Server,
    named: &Named,
    (measure, variant): (&'static Measure, &'static str),
    periods: &[Period],
    vintage: Vintage,
) -> Vec<Reading> {
    if vintage == Vintage::Now {
        let books = read(&server.books);
        let view = books.engine.view();
        let market = named.reader(&view).with_day_sums();
        let readings = periods.iter();
        let readings = readings.map(|period| as_known_now(&market, measure, *period, variant));
        return readings.collect();
    }
    let mut prints = FlowPrints::of(named.key(), (measure, variant), periods.to_vec());
    let area = Some((named.level, named.area.as_str()));
    each_slice(server, named.kind, area, &mut |shard, homes, numbers| {
        prints.add(shard, homes, numbers);
    });
    prints.readings(vintage)
}

/// Readings of a stock measure at the end of each day.
fn stock_readings(
    server: &Server,
    named: &Named,
    (measure, variant): (&'static Measure, &'static str),
    days: &[Day],
    vintage: Vintage,
) -> Vec<Reading> {
    if let Basis::Quotient { of } = measure.basis {
        let quotient = of(variant);
        let above = part_readings(server, named, quotient.above, days, vintage);
        let below = part_readings(server, named, quotient.below, days, vintage);
        let parts = above.into_iter().zip(below);
        return parts
            .map(|(above, below)| quotient.of(above, below))
            .collect();
    }
    let mut series = StockSeries::new(days.to_vec());
    let area = Some((named.level, named.area.as_str()));
    each_stock_span(server, named.kind, area, vintage, &mut |_, span| {
        if named.segment.holds(span.tag) {
            series.add(span);
        }
    });
    series.readings(measure).unwrap_or_default()
}

/// Readings of a part of a quotient, as the whole is read at the end of each day.
fn part_readings(
    server: &Server,
    named: &Named,
    part: Part,
    days: &[Day],
    vintage: Vintage,
) -> Vec<Reading> {
    let named = Named {
        kind: part.kind.unwrap_or(named.kind),
        ..named.clone()
    };
    let what = (part.measure, part.variant);
    if part.days.is_none() {
        return stock_readings(server, &named, what, days, vintage);
    }
    let periods = days.iter().map(|day| part.period(Window::Now.period(*day)));
    let periods: Vec<Period> = periods.collect();
    flow_readings(server, &named, what, &periods, vintage)
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
