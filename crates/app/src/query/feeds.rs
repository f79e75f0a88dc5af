//! `ledger`, `refused` and `digest`: what became of every row.

use std::io::Write;

use anyhow::Result;
use freehold_kernel::record::Record;
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::{SharedLog, lock};
use serde::{Deserialize, Serialize};

use super::{AskArgs, check_feed, feed_name};
use crate::output::{Cell, Rows};

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
const REFUSED: &[&str] = &["position", "feed", "place", "field", "reason", "raw"];
const DIGEST: &[&str] = &["position", "digest"];

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct LedgerArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

impl LedgerArgs {
    pub(super) fn answer(&self, books: &Books, out: &mut dyn Write) -> Result<()> {
        let mut rows = Rows::begin(out, self.ask.format, LEDGER)?;
        for (rule, ledger) in books.engine.plan().feeds.iter().zip(books.engine.ledgers()) {
            let mut cells = vec![Cell::text(&rule.name)];
            cells.extend(ledger.counts().map(Cell::number));
            rows.row(cells)?;
        }
        Ok(rows.end()?)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct RefusedArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
    /// Only this feed
    #[arg(long)]
    feed: Option<String>,
}

impl RefusedArgs {
    pub(super) fn answer(&self, books: &Books, log: &SharedLog, out: &mut dyn Write) -> Result<()> {
        check_feed(books, self.feed.as_ref())?;
        let mut rows = Rows::begin(out, self.ask.format, REFUSED)?;
        let offsets = lock(log).refused_batches()?;
        for offset in offsets {
            // Held for one batch only: the log is needed to append.
            let Some((first, batch)) = lock(log).read(offset)? else {
                continue;
            };
            for (position, stamped) in (first..).zip(batch.stamped()) {
                let (raw, _) = stamped?;
                if !raw.is_refused() || position >= books.engine.position() {
                    continue;
                }
                let Some(Record::Refused(refused)) = raw.decode() else {
                    continue;
                };
                let feed = feed_name(books, refused.feed);
                if self.feed.as_ref().is_none_or(|wanted| *wanted == feed) {
                    let rules = &books.engine.plan().feeds;
                    let rule = rules.get(usize::from(refused.feed.0));
                    let is_shown = rule.is_some_and(|rule| rule.display);
                    let (reason, raw) = if is_shown {
                        (refused.reason, String::from_utf8_lossy(refused.raw))
                    } else {
                        ("not shown: the feed may not be displayed", "".into())
                    };
                    rows.row(vec![
                        Cell::number(position),
                        Cell::text(feed),
                        Cell::text(refused.place),
                        Cell::text(refused.field),
                        Cell::text(reason),
                        Cell::text(raw),
                    ])?;
                }
            }
        }
        Ok(rows.end()?)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct DigestArgs {
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

impl DigestArgs {
    pub(super) fn answer(&self, books: &Books, out: &mut dyn Write) -> Result<()> {
        let mut rows = Rows::begin(out, self.ask.format, DIGEST)?;
        rows.row(vec![
            Cell::number(books.engine.position()),
            Cell::text(books.engine.digest().to_string()),
        ])?;
        Ok(rows.end()?)
    }
}
