//! The measures: pure readers over the accumulators of a market, one file each. A measure keeps no state.

mod active_count;
mod back_on_market;
mod basis;
mod close_price;
mod close_price_per_area;
mod closed_count;
mod coming_soon_count;
mod days_on_market;
mod expired_count;
mod list_price;
mod list_price_per_area;
mod new_listings;
mod off_market_in_14_days_share;
mod pending_count;
mod pending_sales;
mod price_cut_share;
mod price_cuts;
mod removed_count;
mod sale_to_list;
mod sale_to_original_list;
mod share;
mod sold_above_list_share;
mod statistics;
mod value;
mod window;
mod withdrawn_count;

pub use basis::{Basis, EventValue, Reduction, Statistic};
pub use value::{Reading, Unit, Value};
pub use window::{Period, Window};

use basis::ONE;

use crate::market::MarketReader;

/// Whether a measure describes an instant or a stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// What is there now: read for the window `now`.
    Stock,
    /// What happened: read per day, per month, over trailing days, and in all.
    Flow,
}

/// One measure: what it says, exactly, and how it is read.
#[derive(Debug)]
pub struct Measure {
    /// The name in every output.
    pub id: &'static str,
    /// A title for people.
    pub title: &'static str,
    /// The unit of its values.
    pub unit: Unit,
    /// Instant or stretch.
    pub nature: Nature,
    /// What is counted, when, and how ties, gaps and nulls are treated.
    pub definition: &'static str,
    /// Variants, the default first.
    pub variants: &'static [&'static str],
    /// How the values of homes or events become one.
    pub reduction: Reduction,
    /// The homes or events that it rests on.
    pub basis: Basis,
    /// Reads one variant over one period.
    pub read: fn(&MarketReader<'_>, Period, &str) -> Reading,
}

impl Measure {
    /// The windows for which this measure is read.
    #[must_use]
    pub fn windows(&self) -> &'static [Window] {
        match self.nature {
            Nature::Stock => &[Window::Now],
            Nature::Flow => &[
                Window::Day,
                Window::Month,
                Window::Trailing30,
                Window::Trailing90,
                Window::All,
            ],
        }
    }
}

/// Every measure, in the order of outputs.
pub const MEASURES: &[&Measure] = &[
    &active_count::MEASURE,
    &pending_count::MEASURE,
    &coming_soon_count::MEASURE,
    &list_price::MEASURES[0],
    &list_price::MEASURES[1],
    &list_price::MEASURES[2],
    &list_price::MEASURES[3],
    &list_price::MEASURES[4],
    &list_price::MEASURES[5],
    &list_price_per_area::MEASURES[0],
    &list_price_per_area::MEASURES[1],
    &list_price_per_area::MEASURES[2],
    &list_price_per_area::MEASURES[3],
    &list_price_per_area::MEASURES[4],
    &list_price_per_area::MEASURES[5],
    &new_listings::MEASURE,
    &back_on_market::MEASURE,
    &withdrawn_count::MEASURE,
    &expired_count::MEASURE,
    &removed_count::MEASURE,
    &price_cuts::MEASURE,
    &price_cut_share::MEASURE,
    &pending_sales::MEASURE,
    &days_on_market::MEASURES[0],
    &days_on_market::MEASURES[1],
    &days_on_market::MEASURES[2],
    &days_on_market::MEASURES[3],
    &days_on_market::MEASURES[4],
    &days_on_market::MEASURES[5],
    &off_market_in_14_days_share::MEASURE,
    &closed_count::MEASURE,
    &close_price::MEASURES[0],
    &close_price::MEASURES[1],
    &close_price::MEASURES[2],
    &close_price::MEASURES[3],
    &close_price::MEASURES[4],
    &close_price::MEASURES[5],
    &close_price_per_area::MEASURES[0],
    &close_price_per_area::MEASURES[1],
    &close_price_per_area::MEASURES[2],
    &close_price_per_area::MEASURES[3],
    &close_price_per_area::MEASURES[4],
    &close_price_per_area::MEASURES[5],
    &sale_to_list::MEASURES[0],
    &sale_to_list::MEASURES[1],
    &sale_to_list::MEASURES[2],
    &sale_to_list::MEASURES[3],
    &sale_to_list::MEASURES[4],
    &sale_to_list::MEASURES[5],
    &sold_above_list_share::MEASURE,
    &sale_to_original_list::MEASURES[0],
    &sale_to_original_list::MEASURES[1],
    &sale_to_original_list::MEASURES[2],
    &sale_to_original_list::MEASURES[3],
    &sale_to_original_list::MEASURES[4],
    &sale_to_original_list::MEASURES[5],
];

/// The measure with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().copied().find(|measure| measure.id == id)
}

/// The only variant of measures that publishers do not define differently.
const OWN: &[&str] = &["own"];
