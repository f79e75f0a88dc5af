//! Builds markets from all homes at once, as a restart does: values are collected per leaf and sorted once,
//! where posting them one by one searches and moves for each. What results is the same.

use super::book::{MarketBook, StockEntry};
use super::flows::{EventKey, FlowsLoad, NO_VALUE};
use super::leaf::LeafId;
use super::segment::Tag;
use super::sorted::SortedValues;
use super::tally::Counted;

/// What homes post, not yet in a book.
#[derive(Debug, Default)]
pub(crate) struct MarketLoad {
    leaves: Vec<LeafLoad>,
}

#[derive(Debug, Default)]
struct LeafLoad {
    flows: FlowsLoad,
    stock: Vec<(Tag, StockEntry)>,
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
        self.leaf(leaf).stock.push((tag, *entry));
    }

    /// Puts all of it into a book whose leaves are empty yet.
    pub(crate) fn finish(self, book: &mut MarketBook) {
        for (number, load) in self.leaves.into_iter().enumerate() {
            let id = LeafId(number as u32);
            let leaf = &mut book.leaves[number];
            for (tag, entry) in &load.stock {
                leaf.tally.add(Counted::Stock(entry.class), *tag, 1);
            }
            let values = |of: fn(&StockEntry) -> u64| {
                let all = load.stock.iter().map(|(tag, entry)| (of(entry), tag.0));
                let mut values: Vec<(u64, u8)> = all.filter(|value| value.0 != NO_VALUE).collect();
                values.sort_unstable();
                SortedValues::of_sorted(&values)
            };
            leaf.list_prices = values(|entry| entry.price);
            leaf.list_ratios = values(|entry| entry.ratio);
            leaf.flows = load.flows.finish();
            let tally = &mut leaf.tally;
            leaf.flows
                .each_held(&mut |event, count| tally.add_event(event, count));
            book.touch(id);
        }
        book.sum_anew();
    }
}
