//! Change rows: what a record changed in a home, always as before and after. Their identity is the position
//! of the record that caused them, the home, and an ordinal; never an epoch.

use crate::market::What;
use crate::record::FeedId;
use crate::time::{Day, Millis};

/// What about a home changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// The home's stock class; codes of [`crate::market::StockClass`].
    Stock,
    /// List price in cents.
    ListPrice,
    /// An event was added (before absent) or taken back (after absent); values are its close price, or 1.
    Event(What),
}

impl Aspect {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::ListPrice => "list_price",
            Self::Event(what) => what.name(),
        }
    }

    /// The stored code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Stock => 0,
            Self::ListPrice => 100,
            Self::Event(what) => what as u8,
        }
    }

    /// The aspect with this stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Stock),
            100 => Some(Self::ListPrice),
            code => What::from_code(code).map(Self::Event),
        }
    }
}

/// One change of one home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Position of the record that caused it.
    pub position: u64,
    /// Number among the changes of that record and home.
    pub ordinal: u32,
    /// The home: feed and key of its first listing.
    pub home: (FeedId, Box<[u8]>),
    /// Event time of the record that caused it.
    pub event_time: Millis,
    /// What changed.
    pub aspect: Aspect,
    /// The day concerned, for events; else the record's local day.
    pub day: Day,
    /// The value before.
    pub before: Option<i64>,
    /// The value after.
    pub after: Option<i64>,
}
