//! The measures: pure readers over the accumulators of a market, a file a quantity. A measure keeps no state.

mod absorption_rate;
mod active_count;
mod age_of_inventory;
mod back_on_market;
mod basis;
mod close_price;
mod close_price_per_area;
mod closed_count;
mod coming_soon_count;
mod cumulative_days_on_market;
mod days_on_market;
mod event_count;
mod expired_count;
mod gross_rental_yield;
mod list_price;
mod list_price_per_area;
mod months_of_supply;
mod new_listings;
mod off_market_in_14_days_share;
mod pending_count;
mod pending_sales;
mod price_cut_share;
mod price_cut_size;
mod price_cuts;
mod price_to_rent;
mod quotient;
mod removed_count;
mod sale_to_list;
mod sale_to_original_list;
mod share;
mod sold_above_list_share;
mod statistics;
mod value;
mod window;
mod withdrawn_count;

pub use basis::{Basis, EventValue, Part, Quotient, Reduction, Statistic};
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
#[derive(Debug, Clone, Copy)]
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
    /// Whose fields or conventions it follows.
    pub source: &'static str,
    /// What it is divided by, in words; empty where it is no share or quotient.
    pub denominator: &'static str,
    /// The test that recounts it in plain code: a path in the repository.
    pub twin: &'static str,
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
    /// The quantity that it is a statistic of, or itself: `list_price` of `median_list_price`.
    #[must_use]
    pub fn quantity(&self) -> &'static str {
        match (self.reduction, self.id.split_once('_')) {
            (Reduction::Statistic(_), Some((_, quantity))) => quantity,
            _ => self.id,
        }
    }

    /// How a reading comes from the homes or events behind it, in words.
    #[must_use]
    pub fn formula(&self) -> String {
        const COUNTED: &str = "over rows with counted = true, each as often as times says";
        match self.reduction {
            Reduction::Count => "sum of times over rows with counted = true".into(),
            Reduction::Statistic(Statistic::Mean) => {
                format!("mean of value {COUNTED}, rounded as the definition says")
            }
            Reduction::Statistic(Statistic::Quantile(quantile)) => {
                let (part, whole) = quantile.fraction();
                let fraction = part as f64 / whole as f64;
                format!("percentile_cont({fraction}) of value {COUNTED}")
            }
            Reduction::Share => "sum of value / sum of times over rows with counted = true".into(),
            Reduction::Quotient => {
                "the rows of part above, reduced as `parts` says, divided by those of \
                                    part below, times a fraction"
                    .into()
            }
        }
    }

    /// The accumulators of a market that it reads.
    #[must_use]
    pub fn accumulators(&self) -> &'static str {
        match (self.basis, self.reduction) {
            (Basis::Homes { value: None, .. }, _) => "counts of live homes by status and segment",
            (Basis::Homes { .. }, Reduction::Statistic(Statistic::Mean)) => {
                "sums of live homes' values by segment"
            }
            (Basis::Homes { .. }, _) => "live homes' values in order, counts of them by bucket",
            (Basis::Events { .. }, Reduction::Statistic(Statistic::Quantile(_))) => {
                "events by day, their values in order"
            }
            (Basis::Events { .. }, Reduction::Statistic(Statistic::Mean)) => {
                "sums of events' values by day"
            }
            (Basis::Events { .. }, _) => "counts of events by day",
            (Basis::Episodes { .. }, _) => "counts by day of starts, ends and cuts of episodes",
            (Basis::Quotient { .. }, _) => "those of its two parts",
        }
    }

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
pub const MEASURES: &[&Measure] = &one_by_one::<{ count() }>();

/// The measures of each file.
const FILES: &[&[Measure]] = &[
    &[active_count::MEASURE],
    &[pending_count::MEASURE],
    &[coming_soon_count::MEASURE],
    &list_price::MEASURES,
    &list_price_per_area::MEASURES,
    &age_of_inventory::MEASURES,
    &[new_listings::MEASURE],
    &[back_on_market::MEASURE],
    &[withdrawn_count::MEASURE],
    &[expired_count::MEASURE],
    &[removed_count::MEASURE],
    &[price_cuts::MEASURE],
    &[price_cut_share::MEASURE],
    &price_cut_size::MEASURES,
    &[pending_sales::MEASURE],
    &days_on_market::MEASURES,
    &cumulative_days_on_market::MEASURES,
    &[off_market_in_14_days_share::MEASURE],
    &[closed_count::MEASURE],
    &close_price::MEASURES,
    &close_price_per_area::MEASURES,
    &sale_to_list::MEASURES,
    &[sold_above_list_share::MEASURE],
    &sale_to_original_list::MEASURES,
    &[months_of_supply::MEASURE],
    &[absorption_rate::MEASURE],
    &[price_to_rent::MEASURE],
    &[gross_rental_yield::MEASURE],
];

const fn count() -> usize {
    let (mut count, mut at) = (0, 0);
    while at < FILES.len() {
        count += FILES[at].len();
        at += 1;
    }
    count
}

const fn one_by_one<const N: usize>() -> [&'static Measure; N] {
    let mut all = [&FILES[0][0]; N];
    let (mut file, mut within, mut at) = (0, 0, 0);
    while at < N {
        if within == FILES[file].len() {
            (file, within) = (file + 1, 0);
        }
        all[at] = &FILES[file][within];
        (within, at) = (within + 1, at + 1);
    }
    all
}

/// The measure with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().copied().find(|measure| measure.id == id)
}

/// The only variant of measures that publishers do not define differently.
const OWN: &[&str] = &["own"];
