//! `closed_count`: homes sold or let.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "closed_count",
    "Closed",
    Close,
    "Closings whose CloseDate, else the local day of the first Closed version, lies in the window. \
     Closings of one home within 14 days that come from several listings are one.",
    "RESO Data Dictionary 2.0: CloseDate. Redfin Data Center: homes sold",
    "crates/kernel/tests/it/twin.rs"
);
