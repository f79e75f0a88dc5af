//! `price_to_rent`: how many yearly rents a home costs.

use super::quotient::quotient;
use super::{Measure, OWN, Part, Quotient, list_price};
use crate::field::Kind;

pub(super) const MEASURE: Measure = quotient!(
    "price_to_rent",
    "Price to rent",
    Years,
    "The median ListPrice of homes for sale divided by twelve times the median monthly ListPrice of homes for lease (see \
     median_list_price), in the same area and segment, now. Homes for sale and for lease differ in size and kind: segments make \
     them more alike. The same for both kinds of market. Null where either side has no price. n is the smaller of both.",
    OWN,
    "Price by gross yearly rent, on medians",
    "twelve median monthly rents asked",
    "crates/kernel/tests/it/life.rs"
);

/// What is divided.
pub(super) fn of(_: &str) -> Quotient {
    Quotient {
        above: median(Kind::Sale),
        below: median(Kind::Lease),
        times: (1, 12),
    }
}

/// The median asking price or rent now.
fn median(kind: Kind) -> Part {
    Part {
        measure: &list_price::MEASURES[0],
        variant: OWN[0],
        days: None,
        kind: Some(kind),
    }
}
