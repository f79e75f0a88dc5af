//! The measures: pure readers over the accumulators of a market, one file each. A measure keeps no state.

mod active_count;
mod basis;
mod closed_count;
mod median_close_price;
mod median_close_price_per_area;
mod median_days_on_market;
mod median_list_price;
mod median_list_price_per_area;
mod new_listings;
mod pending_count;
mod price_cut_share;
mod price_cuts;
mod value;
mod window;

pub use basis::{Basis, EventValue, Reduction};
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
    &median_list_price::MEASURE,
    &median_list_price_per_area::MEASURE,
    &new_listings::MEASURE,
    &price_cuts::MEASURE,
    &price_cut_share::MEASURE,
    &median_days_on_market::MEASURE,
    &closed_count::MEASURE,
    &median_close_price::MEASURE,
    &median_close_price_per_area::MEASURE,
];

/// The measure with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().copied().find(|measure| measure.id == id)
}

/// The only variant of measures that publishers do not define differently.
const OWN: &[&str] = &["own"];
