//! `months_of_supply`: how long it would take to sell what is on the market.

use super::quotient::quotient;
use super::{Measure, OWN, Part, Quotient};
use super::{active_count, closed_count, pending_sales};

pub(super) const VARIANTS: &[&str] = &["own", "redfin", "year", "contracts"];

pub(super) const MEASURE: Measure = quotient!(
    "months_of_supply",
    "Months of supply",
    Months,
    "Active homes now (see active_count) divided by the homes that closed in a month (see closed_count). Variant `own`: a third of \
     the closings of the 90 days that end today; `redfin`: the closings of 30 days; `year`: a twelfth of those of 365 \
     days, as Realtors' associations count; `contracts`: the contracts of 30 days (see pending_sales), as Zillow looks at \
     sales pending. Null where there were none, never infinite. n is the smaller of both counts.",
    VARIANTS,
    "Redfin Data Center: months of supply; the twelve-month form is that of Realtors' associations",
    "homes closed, or under contract, in a month",
    "crates/kernel/tests/it/life.rs"
);

/// What is divided.
pub(super) fn of(variant: &str) -> Quotient {
    let (below, times) = month(variant);
    Quotient {
        above: ACTIVE,
        below,
        times,
    }
}

/// Active homes now.
const ACTIVE: Part = Part {
    measure: &active_count::MEASURE,
    variant: OWN[0],
    days: None,
    kind: None,
};

/// What is sold over some days, and how many months these are, as a fraction.
fn month(variant: &str) -> (Part, (u32, u32)) {
    let (measure, days, months) = match variant {
        "redfin" => (&closed_count::MEASURE, 30, (1, 1)),
        "year" => (&closed_count::MEASURE, 365, (12, 1)),
        "contracts" => (&pending_sales::MEASURE, 30, (1, 1)),
        _ => (&closed_count::MEASURE, 90, (3, 1)),
    };
    let part = Part {
        measure,
        variant: OWN[0],
        days: Some(days),
        kind: None,
    };
    (part, months)
}
