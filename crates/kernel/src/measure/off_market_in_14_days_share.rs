//! `off_market_in_14_days_share`: the share of contracts that came quickly.

use super::days_on_market::NO_DAYS;
use super::share::of_events;
use super::{Basis, Measure, Nature, OWN, Reduction, Unit, Value};
use crate::market::{Dated, EventValue, QUICK_DAYS, UNKNOWN, What};

pub(super) const MEASURE: Measure = Measure {
    id: "off_market_in_14_days_share",
    title: "Share off the market in 14 days",
    unit: Unit::Share,
    nature: Nature::Flow,
    definition: "Homes that went under contract in the window (see pending_sales) with at most 14 days on market (see \
                 median_days_on_market), divided by those whose days on market are known; n is the latter. The others are \
                 excluded and counted as such.",
    source: "Redfin Data Center: off market in two weeks",
    denominator: "contracts whose days on market are known",
    twin: "crates/kernel/tests/it/life.rs",
    variants: OWN,
    reduction: Reduction::Share,
    basis: Basis::Events {
        sorts: |_| &[What::Contract],
        value: |event, _, _| match event.other_day {
            UNKNOWN => Err(NO_DAYS),
            days => Ok(Value::either(days.0 as u64 <= QUICK_DAYS)),
        },
    },
    read: |market, period, _| {
        let (part, whole) = (Dated::QuickContract, EventValue::DaysOnMarket);
        of_events(market, period, part, whole)
    },
};
