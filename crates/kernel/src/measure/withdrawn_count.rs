//! `withdrawn_count`: homes whose sellers gave up.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "withdrawn_count",
    "Withdrawn",
    Withdrawn,
    "Marketing episodes that ended in the window by status Withdrawn or Canceled: on OffMarketDate, else the local day of \
     the version that says so. One that goes on within the relist gap stays counted, and is back_on_market.",
    "RESO Data Dictionary 2.0: StandardStatus, OffMarketDate",
    "crates/kernel/tests/it/twin.rs"
);
