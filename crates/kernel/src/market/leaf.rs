//! A leaf: the homes of one combination of areas and one kind. Values are kept here once; every area is a
//! union of leaves.

use super::flows::Flows;
use super::segment::{Segment, Tag};
use super::sorted::SortedValues;
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

/// Live homes counted by class and tag; few combinations occur in one leaf.
#[derive(Debug, Default)]
pub(crate) struct StockCounts {
    counts: Vec<(StockClass, Tag, u32)>,
}

impl StockCounts {
    #[inline]
    pub(crate) fn add(&mut self, class: StockClass, tag: Tag) {
        match self
            .counts
            .iter_mut()
            .find(|entry| entry.0 == class && entry.1 == tag)
        {
            Some(entry) => entry.2 += 1,
            None => self.counts.push((class, tag, 1)),
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, class: StockClass, tag: Tag) {
        let entry = self
            .counts
            .iter_mut()
            .find(|entry| entry.0 == class && entry.1 == tag && entry.2 > 0);
        debug_assert!(
            entry.is_some(),
            "a home leaves a stock that it was not part of"
        );
        if let Some(entry) = entry {
            entry.2 -= 1;
        }
    }

    /// Class, tag and count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StockClass, Tag, u32)> + '_ {
        self.counts.iter().copied()
    }

    pub(crate) fn count(&self, class: StockClass, segment: Segment) -> u64 {
        let matching = self
            .counts
            .iter()
            .filter(|entry| entry.0 == class && segment.holds(entry.1));
        matching.map(|entry| u64::from(entry.2)).sum()
    }
}

/// Accumulators of one leaf.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) kind: Kind,
    /// One area a level, in the plan's order.
    pub(crate) areas: Box<[u32]>,
    pub(crate) stock: StockCounts,
    /// List prices of active homes, in cents.
    pub(crate) list_prices: SortedValues,
    /// List price per square foot of active homes, as bits of `f64`.
    pub(crate) list_ratios: SortedValues,
    pub(crate) flows: Flows,
    pub(crate) touched: bool,
}

impl Leaf {
    pub(crate) fn new(kind: Kind, areas: Box<[u32]>) -> Self {
        Self {
            kind,
            areas,
            stock: StockCounts::default(),
            list_prices: SortedValues::default(),
            list_ratios: SortedValues::default(),
            flows: Flows::default(),
            touched: false,
        }
    }
}
