//! What can be asked of a state at rest or between two epochs: the same code answers both, so that a running
//! instance and a stopped one say the same.

mod changes;
mod feeds;
mod homes;
mod listings;
mod markets;

use std::io::Write;

use anyhow::{Result, bail};
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};

use crate::output::Format;
use crate::stored_plan::StoredPlan;

/// A question.
#[derive(Debug, Clone, Serialize, Deserialize, clap::Subcommand)]
pub(crate) enum Query {
    /// Readings of markets
    Markets(markets::MarketsArgs),
    /// Listings with their newest version, or all versions
    Listings(listings::ListingsArgs),
    /// Homes: which listings are one home, and where it stands
    Homes(homes::HomesArgs),
    /// Changes of homes, each with before, after and the exact fraction of a price change
    Changes(changes::ChangesArgs),
    /// What became of every row, a feed a line
    Ledger(feeds::LedgerArgs),
    /// Rows that could not be used, with the reason
    Refused(feeds::RefusedArgs),
    /// One number for the whole state
    Digest(feeds::DigestArgs),
}

/// Where to ask, and the form of the answer.
#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct AskArgs {
    /// The data directory of the instance
    #[arg(long)]
    pub(crate) data_dir: std::path::PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: Format,
}

impl Query {
    /// The directory that is asked.
    pub(crate) fn data_dir(&self) -> &std::path::Path {
        let ask = match self {
            Self::Markets(args) => &args.ask,
            Self::Listings(args) => &args.ask,
            Self::Homes(args) => &args.ask,
            Self::Changes(args) => &args.ask,
            Self::Ledger(args) => &args.ask,
            Self::Refused(args) => &args.ask,
            Self::Digest(args) => &args.ask,
        };
        &ask.data_dir
    }

    /// Fills in what the instance's plan knows and the command line does not say.
    pub(crate) fn fill(&mut self, plan: &StoredPlan) {
        if let Self::Markets(args) = self {
            args.time_zone = plan.zones.first().cloned();
        }
    }

    /// Writes the answer.
    pub(crate) fn answer(&self, books: &Books, log: &SharedLog, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Markets(args) => args.answer(books, out),
            Self::Listings(args) => args.answer(books, out),
            Self::Homes(args) => args.answer(books, out),
            Self::Changes(args) => args.answer(books, out),
            Self::Ledger(args) => args.answer(books, out),
            Self::Refused(args) => args.answer(books, log, out),
            Self::Digest(args) => args.answer(books, out),
        }
    }
}

/// The name of a feed by its number.
fn feed_name(books: &Books, feed: freehold_kernel::record::FeedId) -> String {
    books
        .engine
        .plan()
        .feeds
        .get(usize::from(feed.0))
        .map_or_else(|| feed.0.to_string(), |rule| rule.name.clone())
}

/// How many known names an error lists.
const NAMES_SHOWN_MAX: usize = 40;

/// A name that nobody knows is a mistake, not an empty answer.
fn check_known<'n>(
    what: &str,
    given: &[String],
    known: impl Iterator<Item = &'n str> + Clone,
) -> Result<()> {
    let Some(name) = given
        .iter()
        .find(|name| !known.clone().any(|known| known == name.as_str()))
    else {
        return Ok(());
    };
    let shown: Vec<&str> = known.clone().take(NAMES_SHOWN_MAX).collect();
    let rest = known.count().saturating_sub(NAMES_SHOWN_MAX);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    bail!(
        "there is no {what} {name:?}; there are {}{more}",
        shown.join(", ")
    )
}

/// Refuses the name of a feed that the instance does not have.
fn check_feed(books: &Books, given: Option<&String>) -> Result<()> {
    let feeds = books.engine.plan().feeds.iter();
    let given = given.map(std::slice::from_ref).unwrap_or_default();
    check_known("feed", given, feeds.map(|rule| rule.name.as_str()))
}
