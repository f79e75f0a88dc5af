//! `sold_above_list_share`: the share of closings above the asking price.

use super::sale_to_list::NO_RATIO;
use super::share::of_events;
use super::{Basis, Measure, Nature, OWN, Reduction, Unit, Value};
use crate::market::{BILLIONTHS, Dated, EventValue, NO_VALUE, What};

pub(super) const MEASURE: Measure = Measure {
    id: "sold_above_list_share",
    title: "Share sold above list",
    unit: Unit::Share,
    nature: Nature::Flow,
    definition: "Closings of the window with a ClosePrice above the last ListPrice before them, divided by the closings that \
                 have a sale-to-list ratio (see median_sale_to_list); n is the latter. The others are excluded and counted \
                 as such.",
    source: "Redfin Data Center: sold above list",
    denominator: "closings that have a sale-to-list ratio",
    twin: "crates/kernel/tests/it/twin.rs",
    variants: OWN,
    reduction: Reduction::Share,
    basis: Basis::Events {
        sorts: |_| &[What::SaleToList],
        value: |event, _, _| match event.price {
            NO_VALUE => Err(NO_RATIO),
            ratio => Ok(Value::either(ratio > BILLIONTHS)),
        },
    },
    read: |market, period, _| {
        let (part, whole) = (Dated::AboveList, EventValue::SaleToList);
        of_events(market, period, part, whole)
    },
};
