//! `price_cut_share`: the share of homes on the market whose price was cut.

use super::{Basis, Measure, Nature, Period, Reading, Reduction, Unit, Value};
use crate::market::{FirstCut, MarketReader, What};
use crate::time::Day;

pub(super) const MEASURE: Measure = Measure {
    id: "price_cut_share",
    title: "Share with a price cut",
    unit: Unit::Share,
    nature: Nature::Flow,
    definition: "Marketing episodes with at least one price cut in the window, divided by the episodes that were on the \
                 market or under contract on any day of the window (one first seen as Closed, on its day of closing). \
                 Variants `seen` and `inferred` as in price_cuts; `any` is either. Cuts while off the market do not \
                 count. n is the denominator.",
    source: "Redfin, Realtor.com and Zillow publish such shares, each with another denominator; this one is ours",
    denominator: "episodes on the market or under contract on any day of the window",
    twin: "crates/kernel/tests/it/life.rs",
    variants: &["any", "seen", "inferred"],
    reduction: Reduction::Share,
    basis: Basis::Episodes {
        is_cut: |event, period, variant| cuts(variant).is_it(event, period.from),
    },
    read: |market, period, variant| {
        let episodes = episodes(market, period);
        let cut = market.first_cuts(cuts(variant), period.days(), period.as_final);
        Reading {
            value: Value::share(cut, episodes),
            n: episodes,
            n_excluded: 0,
        }
    },
};

/// Episodes that touch the period: those that began by its end, less those that ended before its start.
fn episodes(market: &MarketReader<'_>, period: Period) -> u64 {
    let begun = market.event_count(
        What::EpisodeStart,
        (Day(i32::MIN + 1), period.to),
        period.as_final,
    );
    let before = period.from.plus(-1);
    if before.0 <= i32::MIN + 1 {
        return begun;
    }
    let ended = market.event_count(
        What::EpisodeEnd,
        (Day(i32::MIN + 1), before),
        period.as_final,
    );
    begun.saturating_sub(ended)
}

fn cuts(variant: &str) -> FirstCut {
    match variant {
        "seen" => FirstCut::Seen,
        "inferred" => FirstCut::Inferred,
        _ => FirstCut::Any,
    }
}
