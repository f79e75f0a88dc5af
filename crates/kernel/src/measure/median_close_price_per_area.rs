//! `median_close_price_per_area`: the median price paid per square foot.

use super::median_close_price::{event_median, no_price};
use super::{Basis, Measure, Nature, OWN, Reduction, Unit, Value};
use crate::market::{EventValue, NO_VALUE, What};

pub(super) const MEASURE: Measure = Measure {
    id: "median_close_price_per_area",
    title: "Median close price per square foot",
    unit: Unit::MoneyPerArea,
    nature: Nature::Flow,
    definition: "Median (percentile_cont 0.5) over the closings of the window of ClosePrice divided by LivingArea in \
                 square feet. Closings without a ClosePrice or a positive LivingArea are excluded and counted as such.",
    variants: OWN,
    reduction: Reduction::Median,
    basis: Basis::Events {
        sorts: |_| &[What::Close],
        value: |event, placement| match event.ratio {
            NO_VALUE if event.price == NO_VALUE => Err(no_price(placement)),
            NO_VALUE => Err(Value::NO_AREA),
            bits => Ok(Value::Real(f64::from_bits(bits))),
        },
    },
    read: |market, period, _| {
        let of = EventValue::ClosePricePerArea;
        event_median(market, of, period, Value::between_bits)
    },
};
