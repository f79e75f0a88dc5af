//! `gross_rental_yield`: what part of its price a home would earn in a year.

use super::quotient::quotient;
use super::{Measure, OWN, Quotient, price_to_rent};

pub(super) const MEASURE: Measure = quotient!(
    "gross_rental_yield",
    "Gross rental yield",
    Share,
    "Twelve times the median monthly ListPrice of homes for lease divided by the median ListPrice of homes for sale: one by \
     price_to_rent, before vacancy and costs. A statement on the market, not on a home.",
    OWN,
    "Gross yearly rent by price, on medians",
    "the median price asked",
    "crates/kernel/tests/it/life.rs"
);

fn of(variant: &str) -> Quotient {
    price_to_rent::of(variant).inverted()
}
