//! `gross_rental_yield`: what part of its price a home would earn in a year.

use super::price_to_rent::median;
use super::{Basis, Measure, Nature, OWN, Quotient, Reduction, Unit};
use crate::field::Kind;

pub(super) const MEASURE: Measure = Measure {
    id: "gross_rental_yield",
    title: "Gross rental yield",
    unit: Unit::Share,
    nature: Nature::Stock,
    definition: "Twelve times the median monthly ListPrice of homes for lease divided by the median ListPrice of homes for sale: one by \
                 price_to_rent, before vacancy and costs. A statement on the market, not on a home.",
    source: "Gross yearly rent by price, on medians",
    denominator: "the median price asked",
    twin: "crates/kernel/tests/it/life.rs",
    variants: OWN,
    reduction: Reduction::Quotient,
    basis: Basis::Quotient { of },
    read: |market, period, variant| of(variant).read(market, period),
};

fn of(_: &str) -> Quotient {
    Quotient {
        above: median(Kind::Lease),
        below: median(Kind::Sale),
        times: (12, 1),
    }
}
