//! `closed_count`: homes sold or let.

use super::{Measure, Nature, OWN, Reading, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "closed_count",
    title: "Closed",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Closings whose CloseDate, else the local day of the first Closed version, lies in the window. \
                 Closings of one home within 14 days that come from several listings are one.",
    variants: OWN,
    read: |market, period, _| {
        Reading::count(market.event_count(What::Close, period.days(), period.as_final))
    },
};
