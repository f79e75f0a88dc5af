//! Statistics of how long homes were on the market before they went under contract.

use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::market::{EventValue, UNKNOWN, What};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "days on market",
    "days_on_market",
    "the days, over homes that went under contract or closed without one in the window, from the start of the episode to \
     PurchaseContractDate (else the local day of the first Pending version, else the closing), less days off the market \
     in between. Homes whose start is not known, or lies after the contract, are excluded and counted as such. A mean is \
     rounded to tenths of a day, halves up.",
    Unit::Days,
    Nature::Flow,
    Basis::Events {
        sorts: |_| &[What::Contract],
        value: |event, _| match event.other_day {
            UNKNOWN => Err(NO_DAYS),
            days => Ok(Value::days(days.0)),
        },
    },
    |market, period, statistic| of_events(market, EventValue::DaysOnMarket, period, statistic)
);

/// Why a contract has no days on market.
pub(super) const NO_DAYS: &str = "its start is not known, or lies after the contract";
