//! `changes`: the stored change rows, with the exact fraction of every price change.

use anyhow::Result;
use freehold_kernel::change::{Aspect, Change};
use freehold_kernel::market::{StockClass, What};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::format_instant;
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};

use super::{AskArgs, BadQuestion, EachRow, Mark, Table, bad_mark, check_known, feed_name};
use crate::output::{Cell, dollars};

pub(crate) const COLUMNS: &[&str] = &[
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
    #[command(flatten)]
    pub(super) filter: ChangesFilter,
}

/// Which changes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, clap::Args)]
pub(crate) struct ChangesFilter {
    /// Only changes of these sorts: list_price, stock, new_listing, close …
    #[arg(long, value_delimiter = ',')]
    pub(crate) change: Vec<String>,
    /// Only changes caused by records from this position on
    #[arg(long, default_value_t = 0)]
    pub(crate) from: u64,
    /// At most this many rows
    #[arg(long)]
    pub(crate) limit: Option<u64>,
}

impl Table for ChangesFilter {
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
        let Some(store) = books.changes() else {
            return Err(BadQuestion::at(
                "change",
                "this instance keeps no change rows: set `changes = true` under [publish]",
            ));
        };
        let news = What::ALL.into_iter().filter(|what| what.is_news());
        let events = news.map(Aspect::Event);
        let known = [Aspect::Stock, Aspect::ListPrice].into_iter().chain(events);
        check_known("change", &self.change, known.map(Aspect::name))?;
        let after = match after.map(Vec::as_slice) {
            None => None,
            Some([position, home, ordinal]) => {
                let position: u64 = position.parse().map_err(|_| bad_mark())?;
                let ordinal: u32 = ordinal.parse().map_err(|_| bad_mark())?;
                Some((position, home.as_str(), ordinal))
            }
            Some(_) => return Err(bad_mark()),
        };
        let from = self.from.max(after.map_or(0, |after| after.0));
        // The row of the mark is found again by its names: what is before it has been told.
        let mut is_told = after.is_some();
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut failed = None;
        store.each_from(from, &mut |change| {
            if is_told {
                let Some((position, home, ordinal)) = after else {
                    return true;
                };
                let is_mark = change.position == position
                    && change.ordinal == ordinal
                    && home_name(books, change) == home;
                is_told = !is_mark && change.position <= position;
                if is_mark || is_told {
                    return true;
                }
            }
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
            let mark = || {
                let (position, ordinal) = (change.position, change.ordinal);
                vec![
                    position.to_string(),
                    home_name(books, change),
                    ordinal.to_string(),
                ]
            };
            match each(cells(books, change), &mark) {
                Ok(go_on) => go_on,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        })?;
        failed.map_or(Ok(()), Err)
    }
}

pub(crate) fn home_name(books: &Books, change: &Change) -> String {
    format!(
        "{}/{}",
        feed_name(books, change.home.0),
        String::from_utf8_lossy(&change.home.1)
    )
}

/// Whether every listing of the change's home is of a feed that may be displayed: a change of a home says what
/// any of them said.
pub(crate) fn may_be_shown(books: &Books, change: &Change) -> bool {
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

pub(crate) fn cells(books: &Books, change: &Change) -> Vec<Cell> {
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
        Cell::text(home_name(books, change)),
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
