//! Readings of what happened in a window, as each day's print knew it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Vintage;
use crate::as_of::Knowledge;
use crate::home::{Fold, step_judged};
use crate::listing::ListingId;
use crate::market::{EventKey, LeafId, MarketBook, MarketKey, MarketView, settle};
use crate::measure::{Measure, Period, Reading};
use crate::shard::Shard;
use crate::stock::StockHomes;
use crate::time::Day;

/// Events of one market in the order in which prints came to know them. It takes homes of any shard in any order.
#[derive(Debug, Default)]
pub struct FlowPrints {
    book: MarketBook,
    /// The first print that knows a change, where, and of which event how many more there are.
    changes: Vec<(Day, LeafId, EventKey, i32)>,
}

impl FlowPrints {
    /// Adds the homes of a shard of which a listing in `numbers` is the first; see [`Shard::stock_spans`].
    pub fn add(&mut self, shard: &Shard, homes: &StockHomes, numbers: Range<u32>) {
        let mut leaves: BTreeMap<LeafId, LeafId> = BTreeMap::new();
        let within = |leaf| homes.holds(leaf);
        shard.each_home(numbers, homes.kind(), &within, &mut |members| {
            each_change(shard, homes, members, &mut |known, from, event, change| {
                let leaf = *leaves.entry(from).or_insert_with(|| {
                    let (kind, names) = shard.markets().leaf_names(from);
                    let names: Vec<&str> = names.collect();
                    self.book.leaf_of_names(kind, &names)
                });
                self.changes.push((known, leaf, event, change));
            });
        });
    }

    /// A measure's readings of `market` for each period, whose last days go up, by what is known when that day is printed
    /// (for [`Vintage::Now`]: by all).
    #[must_use]
    pub fn readings(
        mut self,
        market: &MarketKey,
        (measure, variant): (&Measure, &str),
        vintage: Vintage,
        periods: &[Period],
    ) -> Vec<Reading> {
        // Within a print what comes before what goes: nothing is taken away that is not there yet.
        self.changes
            .sort_unstable_by_key(|(known, _, _, change)| (*known, *change < 0));
        let mut changes = self.changes.into_iter().peekable();
        let mut readings = Vec::with_capacity(periods.len());
        for period in periods {
            let print = vintage.print_of(period.to).unwrap_or(Day(i32::MAX));
            while let Some((_, leaf, event, change)) = changes.next_if(|next| next.0 <= print) {
                self.book.post_event(leaf, event, change, false);
            }
            let view = MarketView::new(vec![&self.book], period.to);
            let reader = view.market(market.level, &market.area, market.kind, market.segment);
            let period = Period {
                as_final: false,
                ..*period
            };
            readings.push((measure.read)(&reader, period, variant));
        }
        readings
    }
}

/// Calls `each` with what each print changes of a home's events that the print before it did not know.
fn each_change(
    shard: &Shard,
    homes: &StockHomes,
    members: &[ListingId],
    each: &mut dyn FnMut(Day, LeafId, EventKey, i32),
) {
    if let [only] = members
        && in_order_of_prints(shard, *only)
    {
        return of_one(shard, *only, each);
    }
    let mut prints: Vec<Day> = Vec::new();
    for member in members {
        let listing = shard.listings().get(*member);
        let versions = listing.history.versions();
        prints.extend(versions.map(|version| version.known));
        prints.extend(listing.corrections.iter().map(|decision| decision.known));
    }
    prints.sort_unstable();
    prints.dedup();
    let mut before: Vec<((LeafId, EventKey), i32)> = Vec::new();
    for print in prints {
        let knowledge = Knowledge {
            happened: None,
            print: Some(print),
        };
        let home = shard.derive_home(members, homes.kind(), knowledge);
        let home = home.filter(|home| homes.holds(home.placement.leaf));
        let told = home.iter().flat_map(|home| {
            let leaf = home.placement.leaf;
            let events = home.events.iter();
            events.map(move |(event, count)| ((leaf, *event), *count))
        });
        let now: Vec<_> = told.collect();
        let mut difference = now.clone();
        difference.extend(before.iter().map(|(told, count)| (*told, -count)));
        settle(&mut difference);
        for ((leaf, event), change) in difference {
            each(print, leaf, event, change);
        }
        before = now;
    }
}

/// Whether a listing's versions became known in their order, and nobody decided about them.
fn in_order_of_prints(shard: &Shard, id: ListingId) -> bool {
    let listing = shard.listings().get(id);
    let known = listing.history.versions().map(|version| version.known);
    listing.corrections.is_empty() && known.is_sorted()
}

/// Of a listing that speaks for its home alone and became known in order: one fold.
fn of_one(shard: &Shard, id: ListingId, each: &mut dyn FnMut(Day, LeafId, EventKey, i32)) {
    let listing = shard.listings().get(id);
    let gaps = shard.plan().gaps(listing.feed);
    let (placement, mut fold) = (&listing.placement, Fold::default());
    for version in listing.history.versions() {
        let post = &mut |event: EventKey, change: i32| {
            each(version.known, placement.leaf, event, change);
        };
        let held = shard.held(listing, &version);
        step_judged(&mut fold, &version, placement, &held, gaps, post);
    }
}
