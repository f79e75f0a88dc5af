//! `ledger`, `refused` and `digest`: what became of every row.

use anyhow::Result;
use freehold_kernel::record::Record;
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::{SharedLog, lock};
use serde::{Deserialize, Serialize};

use super::{AskArgs, EachRow, Mark, Table, bad_mark, check_feed, feed_name};
use crate::output::Cell;

const LEDGER: &[&str] = &[
    "feed",
    "received",
    "accepted",
    "duplicate",
    "stale",
    "late",
    "held",
    "rejected",
    "tombstones",
];
pub(crate) const REFUSED: &[&str] = &["position", "feed", "place", "field", "reason", "raw"];
const DIGEST: &[&str] = &["position", "digest"];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct LedgerArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

/// Counts of every feed.
pub(crate) struct LedgerTable;

impl Table for LedgerTable {
    fn columns(&self) -> &'static [&'static str] {
        LEDGER
    }

    fn each(
        &self,
        books: &Books,
        _: &SharedLog,
        _: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        for (rule, ledger) in books.engine.plan().feeds.iter().zip(books.engine.ledgers()) {
            let mut cells = vec![Cell::text(&rule.name)];
            cells.extend(ledger.counts().map(Cell::number));
            if !each(cells, &|| vec![rule.name.clone()])? {
                break;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct RefusedArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
    #[command(flatten)]
    pub(super) filter: RefusedFilter,
}

/// Which refused rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, clap::Args)]
pub(crate) struct RefusedFilter {
    /// Only this feed
    #[arg(long)]
    pub(crate) feed: Option<String>,
}

impl Table for RefusedFilter {
    fn columns(&self) -> &'static [&'static str] {
        REFUSED
    }

    fn each(
        &self,
        books: &Books,
        log: &SharedLog,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        check_feed(books, self.feed.as_ref())?;
        let after: Option<u64> = match after.map(Vec::as_slice) {
            None => None,
            Some([position]) => Some(position.parse().map_err(|_| bad_mark())?),
            Some(_) => return Err(bad_mark()),
        };
        let offsets = lock(log).refused_batches()?;
        for offset in offsets {
            // Held for one batch only: the log is needed to append.
            let Some((first, batch)) = lock(log).read(offset)? else {
                continue;
            };
            for (position, stamped) in (first..).zip(batch.stamped()) {
                let (raw, _) = stamped?;
                let is_told = after.is_some_and(|after| position <= after);
                if is_told || !raw.is_refused() || position >= books.engine.position() {
                    continue;
                }
                let Some(Record::Refused(refused)) = raw.decode() else {
                    continue;
                };
                let feed = feed_name(books, refused.feed);
                if self.feed.as_ref().is_some_and(|wanted| *wanted != feed) {
                    continue;
                }
                let rules = &books.engine.plan().feeds;
                let rule = rules.get(usize::from(refused.feed.0));
                let (reason, raw) = if rule.is_some_and(|rule| rule.display) {
                    (refused.reason, String::from_utf8_lossy(refused.raw))
                } else {
                    ("not shown: the feed may not be displayed", "".into())
                };
                let cells = vec![
                    Cell::number(position),
                    Cell::text(feed),
                    Cell::text(refused.place),
                    Cell::text(refused.field),
                    Cell::text(reason),
                    Cell::text(raw),
                ];
                if !each(cells, &|| vec![position.to_string()])? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct DigestArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

/// The digest and the position of which it is.
pub(crate) struct DigestTable;

impl Table for DigestTable {
    fn columns(&self) -> &'static [&'static str] {
        DIGEST
    }

    fn each(
        &self,
        books: &Books,
        _: &SharedLog,
        _: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        let cells = vec![
            Cell::number(books.engine.position()),
            Cell::text(books.engine.digest().to_string()),
        ];
        each(cells, &Vec::new).map(|_| ())
    }
}
