//! `pending_sales`: homes that went under contract.

use super::Measure;
use super::event_count::event_count;

pub(super) const MEASURE: Measure = event_count!(
    "pending_sales",
    "Pending sales",
    Contract,
    "Homes that went under contract in the window, or closed without a contract that was seen: on PurchaseContractDate, \
     else the local day of the first Pending or Active Under Contract version, else the closing. One that comes back \
     on the market and goes under contract again counts again.",
    "RESO Data Dictionary 2.0: PurchaseContractDate. Redfin Data Center: pending sales",
    "crates/kernel/tests/it/twin.rs"
);
