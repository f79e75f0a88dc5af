//! `pending_count`: homes under contract now.

use super::{Basis, Measure, Nature, OWN, Reading, Reduction, Unit};
use crate::market::StockClass;

pub(super) const MEASURE: Measure = Measure {
    id: "pending_count",
    title: "Pending homes",
    unit: Unit::Count,
    nature: Nature::Stock,
    definition: "Homes whose newest status by event time is Pending or Active Under Contract.",
    source: "RESO Data Dictionary 2.0: StandardStatus",
    denominator: "",
    twin: "crates/kernel/tests/it/twin.rs",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Homes {
        class: StockClass::Pending,
        value: None,
    },
    read: |market, _, _| Reading::count(market.stock_count(StockClass::Pending)),
};
