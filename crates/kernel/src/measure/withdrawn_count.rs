//! `withdrawn_count`: homes whose sellers gave up.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "withdrawn_count",
    title: "Withdrawn",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Marketing episodes that ended in the window by status Withdrawn or Canceled: on OffMarketDate, else the local day of \
                 the version that says so. One that goes on within the relist gap stays counted, and is back_on_market.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::Withdrawn],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::Withdrawn, period.days(), period.as_final))
    },
};
