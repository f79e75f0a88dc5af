//! The statistics of one quantity: its median, mean, outer deciles and quartiles are measures each, over the same values.

use super::{Period, Reading, Statistic, Value};
use crate::market::{EventValue, MarketReader, Quantile, Stock, StockClass};

/// The statistics of a quantity as measures: what it is called, its part of their ids, over which values it is taken, the
/// source of that and its slow twin; then their unit, nature and basis, and how one is read.
macro_rules! statistics {
    ($noun:literal, $id:literal, $values:literal, $source:literal, $twin:literal, $unit:expr, $nature:expr, $basis:expr, $read:expr) => {{
        use crate::market::Quantile::{Median, P10, P25, P75, P90};
        use crate::measure::Statistic::{Mean, Quantile};
        macro_rules! measure {
            ($title:literal, $prefix:literal, $words:literal, $statistic:expr) => {
                $crate::measure::Measure {
                    id: concat!($prefix, "_", $id),
                    title: concat!($title, " ", $noun),
                    unit: $unit,
                    nature: $nature,
                    definition: concat!($words, " of ", $values),
                    source: $source,
                    denominator: "",
                    twin: $twin,
                    variants: $crate::measure::OWN,
                    reduction: $crate::measure::Reduction::Statistic($statistic),
                    basis: $basis,
                    read: |market, period, _| ($read)(market, period, $statistic),
                }
            };
        }
        [
            measure!(
                "Median",
                "median",
                "Median (percentile_cont 0.5)",
                Quantile(Median)
            ),
            measure!("Mean", "mean", "Mean", Mean),
            measure!(
                "10th percentile of",
                "p10",
                "10th percentile (percentile_cont 0.1)",
                Quantile(P10)
            ),
            measure!(
                "Lower quartile of",
                "p25",
                "25th percentile (percentile_cont 0.25)",
                Quantile(P25)
            ),
            measure!(
                "Upper quartile of",
                "p75",
                "75th percentile (percentile_cont 0.75)",
                Quantile(P75)
            ),
            measure!(
                "90th percentile of",
                "p90",
                "90th percentile (percentile_cont 0.9)",
                Quantile(P90)
            ),
        ]
    }};
}

pub(super) use statistics;

/// The first of [`statistics`].
pub(super) const MEDIAN: Statistic = Statistic::Quantile(Quantile::Median);

/// A statistic of a value of active homes.
pub(super) fn of_stock(
    market: &MarketReader<'_>,
    stock: Stock,
    period: Period,
    statistic: Statistic,
) -> Reading {
    let (n, value) = match statistic {
        Statistic::Mean => {
            let (n, sum) = market.stock_sum(stock);
            (n, Value::mean_of_stock(stock, sum, n, period.to))
        }
        Statistic::Quantile(quantile) => {
            let (n, found) = market.stock_quantile(stock, quantile);
            (n, Value::of_stock(stock, found, period.to))
        }
    };
    let active = market.stock_count(StockClass::Active);
    Reading {
        value,
        n,
        n_excluded: active.saturating_sub(n),
    }
}

/// A statistic of a value of the events of a period.
pub(super) fn of_events(
    market: &MarketReader<'_>,
    of: EventValue,
    period: Period,
    statistic: Statistic,
) -> Reading {
    match statistic {
        Statistic::Mean => {
            let (n, n_excluded, sum) = market.event_sum(of, period.days(), period.as_final);
            Reading {
                value: Value::mean(sum, n, of.wholes()),
                n,
                n_excluded,
            }
        }
        Statistic::Quantile(quantile) => quantile_of_events(market, of, period, quantile, u64::MAX),
    }
}

/// A quantile of the values up to `most` of the events of a period; greater ones are excluded, and counted as such.
pub(super) fn quantile_of_events(
    market: &MarketReader<'_>,
    of: EventValue,
    period: Period,
    quantile: Quantile,
    most: u64,
) -> Reading {
    let (days, as_final) = (period.days(), period.as_final);
    let (n, n_excluded, found) = market.event_quantile(of, days, as_final, quantile, most);
    Reading {
        value: Value::at_ranks(found, of.scale()),
        n,
        n_excluded,
    }
}
