//! `median_list_price_per_area`: the median asking price per square foot of active homes.

use super::median_list_price::stock_quantile;
use super::{Basis, Measure, Nature, OWN, Reduction, Unit, Value};
use crate::market::{Stock, StockClass};

pub(super) const MEASURE: Measure = Measure {
    id: "median_list_price_per_area",
    title: "Median list price per square foot",
    unit: Unit::MoneyPerArea,
    nature: Nature::Stock,
    definition: "Median (percentile_cont 0.5) over active homes of ListPrice divided by LivingArea in square feet: \
                 the median of ratios, not the ratio of medians. Square metres are converted by 10.763910416709722. \
                 Homes without a ListPrice or a positive LivingArea are excluded and counted as such.",
    variants: OWN,
    reduction: Reduction::Median,
    basis: Basis::Homes {
        class: StockClass::Active,
        value: Some(Stock::ListPricePerArea),
    },
    read: |market, _, _| stock_quantile(market, Stock::ListPricePerArea, Value::between_bits),
};
