//! Statistics of prices paid per square foot.

use super::close_price::no_price;
use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::market::{EventValue, NO_VALUE, What};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "close price per square foot",
    "close_price_per_area",
    "ClosePrice divided by LivingArea in square feet, over the closings of the window. Closings without a ClosePrice or a \
     positive LivingArea are excluded and counted as such. For a mean, each ratio and the result are rounded to \
     ten-thousandths, halves up.",
    "RESO Data Dictionary 2.0: ClosePrice, LivingArea, LivingAreaUnits. Quantiles as percentile_cont of SQL:2003",
    "tests/recount/recount.py",
    Unit::MoneyPerArea,
    Nature::Flow,
    Basis::Events {
        sorts: |_| &[What::Close],
        value: |event, placement, _| match event.ratio {
            NO_VALUE if event.price == NO_VALUE => Err(no_price(placement)),
            NO_VALUE => Err(Value::NO_AREA),
            bits => Ok(Value::Real(f64::from_bits(bits))),
        },
    },
    |market, period, statistic| of_events(market, EventValue::ClosePricePerArea, period, statistic)
);
