//! `back_on_market`: homes that came back on the market.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "back_on_market",
    title: "Back on the market",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Returns to Active in the window, on the local day of the version that says so: from Pending or Active Under \
                 Contract, or, within the relist gap, after the home was taken off the market. A later return is a new listing.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::BackOnMarket],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::BackOnMarket, period.days(), period.as_final))
    },
};
