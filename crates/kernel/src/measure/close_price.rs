//! Statistics of prices paid.

use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::home::Placement;
use crate::market::{EventValue, NO_VALUE, What};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "close price",
    "close_price",
    "ClosePrice over the closings of the window (see closed_count). Closings without a ClosePrice, parking, boat slips and \
     timeshares are excluded and counted as such. A mean is rounded to the cent, halves up.",
    "RESO Data Dictionary 2.0: ClosePrice, CloseDate. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/twin.rs",
    Unit::Money,
    Nature::Flow,
    Basis::Events {
        sorts: |_| &[What::Close],
        value: |event, placement, _| match event.price {
            NO_VALUE => Err(no_price(placement)),
            cents => Ok(Value::cents(cents)),
        },
    },
    |market, period, statistic| of_events(market, EventValue::ClosePrice, period, statistic)
);

/// Why a closing has no price that may be compared.
pub(super) fn no_price(placement: Option<&Placement>) -> &'static str {
    match placement {
        Some(placement) => placement.comparable.reason().unwrap_or("no ClosePrice"),
        None => "no ClosePrice that may be compared",
    }
}
