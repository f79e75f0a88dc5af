//! Shares of events of which something holds.

use super::{Period, Reading, Value};
use crate::market::{Dated, EventValue, MarketReader};

/// The events of a period of which something holds, by those that have a value.
pub(super) fn of_events(
    market: &MarketReader<'_>,
    period: Period,
    holds: Dated,
    of: EventValue,
) -> Reading {
    let (days, as_final) = (period.days(), period.as_final);
    let count = |dated| market.dated_count(dated, days, as_final);
    let (part, n) = (count(holds), count(Dated::Valued(of)));
    let all = count(Dated::Event(of.what()));
    Reading {
        value: Value::share(part, n),
        n,
        n_excluded: all.saturating_sub(n),
    }
}
