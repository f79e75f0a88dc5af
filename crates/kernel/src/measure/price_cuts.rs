//! `price_cuts`: how often asking prices were lowered.

use super::{Basis, Measure, Nature, ONE, Reading, Reduction, Unit};
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
    source: "RESO Data Dictionary 2.0: ListPrice, OriginalListPrice",
    denominator: "",
    twin: "crates/kernel/tests/it/twin.rs",
    variants: &["seen", "inferred"],
    reduction: Reduction::Count,
    basis: Basis::Events { sorts, value: ONE },
    read: |market, period, variant| {
        let count = |what: &What| market.event_count(*what, period.days(), period.as_final);
        Reading::count(sorts(variant).iter().map(count).sum())
    },
};

fn sorts(variant: &str) -> &'static [What] {
    match variant {
        "inferred" => &[What::CutInferred],
        _ => &[What::CutSeen, What::CutOffMarket],
    }
}
