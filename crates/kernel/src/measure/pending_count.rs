//! `pending_count`: homes under contract now.

use super::{Basis, Measure, Nature, OWN, Reading, Reduction, Unit};
use crate::market::StockClass;

pub(super) const MEASURE: Measure = Measure {
    id: "pending_count",
    title: "Pending homes",
    unit: Unit::Count,
    nature: Nature::Stock,
    definition: "Homes whose newest status by event time is Pending or Active Under Contract.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Homes {
        class: StockClass::Pending,
        value: None,
    },
    read: |market, _, _| Reading::count(market.stock_count(StockClass::Pending)),
};
