//! `pending_sales`: homes that went under contract.

use super::{Basis, Measure, Nature, ONE, OWN, Reading, Reduction, Unit};
use crate::market::What;

pub(super) const MEASURE: Measure = Measure {
    id: "pending_sales",
    title: "Pending sales",
    unit: Unit::Count,
    nature: Nature::Flow,
    definition: "Homes that went under contract in the window, or closed without a contract that was seen: on PurchaseContractDate, \
                 else the local day of the first Pending or Active Under Contract version, else the closing. One that comes back \
                 on the market and goes under contract again counts again.",
    variants: OWN,
    reduction: Reduction::Count,
    basis: Basis::Events {
        sorts: |_| &[What::Contract],
        value: ONE,
    },
    read: |market, period, _| {
        Reading::count(market.event_count(What::Contract, period.days(), period.as_final))
    },
};
