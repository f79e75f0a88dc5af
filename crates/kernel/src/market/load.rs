//! Builds markets from all homes at once, as a restart does: values are collected per leaf and sorted once,
//! where posting them one by one searches and moves for each. What results is the same.

use super::book::{MarketBook, Stock, StockEntry};
use super::event_values::EventValues;
use super::flows::{EventKey, FlowsLoad};
use super::leaf::LeafId;
use super::segment::Tag;
use super::sorted::SortedValues;
use super::stock_sums::StockSums;
use super::tally::{Counted, Tally};

/// What homes post, not yet in a book.
#[derive(Debug, Default)]
pub(crate) struct MarketLoad {
    leaves: Vec<LeafLoad>,
}

#[derive(Debug, Default)]
struct LeafLoad {
    flows: FlowsLoad,
    tally: Tally,
    stock_sums: StockSums,
    stock: [Vec<(u64, u8)>; Stock::ALL.len()],
}

impl MarketLoad {
    #[inline]
    fn leaf(&mut self, leaf: LeafId) -> &mut LeafLoad {
        let at = leaf.0 as usize;
        if at >= self.leaves.len() {
            self.leaves.resize_with(at + 1, LeafLoad::default);
        }
        &mut self.leaves[at]
    }

    /// Counts `change` more of an event.
    #[inline]
    pub(crate) fn post_event(&mut self, leaf: LeafId, event: EventKey, change: i32) {
        self.leaf(leaf).flows.post(event, change);
    }

    /// Adds a home to the stock.
    #[inline]
    pub(crate) fn add_stock(&mut self, leaf: LeafId, tag: Tag, entry: &StockEntry) {
        let leaf = self.leaf(leaf);
        leaf.tally.add(Counted::Stock(entry.class), tag, 1);
        for (stock, key) in Stock::keys(entry) {
            leaf.stock_sums.add(tag, stock, key, 1);
            leaf.stock[stock as usize].push((key, tag.0));
        }
    }

    /// Puts all of it into a book whose leaves are empty yet.
    pub(crate) fn finish(self, book: &mut MarketBook) {
        for (number, load) in self.leaves.into_iter().enumerate() {
            let id = LeafId(number as u32);
            let leaf = &mut book.leaves[number];
            leaf.stock = load.stock.map(SortedValues::of_unsorted);
            leaf.tally = load.tally;
            leaf.stock_sums = load.stock_sums;
            leaf.flows = load.flows.finish();
            leaf.event_values = EventValues::of(&leaf.flows);
            let (tally, by_day) = (&mut leaf.tally, &mut leaf.by_day);
            leaf.flows.each_held(&mut |event, count| {
                tally.add_event(event, count);
                by_day.post(event, count, false);
            });
            book.touch(id);
        }
        book.sum_anew();
    }
}
