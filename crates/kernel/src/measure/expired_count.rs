//! `expired_count`: homes whose listing agreement ran out.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "expired_count",
    "Expired",
    Expired,
    "Marketing episodes that ended in the window by status Expired: on OffMarketDate, else the local day of the version \
     that says so. One that goes on within the relist gap stays counted, and is back_on_market.",
    "RESO Data Dictionary 2.0: StandardStatus, OffMarketDate",
    "crates/kernel/tests/it/twin.rs"
);
