//! `held list`: values that are held, with what is wrong with them and what would release them.

use std::collections::BTreeMap;

use anyhow::Result;
use freehold_kernel::Shard;
use freehold_kernel::listing::{Listing, ListingId};
use freehold_kernel::plan::Plan;
use freehold_kernel::quarantine::{Cause, HeldField};
use freehold_kernel::time::{Millis, format_instant};
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};

use super::{AskArgs, EachRow, Mark, Table, bad_mark, check_feed};
use crate::output::{Cell, dollars};

pub(crate) const COLUMNS: &[&str] = &[
    "feed",
    "ListingKey",
    "field",
    "value",
    "cause",
    "since",
    "rows",
    "level",
    "area",
    "usual_price",
    "usual_n",
    "plausible_from",
    "plausible_to",
];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct HeldArgs {
    #[command(flatten)]
    pub(crate) ask: AskArgs,
    #[command(flatten)]
    pub(crate) filter: HeldFilter,
}

/// Which held values.
#[derive(Debug, Clone, Default, Serialize, Deserialize, clap::Args)]
pub(crate) struct HeldFilter {
    /// Only this feed
    #[arg(long)]
    pub(crate) feed: Option<String>,
    /// Only this key
    #[arg(long)]
    pub(crate) key: Option<String>,
}

impl Table for HeldFilter {
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
        check_feed(books, self.feed.as_ref())?;
        let plan = books.engine.plan();
        let mut found: BTreeMap<(&str, &[u8]), (&Shard, ListingId)> = BTreeMap::new();
        for shard in books.engine.shards() {
            for id in shard.held_listings() {
                let listing = shard.listings().get(id);
                let Some(rule) = plan.feeds.get(usize::from(listing.feed.0)) else {
                    continue;
                };
                let key = listing.history.key();
                let is_wanted = rule.display
                    && self.feed.as_ref().is_none_or(|wanted| *wanted == rule.name)
                    && self
                        .key
                        .as_ref()
                        .is_none_or(|wanted| wanted.as_bytes() == key);
                if is_wanted {
                    found.insert((&rule.name, key), (shard, id));
                }
            }
        }
        let (from, mut told) = match after.map(Vec::as_slice) {
            None => (None, 0),
            Some([feed, key, told]) => {
                let told: usize = told.parse().map_err(|_| bad_mark())?;
                (Some((feed.as_str(), key.as_bytes())), told)
            }
            Some(_) => return Err(bad_mark()),
        };
        for ((feed, key), (shard, id)) in found {
            if from.is_some_and(|from| (feed, key) < from) {
                continue;
            }
            let skipped = if from == Some((feed, key)) {
                std::mem::take(&mut told)
            } else {
                0
            };
            let rows = rows_of(plan, feed, shard, shard.listings().get(id));
            for (number, row) in rows.into_iter().enumerate().skip(skipped) {
                let key = || String::from_utf8_lossy(key).into_owned();
                let mark = || vec![feed.to_owned(), key(), (number + 1).to_string()];
                if !each(row, &mark)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// A value that is held: since when, in how many rows.
struct HeldValue {
    since: Millis,
    rows: u32,
}

/// One row a held value of a listing.
fn rows_of(plan: &Plan, feed: &str, shard: &Shard, listing: &Listing) -> Vec<Vec<Cell>> {
    let placement = listing.place();
    let mut values: BTreeMap<(HeldField, i64, Cause), HeldValue> = BTreeMap::new();
    listing.each_version(|version| {
        for (field, cause) in shard.held(listing, version).fields() {
            let Some(value) = field.of(&version.terms, placement) else {
                continue;
            };
            let held = values.entry((field, value, cause)).or_insert(HeldValue {
                since: version.time,
                rows: 0,
            });
            held.rows += 1;
        }
    });
    let norm = shard.norm_of(listing);
    let rows = values.into_iter().map(|((field, value, cause), held)| {
        let whole = |cents: f64| Cell::number((cents / 100.0).round() as i64);
        let range = norm.and_then(|norm| norm.plausible_prices(placement.square_feet()));
        let range = range.filter(|_| field != HeldField::LivingArea);
        let place = norm.zip(listing.leaf());
        vec![
            Cell::text(feed),
            Cell::text(String::from_utf8_lossy(listing.history.key())),
            Cell::text(field.name()),
            Cell::number(dollars(value)),
            Cell::text(cause.name()),
            Cell::text(format_instant(held.since)),
            Cell::number(held.rows),
            place.map_or(Cell::Empty, |(norm, _)| {
                let level = plan.levels.get(usize::from(norm.level));
                level.map_or(Cell::Empty, |level| Cell::text(&level.name))
            }),
            place.map_or(Cell::Empty, |(norm, leaf)| {
                Cell::text(shard.markets().area_name(leaf, norm.level))
            }),
            norm.map_or(Cell::Empty, |norm| whole(norm.usual_price())),
            norm.map_or(Cell::Empty, |norm| Cell::number(norm.n)),
            range.map_or(Cell::Empty, |(from, _)| whole(from)),
            range.map_or(Cell::Empty, |(_, to)| whole(to)),
        ]
    });
    rows.collect()
}
