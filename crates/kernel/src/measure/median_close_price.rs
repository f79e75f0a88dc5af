//! `median_close_price`: the median price paid.

use super::{Basis, Measure, Nature, OWN, Period, Reading, Reduction, Unit, Value};
use crate::home::Placement;
use crate::market::{EventKey, MarketReader, NO_VALUE, Quantile, Ranks, What, pick};

pub(super) const MEASURE: Measure = Measure {
    id: "median_close_price",
    title: "Median close price",
    unit: Unit::Money,
    nature: Nature::Flow,
    definition: "Median (percentile_cont 0.5) of ClosePrice over the closings of the window (see closed_count). \
                 Closings without a ClosePrice, parking, boat slips and timeshares are excluded and counted as such.",
    variants: OWN,
    reduction: Reduction::Median,
    basis: Basis::Events {
        sorts: |_| &[What::Close],
        value: |event, placement| match event.price {
            NO_VALUE => Err(no_price(placement)),
            cents => Ok(Value::cents(cents)),
        },
    },
    read: |market, period, _| {
        let value = |low, high, ranks| Value::between(low, high, ranks, 100);
        event_median(market, What::Close, period, |event| event.price, value)
    },
};

/// Why a closing has no price that may be compared.
pub(super) fn no_price(placement: Option<&Placement>) -> &'static str {
    match placement {
        Some(placement) if !placement.comparable => Value::NOT_COMPARABLE,
        Some(_) => "no ClosePrice",
        None => "no ClosePrice that may be compared",
    }
}

/// The median of a value of the events of a period.
pub(super) fn event_median(
    market: &MarketReader<'_>,
    what: What,
    period: Period,
    of: impl Fn(&EventKey) -> u64,
    value: fn(u64, u64, Ranks) -> Value,
) -> Reading {
    // Counts after finality may be negative: values are added and taken back before one is chosen.
    let mut counted: Vec<(u64, i64)> = Vec::new();
    let mut n_excluded = 0i64;
    market.events(
        what,
        period.days(),
        period.as_final,
        &mut |event, count| match of(event) {
            NO_VALUE => n_excluded += count,
            key => counted.push((key, count)),
        },
    );
    let mut values = Vec::with_capacity(counted.len());
    if counted.iter().any(|(_, count)| *count < 0) {
        counted.sort_unstable_by_key(|entry| entry.0);
        for same in counted.chunk_by(|left, right| left.0 == right.0) {
            let count: i64 = same.iter().map(|entry| entry.1).sum();
            values.extend(std::iter::repeat_n(
                same[0].0,
                usize::try_from(count).unwrap_or(0),
            ));
        }
    } else {
        for (key, count) in counted {
            values.extend(std::iter::repeat_n(
                key,
                usize::try_from(count).unwrap_or(0),
            ));
        }
    }
    let (n, found) = pick(&mut values, Quantile::MEDIAN);
    Reading {
        value: found.map_or(Value::Absent, |(low, high, ranks)| value(low, high, ranks)),
        n,
        n_excluded: u64::try_from(n_excluded).unwrap_or(0),
    }
}
