//! Windows of time, and the days that they mean on a given day.

use crate::time::Day;

/// A window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// This moment.
    Now,
    /// One local day.
    Day,
    /// One calendar month.
    Month,
    /// The 30 days that end today.
    Trailing30,
    /// The 90 days that end today.
    Trailing90,
    /// Everything that is known.
    All,
}

impl Window {
    /// Every window.
    pub const ALL: [Self; 6] = [
        Self::Now,
        Self::Day,
        Self::Month,
        Self::Trailing30,
        Self::Trailing90,
        Self::All,
    ];

    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Day => "day",
            Self::Month => "month",
            Self::Trailing30 => "30d",
            Self::Trailing90 => "90d",
            Self::All => "all",
        }
    }

    /// The window with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.name() == name)
    }

    /// The day that stands for this window in the names of readings: a month's first, else the day itself.
    #[must_use]
    pub fn date(self, day: Day) -> Day {
        match self {
            Self::Month => day.month_start(),
            Self::Now | Self::Day | Self::Trailing30 | Self::Trailing90 | Self::All => day,
        }
    }

    /// The period of this window that ends on, or for a day or month holds, `day`.
    #[must_use]
    pub fn period(self, day: Day) -> Period {
        let (from, to, as_final) = match self {
            Self::Now => (day, day, false),
            Self::Day => (day, day, true),
            Self::Month => (day.month_start(), day.month_end(), true),
            Self::Trailing30 => (day.plus(-29), day, false),
            Self::Trailing90 => (day.plus(-89), day, false),
            Self::All => (Day(i32::MIN + 1), Day(i32::MAX), false),
        };
        Period { from, to, as_final }
    }
}

/// A stretch of local days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Whether final days show what was known when they closed for good.
    pub as_final: bool,
}

impl Period {
    /// First and last day.
    #[must_use]
    pub fn days(self) -> (Day, Day) {
        (self.from, self.to)
    }
}
