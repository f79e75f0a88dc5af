//! What the values of a leaf's active homes add up to, by tag, so that a mean costs no look at them. Areas keep none of
//! their own: adding up leaves at a read is cheaper than keeping sums on every level at each update.

use super::book::Stock;
use super::segment::{Segment, Tag};

const VALUES: usize = Stock::ALL.len();

/// Number and sum of each value of the stock, by tag.
#[derive(Debug, Default)]
pub(crate) struct StockSums(Vec<(Tag, [Sum; VALUES])>);

#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    n: i64,
    /// In whole units, see [`Stock::whole`].
    sum: i128,
}

impl StockSums {
    /// Counts `change` more of a value, given as its key.
    #[inline]
    pub(crate) fn add(&mut self, tag: Tag, stock: Stock, key: u64, change: i32) {
        let at = match self.0.iter().position(|(other, _)| *other == tag) {
            Some(at) => at,
            None => {
                self.0.push((tag, Default::default()));
                self.0.len() - 1
            }
        };
        let sum = &mut self.0[at].1[stock as usize];
        sum.n += i64::from(change);
        sum.sum += stock.whole(key) * i128::from(change);
    }

    /// Number and sum of a value over the homes of a segment.
    pub(crate) fn of(&self, stock: Stock, segment: Segment) -> (i64, i128) {
        let held = self.0.iter().filter(|(tag, _)| segment.holds(*tag));
        let sums = held.map(|(_, sums)| sums[stock as usize]);
        sums.fold((0, 0), |(n, sum), part| (n + part.n, sum + part.sum))
    }
}
