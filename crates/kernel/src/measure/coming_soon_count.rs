//! `coming_soon_count`: homes that are announced and not on the market yet.

use super::{Basis, Measure, Nature, OWN, Reading, Reduction, Unit};
use crate::market::StockClass;

pub(super) const MEASURE: Measure = Measure {
    id: "coming_soon_count",
    title: "Homes coming soon",
    unit: Unit::Count,
    nature: Nature::Stock,
    definition: "Homes whose newest status by event time is Coming Soon. They are in no other count.",
    source: "RESO Data Dictionary 2.0: StandardStatus",
    denominator: "",
    twin: "crates/kernel/tests/it/twin.rs",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Homes {
        class: StockClass::ComingSoon,
        value: None,
    },
    read: |market, _, _| Reading::count(market.stock_count(StockClass::ComingSoon)),
};
