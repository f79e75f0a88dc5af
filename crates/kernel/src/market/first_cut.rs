//! Which price cut is the first of its marketing episode within a window.

use super::flows::{EventKey, NO_VALUE, UNKNOWN, What};
use crate::time::Day;

/// Which cuts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstCut {
    /// Those seen as a list price below the one before.
    Seen,
    /// Those that an episode's first record tells by its original price.
    Inferred,
    /// Either.
    Any,
}

impl FirstCut {
    /// Whether an event of a window that begins on `from` is its episode's first cut in it. Each seen cut names the
    /// episode's cut before it, and its inferred one, so that only the first in the window counts.
    #[must_use]
    pub fn is_it(self, event: &EventKey, from: Day) -> bool {
        match event.what {
            What::CutSeen => {
                let is_first_seen = event.other_day == UNKNOWN || event.other_day < from;
                match self {
                    Self::Seen => is_first_seen,
                    Self::Inferred => false,
                    Self::Any => is_first_seen && event.inferred_cut() < from,
                }
            }
            What::CutInferred => self != Self::Seen && event.other_day != UNKNOWN,
            _ => false,
        }
    }
}

/// A day as a code that sorts alike, for what keeps a day where others keep a value.
pub(crate) fn code_of_day(day: Day) -> u64 {
    (i64::from(day.0) - i64::from(i32::MIN)) as u64
}

/// The day that has this code.
pub(crate) fn day_of_code(code: u64) -> Day {
    Day((code as i64 + i64::from(i32::MIN)) as i32)
}

impl EventKey {
    /// The day of the inferred cut that a seen one has before it in its episode, or [`UNKNOWN`].
    #[inline]
    pub(crate) fn inferred_cut(&self) -> Day {
        match self.price {
            NO_VALUE => UNKNOWN,
            code => day_of_code(code),
        }
    }
}
