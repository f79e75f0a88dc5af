//! Statistics of asking prices per square foot of active homes.

use super::statistics::{of_stock, statistics};
use super::{Basis, Measure, Nature, Unit};
use crate::market::{Stock, StockClass};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "list price per square foot",
    "list_price_per_area",
    "ListPrice divided by LivingArea in square feet, over active homes: of ratios, not the ratio of two statistics. Square \
     metres are converted by 10.763910416709722. Homes without a ListPrice or a positive LivingArea are excluded and \
     counted as such. For a mean, each ratio and the result are rounded to ten-thousandths, halves up.",
    "RESO Data Dictionary 2.0: ListPrice, LivingArea, LivingAreaUnits. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/twin.rs",
    Unit::MoneyPerArea,
    Nature::Stock,
    Basis::Homes {
        class: StockClass::Active,
        value: Some(Stock::ListPricePerArea),
    },
    |market, period, statistic| of_stock(market, Stock::ListPricePerArea, period, statistic)
);
