//! `median_close_price`: the median price paid.

use super::{Basis, Measure, Nature, OWN, Period, Reading, Reduction, Unit, Value};
use crate::home::Placement;
use crate::market::{EventValue, MarketReader, NO_VALUE, Quantile, Ranks, What};

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
        event_median(market, EventValue::ClosePrice, period, value)
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
    of: EventValue,
    period: Period,
    value: fn(u64, u64, Ranks) -> Value,
) -> Reading {
    let (n, n_excluded, found) =
        market.event_quantile(of, period.days(), period.as_final, Quantile::MEDIAN);
    Reading {
        value: found.map_or(Value::Absent, |(low, high, ranks)| value(low, high, ranks)),
        n,
        n_excluded,
    }
}
