//! `active_count`: homes on the market now.

use super::{Measure, Nature, OWN, Reading, Unit};
use crate::market::StockClass;

pub(super) const MEASURE: Measure = Measure {
    id: "active_count",
    title: "Active homes",
    unit: Unit::Count,
    nature: Nature::Stock,
    definition: "Homes whose newest status by event time is Active. Of several listings of one home, the one whose status changed last decides.",
    variants: OWN,
    read: |market, _, _| Reading::count(market.stock_count(StockClass::Active)),
};
