//! `pending_count`: homes under contract now.

use super::{Measure, Nature, OWN, Reading, Unit};
use crate::market::StockClass;

pub(super) const MEASURE: Measure = Measure {
    id: "pending_count",
    title: "Pending homes",
    unit: Unit::Count,
    nature: Nature::Stock,
    definition: "Homes whose newest status by event time is Pending or Active Under Contract.",
    variants: OWN,
    read: |market, _, _| Reading::count(market.stock_count(StockClass::Pending)),
};
