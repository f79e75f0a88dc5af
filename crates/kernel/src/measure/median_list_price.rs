//! `median_list_price`: the median asking price of active homes.

use super::{Basis, Measure, Nature, OWN, Reading, Reduction, Unit, Value};
use crate::market::{MarketReader, Quantile, Stock, StockClass};

pub(super) const MEASURE: Measure = Measure {
    id: "median_list_price",
    title: "Median list price",
    unit: Unit::Money,
    nature: Nature::Stock,
    definition: "Median (percentile_cont 0.5) of ListPrice over active homes, monthly rent for leases. \
                 Homes without a ListPrice, parking, boat slips and timeshares are excluded and counted as such.",
    variants: OWN,
    reduction: Reduction::Median,
    basis: Basis::Homes {
        class: StockClass::Active,
        value: Some(Stock::ListPrice),
    },
    read: |market, _, _| {
        stock_quantile(market, Stock::ListPrice, |low, high, ranks| {
            Value::between(low, high, ranks, 100)
        })
    },
};

/// The median of a stock value over active homes.
pub(super) fn stock_quantile(
    market: &MarketReader<'_>,
    stock: Stock,
    value: fn(u64, u64, crate::market::Ranks) -> Value,
) -> Reading {
    let (n, found) = market.stock_quantile(stock, Quantile::MEDIAN);
    let active = market.stock_count(StockClass::Active);
    Reading {
        value: found.map_or(Value::Absent, |(low, high, ranks)| value(low, high, ranks)),
        n,
        n_excluded: active.saturating_sub(n),
    }
}
