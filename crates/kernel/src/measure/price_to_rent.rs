//! `price_to_rent`: how many yearly rents a home costs.

use super::{Basis, Measure, Nature, OWN, Part, Quotient, Reduction, Unit, list_price};
use crate::field::Kind;

pub(super) const MEASURE: Measure = Measure {
    id: "price_to_rent",
    title: "Price to rent",
    unit: Unit::Years,
    nature: Nature::Stock,
    definition: "The median ListPrice of homes for sale divided by twelve times the median monthly ListPrice of homes for lease (see \
                 median_list_price), in the same area and segment, now. Homes for sale and for lease differ in size and kind: segments make \
                 them more alike. The same for both kinds of market. Null where either side has no price. n is the smaller of both.",
    source: "Price by gross yearly rent, on medians",
    denominator: "twelve median monthly rents asked",
    twin: "crates/kernel/tests/it/life.rs",
    variants: OWN,
    reduction: Reduction::Quotient,
    basis: Basis::Quotient { of },
    read: |market, period, variant| of(variant).read(market, period),
};

fn of(_: &str) -> Quotient {
    Quotient {
        above: median(Kind::Sale),
        below: median(Kind::Lease),
        times: (1, 12),
    }
}

/// The median asking price or rent now.
pub(super) fn median(kind: Kind) -> Part {
    Part {
        measure: &list_price::MEASURES[0],
        variant: OWN[0],
        days: None,
        kind: Some(kind),
    }
}
