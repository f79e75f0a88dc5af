//! `absorption_rate`: which part of what is on the market sells in a month.

use super::months_of_supply::{ACTIVE, VARIANTS, month};
use super::{Basis, Measure, Nature, Quotient, Reduction, Unit};

pub(super) const MEASURE: Measure = Measure {
    id: "absorption_rate",
    title: "Absorption rate",
    unit: Unit::Share,
    nature: Nature::Stock,
    definition: "The homes that closed in a month, or for variant `contracts` went under contract, divided by the active homes now: one by \
                 months_of_supply of the same variant. Null where no home is active. n is the smaller of both counts.",
    source: "Usage of Realtors' associations: one by months of supply on the same basis",
    denominator: "active homes",
    twin: "crates/kernel/tests/it/life.rs",
    variants: VARIANTS,
    reduction: Reduction::Quotient,
    basis: Basis::Quotient { of },
    read: |market, period, variant| of(variant).read(market, period),
};

fn of(variant: &str) -> Quotient {
    let (above, (times, by)) = month(variant);
    Quotient {
        above,
        below: ACTIVE,
        times: (by, times),
    }
}
