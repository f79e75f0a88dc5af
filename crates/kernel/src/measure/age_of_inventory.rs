//! Statistics of how long active homes have been on the market.

use super::statistics::{of_stock, statistics};
use super::{Basis, Measure, Nature, Unit};
use crate::market::{Stock, StockClass};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "age of inventory",
    "age_of_inventory",
    "the days from the start of the marketing episode (see new_listings) to the market's local day, over active homes. Homes \
     whose start is not known are excluded and counted as such. A mean is rounded to tenths of a day, halves up.",
    "Redfin Data Center: age of inventory. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/durations.rs",
    Unit::Days,
    Nature::Stock,
    Basis::Homes {
        class: StockClass::Active,
        value: Some(Stock::Age),
    },
    |market, period, statistic| of_stock(market, Stock::Age, period, statistic)
);
