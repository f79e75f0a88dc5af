//! What can be asked of a state at rest or between two epochs: the same code answers both, so that a running
//! instance and a stopped one say the same.

mod changes;
mod feeds;
mod homes;
mod listings;
mod markets;

use std::io::Write;

use anyhow::Result;
use freehold_pipeline::core::Core;
use freehold_pipeline::log::Log;
use serde::{Deserialize, Serialize};

use crate::output::Format;

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

    /// Writes the answer.
    pub(crate) fn answer(&self, core: &Core, log: &dyn Log, out: &mut dyn Write) -> Result<()> {
        match self {
            Self::Markets(args) => args.answer(core, out),
            Self::Listings(args) => args.answer(core, out),
            Self::Homes(args) => args.answer(core, out),
            Self::Changes(args) => args.answer(core, out),
            Self::Ledger(args) => args.answer(core, out),
            Self::Refused(args) => args.answer(core, log, out),
            Self::Digest(args) => args.answer(core, out),
        }
    }
}

/// The name of a feed by its number.
fn feed_name(core: &Core, feed: freehold_kernel::record::FeedId) -> String {
    core.engine
        .plan()
        .feeds
        .get(usize::from(feed.0))
        .map_or_else(|| feed.0.to_string(), |rule| rule.name.clone())
}
