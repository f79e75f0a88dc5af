//! Statistics of close prices by list prices.

use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::market::{EventValue, What};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "sale-to-list ratio",
    "sale_to_list",
    "ClosePrice divided by the last ListPrice before the closing (of a listing that was first seen closed, its own), over the closings of \
     the window (see closed_count), in billionths, rounded half up though never to one where they differ. Closings where a \
     price is missing, or whose ratio is not between a half and one and a half, are excluded and counted as such.",
    "Redfin Data Center: average sale to list, which leaves out the same ratios. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/twin.rs",
    Unit::Share,
    Nature::Flow,
    Basis::Events {
        sorts: |_| &[What::SaleToList],
        value: RATIO,
    },
    |market, period, statistic| of_events(market, EventValue::SaleToList, period, statistic)
);

/// The ratio that a closing has to a list price.
pub(super) const RATIO: super::EventValue = |event, _, _| Value::ratio(event.price).ok_or(NO_RATIO);

/// Why a closing has no ratio.
pub(super) const NO_RATIO: &str =
    "no ClosePrice or no list price, or the ratio is not between 0.5 and 1.5";
