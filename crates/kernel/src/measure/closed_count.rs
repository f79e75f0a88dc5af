//! `closed_count`: homes sold or let.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "closed_count",
    title: "Closed",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Closings whose CloseDate, else the local day of the first Closed version, lies in the window. \
                 Closings of one home within 14 days that come from several listings are one.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::Close],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::Close, period.days(), period.as_final))
    },
};
