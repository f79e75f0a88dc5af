//! `median_days_on_market`: how long homes were on the market before they went under contract.

use super::median_close_price::event_median;
use super::{Basis, Measure, Nature, OWN, Reduction, Unit, Value};
use crate::market::{EventValue, UNKNOWN, What};

pub(super) const MEASURE: Measure = Measure {
    id: "median_days_on_market",
    title: "Median days on market",
    unit: Unit::Days,
    nature: Nature::Flow,
    definition: "Median (percentile_cont 0.5), over homes that went under contract or closed without one in the window, \
                 of the days from the start of the episode to PurchaseContractDate (else the local day of the first \
                 Pending version, else the closing), less days off the market in between. Homes whose start is not \
                 known, or lies after the contract, are excluded and counted as such.",
    variants: OWN,
    reduction: Reduction::Median,
    basis: Basis::Events {
        sorts: |_| &[What::Contract],
        value: |event, _| match event.other_day {
            UNKNOWN => Err("its start is not known, or lies after the contract"),
            days => Ok(Value::days(days.0)),
        },
    },
    read: |market, period, _| {
        let value = |low, high, ranks| Value::between(low, high, ranks, 1);
        event_median(market, EventValue::DaysOnMarket, period, value)
    },
};
