//! A leaf: the homes of one combination of areas and one kind. Values are kept here once; every area is a
//! union of leaves.

use super::book::Stock;
use super::day_counts::DayCounts;
use super::event_values::EventValues;
use super::flows::Flows;
use super::sorted::SortedValues;
use super::stock_sums::StockSums;
use super::tally::Tally;
use super::traffic::Traffic;
use crate::field::Kind;

/// A leaf's number inside one book; never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(pub u32);

/// Which stock a live home is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StockClass {
    /// For sale or rent now: `Active`.
    Active = 0,
    /// An offer was accepted: `Active Under Contract` and `Pending`.
    Pending = 1,
    /// Announced, not on the market yet.
    ComingSoon = 2,
}

impl StockClass {
    /// The name in change rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::ComingSoon => "coming_soon",
        }
    }
}

/// Accumulators of one leaf.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) kind: Kind,
    /// One area a level, in the plan's order.
    pub(crate) areas: Box<[u32]>,
    /// Live homes, and events as of finality.
    pub(crate) tally: Tally,
    /// Events that came after their day was final.
    pub(crate) tally_after: Tally,
    pub(crate) stock_sums: StockSums,
    pub(crate) by_day: DayCounts,
    /// Values of active homes, by [`Stock`].
    pub(crate) stock: [SortedValues; Stock::ALL.len()],
    pub(crate) flows: Flows,
    pub(crate) event_values: EventValues,
    pub(crate) touched: bool,
    pub(crate) traffic: Traffic,
}

impl Leaf {
    pub(crate) fn new(kind: Kind, areas: Box<[u32]>) -> Self {
        Self {
            kind,
            areas,
            tally: Tally::default(),
            tally_after: Tally::default(),
            stock_sums: StockSums::default(),
            by_day: DayCounts::default(),
            stock: Default::default(),
            flows: Flows::default(),
            event_values: EventValues::default(),
            touched: false,
            traffic: Traffic::default(),
        }
    }
}
