//! Statistics of how long homes were on the market before they went under contract, earlier listings included.

use super::days_on_market::NO_DAYS;
use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::market::{EventValue, NO_VALUE, What};

/// What resets the days: a gap as the feed rules, and a closing; or nothing but a closing.
const VARIANTS: &[&str] = &["own", "property"];

pub(super) const MEASURES: [Measure; 6] = {
    let mut measures = statistics!(
        "cumulative days on market",
        "cumulative_days_on_market",
        "the days on market (see days_on_market) plus those of the home's earlier marketing episodes, under whichever ListingKey, over homes \
         that went under contract or closed without one in the window. They begin anew after a closing, and, in variant `own`, after \
         so many days off the market as the feed rules (reset_gap, 45 days unless said otherwise); in variant `property` after a closing \
         only, so that relisting hides nothing. Earlier episodes whose start is not known add nothing. Homes whose own days on market \
         are not known are excluded and counted as such. A mean is rounded to tenths of a day, halves up.",
        "RESO Data Dictionary 2.0: CumulativeDaysOnMarket, by the reset rule of each MLS. Quantiles as percentile_cont of SQL:2003",
        "crates/kernel/tests/it/durations.rs",
        Unit::Days,
        Nature::Flow,
        Basis::Events {
            sorts: |_| &[What::Contract],
            value: |event, _, variant| match (variant, event.price, event.ratio) {
                (_, NO_VALUE, _) | (_, _, NO_VALUE) => Err(NO_DAYS),
                ("property", _, days) | (_, days, _) => Ok(Value::days(days as i32)),
            },
        },
        |market, period, statistic| of_events(
            market,
            EventValue::CumulativeDays,
            period,
            statistic
        )
    );
    measures[0].variants = VARIANTS;
    measures[0].read = |market, period, variant| {
        let value = match variant {
            "property" => EventValue::PropertyDays,
            _ => EventValue::CumulativeDays,
        };
        of_events(market, value, period, super::statistics::MEDIAN)
    };
    measures
};
