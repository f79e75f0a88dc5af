//! What a measure rests on: which homes or events it looks at, what value each gives, and how these become
//! one reading. Readers (`read`) do not need it: it says in data what they do in code, and `evidence` holds
//! the two together.

use super::{Period, Value};
use crate::home::Placement;
use crate::market::{EventKey, Quantile, Stock, StockClass, What};

/// How the values of a measure's homes or events become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// They are counted.
    Count,
    /// One stands for all.
    Statistic(Statistic),
    /// Those with a cut, divided by all.
    Share,
}

/// A value that stands for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum by their number; see [`Value::mean`].
    Mean,
    /// The one at a quantile, as `percentile_cont` finds it.
    Quantile(Quantile),
}

impl Reduction {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Statistic(Statistic::Mean) => "mean",
            Self::Statistic(Statistic::Quantile(quantile)) => quantile.name(),
            Self::Share => "share",
        }
    }
}

/// The value that an event gives, or in words why it gives none. The placement is that of the listing that
/// told it, where that is still known.
pub type EventValue = fn(&EventKey, Option<&Placement>) -> Result<Value, &'static str>;

/// What a measure looks at.
#[derive(Debug, Clone, Copy)]
pub enum Basis {
    /// Live homes of a class.
    Homes {
        /// Which homes.
        class: StockClass,
        /// The value that each gives; `None` where they are only counted.
        value: Option<Stock>,
    },
    /// Events on the days of the period.
    Events {
        /// Which sorts of events a variant looks at.
        sorts: fn(&str) -> &'static [What],
        /// The value of each.
        value: EventValue,
    },
    /// Marketing episodes that touch the period.
    Episodes {
        /// Whether an event of the period is the first cut of its episode in it, by this variant.
        is_cut: fn(&EventKey, Period, &str) -> bool,
    },
}

/// The value of an event that is only counted.
pub(super) const ONE: EventValue = |_, _| Ok(Value::Count(1));
