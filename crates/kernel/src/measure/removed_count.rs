//! `removed_count`: homes that left the market without a word.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "removed_count",
    title: "Removed",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Marketing episodes that ended in the window neither by a closing nor by Withdrawn, Canceled or Expired: by Hold, \
                 Delete, Incomplete, Coming Soon, or because the listing left its feed. On OffMarketDate, else the local day of the \
                 version that says so.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::Removed],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::Removed, period.days(), period.as_final))
    },
};
