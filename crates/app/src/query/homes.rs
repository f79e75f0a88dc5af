//! `homes`: which listings are one home, and what that home posts to its markets.

use std::io::Write;

use anyhow::Result;
use freehold_kernel::Shard;
use freehold_kernel::field::Kind;
use freehold_kernel::listing::{Listing, ListingId};
use freehold_kernel::market::NO_VALUE;
use freehold_pipeline::books::Books;
use serde::{Deserialize, Serialize};

use super::{AskArgs, feed_name};
use crate::output::{Cell, Rows, dollars};

const COLUMNS: &[&str] = &[
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
    /// Only homes of at least this many listings
    #[arg(long, default_value_t = 1)]
    listings_min: usize,
}

impl HomesArgs {
    pub(super) fn answer(&self, books: &Books, out: &mut dyn Write) -> Result<()> {
        let mut all: Vec<Vec<Cell>> = Vec::new();
        for shard in books.engine.shards() {
            for members in shard.homes().homes(shard.listings()) {
                let shown = displayable(books, shard, &members);
                if shown.len() >= self.listings_min.max(1) {
                    all.extend(
                        Kind::ALL
                            .into_iter()
                            .filter_map(|kind| home(books, shard, &shown, kind)),
                    );
                }
            }
        }
        all.sort_by(|left, right| format!("{left:?}").cmp(&format!("{right:?}")));
        let mut rows = Rows::begin(out, self.ask.format, COLUMNS)?;
        for row in all {
            rows.row(row)?;
        }
        Ok(rows.end()?)
    }
}

/// The listings of a home that may be shown.
fn displayable(books: &Books, shard: &Shard, members: &[ListingId]) -> Vec<ListingId> {
    let feeds = &books.engine.plan().feeds;
    let may_be_shown = |id: &&ListingId| {
        let feed = shard.listings().get(**id).feed;
        feeds
            .get(usize::from(feed.0))
            .is_some_and(|rule| rule.display)
    };
    members.iter().filter(may_be_shown).copied().collect()
}

fn home(books: &Books, shard: &Shard, members: &[ListingId], kind: Kind) -> Option<Vec<Cell>> {
    let derived = shard.derive_home(members, kind, &|_| true)?;
    let name = |listing: &Listing| {
        format!(
            "{}/{}",
            feed_name(books, listing.feed),
            String::from_utf8_lossy(listing.history.key())
        )
    };
    let mut names: Vec<String> = members
        .iter()
        .map(|id| name(shard.listings().get(*id)))
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
