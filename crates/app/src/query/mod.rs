//! What can be asked of a state at rest or between two epochs: the same code answers both, so that a running
//! instance and a stopped one say the same.

pub(crate) mod changes;
pub(crate) mod feeds;
pub(crate) mod held;
pub(crate) mod homes;
pub(crate) mod listings;
pub(crate) mod markets;
pub(crate) mod moment;
pub(crate) mod place;

use std::borrow::Cow;
use std::io::Write;

use anyhow::Result;
use freehold_pipeline::books::Books;
use freehold_pipeline::driver::SharedLog;
use serde::{Deserialize, Serialize};

use crate::output::{Cell, Format, Rows};
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
    /// Values that are held (`freehold held list`)
    #[command(skip)]
    Held(held::HeldArgs),
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
            Self::Held(args) => &args.ask,
            Self::Digest(args) => &args.ask,
        };
        &ask.data_dir
    }

    /// Fills in what the instance's plan knows and the command line does not say.
    pub(crate) fn fill(&mut self, plan: &StoredPlan) {
        if let Self::Markets(args) = self {
            args.filter.time_zone = plan.zones.first().cloned();
        }
    }

    /// Writes the answer.
    pub(crate) fn answer(&self, books: &Books, log: &SharedLog, out: &mut dyn Write) -> Result<()> {
        let (table, ask): (&dyn Table, &AskArgs) = match self {
            Self::Markets(args) => (&args.filter, &args.ask),
            Self::Listings(args) => (&args.filter, &args.ask),
            Self::Homes(args) => (&args.filter, &args.ask),
            Self::Changes(args) => (&args.filter, &args.ask),
            Self::Ledger(args) => (&feeds::LedgerTable, &args.ask),
            Self::Refused(args) => (&args.filter, &args.ask),
            Self::Held(args) => (&args.filter, &args.ask),
            Self::Digest(args) => (&feeds::DigestTable, &args.ask),
        };
        let mut rows = Rows::begin(out, ask.format, table.columns());
        table.each(books, log, None, &mut |cells, _| {
            rows.row(cells)?;
            Ok(true)
        })?;
        Ok(rows.end()?)
    }
}

/// What names a row among all rows of a table: a page begins behind one.
pub(crate) type Mark = Vec<String>;

/// Takes a row and what would give its mark; false when no more is wanted.
pub(crate) type EachRow<'a> = &'a mut dyn FnMut(Vec<Cell>, &dyn Fn() -> Mark) -> Result<bool>;

/// Rows in a fixed order, which the command line shows whole and the server in pages.
pub(crate) trait Table {
    /// The columns.
    fn columns(&self) -> &'static [&'static str];

    /// Calls `each` with every row, or with those behind the row of a mark.
    fn each(
        &self,
        books: &Books,
        log: &SharedLog,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()>;
}

/// A question that cannot be answered as it was asked.
#[derive(Debug)]
pub(crate) struct BadQuestion {
    /// Which part of it.
    pub(crate) parameter: Cow<'static, str>,
    /// What is wrong, in a person's words.
    pub(crate) cause: String,
}

impl BadQuestion {
    pub(crate) fn at(
        parameter: impl Into<Cow<'static, str>>,
        cause: impl Into<String>,
    ) -> anyhow::Error {
        let (parameter, cause) = (parameter.into(), cause.into());
        anyhow::Error::new(Self { parameter, cause })
    }
}

impl std::fmt::Display for BadQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for BadQuestion {}

/// A mark that this table never gave.
pub(crate) fn bad_mark() -> anyhow::Error {
    BadQuestion::at(
        "cursor",
        "the cursor is not one that this list gave; begin again without it",
    )
}

/// The name of a feed by its number.
pub(crate) fn feed_name(books: &Books, feed: freehold_kernel::record::FeedId) -> String {
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
pub(crate) fn check_known<'n>(
    what: &'static str,
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
    let cause = format!(
        "there is no {what} {name:?}; there are {}{more}",
        shown.join(", ")
    );
    Err(BadQuestion::at(what, cause))
}

/// Refuses the name of a feed that the instance does not have.
pub(crate) fn check_feed(books: &Books, given: Option<&String>) -> Result<()> {
    let feeds = books.engine.plan().feeds.iter();
    let given = given.map(std::slice::from_ref).unwrap_or_default();
    check_known("feed", given, feeds.map(|rule| rule.name.as_str()))
}
