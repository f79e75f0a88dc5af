//! `expired_count`: homes whose listing agreement ran out.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "expired_count",
    title: "Expired",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Marketing episodes that ended in the window by status Expired: on OffMarketDate, else the local day of the version \
                 that says so. One that goes on within the relist gap stays counted, and is back_on_market.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::Expired],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::Expired, period.days(), period.as_final))
    },
};
