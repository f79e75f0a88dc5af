//! `changes`: the stored change rows, with the exact fraction of every price change.

use std::io::Write;

use anyhow::{Result, bail};
use freehold_kernel::change::{Aspect, Change};
use freehold_kernel::market::{StockClass, What};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::format_instant;
use freehold_pipeline::books::Books;
use serde::{Deserialize, Serialize};

use super::{AskArgs, check_known, feed_name};
use crate::output::{Cell, Rows, dollars};

const COLUMNS: &[&str] = &[
    "position",
    "home",
    "ordinal",
    "event_time",
    "change",
    "day",
    "before",
    "after",
    "fraction",
];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct ChangesArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
    /// Only changes of these sorts: list_price, stock, new_listing, close …
    #[arg(long, value_delimiter = ',')]
    change: Vec<String>,
    /// Only changes caused by records from this position on
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// At most this many rows
    #[arg(long)]
    limit: Option<u64>,
}

impl ChangesArgs {
    pub(super) fn answer(&self, books: &Books, out: &mut dyn Write) -> Result<()> {
        let Some(store) = books.changes() else {
            bail!("this instance keeps no change rows: set `changes = true` under [publish]");
        };
        let events = What::ALL.into_iter().map(Aspect::Event);
        let known = [Aspect::Stock, Aspect::ListPrice].into_iter().chain(events);
        check_known("change", &self.change, known.map(Aspect::name))?;
        let mut rows = Rows::begin(out, self.ask.format, COLUMNS)?;
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut failed = None;
        store.each(&mut |change| {
            let name = change.aspect.name();
            let is_wanted =
                self.change.is_empty() || self.change.iter().any(|wanted| wanted == name);
            if change.position < self.from || !is_wanted || !may_be_shown(books, change) {
                return true;
            }
            if left == 0 {
                return false;
            }
            left -= 1;
            failed = rows.row(cells(books, change)).err();
            failed.is_none()
        })?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(rows.end()?),
        }
    }
}

/// Whether every listing of the change's home is of a feed that may be displayed: a change of a home says what
/// any of them said.
fn may_be_shown(books: &Books, change: &Change) -> bool {
    let feeds = &books.engine.plan().feeds;
    let displayed = |feed: FeedId| {
        feeds
            .get(usize::from(feed.0))
            .is_some_and(|rule| rule.display)
    };
    if feeds.iter().all(|rule| rule.display) {
        return true;
    }
    let found = books.engine.shards().iter().find_map(|shard| {
        let id = shard.listings().find(change.home.0, &change.home.1)?;
        let members = shard.homes().home_of(shard.listings(), id);
        Some(
            members
                .iter()
                .all(|member| displayed(shard.listings().get(*member).feed)),
        )
    });
    found.unwrap_or_else(|| displayed(change.home.0))
}

fn cells(books: &Books, change: &Change) -> Vec<Cell> {
    let is_money = matches!(
        change.aspect,
        Aspect::ListPrice | Aspect::Event(What::Close)
    );
    let value = |value: Option<i64>| match (change.aspect, value) {
        (_, None) => Cell::Empty,
        (Aspect::Stock, Some(code)) => {
            let classes = [
                StockClass::Active,
                StockClass::Pending,
                StockClass::ComingSoon,
            ];
            let class = classes.into_iter().find(|class| *class as i64 == code);
            class.map_or(Cell::Empty, |class| Cell::text(class.name()))
        }
        (_, Some(value)) if is_money && value != 1 => Cell::number(dollars(value)),
        (_, Some(value)) => Cell::number(value),
    };
    let fraction = match (change.aspect, change.before, change.after) {
        (Aspect::ListPrice, Some(before @ 1..), Some(after)) => {
            Cell::text(fraction(after - before, before))
        }
        _ => Cell::Empty,
    };
    vec![
        Cell::number(change.position),
        Cell::text(format!(
            "{}/{}",
            feed_name(books, change.home.0),
            String::from_utf8_lossy(&change.home.1)
        )),
        Cell::number(change.ordinal),
        Cell::text(format_instant(change.event_time)),
        Cell::text(change.aspect.name()),
        Cell::text(change.day.to_string()),
        value(change.before),
        value(change.after),
        fraction,
    ]
}

/// A reduced fraction, such as `-3/20`.
fn fraction(numerator: i64, denominator: i64) -> String {
    let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let common = a.max(1) as i64;
    format!("{}/{}", numerator / common, denominator / common)
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn fractions_are_exact_and_reduced() {
        assert_eq!(fraction(-6_000_000, 40_000_000), "-3/20");
        assert_eq!(fraction(0, 5), "0/1");
        assert_eq!(fraction(-1_020_000, 49_000_000), "-51/2450");
    }
}
