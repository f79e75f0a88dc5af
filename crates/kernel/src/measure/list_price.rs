//! Statistics of asking prices of active homes.

use super::statistics::{of_stock, statistics};
use super::{Basis, Measure, Nature, Unit};
use crate::market::{Stock, StockClass};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "list price",
    "list_price",
    "ListPrice over active homes, monthly rent for leases. Homes without a ListPrice, parking, boat slips and timeshares \
     are excluded and counted as such. A mean is rounded to the cent, halves up.",
    "RESO Data Dictionary 2.0: ListPrice. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/twin.rs",
    Unit::Money,
    Nature::Stock,
    Basis::Homes {
        class: StockClass::Active,
        value: Some(Stock::ListPrice),
    },
    |market, period, statistic| of_stock(market, Stock::ListPrice, period, statistic)
);
