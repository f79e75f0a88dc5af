//! `absorption_rate`: which part of what is on the market sells in a month.

use super::months_of_supply::{self, VARIANTS};
use super::quotient::quotient;
use super::{Measure, Quotient};

pub(super) const MEASURE: Measure = quotient!(
    "absorption_rate",
    "Absorption rate",
    Share,
    "The homes that closed in a month, or for variant `contracts` went under contract, divided by the active homes now: one by \
     months_of_supply of the same variant. Null where no home is active. n is the smaller of both counts.",
    VARIANTS,
    "Usage of Realtors' associations: one by months of supply on the same basis",
    "active homes",
    "crates/kernel/tests/it/life.rs"
);

fn of(variant: &str) -> Quotient {
    months_of_supply::of(variant).inverted()
}
