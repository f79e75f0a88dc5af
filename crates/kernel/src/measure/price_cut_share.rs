//! `price_cut_share`: the share of homes on the market whose price was cut.

use super::{Basis, Measure, Nature, Period, Reading, Reduction, Unit, Value};
use crate::home::day_code;
use crate::market::{EventKey, MarketReader, NO_VALUE, UNKNOWN, What};
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
    variants: &["any", "seen", "inferred"],
    reduction: Reduction::Share,
    basis: Basis::Episodes { is_cut },
    read: |market, period, variant| {
        let episodes = episodes(market, period);
        let cut: u64 = match variant {
            "seen" => cuts(market, What::CutSeen, period, variant),
            "inferred" => cuts(market, What::CutInferred, period, variant),
            _ => [What::CutSeen, What::CutInferred]
                .map(|what| cuts(market, what, period, variant))
                .iter()
                .sum(),
        };
        let value = match episodes {
            0 => Value::Absent,
            all => Value::Real(cut as f64 / all as f64),
        };
        Reading {
            value,
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

/// Whether an event of the period is its episode's first cut in it. Each seen cut names the episode's cut
/// before it, so that only the first in the period counts. With `any`, an inferred cut in the period counts
/// before it.
fn is_cut(event: &EventKey, period: Period, variant: &str) -> bool {
    match event.what {
        What::CutSeen => {
            let is_first = event.other_day == UNKNOWN || event.other_day < period.from;
            let after_inferred = event.price != NO_VALUE && event.price >= day_code(period.from);
            match variant {
                "seen" => is_first,
                "inferred" => false,
                _ => is_first && !after_inferred,
            }
        }
        What::CutInferred => variant != "seen" && event.other_day != UNKNOWN,
        _ => false,
    }
}

fn cuts(market: &MarketReader<'_>, what: What, period: Period, variant: &str) -> u64 {
    let mut sum = 0;
    market.events(what, period.days(), period.as_final, &mut |event, count| {
        if is_cut(event, period, variant) {
            sum += count;
        }
    });
    u64::try_from(sum).unwrap_or(0)
}
