//! The stretches of days over which a home stands in the stock, home by home.

use std::ops::Range;

use crate::field::Kind;
use crate::home::{Fold, Placement, step_judged};
use crate::listing::ListingId;
use crate::market::{LeafId, StockEntry, Tag};
use crate::prints::Vintage;
use crate::shard::Shard;
use crate::time::Day;
use crate::walk::LeafSet;

/// A home in the stock, unchanged at the end of each local day from `from` (included) to `to` (excluded).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StockSpan {
    /// Where it stands; see [`crate::market::MarketBook::area_name`].
    pub leaf: LeafId,
    /// Its tag, by which segments hold it.
    pub tag: Tag,
    /// The first local day.
    pub from: Day,
    /// The first local day after; `Day(i32::MAX)` for a home that is there still.
    pub to: Day,
    /// What it adds to the stock.
    pub entry: StockEntry,
}

/// Which homes are asked about: those of one kind, in one area or in all. Holds for one shard, and for the
/// leaves that it had when this was made.
#[derive(Debug)]
pub struct StockHomes {
    kind: Kind,
    leaves: Option<LeafSet>,
}

impl StockHomes {
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn holds(&self, leaf: LeafId) -> bool {
        self.leaves.as_ref().is_none_or(|leaves| leaves.holds(leaf))
    }
}

impl Shard {
    /// The homes of a kind in an area, given by level and name, or in all areas.
    #[must_use]
    pub fn stock_homes(&self, kind: Kind, area: Option<(u8, &str)>) -> StockHomes {
        let leaves = area.map(|(level, name)| {
            let leaves = self.markets().leaves_of(level, name, kind);
            LeafSet::new(leaves, self.markets().leaf_count())
        });
        StockHomes { kind, leaves }
    }

    /// Calls `each` with the spans of homes, each home's in order of days. The spans that hold a day are the stock of
    /// [`Shard::markets_known`] by what the end of that day knows: homes stand where their newest profile says.
    ///
    /// A home is told of with one of its listings: ranges of listing numbers that follow each other up to
    /// [`crate::listing::ListingBook::len`] give every home once, as long as no record comes in between.
    pub fn stock_spans(
        &self,
        homes: &StockHomes,
        vintage: Vintage,
        numbers: Range<u32>,
        each: &mut dyn FnMut(&StockSpan),
    ) {
        let mut home = HomeSpans {
            vintage,
            days: Vec::new(),
        };
        let within = |leaf| homes.holds(leaf);
        self.each_home(numbers, homes.kind, &within, &mut |members| {
            home.spans(self, homes.kind, members, &mut |span| {
                if homes.holds(span.leaf) {
                    each(span);
                }
            });
        });
    }
}

/// One home after the other, in the same memory.
#[derive(Debug)]
struct HomeSpans {
    vintage: Vintage,
    /// The first day that takes in each version.
    days: Vec<Day>,
}

impl HomeSpans {
    fn spans(
        &mut self,
        shard: &Shard,
        kind: Kind,
        members: &[ListingId],
        each: &mut dyn FnMut(&StockSpan),
    ) {
        let (vintage, days) = (self.vintage, &mut self.days);
        days.clear();
        for member in members {
            let listing = shard.listings().get(*member);
            vintage.each_day(listing, &mut |day| days.push(day));
        }
        let versions = days.len();
        for member in members {
            let listing = shard.listings().get(*member);
            vintage.each_decision(listing, &mut |day| days.push(day));
        }
        let is_plain = days.len() == versions && days.is_sorted();
        let mut open = OpenSpan(None);
        match members {
            [only] if is_plain => self.of_one(shard, *only, &mut open, each),
            _ => self.of_several(shard, kind, members, &mut open, each),
        }
        open.close(Day(i32::MAX), each);
    }

    /// Of a listing that speaks for its home alone, each version taken in on the same day as the one before or later: one
    /// fold.
    fn of_one(
        &self,
        shard: &Shard,
        member: ListingId,
        open: &mut OpenSpan,
        each: &mut dyn FnMut(&StockSpan),
    ) {
        let listing = shard.listings().get(member);
        let gaps = shard.plan().gaps(listing.feed);
        let mut fold = Fold::default();
        let mut days = self.days.iter().peekable();
        listing.each_version(|version| {
            let nowhere = &mut |_, _| {};
            let (placement, held) = (&listing.placement, shard.held(listing, version));
            let stock = step_judged(&mut fold, version, placement, &held, gaps, nowhere);
            let day = days.next();
            if let Some(day) = day.filter(|_| day != days.peek().copied()) {
                open.turn(*day, &listing.placement, stock, each);
            }
        });
    }

    /// Derived anew for each day that takes in something.
    fn of_several(
        &mut self,
        shard: &Shard,
        kind: Kind,
        members: &[ListingId],
        open: &mut OpenSpan,
        each: &mut dyn FnMut(&StockSpan),
    ) {
        self.days.sort_unstable();
        self.days.dedup();
        for &day in &self.days {
            let home = shard.derive_home(members, kind, self.vintage.end_of(day));
            if let Some(home) = home {
                open.turn(day, &home.placement, home.stock, each);
            }
        }
    }
}

/// The span that goes on, if any.
struct OpenSpan(Option<StockSpan>);

impl OpenSpan {
    /// From `day` on the home stands so.
    fn turn(
        &mut self,
        day: Day,
        placement: &Placement,
        stock: Option<StockEntry>,
        each: &mut dyn FnMut(&StockSpan),
    ) {
        let next = stock.map(|entry| StockSpan {
            leaf: placement.leaf,
            tag: placement.tag,
            from: day,
            to: Day(i32::MAX),
            entry,
        });
        let same = |span: &StockSpan| (span.leaf, span.tag, span.entry);
        if self.0.as_ref().map(same) != next.as_ref().map(same) {
            self.close(day, each);
            self.0 = next;
        }
    }

    fn close(&mut self, to: Day, each: &mut dyn FnMut(&StockSpan)) {
        if let Some(span) = self.0.take() {
            each(&StockSpan { to, ..span });
        }
    }
}
