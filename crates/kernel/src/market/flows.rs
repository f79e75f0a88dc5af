//! What happened in a leaf, day by day, as counted events. An event that is taken back leaves its day
//! exactly; one that touches a day already final is kept apart, so that the final day never changes.

use std::collections::BTreeMap;

use super::segment::{Segment, Tag};
use crate::time::Day;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum What {
    /// A home came on the market, and we know the day.
    NewListing = 1,
    /// A marketing episode begins (also one of which only the end was seen).
    EpisodeStart = 2,
    /// The last day of an episode.
    EpisodeEnd = 3,
    /// A list price below the one before it. `other_day` is the episode's cut before this one.
    CutSeen = 4,
    /// The same, while the home was not on the market (in no episode).
    CutOffMarket = 5,
    /// The first record already asked less than its original price.
    CutInferred = 6,
    /// Under contract, or sold at once. `other_day` holds days on market, or [`UNKNOWN`].
    Contract = 7,
    /// Closed. `price` and `ratio` hold the close price and the price per area, or [`NO_VALUE`].
    Close = 8,
}

impl What {
    /// Every sort of event.
    pub const ALL: [Self; 8] = [
        Self::NewListing,
        Self::EpisodeStart,
        Self::EpisodeEnd,
        Self::CutSeen,
        Self::CutOffMarket,
        Self::CutInferred,
        Self::Contract,
        Self::Close,
    ];

    /// The value with this stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::NewListing,
            2 => Self::EpisodeStart,
            3 => Self::EpisodeEnd,
            4 => Self::CutSeen,
            5 => Self::CutOffMarket,
            6 => Self::CutInferred,
            7 => Self::Contract,
            8 => Self::Close,
            _ => return None,
        })
    }

    /// The name in change rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewListing => "new_listing",
            Self::EpisodeStart => "episode_start",
            Self::EpisodeEnd => "episode_end",
            Self::CutSeen => "price_cut",
            Self::CutOffMarket => "price_cut_off_market",
            Self::CutInferred => "price_cut_inferred",
            Self::Contract => "contract",
            Self::Close => "close",
        }
    }
}

/// No day, or no number of days.
pub const UNKNOWN: Day = Day(i32::MIN);

/// No price or ratio.
pub const NO_VALUE: u64 = u64::MAX;

/// One event of one home; equal events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// What happened.
    pub what: What,
    /// On which local day.
    pub day: Day,
    /// The home's tag.
    pub tag: Tag,
    /// See [`What`].
    pub other_day: Day,
    /// Cents, or [`NO_VALUE`].
    pub price: u64,
    /// Bits of the price per square foot, or [`NO_VALUE`].
    pub ratio: u64,
}

impl EventKey {
    const fn bound(what: What, day: Day, least: bool) -> Self {
        Self {
            what,
            day,
            tag: Tag(if least { 0 } else { u8::MAX }),
            other_day: Day(if least { i32::MIN } else { i32::MAX }),
            price: if least { 0 } else { u64::MAX },
            ratio: if least { 0 } else { u64::MAX },
        }
    }
}

/// Counted events of one leaf.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    events: BTreeMap<EventKey, i32>,
    /// Changes to days that were final when they came: they enter `all` and trailing readings only.
    after_final: BTreeMap<EventKey, i32>,
}

impl Flows {
    /// Counts `change` more of an event.
    #[inline]
    pub(crate) fn post(&mut self, event: EventKey, change: i32, is_final: bool) {
        let book = if is_final {
            &mut self.after_final
        } else {
            &mut self.events
        };
        let count = book.entry(event).or_insert(0);
        *count += change;
        if *count == 0 {
            book.remove(&event);
        }
    }

    /// Moves an event's count from the plain book to the one kept after finality, as a restart does.
    pub(crate) fn set_apart(&mut self, event: EventKey, change: i32) {
        self.post(event, -change, false);
        self.post(event, change, true);
    }

    /// Events as of finality.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&EventKey, i32)> {
        self.events.iter().map(|(event, count)| (event, *count))
    }

    /// Events set apart after finality.
    pub(crate) fn apart(&self) -> impl Iterator<Item = (&EventKey, i32)> {
        self.after_final
            .iter()
            .map(|(event, count)| (event, *count))
    }

    /// Calls `each` with the events of one sort from day to day (both included), with their counts.
    /// With `as_final`, days that are final show what was known then.
    pub(crate) fn each(
        &self,
        what: What,
        days: (Day, Day),
        segment: Segment,
        as_final: bool,
        each: &mut dyn FnMut(&EventKey, i64),
    ) {
        let range = EventKey::bound(what, days.0, true)..=EventKey::bound(what, days.1, false);
        for (event, count) in self.events.range(range.clone()) {
            if segment.holds(event.tag) {
                each(event, i64::from(*count));
            }
        }
        if !as_final {
            for (event, count) in self.after_final.range(range) {
                if segment.holds(event.tag) {
                    each(event, i64::from(*count));
                }
            }
        }
    }
}
