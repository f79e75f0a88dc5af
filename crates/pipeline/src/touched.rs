//! Areas of a level that changed and were not published since. A sink forgets an area when what it said of it was taken, so
//! that a failure loses nothing; there are never more than the level has areas.

use std::collections::BTreeSet;

use freehold_kernel::field::Kind;
use freehold_kernel::market::LeafId;
use freehold_kernel::plan::NO_AREA;
use freehold_kernel::plant::{Bug, is_planted};
use freehold_kernel::time::Day;

use crate::engine::Engine;

/// See the module.
#[derive(Debug)]
pub struct TouchedAreas {
    level: u8,
    waiting: BTreeSet<(String, Kind)>,
    leaves: Vec<LeafId>,
    /// The day for which everything was taken in; `None` after a start, when nobody knows what a sink has missed.
    all_of: Option<Day>,
    by_days: bool,
}

impl TouchedAreas {
    /// Nothing yet, of a level by its number. `by_days` where values also change because a day ends, as those of trailing
    /// windows do: then everything waits once a day.
    #[must_use]
    pub fn of(level: u8, by_days: bool) -> Self {
        Self {
            level,
            waiting: BTreeSet::new(),
            leaves: Vec::new(),
            all_of: None,
            by_days,
        }
    }

    /// Takes in what the engine's shards say that changed.
    pub fn gather(&mut self, engine: &mut Engine) {
        let level = usize::from(self.level);
        let today = engine.shards()[0].clock().today;
        let is_all = match self.all_of {
            None => true,
            Some(day) => self.by_days && day != today,
        };
        self.all_of = Some(today);
        for shard in engine.shards_mut() {
            self.leaves.clear();
            shard.take_touched(&mut self.leaves);
            if is_all {
                self.leaves.clear();
                self.leaves
                    .extend((0..shard.markets().leaf_count()).map(LeafId));
            }
            for leaf in &self.leaves {
                let (kind, mut names) = shard.markets().leaf_names(*leaf);
                if let Some(name) = names.nth(level).filter(|name| *name != NO_AREA) {
                    let area = (name.to_owned(), kind);
                    self.waiting.insert(area);
                }
            }
        }
    }

    /// What waits to be published, in order.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.waiting.iter().map(|(area, kind)| (&**area, *kind))
    }

    /// Forgets the areas for which `published` says true.
    pub fn forget(&mut self, published: impl Fn(&str, Kind) -> bool) {
        let forgets = is_planted(Bug::ForgetRefused);
        self.waiting
            .retain(|(area, kind)| !forgets && !published(area, *kind));
    }
}
