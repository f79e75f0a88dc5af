//! `removed_count`: homes that left the market without a word.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "removed_count",
    "Removed",
    Removed,
    "Marketing episodes that ended in the window neither by a closing nor by Withdrawn, Canceled or Expired: by Hold, \
     Delete, Incomplete, Coming Soon, or because the listing left its feed. On OffMarketDate, else the local day of the \
     version that says so.",
    "RESO Data Dictionary 2.0: StandardStatus, OffMarketDate",
    "crates/kernel/tests/it/twin.rs"
);
