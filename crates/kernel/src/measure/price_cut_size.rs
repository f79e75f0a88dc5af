//! Statistics of how much of a price was taken off.

use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit, Value};
use crate::market::{EventValue, What};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "price cut size",
    "price_cut_size",
    "the part of the ListPrice before that a cut took off, over the seen price cuts of the window (see price_cuts) while the home \
     was on the market or under contract, each cut for itself, in billionths, rounded half up. A mean is rounded to billionths, halves up.",
    "RESO Data Dictionary 2.0: ListPrice. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/durations.rs",
    Unit::Share,
    Nature::Flow,
    Basis::Events {
        sorts: |_| &[What::CutSeen],
        value: |event, _, _| Value::ratio(event.ratio).ok_or("no size"),
    },
    |market, period, statistic| of_events(market, EventValue::CutSize, period, statistic)
);
