//! `active_count`: homes on the market now.

use super::{Basis, Measure, Nature, OWN, Reading, Reduction, Unit};
use crate::market::StockClass;

pub(super) const MEASURE: Measure = Measure {
    id: "active_count",
    title: "Active homes",
    unit: Unit::Count,
    nature: Nature::Stock,
    definition: "Homes whose newest status by event time is Active. Of several listings of one home, the one whose status changed last decides.",
    source: "RESO Data Dictionary 2.0: StandardStatus. Realtor.com counts alike, and so does Redfin at the end of a period",
    denominator: "",
    twin: "crates/kernel/tests/it/twin.rs",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Homes {
        class: StockClass::Active,
        value: None,
    },
    read: |market, _, _| Reading::count(market.stock_count(StockClass::Active)),
};
