//! `homes`: which listings are one home, and what that home posts to its markets.

use anyhow::Result;
use freehold_kernel::field::Kind;
use freehold_kernel::listing::ListingId;
use freehold_kernel::market::NO_VALUE;
use freehold_kernel::{Knowledge, Shard};
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::{AskArgs, EachRow, Mark, Table, bad_mark, feed_name};
use crate::output::{Cell, dollars};

pub(crate) const COLUMNS: &[&str] = &[
    "home",
    "kind",
    "stock",
    "list_price",
    "listings",
    "members",
    "areas",
];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct HomesArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
    #[command(flatten)]
    pub(super) filter: HomesFilter,
}

/// Which homes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, clap::Args)]
pub(crate) struct HomesFilter {
    /// Only homes of at least this many listings
    #[arg(long, default_value_t = 1)]
    pub(crate) listings_min: usize,
    /// Only homes that stand in an area of this level …
    #[arg(long, requires = "area")]
    pub(crate) level: Option<String>,
    /// … with this name
    #[arg(long)]
    pub(crate) area: Option<String>,
}

impl Table for HomesFilter {
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn each(
        &self,
        books: &Books,
        _: &SharedLog,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        let place = Place::find(books, self.level.as_deref(), self.area.as_deref())?;
        let after = match after.map(Vec::as_slice) {
            None => None,
            Some([home, kind]) => Some((home.as_str(), kind.as_str())),
            Some(_) => return Err(bad_mark()),
        };
        // Names first: what a home posts is derived only for those that are told.
        let mut homes: Vec<(String, &Shard, Vec<ListingId>)> = Vec::new();
        for (number, shard) in books.engine.shards().iter().enumerate() {
            for members in shard.homes().homes(shard.listings()) {
                let stands_here = |id: &ListingId| place.holds(number, shard.listings().get(*id));
                if !members.iter().any(stands_here) {
                    continue;
                }
                let shown = displayable(books, shard, &members);
                if shown.len() < self.listings_min.max(1) {
                    continue;
                }
                let names = shown.iter().map(|id| name_of(books, shard, *id));
                if let Some(home) = names.min()
                    && after.is_none_or(|after| after.0 <= home.as_str())
                {
                    homes.push((home, shard, shown));
                }
            }
        }
        homes.sort_by(|left, right| left.0.cmp(&right.0));
        for (name, shard, members) in &homes {
            for kind in Kind::ALL {
                if after.is_some_and(|after| after.0 == name && kind.name() <= after.1) {
                    continue;
                }
                let Some(row) = home(books, shard, members, kind) else {
                    continue;
                };
                let mark = || vec![name.clone(), kind.name().to_owned()];
                if !each(row, &mark)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// A listing's stable name.
pub(crate) fn name_of(books: &Books, shard: &Shard, id: ListingId) -> String {
    let listing = shard.listings().get(id);
    format!(
        "{}/{}",
        feed_name(books, listing.feed),
        String::from_utf8_lossy(listing.history.key())
    )
}

/// The listings of a home that may be shown.
pub(crate) fn displayable(books: &Books, shard: &Shard, members: &[ListingId]) -> Vec<ListingId> {
    let feeds = &books.engine.plan().feeds;
    let may_be_shown = |id: &&ListingId| {
        let feed = shard.listings().get(**id).feed;
        feeds
            .get(usize::from(feed.0))
            .is_some_and(|rule| rule.display)
    };
    members.iter().filter(may_be_shown).copied().collect()
}

pub(crate) fn home(
    books: &Books,
    shard: &Shard,
    members: &[ListingId],
    kind: Kind,
) -> Option<Vec<Cell>> {
    let derived = shard.derive_home(members, kind, Knowledge::NOW)?;
    let mut names: Vec<String> = members
        .iter()
        .map(|id| name_of(books, shard, *id))
        .collect();
    names.sort();
    let (_, areas) = shard.markets().leaf_names(derived.placement.leaf);
    let levels = books
        .engine
        .plan()
        .levels
        .iter()
        .zip(areas)
        .map(|(level, area)| format!("{}={area}", level.name));
    let levels: Vec<String> = levels.collect();
    let price = (derived.asking != NO_VALUE).then(|| dollars(derived.asking as i64));
    Some(vec![
        Cell::text(names[0].clone()),
        Cell::text(kind.name()),
        derived
            .stock
            .map_or(Cell::Empty, |entry| Cell::text(entry.class.name())),
        Cell::optional(price),
        Cell::number(names.len()),
        Cell::text(names.join(" ")),
        Cell::text(levels.join("; ")),
    ])
}
