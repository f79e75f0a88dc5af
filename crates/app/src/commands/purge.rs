//! `purge`: takes a feed, or one listing, out of all that an instance keeps: log, checkpoints, change rows, refused rows and
//! decisions. The log is written anew as its next generation, and says that it was done.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use freehold_kernel::record::FeedId;
use freehold_pipeline::disk::{Directory, Disk};
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::rewrite::{Purge, purge};

use crate::directory::{DataDirectory, Holder};
use crate::instance::{tell, wall_clock};

/// Files that hold what the log gives: the next run makes them again.
const DERIVED: [&str; 4] = [
    "state.redb",
    "changes.redb",
    "state.redb.damaged",
    "changes.redb.damaged",
];

#[derive(Debug, Args)]
pub(crate) struct PurgeArgs {
    /// The data directory, on which nobody runs
    #[arg(long)]
    data_dir: PathBuf,
    /// Every row of this feed
    #[arg(long, required_unless_present = "key", conflicts_with = "key")]
    feed: Option<String>,
    /// Every row of this listing, as FEED/KEY
    #[arg(long)]
    key: Option<String>,
    /// Why; it stays in the log
    #[arg(long)]
    reason: String,
}

pub(crate) fn run(args: &PurgeArgs) -> Result<ExitCode> {
    let (feed, key) = match (&args.feed, &args.key) {
        (Some(feed), _) => (feed.as_str(), None),
        (None, Some(listing)) => {
            let parts = listing.split_once('/');
            let (feed, key) = parts.context("a listing is named FEED/KEY")?;
            (feed, Some(key))
        }
        (None, None) => bail!("say what is to go: --feed or --key"),
    };
    let directory = DataDirectory::hold(&args.data_dir, Holder::Run, false)?;
    let disk = Directory::new(directory.path());
    let old = EmbeddedLog::open(&disk)?;
    if old.first_offset() > 0 {
        bail!(
            "the log was trimmed to offset {}: the state cannot be made again without what is to go; start a new data directory",
            old.first_offset()
        );
    }
    let known = &old.facts().feeds;
    let number = known.iter().position(|known| known.name == feed);
    let number = number.with_context(|| {
        let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
        format!(
            "no row of feed {feed:?} was ever read here; there are {}",
            names.join(", ")
        )
    })?;
    let what = Purge {
        feed: FeedId(u16::try_from(number)?),
        name: feed,
        key: key.map(str::as_bytes),
        reason: &args.reason,
        at: wall_clock(),
    };
    let mut facts = old.facts().clone();
    facts.generation += 1;
    let mut new = EmbeddedLog::create_next(&disk)?;
    new.set_facts(facts)?;
    let gone = purge(&old, &mut new, &what)?;
    if gone == 0 {
        bail!("there is nothing of it in the log: nothing was changed");
    }
    drop((new, old));
    EmbeddedLog::replace(&disk)?;
    for file in DERIVED {
        disk.remove(file)
            .with_context(|| format!("remove {}", disk.path(file)))?;
    }
    tell(&format!(
        "{gone} records are gone; the next run makes all markets anew. What the feed's own files hold is there still"
    ));
    Ok(ExitCode::SUCCESS)
}
