//! When norms are taken anew: a rule over the log alone, so that every host does so at the same record.

use crate::time::Millis;

/// Rows that make a settling due, however few listings there are.
const ROWS_LEAST: u64 = 256;
/// Rows a listing that make one due: all listings are looked at, which each row then pays for a quarter of one.
const ROWS_PER_LISTING: u64 = 4;

/// What has come since norms were last taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling {
    /// Observations since.
    pub rows: u64,
    /// Listings that had a value then.
    pub listings: u64,
    /// Time of the last tick.
    pub last_tick: Millis,
}

impl Default for Settling {
    fn default() -> Self {
        Self {
            rows: 0,
            listings: 0,
            last_tick: Millis::MIN,
        }
    }
}

impl Settling {
    /// An observation came.
    #[inline]
    pub fn row(&mut self) {
        self.rows += 1;
    }

    /// A tick came; whether norms are taken anew at it: four times as many rows have come as there were listings; or the tick is the one before once more, by which the pipeline says that no more
    /// is to come for now.
    pub fn tick(&mut self, time: Millis) -> bool {
        let is_repeated = time == self.last_tick;
        self.last_tick = time;
        self.rows >= (ROWS_PER_LISTING * self.listings).max(ROWS_LEAST)
            || is_repeated && self.rows > 0
    }

    /// Norms were taken, of the values of so many listings.
    pub fn settled(&mut self, listings: u64) {
        (self.rows, self.listings) = (0, listings);
    }
}
