//! The third book: markets as unions of leaves that keep exact values. What a measure is, is not said here
//! (`measure`); what a home posts, neither (`home`).

mod book;
mod buckets;
mod day_counts;
mod day_table;
mod event_values;
mod first_cut;
mod flows;
mod leaf;
mod load;
mod packed;
mod quantile;
mod segment;
mod sorted;
mod stock_sums;
mod tally;
mod traffic;
mod view;

pub(crate) use book::ten_thousandths;
pub use book::{MarketBook, Stock, StockEntry};
pub(crate) use day_counts::{Dated, QUICK_DAYS};
pub use event_values::EventValue;
pub use first_cut::FirstCut;
pub(crate) use first_cut::{code_of_day, day_of_code};
pub(crate) use flows::settle;
pub use flows::{BILLIONTHS, EventKey, NO_VALUE, UNKNOWN, What};
pub use leaf::{LeafId, StockClass};
pub(crate) use load::MarketLoad;
pub use quantile::{Quantile, Ranks};
pub use segment::{Segment, TAGS, Tag, has_comparable_price};
pub(crate) use sorted::SortedValues;
pub use traffic::Traffic;
pub(crate) use view::FIRST_DAY;
pub use view::{MarketKey, MarketReader, MarketView};
