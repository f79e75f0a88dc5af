//! What days said when they were printed. A day is printed when it closes, and as final a horizon later; nothing of it is
//! stored, as each version knows which print was the first to know it. So a print is what the same code makes of the
//! versions and decisions that it knew. Which listings are one home, where homes stand and what is usual (by which values are
//! held) are taken as they are now.

mod flows;

pub use flows::FlowPrints;

use crate::as_of::Knowledge;
use crate::listing::Listing;
use crate::time::Day;

/// By what the days of a series are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vintage {
    /// By what is known now.
    #[default]
    Now,
    /// Each day by what was known this many days after it: when it closed (0), or when it became final (the horizon).
    Print(u32),
}

impl Vintage {
    /// What the end of `day` knows.
    #[must_use]
    pub fn end_of(self, day: Day) -> Knowledge {
        let happened = Some(crate::AsOf::EndOf(day));
        Knowledge {
            happened,
            print: self.print_of(day),
        }
    }

    /// The print that tells of `day`; `None` for what is known now.
    #[must_use]
    pub fn print_of(self, day: Day) -> Option<Day> {
        match self {
            Self::Now => None,
            Self::Print(after) => Some(day.plus(after as i32)),
        }
    }

    /// The first day whose end takes in what happened on `day` and was known by the print of `known`.
    pub(crate) fn first_day(self, day: Day, known: Day) -> Day {
        match self {
            Self::Now => day,
            Self::Print(after) => day.max(known.plus(-(after as i32))),
        }
    }

    /// Calls `each` with the first days that take in a listing's versions, in their order.
    pub(crate) fn each_day(self, listing: &Listing, each: &mut dyn FnMut(Day)) {
        let versions = listing.history.versions();
        versions.for_each(|version| each(self.first_day(version.day, version.known)));
    }

    /// Calls `each` with the first days that take in decisions of people about a listing.
    pub(crate) fn each_decision(self, listing: &Listing, each: &mut dyn FnMut(Day)) {
        if let Self::Print(after) = self {
            let decisions = listing.corrections.iter();
            decisions.for_each(|decision| each(decision.known.plus(-(after as i32))));
        }
    }
}
