//! Statistics of how long homes were on the market before they went under contract.

use super::statistics::{MEDIAN, of_events, quantile_of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::market::{EventValue, Quantile, UNKNOWN, What};

/// Days that a contract took, as we and Zillow count; those up to a year, as Redfin does; or until a home left the
/// market in whichever way, as Realtor.com does.
const VARIANTS: &[&str] = &["own", "redfin", "realtor"];

/// Redfin leaves out homes that took longer.
const YEAR: u64 = 365;

pub(super) const MEASURES: [Measure; 6] = {
    let mut measures = statistics!(
        "days on market",
        "days_on_market",
        "the days, over homes that went under contract or closed without one in the window, from the start of the episode to \
         PurchaseContractDate (else the local day of the first Pending version, else the closing), less days off the market \
         in between. Homes whose start is not known, or lies after the contract, are excluded and counted as such. The median has \
         variants: `redfin` excludes more than 365 days; `realtor` takes the marketing episodes that ended in the window, by a closing or \
         otherwise, from their start to their end less days off the market. A mean is rounded to tenths of a day, halves up.",
        "Redfin Data Center: median days on market; Realtor.com Research. Quantiles as percentile_cont of SQL:2003",
        "crates/kernel/tests/it/durations.rs",
        Unit::Days,
        Nature::Flow,
        Basis::Events {
            sorts: |variant| match variant {
                "realtor" => &[What::EpisodeEnd],
                _ => &[What::Contract],
            },
            value: |event, _, variant| match (event.other_day, variant) {
                (UNKNOWN, _) => Err(NO_DAYS),
                (days, "redfin") if days.0 as u64 > YEAR => Err("more than a year"),
                (days, _) => Ok(Value::days(days.0)),
            },
        },
        |market, period, statistic| of_events(market, EventValue::DaysOnMarket, period, statistic)
    );
    measures[0].variants = VARIANTS;
    measures[0].read = |market, period, variant| match variant {
        "realtor" => of_events(market, EventValue::EpisodeDays, period, MEDIAN),
        "redfin" => quantile_of_events(
            market,
            EventValue::DaysOnMarket,
            period,
            Quantile::Median,
            YEAR,
        ),
        _ => of_events(market, EventValue::DaysOnMarket, period, MEDIAN),
    };
    measures
};

/// Why a contract has no days on market.
pub(super) const NO_DAYS: &str = "its start is not known, or lies after the contract";
