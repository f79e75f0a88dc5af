//! What a measure rests on: which homes or events it looks at, what value each gives, and how these become
//! one reading. Readers (`read`) do not need it: it says in data what they do in code, and `evidence` holds
//! the two together.

use super::{Measure, Period, Reading, Value};
use crate::field::Kind;
use crate::home::Placement;
use crate::market::{EventKey, MarketReader, Quantile, Stock, StockClass, What};

/// How the values of a measure's homes or events become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// They are counted.
    Count,
    /// One stands for all.
    Statistic(Statistic),
    /// Those with a cut, divided by all.
    Share,
    /// They become two readings, of which one is divided by the other; see [`Quotient`].
    Quotient,
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
            Self::Quotient => "quotient",
        }
    }
}

/// The value that an event gives, or in words why it gives none. The placement is that of the listing that
/// told it, where that is still known; the text names the variant.
pub type EventValue = fn(&EventKey, Option<&Placement>, &str) -> Result<Value, &'static str>;

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
    /// Two other readings.
    Quotient {
        /// Which, by variant.
        of: fn(&str) -> Quotient,
    },
}

/// One reading divided by another, times a fraction.
#[derive(Debug, Clone, Copy)]
pub struct Quotient {
    /// What is divided.
    pub above: Part,
    /// What it is divided by.
    pub below: Part,
    /// Numerator and denominator of the factor.
    pub times: (u32, u32),
}

/// A reading that is part of another.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What is read.
    pub measure: &'static Measure,
    /// Of which variant.
    pub variant: &'static str,
    /// Over how many days that end today; `None` for this moment.
    pub days: Option<u16>,
    /// Of sales or leases, whichever the market is of; `None` for its own.
    pub kind: Option<Kind>,
}

impl Part {
    /// The days that it is read over, when the whole is read over `period`.
    #[must_use]
    pub fn period(&self, period: Period) -> Period {
        let back = self.days.map_or(0, |days| i32::from(days) - 1);
        Period {
            from: period.to.plus(-back),
            to: period.to,
            as_final: false,
        }
    }

    fn read(&self, market: &MarketReader<'_>, period: Period) -> Reading {
        let period = self.period(period);
        match self.kind.filter(|kind| *kind != market.kind()) {
            Some(kind) => (self.measure.read)(&market.of_kind(kind), period, self.variant),
            None => (self.measure.read)(market, period, self.variant),
        }
    }
}

impl Quotient {
    /// The same the other way round: one by it.
    pub(super) fn inverted(self) -> Self {
        let (times, by) = self.times;
        Self {
            above: self.below,
            below: self.above,
            times: (by, times),
        }
    }

    /// Reads both parts and divides them.
    pub(super) fn read(&self, market: &MarketReader<'_>, period: Period) -> Reading {
        self.of(
            self.above.read(market, period),
            self.below.read(market, period),
        )
    }

    /// The reading of two readings. It rests on as many homes or events as the part that has fewer; null where a part is,
    /// and where it would be divided by zero.
    #[must_use]
    pub fn of(&self, above: Reading, below: Reading) -> Reading {
        let value = self.of_values(above.value.as_f64(), below.value.as_f64());
        Reading {
            value: value.map_or(Value::Absent, Value::Real),
            n: above.n.min(below.n),
            n_excluded: above.n_excluded + below.n_excluded,
        }
    }

    /// The value of two values; none where one is missing, and none by zero.
    #[must_use]
    pub fn of_values(&self, above: Option<f64>, below: Option<f64>) -> Option<f64> {
        let below = below.filter(|below| *below != 0.0)?;
        let (times, by) = (f64::from(self.times.0), f64::from(self.times.1));
        Some(above? * times / (below * by))
    }
}

/// The value of an event that is only counted.
pub(super) const ONE: EventValue = |_, _, _| Ok(Value::Count(1));
