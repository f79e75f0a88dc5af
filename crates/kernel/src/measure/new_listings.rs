//! `new_listings`: homes that came on the market.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "new_listings",
    "New listings",
    NewListing,
    "Marketing episodes that began in the window: on OnMarketDate, else on the local day of the first \
     Active version. A return to the market within the relist gap goes on with its episode and is not \
     new; an episode of which only a contract or closing was seen, without OnMarketDate, has no known \
     beginning and is not counted.",
    "RESO Data Dictionary 2.0: OnMarketDate. Publishers differ on relisting",
    "crates/kernel/tests/it/life.rs"
);
