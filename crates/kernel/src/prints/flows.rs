//! Readings of what happened in a window, as each day's print knew it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Vintage;
use crate::as_of::Knowledge;
use crate::home::{Fold, step_judged};
use crate::listing::ListingId;
use crate::market::{EventKey, LeafId, MarketBook, MarketKey, MarketView, What, settle};
use crate::measure::{Basis, Measure, Period, Reading};
use crate::shard::Shard;
use crate::stock::StockHomes;
use crate::time::Day;

/// Events that a measure of one market looks at in some periods, in the order in which prints came to know them. It takes
/// homes of any shard in any order.
#[derive(Debug)]
pub struct FlowPrints {
    market: MarketKey,
    measure: &'static Measure,
    variant: &'static str,
    periods: Vec<Period>,
    book: MarketBook,
    /// The first print that knows a change, where, and of which event how many more there are.
    changes: Vec<(Day, LeafId, EventKey, i32)>,
}

impl FlowPrints {
    /// Nothing yet, of a measure and variant of `market` over periods whose last days go up.
    #[must_use]
    pub fn of(
        market: MarketKey,
        (measure, variant): (&'static Measure, &'static str),
        periods: Vec<Period>,
    ) -> Self {
        Self {
            market,
            measure,
            variant,
            periods,
            book: MarketBook::new(),
            changes: Vec::new(),
        }
    }

    /// Adds the homes of a shard of which a listing in `numbers` is the first; see [`Shard::stock_spans`].
    pub fn add(&mut self, shard: &Shard, homes: &StockHomes, numbers: Range<u32>) {
        let mut leaves: BTreeMap<LeafId, LeafId> = BTreeMap::new();
        let within = |leaf| homes.holds(leaf);
        let wanted = self.wanted();
        let segment = self.market.segment;
        let (book, changes) = (&mut self.book, &mut self.changes);
        shard.each_home(numbers, homes.kind(), &within, &mut |members| {
            each_change(shard, homes, members, &mut |known, from, event, change| {
                if !segment.holds(event.tag) || !wanted.iter().any(|wanted| wanted.holds(&event)) {
                    return;
                }
                let leaf = *leaves.entry(from).or_insert_with(|| {
                    let (kind, names) = shard.markets().leaf_names(from);
                    let names: Vec<&str> = names.collect();
                    book.leaf_of_names(kind, &names)
                });
                changes.push((known, leaf, event, change));
            });
        });
    }

    /// The readings of each period by what is known when its last day is printed (for [`Vintage::Now`]: by all).
    #[must_use]
    pub fn readings(mut self, vintage: Vintage) -> Vec<Reading> {
        // Within a print what comes before what goes: nothing is taken away that is not there yet.
        self.changes
            .sort_unstable_by_key(|(known, _, _, change)| (*known, *change < 0));
        let mut changes = self.changes.into_iter().peekable();
        let mut readings = Vec::with_capacity(self.periods.len());
        let market = &self.market;
        for period in self.periods {
            let print = vintage.print_of(period.to).unwrap_or(Day(i32::MAX));
            while let Some((_, leaf, event, change)) = changes.next_if(|next| next.0 <= print) {
                self.book.post_event(leaf, event, change, false);
            }
            let view = MarketView::new(vec![&self.book], period.to);
            let reader = view.market(market.level, &market.area, market.kind, market.segment);
            let period = Period {
                as_final: false,
                ..period
            };
            readings.push((self.measure.read)(&reader, period, self.variant));
        }
        readings
    }

    /// What the measure looks at in these periods.
    fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        let first = self.periods.iter().map(|period| period.from).min();
        let last = self.periods.iter().map(|period| period.to).max();
        if let (Some(first), Some(last)) = (first, last) {
            Wanted::add((self.measure, self.variant), (first, last), &mut wanted);
        }
        wanted
    }
}

/// Sorts of events on some days.
#[derive(Debug)]
struct Wanted {
    sorts: &'static [What],
    days: (Day, Day),
}

impl Wanted {
    /// Adds what a measure looks at in periods from the first of `days` to the last.
    fn add((measure, variant): (&Measure, &str), days: (Day, Day), wanted: &mut Vec<Self>) {
        match measure.basis {
            Basis::Events { sorts, .. } => wanted.push(Self {
                sorts: sorts(variant),
                days,
            }),
            // Episodes that touch a period may begin and end anywhere.
            Basis::Episodes { .. } => wanted.push(Self {
                sorts: &What::ALL,
                days: (Day(i32::MIN), Day(i32::MAX)),
            }),
            Basis::Quotient { of } => {
                let quotient = of(variant);
                for part in [quotient.above, quotient.below] {
                    let back = part.days.map_or(0, i32::from);
                    let days = (days.0.min(days.1.plus(-back)), days.1);
                    Self::add((part.measure, part.variant), days, wanted);
                }
            }
            Basis::Homes { .. } => {}
        }
    }

    fn holds(&self, event: &EventKey) -> bool {
        (self.days.0..=self.days.1).contains(&event.day) && self.sorts.contains(&event.what)
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
