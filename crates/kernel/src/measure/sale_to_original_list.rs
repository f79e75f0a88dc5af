//! Statistics of close prices by original list prices.

use super::sale_to_list::RATIO;
use super::statistics::{of_events, statistics};
use super::{Basis, Measure, Nature, Unit};
use crate::market::{EventValue, What};

pub(super) const MEASURES: [Measure; 6] = statistics!(
    "sale-to-original-list ratio",
    "sale_to_original_list",
    "ClosePrice divided by OriginalListPrice, over the closings of \
     the window (see closed_count), in billionths, rounded half up though never to one where they differ. Closings where a \
     price is missing, or whose ratio is not between a half and one and a half, are excluded and counted as such.",
    "RESO Data Dictionary 2.0: ClosePrice, OriginalListPrice. Quantiles as percentile_cont of SQL:2003",
    "crates/kernel/tests/it/twin.rs",
    Unit::Share,
    Nature::Flow,
    Basis::Events {
        sorts: |_| &[What::SaleToOriginal],
        value: RATIO,
    },
    |market, period, statistic| of_events(market, EventValue::SaleToOriginal, period, statistic)
);
