//! `back_on_market`: homes that came back on the market.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "back_on_market",
    "Back on the market",
    BackOnMarket,
    "Returns to Active in the window, on the local day of the version that says so: from Pending or Active Under \
     Contract, or, within the relist gap, after the home was taken off the market. A later return is a new listing.",
    "RESO Data Dictionary 2.0: StandardStatus",
    "crates/kernel/tests/it/life.rs"
);
