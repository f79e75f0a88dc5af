//! `price_cuts`: how often asking prices were lowered.

use super::{Measure, Nature, Reading, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "price_cuts",
    title: "Price cuts",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Variant `seen`: versions whose ListPrice is below that of the listing's version before, by event time, \
                 whatever the status; a closed version whose ListPrice was overwritten by its ClosePrice is none. \
                 Variant `inferred`: listings whose first record has OriginalListPrice above ListPrice, one each, \
                 on the local day of that record.",
    variants: &["seen", "inferred"],
    read: |market, period, variant| {
        let count = |what| market.event_count(what, period.days(), period.as_final);
        Reading::count(match variant {
            "inferred" => count(What::CutInferred),
            _ => count(What::CutSeen) + count(What::CutOffMarket),
        })
    },
};
