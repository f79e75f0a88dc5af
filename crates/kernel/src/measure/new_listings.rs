//! `new_listings`: homes that came on the market.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "new_listings",
    title: "New listings",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Marketing episodes that began in the window: on OnMarketDate, else on the local day of the first \
                 Active version. A return to the market within the relist gap goes on with its episode and is not \
                 new; an episode of which only a contract or closing was seen, without OnMarketDate, has no known \
                 beginning and is not counted.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::NewListing],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::NewListing, period.days(), period.as_final))
    },
};
