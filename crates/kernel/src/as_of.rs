//! Markets as of a past moment, by what we know now: homes are derived again from the versions up to it. The
//! same code as a restart, so that it cannot drift from the live books.

use std::collections::BTreeMap;

use crate::field::Kind;
use crate::listing::Version;
use crate::market::{LeafId, MarketBook};
use crate::shard::Shard;
use crate::time::{Day, Millis};

/// A past moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// An instant: versions with an event time at or before it.
    Instant(Millis),
    /// The end of a local day: versions whose local day is at or before it.
    EndOf(Day),
    /// A local day as a series tells of it: the stock at its end; of what happened every version, as a closing is told after
    /// its day.
    StockAt(Day),
}

impl AsOf {
    /// Whether a version had happened by then.
    #[must_use]
    pub fn knows(self, version: &Version<'_>) -> bool {
        match self {
            Self::Instant(instant) => version.time <= instant,
            Self::EndOf(day) | Self::StockAt(day) => version.day <= day,
        }
    }
}

/// What a question looks at: what had happened by a moment, as far as it was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Knowledge {
    /// Up to which moment; `None` for all.
    pub happened: Option<AsOf>,
    /// What the print of this day knew: what the log had told when the day closed. `None` for what is known now.
    pub print: Option<Day>,
}

impl Knowledge {
    /// All that is known now.
    pub const NOW: Self = Self {
        happened: None,
        print: None,
    };

    /// What had happened by a moment, by what is known now.
    #[must_use]
    pub fn of(happened: Option<AsOf>) -> Self {
        Self {
            happened,
            print: None,
        }
    }

    /// The same where events are told of, which [`AsOf::StockAt`] does not bound.
    #[must_use]
    pub fn of_events(self) -> Self {
        let happened = self.happened;
        Self {
            happened: happened.filter(|moment| !matches!(moment, AsOf::StockAt(_))),
            ..self
        }
    }

    /// Whether it takes in a version.
    #[must_use]
    pub fn knows(self, version: &Version<'_>) -> bool {
        self.happened.is_none_or(|moment| moment.knows(version)) && self.has(version.known)
    }

    /// Whether it takes in what the print of `known` knew first.
    pub(crate) fn has(self, known: Day) -> bool {
        self.print.is_none_or(|print| known <= print)
    }
}

impl Shard {
    /// This shard's markets as of a moment. Homes stand where their newest profile says that they stand.
    #[must_use]
    pub fn markets_as_of(&self, moment: AsOf) -> MarketBook {
        self.markets_known(Knowledge::of(Some(moment)))
    }

    /// This shard's markets by what is known of what had happened. Homes stand where their newest profile says that they
    /// stand; which listings are one home, and what is usual, is taken as it is now.
    #[must_use]
    pub fn markets_known(&self, knowledge: Knowledge) -> MarketBook {
        let mut book = MarketBook::new();
        let mut leaves: BTreeMap<LeafId, LeafId> = BTreeMap::new();
        for members in self.homes().homes(self.listings()) {
            for kind in Kind::ALL {
                let Some(home) = self.derive_home(&members, kind, knowledge) else {
                    continue;
                };
                let leaf = *leaves.entry(home.placement.leaf).or_insert_with(|| {
                    let (kind, names) = self.markets().leaf_names(home.placement.leaf);
                    let names: Vec<&str> = names.collect();
                    book.leaf_of_names(kind, &names)
                });
                for (event, count) in &home.events {
                    book.post_event(leaf, *event, *count, false);
                }
                if let Some(entry) = &home.stock {
                    book.add_stock(leaf, home.placement.tag, entry);
                }
            }
        }
        book
    }
}
